/* archive.c: the EROFS reader behind rt/archive.h.
 *
 * A directory is a run of blocks; each begins with its sorted 12-byte entries, whose names follow
 * them in the same block. entry_read is the only place where one is taken apart; lookups go by
 * bisection, over blocks and then inside one. Fields are fetched byte by byte: the image may lie at
 * any address, and its layout is little endian everywhere. */
#include "rt/archive.h"
#include "rt/string.h"

enum {
    SUPER_OFFSET = 1024,
    SUPER_BYTES = 128,
    NID_BYTES = 32,
    ENTRY_BYTES = 12,
    LAYOUT_PLAIN = 0,
    LAYOUT_INLINE = 2,
};

static const uint32_t SUPER_MAGIC = 0xE0F5E1E2u;

static uint16_t get16(const unsigned char *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const unsigned char *p)
{
    return (uint32_t)get16(p) | (uint32_t)get16(p + 2) << 16;
}

static uint64_t get64(const unsigned char *p)
{
    return (uint64_t)get32(p) | (uint64_t)get32(p + 4) << 32;
}

/* The bytes at offset, or null if any of them lies outside of the image. */
static const unsigned char *bytes_at(const struct archive *a, uint64_t offset, uint64_t bytes)
{
    if (offset > a->bytes || bytes > a->bytes - offset)
        return NULL;
    return a->base + offset;
}

enum status archive_open(struct archive *a, const void *image, size_t bytes)
{
    struct archive opened = {.base = image, .bytes = bytes};
    const unsigned char *super = bytes_at(&opened, SUPER_OFFSET, SUPER_BYTES);

    if (!super || get32(super) != SUPER_MAGIC)
        return E_FORMAT;
    if (super[12] < 9 || super[12] > 16)
        return E_FORMAT;
    /* Incompatible features: bit 0 (zero padding of compressed data) says nothing about files that
     * are not. */
    if (get32(super + 80) & ~1u || get16(super + 86))
        return E_UNSUPPORTED;
    opened.block_bytes = 1u << super[12];
    opened.root = get16(super + 14);
    opened.build_time_s = get64(super + 24);
    opened.build_time_ns = get32(super + 32);
    opened.meta = (uint64_t)get32(super + 40) << super[12];
    struct archive_node root;
    enum status s = archive_node_read(&opened, opened.root, &root);
    if (s != OK)
        return s;
    if ((root.mode & ARCHIVE_TYPE) != ARCHIVE_TYPE_DIRECTORY)
        return E_FORMAT;
    *a = opened;
    return OK;
}

/* Splits the file's size into what lies in whole blocks and what lies behind the inode; checks
 * both. */
static enum status node_place(const struct archive *a, unsigned layout, uint64_t inode_end,
                              uint32_t block, struct archive_node *n)
{
    uint64_t rest = n->bytes & (a->block_bytes - 1);

    n->data = (uint64_t)block * a->block_bytes;
    n->tail = inode_end;
    n->plain = n->bytes;
    if (layout == LAYOUT_INLINE)
        n->plain = n->bytes - rest;
    else if (layout != LAYOUT_PLAIN)
        return E_UNSUPPORTED;
    if (n->plain && !bytes_at(a, n->data, n->plain))
        return E_FORMAT;
    if (n->plain < n->bytes && !bytes_at(a, n->tail, rest))
        return E_FORMAT;
    return OK;
}

enum status archive_node_read(const struct archive *a, uint64_t nid, struct archive_node *out)
{
    if (nid > a->bytes / NID_BYTES)
        return E_FORMAT;
    uint64_t at = a->meta + nid * NID_BYTES;
    const unsigned char *p = bytes_at(a, at, 32);
    if (!p)
        return E_FORMAT;
    unsigned format = get16(p);
    bool extended = format & 1;
    if (extended && !(p = bytes_at(a, at, 64)))
        return E_FORMAT;

