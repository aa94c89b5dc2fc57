/* The test's 9p server: see server.h. It reads the chain behind each available entry, gathers the
 * request, answers into the writable buffers, and publishes the used entry, as a device does. */
#include "server.h"

#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX (SERVER_FILE_BYTES + 4096u)

struct bytes {
    uint8_t data[MESSAGE_MAX];
    uint32_t used, at;
};

static uint64_t get(struct bytes *b, uint32_t n)
{
    uint64_t v = 0;
    for (uint32_t i = 0; i < n && b->at < b->used; i++)
        v |= (uint64_t)b->data[b->at++] << (8 * i);
    return v;
}

static void put(struct bytes *b, uint64_t v, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        b->data[b->used++] = (uint8_t)(v >> (8 * i));
}

static void put_qid(struct bytes *b)
{
    put(b, 0, 1);
    put(b, 1, 4);
    put(b, 2, 8);
}

static void get_name(struct bytes *b, char *to)
{
    uint32_t n = (uint32_t)get(b, 2);
    memcpy(to, b->data + b->at, n);
    to[n] = 0;
    b->at += n;
}

static void join(char *to, const char *directory, const char *name)
{
    strcpy(to, directory);
    if (*directory != 0)
        strcat(to, "/");
    strcat(to, name);
}

struct server_node *server_find(struct server *s, const char *path)
{
    for (uint32_t i = 0; i < SERVER_NODES_MAX; i++)
        if (s->node[i].used && strcmp(s->node[i].path, path) == 0)
            return &s->node[i];
    return NULL;
}

static struct server_node *node_make(struct server *s, const char *path, bool directory)
{
    struct server_node *n = server_find(s, path);
    for (uint32_t i = 0; n == NULL; i++)
        if (!s->node[i].used)
            n = &s->node[i];
    memset(n, 0, sizeof *n);
    strcpy(n->path, path);
    n->used = true;
    n->directory = directory;
    return n;
}

uint32_t server_fids_used(const struct server *s)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < NINEP_HANDLES_MAX; i++)
        count += s->fid[i] != NULL;
    return count;
}

static uint32_t do_walk(struct server *s, struct bytes *in, struct bytes *out)
{
    struct server_node *at = s->fid[get(in, 4)];
    uint32_t fid = (uint32_t)get(in, 4), count = (uint32_t)get(in, 2), done = 0;
    uint8_t qids[16 * 13] = {0};
    for (; done < count; done++) {
        char name[256], path[512];
        get_name(in, name);
        join(path, at->path, name);
        struct server_node *next = server_find(s, path);
        if (next == NULL)
            break;
        at = next;
    }
    if (done == 0 && count != 0)
        return 2;
    if (done == count)
        s->fid[fid] = at;
    put(out, done, 2);
    memcpy(out->data + out->used, qids, done * 13);
    out->used += done * 13;
    return 0;
}

static uint32_t do_names(struct server *s, uint32_t type, struct bytes *in, struct bytes *out)
{
    char name[256], from[512], to[512];
    struct server_node *directory = s->fid[get(in, 4)];
    get_name(in, name);
    join(from, directory->path, name);
    struct server_node *n = server_find(s, from);
    if (type == 72) {
        if (n != NULL)
            return 17;
        node_make(s, from, true);
        put_qid(out);
        return 0;
    }
    if (n == NULL)
        return 2;
    if (type == 74) {
        directory = s->fid[get(in, 4)];
        get_name(in, name);
        join(to, directory->path, name);
        struct server_node *old = server_find(s, to);
        if (old != NULL)
            old->used = false;
        strcpy(n->path, to);
    } else {
        n->used = false;
    }
    return 0;
}

static uint32_t do_create(struct server *s, struct bytes *in, struct bytes *out)
{
    char name[256], path[512];
    uint32_t fid = (uint32_t)get(in, 4);
    get_name(in, name);
    join(path, s->fid[fid]->path, name);
    s->fid[fid] = node_make(s, path, false);
    put_qid(out);
    put(out, 0, 4);
    return 0;
}

static uint32_t do_data(struct server *s, uint32_t type, struct bytes *in, struct bytes *out)
{
    struct server_node *n = s->fid[get(in, 4)];
    uint64_t offset = get(in, 8);
    uint32_t count = (uint32_t)get(in, 4);
    if (type == 118) {
        if (offset + count > SERVER_FILE_BYTES)
            return 28;
        if (count > s->write_max)
            count = s->write_max;
        memcpy(n->data + offset, in->data + in->at, count);
        n->bytes = (uint32_t)offset + count > n->bytes ? (uint32_t)offset + count : n->bytes;
        put(out, count, 4);
        return 0;
    }
    uint32_t left = offset < n->bytes ? n->bytes - (uint32_t)offset : 0;
    count = count < left ? count : left;
    put(out, count, 4);
    memcpy(out->data + out->used, n->data + offset, count);
    out->used += count;
    return 0;
}

