/* The virtqueue against a device that is honest, then one that lies; PCI capabilities and both
 * transports against register windows that are plain memory (a register that keeps what is written
 * is enough to see what the driver writes). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <drivers/virtio.h>

#define SIZE 8u

static struct virtqueue queue;
static uint8_t *shared;

static void queue_new(void)
{
    uint64_t bytes = virtqueue_bytes(SIZE);
    free(shared);
    shared = aligned_alloc(16, round_up(bytes, 16));
    struct dma_memory memory = {shared, 0x10000, bytes};
    assert_int_equal(virtqueue_init(&queue, SIZE, &memory), OK);
}

static void device_answer(uint32_t head, uint32_t bytes)
{
    uint16_t at = atomic_load(&queue.used->index);
    queue.used->ring[at % SIZE] = (struct virtq_used_entry){head, bytes};
    atomic_store(&queue.used->index, (uint16_t)(at + 1));
}

static enum status add(uint32_t reads, uint32_t writes, uint16_t *head)
{
    struct virtio_buffer list[16];
    for (uint32_t i = 0; i < 16; i++)
        list[i] = (struct virtio_buffer){0x1000u * (i + 1), 100 + i};
    return virtqueue_add(&queue, list, reads, writes, head);
}

static void test_layout(void **state)
{
    (void)state;
    queue_new();
    assert_int_equal(queue.available_pa, 0x10000 + 16 * SIZE);
    assert_int_equal(queue.used_pa % 4, 0);
    assert_true(queue.used_pa >= queue.available_pa + 4 + 2 * SIZE + 2);
    struct dma_memory small = {shared, 0x10000, virtqueue_bytes(SIZE) - 1};
    struct virtqueue q;
    assert_int_equal(virtqueue_init(&q, SIZE, &small), E_NO_MEMORY);
    assert_int_equal(virtqueue_init(&q, 6, &small), E_ARGUMENT);
    assert_int_equal(virtqueue_init(&q, VIRTQUEUE_SIZE_MAX * 2, &small), E_ARGUMENT);
    small.pa = 8;
    assert_int_equal(virtqueue_init(&q, SIZE, &small), E_ARGUMENT);
}

static void test_chain(void **state)
{
    (void)state;
    uint16_t head, done;
    uint32_t bytes;
    queue_new();
    assert_int_equal(add(2, 1, &head), OK);
    assert_int_equal(atomic_load(&queue.available->index), 1);
    assert_int_equal(queue.available->ring[0], head);
    struct virtq_descriptor *d = &queue.descriptors[head];
    assert_int_equal(d->pa, 0x1000);
    assert_int_equal(d->bytes, 100);
    assert_int_equal(d->flags, 1);
    d = &queue.descriptors[d->next];
    assert_int_equal(d->flags, 1);
    d = &queue.descriptors[d->next];
    assert_int_equal(d->flags, 2);
    assert_int_equal(d->pa, 0x3000);
    assert_int_equal(virtqueue_take(&queue, &done, &bytes), E_EMPTY);
    device_answer(head, 102);
    assert_int_equal(virtqueue_take(&queue, &done, &bytes), OK);
    assert_int_equal(done, head);
    assert_int_equal(bytes, 102);
    assert_int_equal(queue.free_count, SIZE);
    assert_int_equal(add(0, 0, &head), E_ARGUMENT);
    assert_int_equal(add(SIZE, 1, &head), E_FULL);
}

/* Full, answered out of order, many times round the 16-bit index. */
static void test_wrap(void **state)
{
    (void)state;
    queue_new();
    srand(3);
    for (uint32_t round = 0; round < 40000; round++) {
        uint16_t head[4], extra, done;
        uint32_t bytes;
        for (uint32_t i = 0; i < 4; i++)
            assert_int_equal(add(1, 1, &head[i]), OK);
        assert_int_equal(add(1, 0, &extra), E_FULL);
        uint32_t first = (uint32_t)rand() % 4;
        for (uint32_t i = 0; i < 4; i++)
            device_answer(head[(first + i * 3) % 4], i);
        for (uint32_t i = 0; i < 4; i++) {
            assert_int_equal(virtqueue_take(&queue, &done, &bytes), OK);
            assert_int_equal(done, head[(first + i * 3) % 4]);
        }
        assert_int_equal(virtqueue_take(&queue, &done, &bytes), E_EMPTY);
    }
}

static void lie_refused(void)
{
    uint16_t head;
    uint32_t bytes;
    assert_int_equal(virtqueue_take(&queue, &head, &bytes), E_PROTOCOL);
    assert_int_equal(virtqueue_take(&queue, &head, &bytes), E_PROTOCOL);
    assert_int_equal(add(1, 0, &head), E_IO);
}

