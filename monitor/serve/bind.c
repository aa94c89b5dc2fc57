/* Channels between domains, on one core or across two. The client's monitor asks for the name,
 * grants the client's frame to the server's core, is granted the server's frame in return, and
 * hands both and a bell to the client; the server's monitor likewise.
 *
 *   call:  FREE --bind--> LOOKUP --found--> GRANT --sent--> CONNECT --connected--> FREE
 *   and from each of them to FREE: not found, no marker, refused. The client is told each time.
 *
 * Each side's frame goes by a transfer (ops/transfer.h) whose token is the call's op; MON_CONNECT
 * and MON_CONNECTED follow it on the same route, so they find it landed (serve/grant.c), or it was
 * refused and so are they. */
#include <rt/log.h>
#include <rt/memory.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>

#include "monitor.h"

#define OP_INDEX 0xffffu
/* Token of the server's frame: the call's op, and that it comes in answer. */
#define GRANT_ANSWER (1ull << 32)

static uint32_t call_op(const struct monitor *m, const struct call *c)
{
    return (uint32_t)(c - m->call) | (uint32_t)c->generation << 16;
}

static struct call *call_begin(struct monitor *m, enum call_kind kind, struct child *child,
                               uint32_t request)
{
    for (uint32_t i = 0; i < MONITOR_CALLS_MAX; i++)
        if (m->call[i].kind == CALL_FREE) {
            m->call[i] = (struct call){.kind = kind,
                                       .generation = ++m->next_generation,
                                       .child = child_index(m, child),
                                       .request = request};
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
    struct msg_mon_register r = {.to = 0,
                                 .from = (uint16_t)m->core,
                                 .op = call_op(m, call),
                                 .domain = child_index(m, c),
                                 .generation = c->domain.tag};
    c->named = true;
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
            if (sys_monitor_bell_bind(SLOT_MONITOR, core, b, capref_in(0, c->domain.dispatcher)) !=
                OK)
                return BELLS_PER_LINE;
            e->bells |= (uint16_t)(1u << b);
            e->bell_child[b] = (uint8_t)child_index(m, c);
            return b;
        }
    return BELLS_PER_LINE;
}

