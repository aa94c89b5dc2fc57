/* Channels between domains, on one core or across two. The client's monitor asks for the name, grants the client's frame to the server's
 * core, is granted the server's frame in return, and hands both and a bell to the client; the server's monitor likewise.
 *
 *   call:  FREE --bind--> LOOKUP --found--> CONNECT --connected--> FREE (client told)
 *                           \--not found--> FREE (client told)  \--refused--> FREE (client told)
 *
 * Grants keep PROTOCOL rules 2, 3 in their smallest form: the marker is entered before the grant is sent, the target answers at
 * once. A capability is accepted only from its owner's monitor. */
#include <rt/log.h>
#include <rt/memory.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>

#include "monitor.h"

#define OP_INDEX 0xffffu

static uint32_t call_op(const struct monitor *m, const struct call *c)
{
    return (uint32_t)(c - m->call) | (uint32_t)c->generation << 16;
}

static struct call *call_begin(struct monitor *m, enum call_kind kind, struct child *child,
                               uint32_t request)
{
    for (uint32_t i = 0; i < MONITOR_CALLS_MAX; i++)
        if (m->call[i].kind == CALL_FREE) {
            m->call[i] = (struct call){.kind = kind, .generation = ++m->next_generation,
                                       .child = child_index(m, child), .request = request};
            return &m->call[i];
        }
    return NULL;
}

/* The open call that an answer names; answers to anything else are dropped (rule 18). */
static struct call *call_find(struct monitor *m, uint32_t op, enum call_kind kind)
{
    struct call *c = &m->call[op & OP_INDEX & (MONITOR_CALLS_MAX - 1)];

    return (op & OP_INDEX) < MONITOR_CALLS_MAX && c->kind == kind &&
                   c->generation == (uint16_t)(op >> 16)
               ? c
               : NULL;
}

static void tell(struct child *c, uint32_t kind, uint32_t request, uint64_t word0, uint64_t word1)
{
    struct msg_parent_note n = {.kind = kind, .number = request, .word = {word0, word1}};

    child_tell(c, &n);
}

void register_request(struct monitor *m, struct child *c, uint32_t request, const char *name)
{
    struct call *call = call_begin(m, CALL_REGISTER, c, request);

    if (!call) {
        tell(c, NOTE_REGISTERED, request, E_BUSY, 0);
        return;
    }
    struct msg_mon_register r = {.to = 0, .from = (uint16_t)m->core, .op = call_op(m, call),
                                 .domain = child_index(m, c)};
    text_set(r.name, sizeof(r.name), name);
    ROUTE_BODY(m, MON_REGISTER, mon_register, r);
}

void bind_request(struct monitor *m, struct child *c, uint32_t request, uint64_t bulk_bytes,
                  const char *name)
{
    struct call *call = call_begin(m, CALL_LOOKUP, c, request);

    if (!call) {
        tell(c, NOTE_BOUND, request, E_BUSY, 0);
        return;
    }
    call->bulk_bytes = bulk_bytes;
    struct msg_mon_lookup l = {.to = 0, .from = (uint16_t)m->core, .op = call_op(m, call)};
    text_set(l.name, sizeof(l.name), name);
    ROUTE_BODY(m, MON_LOOKUP, mon_lookup, l);
}

/* A bell of `core` to one of our domains: bound here, to be made there. 15: none is free. */
static uint32_t bell_bind(struct monitor *m, uint32_t core, const struct child *c)
{
    struct core_entry *e = &m->cores[core];

    if (core == m->core)
        return 0;
    for (uint32_t b = 1; b < BELLS_PER_LINE; b++)
        if (!(e->bells & 1u << b)) {
            if (sys_monitor_bell_bind(SLOT_MONITOR, core, b,
                                      capref_in(0, c->domain.dispatcher)) != OK)
                return BELLS_PER_LINE;
            e->bells |= (uint16_t)(1u << b);
            return b;
        }
    return BELLS_PER_LINE;
}

