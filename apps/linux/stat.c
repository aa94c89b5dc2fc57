/* stat.c: what programs ask about files: stat in its four forms, access, getdents64. */
#include "personality.h"

enum { DEVICE = 1, NODE_NUMBER_BASE = 0x40000000 };

void stat_place(const struct linux_process *p, const struct place *at, struct stat_info *out)
{
    static const uint32_t node_type[] = {
        [NODE_FILE] = LINUX_S_IFREG, [NODE_DIRECTORY] = LINUX_S_IFDIR, [NODE_LINK] = LINUX_S_IFLNK};
    const struct node *n = &p->node[at->node];

    *out = (struct stat_info){.link_count = 1};
    switch (at->kind) {
    case PLACE_ABSENT:
        break;
    case PLACE_ARCHIVE:
        out->number = at->archive.number;
        out->bytes = at->archive.bytes;
        out->modified_ns = at->archive.mtime_s * 1000000000ull + at->archive.mtime_ns;
        out->mode = at->archive.mode;
        out->link_count = at->archive.link_count;
        break;
    case PLACE_NODE:
        out->number = NODE_NUMBER_BASE + at->node;
        out->bytes = n->bytes;
        out->modified_ns = n->modified_ns;
        out->mode = n->mode | node_type[n->kind];
        break;
    case PLACE_SPECIAL:
        out->number = NODE_NUMBER_BASE + NODE_MAX + at->special;
        out->mode = LINUX_S_IFCHR | 0666;
        if (at->special == SPECIAL_DIRECTORY)
            out->mode = LINUX_S_IFDIR | 0755;
        else if (at->special == SPECIAL_LOG)
            out->mode = LINUX_S_IFIFO | 0600;
        else if (at->special == SPECIAL_PROGRAM)
            out->mode = LINUX_S_IFLNK | 0777;
        break;
    }
}

static void file_place(const struct open_file *f, struct place *at)
{
    at->kind = (enum place_kind)f->kind;
    at->node = f->node;
    at->special = (enum special_kind)f->special;
    at->archive = f->archive;
}

/* The place that (directory, path, flags) of the ...at calls names. */
static long place_named(struct linux_process *p, long directory, long path, long flags,
                        struct place *at)
{
    char first;

    if (flags & LINUX_AT_EMPTY_PATH) {
        const struct open_file *f = descriptor_file(p, directory);
        long result = path ? user_copy_in(p, &first, (uint64_t)path, 1) : 0;
        if (result)
            return result;
        if (!path || !first) {
            if (!f)
                return (int)directory == LINUX_AT_FDCWD ? path_find(p, "/", p->directory, true, at)
                                                        : -LINUX_EBADF;
            file_place(f, at);
            return 0;
        }
    }
    long result =
        path_find_user(p, directory, (uint64_t)path, !(flags & LINUX_AT_SYMLINK_NOFOLLOW), at);
    return result ? result : at->kind == PLACE_ABSENT ? -LINUX_ENOENT : 0;
}

static long stat_out(struct linux_process *p, const struct place *at, uint64_t to)
{
    struct stat_info i;
    stat_place(p, at, &i);
    int64_t s = (int64_t)(i.modified_ns / 1000000000), ns = (int64_t)(i.modified_ns % 1000000000);
    struct linux_stat out = {
        .device = DEVICE,
        .number = i.number,
        .link_count = i.link_count,
        .mode = i.mode,
        .uid = LINUX_USER,
        .gid = LINUX_USER,
        .bytes = (int64_t)i.bytes,
        .block_bytes = PAGE,
        .blocks = (int64_t)(i.bytes + 511) / 512,
        .access_s = s,
        .access_ns = ns,
        .modify_s = s,
        .modify_ns = ns,
        .change_s = s,
        .change_ns = ns,
    };
    return user_copy_out(p, to, &out, sizeof out);
}

long call_newfstatat(struct linux_process *p, const long a[6])
{
    struct place at;
    long result = place_named(p, a[0], a[1], a[3], &at);
    return result ? result : stat_out(p, &at, (uint64_t)a[2]);
}

long call_stat(struct linux_process *p, const long a[6])
{
    return call_newfstatat(p, (const long[6]){LINUX_AT_FDCWD, a[0], a[1], 0});
}

long call_lstat(struct linux_process *p, const long a[6])
{
    return call_newfstatat(p,
                           (const long[6]){LINUX_AT_FDCWD, a[0], a[1], LINUX_AT_SYMLINK_NOFOLLOW});
}

long call_fstat(struct linux_process *p, const long a[6])
{
    const struct open_file *f = descriptor_file(p, a[0]);
    struct place at;

    if (!f)
        return -LINUX_EBADF;
    file_place(f, &at);
    return stat_out(p, &at, (uint64_t)a[1]);
}

long call_statx(struct linux_process *p, const long a[6])
{
    enum { BASIC_STATS = 0x7ff };
    struct place at;
    struct stat_info i;
    long result = place_named(p, a[0], a[1], a[2], &at);

    if (result)
        return result;
    stat_place(p, &at, &i);
    struct linux_statx_time t = {.s = (int64_t)(i.modified_ns / 1000000000),
                                 .ns = (uint32_t)(i.modified_ns % 1000000000)};
    struct linux_statx out = {
        .mask = BASIC_STATS,
        .block_bytes = PAGE,
        .link_count = i.link_count,
        .uid = LINUX_USER,
        .gid = LINUX_USER,
        .mode = (uint16_t)i.mode,
        .number = i.number,
        .bytes = i.bytes,
        .blocks = (i.bytes + 511) / 512,
        .access = t,
        .change = t,
        .modify = t,
        .device_minor = DEVICE,
    };
    return user_copy_out(p, (uint64_t)a[4], &out, sizeof out);
}

