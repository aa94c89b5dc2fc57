/* The split virtqueue (virtio 1.1, 2.6): descriptors, available ring, used ring. Free descriptors
 * and chains in flight are kept in the driver's own memory, so that nothing the device writes into
 * the shared part can lead us astray. Pairs: virtqueue_add stores available->index, release <-> the
 * device reads it; the device stores used->index <-> virtqueue_take loads it, acquire. */
#include <drivers/virtio.h>

#define DESCRIPTOR_NEXT 1u
#define DESCRIPTOR_WRITE 2u
#define AVAILABLE_NO_INTERRUPT 1

static uint64_t available_offset(uint32_t size)
{
    return (uint64_t)size * sizeof(struct virtq_descriptor);
}

static uint64_t used_offset(uint32_t size)
{
    return round_up(available_offset(size) + sizeof(struct virtq_available) + size * 2u + 2, 4);
}

uint64_t virtqueue_bytes(uint32_t size)
{
    return used_offset(size) + sizeof(struct virtq_used) + size * sizeof(struct virtq_used_entry) +
           2;
}

static void queue_clear(struct virtqueue *q, uint8_t *memory, uint64_t bytes)
{
    for (uint64_t i = 0; i < bytes; i++)
        memory[i] = 0;
    for (uint32_t i = 0; i < q->size; i++) {
        q->next[i] = (uint16_t)(i + 1);
        q->chain_count[i] = 0;
        q->writable_bytes[i] = 0;
    }
}

enum status virtqueue_init(struct virtqueue *q, uint32_t size, const struct dma_memory *memory)
{
    if (size < 2 || size > VIRTQUEUE_SIZE_MAX || (size & (size - 1)) != 0 || memory->pa % 16 != 0 ||
        (uintptr_t)memory->va % 16 != 0)
        return E_ARGUMENT;
    if (memory->bytes < virtqueue_bytes(size))
        return E_NO_MEMORY;
    uint8_t *base = memory->va;
    *q = (struct virtqueue){.size = size, .free_count = size};
    queue_clear(q, base, virtqueue_bytes(size));
    q->descriptors = (void *)base;
    q->available = (void *)(base + available_offset(size));
    q->used = (void *)(base + used_offset(size));
    q->descriptors_pa = memory->pa;
    q->available_pa = memory->pa + available_offset(size);
    q->used_pa = memory->pa + used_offset(size);
    virtqueue_interrupts_set(q, false);
    return OK;
}

void virtqueue_interrupts_set(struct virtqueue *q, bool on)
{
    uint16_t flags = on ? 0 : AVAILABLE_NO_INTERRUPT;
    atomic_store_explicit(&q->available->flags, flags, memory_order_seq_cst);
}

enum status virtqueue_add(struct virtqueue *q, const struct virtio_buffer *buffers,
                          uint32_t read_count, uint32_t write_count, uint16_t *head)
{
    uint32_t count = read_count + write_count;
    if (read_count > q->size || write_count > q->size || count == 0)
        return E_ARGUMENT;
    if (q->broken)
        return E_IO;
    if (count > q->free_count)
        return E_FULL;
    uint16_t first = q->free_first, at = first;
    uint64_t writable = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool write = i >= read_count, last = i + 1 == count;
        uint32_t flags = (write ? DESCRIPTOR_WRITE : 0) | (last ? 0 : DESCRIPTOR_NEXT);
        q->descriptors[at] = (struct virtq_descriptor){buffers[i].pa, buffers[i].bytes,
                                                       (uint16_t)flags, last ? 0 : q->next[at]};
        writable += write ? buffers[i].bytes : 0;
        at = q->next[at];
    }
    q->free_first = at;
    q->free_count -= count;
    q->chain_count[first] = (uint16_t)count;
    q->writable_bytes[first] = writable;
    q->available->ring[q->available_index & (q->size - 1)] = first;
    q->available_index++;
    atomic_store_explicit(&q->available->index, q->available_index, memory_order_release);
    *head = first;
    return OK;
}

static void chain_free(struct virtqueue *q, uint16_t head)
{
    uint16_t last = head;
    for (uint32_t i = 1; i < q->chain_count[head]; i++)
        last = q->next[last];
    q->next[last] = q->free_first;
    q->free_first = head;
    q->free_count += q->chain_count[head];
    q->chain_count[head] = 0;
}

enum status virtqueue_take(struct virtqueue *q, uint16_t *head, uint32_t *bytes)
{
    if (q->broken)
        return E_PROTOCOL;
    uint16_t done = atomic_load_explicit(&q->used->index, memory_order_acquire);
    if (done == q->used_index)
        return E_EMPTY;
    /* Copied out once, then checked: the device may still be writing there. */
    struct virtq_used_entry *entry = &q->used->ring[q->used_index & (q->size - 1)];
    uint32_t used_head = __atomic_load_n(&entry->head, __ATOMIC_RELAXED);
    uint32_t used_bytes = __atomic_load_n(&entry->bytes, __ATOMIC_RELAXED);
    bool sane = (uint16_t)(done - q->used_index) <= q->size && used_head < q->size &&
                q->chain_count[used_head] != 0 && used_bytes <= q->writable_bytes[used_head];
    if (!sane) {
        q->broken = true;
        return E_PROTOCOL;
    }
    q->used_index++;
    chain_free(q, (uint16_t)used_head);
    *head = (uint16_t)used_head;
    *bytes = used_bytes;
    return OK;
}
