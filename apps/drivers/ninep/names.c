/* What changes directories: ninep_mkdir, ninep_rename, ninep_unlink. Each walks to the directories
 * it needs, sends one message, and gives the handles back; giving back may fail only where the
 * connection is broken, which the next call says. */
#include <drivers/ninep.h>

#include "names.h"

static void name_add(struct message *m, const struct path *p)
{
    message_add_string(m, p->name[p->count - 1].at, p->name[p->count - 1].bytes);
}

enum status ninep_mkdir(struct ninep *n, const char *path)
{
    struct path p;
    enum status s = path_split(&p, path);
    return s == OK ? names_mkdir(n, &p) : s;
}

enum status names_mkdir(struct ninep *n, const struct path *p)
{
    uint32_t parent;
    enum status s = handle_walk(n, p, p->count - 1, &parent);
    if (s != OK)
        return s;
    struct message m;
    message_start(&m, n, MESSAGE_MKDIR);
    message_add32(&m, parent);
    name_add(&m, p);
    message_add32(&m, 0755);
    message_add32(&m, 0);
    s = message_send_plain(&m, MESSAGE_QID_BYTES);
    handle_drop(n, parent);
    return s;
}

enum status ninep_unlink(struct ninep *n, const char *path)
{
    struct path p;
    uint32_t parent;
    enum status s = path_split(&p, path);
    if (s == OK)
        s = handle_walk(n, &p, p.count - 1, &parent);
    if (s != OK)
        return s;
    struct message m;
    message_start(&m, n, MESSAGE_UNLINK);
    message_add32(&m, parent);
    name_add(&m, &p);
    message_add32(&m, 0);
    s = message_send_plain(&m, 0);
    handle_drop(n, parent);
    return s;
}

enum status ninep_rename(struct ninep *n, const char *from, const char *to)
{
    struct path p, q;
    uint32_t source, target;
    enum status s = path_split(&p, from);
    if (s == OK)
        s = path_split(&q, to);
    if (s == OK)
        s = handle_walk(n, &p, p.count - 1, &source);
    if (s != OK)
        return s;
    s = handle_walk(n, &q, q.count - 1, &target);
    if (s == OK) {
        struct message m;
        message_start(&m, n, MESSAGE_RENAME);
        message_add32(&m, source);
        name_add(&m, &p);
        message_add32(&m, target);
        name_add(&m, &q);
        s = message_send_plain(&m, 0);
        handle_drop(n, target);
    }
    handle_drop(n, source);
    return s;
}
