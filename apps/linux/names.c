/* names.c: calls that change directories: mkdir, unlink, rename, symlink, and those that change a
 * file's attributes. */
#include "personality.h"

/* True if something lies below the directory. */
static bool directory_used(struct linux_process *p, const struct place *at)
{
    size_t length = text_length(at->path);

    for (unsigned i = 0; i < NODE_MAX; i++) {
        const struct node *n = &p->node[i];
        if (n->kind != NODE_FREE && n->kind != NODE_GONE && !n->unlinked &&
            text_begins(n->path, at->path) && n->path[length] == '/')
            return true;
    }
    return at->kind == PLACE_ARCHIVE; /* the archive has no empty directories worth removing */
}

/* Removes the name; leaves a mark where the archive has the same one. */
static long name_remove(struct linux_process *p, struct place *at)
{
    struct archive_node below;
    bool hides = archive_path(&p->archive, at->path, false, &below) == OK;

    int alias = at->kind == PLACE_ARCHIVE ? node_find(p, at->path) : -1;

    if (at->kind == PLACE_NODE)
        node_forget(p, at->node);
    else if (alias >= 0)
        node_forget(p, (unsigned)alias);
    if (!hides)
        return 0;
    long node = node_create(p, at->path, NODE_GONE, 0);
    return node < 0 ? node : 0;
}

long call_unlinkat(struct linux_process *p, const long a[6])
{
    struct place at;
    long result = path_find_user(p, a[0], (uint64_t)a[1], false, &at);
    bool directory = a[2] & LINUX_AT_REMOVEDIR;

    if (result)
        return result;
    if (at.kind == PLACE_ABSENT)
        return -LINUX_ENOENT;
    if (at.kind == PLACE_SPECIAL)
        return -LINUX_EPERM;
    if (place_is_directory(p, &at) != directory)
        return directory ? -LINUX_ENOTDIR : -LINUX_EISDIR;
    if (directory && directory_used(p, &at))
        return -LINUX_ENOTEMPTY;
    return name_remove(p, &at);
}

long call_unlink(struct linux_process *p, const long a[6])
{
    return call_unlinkat(p, (const long[6]){LINUX_AT_FDCWD, a[0], 0});
}

long call_rmdir(struct linux_process *p, const long a[6])
{
    return call_unlinkat(p, (const long[6]){LINUX_AT_FDCWD, a[0], LINUX_AT_REMOVEDIR});
}

long call_mkdirat(struct linux_process *p, const long a[6])
{
    struct place at;
    long result = path_find_user(p, a[0], (uint64_t)a[1], false, &at);

    if (result)
        return result;
    if (at.kind != PLACE_ABSENT)
        return -LINUX_EEXIST;
    result = node_create(p, at.path, NODE_DIRECTORY, (uint32_t)a[2] & ~p->mask);
    return result < 0 ? result : 0;
}

long call_mkdir(struct linux_process *p, const long a[6])
{
    return call_mkdirat(p, (const long[6]){LINUX_AT_FDCWD, a[0], a[1]});
}

long call_symlinkat(struct linux_process *p, const long a[6])
{
    struct place at;
    char target[PATH_BYTES];
    long length = user_text(p, (uint64_t)a[0], target, sizeof target);
    long result = length < 0 ? length : path_find_user(p, a[1], (uint64_t)a[2], false, &at);

    if (result < 0)
        return result;
    if (at.kind != PLACE_ABSENT || !length)
        return length ? -LINUX_EEXIST : -LINUX_ENOENT;
    long node = node_create(p, at.path, NODE_LINK, 0777);
    if (node < 0)
        return node;
    result = node_write(p, (unsigned)node, 0, target, (uint64_t)length);
    if (result < 0)
        node_forget(p, (unsigned)node);
    return result < 0 ? result : 0;
}

long call_symlink(struct linux_process *p, const long a[6])
{
    return call_symlinkat(p, (const long[6]){a[0], LINUX_AT_FDCWD, a[1]});
}

/* Renames a scratch directory's content along with it. */
static long nodes_rename(struct linux_process *p, const char *from, const char *to)
{
    size_t from_bytes = text_length(from), to_bytes = text_length(to);

    for (unsigned i = 0; i < NODE_MAX; i++) {
        struct node *n = &p->node[i];
        if (n->kind == NODE_FREE || n->unlinked || !text_begins(n->path, from) ||
            n->path[from_bytes] != '/')
            continue;
        size_t tail = text_length(n->path + from_bytes);
        if (to_bytes + tail >= sizeof n->path)
            return -LINUX_ENAMETOOLONG;
        memmove(n->path + to_bytes, n->path + from_bytes, tail + 1);
        memcpy(n->path, to, to_bytes);
    }
    return 0;
}

static long rename_check(struct linux_process *p, const struct place *from, const struct place *to,
                         long flags)
{
    enum { NOREPLACE = 1 };

    if (flags & ~(long)NOREPLACE)
        return -LINUX_EINVAL;
    if (from->kind == PLACE_ABSENT)
        return -LINUX_ENOENT;
    if (from->kind == PLACE_SPECIAL || to->kind == PLACE_SPECIAL)
        return -LINUX_EPERM;
    if (to->kind != PLACE_ABSENT && flags & NOREPLACE)
        return -LINUX_EEXIST;
    if (text_length(to->path) >= NODE_PATH_BYTES)
        return -LINUX_ENAMETOOLONG;
    if (place_is_directory(p, from)) {
        if (from->kind == PLACE_ARCHIVE)
            return -LINUX_EROFS;
        if (text_begins(to->path, from->path) && to->path[text_length(from->path)] == '/')
            return -LINUX_EINVAL;
        if (to->kind != PLACE_ABSENT && !place_is_directory(p, to))
            return -LINUX_ENOTDIR;
        return to->kind != PLACE_ABSENT && directory_used(p, to) ? -LINUX_ENOTEMPTY : 0;
    }
    return place_is_directory(p, to) ? -LINUX_EISDIR : 0;
}

