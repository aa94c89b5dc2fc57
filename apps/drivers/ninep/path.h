/* Paths from clients, taken apart and checked. Private. */
#ifndef NINEP_PATH_H
#define NINEP_PATH_H

#include <drivers/ninep.h>

#define PATH_NAME_MAX 255u

struct path_name {
    const char *at;
    uint32_t bytes;
};

struct path {
    struct path_name name[NINEP_DEPTH_MAX];
    uint32_t count; /* at least 1 */
};

/* E_ARGUMENT: empty, or a component that is empty, "." or ".."; E_LIMIT: too long or too deep.
 * `text` is kept. */
NODISCARD enum status path_split(struct path *p, const char *text);

#endif
