/* Modern virtio (Virtual I/O Device 1.1): one device with one split virtqueue, over virtio-pci or
 * virtio-mmio version 2.
 *
 * Use: virtio_mmio_open or virtio_pci_open, for interrupts on PCI virtio_pci_msix_set, then
 * virtio_start; then virtqueue_add, virtio_kick, and virtqueue_take until the answer is there.
 * Polling needs no more; a driver that sleeps sets virtqueue_interrupts_set(true), sleeps, and
 * calls virtio_interrupt_ack after each interrupt, before it looks. What the device writes is
 * untrusted: a lie gives E_PROTOCOL and the queue refuses everything from then on. */
#ifndef DRIVERS_VIRTIO_H
#define DRIVERS_VIRTIO_H

#include <drivers/dma.h>
#include <drivers/pci.h>
#include <skerry/base.h>
#include <skerry/status.h>
#include <stdatomic.h>

#define VIRTQUEUE_SIZE_MAX 64u

/* Virtio 1.1, 2.6.5. Little-endian, as both our machines are. */
struct virtq_descriptor {
    uint64_t pa;
    uint32_t bytes;
    uint16_t flags;
    uint16_t next;
};

struct virtq_used_entry {
    uint32_t head;
    uint32_t bytes;
};

/* Written by the driver; the device reads `index` after it was stored with release. */
struct virtq_available {
    _Atomic uint16_t flags;
    _Atomic uint16_t index;
    uint16_t ring[];
};

/* Written by the device; the driver loads `index` with acquire. */
struct virtq_used {
    _Atomic uint16_t flags;
    _Atomic uint16_t index;
    struct virtq_used_entry ring[];
};

struct virtio_buffer {
    uint64_t pa;
    uint32_t bytes;
};

struct virtqueue {
    /* Shared with the device. */
    struct virtq_descriptor *descriptors;
    struct virtq_available *available;
    struct virtq_used *used;
    uint64_t descriptors_pa, available_pa, used_pa;
    /* The driver's own: never read back from shared memory, because the device might have written
     * there. */
    uint32_t size;
    uint32_t free_count;
    uint16_t free_first;
    uint16_t available_index, used_index;
    bool broken;
    uint16_t next[VIRTQUEUE_SIZE_MAX];
    uint16_t chain_count[VIRTQUEUE_SIZE_MAX]; /* descriptors of the chain that starts here and is in
                                                 flight; else 0 */
    uint64_t writable_bytes[VIRTQUEUE_SIZE_MAX]; /* of that chain */
};

/* Memory for a queue of `size` descriptors. */
uint64_t virtqueue_bytes(uint32_t size);

/* Lay out an empty queue at the start of `memory`, and zero it. E_ARGUMENT: size not a power of two
 * in 2..VIRTQUEUE_SIZE_MAX, or memory not 16-byte aligned; E_NO_MEMORY. */
NODISCARD enum status virtqueue_init(struct virtqueue *q, uint32_t size,
                                     const struct dma_memory *memory);

/* Make one chain of `read_count` buffers for the device to read, then `write_count` for it to
 * write, and publish it. E_ARGUMENT: none at all; E_FULL: too few descriptors are free; E_IO: the
 * queue is broken. */
NODISCARD enum status virtqueue_add(struct virtqueue *q, const struct virtio_buffer *buffers,
                                    uint32_t read_count, uint32_t write_count, uint16_t *head);

/* Take one finished chain: its head, and how many bytes the device says it wrote (never more than
 * it was given). E_EMPTY: none is finished; E_PROTOCOL: the device broke the rules. */
NODISCARD enum status virtqueue_take(struct virtqueue *q, uint16_t *head, uint32_t *bytes);

/* Ask for interrupts, or for none (a hint: the device may send one all the same). Look for answers
 * once more after switching on and before sleeping. */
void virtqueue_interrupts_set(struct virtqueue *q, bool on);

struct virtio_device;

/* What differs between transports; tests have one of their own. */
struct virtio_transport {
    uint32_t (*status_get)(struct virtio_device *d);
    void (*status_set)(struct virtio_device *d, uint32_t status);
    uint32_t (*features_get)(struct virtio_device *d, uint32_t word);
    void (*features_set)(struct virtio_device *d, uint32_t word, uint32_t value);
    uint32_t (*queue_size_max)(struct virtio_device *d);
    enum status (*queue_set)(struct virtio_device *d, const struct virtqueue *q);
    void (*kick)(struct virtio_device *d);
    void (*interrupt_ack)(struct virtio_device *d);
};

struct virtio_device {
    const struct virtio_transport *transport;
    volatile uint8_t *registers; /* mmio window; PCI common configuration */
    volatile uint8_t *config;    /* the device type's own; NULL: none */
    uint32_t config_bytes;
    /* virtio-pci alone */
    volatile uint8_t *notify;
    uint32_t notify_bytes, notify_multiplier;
    volatile uint8_t *isr, *msix_table;
    uint32_t msix_capability;
    bool msix;
    struct pci_function pci;
    void *own; /* the transport's own, for tests */
};

#define VIRTIO_ID_9P 9u

/* A virtio-mmio window of `bytes` mapped at `registers`. E_NOT_FOUND: another device type or an
 * empty slot; E_UNSUPPORTED: the legacy interface (start QEMU with virtio-mmio.force-legacy=false).
 */
NODISCARD enum status virtio_mmio_open(struct virtio_device *d, volatile uint8_t *registers,
                                       uint64_t bytes, uint32_t device_id);

/* Maps device memory for the driver; NULL: it has no right to it. Any alignment. */
struct virtio_mapper {
    volatile uint8_t *(*map)(void *arg, uint64_t pa, uint64_t bytes);
    void *arg;
};

/* Find the function with this virtio device type and map what its capabilities name. E_NOT_FOUND:
 * there is none; E_FORMAT, E_UNSUPPORTED: its capabilities are not those of a modern device;
 * E_NO_CAP: a window could not be mapped. */
NODISCARD enum status virtio_pci_open(struct virtio_device *d, volatile uint8_t *ecam,
                                      uint32_t bus_count, const struct virtio_mapper *mapper,
                                      uint32_t device_id);

/* Send the queue's interrupt as the message `data` to `address` (MSI-X entry 0). Before
 * virtio_start. E_UNSUPPORTED: the function has no MSI-X. */
NODISCARD enum status virtio_pci_msix_set(struct virtio_device *d, uint64_t address, uint32_t data);

/* Reset, negotiate VERSION_1 and `features` (bits 0..31; those the device lacks are left out), set
 * up queue 0 in `memory`, start. The queue's size is the device's, at most VIRTQUEUE_SIZE_MAX.
 * E_UNSUPPORTED: no VERSION_1, or the device refused the features; E_IO: it does not reset, or it
 * has no queue; E_NO_MEMORY. */
NODISCARD enum status virtio_start(struct virtio_device *d, uint32_t features, struct virtqueue *q,
                                   const struct dma_memory *memory);

/* Tell the device that there is something new. */
void virtio_kick(struct virtio_device *d);
void virtio_interrupt_ack(struct virtio_device *d);

/* Stop the device: no memory of ours is touched by it afterwards. E_IO: it does not answer the
 * reset. */
NODISCARD enum status virtio_stop(struct virtio_device *d);

#endif
