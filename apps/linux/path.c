/* path.c: from a path to a place. Three layers, the upper hides the lower: scratch files and the
 * marks of what was removed, a few special files, the archive. Links are expanded here, in front of
 * what is left of the path, so there is no recursion; a place's path has neither links nor dots,
 * and serves as the key of the scratch files. */
#include "personality.h"

enum { LINKS_MAX = 40, NAME_MAX = 255 };

static const struct {
    const char *path;
    enum special_kind kind;
} specials[] = {
    {"/dev", SPECIAL_DIRECTORY},         {"/dev/null", SPECIAL_NULL},
    {"/dev/zero", SPECIAL_ZERO},         {"/dev/urandom", SPECIAL_RANDOM},
    {"/dev/random", SPECIAL_RANDOM},     {"/dev/stderr", SPECIAL_LOG},
    {"/proc", SPECIAL_DIRECTORY},        {"/proc/self", SPECIAL_DIRECTORY},
    {"/proc/self/exe", SPECIAL_PROGRAM},
};

long place_status(enum status s)
{
    return s == OK            ? 0
           : s == E_NOT_FOUND ? -LINUX_ENOENT
           : s == E_TYPE      ? -LINUX_ENOTDIR
                              : -LINUX_EIO;
}

bool place_is_directory(const struct linux_process *p, const struct place *at)
{
    switch (at->kind) {
    case PLACE_ABSENT:
        return false;
    case PLACE_ARCHIVE:
        return (at->archive.mode & LINUX_S_IFMT) == LINUX_S_IFDIR;
    case PLACE_NODE:
        return p->node[at->node].kind == NODE_DIRECTORY;
    case PLACE_SPECIAL:
        return at->special == SPECIAL_DIRECTORY;
    }
    return false;
}

static long place_root(struct linux_process *p, struct place *out)
{
    *out = (struct place){.kind = PLACE_ARCHIVE, .path = "/"};
    return place_status(archive_node_read(&p->archive, p->archive.root, &out->archive));
}

static enum special_kind special_find(const char *path)
{
    /* All are below /dev and /proc; most paths are not. */
    if (!text_begins(path, "/dev") && !text_begins(path, "/proc"))
        return SPECIAL_NONE;
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++)
        if (text_equal(specials[i].path, path))
            return specials[i].kind;
    return SPECIAL_NONE;
}

/* Steps from a directory to one of its names; `at` may become PLACE_ABSENT. */
static long place_child(struct linux_process *p, struct place *at, const char *name, size_t bytes)
{
    size_t length = text_length(at->path);
    enum status s = E_NOT_FOUND;

    if (!place_is_directory(p, at))
        return at->kind == PLACE_ABSENT ? -LINUX_ENOENT : -LINUX_ENOTDIR;
    if (bytes > NAME_MAX || length + 1 + bytes >= sizeof at->path)
        return -LINUX_ENAMETOOLONG;
    if (at->kind == PLACE_ARCHIVE)
        s = archive_child(&p->archive, &at->archive, name, bytes, &at->archive);
    if (s != OK && s != E_NOT_FOUND)
        return place_status(s);
    if (length > 1)
        at->path[length++] = '/';
    memcpy(at->path + length, name, bytes);
    at->path[length + bytes] = 0;
    at->kind = s == OK ? PLACE_ARCHIVE : PLACE_ABSENT;
    int node = node_find(p, at->path);
    if (node >= 0) {
        at->node = (unsigned)node;
        at->kind = p->node[node].kind == NODE_GONE    ? PLACE_ABSENT
                   : p->node[node].kind == NODE_ALIAS ? PLACE_ARCHIVE
                                                      : PLACE_NODE;
        return at->kind == PLACE_ARCHIVE
                   ? place_status(archive_node_read(&p->archive, p->node[node].bytes, &at->archive))
                   : 0;
    }
    at->special = special_find(at->path);
    if (at->special != SPECIAL_NONE && !(s == OK && at->special == SPECIAL_DIRECTORY))
        at->kind = PLACE_SPECIAL;
    return 0;
}

/* A path that has neither links nor dots, the last `drop` characters of it not counted. */
static long place_at(struct linux_process *p, const char *path, size_t length, struct place *out)
{
    long result = place_root(p, out);

    for (size_t i = 0; !result && i < length;) {
        size_t n = 0;
        while (i < length && path[i] == '/')
            i++;
        while (i + n < length && path[i + n] != '/')
            n++;
        if (n)
            result = place_child(p, out, path + i, n);
        i += n;
    }
    return result;
}

static long place_parent(struct linux_process *p, struct place *at)
{
    char path[PATH_BYTES];
    size_t length = text_length(at->path);

    memcpy(path, at->path, length + 1);
    while (length && path[length] != '/')
        length--;
    return place_at(p, path, length, at);
}

/* If the place is a link, its target's text; 0 if it is none. */
static long link_text(struct linux_process *p, const struct place *at, char *to, size_t size)
{
    size_t bytes = 0;

    if (at->kind == PLACE_SPECIAL && at->special == SPECIAL_PROGRAM)
        return text_copy(to, size, p->program) ? (long)text_length(to) : -LINUX_ENAMETOOLONG;
    if (at->kind == PLACE_NODE && p->node[at->node].kind == NODE_LINK) {
        bytes = p->node[at->node].bytes;
        if (bytes >= size)
            return -LINUX_ENAMETOOLONG;
        memcpy(to, node_data(p, at->node), bytes);
    } else if (at->kind == PLACE_ARCHIVE && (at->archive.mode & LINUX_S_IFMT) == LINUX_S_IFLNK) {
        if (archive_read(&p->archive, &at->archive, 0, to, size - 1, &bytes) != OK)
            return -LINUX_EIO;
        if (bytes != at->archive.bytes)
            return -LINUX_ENAMETOOLONG;
    } else {
        return 0;
    }
    to[bytes] = 0;
    return bytes ? (long)bytes : -LINUX_ENOENT;
}

