/* Messages for this core's monitor: one case a row of monitor.def. What does not parse is
 * dropped with a line in the log. */
#include <rt/log.h>
#include <rt/rt.h>

#include "monitor.h"

static void start_ordered(struct monitor *m, const struct msg_mon_start *start)
{
    if (start->core >= m->core_count ||
        cores_order(m, start->core, start->hardware_id, start->share) != OK) {
        log_line("an order to start core %u makes no sense", start->core);
        return;
    }
    m->cores[start->core].node = m->node;
    cores_start(m);
}

static void core_up(struct monitor *m, const struct msg_mon_up *up)
{
    if (m->core != 0 || up->core >= m->core_count)
        return;
    m->up_count++;
    m->cores[up->core].starter = up->from;
    m->cores[up->core].up = up->status == OK;
    if (up->from != 0)
        m->cores[up->core].via = m->cores[up->from].via;
    if (up->status == OK)
        link_peer(m, up->core, up->hardware_id, up->lines);
    else
        m->failed_count++;
    mode_core_up(m, up->core);
}

#define TAKE(NAME, name, handler)                                                                  \
    case MSG_##NAME: {                                                                             \
        struct msg_##name body;                                                                    \
        if (msg_##name##_get(message, &body) != OK)                                                \
            log_line("a malformed " #NAME);                                                        \
        else                                                                                       \
            handler(m, &body);                                                                     \
        break;                                                                                     \
    }

static void go(struct monitor *m, const struct msg_mon_go *body)
{
    (void)body;
    mode_go(m);
}

static void unexpected_hello(struct monitor *m, const struct msg_mon_hello *hello)
{
    (void)m;
    log_line("a hello of core %u came by another way", hello->core);
}

void serve_message(struct monitor *m, const struct urpc_message *message)
{
    switch ((enum monitor_message)message->type) {
        TAKE(MON_HELLO, mon_hello, unexpected_hello)
        TAKE(MON_START, mon_start, start_ordered)
        TAKE(MON_UP, mon_up, core_up)
        TAKE(MON_GO, mon_go, go)
        TAKE(MON_REGISTER, mon_register, names_register)
        TAKE(MON_LOOKUP, mon_lookup, names_lookup)
        TAKE(MON_NAMED, mon_named, bind_named)
        TAKE(MON_CONNECT, mon_connect, bind_connect)
        TAKE(MON_CONNECTED, mon_connected, bind_connected)
        TAKE(MON_ASK, mon_ask, remote_ask)
        TAKE(MON_TOLD, mon_told, admin_told)
        TAKE(MON_TEXT, mon_text, remote_text)
        TAKE(MON_ENDED, mon_ended, admin_ended)
        TAKE(MON_GONE, mon_gone, ends_gone)
        TAKE(MON_UNREGISTER, mon_unregister, names_unregister)
    case MSG_MON_TAKEN:
    case MSG_MON_GRANT:
    case MSG_MON_GRANT_ASK:
    case MSG_MON_GRANT_TOLD:
    case MSG_MON_RELEASE:
    case MSG_MON_REVOKE_ASK:
    case MSG_MON_REVOKE_TOLD:
    case MSG_MON_REVOKE_COPIES:
    case MSG_MON_COPIES_DONE:
        grant_message(m, message);
        break;
    }
}