static void test_lies(void **state)
{
    (void)state;
    uint16_t head;
    queue_new();
    device_answer(0, 0); /* nothing is in flight */
    lie_refused();
    queue_new();
    assert_int_equal(add(1, 1, &head), OK);
    device_answer(SIZE, 0); /* no such descriptor */
    lie_refused();
    queue_new();
    assert_int_equal(add(1, 1, &head), OK);
    device_answer(queue.descriptors[head].next, 0); /* not a chain's head */
    lie_refused();
    queue_new();
    assert_int_equal(add(1, 1, &head), OK);
    device_answer(head, 102); /* more than there was room for */
    lie_refused();
    queue_new();
    assert_int_equal(add(1, 1, &head), OK);
    atomic_store(&queue.used->index, (uint16_t)(SIZE + 1)); /* more answers than descriptors */
    lie_refused();
    queue_new();
    assert_int_equal(add(1, 1, &head), OK);
    device_answer(head, 0);
    uint32_t bytes;
    assert_int_equal(virtqueue_take(&queue, &head, &bytes), OK);
    device_answer(head, 0); /* the same again */
    lie_refused();
    /* What it writes over the descriptors does not come back to us. */
    queue_new();
    memset(queue.descriptors, 0xff, 16 * SIZE);
    assert_int_equal(add(1, 1, &head), OK);
    memset(queue.descriptors, 0xff, 16 * SIZE);
    device_answer(head, 1);
    assert_int_equal(virtqueue_take(&queue, &head, &bytes), OK);
    assert_int_equal(queue.free_count, SIZE);
}

static uint8_t ecam[1u << 20] ALIGNED(4096);
static uint8_t bar[0x4000] ALIGNED(4096);
#define BAR_PA 0xfe000000u

static volatile uint8_t *bar_map(void *arg, uint64_t pa, uint64_t bytes)
{
    (void)arg;
    bool inside = pa >= BAR_PA && pa - BAR_PA <= sizeof bar && bytes <= sizeof bar - (pa - BAR_PA);
    return inside ? bar + (pa - BAR_PA) : NULL;
}

static const struct virtio_mapper mapper = {bar_map, NULL};

static void poke(uint8_t *at, uint64_t value, uint32_t bytes)
{
    memcpy(at, &value, bytes);
}

static void window_poke(uint8_t *config, uint32_t at, uint32_t next, uint32_t kind, uint32_t offset,
                        uint32_t bytes)
{
    poke(config + at, 0x09, 1);
    poke(config + at + 1, next, 1);
    poke(config + at + 2, kind == 2 ? 20 : 16, 1);
    poke(config + at + 3, kind, 1);
    poke(config + at + 4, 4, 1);
    poke(config + at + 8, offset, 4);
    poke(config + at + 12, bytes, 4);
    if (kind == 2)
        poke(config + at + 16, 4, 4);
}

/* A 9p function at 0:3.1, as QEMU's looks, 64-bit BAR 4, MSI-X in BAR 4 too; `config` is its
 * configuration space. */
static uint8_t *pci_new(void)
{
    memset(ecam, 0xff, sizeof ecam);
    memset(bar, 0, sizeof bar);
    uint8_t *first = ecam + (3u << 15), *config = first + (1u << 12);
    memset(first, 0, 8192);
    poke(first, 0x12348086, 4);
    poke(first + 0x0e, 0x80, 1);
    poke(config, 0x10491af4, 4);
    poke(config + 0x06, 0x10, 2);
    poke(config + 0x10 + 16, BAR_PA | 0xc, 4);
    poke(config + 0x34, 0x40, 1);
    window_poke(config, 0x40, 0x50, 1, 0x0000, 0x1000);
    window_poke(config, 0x50, 0x60, 3, 0x1000, 0x1000);
    window_poke(config, 0x60, 0x70, 4, 0x2000, 0x1000);
    window_poke(config, 0x70, 0x98, 2, 0x3000, 0x800);
    poke(config + 0x98, 0x11, 1);
    poke(config + 0x98 + 4, 0x3800 | 4, 4);
    poke(bar + 0x04, 1, 4);   /* features: bit 0 of either word */
    poke(bar + 0x18, 128, 2); /* queue size */
    poke(bar + 0x1e, 3, 2);   /* notify offset */
    return config;
}

static void test_pci(void **state)
{
    (void)state;
    struct virtio_device d;
    static uint8_t memory[4096] ALIGNED(4096);
    struct dma_memory dma = {memory, 0x123450000u, sizeof memory};
    uint8_t *config = pci_new();
    assert_int_equal(virtio_pci_open(&d, ecam, 1, &mapper, VIRTIO_ID_9P), OK);
    assert_int_equal(d.pci.device, 3);
    assert_int_equal(d.pci.function, 1);
    assert_int_equal(config[4] & 6, 6);
    assert_int_equal(virtio_pci_msix_set(&d, 0xfee00000u, 0x45), OK);
    assert_int_equal(config[0x98 + 3], 0x80);
    assert_int_equal(bar[0x3800 + 8], 0x45);
    assert_int_equal(virtio_start(&d, 1, &queue, &dma), OK);
    assert_int_equal(queue.size, VIRTQUEUE_SIZE_MAX);
    assert_int_equal(bar[0x14], 15);
    assert_int_equal(bar[0x18], VIRTQUEUE_SIZE_MAX);
    uint64_t pa;
    memcpy(&pa, bar + 0x20, 8);
    assert_int_equal(pa, 0x123450000u);
    poke(bar + 0x3000 + 12, 0xffff, 2);
    virtio_kick(&d);
    assert_int_equal(bar[0x3000 + 12], 0);
    assert_int_equal(virtio_stop(&d), OK);
}

