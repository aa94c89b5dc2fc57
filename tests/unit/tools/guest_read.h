#ifndef GUEST_READ_H
#define GUEST_READ_H

#include <stddef.h>

/* How many jobs the guest finds in the text of /skerry/jobs, or -1 when it refuses it. */
int guest_read(const char *text, size_t bytes);

#endif
