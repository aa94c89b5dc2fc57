/* The 9p client and the virtqueue under it, against a device whose every answer is the input: a
 * byte of how honest the answer's frame is, a length, and its body. Physical addresses are virtual
 * ones; the device writes only where the client told it to. */
#include "fuzz.h"

#include <drivers/ninep.h>

/* Bits of an answer's first byte. */
enum { RAW_HEADER = 1, LIE_HEAD = 2, LIE_BYTES = 4, LIE_INDEX = 8, SILENT = 16, REFUSE = 32 };
enum { ANSWER_MAX = 1024, HEADER_BYTES = 7, RLERROR = 7, CALLS_MAX = 64, FILE_BYTES = 20000 };

struct device {
    struct virtio_device virtio;
    struct ninep client;
    struct fuzz_input in;
    uint16_t seen;
    uint32_t status;
};

/* The request's type and tag, out of the first buffer. */
static void answer_frame(uint8_t *answer, size_t bytes, const uint8_t *request, unsigned how)
{
    uint32_t size = (uint32_t)bytes;

    if (how & RAW_HEADER || bytes < HEADER_BYTES)
        return;
    memcpy(answer, &size, 4);
    answer[4] = how & REFUSE ? RLERROR : (uint8_t)(request[4] + 1);
    memcpy(answer + 5, request + 5, 2);
}

static void chain_answer(struct device *d, uint16_t head)
{
    struct virtqueue *q = &d->client.queue;
    struct virtq_descriptor part = q->descriptors[head];
    const uint8_t *request = (const uint8_t *)(uintptr_t)part.pa;
    uint8_t answer[ANSWER_MAX] = {0};
    unsigned how = (unsigned)fuzz_take(&d->in, 1);
    size_t bytes = fuzz_take(&d->in, 1), done = 0;

    if (how & SILENT)
        return;
    for (size_t i = 0; i < bytes; i++)
        answer[i] = (uint8_t)fuzz_take(&d->in, 1);
    answer_frame(answer, bytes, request, how);
    while ((part.flags & 2) == 0 && part.flags & 1)
        part = q->descriptors[part.next];
    for (;; part = q->descriptors[part.next]) {
        size_t piece = bytes - done < part.bytes ? bytes - done : part.bytes;
        if (part.flags & 2) {
            memcpy((void *)(uintptr_t)part.pa, answer + done, piece);
            done += piece;
        }
        if ((part.flags & 1) == 0)
            break;
    }
    struct virtq_used_entry e = {head, (uint32_t)done};
    if (how & LIE_HEAD)
        e.head = (uint32_t)fuzz_take(&d->in, 4);
    if (how & LIE_BYTES)
        e.bytes = (uint32_t)fuzz_take(&d->in, 4);
    uint16_t at = atomic_load(&q->used->index);
    q->used->ring[at % q->size] = e;
    atomic_store(&q->used->index, (uint16_t)(at + (how & LIE_INDEX ? fuzz_take(&d->in, 2) : 1)));
}

static void kick(struct virtio_device *v)
{
    struct device *d = v->own;
    const struct virtqueue *q = &d->client.queue;

    while (d->seen != atomic_load(&q->available->index))
        chain_answer(d, q->available->ring[d->seen++ % q->size]);
}

static uint32_t status_get(struct virtio_device *v)
{
    return ((struct device *)v->own)->status;
}

static void status_set(struct virtio_device *v, uint32_t status)
{
    ((struct device *)v->own)->status = status;
}

static uint32_t features_get(struct virtio_device *v, uint32_t word)
{
    (void)v;
    return word;
}

static void features_set(struct virtio_device *v, uint32_t word, uint32_t value)
{
    (void)v, (void)word, (void)value;
}

static uint32_t queue_size_max(struct virtio_device *v)
{
    (void)v;
    return 16;
}

static enum status queue_set(struct virtio_device *v, const struct virtqueue *q)
{
    (void)v, (void)q;
    return OK;
}

static void interrupt_ack(struct virtio_device *v)
{
    (void)v;
}

static enum status wait_over(void *arg)
{
    (void)arg;
    return E_TIMEOUT;
}

/* One call of a client that does what the next byte says. */
static void client_call(struct device *d, uint8_t *file, uint32_t *handle)
{
    static const char *const path[] = {"a", "d/e/f.tga", "../x", "", "a//b", "d"};
    struct ninep *n = &d->client;
    struct ninep_piece pieces[2] = {{(uintptr_t)file, 12000}, {(uintptr_t)file + 12000, 5}};
    unsigned what = (unsigned)fuzz_take(&d->in, 1);
    const char *name = path[what / 16 % 6];
    uint64_t got = 0;
    enum status s = OK;

    switch (what % 9) {
    case 0:
        s = ninep_save(n, name, pieces, 2);
        break;
    case 1:
        s = ninep_create(n, name, handle);
        break;
    case 2:
        s = ninep_open(n, name, handle);
        break;
    case 3:
        s = ninep_write(n, *handle, what, (uintptr_t)file, 9000);
        break;
    case 4:
        s = ninep_read(n, *handle, what, (uintptr_t)file, FILE_BYTES, &got);
        break;
    case 5:
        s = ninep_close(n, *handle);
        break;
    case 6:
        s = ninep_rename(n, name, "b");
        break;
    case 7:
        s = ninep_mkdir(n, name);
        break;
    case 8:
        s = ninep_unlink(n, name);
        break;
    }
    FUZZ_CHECK(s != OK || got <= FILE_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const struct virtio_transport transport = {status_get,   status_set,     features_get,
                                                      features_set, queue_size_max, queue_set,
                                                      kick,         interrupt_ack};
    struct device *d = calloc(1, sizeof *d);
    uint8_t *dma = aligned_alloc(4096, NINEP_DMA_BYTES), *file = malloc(FILE_BYTES);

    FUZZ_CHECK(d != NULL && dma != NULL && file != NULL);
    memset(dma, 0, NINEP_DMA_BYTES);
    memset(file, 'x', FILE_BYTES);
    struct dma_memory memory = {dma, (uintptr_t)dma, NINEP_DMA_BYTES};
    struct ninep_wait wait = {wait_over, NULL, false};

    d->in = (struct fuzz_input){data, bytes};
    d->virtio = (struct virtio_device){.transport = &transport, .own = d};
    enum status s = ninep_init(&d->client, &d->virtio, &memory, &wait);
    uint32_t handle = 0;
    if (s == OK)
        s = ninep_attach(&d->client);
    for (unsigned i = 0; s == OK && i < CALLS_MAX && d->in.left > 0; i++)
        client_call(d, file, &handle);
    free(file);
    free(dma);
    free(d);
    return 0;
}
