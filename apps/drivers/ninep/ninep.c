/* The 9P2000.L client: ninep_init, ninep_attach, then files by path. A handle is a 9P fid; handle 0
 * is the root and is never given out. Each function builds one or a few messages (message.h) and
 * checks all that comes back. */
#include <drivers/ninep.h>

#include "names.h"

#define ROOT 0u
#define FID_NONE 0xffffffffu
#define OPEN_READ 0u /* Linux flags, as the protocol has them */
#define OPEN_WRITE_EMPTY 01001u
#define MSIZE_MIN 4096u

static enum status handle_get(struct ninep *n, uint32_t *handle)
{
    for (uint32_t i = 1; i < NINEP_HANDLES_MAX; i++) {
        if ((n->handles_used >> i & 1) == 0) {
            n->handles_used |= 1ull << i;
            *handle = i;
            return OK;
        }
    }
    return E_LIMIT;
}

static void handle_put(struct ninep *n, uint32_t handle)
{
    n->handles_used &= ~(1ull << handle);
}

static bool handle_ok(const struct ninep *n, uint32_t handle)
{
    return handle > ROOT && handle < NINEP_HANDLES_MAX && (n->handles_used >> handle & 1) != 0;
}

/* For answers without contents, and those whose contents (`skip` bytes: a qid and so on) we do not
 * need. */
enum status message_send_plain(struct message *m, uint32_t skip)
{
    struct answer a;
    enum status s = message_send(m, &a);
    if (s != OK)
        return s;
    answer_skip(&a, skip);
    return answer_end(m->n, &a);
}

static enum status version_agree(struct ninep *n)
{
    static const char version[] = "9P2000.L";
    struct message m;
    struct answer a;
    message_start(&m, n, MESSAGE_VERSION);
    message_add32(&m, NINEP_MSIZE_MAX);
    message_add_string(&m, version, sizeof version - 1);
    enum status s = message_send(&m, &a);
    if (s != OK)
        return s;
    uint32_t msize = answer_take32(&a), length = answer_take16(&a), at = a.at;
    answer_skip(&a, length);
    s = answer_end(n, &a);
    if (s != OK)
        return s;
    bool same = length == sizeof version - 1 && at + length <= ANSWER_BYTES_MAX;
    for (uint32_t i = 0; same && i < length; i++)
        same = a.copy[at + i] == (uint8_t)version[i];
    if (!same)
        return connection_break(n, E_UNSUPPORTED);
    if (msize < MSIZE_MIN || msize > NINEP_MSIZE_MAX)
        return connection_break(n, E_PROTOCOL);
    n->msize = msize;
    return OK;
}

enum status ninep_init(struct ninep *n, struct virtio_device *device, const struct dma_memory *dma,
                       const struct ninep_wait *wait)
{
    if (dma->pa % PAGE_BYTES != 0 || (uintptr_t)dma->va % PAGE_BYTES != 0)
        return E_ALIGN;
    if (dma->bytes < NINEP_DMA_BYTES)
        return E_NO_MEMORY;
    *n = (struct ninep){.device = device, .wait = *wait, .handles_used = 1};
    struct dma_memory queue = {dma->va, dma->pa, PAGE_BYTES};
    n->request = (uint8_t *)dma->va + PAGE_BYTES;
    n->request_pa = dma->pa + PAGE_BYTES;
    n->answer = (uint8_t *)dma->va + 2 * PAGE_BYTES;
    n->answer_pa = dma->pa + 2 * PAGE_BYTES;
    enum status s = virtio_start(device, 0, &n->queue, &queue);
    if (s != OK)
        return s;
    virtqueue_interrupts_set(&n->queue, wait->sleeps);
    return version_agree(n);
}

enum status ninep_attach(struct ninep *n)
{
    struct message m;
    message_start(&m, n, MESSAGE_ATTACH);
    message_add32(&m, ROOT);
    message_add32(&m, FID_NONE);
    message_add_string(&m, "skerry", 6);
    message_add_string(&m, "", 0);
    message_add32(&m, 0);
    return message_send_plain(&m, MESSAGE_QID_BYTES);
}

enum status ninep_close(struct ninep *n, uint32_t handle)
{
    if (!handle_ok(n, handle))
        return E_ARGUMENT;
    struct message m;
    message_start(&m, n, MESSAGE_CLUNK);
    message_add32(&m, handle);
    handle_put(n, handle);
    return message_send_plain(&m, 0);
}

/* A new handle on the first `count` components. A walk that stops early leaves the handle unused:
 * Plan 9 walk(5). */
