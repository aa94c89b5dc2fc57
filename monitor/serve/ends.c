/* The ends of channels that domains of this core hold (struct end): what each took of this
 * monitor, so that all of it comes back when the channel is left or its domain has ended, and
 * whoever holds the other end hears of it.
 *
 *   domain               its monitor                  monitor of the other end     the other domain
 *     |-- NOTE_LEAVE ---->|--- MON_GONE --------------------->|-- NOTE_GONE ------------>|
 *     |   (or it ends)    |--- MON_RELEASE (its frame) ------>|<------------ NOTE_LEAVE --|
 *
 * A channel is named by the frame of the one who is told. That frame cannot be another channel's
 * meanwhile: it is free only after the RELEASE, which comes behind the MON_GONE. */
#include <rt/log.h>
#include <rt/rt.h>
#include <rt/syscall.h>

#include "monitor.h"

#define ENDS_SPARE 64u

enum status ends_start(struct monitor *m)
{
    m->end_limit = 2 * (m->core_count + ENDS_SPARE);
    m->end = heap_alloc_zeroed(&rt.heap, sizeof(*m->end) * m->end_limit);
    return m->end ? OK : E_NO_MEMORY;
}

struct end *end_free(struct monitor *m)
{
    for (uint32_t i = 0; i < m->end_limit; i++)
        if (!m->end[i].used)
            return &m->end[i];
    return NULL;
}

/* The other side, if it does not know yet. */
static void gone_tell(struct monitor *m, const struct end *e)
{
    if (!e->peer_gone)
        ends_gone_send(m, e->peer_core, e->peer_frame);
}

void ends_gone_send(struct monitor *m, uint32_t core, uint64_t frame)
{
    ROUTE(m, MON_GONE, mon_gone, .to = (uint16_t)core, .from = (uint16_t)m->core, .frame = frame);
}

void ends_gone(struct monitor *m, const struct msg_mon_gone *g)
{
    for (uint32_t i = 0; i < m->end_limit; i++) {
        struct end *e = &m->end[i];
        if (!e->used || e->own_frame != g->frame || e->peer_core != g->from || e->peer_gone)
            continue;
        e->peer_gone = true;
        struct msg_parent_note n = {.kind = NOTE_GONE, .word = {e->first}};
        child_tell(&m->child[e->child], &n);
        return;
    }
}

/* Three slots of a child that is done with its channel; the frames' mappings are its own affair:
 * while it keeps one the frame is kept. */
static void slots_empty(const struct child *c, capref_t first)
{
    for (capref_t i = 0; i < CHANNEL_SLOTS; i++) {
        enum status ignored = sys_cap_delete(capref_in(c->domain.cspace, first + i));
        (void)ignored; /* it may have emptied them itself */
    }
}

void ends_leave(struct monitor *m, struct child *c, uint64_t first)
{
    uint32_t index = child_index(m, c);

    for (uint32_t i = 0; i < m->end_limit; i++) {
        struct end *e = &m->end[i];
        if (!e->used || e->child != index || e->first != first)
            continue;
        slots_empty(c, e->first);
        bind_bell_unbind(m, e->peer_core, e->bell);
        gone_tell(m, e);
        e->used = false;
        if (c->offered_count < c->offered_limit)
            c->offered[c->offered_count++] = e->first;
        grant_channel_left(m, e);
        return;
    }
}

void ends_child_over(struct monitor *m, const struct child *c)
{
    uint32_t index = child_index(m, c);

    for (uint32_t i = 0; i < m->end_limit; i++) {
        struct end *e = &m->end[i];
        if (!e->used || e->child != index)
            continue;
        gone_tell(m, e);
        e->used = false;
    }
}
