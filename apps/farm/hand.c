/* hand.c: a worker, seen from the farm: binding to it, giving it a job, hearing how it ended, and
 * noticing that it is gone. */
#include "farm.h"
#include <rt/event.h>
#include <rt/log.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>

enum { BIND_WAIT_MS = 120000, BIND_STEP_MS = 50, TYPICAL_US = 100000 };

static void job_name(const struct farm *f, uint32_t index, char to[JOB_NAME_MAX + 1])
{
    struct job_spec spec;

    if (queue_spec(&f->queue, index, &spec) == OK)
        text_set(to, JOB_NAME_MAX + 1, spec.name);
    else
        rt_snprintf(to, JOB_NAME_MAX + 1, "job%u", index);
}

void hand_report(struct farm *f, const struct hand *h, const struct msg_worker_ended *end,
                 bool again)
{
    char line[FARM_LINE_BYTES], name[JOB_NAME_MAX + 1];
    struct line_job j = {.name = name,
                         .reason = h->reason,
                         .core = h->core,
                         .node = h->node,
                         .try = h->try,
                         .again = again,
                         .end = end,
                         .missing = h->missing,
                         .missing_count = h->missing_count};
    uint32_t next = 0;

    job_name(f, h->job, name);
    while (h->accounted && line_account(line, name, h->account, &next))
        log_line("%s", line);
    next = 0;
    while (line_calls(line, name, h->call, h->call_count, &next))
        log_line("%s", line);
    line_job_end(line, &j);
    log_line("%s", line);
    f->leaked += end->leaked;
}

static void typical_add(struct farm *f, const struct msg_worker_ended *end)
{
    f->tries_ended++;
    if (end->status == JOB_STATUS_KILLED) {
        f->tries_killed++;
        return;
    }
    f->typical_sum_us += end->wall_us;
    f->typical_count++;
}

static void hand_over(struct farm *f, struct hand *h, const struct msg_worker_ended *end)
{
    enum job_status status =
        end->status < JOB_STATUS_COUNT ? (enum job_status)end->status : JOB_STATUS_FAULT;

    h->busy = false;
    f->busy_count--;
    typical_add(f, end);
    hand_report(f, h, end, queue_end(&f->queue, h->job, status));
}

static void hand_lost(struct farm *f, struct hand *h, const char *reason)
{
    struct msg_worker_ended end = {.index = h->job, .status = JOB_STATUS_KILLED};

    event_channel_remove(&h->service.channel);
    h->bound = false;
    f->bound_count--;
    f->lost_count++;
    log_line("the worker of core %u is lost", h->core);
    if (!h->busy)
        return;
    text_set(h->reason, sizeof h->reason, reason);
    hand_over(f, h, &end);
}

static void hand_heard(const struct farm *f, struct hand *h)
{
    h->probed = false;
    h->due_ticks = arch_user_ticks() + f->probe_ticks;
}

