/* open.c: descriptors and what they refer to: open, close, dup and their kin. */
#include "personality.h"

struct open_file *descriptor_file(struct linux_process *p, long descriptor)
{
    int d = (int)descriptor;

    if (d < 0 || d >= DESCRIPTOR_MAX || !p->descriptor[d].open)
        return NULL;
    return &p->open[p->descriptor[d].open - 1];
}

/* The lowest free descriptor, not below least, now refers to the open file. */
long descriptor_take(struct linux_process *p, unsigned open, long least, bool close_on_exec)
{
    for (long d = least < 0 ? DESCRIPTOR_MAX : least; d < DESCRIPTOR_MAX; d++) {
        if (p->descriptor[d].open)
            continue;
        p->descriptor[d] = (struct descriptor){(uint8_t)(open + 1), close_on_exec};
        p->open[open].descriptor_count++;
        return d;
    }
    return -LINUX_EMFILE;
}

void open_release(struct linux_process *p, struct open_file *f)
{
    if (--f->descriptor_count)
        return;
    if (f->kind == PLACE_NODE)
        node_closed(p, f->node);
}

static struct open_file *open_free(struct linux_process *p)
{
    for (unsigned i = 0; i < OPEN_MAX; i++)
        if (!p->open[i].descriptor_count)
            return &p->open[i];
    return NULL;
}

/* A descriptor for a place that exists. */
long open_place(struct linux_process *p, const struct place *at, unsigned flags)
{
    struct open_file *f = open_free(p);

    if (!f)
        return -LINUX_EMFILE;
    *f = (struct open_file){.kind = (uint8_t)at->kind,
                            .special = (uint8_t)at->special,
                            .stream = 2,
                            .node = at->node,
                            .flags = flags & ~(unsigned)LINUX_O_CLOEXEC,
                            .archive = at->archive};
    if (!text_copy(f->path, sizeof f->path, at->path))
        return -LINUX_ENAMETOOLONG;
    long d = descriptor_take(p, (unsigned)(f - p->open), 0, flags & LINUX_O_CLOEXEC);
    if (d >= 0 && f->kind == PLACE_NODE)
        p->node[f->node].open_count++;
    return d;
}

static bool flags_write(unsigned flags)
{
    return (flags & LINUX_O_ACCESS) == LINUX_O_WRONLY || (flags & LINUX_O_ACCESS) == LINUX_O_RDWR;
}

/* Makes the file that is to be written: creates it, copies it up, cuts it. */
static long open_prepare(struct linux_process *p, struct place *at, unsigned flags, uint32_t mode)
{
    long node = 0;

    if (at->kind == PLACE_ABSENT) {
        if (!(flags & LINUX_O_CREAT))
            return -LINUX_ENOENT;
        node = node_create(p, at->path, NODE_FILE, mode & ~p->mask);
    } else if ((flags & LINUX_O_CREAT) && (flags & LINUX_O_EXCL)) {
        return -LINUX_EEXIST;
    } else if (place_is_directory(p, at)) {
        return flags_write(flags) || flags & LINUX_O_CREAT ? -LINUX_EISDIR : 0;
    } else if (flags & LINUX_O_DIRECTORY) {
        return -LINUX_ENOTDIR;
    } else if (at->kind == PLACE_ARCHIVE && (flags_write(flags) || flags & LINUX_O_TRUNC)) {
        node = node_copy_up(p, at, !(flags & LINUX_O_TRUNC));
    } else if (at->kind == PLACE_NODE) {
        if (p->node[at->node].kind == NODE_LINK)
            return -LINUX_ELOOP;
        return flags & LINUX_O_TRUNC ? node_resize(p, at->node, 0) : 0;
    } else {
        return 0;
    }
    if (node < 0)
        return node;
    at->kind = PLACE_NODE;
    at->node = (unsigned)node;
    return 0;
}