/* Puts the link's text in front of the rest, and steps back to where the text counts from. */
static long link_follow(struct linux_process *p, struct place *at, char *rest, const char *tail)
{
    char text[PATH_BYTES];
    long length = link_text(p, at, text, sizeof text);

    if (length < 0)
        return length;
    size_t tail_bytes = text_length(tail);
    if ((size_t)length + tail_bytes >= PATH_BYTES)
        return -LINUX_ENAMETOOLONG;
    memmove(rest + length, tail, tail_bytes + 1);
    memcpy(rest, text, (size_t)length);
    return text[0] == '/' ? place_root(p, at) : place_parent(p, at);
}

static bool place_is_link(const struct linux_process *p, const struct place *at)
{
    return (at->kind == PLACE_SPECIAL && at->special == SPECIAL_PROGRAM) ||
           (at->kind == PLACE_NODE && p->node[at->node].kind == NODE_LINK) ||
           (at->kind == PLACE_ARCHIVE && (at->archive.mode & LINUX_S_IFMT) == LINUX_S_IFLNK);
}

/* Where a path leads. 0 and PLACE_ABSENT: its directory is there, its last name is not. start: path
 * of the directory that it is relative to. */
long path_find(struct linux_process *p, const char *start, const char *path, bool follow,
               struct place *out)
{
    char rest[PATH_BYTES];
    const char *at = rest;
    unsigned links = 0;

    if (!*path)
        return -LINUX_ENOENT;
    if (!text_copy(rest, sizeof rest, path))
        return -LINUX_ENAMETOOLONG;
    long result = *path == '/' ? place_root(p, out) : place_at(p, start, text_length(start), out);
    while (!result) {
        size_t n = 0;
        bool slash = *at == '/';
        while (*at == '/')
            at++;
        while (at[n] && at[n] != '/')
            n++;
        if (!n)
            return slash && out->kind != PLACE_ABSENT && !place_is_directory(p, out)
                       ? -LINUX_ENOTDIR
                       : 0;
        if (n == 1 && at[0] == '.')
            result = place_is_directory(p, out) ? 0 : -LINUX_ENOTDIR;
        else if (n == 2 && at[0] == '.' && at[1] == '.')
            result = place_parent(p, out);
        else
            result = place_child(p, out, at, n);
        at += n;
        if (result || !place_is_link(p, out) || (!*at && !follow))
            continue;
        if (++links > LINKS_MAX)
            return -LINUX_ELOOP;
        result = link_follow(p, out, rest, at);
        at = rest;
    }
    return result;
}

/* The path at a pointer of the program's, relative to a directory descriptor of its. */
long path_find_user(struct linux_process *p, long directory, uint64_t path, bool follow,
                    struct place *out)
{
    char text[PATH_BYTES];
    const char *start = p->directory;
    long result = user_text(p, path, text, sizeof text);

    if (result < 0)
        return result;
    if (text[0] != '/' && (int)directory != LINUX_AT_FDCWD) {
        const struct open_file *f = descriptor_file(p, directory);
        if (!f)
            return -LINUX_EBADF;
        start = f->path;
    }
    return path_find(p, start, text, follow, out);
}

/* readlink: the text, cut to size; -EINVAL if it is no link. */
long call_readlinkat(struct linux_process *p, const long a[6])
{
    struct place at;
    char text[PATH_BYTES];
    long result = path_find_user(p, a[0], (uint64_t)a[1], false, &at);

    if (result)
        return result;
    if (at.kind == PLACE_ABSENT)
        return -LINUX_ENOENT;
    long length = link_text(p, &at, text, sizeof text);
    if (length < 0)
        return length;
    if (!length || a[3] <= 0)
        return -LINUX_EINVAL;
    if (length > a[3])
        length = a[3];
    result = user_copy_out(p, (uint64_t)a[2], text, (size_t)length);
    return result ? result : length;
}

long call_readlink(struct linux_process *p, const long a[6])
{
    return call_readlinkat(p, (const long[6]){LINUX_AT_FDCWD, a[0], a[1], a[2]});
}

long call_getcwd(struct linux_process *p, const long a[6])
{
    size_t bytes = text_length(p->directory) + 1;

    if ((uint64_t)a[1] < bytes)
        return -LINUX_ERANGE;
    long result = user_copy_out(p, (uint64_t)a[0], p->directory, bytes);
    return result ? result : (long)bytes;
}

static long directory_enter(struct linux_process *p, const struct place *at)
{
    if (at->kind == PLACE_ABSENT)
        return -LINUX_ENOENT;
    if (!place_is_directory(p, at))
        return -LINUX_ENOTDIR;
    return text_copy(p->directory, sizeof p->directory, at->path) ? 0 : -LINUX_ENAMETOOLONG;
}

long call_chdir(struct linux_process *p, const long a[6])
{
    struct place at;
    long result = path_find_user(p, LINUX_AT_FDCWD, (uint64_t)a[0], true, &at);
    return result ? result : directory_enter(p, &at);
}

long call_fchdir(struct linux_process *p, const long a[6])
{
    struct place at;
    const struct open_file *f = descriptor_file(p, a[0]);

    if (!f)
        return -LINUX_EBADF;
    long result = place_at(p, f->path, text_length(f->path), &at);
    return result ? result : directory_enter(p, &at);
}