/* splitmix64. */
static uint64_t random_next(struct farm *f)
{
    uint64_t z = f->random += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* When it shall be ended by force: any time of a usual life is as likely as any other. Some end by
 * themselves before: as long as too few were killed, twice as many are chosen. */
static uint32_t kill_us(struct farm *f)
{
    uint64_t typical = f->typical_count ? f->typical_sum_us / f->typical_count : TYPICAL_US;
    bool behind = f->tries_killed * 100 < f->tries_ended * f->kill_percent;
    uint64_t percent = f->kill_percent * (behind ? 2 : 1);

    if (f->warming || !f->kill_percent || random_next(f) % 100 >= percent)
        return 0;
    uint64_t at = 1 + random_next(f) % (typical + 1);
    return at < UINT32_MAX ? (uint32_t)at : UINT32_MAX;
}

static void hand_give(struct farm *f, struct hand *h)
{
    struct job_spec spec;
    uint32_t index;

    if (!h->bound || h->busy || (f->warming && h->served) || !queue_take(&f->queue, &index))
        return;
    const struct queue_job *q = &f->queue.job[index];
    struct msg_worker_job m = {.index = index, .try = q->try, .offset = q->offset};
    enum status s = queue_spec(&f->queue, index, &spec);
    m.memory_bytes = q->memory_bytes;
    m.wall_ms = s == OK && spec.wall_ms ? spec.wall_ms : f->limit_ms;
    m.cpu_ms = s == OK ? spec.cpu_ms : 0;
    m.kill_us = kill_us(f);
    if (msg_worker_job_send(&h->service.channel, &m) != OK) {
        queue_return(&f->queue, index);
        return;
    }
    h->job = index;
    h->try = q->try;
    h->busy = h->served = true;
    f->busy_count++;
    h->started = h->accounted = false;
    h->missing_count = h->call_count = 0;
    h->reason[0] = '\0';
    memset(h->account, 0, sizeof h->account);
    hand_heard(f, h);
}

void hands_give(struct farm *f)
{
    for (uint32_t core = 0; core < f->core_count; core++)
        hand_give(f, &f->hands[core]);
}

static void account_take(struct hand *h, const struct msg_worker_account *m)
{
    for (unsigned i = 0; i < sizeof m->key / sizeof m->key[0]; i++)
        if (m->key[i] != ACCOUNT_NONE && m->key[i] < ACCOUNT_COUNT)
            h->account[m->key[i]] = m->value[i];
    h->accounted = true;
}

static void calls_take(struct hand *h, const struct msg_worker_calls *m)
{
    for (unsigned i = 0; i < sizeof m->call / sizeof m->call[0]; i++)
        if (m->call[i] && h->call_count < FARM_CALLS_MAX)
            h->call[h->call_count++] = m->call[i];
}

static void started_take(struct farm *f, struct hand *h, const struct urpc_message *m)
{
    struct msg_worker_started s;
    char line[FARM_LINE_BYTES], name[JOB_NAME_MAX + 1];

    if (msg_worker_started_get(m, &s) != OK || s.index != h->job)
        return;
    h->node = s.node;
    h->started = true;
    job_name(f, h->job, name);
    struct line_job j = {.name = name, .core = h->core, .node = h->node, .try = h->try};
    line_job_start(line, &j);
    log_line("%s", line);
}

static void message_take(struct farm *f, struct hand *h, const struct urpc_message *m)
{
    struct msg_worker_reason reason;
    struct msg_worker_account account;
    struct msg_worker_calls calls;
    struct msg_worker_ended end;

    switch ((enum worker_message)m->type) {
    case MSG_WORKER_STARTED:
        started_take(f, h, m);
        return;
    case MSG_WORKER_MISSING:
        if (h->missing_count < WORKER_MISSING_MAX &&
            msg_worker_missing_get(m, &h->missing[h->missing_count]) == OK)
            h->missing_count++;
        return;
    case MSG_WORKER_REASON:
        if (msg_worker_reason_get(m, &reason) == OK)
            text_set(h->reason, sizeof h->reason, reason.text);
        return;
    case MSG_WORKER_ACCOUNT:
        if (msg_worker_account_get(m, &account) == OK)
            account_take(h, &account);
        return;
    case MSG_WORKER_CALLS:
        if (msg_worker_calls_get(m, &calls) == OK)
            calls_take(h, &calls);
        return;
    case MSG_WORKER_ENDED:
        if (msg_worker_ended_get(m, &end) != OK || end.index != h->job)
            return;
        h->node = end.node;
        hand_over(f, h, &end);
        return;
    case MSG_WORKER_ALIVE:
        return; /* that it came is enough */
    case MSG_WORKER_JOB:
    case MSG_WORKER_KILL:
    case MSG_WORKER_PROBE:
        return; /* ours to send */
    }
}

static void hand_event(void *arg, struct channel *c)
{
    struct hand *h = arg;
    struct farm *f = h->farm;
    struct urpc_message m;

    while (channel_receive(c, &m) == OK) {
        if (m.type != MSG_WORKER_ALIVE || h->started) /* alive, but stuck before its job: lost */
            hand_heard(f, h);
        if (h->busy)
            message_take(f, h, &m);
    }
    if (channel_dead(c))
        hand_lost(f, h, "its worker was lost");
}

/* No room for the probe: it has not read what it was sent before, which waits for an answer too. */
static void hand_probe(struct farm *f, struct hand *h)
{
    struct msg_worker_probe probe = {.serial = ++h->serial};
    enum status ignored = msg_worker_probe_send(&h->service.channel, &probe);

    (void)ignored;
    h->probed = true;
    h->due_ticks = arch_user_ticks() + f->lost_ticks;
}

/* A probe's time is over. What has come meanwhile counts. */
static void hand_overdue(struct farm *f, struct hand *h)
{
    hand_event(h, &h->service.channel);
    if (h->bound && h->probed)
        hand_lost(f, h, "its worker does not answer");
}

uint64_t hands_check(struct farm *f)
{
    uint64_t now = arch_user_ticks(), next = UINT64_MAX;

    for (uint32_t core = 0; core < f->core_count; core++) {
        struct hand *h = &f->hands[core];
        if (h->bound && h->busy && h->probed && now >= h->due_ticks)
            hand_overdue(f, h);
        else if (h->bound && h->busy && now >= h->due_ticks)
            hand_probe(f, h);
        if (h->bound && h->busy && h->due_ticks < next)
            next = h->due_ticks;
    }
    return next;
}

void pause_ms(uint64_t ms)
{
    uint64_t deadline = arch_user_ticks() + rt.page->tick_hz / 1000 * ms;

    while (arch_user_ticks() < deadline) {
        enum status ignored = event_wait(deadline);
        (void)ignored;
    }
}

/* Workers register when their core is up: until then there is nobody of that name. */
static enum status hand_bind(struct hand *h, uint64_t deadline)
{
    char name[SERVICE_NAME_BYTES];
    enum status s = E_NOT_FOUND;

    rt_snprintf(name, sizeof name, WORKER_SERVICE, h->core);
    for (;;) {
        s = service_bind(name, 0, worker_protocol(), &h->service);
        if ((s != E_NOT_FOUND && s != E_BUSY) || arch_user_ticks() >= deadline)
            break;
        pause_ms(BIND_STEP_MS);
    }
    if (s == OK)
        s = event_channel_add(&h->service.channel, hand_event, h);
    return s;
}

enum status hands_bind(struct farm *f)
{
    uint64_t deadline = arch_user_ticks() + rt.page->tick_hz / 1000 * BIND_WAIT_MS;

    f->hands = heap_alloc_zeroed(&rt.heap, f->core_count * sizeof f->hands[0]);
    if (!f->hands)
        return E_NO_MEMORY;
    for (uint32_t core = 0; core < f->core_count; core++) {
        struct hand *h = &f->hands[core];
        h->core = core;
        h->farm = f;
        enum status s = hand_bind(h, deadline);
        h->bound = s == OK;
        f->bound_count += h->bound;
        if (s != OK)
            log_line("no worker on core %u: %s", core, status_name(s));
    }
    return f->bound_count ? OK : E_NOT_FOUND;
}
