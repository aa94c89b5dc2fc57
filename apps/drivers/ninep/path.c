/* Takes a path apart. Paths come from jobs: what could lead out of the exported directory is
 * refused here, whatever the host would do with it. */
#include "path.h"

static bool name_ok(const struct path_name *n)
{
    bool dots = n->at[0] == '.' && (n->bytes == 1 || (n->bytes == 2 && n->at[1] == '.'));
    return n->bytes > 0 && !dots;
}

enum status path_split(struct path *p, const char *text)
{
    struct path got = {.count = 0};
    uint32_t at = 0;
    do {
        if (got.count == NINEP_DEPTH_MAX)
            return E_LIMIT;
        struct path_name *name = &got.name[got.count++];
        name->at = text + at;
        while (text[at] != 0 && text[at] != '/' && at < NINEP_PATH_MAX)
            at++;
        name->bytes = (uint32_t)(text + at - name->at);
        if (at == NINEP_PATH_MAX || name->bytes > PATH_NAME_MAX)
            return E_LIMIT;
        if (!name_ok(name))
            return E_ARGUMENT;
    } while (text[at++] == '/');
    *p = got;
    return OK;
}
