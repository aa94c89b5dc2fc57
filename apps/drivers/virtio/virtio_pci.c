/* The virtio-pci transport: capabilities (virtio 1.1, 4.1.4), common configuration (4.1.4.3),
 * notification (4.1.4.4) and MSI-X (PCI 3.0, 6.8.2). Entry: virtio_pci_open. */
#include <drivers/virtio.h>

#include "mmio.h"

#define VENDOR_VIRTIO 0x1af4u
#define DEVICE_MODERN 0x1040u /* + virtio device type */
#define DEVICE_9P_TRANSITIONAL 0x1009u
#define CAPABILITY_VENDOR 0x09u
#define CAPABILITY_MSIX 0x11u

#define COMMON_DEVICE_FEATURES_SELECT 0x00
#define COMMON_DEVICE_FEATURES 0x04
#define COMMON_DRIVER_FEATURES_SELECT 0x08
#define COMMON_DRIVER_FEATURES 0x0c
#define COMMON_CONFIG_VECTOR 0x10
#define COMMON_STATUS 0x14
#define COMMON_QUEUE_SELECT 0x16
#define COMMON_QUEUE_SIZE 0x18
#define COMMON_QUEUE_VECTOR 0x1a
#define COMMON_QUEUE_ENABLE 0x1c
#define COMMON_QUEUE_NOTIFY 0x1e
#define COMMON_QUEUE_DESCRIPTORS 0x20
#define COMMON_QUEUE_DRIVER 0x28
#define COMMON_QUEUE_DEVICE 0x30
#define COMMON_BYTES 0x38u

#define NO_VECTOR 0xffffu
#define MSIX_ENTRY_BYTES 16u
#define MSIX_ENABLE 0x8000u
#define MSIX_MASK_ALL 0x4000u

static uint32_t status_get(struct virtio_device *d)
{
    return mmio_read8(d->registers + COMMON_STATUS);
}

static void status_set(struct virtio_device *d, uint32_t status)
{
    mmio_write8(d->registers + COMMON_STATUS, (uint8_t)status);
}

static uint32_t features_get(struct virtio_device *d, uint32_t word)
{
    mmio_write32(d->registers + COMMON_DEVICE_FEATURES_SELECT, word);
    return mmio_read32(d->registers + COMMON_DEVICE_FEATURES);
}

static void features_set(struct virtio_device *d, uint32_t word, uint32_t value)
{
    mmio_write32(d->registers + COMMON_DRIVER_FEATURES_SELECT, word);
    mmio_write32(d->registers + COMMON_DRIVER_FEATURES, value);
}

static uint32_t queue_size_max(struct virtio_device *d)
{
    mmio_write16(d->registers + COMMON_QUEUE_SELECT, 0);
    return mmio_read16(d->registers + COMMON_QUEUE_SIZE);
}

static enum status queue_set(struct virtio_device *d, const struct virtqueue *q)
{
    volatile uint8_t *common = d->registers;
    mmio_write16(common + COMMON_CONFIG_VECTOR, NO_VECTOR);
    mmio_write16(common + COMMON_QUEUE_SELECT, 0);
    mmio_write16(common + COMMON_QUEUE_SIZE, (uint16_t)q->size);
    uint16_t vector = d->msix ? 0 : NO_VECTOR;
    mmio_write16(common + COMMON_QUEUE_VECTOR, vector);
    if (mmio_read16(common + COMMON_QUEUE_VECTOR) != vector)
        return E_IO;
    uint64_t offset = (uint64_t)mmio_read16(common + COMMON_QUEUE_NOTIFY) * d->notify_multiplier;
    if (offset % 2 != 0 || offset + 2 > d->notify_bytes)
        return E_FORMAT;
    d->notify += offset;
    d->notify_bytes = 2;
    d->notify_multiplier = 0;
    mmio_write64(common + COMMON_QUEUE_DESCRIPTORS, q->descriptors_pa);
    mmio_write64(common + COMMON_QUEUE_DRIVER, q->available_pa);
    mmio_write64(common + COMMON_QUEUE_DEVICE, q->used_pa);
    mmio_write16(common + COMMON_QUEUE_ENABLE, 1);
    return OK;
}

static void kick(struct virtio_device *d)
{
    mmio_write16(d->notify, 0);
}

/* A message needs no answer; without MSI-X reading the ISR register takes the line down (4.1.4.5).
 */
