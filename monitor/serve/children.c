/* The domains of this core that its monitor spawned: their requests (monitor/service.h) come as
 * notes on the parent's channel. */
#include <monitor/remote.h>
#include <rt/log.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>

#include "monitor.h"

uint32_t child_index(const struct monitor *m, const struct child *c)
{
    return (uint32_t)(c - m->child);
}

static void offer_take(struct child *c, const struct msg_parent_note *n)
{
    for (uint64_t i = 0; i + 3 <= n->word[1] && c->offered_count < c->offered_limit; i += 3)
        c->offered[c->offered_count++] = (capref_t)(n->word[0] + i);
}

static void told_flush(struct child *c)
{
    while (c->told_first != c->told_end &&
           msg_parent_note_send(&c->domain.channel, &c->told[c->told_first % CHILD_TOLD_MAX]) == OK)
        c->told_first++;
}

void child_tell(struct child *c, const struct msg_parent_note *n)
{
    if (!c->used || c->over)
        return;
    told_flush(c);
    if (c->told_first == c->told_end && msg_parent_note_send(&c->domain.channel, n) == OK)
        return;
    if (c->told_end - c->told_first == CHILD_TOLD_MAX)
        log_line("%s does not read its channel", c->domain.name);
    else
        c->told[c->told_end++ % CHILD_TOLD_MAX] = *n;
}

void children_flush(struct monitor *m)
{
    for (uint32_t i = 0; i < MONITOR_DOMAINS_MAX; i++)
        if (m->child[i].used && !m->child[i].over && m->child[i].told_first != m->child[i].told_end)
            told_flush(&m->child[i]);
}

static void note_take(struct child *c, const struct msg_parent_note *n)
{
    if (n->kind == NOTE_OFFER)
        offer_take(c, n);
    else if (n->kind == NOTE_END_MACHINE && c->may_end_machine)
        mode_end(c->monitor, (uint32_t)n->word[0]);
    else if (n->kind == NOTE_ASK)
        admin_note(c, n);
    else if (n->kind == NOTE_LEAVE)
        ends_leave(c->monitor, c, n->word[0]);
    else if (n->kind == NOTE_QUIET)
        driver_quiet(c, n->number);
    else if (n->kind == NOTE_WORKED)
        driver_worked(c);
}

static void tables_free(struct child *c)
{
    heap_free(&rt.heap, c->offered);
    heap_free(&rt.heap, c->told);
    c->offered = NULL;
    c->told = NULL;
}

/* Room for what its requests leave behind: a service offers slots for every core's client. */
static enum status tables_make(struct child *c)
{
    c->offered_limit = CHILD_OFFERS(c->monitor->core_count);
    c->offered = heap_alloc(&rt.heap, sizeof(*c->offered) * c->offered_limit);
    c->told = heap_alloc(&rt.heap, sizeof(*c->told) * CHILD_TOLD_MAX);
    return c->offered && c->told ? OK : E_NO_MEMORY;
}

static void child_message(void *arg, struct domain *d, const struct urpc_message *message)
{
    struct child *c = arg;
    struct msg_parent_note note;
    struct msg_parent_text text;

    (void)d;
    if (message->type == MSG_PARENT_NOTE && msg_parent_note_get(message, &note) == OK) {
        note_take(c, &note);
    } else if (message->type == MSG_PARENT_TEXT && msg_parent_text_get(message, &text) == OK) {
        if (text.kind == NOTE_TEXT) {
            admin_text(c, &text);
            return;
        }
        if (strlen(text.text) >= SERVICE_NAME_BYTES)
            text.text[SERVICE_NAME_BYTES - 1] = 0;
        if (text.kind == NOTE_REGISTER)
            register_request(c->monitor, c, text.number, text.text);
        else if (text.kind == NOTE_BIND)
            bind_request(c->monitor, c, text.number & 0xff,
                         (uint64_t)(text.number >> 8) * PAGE_BYTES, text.text);
    }
}

/* A program's lines that begin with @ are for the program that reads the console: they go out as
 * they are. */
static void child_log(void *arg, struct domain *d, const char *line)
{
    const struct child *c = arg;

    if (line[0] == '@' && c->may_end_machine)
        log_line("%s", line);
    else
        log_line("%s: %s", d->name, line);
}

void child_take_back(struct child *c)
{
    domain_end(&c->domain);
    tables_free(c);
    c->used = c->over = false;
    grant_domain_ended(c->monitor);
}

void child_end(struct child *c)
{
    struct monitor *m = c->monitor;
    struct domain *d = &c->domain;

    if (!remote_ended(m, c))
        log_line("%s ended: %s", d->name, d->reason[0] ? d->reason : "done");
    mode_child_ended(m, c);
    domain_stop(d);
    c->over = true;
    if (c->named)
        ROUTE(m, MON_UNREGISTER, mon_unregister, .to = 0, .from = (uint16_t)m->core,
              .domain = child_index(m, c), .generation = d->tag);
    ends_child_over(m, c);
    bind_child_ended(m, c);
    if (!driver_over(m, c))
        child_take_back(c);
}

static void child_ended(void *arg, struct domain *d)
{
    (void)d;
    child_end(arg);
}

enum status child_spawn(struct monitor *m, const struct spawn_request *request, struct child **out)
{
    struct spawn_request r = *request;
    struct child *c = NULL;
    enum status s;

    for (uint32_t i = 0; i < MONITOR_DOMAINS_MAX && !c; i++)
        if (!m->child[i].used)
            c = &m->child[i];
    if (!c)
        return E_LIMIT;
    memset(c, 0, sizeof(*c));
    c->monitor = m;
    r.message = child_message;
    r.log = child_log;
    r.ended = child_ended;
    r.arg = c;
    r.node = m->node;
    r.poll = command_is(m, "poll", "1");
    s = tables_make(c);
    if (s == OK)
        s = spawn_domain(&r, &c->domain);
    if (s != OK) {
        tables_free(c);
        log_line("cannot spawn %s: %s: %s", r.name, status_name(s), status_text(s));
        return s;
    }
    c->used = true;
    *out = c;
    return OK;
}
