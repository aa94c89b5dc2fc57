/* worker_job.c: one job's domain, from its making to the last object taken back. What it says
 * meanwhile: linux/job.h. */
#include "worker.h"
#include <linux/job.h>
#include <rt/log.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>

static const char IMAGE[] = "/skerry/linux";

enum {
    ZONE_RESERVE = 256 << 10, /* page tables and CNodes of the worker itself */
    ZONE_FIRST = 192 << 10,   /* what a job begins with */
    RAM_FIRST = 1 << 20,
    NOTES_MAX = 100000,
    LOG_BYTES_MAX = 512 << 10,
    LINE_COST_BYTES = 64,    /* of a line of the log, besides its text */
    RAM_RESERVE = 512 << 10, /* rings, heap */
    LINE_BYTES_MAX = 120,
};

enum status job_note_send(struct job *j, const struct msg_parent_note *n)
{
    enum status s = msg_parent_note_send(&j->domain.channel, n);

    j->notes_sent += s == OK;
    return s;
}

void job_output_done(struct job *j, const char *name, uint64_t bytes, bool last)
{
    uint32_t index = job_output_find(&j->spec, name);

    j->bytes_written += bytes;
    if (!last || index == JOB_OUTPUTS_MAX || j->kept_set >> index & 1)
        return;
    j->kept_set |= 1ull << index;
    j->files_out++;
}

static void calls_take(struct job *j, const struct msg_parent_note *n)
{
    for (uint32_t i = 0; i < n->number && i < sizeof n->word / sizeof n->word[0]; i++)
        if (j->call_count < JOB_CALLS_MAX)
            j->call[j->call_count++] = n->word[i];
}

static void missing_take(struct job *j, const struct msg_parent_note *n)
{
    if (j->missing_count == WORKER_MISSING_MAX)
        return;
    struct msg_worker_missing *m = &j->missing[j->missing_count++];
    *m = (struct msg_worker_missing){.number = n->number, .count = (uint32_t)n->word[0]};
    memcpy(m->name, &n->word[1], sizeof m->name);
    m->name[sizeof m->name - 1] = '\0';
}

static void message_take(void *arg, struct domain *d, const struct urpc_message *m)
{
    struct worker *w = arg;
    struct job *j = &w->job;
    struct msg_parent_note n;

    (void)d;
    j->lied |= ++j->notes > NOTES_MAX;
    if (m->type != MSG_PARENT_NOTE || msg_parent_note_get(m, &n) != OK)
        return;
    if (n.kind == JOB_FILE) {
        file_take(w, &n);
    } else if (n.kind == JOB_MISSING) {
        missing_take(j, &n);
    } else if (n.kind == JOB_CALLS) {
        calls_take(j, &n);
    } else if (n.kind == JOB_USED) {
        j->used = true;
        j->end = n.number;
        j->code = n.word[0];
        j->command = (uint32_t)n.word[4];
        j->pages_private = (uint32_t)n.word[3];
        j->pages_archive = (uint32_t)(n.word[3] >> 32);
        j->bytes_read = n.word[5];
    }
}

/* Lines of a job never begin a line of ours, and hold nothing that moves a terminal. */
static void line_take(void *arg, struct domain *d, const char *line)
{
    struct worker *w = arg;
    char clean[LINE_BYTES_MAX + 1];
    unsigned n = 0;

    (void)d;
    w->job.log_bytes += strlen(line) + LINE_COST_BYTES;
    w->job.flooded |= w->job.log_bytes > LOG_BYTES_MAX;
    if (w->job.flooded)
        return;
    for (; line[n] && n < LINE_BYTES_MAX; n++)
        clean[n] = line[n] >= ' ' && line[n] < 0x7f ? line[n] : '.';
    clean[n] = '\0';
    log_line("%s: %s", w->job.name, clean);
}

static void ended(void *arg, struct domain *d)
{
    struct worker *w = arg;

    (void)d;
    w->job.over = true;
}

struct stock stock_take(void)
{
    return (struct stock){.zone_bytes = ram_free_bytes(&rt.ram, RAM_ZONE),
                          .ram_bytes = ram_free_bytes(&rt.ram, RAM_GENERAL),
                          .slots = rt.slots.free_count};
}

static uint64_t less(uint64_t bytes, uint64_t reserve)
{
    return bytes > reserve ? bytes - reserve : 0;
}

/* What was asked for, at most what is there less what the worker may need meanwhile. Not OK: too
 * little to begin with. */
static enum status lend_set(struct worker *w, uint64_t *zone_bytes, uint64_t *ram_bytes)
{
    struct lend *l = &w->job.lend;
    uint64_t most = less(ram_free_bytes(&rt.ram, RAM_ZONE), ZONE_RESERVE) +
                    less(ram_free_bytes(&rt.ram, RAM_GENERAL), RAM_RESERVE);
    uint64_t asked = w->asked.memory_bytes;