long call_renameat2(struct linux_process *p, const long a[6])
{
    struct place from, to;
    long result = path_find_user(p, a[0], (uint64_t)a[1], false, &from);

    if (!result)
        result = path_find_user(p, a[2], (uint64_t)a[3], false, &to);
    if (!result)
        result = rename_check(p, &from, &to, a[4]);
    if (result || text_equal(from.path, to.path))
        return result;
    if (from.kind == PLACE_ARCHIVE) {
        result = node_copy_up(p, &from, true);
        if (result < 0)
            return result;
        from.kind = PLACE_NODE;
        from.node = (unsigned)result;
    }
    int old = node_find(p, to.path);
    if (old >= 0)
        node_forget(p, (unsigned)old);
    struct node *n = &p->node[from.node];
    result = n->kind == NODE_DIRECTORY ? nodes_rename(p, from.path, to.path) : 0;
    if (result || !text_copy(n->path, sizeof n->path, to.path))
        return result ? result : -LINUX_ENAMETOOLONG;
    from.kind = PLACE_ABSENT; /* nothing is left there but, perhaps, the archive's file below */
    return name_remove(p, &from);
}

long call_renameat(struct linux_process *p, const long a[6])
{
    return call_renameat2(p, (const long[6]){a[0], a[1], a[2], a[3], 0});
}

long call_rename(struct linux_process *p, const long a[6])
{
    return call_renameat2(p, (const long[6]){LINUX_AT_FDCWD, a[0], LINUX_AT_FDCWD, a[1], 0});
}

long call_truncate(struct linux_process *p, const long a[6])
{
    struct place at;
    long result = path_find_user(p, LINUX_AT_FDCWD, (uint64_t)a[0], true, &at);

    if (result)
        return result;
    if (at.kind == PLACE_ABSENT)
        return -LINUX_ENOENT;
    if (place_is_directory(p, &at))
        return -LINUX_EISDIR;
    if (at.kind == PLACE_ARCHIVE) {
        result = node_copy_up(p, &at, true);
        if (result < 0)
            return result;
        at.node = (unsigned)result;
    }
    return at.kind == PLACE_SPECIAL || a[1] < 0 ? -LINUX_EINVAL
                                                : node_resize(p, at.node, (uint64_t)a[1]);
}

long call_umask(struct linux_process *p, const long a[6])
{
    uint32_t old = p->mask;
    p->mask = (uint32_t)a[0] & 0777;
    return old;
}

/* Modes are kept for scratch files; owners and times are accepted and forgotten: no one but the
 * program sees them. */
static long attribute_place(struct linux_process *p, long directory, long path, struct place *at)
{
    long result = path_find_user(p, directory, (uint64_t)path, true, at);
    return result ? result : at->kind == PLACE_ABSENT ? -LINUX_ENOENT : 0;
}

long call_fchmodat(struct linux_process *p, const long a[6])
{
    struct place at;
    long result = attribute_place(p, a[0], a[1], &at);
    if (!result && at.kind == PLACE_NODE)
        p->node[at.node].mode = (uint32_t)a[2] & 07777;
    return result;
}

long call_chmod(struct linux_process *p, const long a[6])
{
    return call_fchmodat(p, (const long[6]){LINUX_AT_FDCWD, a[0], a[1]});
}

long call_fchmod(struct linux_process *p, const long a[6])
{
    const struct open_file *f = descriptor_file(p, a[0]);
    if (f && f->kind == PLACE_NODE)
        p->node[f->node].mode = (uint32_t)a[1] & 07777;
    return f ? 0 : -LINUX_EBADF;
}

long call_fchownat(struct linux_process *p, const long a[6])
{
    struct place at;
    return attribute_place(p, a[0], a[1], &at);
}

long call_chown(struct linux_process *p, const long a[6])
{
    return call_fchownat(p, (const long[6]){LINUX_AT_FDCWD, a[0]});
}

long call_lchown(struct linux_process *p, const long a[6])
{
    return call_chown(p, a);
}

long call_fchown(struct linux_process *p, const long a[6])
{
    return descriptor_file(p, a[0]) ? 0 : -LINUX_EBADF;
}

long call_utimensat(struct linux_process *p, const long a[6])
{
    enum { NOW = 0x3fffffff, OMIT = 0x3ffffffe };
    struct place at = {.kind = PLACE_ABSENT};
    struct linux_timespec t[2] = {{0, NOW}, {0, NOW}};
    const struct open_file *f = descriptor_file(p, a[0]);
    long result = 0;

    if (a[1])
        result = attribute_place(p, a[0], a[1], &at);
    else if (!f)
        return -LINUX_EBADF;
    else if (f->kind == PLACE_NODE)
        at = (struct place){.kind = PLACE_NODE, .node = f->node};
    if (!result && a[2])
        result = user_copy_in(p, t, (uint64_t)a[2], sizeof t);
    if (result || at.kind != PLACE_NODE || t[1].ns == OMIT)
        return result;
    node_touch(p, at.node);
    if (t[1].ns != NOW)
        p->node[at.node].modified_ns = (uint64_t)t[1].s * 1000000000u + (uint64_t)t[1].ns;
    return 0;
}
