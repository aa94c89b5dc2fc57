/* files.h: the protocol of the service `files`, which keeps files on the host: messages of
 * farm/files.def. */
#ifndef FARM_FILES_H
#define FARM_FILES_H

#define URPC_PROTOCOL files
#define URPC_ROWS <farm/files.def>
#include <urpc/message.h>

#define FILES_SERVICE "files"
#define FILES_NAME_BYTES 256u

#endif