/* It was not needed after all. */
void bind_bell_unbind(struct monitor *m, uint32_t core, uint32_t bell)
{
    if (core == m->core || bell >= BELLS_PER_LINE)
        return;
    m->cores[core].bells &= (uint16_t) ~(1u << bell);
    if (sys_monitor_bell_bind(SLOT_MONITOR, core, bell, 0) != OK)
        log_line("bell %u of core %u stays bound", bell, core);
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

/* The peer's end of a channel. */
struct peer {
    uint32_t core, bell;
    uint64_t frame, bytes, token;
    const struct child *local; /* NULL: on another core */
};

/* Three offered slots: own frame, peer's frame, bell. All or none of them. bell_own: the bell by
 * which the peer's core rings this end. */
static enum status channel_give(struct monitor *m, struct child *c, const struct ram_object *own,
                                const struct peer *p, uint32_t bell_own, capref_t *first)
{
    struct end *e = end_free(m);
    enum status s, ignored;

    if (!e)
        return E_LIMIT;
    if (!c->offered_count)
        return E_NO_SLOT;
    *first = c->offered[c->offered_count - 1];
    s = sys_cap_mint(capref_in(0, own->cap), capref_in(c->domain.cspace, *first),
                     RIGHT_READ | RIGHT_WRITE | RIGHT_GRANT, 0, 0, 0);
    if (s != OK)
        return s;
    s = grant_place(m, p->core, p->frame, p->bytes, p->token,
                    capref_in(c->domain.cspace, *first + 1));
    if (s == OK)
        s = bell_give(m, c, *first + 2, p->core, p->bell, p->local);
    if (s == OK) {
        c->offered_count--;
        *e = (struct end){.used = true,
                          .bell = (uint8_t)bell_own,
                          .child = (uint16_t)child_index(m, c),
                          .peer_core = (uint16_t)p->core,
                          .first = *first,
                          .own_frame = own->base,
                          .own_bytes = own->bytes,
                          .peer_frame = p->frame,
                          .peer_bytes = p->bytes};
    }
    for (capref_t i = 0; s != OK && i < 2; i++) {
        ignored = sys_cap_delete(capref_in(c->domain.cspace, *first + i));
        (void)ignored; /* the second may be empty */
    }
    return s;
}

static void bind_fail(struct monitor *m, struct call *call, enum status s)
{
    struct child *c = &m->child[call->child];

    /* In LOOKUP there is none yet; an orphan's went with it and may be another's. */
    if (call->kind != CALL_LOOKUP && !call->orphan)
        bind_bell_unbind(m, call->core, call->bell);
    call->kind = CALL_FREE;
    grant_frame_given(m, &call->frame);
    if (!call->orphan)
        tell(c, NOTE_BOUND, call->request, s, 0);
}

/* Its calls go on without it: what they hold is settled by their answers. A peer that still holds
 * the other end of a bell wakes whoever has it next for nothing, until it has left the channel. */
void bind_child_ended(struct monitor *m, const struct child *c)
{
    for (uint32_t core = 0; core < m->core_count; core++)
        for (uint32_t b = MONITOR_BELL + 1; b < BELLS_PER_LINE; b++)
            if (m->cores[core].bells & 1u << b && m->cores[core].bell_child[b] == child_index(m, c))
                bind_bell_unbind(m, core, b);
    for (uint32_t i = 0; i < MONITOR_CALLS_MAX; i++)
        if (m->call[i].kind != CALL_FREE && m->call[i].child == child_index(m, c))
            m->call[i].orphan = true;
}

/* The transfer of a call's frame is over. After CONNECT is sent its answer is what counts. */
void bind_granted(struct monitor *m, uint32_t op, enum status s)
{
    struct call *call = call_find(m, op, CALL_GRANT);

    if (call && s != OK)
        bind_fail(m, call, s);
}

/* The service was found: grant it the client's frame. */
static void connect_send(struct monitor *m, struct call *call, const struct msg_mon_named *n)
{
    struct child *c = &m->child[call->child];
    uint32_t bell = bell_bind(m, n->core, c);
    uint32_t op = call_op(m, call);
    enum status s = bell < BELLS_PER_LINE ? OK : E_LIMIT;

    if (s == OK)
        s = grant_frame_make(m, URPC_FRAME_BYTES + call->bulk_bytes, &call->frame);
    call->kind = CALL_GRANT;
    call->core = n->core;
    call->server = n->domain;
    call->bell = bell;
    if (s == OK)
        s = grant_send(m, n->core, &call->frame, op);
    if (call_find(m, op, CALL_GRANT) != call)
        return; /* bind_granted has ended it */
    if (s != OK) {
        bind_fail(m, call, s);
        return;
    }
    call->kind = CALL_CONNECT;
    ROUTE(m, MON_CONNECT, mon_connect, .to = (uint16_t)n->core, .from = (uint16_t)m->core,
          .op = call_op(m, call), .frame = call->frame.base, .bytes = (uint32_t)call->frame.bytes,
          .bell = bell, .domain = n->domain, .client = call->child, .generation = n->generation,
          .lines = m->cores[m->core].lines, .hardware_id = m->cores[m->core].hardware_id);
}

void bind_named(struct monitor *m, const struct msg_mon_named *n)
{
    struct call *call = call_find(m, n->op, CALL_LOOKUP);

    if (call) {
        if (call->orphan)
            bind_fail(m, call, E_PEER);
        else if (n->status == OK && n->core < m->core_count)
            connect_send(m, call, n);
        else
            bind_fail(m, call, n->status == OK ? E_PROTOCOL : (enum status)n->status);
        return;
    }
    call = call_find(m, n->op, CALL_REGISTER);
    if (!call)
        return;
    call->kind = CALL_FREE;
    if (!call->orphan)
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

    if (!server || !server->used || server->over || server->domain.tag != c->generation)
        return E_PEER;
    link_peer(m, c->from, c->hardware_id, c->lines);
    *bell = bell_bind(m, c->from, server);
    if (*bell >= BELLS_PER_LINE)
        return E_LIMIT;
    s = grant_frame_make(m, URPC_FRAME_BYTES, frame);
    if (s != OK) {
        bind_bell_unbind(m, c->from, *bell);
        return s;
    }
    struct peer p = {.core = c->from,
                     .bell = c->bell,
                     .frame = c->frame,
                     .bytes = c->bytes,
                     .token = c->op,
                     .local = client};
    s = channel_give(m, server, frame, &p, *bell, &first);
    if (s != OK) {
        bind_bell_unbind(m, c->from, *bell);
        grant_frame_given(m, frame);
        return s;
    }
    s = grant_send(m, c->from, frame, c->op | GRANT_ANSWER);
    grant_frame_given(m, frame);
    if (s == OK)
        tell(server, NOTE_ACCEPTED, 0, c->from, first);
    else
        ends_leave(m, server, first);
    return s;
}

void bind_connect(struct monitor *m, const struct msg_mon_connect *c)
{
    struct ram_object frame = {0};
    uint32_t bell = 0;
    enum status s = c->from < m->core_count ? connect_accept(m, c, &frame, &bell) : E_PROTOCOL;

    grant_leave(m, c->from, c->frame, c->op);

    ROUTE(m, MON_CONNECTED, mon_connected, .to = c->from, .from = (uint16_t)m->core, .op = c->op,
          .status = (uint32_t)s, .frame = frame.base, .bytes = (uint32_t)frame.bytes, .bell = bell,
          .lines = m->cores[m->core].lines, .hardware_id = m->cores[m->core].hardware_id);
}

static enum status connected_take(struct monitor *m, struct call *call,
                                  const struct msg_mon_connected *r, capref_t *first)
{
    struct child *c = &m->child[call->child];
    struct peer p = {.core = r->from,
                     .bell = r->bell,
                     .frame = r->frame,
                     .bytes = r->bytes,
                     .token = r->op | GRANT_ANSWER};

    if (r->status != OK)
        return (enum status)r->status;
    if (call->orphan)
        return E_PEER;
    if (r->from == m->core)
        p.local = &m->child[call->server];
    link_peer(m, r->from, r->hardware_id, r->lines);
    return channel_give(m, c, &call->frame, &p, call->bell, first);
}

void bind_connected(struct monitor *m, const struct msg_mon_connected *r)
{
    struct call *call = call_find(m, r->op, CALL_CONNECT);
    capref_t first = 0;
    enum status s;

    if (call && r->from == call->core) {
        s = connected_take(m, call, r, &first);
        if (s == OK) {
            call->kind = CALL_FREE;
            grant_frame_given(m, &call->frame);
            tell(&m->child[call->child], NOTE_BOUND, call->request, s, first);
        } else {
            if (r->status == OK) /* the server has an end already */
                ends_gone_send(m, r->from, r->frame);
            bind_fail(m, call, s);
        }
    }
    grant_leave(m, r->from, r->frame, r->op | GRANT_ANSWER);
}