    *l = (struct lend){.limit_bytes = asked && asked < most ? round_down(asked, PAGE_BYTES) : most,
                       .keep_bytes = {[RAM_ZONE] = ZONE_RESERVE, [RAM_GENERAL] = RAM_RESERVE}};
    if (l->limit_bytes < ZONE_FIRST + SPAWN_RAM_BYTES_MIN) {
        l->refused_bytes = ZONE_FIRST + SPAWN_RAM_BYTES_MIN;
        l->refused_by_limit = true;
        return E_NO_MEMORY;
    }
    *zone_bytes = ZONE_FIRST;
    *ram_bytes = l->limit_bytes < ZONE_FIRST + RAM_FIRST ? l->limit_bytes - ZONE_FIRST : RAM_FIRST;
    return OK;
}

static enum status domain_make(struct worker *w, int argc, const char *const *argv)
{
    struct spawn_grant grant = {
        .from = w->window, .to = JOB_SLOT_BULK, .rights = RIGHT_READ | RIGHT_WRITE};
    struct spawn_request r = {
        .image = IMAGE,
        .name = w->job.name,
        .argc = argc,
        .argv = argv,
        .lend = &w->job.lend,
        .flags = SPAWN_VECTOR | SPAWN_FOREIGN | SPAWN_ARCHIVE,
        .poll = rt.arguments->poll,
        .node = w->node,
        .seed = {rt.arguments->seed[0] ^ (w->job.index + 1) * 0x9e3779b97f4a7c15u,
                 rt.arguments->seed[1]},
        .grant = &grant,
        .grant_count = w->window_given,
        .message = message_take,
        .log = line_take,
        .ended = ended,
        .arg = w,
    };
    enum status s = lend_set(w, &r.zone_bytes, &r.ram_bytes);

    return s == OK ? spawn_domain(&r, &w->job.domain) : s;
}

enum status job_start(struct worker *w)
{
    char offset[24];
    const char *argv[] = {"linux", "-j", offset};
    uint64_t next = w->asked.offset;
    struct msg_worker_started started = {.index = w->asked.index, .node = w->node};
    struct job *j = &w->job;

    arch_mark(MARK_BEGIN, MARK_JOB); /* for `skerry run --count` */
    *j = (struct job){.index = w->asked.index,
                      .start_ticks = arch_user_ticks(),
                      .below_ticks = domain_below_ticks()};
    limits_set(&j->limits, j->start_ticks, rt.page->tick_hz, w->asked.wall_ms, w->asked.cpu_ms,
               w->asked.kill_us);
    files_job_begin(w);
    enum status s = jobs_next(&w->jobs, &next, &j->spec);
    if (s != OK)
        return s;
    text_set(j->name, sizeof j->name, j->spec.name);
    if (!w->has_files && j->spec.output_count)
        j->kept = E_NOT_FOUND;
    w->window_given = w->window_at != NULL && j->spec.output_count;
    rt_snprintf(offset, sizeof offset, "%lu", (unsigned long)w->asked.offset);
    if (w->farm)
        s = msg_worker_started_send(w->farm, &started);
    return s == OK ? domain_make(w, 3, argv) : s;
}

/* Nothing but the job is below the worker: so this counts whatever it may have set running. */
static uint64_t job_cpu_ticks(const struct job *j)
{
    return domain_below_ticks() - j->below_ticks;
}

bool job_goes_on(struct job *j)
{
    uint64_t now = arch_user_ticks();

    if (j->over || j->killed || j->lied || j->flooded)
        return false;
    j->verdict = limits_check(&j->limits, now,
                              limits_want_cpu(&j->limits, now) ? job_cpu_ticks(j) : 0);
    return j->verdict == LIMITS_KEPT;
}

static uint64_t microseconds(uint64_t ticks)
{
    uint64_t hz = rt.page->tick_hz;
    return ticks / hz * 1000000 + ticks % hz * 1000000 / hz;
}

/* An object that is left keeps memory or a slot of ours. */
static uint32_t leaked_count(const struct stock *before)
{
    struct stock now = stock_take();
    uint64_t count = 0;

    if (now.zone_bytes < before->zone_bytes)
        count += (before->zone_bytes - now.zone_bytes + PAGE_BYTES - 1) / PAGE_BYTES;
    if (now.ram_bytes < before->ram_bytes)
        count += (before->ram_bytes - now.ram_bytes + PAGE_BYTES - 1) / PAGE_BYTES;
    if (now.slots < before->slots && !count)
        count = before->slots - now.slots;
    if (count)
        log_line("left behind: zone %ld, RAM %ld bytes, %ld slots",
                 (long)(before->zone_bytes - now.zone_bytes),
                 (long)(before->ram_bytes - now.ram_bytes), (long)(before->slots - now.slots));
    return (uint32_t)count;
}

/* A full ring empties soon: the farm reads all that it is sent. E_PEER: it is gone. */
static enum status farm_room(struct worker *w)
{
    while (w->farm && !channel_dead(w->farm) && !channel_can_send(w->farm))
        events_take(w, arch_user_ticks() + rt.page->tick_hz / 1000);
    return w->farm && !channel_dead(w->farm) ? OK : E_PEER;
}

