/* The machine under the capability operations (ops/ops.h): system calls for their effects, routes
 * for their messages; and what binds channels with them: the frames that this monitor made for its
 * domains, and the landings.
 *
 * A frame of ours: made, given to a domain here, transferred to the other end's core. It is freed
 * when no other core holds it and no domain here has a copy: until then the monitor's own copy,
 * which nobody uses, is the anchor (rule 8). A landing: where a granted frame lies until the
 * message that says what it is for (MON_CONNECT, MON_CONNECTED) comes behind it on the same route.
 * Room for all of it is taken at the start. */
#include <rt/log.h>
#include <rt/memory.h>
#include <rt/rt.h>
#include <rt/syscall.h>

#include "monitor.h"
#include "ops/ops.h"

#define SPARE 64u /* frames, landings, transfers besides those for each core's client */
#define SLOT_RUN 64u

struct own_frame {
    struct ram_object object;
    bool used, given;
};

struct landing {
    struct region_key key;
    capref_t slot;
    uint64_t token;
    uint32_t owner;
    bool used;
};

struct grants {
    struct ops ops;
    capref_t *marker; /* [limits.holders] slots */
    struct own_frame *frame;
    struct landing *landing;
    uint32_t frame_limit, landing_limit;
};

static struct own_frame *frame_find(struct grants *g, uint64_t base, uint64_t bytes)
{
    for (uint32_t i = 0; i < g->frame_limit; i++)
        if (g->frame[i].used && g->frame[i].object.base == base &&
            g->frame[i].object.bytes == bytes)
            return &g->frame[i];
    return NULL;
}

static void frame_settle(struct grants *g, struct own_frame *f)
{
    const struct ram_object *o = &f->object;
    struct region_key k = {o->base, o->bytes, 0, CAP_FRAME};
    uint64_t copies = 0, descendants = 0;

    if (!f->given || holders_region_shared(&g->ops.holders, &k))
        return;
    if (sys_monitor_count(SLOT_MONITOR, o->base, o->bytes, CAP_FRAME, 0, &copies, &descendants) !=
            OK ||
        copies > 1 || descendants)
        return;
    ram_free(&rt.ram, &f->object);
    f->used = false;
}

enum status grant_frame_make(struct monitor *m, uint64_t bytes, struct ram_object *frame)
{
    struct grants *g = m->grants;
    enum status s;

    for (uint32_t i = 0; i < g->frame_limit; i++)
        if (!g->frame[i].used) {
            s = ram_alloc_frame(&rt.ram, bytes, frame);
            if (s == OK)
                g->frame[i] = (struct own_frame){.object = *frame, .used = true};
            return s;
        }
    return E_LIMIT;
}

void grant_frame_given(struct monitor *m, const struct ram_object *frame)
{
    struct own_frame *f = frame_find(m->grants, frame->base, frame->bytes);

    if (!f)
        return;
    f->given = true;
    frame_settle(m->grants, f);
}

enum status grant_send(struct monitor *m, uint32_t core, const struct ram_object *frame,
                       uint64_t token)
{
    struct cap_description d = {.base = frame->base,
                                .bytes = frame->bytes,
                                .type = CAP_FRAME,
                                .rights = RIGHT_READ,
                                .owner = (uint16_t)m->core};

    return core == m->core ? OK : ops_transfer(&m->grants->ops, core, &d, token);
}

static struct landing *landing_find(struct grants *g, uint32_t owner, uint64_t base, uint64_t token)
{
    for (uint32_t i = 0; i < g->landing_limit; i++) {
        struct landing *l = &g->landing[i];
        if (l->used && l->owner == owner && l->token == token && l->key.base == base)
            return l;
    }
    return NULL;
}

enum status grant_place(struct monitor *m, uint32_t owner, uint64_t base, uint64_t bytes,
                        uint64_t token, uint64_t place)
{
    struct grants *g = m->grants;
    const struct own_frame *own = frame_find(g, base, bytes);
    const struct landing *l = landing_find(g, owner, base, token);
    capref_t from = l ? l->slot : 0;

    if (owner == m->core)
        from = own ? own->object.cap : 0;
    else if (l && l->key.bytes != bytes)
        return E_PROTOCOL;
    return from ? sys_cap_mint(capref_in(0, from), place, RIGHT_READ, 0, 0, 0) : E_NO_CAP;
}

void grant_leave(struct monitor *m, uint32_t owner, uint64_t base, uint64_t token)
{
    struct landing *l = landing_find(m->grants, owner, base, token);

    if (!l)
        return;
    slot_delete(&rt.slots, l->slot);
    l->used = false;
    ops_deleted(&m->grants->ops, &l->key);
}

void grant_channel_left(struct monitor *m, const struct end *e)
{
    struct region_key peer = {e->peer_frame, e->peer_bytes, 0, CAP_FRAME};
    struct own_frame *own = frame_find(m->grants, e->own_frame, e->own_bytes);
    struct own_frame *local = frame_find(m->grants, e->peer_frame, e->peer_bytes);

    if (e->peer_core != m->core)
        ops_deleted(&m->grants->ops, &peer);
    if (own)
        frame_settle(m->grants, own);
    if (e->peer_core == m->core && local)
        frame_settle(m->grants, local);
}