long call_openat(struct linux_process *p, const long a[6])
{
    struct place at;
    unsigned flags = (unsigned)a[2];
    bool follow = !(flags & LINUX_O_NOFOLLOW) &&
                  (flags & (LINUX_O_CREAT | LINUX_O_EXCL)) != (LINUX_O_CREAT | LINUX_O_EXCL);

    if (flags & LINUX_O_TMPFILE)
        return -LINUX_EOPNOTSUPP;
    long result = path_find_user(p, a[0], (uint64_t)a[1], follow, &at);
    if (!result && flags & LINUX_O_PATH && at.kind == PLACE_ABSENT)
        result = -LINUX_ENOENT;
    if (!result && !(flags & LINUX_O_PATH)) {
        if (at.kind == PLACE_ARCHIVE && (at.archive.mode & LINUX_S_IFMT) == LINUX_S_IFLNK)
            return -LINUX_ELOOP;
        result = open_prepare(p, &at, flags, (uint32_t)a[3]);
    }
    return result ? result : open_place(p, &at, flags);
}

long call_open(struct linux_process *p, const long a[6])
{
    return call_openat(p, (const long[6]){LINUX_AT_FDCWD, a[0], a[1], a[2]});
}

long call_creat(struct linux_process *p, const long a[6])
{
    const long flags = LINUX_O_CREAT | LINUX_O_WRONLY | LINUX_O_TRUNC;
    return call_openat(p, (const long[6]){LINUX_AT_FDCWD, a[0], flags, a[1]});
}

long call_close(struct linux_process *p, const long a[6])
{
    struct open_file *f = descriptor_file(p, a[0]);

    if (!f)
        return -LINUX_EBADF;
    p->descriptor[(int)a[0]].open = 0;
    open_release(p, f);
    return 0;
}

long call_dup(struct linux_process *p, const long a[6])
{
    struct open_file *f = descriptor_file(p, a[0]);
    return f ? descriptor_take(p, (unsigned)(f - p->open), 0, false) : -LINUX_EBADF;
}

long call_dup3(struct linux_process *p, const long a[6])
{
    struct open_file *f = descriptor_file(p, a[0]), *old = descriptor_file(p, a[1]);
    int to = (int)a[1];

    if (!f || to < 0 || to >= DESCRIPTOR_MAX)
        return -LINUX_EBADF;
    if ((int)a[0] == to)
        return -LINUX_EINVAL;
    f->descriptor_count++;
    if (old)
        open_release(p, old);
    p->descriptor[to] = (struct descriptor){(uint8_t)(f - p->open + 1), a[2] & LINUX_O_CLOEXEC};
    return to;
}

long call_dup2(struct linux_process *p, const long a[6])
{
    if ((int)a[0] == (int)a[1])
        return descriptor_file(p, a[0]) ? (int)a[1] : -LINUX_EBADF;
    return call_dup3(p, (const long[6]){a[0], a[1], 0});
}

long call_fcntl(struct linux_process *p, const long a[6])
{
    enum { DUPFD, GETFD, SETFD, GETFL, SETFL, GETLK, SETLK, SETLKW, DUPFD_CLOEXEC = 1030 };
    const unsigned settable = LINUX_O_APPEND | LINUX_O_NONBLOCK;
    struct open_file *f = descriptor_file(p, a[0]);

    if (!f)
        return -LINUX_EBADF;
    switch (a[1]) {
    case DUPFD:
    case DUPFD_CLOEXEC:
        return descriptor_take(p, (unsigned)(f - p->open), a[2], a[1] == DUPFD_CLOEXEC);
    case GETFD:
        return p->descriptor[(int)a[0]].close_on_exec;
    case SETFD:
        p->descriptor[(int)a[0]].close_on_exec = a[2] & 1;
        return 0;
    case GETFL:
        return f->flags;
    case SETFL:
        f->flags = (f->flags & ~settable) | ((unsigned)a[2] & settable);
        return 0;
    case SETLK:
    case SETLKW:
        return 0; /* nobody else is there to lock against */
    }
    return -LINUX_EINVAL;
}