/* A frame of ours that a domain writes and a domain on `core` reads. */
static enum status frame_grant(struct monitor *m, uint32_t core, uint64_t bytes,
                               struct ram_object *frame)
{
    capref_t marker;
    enum status s = ram_alloc_frame(&rt.ram, bytes, frame);

    if (s != OK || core == m->core)
        return s;
    s = slot_alloc(&rt.slots, &marker);
    if (s != OK)
        return E_NO_MARKER;
    return sys_monitor_mark(SLOT_MONITOR, capref_in(0, marker), capref_in(0, frame->cap), core);
}

/* The peer's frame, read-only, in a slot of a child. On one core it is a copy; from another, what its owner granted. */
static enum status frame_accept(struct monitor *m, struct child *c, capref_t to, uint32_t owner,
                                uint64_t base, uint64_t bytes)
{
    uint64_t place = capref_in(c->domain.cspace, to);
    struct cap_description d = {.base = base, .bytes = bytes, .type = CAP_FRAME,
                                .rights = RIGHT_READ, .owner = (uint16_t)owner};

    if (owner != m->core)
        return sys_monitor_accept(SLOT_MONITOR, place, &d);
    for (uint32_t i = 0; i < MONITOR_LOCAL_FRAMES_MAX; i++)
        if (m->local_frame[i].base == base && m->local_frame[i].bytes == bytes)
            return sys_cap_mint(capref_in(0, m->local_frame[i].cap), place, RIGHT_READ, 0, 0, 0);
    return E_NOT_FOUND;
}

/* Frames of this core that both ends of a local channel need: remembered from grant to accept. */
static void local_frame_note(struct monitor *m, const struct ram_object *frame)
{
    m->local_frame[m->local_frame_next++ % MONITOR_LOCAL_FRAMES_MAX] = *frame;
}

/* A bell to wake the other end, in a slot of a child. */
static enum status bell_give(struct monitor *m, struct child *c, capref_t to, uint32_t core,
                             uint32_t bell, const struct child *local_peer)
{
    uint64_t place = capref_in(c->domain.cspace, to);

    if (core != m->core)
        return sys_monitor_bell_make(SLOT_MONITOR, core, bell, place);
    return local_peer ? sys_bell_local(local_peer->domain.dispatcher, place) : E_NOT_FOUND;
}

/* Three offered slots: own frame, peer's frame, bell. */
static enum status channel_give(struct monitor *m, struct child *c, const struct ram_object *own,
                                uint32_t core, uint64_t peer_base, uint64_t peer_bytes,
                                uint32_t bell, const struct child *local_peer, capref_t *first)
{
    enum status s;

    if (!c->offered_count)
        return E_NO_SLOT;
    *first = c->offered[c->offered_count - 1];
    s = sys_cap_mint(capref_in(0, own->cap), capref_in(c->domain.cspace, *first),
                     RIGHT_READ | RIGHT_WRITE | RIGHT_GRANT, 0, 0, 0);
    if (s == OK)
        s = frame_accept(m, c, *first + 1, core, peer_base, peer_bytes);
    if (s == OK)
        s = bell_give(m, c, *first + 2, core, bell, local_peer);
    if (s == OK)
        c->offered_count--;
    return s;
}

static void bind_fail(struct monitor *m, struct call *call, enum status s)
{
    struct child *c = &m->child[call->child];

    call->kind = CALL_FREE;
    tell(c, NOTE_BOUND, call->request, s, 0);
}

/* The service was found: grant it the client's frame. */
static void connect_send(struct monitor *m, struct call *call, const struct msg_mon_named *n)
{
    struct child *c = &m->child[call->child];
    uint32_t bell = bell_bind(m, n->core, c);
    enum status s = bell < BELLS_PER_LINE ? OK : E_LIMIT;

    if (s == OK)
        s = frame_grant(m, n->core, URPC_FRAME_BYTES + call->bulk_bytes, &call->frame);
    if (s != OK) {
        bind_fail(m, call, s);
        return;
    }
    local_frame_note(m, &call->frame);
    call->kind = CALL_CONNECT;
    call->core = n->core;
    call->server = n->domain;
    ROUTE(m, MON_CONNECT, mon_connect, .to = (uint16_t)n->core, .from = (uint16_t)m->core,
          .op = call_op(m, call), .frame = call->frame.base,
          .bytes = (uint32_t)call->frame.bytes, .bell = bell, .domain = n->domain,
          .client = call->child, .lines = m->cores[m->core].lines,
          .hardware_id = m->cores[m->core].hardware_id);
}