    struct archive_node n = {.nid = nid, .mode = get16(p + 4), .number = get32(p + 20)};
    unsigned xattr_count = get16(p + 2);
    uint64_t end = at + (extended ? 64 : 32) + (xattr_count ? 12 + (xattr_count - 1) * 4u : 0);
    if (extended) {
        n.bytes = get64(p + 8);
        n.uid = get32(p + 24);
        n.gid = get32(p + 28);
        n.mtime_s = get64(p + 32);
        n.mtime_ns = get32(p + 40);
        n.link_count = get32(p + 44);
    } else {
        n.link_count = get16(p + 6);
        n.bytes = get32(p + 8);
        n.uid = get16(p + 24);
        n.gid = get16(p + 26);
        n.mtime_s = a->build_time_s;
        n.mtime_ns = a->build_time_ns;
    }
    unsigned type = n.mode & ARCHIVE_TYPE;
    if (type == ARCHIVE_TYPE_FILE || type == ARCHIVE_TYPE_DIRECTORY || type == ARCHIVE_TYPE_LINK) {
        enum status s = node_place(a, (format >> 1) & 7, end, get32(p + 16), &n);
        if (s != OK)
            return s;
    } else {
        n.bytes = 0;
    }
    *out = n;
    return OK;
}

enum status archive_read(const struct archive *a, const struct archive_node *node, uint64_t offset,
                         void *to, size_t bytes, size_t *copied)
{
    unsigned char *out = to;
    size_t done = 0;

    if (offset < node->bytes && bytes > node->bytes - offset)
        bytes = (size_t)(node->bytes - offset);
    if (offset >= node->bytes)
        bytes = 0;
    while (done < bytes) {
        uint64_t at = offset + done;
        uint64_t part = bytes - done;
        bool plain = at < node->plain;
        if (plain && part > node->plain - at)
            part = node->plain - at;
        const unsigned char *from =
            bytes_at(a, plain ? node->data + at : node->tail + (at - node->plain), part);
        if (!from)
            return E_FORMAT;
        memcpy(out + done, from, part);
        done += (size_t)part;
    }
    *copied = done;
    return OK;
}

enum status archive_data(const struct archive *a, const struct archive_node *node, uint64_t *offset)
{
    if ((node->mode & ARCHIVE_TYPE) != ARCHIVE_TYPE_FILE || node->plain != node->bytes)
        return E_UNSUPPORTED;
    /* The last block counts whole: what is mapped is mapped by the page. */
    uint64_t whole = (node->bytes + a->block_bytes - 1) / a->block_bytes * a->block_bytes;
    if (whole && !bytes_at(a, node->data, whole))
        return E_FORMAT;
    *offset = whole ? node->data : 0;
    return OK;
}

/* One block of a directory, of which `bytes` count. Null if it is damaged; *entries is how many it
 * has. */
static const unsigned char *directory_block(const struct archive *a, const struct archive_node *d,
                                            uint64_t block, size_t *bytes, unsigned *entries)
{
    uint64_t start = block * a->block_bytes;
    uint64_t part = d->bytes - start < a->block_bytes ? d->bytes - start : a->block_bytes;
    bool plain = start < d->plain;
    const unsigned char *p = bytes_at(a, plain ? d->data + start : d->tail, part);

    if (!p || part < ENTRY_BYTES)
        return NULL;
    unsigned names = get16(p + 8);
    if (names < ENTRY_BYTES || names % ENTRY_BYTES || names > part)
        return NULL;
    *bytes = (size_t)part;
    *entries = names / ENTRY_BYTES;
    return p;
}

/* Takes entry i of a directory block apart: its name and its nid. */
static bool entry_read(const unsigned char *block, size_t bytes, unsigned entries, unsigned i,
                       const char **name, size_t *name_bytes, uint64_t *nid)
{
    const unsigned char *e = block + i * ENTRY_BYTES;
    size_t start = get16(e + 8);
    size_t end = i + 1 < entries ? get16(e + ENTRY_BYTES + 8) : bytes;

    if (start < entries * ENTRY_BYTES || end > bytes || start >= end)
        return false;
    size_t length = end - start;
    if (i + 1 == entries)
        for (length = 0; start + length < end && block[start + length];)
            length++;
    if (!length || length > 255)
        return false;
    *name = (const char *)block + start;
    *name_bytes = length;
    *nid = get64(e);
    return true;
}

static int name_compare(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
    for (size_t i = 0; i < a_bytes && i < b_bytes; i++)
        if (a[i] != b[i])
            return (unsigned char)a[i] < (unsigned char)b[i] ? -1 : 1;
    return a_bytes == b_bytes ? 0 : a_bytes < b_bytes ? -1 : 1;
}

/* Bisects the entries of one block. *order: where the name lies when it is not here, -1 below the
 * block's first entry. */
