/* domain.c: a spawner's side of a running domain: its channel, its log lines, its end, what it
 * used. See rt/spawn.h.
 *
 * Two things tell that a domain is over: PARENT_EXIT, or (it could not say so) its dispatcher has
 * stopped, which wakes us because
 * we are its supervisor. Every wake-up looks at the dispatchers that still run: they are few on
 * one core. */
#include "rt/event.h"
#include "rt/log.h"
#include "rt/memory.h"
#include "rt/rt.h"
#include "rt/spawn.h"
#include "rt/string.h"
#include "rt/syscall.h"
#include "spawn_build.h"

static struct {
    struct domain *first; /* running */
    bool woken_by_stops;
} domains;

static void line_flush(struct domain *d)
{
    d->line[d->line_bytes] = 0;
    d->line_bytes = 0;
    if (d->log)
        d->log(d->arg, d, d->line);
    else
        log_line("%s: %s", d->name, d->line);
}

/* Is one of the word's bytes 0? */
static inline bool has_zero(uint64_t word)
{
    return (word - 0x0101010101010101) & ~word & 0x8080808080808080;
}

/* A job may say much: by words where they end neither a line nor the text. */
static void log_take(struct domain *d, const char *text, size_t size)
{
    const char *text_end = text + size;

    while (*text) {
        char *to = d->line + d->line_bytes, *end = d->line + sizeof d->line - 1;
        while (end - to >= 8 && text_end - text >= 8) {
            uint64_t word;
            __builtin_memcpy(&word, text, 8);
            if (has_zero(word) || has_zero(word ^ 0x0101010101010101 * '\n'))
                break;
            __builtin_memcpy(to, &word, 8);
            to += 8;
            text += 8;
        }
        while (to < end && *text && *text != '\n')
            *to++ = *text++;
        d->line_bytes = (uint32_t)(to - d->line);
        bool ends = *text == '\n';
        text += ends;
        if (ends || to == end)
            line_flush(d);
    }
}

static void domain_over(struct domain *d, enum domain_state state)
{
    if (d->state != DOMAIN_RUNNING)
        return;
    d->state = state;
    if (d->line_bytes)
        line_flush(d);
    domain_unwatch(d);
    if (d->ended)
        d->ended(d->arg, d);
}

/* False: it is over, and may not be there any more. */
static bool message_take(struct domain *d, const struct urpc_message *m)
{
    struct msg_parent_log log;
    struct msg_parent_exit end;

    d->messages_received++;
    switch ((enum parent_message)m->type) {
    case MSG_PARENT_LOG:
        if (msg_parent_log_get(m, &log) == OK)
            log_take(d, log.text, sizeof log.text);
        return true;
    case MSG_PARENT_EXIT:
        if (msg_parent_exit_get(m, &end) != OK)
            return true;
        d->exit_status = end.status;
        d->exit_cause = end.cause;
        text_set(d->reason, sizeof d->reason, end.reason);
        domain_over(d, DOMAIN_EXITED);
        return false;
    case MSG_PARENT_NOTE:
    case MSG_PARENT_TEXT:
        if (d->message)
            d->message(d->arg, d, m);
        return d->state == DOMAIN_RUNNING;
    case MSG_PARENT_HELLO:
    case MSG_PARENT_QUIT:
        return true;
    }
    return true;
}

static void channel_event(void *arg, struct channel *c)
{
    struct domain *d = arg;
    struct urpc_message m;

    while (channel_receive(c, &m) == OK)
        if (!message_take(d, &m))
            return;
    if (channel_dead(c)) {
        text_set(d->reason, sizeof d->reason, "broke the protocol of its channel");
        domain_over(d, DOMAIN_STOPPED);
    }
}

static const char *stop_name(uint64_t reason)
{
    static const char *const names[] = {
        [STOP_NONE] = "stopped",
        [STOP_ASKED] = "stopped itself",
        [STOP_FAULT_DISABLED] = "fault inside an upcall",
        [STOP_NO_ENTRY] = "fault without a handler",
        [STOP_BAD_CONTEXT] = "a context that cannot be restored",
        [STOP_ENDED] = "what it ran with was deleted",
    };
    return reason < sizeof names / sizeof names[0] ? names[reason] : "stopped";
}

/* What it had said before it stopped is read first: it may be its exit. */
static bool stop_look(struct domain *d)
{
    uint64_t state = STATE_STOPPED, reason = STOP_NONE;
    struct urpc_message m;

    if (sys_dispatcher_inspect(d->dispatcher, 0, &state, &reason) == OK && state != STATE_STOPPED)
        return false;
    while (channel_receive(&d->channel, &m) == OK)
        if (!message_take(d, &m))
            return true;
    text_set(d->reason, sizeof d->reason, stop_name(reason));
    domain_over(d, DOMAIN_STOPPED);
    return true;
}

