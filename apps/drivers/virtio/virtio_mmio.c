/* The virtio-mmio transport, version 2: registers of virtio 1.1, table 4.1. */
#include <drivers/virtio.h>

#include "mmio.h"

#define REG_MAGIC 0x000
#define REG_VERSION 0x004
#define REG_DEVICE_ID 0x008
#define REG_DEVICE_FEATURES 0x010
#define REG_DEVICE_FEATURES_SELECT 0x014
#define REG_DRIVER_FEATURES 0x020
#define REG_DRIVER_FEATURES_SELECT 0x024
#define REG_QUEUE_SELECT 0x030
#define REG_QUEUE_SIZE_MAX 0x034
#define REG_QUEUE_SIZE 0x038
#define REG_QUEUE_READY 0x044
#define REG_QUEUE_NOTIFY 0x050
#define REG_INTERRUPT_STATUS 0x060
#define REG_INTERRUPT_ACK 0x064
#define REG_STATUS 0x070
#define REG_QUEUE_DESCRIPTORS 0x080
#define REG_QUEUE_DRIVER 0x090
#define REG_QUEUE_DEVICE 0x0a0
#define REG_CONFIG 0x100

#define MAGIC 0x74726976u /* "virt" */

static uint32_t status_get(struct virtio_device *d)
{
    return mmio_read32(d->registers + REG_STATUS);
}

static void status_set(struct virtio_device *d, uint32_t status)
{
    mmio_write32(d->registers + REG_STATUS, status);
}

static uint32_t features_get(struct virtio_device *d, uint32_t word)
{
    mmio_write32(d->registers + REG_DEVICE_FEATURES_SELECT, word);
    return mmio_read32(d->registers + REG_DEVICE_FEATURES);
}

static void features_set(struct virtio_device *d, uint32_t word, uint32_t value)
{
    mmio_write32(d->registers + REG_DRIVER_FEATURES_SELECT, word);
    mmio_write32(d->registers + REG_DRIVER_FEATURES, value);
}

static uint32_t queue_size_max(struct virtio_device *d)
{
    mmio_write32(d->registers + REG_QUEUE_SELECT, 0);
    return mmio_read32(d->registers + REG_QUEUE_SIZE_MAX);
}

static enum status queue_set(struct virtio_device *d, const struct virtqueue *q)
{
    mmio_write32(d->registers + REG_QUEUE_SELECT, 0);
    if (mmio_read32(d->registers + REG_QUEUE_READY) != 0)
        return E_IO;
    mmio_write32(d->registers + REG_QUEUE_SIZE, q->size);
    mmio_write64(d->registers + REG_QUEUE_DESCRIPTORS, q->descriptors_pa);
    mmio_write64(d->registers + REG_QUEUE_DRIVER, q->available_pa);
    mmio_write64(d->registers + REG_QUEUE_DEVICE, q->used_pa);
    mmio_write32(d->registers + REG_QUEUE_READY, 1);
    return OK;
}

static void kick(struct virtio_device *d)
{
    mmio_write32(d->registers + REG_QUEUE_NOTIFY, 0);
}

static void interrupt_ack(struct virtio_device *d)
{
    mmio_write32(d->registers + REG_INTERRUPT_ACK,
                 mmio_read32(d->registers + REG_INTERRUPT_STATUS));
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

enum status virtio_mmio_open(struct virtio_device *d, volatile uint8_t *registers, uint64_t bytes,
                             uint32_t device_id)
{
    if (bytes < REG_CONFIG || mmio_read32(registers + REG_MAGIC) != MAGIC ||
        mmio_read32(registers + REG_DEVICE_ID) != device_id)
        return E_NOT_FOUND;
    if (mmio_read32(registers + REG_VERSION) != 2)
        return E_UNSUPPORTED;
    *d = (struct virtio_device){.transport = &transport, .registers = registers};
    d->config = registers + REG_CONFIG;
    d->config_bytes = (uint32_t)bytes - REG_CONFIG;
    return OK;
}
