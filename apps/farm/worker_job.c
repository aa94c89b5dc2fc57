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
    ZONE_MAX = 8 << 20,
    RAM_RESERVE = 512 << 10, /* rings, heap */
    LINE_BYTES_MAX = 120,
    FILES_ANSWER_S = 600, /* 128 busy cores on one host core take 13 s for one turn: a slow answer is no dead service */
};

static void taken_send(void *arg, enum status s)
{
    struct worker *w = arg;
    struct msg_parent_note n = {.kind = JOB_TAKEN, .number = (uint32_t)s};

    if (s != OK && w->job.kept == OK)
        w->job.kept = s;
    if (!w->job.over && msg_parent_note_send(&w->job.domain.channel, &n) != OK)
        w->job.lied = true; /* it does not read its answers */
}

/* The name is copied out once; the job could change it while we look. False: longer than any that
 * we were asked for. */
static bool name_take(struct worker *w, char to[FILES_NAME_BYTES])
{
    const volatile char *from = service_bulk_own(&w->files);

    for (unsigned i = 0; i < FILES_NAME_BYTES; i++)
        to[i] = from[i];
    return strnlen(to, FILES_NAME_BYTES) < FILES_NAME_BYTES;
}

/* A file that the job was not asked for is scratch: its pieces are refused, which harms nobody. */
static void file_take(struct worker *w, const struct msg_parent_note *n)
{
    struct job *j = &w->job;
    struct msg_parent_note refused = {.kind = JOB_TAKEN, .number = E_NOT_FOUND};
    struct output_piece p = {.bulk_offset = JOB_NAME_BYTES,
                             .bytes = n->number,
                             .offset = n->word[0],
                             .total = n->word[1]};

    if (!w->has_files || w->output.state != OUTPUT_IDLE ||
        n->number > WORKER_BULK_BYTES - JOB_NAME_BYTES) {
        j->lied = true;
        return;
    }
    if (!name_take(w, p.name) || !job_output_listed(&j->line, p.name)) {
        j->lied |= msg_parent_note_send(&j->domain.channel, &refused) != OK;
        return;
    }
    w->files_deadline = arch_user_ticks() + rt.page->tick_hz * FILES_ANSWER_S;
    enum status s = j->kept == OK ? output_piece_send(&w->output, &p) : j->kept;
    if (s == E_PROTOCOL)
        j->lied = true;
    else if (s != OK)
        taken_send(w, s);
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
    struct msg_parent_note n;

    (void)d;
    if (m->type != MSG_PARENT_NOTE || msg_parent_note_get(m, &n) != OK)
        return;
    if (n.kind == JOB_FILE) {
        file_take(w, &n);
    } else if (n.kind == JOB_MISSING) {
        missing_take(&w->job, &n);
    } else if (n.kind == JOB_USED) {
        w->job.used = true;
        w->job.end = n.number;
        w->job.code = n.word[0];
    }
}

/* Lines of a job never begin a line of ours, and hold nothing that moves a terminal. */
static void line_take(void *arg, struct domain *d, const char *line)
{
    struct worker *w = arg;
    char clean[LINE_BYTES_MAX + 1];
    unsigned n = 0;

    (void)d;
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

/* All that lies together, less what the worker may need meanwhile. */
static uint64_t share(enum ram_kind kind, uint64_t reserve, uint64_t most)
{
    uint64_t largest = range_largest(&rt.ram.pool[kind].free);
    uint64_t bytes = largest > reserve ? largest - reserve : 0;

    return round_down(bytes < most ? bytes : most, PAGE_BYTES);
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
        .zone_bytes = share(RAM_ZONE, ZONE_RESERVE, ZONE_MAX),
        .ram_bytes = share(RAM_GENERAL, RAM_RESERVE, UINT64_MAX),
        .flags = SPAWN_VECTOR | SPAWN_FOREIGN | SPAWN_ARCHIVE,
        .poll = rt.arguments->poll,
        .node = w->node,
        .seed = {rt.arguments->seed[0] ^ (w->job.index + 1) * 0x9e3779b97f4a7c15u,
                 rt.arguments->seed[1]},
        .grant = &grant,
        .grant_count = w->has_files,
        .message = message_take,
        .log = line_take,
        .ended = ended,
        .arg = w,
    };

    return spawn_domain(&r, &w->job.domain);
}

