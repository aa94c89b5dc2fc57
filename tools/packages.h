#ifndef TOOLS_PACKAGES_H
#define TOOLS_PACKAGES_H

#include <stdbool.h>

#include "text.h"

/* Sees to it that a Debian package is unpacked in build/packages, for both architectures: fetched by
 * packages.sh if it is not there. False when it cannot be had; `why` is then a sentence, to be
 * freed. */
bool packages_get(const char *name, char **why);

/* The files of a package that was fetched for a jobs file, as paths in the guest: none for one that
 * every run has. `arch` is x86_64 or aarch64. Documentation is left out. */
void packages_files(const char *name, const char *arch, struct list *paths);

#endif