/* Every file may be read and written: what is written goes to a copy. Executing asks for the
 * bit. */
long call_faccessat(struct linux_process *p, const long a[6])
{
    struct place at;
    struct stat_info i;
    long result = place_named(p, a[0], a[1], a[3] & LINUX_AT_EMPTY_PATH, &at);

    if (result)
        return result;
    stat_place(p, &at, &i);
    return a[2] & 1 && !(i.mode & 0111) ? -LINUX_EACCES : 0;
}

long call_faccessat2(struct linux_process *p, const long a[6])
{
    return call_faccessat(p, a);
}

long call_access(struct linux_process *p, const long a[6])
{
    return call_faccessat(p, (const long[6]){LINUX_AT_FDCWD, a[0], a[1], 0});
}

/* One record of getdents64(2): 0 if there is no room. */
static uint64_t entry_put(unsigned char *to, uint64_t room, uint64_t number, uint64_t next,
                          uint32_t mode, const char *name, size_t name_bytes)
{
    uint64_t bytes = round_up(19 + name_bytes + 1, 8);
    uint16_t record = (uint16_t)bytes;

    if (bytes > room)
        return 0;
    memset(to, 0, bytes);
    memcpy(to, &number, 8);
    memcpy(to + 8, &next, 8);
    memcpy(to + 16, &record, 2);
    to[18] = (unsigned char)((mode & LINUX_S_IFMT) >> 12);
    memcpy(to + 19, name, name_bytes);
    return bytes;
}

/* True if the archive's entry is hidden by a scratch file (which is listed itself) or was
 * removed. */
static bool entry_hidden(struct linux_process *p, const struct open_file *f,
                         const struct archive_entry *e)
{
    char path[PATH_BYTES];
    size_t length = text_length(f->path);

    memcpy(path, f->path, length);
    if (length > 1)
        path[length++] = '/';
    if (length + e->name_bytes >= sizeof path)
        return false;
    memcpy(path + length, e->name, e->name_bytes);
    path[length + e->name_bytes] = 0;
    return node_find(p, path) >= 0;
}

static uint64_t entries_archive(struct linux_process *p, struct open_file *f, unsigned char *to,
                                uint64_t room)
{
    uint64_t done = 0;

    while (f->kind == PLACE_ARCHIVE) {
        struct archive_entry e;
        uint64_t position = f->offset;
        if (archive_entry_next(&p->archive, &f->archive, &position, &e) != OK)
            break;
        if (!entry_hidden(p, f, &e)) {
            uint64_t put = entry_put(to + done, room - done, e.node.number + 1, position,
                                     e.node.mode, e.name, e.name_bytes);
            if (!put)
                break;
            done += put;
        }
        f->offset = position;
    }
    return done;
}

static uint64_t entries_scratch(struct linux_process *p, struct open_file *f, unsigned char *to,
                                uint64_t room)
{
    size_t length = text_length(f->path);
    uint64_t done = 0;

    for (; f->entry < NODE_MAX; f->entry++) {
        const struct node *n = &p->node[f->entry];
        const char *name = n->path + length + (length > 1);
        struct place at = {.kind = PLACE_NODE, .node = (unsigned)f->entry};
        struct stat_info i;
        if (n->kind == NODE_FREE || n->kind == NODE_GONE || n->unlinked ||
            !text_begins(n->path, f->path))
            continue;
        if (length > 1 && n->path[length] != '/')
            continue;
        size_t name_bytes = text_length(name);
        bool deeper = !name_bytes;
        for (size_t k = 0; k < name_bytes; k++)
            deeper |= name[k] == '/';
        if (deeper)
            continue;
        if (n->kind == NODE_ALIAS && archive_node_read(&p->archive, n->bytes, &at.archive) == OK)
            at.kind = PLACE_ARCHIVE;
        stat_place(p, &at, &i);
        uint64_t put =
            entry_put(to + done, room - done, i.number, f->offset, i.mode, name, name_bytes);
        if (!put)
            break;
        done += put;
    }
    return done;
}

long call_getdents64(struct linux_process *p, const long a[6])
{
    struct open_file *f = descriptor_file(p, a[0]);
    uint64_t room = (uint64_t)a[2] & 0x7fffffff;
    struct place at;

    if (!f)
        return -LINUX_EBADF;
    file_place(f, &at);
    if (!place_is_directory(p, &at))
        return -LINUX_ENOTDIR;
    long result = user_ready(p, (uint64_t)a[1], room, LINUX_WRITE);
    if (result)
        return result;
    unsigned char *to = (unsigned char *)a[1];
    uint64_t done = entries_archive(p, f, to, room);
    struct archive_entry e;
    uint64_t position = f->offset;
    bool more = f->kind == PLACE_ARCHIVE &&
                archive_entry_next(&p->archive, &f->archive, &position, &e) == OK;
    if (!more)
        done += entries_scratch(p, f, to + done, room - done);
    if (!done && (more || f->entry < NODE_MAX))
        return -LINUX_EINVAL;
    return (long)done;
}