void grant_domain_ended(struct monitor *m)
{
    struct grants *g = m->grants;

    ops_deleted_any(&g->ops);
    for (uint32_t i = 0; i < g->frame_limit; i++)
        if (g->frame[i].used)
            frame_settle(g, &g->frame[i]);
}

void grant_message(struct monitor *m, const struct urpc_message *message)
{
    uint64_t dropped = m->grants->ops.dropped;

    ops_message(&m->grants->ops, message);
    if (m->grants->ops.dropped != dropped)
        log_line("message %s names nothing that is open here",
                 protocol_message_name(monitor_protocol(), message->type));
}

static void host_send(void *arg, const struct urpc_message *message)
{
    route_send(arg, message);
}

/* Grants are of untagged frames so far: a tag's marker needs a copy of that tag to be entered
 * by. */
static enum status host_mark(void *arg, const struct region_key *k, uint32_t row)
{
    struct monitor *m = arg;
    const struct own_frame *f = frame_find(m->grants, k->base, k->bytes);

    if (!f)
        return E_NO_CAP;
    if (k->tag)
        return E_UNSUPPORTED;
    return sys_monitor_mark(SLOT_MONITOR, capref_in(0, m->grants->marker[row]),
                            capref_in(0, f->object.cap), row);
}

static void host_unmark(void *arg, const struct region_key *k, uint32_t row)
{
    const struct monitor *m = arg;

    if (sys_cap_delete(capref_in(0, m->grants->marker[row])) != OK)
        log_line("the marker of %lx cannot be deleted", (unsigned long)k->base);
}

static enum status host_accept(void *arg, const struct cap_description *d, uint64_t token)
{
    struct grants *g = ((struct monitor *)arg)->grants;
    struct landing *l = NULL;
    capref_t slot;
    enum status s;

    for (uint32_t i = 0; i < g->landing_limit && !l; i++)
        if (!g->landing[i].used)
            l = &g->landing[i];
    if (!l)
        return E_LIMIT;
    s = slot_alloc(&rt.slots, &slot);
    if (s != OK)
        return s;
    s = sys_monitor_accept(SLOT_MONITOR, capref_in(0, slot), d);
    if (s != OK) {
        slot_free(&rt.slots, slot);
        return s;
    }
    *l = (struct landing){.key = {d->base, d->bytes, d->tag, d->type},
                          .slot = slot,
                          .token = token,
                          .owner = d->owner,
                          .used = true};
    return OK;
}

/* Parts and mappings hold the region as copies do. A tag that this core mints would count with
 * the untagged; nobody can put one on what is granted (host_mark; it goes without the right to
 * revoke). */
static uint32_t host_count(void *arg, const struct region_key *k)
{
    uint64_t copies = 0, descendants = 0;

    (void)arg;
    if (sys_monitor_count(SLOT_MONITOR, k->base, k->bytes, (enum cap_type)k->type, k->tag, &copies,
                          &descendants) != OK)
        return 0;
    return (uint32_t)(copies + descendants);
}

static void host_finished(void *arg, uint64_t token, enum status s)
{
    bind_granted(arg, (uint32_t)token, s);
}

static void host_unshared(void *arg, const struct region_key *k)
{
    struct monitor *m = arg;
    struct own_frame *f = frame_find(m->grants, k->base, k->bytes);

    if (f)
        frame_settle(m->grants, f);
}

static const struct ops_host host = {
    .send = host_send,
    .mark = host_mark,
    .unmark = host_unmark,
    .accept = host_accept,
    .count = host_count,
    .finished = host_finished,
    .unshared = host_unshared,
};

static enum status markers_reserve(struct grants *g, uint32_t limit)
{
    for (uint32_t i = 0; i < limit; i += SLOT_RUN) {
        capref_t first;
        enum status s = slot_alloc_run(&rt.slots, SLOT_RUN, &first);
        if (s != OK)
            return s;
        for (uint32_t k = 0; k < SLOT_RUN; k++)
            g->marker[i + k] = first + k;
    }
    return OK;
}

enum status grants_start(struct monitor *m)
{
    uint32_t each = m->core_count + SPARE;
    struct ops_limits limits = {.core_count = m->core_count,
                                .holders = (uint32_t)round_up(2 * each, SLOT_RUN),
                                .foreign = 2 * each,
                                .transfers = each};
    struct grants *g = heap_alloc_zeroed(&rt.heap, sizeof(*g));
    void *memory = heap_alloc_zeroed(&rt.heap, ops_bytes(&limits));

    if (!g || !memory)
        return E_NO_MEMORY;
    g->frame_limit = 2 * each;
    g->landing_limit = each;
    g->marker = heap_alloc_zeroed(&rt.heap, sizeof(*g->marker) * limits.holders);
    g->frame = heap_alloc_zeroed(&rt.heap, sizeof(*g->frame) * g->frame_limit);
    g->landing = heap_alloc_zeroed(&rt.heap, sizeof(*g->landing) * g->landing_limit);
    if (!g->marker || !g->frame || !g->landing)
        return E_NO_MEMORY;
    ops_init(&g->ops, m->core, &limits, &host, m, memory);
    m->grants = g;
    return markers_reserve(g, limits.holders);
}