enum status job_start(struct worker *w)
{
    static char buffer[JOB_COMMAND_BYTES];
    const char *argv[JOB_WORDS_MAX + 1] = {"linux"};
    struct msg_worker_started started = {.index = w->asked.index, .node = w->node};
    struct job *j = &w->job;
    int argc = 0;

    arch_mark(MARK_BEGIN, MARK_JOB); /* for `skerry run --count` */
    *j = (struct job){
        .index = w->asked.index, .start_ticks = arch_user_ticks(), .deadline_ticks = UINT64_MAX};
    if (w->asked.limit_ms)
        j->deadline_ticks = j->start_ticks + rt.page->tick_hz / 1000 * w->asked.limit_ms;
    w->output.taken = taken_send;
    w->output.arg = w;
    enum status s = jobs_line(&w->jobs, j->index, &j->line);
    if (s != OK)
        return s;
    job_name_copy(&j->line, j->name);
    if (!w->has_files && j->line.outputs.bytes)
        j->kept = E_NOT_FOUND;
    s = job_words(&j->line, buffer, argv + 1, &argc);
    if (s == OK && w->farm)
        s = msg_worker_started_send(w->farm, &started);
    return s == OK ? domain_make(w, argc + 1, argv) : s;
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

/* Nobody writes the window any more, and the next job must not find what this one wrote. */
static void window_clear(struct worker *w)
{
    w->files_deadline = arch_user_ticks() + rt.page->tick_hz * FILES_ANSWER_S;
    output_abort(&w->output);
    while (w->output.state != OUTPUT_IDLE) {
        events_take(w, UINT64_MAX);
        output_abort(&w->output);
    }
    if (w->has_files)
        memset(service_bulk_own(&w->files), 0, WORKER_BULK_BYTES);
}

static void result_send(struct worker *w, const struct msg_worker_ended *ended_message,
                        const char *reason)
{
    struct msg_worker_reason why = {.text = {0}};
    enum status s = OK;

    if (!w->farm)
        return;
    for (uint32_t i = 0; s == OK && i < w->job.missing_count; i++)
        s = msg_worker_missing_send(w->farm, &w->job.missing[i]);
    text_set(why.text, sizeof why.text, reason);
    if (s == OK && reason[0])
        s = msg_worker_reason_send(w->farm, &why);
    if (s == OK)
        s = msg_worker_ended_send(w->farm, ended_message);
    if (s != OK)
        log_line("%s: its end cannot be told: %s", w->job.name, status_name(s));
}

void job_finish(struct worker *w, enum status start, const struct stock *before)
{
    struct job *j = &w->job;
    struct domain_account a = {0};
    char reason[JOB_REASON_BYTES];

    if (start == OK && domain_inspect(&j->domain, &a) != OK)
        a = (struct domain_account){0};
    uint64_t wall = arch_user_ticks() - j->start_ticks;
    enum job_status status = job_judge(j, start, &a, reason);
    if (start == OK)
        domain_end(&j->domain);
    arch_mark(MARK_END, MARK_JOB);
    j->over = true;
    window_clear(w);
    struct msg_worker_ended m = {
        .index = j->index,
        .status = status,
        .wall_us = microseconds(wall),
        .cpu_us = microseconds(a.cpu_ticks),
        .peak_bytes = a.zone_peak_bytes + a.ram_peak_bytes,
        .leaked = leaked_count(before),
        .node = w->node,
    };
    result_send(w, &m, reason);
}
