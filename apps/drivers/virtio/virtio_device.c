/* Bringing a virtio device up and down, whatever its transport: virtio 1.1, 3.1.1 (the order of the
 * status bits is the protocol). Used by drivers through virtio_start, virtio_kick,
 * virtio_interrupt_ack and virtio_stop. */
#include <arch/user.h>
#include <drivers/virtio.h>

#define STATUS_ACKNOWLEDGE 1u
#define STATUS_DRIVER 2u
#define STATUS_DRIVER_OK 4u
#define STATUS_FEATURES_OK 8u
#define STATUS_FAILED 128u

#define FEATURE_WORD1_VERSION_1 1u
#define RESET_POLLS_MAX 1000000u

enum status virtio_stop(struct virtio_device *d)
{
    d->transport->status_set(d, 0);
    for (uint32_t i = 0; i < RESET_POLLS_MAX; i++) {
        if (d->transport->status_get(d) == 0)
            return OK;
        arch_pause();
    }
    return E_IO;
}

static enum status features_agree(struct virtio_device *d, uint32_t features)
{
    const struct virtio_transport *t = d->transport;
    if ((t->features_get(d, 1) & FEATURE_WORD1_VERSION_1) == 0)
        return E_UNSUPPORTED;
    t->features_set(d, 0, t->features_get(d, 0) & features);
    t->features_set(d, 1, FEATURE_WORD1_VERSION_1);
    t->status_set(d, STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
    return (t->status_get(d) & STATUS_FEATURES_OK) != 0 ? OK : E_UNSUPPORTED;
}

static enum status queue_start(struct virtio_device *d, struct virtqueue *q,
                               const struct dma_memory *memory)
{
    uint32_t max = d->transport->queue_size_max(d), size = VIRTQUEUE_SIZE_MAX;
    if (max < 2)
        return E_IO;
    while (size > max)
        size /= 2;
    enum status s = virtqueue_init(q, size, memory);
    return s == OK ? d->transport->queue_set(d, q) : s;
}

enum status virtio_start(struct virtio_device *d, uint32_t features, struct virtqueue *q,
                         const struct dma_memory *memory)
{
    enum status s = virtio_stop(d);
    if (s != OK)
        return s;
    d->transport->status_set(d, STATUS_ACKNOWLEDGE);
    d->transport->status_set(d, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
    s = features_agree(d, features);
    if (s == OK)
        s = queue_start(d, q, memory);
    uint32_t good = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK;
    d->transport->status_set(d, s == OK ? good : STATUS_FAILED);
    return s;
}

void virtio_kick(struct virtio_device *d)
{
    arch_dma_barrier();
    d->transport->kick(d);
}

void virtio_interrupt_ack(struct virtio_device *d)
{
    d->transport->interrupt_ack(d);
}
