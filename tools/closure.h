#ifndef TOOLS_CLOSURE_H
#define TOOLS_CLOSURE_H

#include <stdbool.h>

#include "text.h"

/* Shares `path` (absolute inside `from`, an unpacked package tree) and everything it needs to run
 * into the tree `to`, at the same places: each link on the way, the interpreter (PT_INTERP) and,
 * from file to file, the libraries named by DT_NEEDED, looked up in Debian's library folders. Both
 * architectures are 64-bit little-endian ELF (ELF-64 Object File Format 1.5, figures 3 to 9). A
 * file that is missing or is not such an ELF file ends the program with a line that names it. */
void closure_share(const char *from, const char *to, const char *path);

/* Whether the program at this host path asks for an interpreter (PT_INTERP). */
bool closure_is_dynamic(const char *path);

#endif
