/* ninep_save: a whole file under PATH.part, then its name. Whoever looks at PATH on the host sees a
 * whole file or none. */
#include <drivers/ninep.h>

#include "names.h"

#define SUFFIX ".part"

static enum status part_name(char *part, const char *path)
{
    uint32_t at = 0;
    for (; path[at] != 0; at++) {
        if (at + sizeof SUFFIX >= NINEP_PATH_MAX)
            return E_LIMIT;
        part[at] = path[at];
    }
    for (uint32_t i = 0; i < sizeof SUFFIX; i++)
        part[at + i] = SUFFIX[i];
    return OK;
}

/* Make every directory above the last component; one that is there already is fine. */
static enum status parents_make(struct ninep *n, const char *path)
{
    struct path p;
    enum status s = path_split(&p, path);
    uint32_t depth = s == OK ? p.count : 0;
    for (p.count = 1; s == OK && p.count < depth; p.count++) {
        s = names_mkdir(n, &p);
        s = s == E_EXISTS ? OK : s;
    }
    return s;
}

static enum status pieces_write(struct ninep *n, uint32_t handle, const struct ninep_piece *pieces,
                                uint32_t count)
{
    uint64_t offset = 0;
    enum status s = OK;
    for (uint32_t i = 0; s == OK && i < count; i++) {
        s = ninep_write(n, handle, offset, pieces[i].pa, pieces[i].bytes);
        offset += pieces[i].bytes;
    }
    return s;
}

enum status ninep_save(struct ninep *n, const char *path, const struct ninep_piece *pieces,
                       uint32_t count)
{
    char part[NINEP_PATH_MAX];
    uint32_t handle;
    enum status s = part_name(part, path);
    if (s != OK)
        return s;
    s = ninep_create(n, part, &handle);
    if (s == E_NOT_FOUND) {
        s = parents_make(n, part);
        if (s == OK)
            s = ninep_create(n, part, &handle);
    }
    if (s != OK)
        return s;
    s = pieces_write(n, handle, pieces, count);
    enum status closed = ninep_close(n, handle);
    if (s == OK)
        s = closed;
    if (s == OK)
        s = ninep_rename(n, part, path);
    if (s != OK && !n->broken) {
        uint32_t why = n->host_error;
        enum status ignored = ninep_unlink(n, part);
        (void)ignored;
        n->host_error = why;
    }
    return s;
}
