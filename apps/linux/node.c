/* node.c: the scratch files: what the program creates, changes and removes, in its own memory, over
 * the read-only archive.
 *
 * A node is found by its whole path; there are few of them. Its bytes lie in one piece at an
 * address range of its own, of which as much is present as was needed so far; growing never copies.
 * Removing something of the archive leaves a mark. A file of the archive that is opened for writing
 * is copied first (node_copy_up). */
#include "personality.h"

enum { GROW_BYTES = 16 * PAGE };

int node_find(const struct linux_process *p, const char *path)
{
    for (int i = 0; i < (int)p->node_limit; i++)
        if (p->node[i].kind != NODE_FREE && !p->node[i].unlinked &&
            text_equal(p->node[i].path, path))
            return i;
    return -1;
}

unsigned char *node_data(const struct linux_process *p, unsigned node)
{
    return (unsigned char *)(window_at(p, WINDOW_FILES) + node * FILE_BYTES_MAX);
}

void node_touch(struct linux_process *p, unsigned node)
{
    p->node[node].modified_ns = clock_epoch_ns(p);
}

/* A new node, or the one that marks that path as gone. The path must not be another node's. */
long node_create(struct linux_process *p, const char *path, enum node_kind kind, uint32_t mode)
{
    int i = node_find(p, path);

    for (int k = 0; i < 0 && k < NODE_MAX; k++)
        if (p->node[k].kind == NODE_FREE)
            i = k;
    if (i < 0)
        return -LINUX_ENOSPC;
    if ((unsigned)i >= p->node_limit)
        p->node_limit = (unsigned)i + 1;
    struct node *n = &p->node[i];
    if (!text_copy(n->path, sizeof n->path, path)) {
        n->kind = NODE_FREE;
        return -LINUX_ENAMETOOLONG;
    }
    n->kind = (uint8_t)kind;
    n->mode = mode & 07777;
    n->unlinked = false;
    n->open_count = 0;
    n->bytes = n->capacity = 0;
    node_touch(p, (unsigned)i);
    return i;
}

static void node_free(struct linux_process *p, unsigned node)
{
    struct node *n = &p->node[node];

    if (n->capacity)
        linux_host_unmap(p->host, (uint64_t)node_data(p, node), n->capacity);
    p->page_count -= n->capacity / PAGE;
    n->capacity = n->bytes = 0;
    n->kind = NODE_FREE;
}

/* Takes the name away; the bytes go when nobody has the file open any more. */
void node_forget(struct linux_process *p, unsigned node)
{
    p->node[node].unlinked = true;
    if (!p->node[node].open_count)
        node_free(p, node);
}

void node_closed(struct linux_process *p, unsigned node)
{
    if (!--p->node[node].open_count && p->node[node].unlinked)
        node_free(p, node);
}

static long node_grow(struct linux_process *p, unsigned node, uint64_t bytes)
{
    struct node *n = &p->node[node];
    /* An eighth more than asked for, so that a file written in small pieces is not mapped in small
     * pieces. */
    uint64_t wanted = round_up(bytes + bytes / 8, GROW_BYTES), least = round_up(bytes, PAGE);
    uint64_t base = (uint64_t)node_data(p, node);

    if (bytes > FILE_BYTES_MAX)
        return -LINUX_EFBIG;
    if (bytes <= n->capacity)
        return 0;
    if (wanted > FILE_BYTES_MAX)
        wanted = FILE_BYTES_MAX;
    enum status s =
        linux_host_map(p->host, base + n->capacity, wanted - n->capacity, LINUX_READ | LINUX_WRITE);
    if (s != OK && least > n->capacity) {
        wanted = least;
        s = linux_host_map(p->host, base + n->capacity, wanted - n->capacity,
                           LINUX_READ | LINUX_WRITE);
    }
    if (s != OK)
        vm_exhausted(p); /* scratch files count against the job's memory */
    p->page_count += (wanted - n->capacity) / PAGE;
    if (p->page_count > p->usage.page_count_peak)
        p->usage.page_count_peak = p->page_count;
    n->capacity = wanted;
    return 0;
}

/* Bytes between the old and the new end read as zeros. */
long node_resize(struct linux_process *p, unsigned node, uint64_t bytes)
{
    struct node *n = &p->node[node];
    long result = node_grow(p, node, bytes);

    if (result)
        return result;
    /* What lies behind the end is zero at all times, so growing needs no clearing. */
    if (bytes < n->bytes)
        memset(node_data(p, node) + bytes, 0, n->bytes - bytes);
    n->bytes = bytes;
    node_touch(p, node);
    return 0;
}

long node_write(struct linux_process *p, unsigned node, uint64_t offset, const void *from,
                uint64_t bytes)
{
    if (offset > FILE_BYTES_MAX || bytes > FILE_BYTES_MAX)
        return -LINUX_EFBIG;
    if (offset + bytes > p->node[node].bytes) {
        long result = node_resize(p, node, offset + bytes);
        if (result)
            return result;
    }
    memcpy(node_data(p, node) + offset, from, bytes);
    node_touch(p, node);
    return (long)bytes;
}

/* Gives a file of the archive a node of its own, to be changed. */
long node_copy_up(struct linux_process *p, const struct place *from, bool with_bytes)
{
    size_t copied;
    long node = node_create(p, from->path, NODE_FILE, from->archive.mode);

    if (node < 0 || !with_bytes)
        return node;
    long result = node_resize(p, (unsigned)node, from->archive.bytes);
    if (!result && archive_read(&p->archive, &from->archive, 0, node_data(p, (unsigned)node),
                                from->archive.bytes, &copied) != OK)
        result = -LINUX_EIO;
    if (result)
        node_free(p, (unsigned)node);
    return result ? result : node;
}

long node_alias(struct linux_process *p, const char *path, uint64_t nid)
{
    long node = node_create(p, path, NODE_ALIAS, 0);

    if (node >= 0)
        p->node[node].bytes = nid;
    return node;
}