static enum status pci_try(void)
{
    struct virtio_device d;
    static uint8_t memory[4096] ALIGNED(4096);
    struct dma_memory dma = {memory, 0x1000, sizeof memory};
    enum status s = virtio_pci_open(&d, ecam, 1, &mapper, VIRTIO_ID_9P);
    return s == OK ? virtio_start(&d, 0, &queue, &dma) : s;
}

static void test_pci_wrong(void **state)
{
    (void)state;
    uint8_t *config = pci_new();
    assert_int_equal(pci_try(), OK);
    poke(config + 0x99, 0x40, 1); /* a circle */
    assert_int_equal(pci_try(), E_FORMAT);
    config = pci_new();
    poke(config + 0x99, 0x20, 1); /* into the header */
    assert_int_equal(pci_try(), E_FORMAT);
    config = pci_new();
    poke(config + 0x48, 0x10000, 4); /* a window that is not ours */
    assert_int_equal(pci_try(), E_NO_CAP);
    config = pci_new();
    poke(config + 0x4c, 0x20, 4); /* common configuration too short */
    assert_int_equal(pci_try(), E_FORMAT);
    config = pci_new();
    poke(config + 0x44, 6, 1); /* no such BAR */
    assert_int_equal(pci_try(), E_FORMAT);
    config = pci_new();
    poke(config + 0x44, 0, 1); /* an unassigned one */
    assert_int_equal(pci_try(), E_NOT_FOUND);
    config = pci_new();
    poke(config + 0x10 + 16, 0xc001, 4); /* I/O ports */
    assert_int_equal(pci_try(), E_UNSUPPORTED);
    pci_new();
    poke(bar + 0x1e, 0x200, 2); /* rings outside its window */
    assert_int_equal(pci_try(), E_FORMAT);
    pci_new();
    poke(bar + 0x04, 0, 4); /* legacy only */
    assert_int_equal(pci_try(), E_UNSUPPORTED);
    pci_new();
    poke(bar + 0x18, 0, 2);
    assert_int_equal(pci_try(), E_IO);
    config = pci_new();
    poke(config, 0x10411af4, 4); /* a network card */
    assert_int_equal(pci_try(), E_NOT_FOUND);
    srand(4);
    for (uint32_t round = 0; round < 20000; round++) {
        config = pci_new();
        for (uint32_t n = 0; n < 3; n++)
            config[0x34 + (uint32_t)rand() % (256 - 0x34)] = (uint8_t)rand();
        assert_true(pci_try() < STATUS_COUNT);
    }
}

static void test_mmio(void **state)
{
    (void)state;
    struct virtio_device d;
    static uint8_t window[0x200] ALIGNED(4096), memory[4096] ALIGNED(4096);
    struct dma_memory dma = {memory, 0x5000, sizeof memory};
    memset(window, 0, sizeof window);
    poke(window, 0x74726976, 4);
    poke(window + 4, 1, 4);
    assert_int_equal(virtio_mmio_open(&d, window, 0x200, VIRTIO_ID_9P),
                     E_NOT_FOUND); /* empty slot */
    poke(window + 8, 9, 4);
    assert_int_equal(virtio_mmio_open(&d, window, 0x200, VIRTIO_ID_9P), E_UNSUPPORTED);
    poke(window + 4, 2, 4);
    assert_int_equal(virtio_mmio_open(&d, window, 0x80, VIRTIO_ID_9P), E_NOT_FOUND);
    assert_int_equal(virtio_mmio_open(&d, window, 0x200, VIRTIO_ID_9P), OK);
    poke(window + 0x10, 1, 4);
    poke(window + 0x34, 16, 4);
    assert_int_equal(virtio_start(&d, 0, &queue, &dma), OK);
    assert_int_equal(queue.size, 16);
    assert_int_equal(window[0x38], 16);
    assert_int_equal(window[0x44], 1);
    assert_int_equal(window[0x70], 15);
    poke(window + 0x60, 1, 4);
    virtio_interrupt_ack(&d);
    assert_int_equal(window[0x64], 1);
    /* A device that keeps its queue through a reset is not one to go on with. */
    assert_int_equal(virtio_start(&d, 0, &queue, &dma), E_IO);
    assert_int_equal(window[0x70], 128);
}

static int shared_free(void **state)
{
    (void)state;
    free(shared);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout), cmocka_unit_test(test_chain),
        cmocka_unit_test(test_wrap),   cmocka_unit_test(test_lies),
        cmocka_unit_test(test_pci),    cmocka_unit_test(test_pci_wrong),
        cmocka_unit_test(test_mmio),
    };
    return cmocka_run_group_tests(tests, NULL, shared_free);
}
