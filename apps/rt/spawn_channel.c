/* spawn_channel.c: the channel between a spawner and its child. Both frames are the spawner's, so
 * that the end of the child
 * takes nothing from under it. Slots of the child: SLOT_MONITOR_CHANNEL + 0 its own ring, + 1
 * ours, + 2 the bell that wakes us. */
#include "rt/event.h"
#include "rt/memory.h"
#include "rt/rt.h"
#include "rt/syscall.h"
#include "spawn_build.h"

/* One direction: written by the side that has it read-write. */
static enum status child_map(struct build *b, capref_t frame, uint64_t va, uint32_t slot,
                             bool writable)
{
    uint32_t rights = RIGHT_READ | (writable ? RIGHT_WRITE : 0u);
    enum status s = spawn_give(b, frame, slot, rights, b->domain->tag);

    if (s == OK)
        s = space_map(&b->space, va, frame, 0, LAYOUT_PARENT_BYTES, rights);
    return s;
}

static enum status bells_make(struct build *b)
{
    capref_t bell;
    enum status s = slot_alloc(&rt.slots, &bell);

    if (s != OK)
        return s;
    s = sys_bell_local(b->domain->dispatcher, capref_in(0, bell));
    if (s != OK) {
        slot_free(&rt.slots, bell);
        return s;
    }
    b->domain->bell = bell;
    return sys_bell_local(SLOT_DISPATCHER, capref_in(b->cspace, SLOT_MONITOR_CHANNEL + 2));
}

enum status spawn_channel_make(struct build *b)
{
    struct domain *d = b->domain;
    void *at;
    enum status s = frame_make(LAYOUT_PARENT_BYTES, &d->tx, &at);

    if (s == OK) {
        d->tx_at = at;
        s = frame_make(LAYOUT_PARENT_BYTES, &d->rx, &at);
    }
    if (s == OK) {
        d->rx_at = at;
        s = child_map(b, d->rx.cap, LAYOUT_PARENT_TX, SLOT_MONITOR_CHANNEL, true);
    }
    if (s == OK)
        s = child_map(b, d->tx.cap, LAYOUT_PARENT_RX, SLOT_MONITOR_CHANNEL + 1, false);
    if (s == OK)
        s = bells_make(b);
    if (s != OK)
        return s;
    struct channel_binding binding = {
        .tx = d->tx_at,
        .rx = d->rx_at,
        .bytes = LAYOUT_PARENT_BYTES,
        .protocol = parent_protocol(),
        .home = &event_home,
        .bell = d->bell,
    };
    return channel_init(&d->channel, &binding);
}
