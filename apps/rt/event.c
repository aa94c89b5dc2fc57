/* event.c: the event loop over urpc's wait set. See rt/event.h.
 *
 * Sleeping: the dispatcher is marked disabled around WAIT, so that the kernel resumes it right
 * there instead of by an upcall.
 * Who serves same-core calls sleeps enabled instead: a disabled server is busy.
 * No wake-up is lost: the kernel remembers one that comes between the last look and WAIT. */
#include "rt/event.h"
#include "rt/rt.h"
#include "rt/string.h"
#include "rt/syscall.h"
#include "runtime.h"

enum { ROOM_FIRST = 8, WAKES_MAX = 4, IRQS = 64 };

struct channel_handler {
    void (*fn)(void *arg, struct channel *c);
    void *arg;
};

struct plain_handler {
    void (*fn)(void *arg);
    void *arg;
};

static struct {
    bool ready;
    struct wait_set set;
    struct wait_entry first[ROOM_FIRST];
    struct plain_handler wake[WAKES_MAX];
    uint32_t wake_count;
    uint64_t wakeups_seen;
    bool calls;                    /* same-core calls are served while it sleeps */
    uint64_t sleep_deadline_ticks; /* while it sleeps */
    struct plain_handler *irq;     /* IRQS of them, once somebody asks for one */
} events;

static enum status home_sleep(void *arg, uint64_t deadline_ticks)
{
    (void)arg;
    events.sleep_deadline_ticks = deadline_ticks;
    if (events.calls)
        return sys_wait(deadline_ticks);
    __atomic_store_n(&rt.page->disabled, 1, __ATOMIC_RELAXED);
    enum status s = sys_wait(deadline_ticks);
    __atomic_store_n(&rt.page->disabled, 0, __ATOMIC_RELEASE);
    return s;
}

static void home_ring(void *arg, struct channel *c)
{
    (void)arg;
    /* A bell that is gone means a peer that is gone: the channel will say so. */
    enum status ignored = c->bell ? sys_doorbell_ring((capref_t)c->bell) : OK;
    (void)ignored;
}

const struct urpc_home event_home = {.sleep = home_sleep, .ring = home_ring};

static void events_start(void)
{
    if (events.ready)
        return;
    events.ready = true;
    wait_set_init(&events.set, events.first, ROOM_FIRST, &event_home, 0);
    events.wakeups_seen = rt.page->wakeups;
}

static enum status room_double(void)
{
    struct wait_set *set = &events.set;
    struct wait_entry *room = heap_alloc(&rt.heap, set->capacity * 2 * sizeof *room);

    if (!room)
        return E_NO_MEMORY;
    memcpy(room, set->entry, set->count * sizeof *room);
    if (set->entry != events.first)
        heap_free(&rt.heap, set->entry);
    set->entry = room;
    set->capacity *= 2;
    return OK;
}

enum status event_channel_add(struct channel *c, void (*fn)(void *arg, struct channel *c),
                              void *arg)
{
    events_start();
    struct channel_handler *handler = heap_alloc(&rt.heap, sizeof *handler);
    if (!handler)
        return E_NO_MEMORY;
    *handler = (struct channel_handler){fn, arg};
    enum status s = wait_set_add(&events.set, c, handler);
    if (s == E_LIMIT && room_double() == OK)
        s = wait_set_add(&events.set, c, handler);
    if (s != OK)
        heap_free(&rt.heap, handler);
    return s;
}

void event_channel_remove(struct channel *c)
{
    struct wait_set *set = &events.set;

    for (size_t i = 0; i < set->count; i++)
        if (set->entry[i].channel == c) {
            heap_free(&rt.heap, set->entry[i].cookie);
            break;
        }
    enum status ignored = wait_set_remove(set, c);
    (void)ignored; /* removing what is not there is what was asked for */
}

enum status event_irq_add(unsigned bit, void (*fn)(void *arg), void *arg)
{
    events_start();
    if (bit >= IRQS)
        return E_ARGUMENT;
    if (!events.irq)
        events.irq = heap_alloc_zeroed(&rt.heap, IRQS * sizeof *events.irq);
    if (!events.irq)
        return E_NO_MEMORY;
    if (events.irq[bit].fn)
        return E_EXISTS;
    events.irq[bit] = (struct plain_handler){fn, arg};
    return OK;
}

enum status event_wake_add(void (*fn)(void *arg), void *arg)
{
    events_start();
    if (events.wake_count == WAKES_MAX)
        return E_LIMIT;
    events.wake[events.wake_count++] = (struct plain_handler){fn, arg};
    return OK;
}

void event_calls_set(void)
{
    events_start();
    events.calls = true;
}

bool event_deadline_open(void)
{
    return events.sleep_deadline_ticks != UINT64_MAX;
}

void event_poll_set(uint64_t poll_ticks)
{
    events_start();
    events.set.poll_ticks = poll_ticks;
}

/* Interrupts and bare wake-ups. True: there was one. */
static bool events_take(void)
{
    uint64_t bits = __atomic_exchange_n(&rt.page->irq_bits, 0, __ATOMIC_ACQUIRE);
    uint64_t wakeups = __atomic_load_n(&rt.page->wakeups, __ATOMIC_RELAXED);
    bool woken = wakeups != events.wakeups_seen;

    events.wakeups_seen = wakeups;
    if (woken)
        for (uint32_t i = 0; i < events.wake_count; i++)
            events.wake[i].fn(events.wake[i].arg);
    for (uint64_t left = bits; left && events.irq; left &= left - 1) {
        struct plain_handler *h = &events.irq[__builtin_ctzll(left)];
        if (h->fn)
            h->fn(h->arg);
    }
    return bits || (woken && events.wake_count);
}

static void handler_call(const struct wait_entry *ready)
{
    struct channel_handler handler = *(struct channel_handler *)ready->cookie;
    handler.fn(handler.arg, ready->channel);
}

enum status event_wait(uint64_t deadline_ticks)
{
    struct wait_entry ready;

    events_start();
    bool taken = events_take();
    enum status s = wait_set_poll(&events.set, &ready);
    if (s != OK && !taken)
        s = wait_set_wait(&events.set, deadline_ticks, &ready);
    if (s == OK)
        handler_call(&ready);
    if (events_take() || taken || s == OK)
        return OK;
    return s == E_TIMEOUT ? E_TIMEOUT : OK;
}

void event_idle(void)
{
    enum status s = event_wait(UINT64_MAX);
    (void)s; /* without a deadline it only comes back when something happened */
}