/* One that is over may take others with it (`ended` may call domain_end): begin anew. */
static void woken(void *arg)
{
    struct domain *d = domains.first;

    (void)arg;
    while (d)
        d = stop_look(d) ? domains.first : d->next;
}

enum status domain_watch(struct domain *d)
{
    enum status s = OK;

    if (!domains.woken_by_stops) {
        s = event_wake_add(woken, NULL);
        domains.woken_by_stops = s == OK;
    }
    if (s == OK)
        s = event_channel_add(&d->channel, channel_event, d);
    if (s != OK)
        return s;
    d->next = domains.first;
    domains.first = d;
    return OK;
}

void domain_unwatch(struct domain *d)
{
    struct domain **at = &domains.first;

    event_channel_remove(&d->channel);
    while (*at && *at != d)
        at = &(*at)->next;
    if (*at)
        *at = d->next;
}

enum status domain_quit(struct domain *d)
{
    struct msg_parent_quit m = {.why = 0};

    return d->state == DOMAIN_RUNNING ? msg_parent_quit_send(&d->channel, &m) : E_STOPPED;
}

uint64_t domain_below_ticks(void)
{
    uint64_t ticks = 0, none;
    enum status s = sys_dispatcher_inspect(SLOT_DISPATCHER, 6, &ticks, &none);

    return s == OK ? ticks : 0;
}

enum status domain_inspect(const struct domain *d, struct domain_account *out)
{
    struct domain_account a = {0};
    enum status s = sys_dispatcher_inspect(d->dispatcher, 0, &a.state, &a.stop_reason);

    if (s == OK)
        s = sys_dispatcher_inspect(d->dispatcher, 1, &a.pc, &a.fault_address);
    if (s == OK)
        s = sys_dispatcher_inspect(d->dispatcher, 2, &a.cpu_ticks, &a.syscalls);
    if (s == OK)
        s = sys_dispatcher_inspect(d->dispatcher, 3, &a.faults, &a.upcalls);
    if (s == OK)
        s = sys_dispatcher_inspect(d->dispatcher, 4, &a.foreign_calls, &a.calls);
    if (s == OK)
        s = sys_dispatcher_inspect(d->dispatcher, 5, &a.doorbells, &a.waits);
    if (s == E_ARGUMENT)
        s = OK; /* a kernel that does not count these */
    if (s != OK)
        return s;
    if (d->arguments) {
        a.zone_peak_bytes = d->arguments->report.zone_peak_bytes;
        a.ram_peak_bytes = d->arguments->report.ram_peak_bytes;
    }
    if (a.zone_peak_bytes > d->zone.bytes)
        a.zone_peak_bytes = d->zone.bytes;
    if (a.ram_peak_bytes > d->ram.bytes)
        a.ram_peak_bytes = d->ram.bytes;
    if (d->lend) {
        a.zone_peak_bytes = d->lend->granted_bytes[RAM_ZONE];
        a.ram_peak_bytes = d->lend->granted_bytes[RAM_GENERAL];
        a.cpu_ticks += d->lend->served_ticks;
    }
    *out = a;
    return OK;
}

struct domain *domain_find(uint32_t tag)
{
    struct domain *d = domains.first;

    while (d && d->tag != tag)
        d = d->next;
    return d;
}

void domain_stop(struct domain *d)
{
    if (d->state == DOMAIN_RUNNING)
        domain_unwatch(d);
    if (d->dispatcher) {
        enum status ignored = sys_dispatcher_stop(d->dispatcher);
        (void)ignored; /* it may have stopped already */
    }
    if (d->state == DOMAIN_RUNNING)
        d->state = DOMAIN_STOPPED;
}

void domain_end(struct domain *d)
{
    domain_stop(d);
    if (d->arguments)
        frame_unmap(d->arguments, d->private_bytes);
    if (d->tx_at)
        frame_end(&d->tx, d->tx_at);
    if (d->rx_at)
        frame_end(&d->rx, d->rx_at);
    /* The revokes together end every object and every frame that was made for it or by it. */
    ram_free(&rt.ram, &d->zone);
    ram_free(&rt.ram, &d->ram);
    while (d->lend && d->lend->part_count)
        ram_free(&rt.ram, &d->lend->part[--d->lend->part_count]);
    slot_delete(&rt.slots, d->dispatcher);
    slot_delete(&rt.slots, d->bell);
    slot_delete(&rt.slots, d->cspace);
    d->arguments = NULL;
    d->tx_at = NULL;
    d->rx_at = NULL;
    d->dispatcher = d->bell = d->cspace = 0;
    d->state = DOMAIN_NONE;
}
