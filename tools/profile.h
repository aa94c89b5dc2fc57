#ifndef TOOLS_PROFILE_H
#define TOOLS_PROFILE_H

#include "text.h"

/* Adds `,zero=BEGIN:END` for each function of the kernel that clears memory to the argument of the
 * counting plugin: cap_hook_zero, and those that begin with arch_zero. Frees the argument it gets. */
char *profile_zero_ranges(char *plugin, const char *arch);

/* Prints which functions the instructions of a profile belong to, those with most of them first;
 * windows: how many the profile adds up. */
void profile_print(const char *path, const char *arch, unsigned long windows);

#endif
