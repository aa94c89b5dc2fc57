/* parent.c: a program's side of the channel to its spawner: hello, log lines, notes, the end.
 * Messages: rt/parent.def.
 *
 * A log that the parent does not read fast enough makes the program wait: nothing is dropped. */
#include "rt/parent.h"
#include "rt/event.h"
#include "rt/rt.h"
#include "rt/string.h"
#include "rt/syscall.h"
#include "runtime.h"

enum status runtime_parent_open(void)
{
    struct channel_binding binding = {
        .tx = (void *)LAYOUT_PARENT_TX,
        .rx = (const void *)LAYOUT_PARENT_RX,
        .bytes = LAYOUT_PARENT_BYTES,
        .protocol = parent_protocol(),
        .home = &event_home,
        .bell = SLOT_MONITOR_CHANNEL + 2,
    };
    enum status s = channel_init(&rt.parent, &binding);
    if (s != OK)
        return s;
    rt.has_parent = true;
    struct msg_parent_hello hello = {.version = PARENT_VERSION};
    return msg_parent_hello_send(&rt.parent, &hello);
}

static struct {
    void (*fn)(void *arg, const struct urpc_message *m);
    void *arg;
} listener;

static void message_take(const struct urpc_message *m)
{
    if (m->type == MSG_PARENT_QUIT)
        rt.parent_quit = true;
    if (listener.fn)
        listener.fn(listener.arg, m);
}

static void parent_event(void *arg, struct channel *c)
{
    struct urpc_message m;

    (void)arg;
    while (channel_receive(c, &m) == OK)
        message_take(&m);
    if (channel_dead(c)) {
        event_channel_remove(c);
        rt.parent_quit = true;
    }
}

enum status parent_listen(void (*fn)(void *arg, const struct urpc_message *m), void *arg)
{
    listener.fn = fn;
    listener.arg = arg;
    return rt.has_parent ? event_channel_add(&rt.parent, parent_event, NULL) : E_NOT_FOUND;
}

/* No credit: take in acknowledgements, and let the parent run. */
static void parent_room_wait(void)
{
    while (!channel_can_send(&rt.parent) && !channel_dead(&rt.parent)) {
        struct urpc_message m;
        if (channel_receive(&rt.parent, &m) == OK) {
            message_take(&m);
        } else {
            sys_yield();
            arch_pause();
        }
    }
}

enum status parent_note(const struct msg_parent_note *m)
{
    if (!rt.has_parent)
        return E_NOT_FOUND;
    parent_room_wait();
    return msg_parent_note_send(&rt.parent, m);
}

enum status parent_text(const struct msg_parent_text *m)
{
    if (!rt.has_parent)
        return E_NOT_FOUND;
    parent_room_wait();
    return msg_parent_text_send(&rt.parent, m);
}

void runtime_parent_log(const char *text, size_t bytes)
{
    while (bytes > 0 && !channel_dead(&rt.parent)) {
        struct msg_parent_log m = {.text = {0}};
        size_t n = bytes < sizeof m.text - 1 ? bytes : sizeof m.text - 1;
        memcpy(m.text, text, n);
        parent_room_wait();
        enum status s = msg_parent_log_send(&rt.parent, &m);
        if (s != OK && s != E_FULL)
            return;
        if (s == E_FULL)
            continue;
        text += n;
        bytes -= n;
    }
}

void runtime_end(enum exit_cause cause, uint32_t status, const char *reason)
{
    struct msg_parent_exit m = {.status = status, .cause = cause};

    if (rt.has_parent) {
        text_set(m.reason, sizeof m.reason, reason);
        parent_room_wait();
        enum status ignored = msg_parent_exit_send(&rt.parent, &m);
        (void)ignored; /* a dead channel: nobody is there to be told */
    }
    for (;;) {
        enum status ignored = sys_dispatcher_stop(SLOT_DISPATCHER);
        (void)ignored;
        ignored = sys_wait(UINT64_MAX);
    }
}
