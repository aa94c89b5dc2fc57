/* Links between monitors, and the routing of messages over them. A routed message goes to the
 * link of `via`; a monitor passes on what is not for it in the order in which it came, so order
 * between any two monitors is kept. */
#include <rt/event.h>
#include <rt/log.h>
#include <rt/rt.h>
#include <rt/syscall.h>

#include "monitor.h"

/* From now on that core can be rung and heard. Once: mapping anew would forget rings. */
void link_peer(struct monitor *m, uint32_t core, uint64_t hardware_id, uint64_t lines)
{
    struct core_entry *e = &m->cores[core];

    if (core == m->core || e->peer)
        return;
    e->hardware_id = hardware_id;
    e->lines = lines;
    e->peer = sys_monitor_peer(SLOT_MONITOR, core, hardware_id, lines) == OK;
    if (!e->peer)
        log_line("core %u: its doorbell lines cannot be mapped", core);
}

/* What waited for credit goes out in its order. */
static void backlog_flush(struct link *l)
{
    while (l->backlog_first != l->backlog_end) {
        const struct urpc_message *b = &l->backlog[l->backlog_first % LINK_BACKLOG];
        if (channel_send_quiet(&l->channel, b->type, b->word, URPC_WORDS) != OK)
            break;
        l->backlog_first++;
    }
    channel_notify(&l->channel);
}

/* Send, or keep until there is credit. */
static enum status backlog_send(struct link *l, const struct urpc_message *m)
{
    enum status s = E_FULL;

    if (l->backlog_first == l->backlog_end)
        s = channel_send(&l->channel, m->type, m->word, URPC_WORDS);
    if (s != E_FULL)
        return s;
    if (l->backlog_end - l->backlog_first == LINK_BACKLOG)
        return E_LIMIT;
    l->backlog[l->backlog_end++ % LINK_BACKLOG] = *m;
    return OK;
}

static void link_message(struct monitor *m, struct link *l, const struct urpc_message *message)
{
    struct msg_mon_hello hello;

    if (message->type == MSG_MON_HELLO) {
        if (msg_mon_hello_get(message, &hello) == OK)
            cores_hello(m, l, &hello);
        return;
    }
    route_send(m, message);
}

static void link_event(void *arg, struct channel *c)
{
    struct link *l = arg;
    struct urpc_message message;

    while (channel_receive(c, &message) == OK)
        link_message(l->monitor, l, &message);
    backlog_flush(l);
    if (channel_dead(c)) {
        log_line("link to core %u is dead: %s", l->core, status_name(c->dead));
        event_channel_remove(c);
        l->up = false;
    }
}

enum status link_open(struct monitor *m, struct link *l, uint32_t core, void *tx, const void *rx)
{
    enum status s = slot_alloc(&rt.slots, &l->bell);

    if (s != OK)
        return s;
    l->backlog = heap_alloc(&rt.heap, sizeof(*l->backlog) * LINK_BACKLOG);
    if (!l->backlog)
        return E_NO_MEMORY;
    l->monitor = m;
    l->core = core;
    s = sys_monitor_bell_bind(SLOT_MONITOR, core, MONITOR_BELL, capref_in(0, SLOT_DISPATCHER));
    if (s == OK)
        s = sys_monitor_bell_make(SLOT_MONITOR, core, MONITOR_BELL, capref_in(0, l->bell));
    if (s != OK)
        return s;
    m->cores[core].bells |= 1u << MONITOR_BELL;
    m->cores[core].link = l;
    m->cores[core].via = (uint16_t)core;
    struct channel_binding b = {.tx = tx,
                                .rx = rx,
                                .bytes = URPC_FRAME_BYTES,
                                .protocol = monitor_protocol(),
                                .home = &event_home,
                                .bell = l->bell};
    s = channel_init(&l->channel, &b);
    return s == OK ? event_channel_add(&l->channel, link_event, l) : s;
}

struct link *link_to(struct monitor *m, uint32_t core)
{
    struct link *l = core < m->core_count ? m->cores[m->cores[core].via].link : NULL;

    return l && l->up ? l : NULL;
}

void route_send(struct monitor *m, const struct urpc_message *message)
{
    uint32_t to = routed_to(message);
    struct link *l;
    enum status s;

    if (to == m->core) {
        serve_message(m, message);
        return;
    }
    l = link_to(m, to);
    s = l ? backlog_send(l, message) : E_PEER;
    if (s != OK)
        log_line("message %s to core %u is lost: %s",
                 protocol_message_name(monitor_protocol(), message->type), to, status_name(s));
}