static enum status block_search(const struct archive *a, const struct archive_node *d,
                                uint64_t block, const char *name, size_t name_bytes, int *order,
                                uint64_t *nid)
{
    size_t bytes;
    unsigned entries;
    const unsigned char *p = directory_block(a, d, block, &bytes, &entries);

    if (!p)
        return E_FORMAT;
    unsigned low = 0, high = entries;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        const char *there;
        size_t there_bytes;
        if (!entry_read(p, bytes, entries, middle, &there, &there_bytes, nid))
            return E_FORMAT;
        int c = name_compare(name, name_bytes, there, there_bytes);
        if (!c)
            return OK;
        if (c < 0)
            high = middle;
        else
            low = middle + 1;
    }
    *order = low == 0 ? -1 : low == entries ? 1 : 0;
    return E_NOT_FOUND;
}

enum status archive_child(const struct archive *a, const struct archive_node *directory,
                          const char *name, size_t name_bytes, struct archive_node *out)
{
    if ((directory->mode & ARCHIVE_TYPE) != ARCHIVE_TYPE_DIRECTORY)
        return E_TYPE;
    uint64_t low = 0, high = (directory->bytes + a->block_bytes - 1) / a->block_bytes;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        uint64_t nid;
        int order = 0;
        enum status s = block_search(a, directory, middle, name, name_bytes, &order, &nid);
        if (s == OK)
            return archive_node_read(a, nid, out);
        if (s != E_NOT_FOUND || order == 0)
            return s;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return E_NOT_FOUND;
}

enum status archive_entry_next(const struct archive *a, const struct archive_node *directory,
                               uint64_t *position, struct archive_entry *out)
{
    /* A position is block number * 65536 + entry number: a block has fewer than 65536 / 12
     * entries. */
    uint64_t block = *position >> 16;
    unsigned i = *position & 0xffff;
    uint64_t blocks = (directory->bytes + a->block_bytes - 1) / a->block_bytes;
    size_t bytes;
    unsigned entries;
    uint64_t nid;

    if ((directory->mode & ARCHIVE_TYPE) != ARCHIVE_TYPE_DIRECTORY)
        return E_TYPE;
    if (block >= blocks)
        return E_NOT_FOUND;
    const unsigned char *p = directory_block(a, directory, block, &bytes, &entries);
    if (!p || i >= entries)
        return E_FORMAT;
    if (!entry_read(p, bytes, entries, i, &out->name, &out->name_bytes, &nid))
        return E_FORMAT;
    enum status s = archive_node_read(a, nid, &out->node);
    if (s != OK)
        return s;
    *position = i + 1 < entries ? *position + 1 : (block + 1) << 16;
    return OK;
}

/* Puts a link's target in front of what is left of the path. */
static enum status link_expand(const struct archive *a, const struct archive_node *link,
                               const char *rest, char *path)
{
    char text[ARCHIVE_PATH_MAX];
    size_t n = 0, length = 0;

    if (link->bytes >= sizeof text)
        return E_LIMIT;
    enum status s = archive_read(a, link, 0, text, sizeof text - 1, &length);
    if (s != OK)
        return s;
    if (!length)
        return E_FORMAT;
    text[length++] = '/';
    while (rest[n]) {
        if (length + 1 >= sizeof text)
            return E_LIMIT;
        text[length++] = rest[n++];
    }
    if (!n)
        length--;
    for (size_t i = 0; i < length; i++)
        path[i] = text[i];
    path[length] = 0;
    return OK;
}

enum status archive_path(const struct archive *a, const char *path, bool follow,
                         struct archive_node *out)
{
    char text[ARCHIVE_PATH_MAX];
    size_t length = 0;
    unsigned links = 0;
    struct archive_node here, child;

    while (path[length]) {
        if (length + 1 >= sizeof text)
            return E_LIMIT;
        text[length] = path[length];
        length++;
    }
    text[length] = 0;
    enum status s = archive_node_read(a, a->root, &here);
    const char *rest = text;
    while (s == OK) {
        while (*rest == '/')
            rest++;
        if (!*rest)
            break;
        size_t name_bytes = 0;
        while (rest[name_bytes] && rest[name_bytes] != '/')
            name_bytes++;
        s = archive_child(a, &here, rest, name_bytes, &child);
        if (s != OK)
            break;
        rest += name_bytes;
        if ((child.mode & ARCHIVE_TYPE) != ARCHIVE_TYPE_LINK || (!*rest && !follow)) {
            here = child;
            continue;
        }
        if (++links > ARCHIVE_LINKS_MAX)
            return E_LIMIT;
        s = link_expand(a, &child, rest, text);
        rest = text;
        if (text[0] == '/' && s == OK)
            s = archive_node_read(a, a->root, &here);
    }
    if (s == OK)
        *out = here;
    return s;
}
