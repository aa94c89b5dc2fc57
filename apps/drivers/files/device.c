/* device.c: from the command line's words to a 9p connection. See device.h.
 *
 * Waiting: with an interrupt bound the domain sleeps until it comes. Until the first one was seen
 * it also looks at the queue each millisecond, so that a machine whose interrupts do not arrive
 * still works, slowly; afterwards only every 50 ms.
 *
 * An earlier instance of this program may have ended with a request under way. The reset ends that;
 * only then are its memory and its interrupt given back (service_quiet), and ours bound. */
#include "device.h"
#include <monitor/service.h>
#include <rt/event.h>
#include <rt/log.h>
#include <rt/memory.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>

enum { IRQ_BIT = 0, LOOK_HZ = 1000, LOOK_SELDOM_HZ = 20, HOST_LIMIT_S = 120, BUS_SHIFT = 20 };

/* Hexadecimal digits; *at goes behind them. */
static bool number_take(const char **at, uint64_t *out)
{
    const char *from = *at;
    uint64_t value = 0;

    for (;; (*at)++) {
        char c = **at;
        if (c >= '0' && c <= '9')
            value = value << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value << 4 | (uint64_t)(c - 'a' + 10);
        else
            break;
    }
    *out = value;
    return *at != from;
}

/* KEY=NUMBER:NUMBER */
static bool pair_take(const char *word, const char *key, uint64_t *first, uint64_t *second)
{
    size_t bytes = strlen(key);
    const char *at = word + bytes + 1;

    if (strncmp(word, key, bytes) != 0 || word[bytes] != '=')
        return false;
    return number_take(&at, first) && *at++ == ':' && number_take(&at, second) && *at == 0;
}

static enum status word_take(struct device *d, const char *word, capref_t *next)
{
    struct device_range r = {.cap = *next};
    struct device_slot slot;

    if (pair_take(word, "slot", &slot.base, &slot.interrupt)) {
        if (d->slot_count == DEVICE_SLOTS_MAX)
            return E_LIMIT;
        d->slot[d->slot_count++] = slot;
        return OK;
    }
    if (strcmp(word, "irqs") == 0) {
        d->irq_control = *next;
    } else if (pair_take(word, "ecam", &r.base, &r.bytes)) {
        d->ecam = r;
    } else if (pair_take(word, "slots", &r.base, &r.bytes)) {
        d->slots = r;
    } else if (pair_take(word, "window", &r.base, &r.bytes)) {
        if (d->window_count == DEVICE_WINDOWS_MAX)
            return E_LIMIT;
        d->window[d->window_count++] = r;
    } else {
        return E_ARGUMENT;
    }
    (*next)++;
    return OK;
}

enum status device_arguments(struct device *d, int argc, char **argv)
{
    capref_t next = SLOT_GRANT_FIRST;
    enum status s = OK;

    for (int i = 1; s == OK && i < argc; i++)
        if (strncmp(argv[i], "clients=", 8) != 0 && strncmp(argv[i], "crash=", 6) != 0)
            s = word_take(d, argv[i], &next);
    return s;
}

/* Registers of any alignment inside one range; NULL: not ours. */
static volatile uint8_t *registers_map(const struct device_range *r, uint64_t pa, uint64_t bytes)
{
    uint64_t begin = round_down(pa, PAGE_BYTES), end = round_up(pa + bytes, PAGE_BYTES);
    void *at;

    if (end <= begin || begin < r->base || end - r->base > r->bytes)
        return NULL;
    if (frame_map(r->cap, begin - r->base, end - begin, MAP_READ | MAP_WRITE | MAP_UNCACHED, &at) !=
        OK)
        return NULL;
    return (volatile uint8_t *)at + (pa - begin);
}

static volatile uint8_t *window_map(void *arg, uint64_t pa, uint64_t bytes)
{
    struct device *d = arg;
    volatile uint8_t *at = NULL;

    for (uint32_t i = 0; i < d->window_count && at == NULL; i++)
        at = registers_map(&d->window[i], pa, bytes);
    if (at == NULL)
        log_line("no right to the registers at 0x%lx", (unsigned long)pa);
    return at;
}

static enum status pci_open(struct device *d)
{
    struct virtio_mapper mapper = {window_map, d};
    volatile uint8_t *ecam = registers_map(&d->ecam, d->ecam.base, d->ecam.bytes);