static uint32_t do_message(struct server *s, uint32_t type, struct bytes *in, struct bytes *out)
{
    switch (type) {
    case 100:
        put(out, s->msize, 4);
        put(out, 8, 2);
        memcpy(out->data + out->used, "9P2000.L", 8);
        out->used += 8;
        return 0;
    case 104:
        s->fid[get(in, 4)] = server_find(s, "");
        put_qid(out);
        return 0;
    case 110:
        return do_walk(s, in, out);
    case 12:
        put_qid(out);
        put(out, 0, 4);
        return 0;
    case 14:
        return do_create(s, in, out);
    case 72:
    case 74:
    case 76:
        return do_names(s, type, in, out);
    case 116:
    case 118:
        return do_data(s, type, in, out);
    case 120:
        s->fid[get(in, 4)] = NULL;
        return 0;
    case 50:
        return 0;
    }
    return 95;
}

static void error_put(struct bytes *out, uint32_t error)
{
    out->used = 7;
    out->data[4] = 7;
    put(out, error, 4);
}

static void answer_spoil(struct bytes *out, enum lie lie)
{
    uint32_t cut = 0;
    switch (lie) {
    case LIE_NONE:
    case LIE_END:
    case LIE_NEVER:
    case LIE_SIZE:
        break;
    case LIE_SHORT:
        cut = 1;
        break;
    case LIE_LONG:
        put(out, 0x55, 1);
        break;
    case LIE_TAG:
        out->data[5] ^= 1;
        break;
    case LIE_TYPE:
        out->data[4] = (uint8_t)(out->data[4] + 2);
        break;
    case LIE_ERROR_SHORT:
        out->data[4] = 7;
        out->used = 9;
        break;
    case LIE_EMPTY:
        cut = out->used;
        break;
    case LIE_COUNT:
        memset(out->data + 7, 0xff, out->used - 7);
        break;
    case LIE_RANDOM:
        out->used = (uint32_t)rand() % 300;
        for (uint32_t i = 0; i < out->used; i++)
            out->data[i] = (uint8_t)rand();
        break;
    case LIE_ERROR:
        error_put(out, 28);
        break;
    }
    out->used -= cut;
    uint32_t size = out->used + (lie == LIE_SIZE);
    memcpy(out->data, &size, 4);
}

static void chain_serve(struct server *s, uint16_t head)
{
    static struct bytes in, out;
    in.used = in.at = out.used = out.at = 0;
    struct virtq_descriptor d = s->queue->descriptors[head];
    while ((d.flags & 2) == 0) {
        memcpy(in.data + in.used, (void *)d.pa, d.bytes);
        in.used += d.bytes;
        d = s->queue->descriptors[d.next];
    }
    uint32_t size = (uint32_t)get(&in, 4), type = (uint32_t)get(&in, 1),
             tag = (uint32_t)get(&in, 2);
    put(&out, 0, 4);
    put(&out, type + 1, 1);
    put(&out, tag, 2);
    uint32_t error = size != in.used ? 22 : do_message(s, type, &in, &out);
    if (error != 0)
        error_put(&out, error);
    enum lie lie = s->requests++ == s->lie_at ? s->lie : LIE_NONE;
    answer_spoil(&out, lie);
    if (lie == LIE_NEVER)
        return;
    uint32_t done = 0;
    for (;;) {
        uint32_t part = out.used - done < d.bytes ? out.used - done : d.bytes;
        memcpy((void *)d.pa, out.data + done, part);
        done += part;
        if ((d.flags & 1) == 0)
            break;
        d = s->queue->descriptors[d.next];
    }
    uint16_t at = atomic_load(&s->queue->used->index);
    s->queue->used->ring[at % s->queue->size] = (struct virtq_used_entry){head, done};
    atomic_store(&s->queue->used->index, (uint16_t)(at + 1));
    s->interrupts += atomic_load(&s->queue->available->flags) == 0;
}

static void kick(struct virtio_device *d)
{
    struct server *s = d->own;
    while (s->seen != atomic_load(&s->queue->available->index))
        chain_serve(s, s->queue->available->ring[s->seen++ % s->queue->size]);
}

static uint32_t status_get(struct virtio_device *d)
{
    return ((struct server *)d->own)->status;
}

static void status_set(struct virtio_device *d, uint32_t status)
{
    ((struct server *)d->own)->status = status;
}

static uint32_t features_get(struct virtio_device *d, uint32_t word)
{
    (void)d;
    return word;
}

static void features_set(struct virtio_device *d, uint32_t word, uint32_t value)
{
    (void)d;
    (void)word;
    (void)value;
}

static uint32_t queue_size_max(struct virtio_device *d)
{
    (void)d;
    return 16;
}

static enum status queue_set(struct virtio_device *d, const struct virtqueue *q)
{
    (void)d;
    (void)q;
    return OK;
}

static void interrupt_ack(struct virtio_device *d)
{
    (void)d;
}

static const struct virtio_transport transport = {
    .status_get = status_get,
    .status_set = status_set,
    .features_get = features_get,
    .features_set = features_set,
    .queue_size_max = queue_size_max,
    .queue_set = queue_set,
    .kick = kick,
    .interrupt_ack = interrupt_ack,
};

void server_start(struct server *s, struct virtio_device *d, struct ninep *n)
{
    memset(s, 0, sizeof *s);
    s->queue = &n->queue;
    s->msize = 8192;
    s->write_max = UINT32_MAX;
    s->lie_at = UINT32_MAX;
    node_make(s, "", true);
    *d = (struct virtio_device){.transport = &transport, .own = s};
}
