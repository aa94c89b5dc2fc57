/* Memory that vanishes (DESIGN 12.8): the frames of a channel belong to somebody else, who may
 * take them back at any time. A touch then finds nothing mapped: the fault is answered by private
 * zero pages in place of the frame, and the channel is dead. Nothing of this runs unless a touch
 * fails. peer_copy is for whoever reads the other side's memory: it tells whether all of it was
 * there.
 *
 * The handler runs on the fault entry: the interrupted thread was reading or writing a channel,
 * which none of the runtime's allocators does. */
#include <rt/event.h>
#include <rt/fault.h>
#include <rt/layout.h>
#include <rt/memory.h>
#include <rt/rt.h>
#include <rt/space.h>
#include <rt/string.h>

#include "channels.h"

static struct {
    struct service_channel *first;
    bool handled;
} channels;

static bool holds(const void *at, uint64_t bytes, uint64_t address)
{
    return at && address >= (uint64_t)at && address - (uint64_t)at < bytes;
}

/* A zero page where something of the frame was. The first time all that the space remembers of
 * the frame goes. */
static bool page_replace(uint64_t at, uint64_t bytes, bool *gone, uint64_t address, uint32_t flags)
{
    if (!*gone && space_unmap(&rt.space, at, round_up(bytes, PAGE_BYTES), NULL, NULL) != OK)
        return false;
    *gone = true;
    return memory_map(round_down(address, PAGE_BYTES), PAGE_BYTES, flags) == OK;
}

static bool fault_take(void *arg, const struct fault *f)
{
    struct service_channel *c = channels.first;
    bool own = false;

    (void)arg;
    for (; c; c = c->next) {
        own = holds(c->own, c->own_bytes, f->address);
        if (own || holds(c->peer, c->peer_bytes, f->address))
            break;
    }
    if (!c)
        return false;
    if (!own && f->kind == FAULT_WRITE)
        return false; /* never ours to write: a mistake in this program */
    channel_kill(&c->channel, E_PEER);
    if (own)
        return page_replace((uint64_t)c->own, c->own_bytes, &c->own_gone, f->address,
                            MAP_READ | MAP_WRITE);
    return page_replace((uint64_t)c->peer, c->peer_bytes, &c->peer_gone, f->address, MAP_READ);
}

void channels_add(struct service_channel *c)
{
    c->next = channels.first;
    channels.first = c;
    if (channels.handled)
        return;
    channels.handled = fault_handler_add(LAYOUT_DYNAMIC, LAYOUT_WIDE_END, fault_take, NULL) == OK;
}

static void frame_leave(const void *at, uint64_t bytes, bool gone)
{
    uint64_t whole = round_up(bytes, PAGE_BYTES);

    if (!at)
        return;
    if (!gone)
        frame_unmap(at, bytes);
    else if (memory_unmap((uint64_t)at, whole) == OK)
        address_put((uint64_t)at, whole);
}

void channels_remove(struct service_channel *c)
{
    struct service_channel **at = &channels.first;

    while (*at && *at != c)
        at = &(*at)->next;
    if (*at)
        *at = c->next;
    frame_leave(c->own, c->own_bytes, c->own_gone);
    frame_leave(c->peer, c->peer_bytes, c->peer_gone);
    c->own = NULL;
    c->peer = NULL;
    c->own_gone = c->peer_gone = false;
}

void channels_gone(capref_t first)
{
    for (struct service_channel *c = channels.first; c; c = c->next)
        if (c->own_frame == first)
            channel_kill(&c->channel, E_PEER);
}

enum status peer_copy(void *to, struct service_channel *c, uint64_t offset, uint64_t bytes)
{
    if (offset > c->peer_bytes || bytes > c->peer_bytes - offset)
        return E_RANGE;
    if (channel_dead(&c->channel))
        return E_PEER;
    memcpy(to, (const char *)c->peer + offset, bytes);
    __atomic_signal_fence(__ATOMIC_SEQ_CST); /* the fault entry may have killed it */
    return channel_dead(&c->channel) ? E_PEER : OK;
}