enum status handle_walk(struct ninep *n, const struct path *p, uint32_t count, uint32_t *handle)
{
    uint32_t got;
    enum status s = handle_get(n, &got);
    if (s != OK)
        return s;
    struct message m;
    struct answer a;
    message_start(&m, n, MESSAGE_WALK);
    message_add32(&m, ROOT);
    message_add32(&m, got);
    message_add16(&m, count);
    for (uint32_t i = 0; i < count; i++)
        message_add_string(&m, p->name[i].at, p->name[i].bytes);
    s = message_send(&m, &a);
    uint32_t walked = 0;
    if (s == OK) {
        walked = answer_take16(&a);
        answer_skip(&a, walked * MESSAGE_QID_BYTES);
        s = answer_end(n, &a);
    }
    if (s == OK && walked != count)
        s = walked < count ? E_NOT_FOUND : connection_break(n, E_PROTOCOL);
    if (s != OK) {
        handle_put(n, got);
        return s;
    }
    *handle = got;
    return OK;
}

void handle_drop(struct ninep *n, uint32_t handle)
{
    enum status ignored = ninep_close(n, handle);
    (void)ignored;
}

enum status ninep_create(struct ninep *n, const char *path, uint32_t *handle)
{
    struct path p;
    uint32_t got;
    enum status s = path_split(&p, path);
    if (s == OK)
        s = handle_walk(n, &p, p.count - 1, &got);
    if (s != OK)
        return s;
    struct message m;
    message_start(&m, n, MESSAGE_CREATE);
    message_add32(&m, got);
    message_add_string(&m, p.name[p.count - 1].at, p.name[p.count - 1].bytes);
    message_add32(&m, OPEN_WRITE_EMPTY);
    message_add32(&m, 0644);
    message_add32(&m, 0);
    s = message_send_plain(&m, MESSAGE_QID_BYTES + 4);
    if (s != OK) {
        handle_drop(n, got);
        return s;
    }
    *handle = got;
    return OK;
}

enum status ninep_open(struct ninep *n, const char *path, uint32_t *handle)
{
    struct path p;
    uint32_t got;
    enum status s = path_split(&p, path);
    if (s == OK)
        s = handle_walk(n, &p, p.count, &got);
    if (s != OK)
        return s;
    struct message m;
    message_start(&m, n, MESSAGE_OPEN);
    message_add32(&m, got);
    message_add32(&m, OPEN_READ);
    s = message_send_plain(&m, MESSAGE_QID_BYTES + 4);
    if (s != OK) {
        handle_drop(n, got);
        return s;
    }
    *handle = got;
    return OK;
}

/* How much one message may carry of `bytes`. */
static uint32_t part_of(const struct ninep *n, uint64_t bytes)
{
    uint32_t room = n->msize - MESSAGE_WRITE_BYTES;
    room -= room % PAGE_BYTES;
    if (room == 0)
        room = n->msize - MESSAGE_WRITE_BYTES;
    return bytes < room ? (uint32_t)bytes : room;
}

enum status ninep_write(struct ninep *n, uint32_t handle, uint64_t offset, uint64_t pa,
                        uint64_t bytes)
{
    if (!handle_ok(n, handle) || offset + bytes < offset || pa + bytes < pa)
        return E_ARGUMENT;
    while (bytes > 0) {
        uint32_t part = part_of(n, bytes);
        struct message m;
        struct answer a;
        message_start(&m, n, MESSAGE_WRITE);
        message_add32(&m, handle);
        message_add64(&m, offset);
        message_add32(&m, part);
        m.out = (struct virtio_buffer){pa, part};
        enum status s = message_send(&m, &a);
        if (s != OK)
            return s;
        uint32_t done = answer_take32(&a);
        s = answer_end(n, &a);
        if (s != OK)
            return s;
        if (done == 0 || done > part)
            return done == 0 ? E_IO : connection_break(n, E_PROTOCOL);
        offset += done;
        pa += done;
        bytes -= done;
    }
    return OK;
}

enum status ninep_read(struct ninep *n, uint32_t handle, uint64_t offset, uint64_t pa,
                       uint64_t bytes, uint64_t *got)
{
    if (!handle_ok(n, handle) || offset + bytes < offset || pa + bytes < pa)
        return E_ARGUMENT;
    uint64_t sum = 0;
    while (sum < bytes) {
        uint32_t part = part_of(n, bytes - sum);
        struct message m;
        struct answer a;
        message_start(&m, n, MESSAGE_READ);
        message_add32(&m, handle);
        message_add64(&m, offset + sum);
        message_add32(&m, part);
        m.in = (struct virtio_buffer){pa + sum, part};
        enum status s = message_send(&m, &a);
        if (s != OK)
            return s;
        uint32_t done = answer_take32(&a);
        answer_skip(&a, done);
        s = answer_end(n, &a);
        if (s != OK)
            return s;
        sum += done;
        if (done == 0)
            break;
    }
    *got = sum;
    return OK;
}

enum status ninep_sync(struct ninep *n, uint32_t handle)
{
    if (!handle_ok(n, handle))
        return E_ARGUMENT;
    struct message m;
    message_start(&m, n, MESSAGE_SYNC);
    message_add32(&m, handle);
    message_add32(&m, 0);
    return message_send_plain(&m, 0);
}

uint32_t ninep_host_error(const struct ninep *n)
{
    return n->host_error;
}
