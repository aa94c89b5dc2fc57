/* farm.c: the program `farm`, one domain on core 0: hands the jobs of /skerry/jobs to the workers,
 * one at a time to each, and tells the host what happens (lines that begin with @).
 *
 *   farm cores=N nodes=M [limit_ms=T] [probe_s=P] [lost_s=L]
 *
 * A worker whose channel ends takes its job with it (status killed); the others go on. So does one
 * whose core has died: after P seconds of silence with a job open it is asked whether it is there,
 * and given up when that is not answered within L seconds. Idle workers are never asked. */
#include "line.h"
#include <monitor/service.h>
#include <rt/event.h>
#include <rt/log.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/thread.h>

enum {
    BIND_WAIT_MS = 120000,
    BIND_STEP_MS = 50,
    CORES_DEFAULT = 1,
    PROBE_S = 10,
    LOST_S = 300 /* 128 busy cores on one host core take 13 s for one turn */
};

/* A worker, seen from here. */
struct hand {
    struct service_channel service;
    uint32_t core, node;
    bool bound, busy;
    bool started;       /* its job has begun */
    bool probed;        /* a WORKER_PROBE is open */
    uint64_t due_ticks; /* while busy: to probe, or to give it up if it is probed */
    uint32_t serial;    /* of the last probe */
    uint32_t job;
    char reason[56];
    struct msg_worker_missing missing[WORKER_MISSING_MAX];
    uint32_t missing_count;
};

struct farm {
    struct jobs_file jobs;
    struct hand *hands; /* [core_count] */
    uint32_t core_count, node_count, bound_count;
    uint32_t limit_ms;
    uint64_t probe_ticks, lost_ticks;
    uint32_t next, ended; /* jobs handed out; jobs that are over */
    uint32_t lost_count;  /* workers that were there and are not any more */
    uint64_t leaked;
};

static struct farm the_farm;

static uint32_t argument_number(int argc, char **argv, const char *key, uint32_t absent)
{
    size_t bytes = strlen(key);

    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], key, bytes) || argv[i][bytes] != '=')
            continue;
        uint32_t value = 0;
        for (const char *c = argv[i] + bytes + 1; *c >= '0' && *c <= '9'; c++)
            value = value * 10 + (uint32_t)(*c - '0');
        return value;
    }
    return absent;
}

static void job_name(const struct farm *f, uint32_t index, char to[JOB_NAME_MAX + 1])
{
    struct job_line line;

    if (jobs_line(&f->jobs, index, &line) == OK)
        job_name_copy(&line, to);
    else
        rt_snprintf(to, JOB_NAME_MAX + 1, "job%u", index);
}

static void hand_over(struct farm *f, struct hand *h, const struct msg_worker_ended *end)
{
    char line[FARM_LINE_BYTES], name[JOB_NAME_MAX + 1];

    job_name(f, h->job, name);
    struct line_job j = {.name = name,
                         .reason = h->reason,
                         .core = h->core,
                         .node = h->node,
                         .end = end,
                         .missing = h->missing,
                         .missing_count = h->missing_count};
    line_job_end(line, &j);
    log_line("%s", line);
    f->leaked += end->leaked;
    f->ended++;
    h->busy = false;
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

static void hand_give(struct farm *f, struct hand *h)
{
    struct msg_worker_job m = {.index = f->next, .limit_ms = f->limit_ms};

    if (!h->bound || h->busy || f->next == f->jobs.count ||
        msg_worker_job_send(&h->service.channel, &m) != OK)
        return;
    h->job = f->next++;
    h->busy = true;
    h->started = false;
    h->missing_count = 0;
    h->reason[0] = '\0';
    hand_heard(f, h);
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
    struct line_job j = {.name = name, .core = h->core, .node = h->node};
    line_job_start(line, &j);
    log_line("%s", line);
}

static void message_take(struct farm *f, struct hand *h, const struct urpc_message *m)
{
    struct msg_worker_reason reason;
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
    case MSG_WORKER_ENDED:
        if (msg_worker_ended_get(m, &end) != OK || end.index != h->job)
            return;
        h->node = end.node;
        hand_over(f, h, &end);
        hand_give(f, h);
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
    struct farm *f = &the_farm;
    struct hand *h = arg;
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

/* Asks the silent, gives up those who do not answer. Says when there is next something to do. */
static uint64_t hands_check(struct farm *f)
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

static void pause_ms(uint64_t ms)
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

static enum status hands_bind(struct farm *f)
{
    uint64_t deadline = arch_user_ticks() + rt.page->tick_hz / 1000 * BIND_WAIT_MS;

    f->hands = heap_alloc_zeroed(&rt.heap, f->core_count * sizeof f->hands[0]);
    if (!f->hands)
        return E_NO_MEMORY;
    for (uint32_t core = 0; core < f->core_count; core++) {
        struct hand *h = &f->hands[core];
        h->core = core;
        enum status s = hand_bind(h, deadline);
        h->bound = s == OK;
        f->bound_count += h->bound;
        if (s != OK)
            log_line("no worker on core %u: %s", core, status_name(s));
    }
    return f->bound_count ? OK : E_NOT_FOUND;
}

static enum status farm_open(struct farm *f, int argc, char **argv)
{
    const struct archive *archive;
    struct archive_node node;
    uint64_t at;

    f->core_count = argument_number(argc, argv, "cores", CORES_DEFAULT);
    f->node_count = argument_number(argc, argv, "nodes", 1);
    f->limit_ms = argument_number(argc, argv, "limit_ms", 0);
    uint32_t probe_s = argument_number(argc, argv, "probe_s", 0);
    uint32_t lost_s = argument_number(argc, argv, "lost_s", 0);
    f->probe_ticks = rt.page->tick_hz * (probe_s ? probe_s : PROBE_S);
    f->lost_ticks = rt.page->tick_hz * (lost_s ? lost_s : LOST_S);
    if (!f->core_count || f->core_count > CORE_COUNT_MAX)
        return E_ARGUMENT;
    enum status s = rt_archive(&archive);
    if (s == OK)
        s = archive_path(archive, JOBS_PATH, true, &node);
    if (s == OK)
        s = archive_data(archive, &node, &at);
    if (s == OK)
        s = jobs_open(&f->jobs, archive->base + at, node.bytes);
    return s == OK ? hands_bind(f) : s;
}

/* What nobody is left to do ends here. */
static void rest_drop(struct farm *f)
{
    while (!f->bound_count && f->next < f->jobs.count) {
        struct hand nobody = {.job = f->next++, .reason = "no core is left"};
        struct msg_worker_ended end = {.index = nobody.job, .status = JOB_STATUS_KILLED};
        hand_over(f, &nobody, &end);
    }
}

int main(int argc, char **argv)
{
    struct farm *f = &the_farm;
    enum status s = farm_open(f, argc, argv);

    if (s != OK) {
        log_line("the farm cannot start: %s", status_text(s));
        service_end_machine(1);
        return 1;
    }
    log_line("@boot cores=%u nodes=%u ticks_hz=%lu", f->bound_count, f->node_count,
             (unsigned long)rt.page->tick_hz);
    for (uint32_t core = 0; core < f->core_count; core++)
        hand_give(f, &f->hands[core]);
    uint64_t next = hands_check(f);
    while (f->ended < f->jobs.count) {
        enum status ignored = event_wait(next);
        (void)ignored;
        next = hands_check(f);
        rest_drop(f);
    }
    log_line("@done jobs=%u leaked_objects=%lu cores_lost=%u", f->ended, (unsigned long)f->leaked,
             f->lost_count);
    service_end_machine(0);
    return 0;
}