static enum status account_send(struct worker *w, const uint64_t value[ACCOUNT_COUNT])
{
    struct msg_worker_account m = {.key = {0}};
    enum status s = OK;
    unsigned n = 0;

    for (uint32_t key = ACCOUNT_NONE + 1; s == OK && key < ACCOUNT_COUNT; key++) {
        m.key[n] = key;
        m.value[n++] = value[key];
        if (n < sizeof m.key / sizeof m.key[0] && key + 1 < ACCOUNT_COUNT)
            continue;
        s = farm_room(w);
        if (s == OK)
            s = msg_worker_account_send(w->farm, &m);
        m = (struct msg_worker_account){.key = {0}};
        n = 0;
    }
    return s;
}

static enum status calls_send(struct worker *w)
{
    const struct job *j = &w->job;
    enum status s = OK;

    for (uint32_t i = 0; s == OK && i < j->call_count;) {
        struct msg_worker_calls m = {.call = {0}};
        for (unsigned n = 0; n < sizeof m.call / sizeof m.call[0] && i < j->call_count; n++)
            m.call[n] = j->call[i++];
        s = farm_room(w);
        if (s == OK)
            s = msg_worker_calls_send(w->farm, &m);
    }
    return s;
}

static void result_send(struct worker *w, const struct msg_worker_ended *ended_message,
                        const uint64_t value[ACCOUNT_COUNT], const char *reason)
{
    struct msg_worker_reason why = {.text = {0}};
    enum status s = OK;

    if (!w->farm)
        return;
    for (uint32_t i = 0; s == OK && i < w->job.missing_count; i++) {
        s = farm_room(w);
        if (s == OK)
            s = msg_worker_missing_send(w->farm, &w->job.missing[i]);
    }
    if (s == OK)
        s = calls_send(w);
    if (s == OK)
        s = account_send(w, value);
    text_set(why.text, sizeof why.text, reason);
    if (s == OK)
        s = farm_room(w);
    if (s == OK && reason[0])
        s = msg_worker_reason_send(w->farm, &why);
    if (s == OK)
        s = farm_room(w);
    if (s == OK)
        s = msg_worker_ended_send(w->farm, ended_message);
    if (s != OK)
        log_line("%s: its end cannot be told: %s", w->job.name, status_name(s));
}

static void account_fill(const struct job *j, const struct domain_account *a, uint64_t wall_ticks,
                         uint64_t value[ACCOUNT_COUNT])
{
    const uint64_t counted[ACCOUNT_COUNT] = {
        [ACCOUNT_CPU] = microseconds(job_cpu_ticks(j)),
        [ACCOUNT_WALL] = microseconds(wall_ticks),
        [ACCOUNT_ZONE_PEAK] = a->zone_peak_bytes,
        [ACCOUNT_RAM_PEAK] = a->ram_peak_bytes,
        [ACCOUNT_MEMORY_LIMIT] = j->lend.limit_bytes,
        [ACCOUNT_NATIVE_SYSCALLS] = a->syscalls,
        [ACCOUNT_FOREIGN_SYSCALLS] = a->foreign_calls,
        [ACCOUNT_FAULTS] = a->faults,
        [ACCOUNT_UPCALLS] = a->upcalls,
        [ACCOUNT_MESSAGES_SENT] = j->domain.messages_received,
        [ACCOUNT_MESSAGES_RECEIVED] = j->notes_sent,
        [ACCOUNT_DOORBELLS] = a->doorbells,
        [ACCOUNT_BYTES_READ] = j->bytes_read,
        [ACCOUNT_BYTES_WRITTEN] = j->bytes_written,
        [ACCOUNT_FILES_OUT] = j->files_out,
        [ACCOUNT_PAGES_PRIVATE] = j->pages_private,
        [ACCOUNT_PAGES_ARCHIVE] = j->pages_archive,
    };

    memcpy(value, counted, sizeof counted);
}

void job_finish(struct worker *w, enum status start, const struct stock *before)
{
    struct job *j = &w->job;
    struct domain_account a = {0};
    uint64_t value[ACCOUNT_COUNT];
    char reason[JOB_REASON_BYTES];

    if (start == OK && domain_inspect(&j->domain, &a) != OK)
        a = (struct domain_account){0};
    uint64_t wall = arch_user_ticks() - j->start_ticks;
    enum job_status status = job_judge(j, start, &a, reason);
    account_fill(j, &a, wall, value);
    if (start == OK)
        domain_end(&j->domain);
    arch_mark(MARK_END, MARK_JOB);
    j->over = true;
    files_job_end(w);
    struct msg_worker_ended m = {
        .index = j->index,
        .status = status,
        .wall_us = value[ACCOUNT_WALL],
        .cpu_us = value[ACCOUNT_CPU],
        .peak_bytes = a.zone_peak_bytes + a.ram_peak_bytes,
        .leaked = leaked_count(before),
        .node = w->node,
    };
    result_send(w, &m, value, reason);
}
