/* The 9p device of this domain: found with the capabilities that its spawner gave, and how the
 * domain waits for it. Private.
 *
 * Words of the command line, and the capability in the next slot from SLOT_GRANT_FIRST on that each
 * of the first four kinds stands for:
 *   ecam=BASE:BYTES     DEVICE_FRAME  PCI configuration space, from its first bus on
 *   window=BASE:BYTES   DEVICE_FRAME  where BARs may lie; several
 *   slots=BASE:BYTES    DEVICE_FRAME  virtio-mmio register windows
 *   irqs                IRQ_CONTROL
 *   slot=BASE:INTERRUPT               one virtio-mmio window inside `slots`
 * Numbers are hexadecimal, without 0x. */
#ifndef FILES_DEVICE_H
#define FILES_DEVICE_H

#include <drivers/ninep.h>
#include <rt/ram.h>

#define DEVICE_WINDOWS_MAX 16u
#define VIRTIO_MMIO_BYTES 0x200u /* of one window: virtio 1.1, 4.2.2, and what QEMU gives it */
#define DEVICE_SLOTS_MAX 64u

/* A run of device memory that we may map. */
struct device_range {
    uint64_t base, bytes;
    capref_t cap;
};

struct device_slot {
    uint64_t base, interrupt;
};

struct device {
    struct device_range ecam, slots, window[DEVICE_WINDOWS_MAX];
    uint32_t window_count;
    struct device_slot slot[DEVICE_SLOTS_MAX];
    uint32_t slot_count;
    capref_t irq_control;

    struct virtio_device virtio;
    struct ninep ninep;
    struct ram_object dma;
    capref_t irq;
    uint64_t line; /* virtio-mmio: its interrupt */
    uint64_t interrupt_count;
    uint64_t give_up_ticks; /* of the request under way */
    bool sleeps;            /* an interrupt is bound */
};

/* Take the words. E_ARGUMENT: one that is not of the list above; E_LIMIT: too many. */
NODISCARD enum status device_arguments(struct device *d, int argc, char **argv);

/* Find the device, bind its interrupt if it has one, attach to the host's tree. E_NOT_FOUND: there
 * is no 9p device. */
NODISCARD enum status device_open(struct device *d);

/* Before each use of d->ninep: the host has a limited time to answer. */
void device_begin(struct device *d);

/* The device touches no memory of ours or of clients afterwards. */
void device_stop(struct device *d);

#endif