static void interrupt_ack(struct virtio_device *d)
{
    if (!d->msix && d->isr != NULL)
        (void)mmio_read8(d->isr);
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

enum window_kind { WINDOW_COMMON = 1, WINDOW_NOTIFY, WINDOW_ISR, WINDOW_DEVICE };

/* Map `bytes` at `offset` of a BAR. */
static enum status window_map(const struct virtio_device *d, const struct virtio_mapper *mapper,
                              uint32_t bar, uint64_t offset, uint64_t bytes,
                              volatile uint8_t **window)
{
    uint64_t base = 0;
    enum status s = pci_bar(&d->pci, bar, &base);
    if (s != OK)
        return s;
    if (bytes == 0 || offset % 4 != 0 || base + offset + bytes < base)
        return E_FORMAT;
    *window = mapper->map(mapper->arg, base + offset, bytes);
    return *window == NULL ? E_NO_CAP : OK;
}

/* One virtio capability: of each kind the first counts (4.1.4, in order of preference). */
static enum status window_add(struct virtio_device *d, const struct virtio_mapper *mapper,
                              uint32_t at)
{
    const volatile uint8_t *cap = d->pci.config + at;
    uint32_t kind = mmio_read8(cap + 3), bar = mmio_read8(cap + 4);
    uint32_t offset = mmio_read32(cap + 8), bytes = mmio_read32(cap + 12);
    uint32_t need = kind == WINDOW_NOTIFY ? 20 : 16;
    if (at + need > 256 || mmio_read8(cap + 2) < need)
        return E_FORMAT;
    if (kind == WINDOW_COMMON && d->registers == NULL)
        return bytes < COMMON_BYTES ? E_FORMAT
                                    : window_map(d, mapper, bar, offset, bytes, &d->registers);
    if (kind == WINDOW_NOTIFY && d->notify == NULL) {
        d->notify_multiplier = mmio_read32(cap + 16);
        d->notify_bytes = bytes;
        return window_map(d, mapper, bar, offset, bytes, &d->notify);
    }
    if (kind == WINDOW_ISR && d->isr == NULL)
        return window_map(d, mapper, bar, offset, bytes, &d->isr);
    if (kind == WINDOW_DEVICE && d->config == NULL) {
        d->config_bytes = bytes;
        return window_map(d, mapper, bar, offset, bytes, &d->config);
    }
    return OK;
}

static enum status windows_map(struct virtio_device *d, const struct virtio_mapper *mapper)
{
    uint32_t at = 0, seen = 0;
    enum status s;
    while ((s = pci_capability(&d->pci, CAPABILITY_VENDOR, &at)) == OK) {
        /* Firmware and QEMU chain them in either direction, so a circle shows only as a count. */
        if (++seen > 48)
            return E_FORMAT;
        s = window_add(d, mapper, at);
        if (s != OK)
            return s;
    }
    if (s != E_NOT_FOUND)
        return s;
    return d->registers == NULL || d->notify == NULL ? E_UNSUPPORTED : OK;
}

/* Entry 0 of the MSI-X table is all that one queue needs. */
static enum status msix_map(struct virtio_device *d, const struct virtio_mapper *mapper)
{
    uint32_t at = 0;
    enum status s = pci_capability(&d->pci, CAPABILITY_MSIX, &at);
    if (s != OK)
        return s == E_NOT_FOUND ? OK : s;
    if (at + 12 > 256)
        return E_FORMAT;
    uint32_t table = mmio_read32(d->pci.config + at + 4);
    s = window_map(d, mapper, table & 7, table & ~7u, MSIX_ENTRY_BYTES, &d->msix_table);
    d->msix_capability = at;
    return s;
}

enum status virtio_pci_open(struct virtio_device *d, volatile uint8_t *ecam, uint32_t bus_count,
                            const struct virtio_mapper *mapper, uint32_t device_id)
{
    *d = (struct virtio_device){.transport = &transport};
    enum status s = pci_find(ecam, bus_count, VENDOR_VIRTIO, DEVICE_MODERN + device_id, &d->pci);
    if (s == E_NOT_FOUND && device_id == VIRTIO_ID_9P)
        s = pci_find(ecam, bus_count, VENDOR_VIRTIO, DEVICE_9P_TRANSITIONAL, &d->pci);
    if (s != OK)
        return s;
    pci_enable(&d->pci);
    s = windows_map(d, mapper);
    return s == OK ? msix_map(d, mapper) : s;
}

enum status virtio_pci_msix_set(struct virtio_device *d, uint64_t address, uint32_t data)
{
    if (d->msix_table == NULL)
        return E_UNSUPPORTED;
    volatile uint8_t *control = d->pci.config + d->msix_capability + 2;
    uint32_t value = mmio_read16(control);
    mmio_write16(control, (uint16_t)(value | MSIX_ENABLE | MSIX_MASK_ALL));
    mmio_write64(d->msix_table, address);
    mmio_write32(d->msix_table + 8, data);
    mmio_write32(d->msix_table + 12, 0);
    mmio_write16(control, (uint16_t)((value | MSIX_ENABLE) & ~MSIX_MASK_ALL));
    d->msix = true;
    return OK;
}