void bind_named(struct monitor *m, const struct msg_mon_named *n)
{
    struct call *call = call_find(m, n->op, CALL_LOOKUP);

    if (call) {
        if (n->status == OK && n->core < m->core_count)
            connect_send(m, call, n);
        else
            bind_fail(m, call, n->status == OK ? E_PROTOCOL : (enum status)n->status);
        return;
    }
    call = call_find(m, n->op, CALL_REGISTER);
    if (!call)
        return;
    call->kind = CALL_FREE;
    tell(&m->child[call->child], NOTE_REGISTERED, call->request, n->status, 0);
}

/* Server's side: take the client's frame, grant one in return. */
static enum status connect_accept(struct monitor *m, const struct msg_mon_connect *c,
                                  struct ram_object *frame, uint32_t *bell)
{
    struct child *server = c->domain < MONITOR_DOMAINS_MAX ? &m->child[c->domain] : NULL;
    const struct child *client =
        c->from == m->core && c->client < MONITOR_DOMAINS_MAX ? &m->child[c->client] : NULL;
    capref_t first;
    enum status s;

    if (!server || !server->used)
        return E_PEER;
    link_peer(m, c->from, c->hardware_id, c->lines);
    *bell = bell_bind(m, c->from, server);
    if (*bell >= BELLS_PER_LINE)
        return E_LIMIT;
    s = frame_grant(m, c->from, URPC_FRAME_BYTES, frame);
    if (s != OK)
        return s;
    local_frame_note(m, frame);
    s = channel_give(m, server, frame, c->from, c->frame, c->bytes, c->bell, client, &first);
    if (s == OK)
        tell(server, NOTE_ACCEPTED, 0, c->from, first);
    return s;
}

void bind_connect(struct monitor *m, const struct msg_mon_connect *c)
{
    struct ram_object frame = {0};
    uint32_t bell = 0;
    enum status s = c->from < m->core_count ? connect_accept(m, c, &frame, &bell) : E_PROTOCOL;

    ROUTE(m, MON_CONNECTED, mon_connected, .to = c->from, .from = (uint16_t)m->core, .op = c->op,
          .status = (uint32_t)s, .frame = frame.base, .bytes = (uint32_t)frame.bytes,
          .bell = bell, .lines = m->cores[m->core].lines,
          .hardware_id = m->cores[m->core].hardware_id);
}

void bind_connected(struct monitor *m, const struct msg_mon_connected *r)
{
    struct call *call = call_find(m, r->op, CALL_CONNECT);
    struct child *c = call ? &m->child[call->child] : NULL;
    const struct child *server = NULL;
    capref_t first = 0;
    enum status s = (enum status)r->status;

    if (!call || r->from != call->core)
        return;
    if (r->from == m->core)
        server = &m->child[call->server];
    if (s == OK && !c->used)
        s = E_PEER;
    if (s == OK) {
        link_peer(m, r->from, r->hardware_id, r->lines);
        s = channel_give(m, c, &call->frame, r->from, r->frame, r->bytes, r->bell, server, &first);
    }
    if (r->from != m->core && r->status == OK)
        ROUTE(m, MON_TAKEN, mon_taken, .to = r->from, .from = (uint16_t)m->core, .op = r->op,
              .frame = r->frame, .holds = s == OK);
    call->kind = CALL_FREE;
    tell(c, NOTE_BOUND, call->request, s, first);
}

void bind_taken(struct monitor *m, const struct msg_mon_taken *t)
{
    (void)m;
    if (!t->holds)
        log_line("core %u refused a frame at %lx", t->from, t->frame);
}