    if (ecam == NULL)
        return E_NO_CAP;
    return virtio_pci_open(&d->virtio, ecam, (uint32_t)(d->ecam.bytes >> BUS_SHIFT), &mapper,
                           VIRTIO_ID_9P);
}

static enum status mmio_open(struct device *d)
{
    volatile uint8_t *all = registers_map(&d->slots, d->slots.base, d->slots.bytes);

    if (all == NULL)
        return E_NO_CAP;
    for (uint32_t i = 0; i < d->slot_count; i++) {
        uint64_t offset = d->slot[i].base - d->slots.base;
        uint64_t bytes = VIRTIO_MMIO_BYTES;
        if (offset > d->slots.bytes || d->slots.bytes - offset < bytes)
            return E_ARGUMENT;
        enum status s = virtio_mmio_open(&d->virtio, all + offset, bytes, VIRTIO_ID_9P);
        d->line = d->slot[i].interrupt;
        if (s != E_NOT_FOUND)
            return s;
    }
    return E_NOT_FOUND;
}

static void interrupt_take(void *arg)
{
    struct device *d = arg;
    enum status s;

    d->interrupt_count++;
    virtio_interrupt_ack(&d->virtio);
    s = sys_irq_ack(d->irq);
    if (s != OK)
        log_line("the interrupt cannot be acknowledged: %s", status_name(s));
}

static enum status interrupt_bind(struct device *d, bool message)
{
    uint64_t address = 0, data = 0;
    enum status s = slot_alloc(&rt.slots, &d->irq);

    if (s != OK)
        return s;
    s = sys_irq_make(d->irq_control, message ? IRQ_LINE_MSI : d->line, capref_in(0, d->irq));
    if (s == OK)
        s = sys_irq_bind(d->irq, capref_in(0, SLOT_DISPATCHER), IRQ_BIT, &address, &data);
    if (s == OK && message)
        s = virtio_pci_msix_set(&d->virtio, address, (uint32_t)data);
    if (s == OK)
        s = event_irq_add(IRQ_BIT, interrupt_take, d);
    return s;
}

static enum status device_wait(void *arg)
{
    struct device *d = arg;
    uint64_t now = arch_user_ticks(), hz = rt.page->tick_hz;
    uint64_t until = now + hz / (d->interrupt_count ? LOOK_SELDOM_HZ : LOOK_HZ);

    if (now >= d->give_up_ticks) {
        log_line("the host does not answer");
        return E_TIMEOUT;
    }
    arch_pause();
    enum status s = event_wait(until < d->give_up_ticks ? until : d->give_up_ticks);
    (void)s; /* whatever woke us, the caller looks at the queue */
    return OK;
}

static enum status ninep_open_on(struct device *d)
{
    struct ninep_wait wait = {.wait = device_wait, .arg = d, .sleeps = d->sleeps};
    struct dma_memory memory;
    enum status s = frame_make(NINEP_DMA_BYTES, &d->dma, &memory.va);

    if (s != OK)
        return s;
    memory.pa = d->dma.base;
    memory.bytes = d->dma.bytes;
    device_begin(d);
    s = ninep_init(&d->ninep, &d->virtio, &memory, &wait);
    if (s == OK)
        s = ninep_attach(&d->ninep);
    if (s == OK)
        return OK;
    device_stop(d);
    return s;
}

enum status device_open(struct device *d)
{
    bool message = d->ecam.bytes != 0;
    enum status s = E_NOT_FOUND;

    if (message)
        s = pci_open(d);
    else if (d->slots.bytes != 0)
        s = mmio_open(d);
    if (s == OK)
        s = virtio_stop(&d->virtio);
    if (s == OK || s == E_NOT_FOUND) {
        enum status kept = service_quiet();
        if (kept != OK)
            log_line("what an earlier instance held stays: %s", status_name(kept));
    }
    if (s != OK)
        return s;
    s = d->irq_control ? interrupt_bind(d, message) : E_NO_CAP;
    d->sleeps = s == OK;
    if (s != OK)
        log_line("no interrupt (%s): the device is polled", status_name(s));
    return ninep_open_on(d);
}

void device_begin(struct device *d)
{
    d->give_up_ticks = arch_user_ticks() + HOST_LIMIT_S * rt.page->tick_hz;
}

void device_stop(struct device *d)
{
    if (virtio_stop(&d->virtio) != OK)
        log_line("the device does not stop");
}
