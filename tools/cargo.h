#ifndef TOOLS_CARGO_H
#define TOOLS_CARGO_H

#include <stdbool.h>

#include "text.h"

/* A file that travels in the boot archive besides programs and scenes. */
struct cargo_item {
    char *inside; /* its path in the archive, absolute */
    char *host;   /* its path on this host; NULL while it is only text */
    char *text;   /* what cargo_materialize writes, or NULL */
};

struct cargo {
    struct cargo_item *item;
    size_t count;
    struct list
        packages; /* Debian packages that jobs name: what packages_files knows of them goes */
};

/* The same host file under the same path is taken once. False, and nothing is added, when another
 * file has that path in the archive. */
bool cargo_add(struct cargo *cargo, const char *host, const char *inside);

/* The same for a file that this program makes. */
bool cargo_add_text(struct cargo *cargo, const char *text, const char *inside);

/* Writes what is only text into `folder`, under its number and name. */
void cargo_materialize(struct cargo *cargo, const char *folder);

const struct cargo_item *cargo_find(const struct cargo *cargo, const char *inside);
void cargo_free(struct cargo *cargo);

#endif
