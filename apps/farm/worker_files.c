/* worker_files.c: the worker as a client of `files`: the job's files on their way to the host. The
 * service may end and come back at any time: the worker binds anew, with a growing pause between
 * attempts, and the job waits. What the job writes to is memory of the worker's own, its window;
 * it is copied to the bulk memory of whatever channel there is. */
#include "worker.h"
#include <linux/job.h>
#include <rt/event.h>
#include <rt/log.h>
#include <rt/memory.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/thread.h>

enum {
    FILES_ANSWER_S = 600,   /* 128 busy cores on one host core take 13 s for one turn: a slow
                               answer is no dead service */
    FILES_FIRST_S = 60,     /* until it is there for the first time */
    FILES_BACK_S = 300,     /* until it is back */
    FILES_LOSSES_MAX = 100, /* in a row without a piece that was kept */
    PAUSE_MS = 2,
    PAUSE_MS_MAX = 500,
};

_Static_assert(OUTPUT_NAME_ROOM == JOB_NAME_BYTES, "the window is laid out as the bulk memory");

static uint64_t ticks_of_ms(uint64_t ms)
{
    return rt.page->tick_hz / 1000 * ms;
}

static void answer_due(struct worker *w)
{
    w->files_deadline = arch_user_ticks() + rt.page->tick_hz * FILES_ANSWER_S;
}

/* From now on nobody is there. */
static void lost(struct worker *w, uint64_t limit_s)
{
    uint64_t now = arch_user_ticks();

    w->files_bound = false;
    w->files_try_ticks = now;
    w->files_pause_ms = PAUSE_MS;
    w->files_limit_ticks = now + rt.page->tick_hz * limit_s;
    output_lost(&w->output);
}

static void leave(struct worker *w)
{
    event_channel_remove(&w->files.channel);
    service_leave(&w->files);
    lost(w, FILES_BACK_S);
    w->files_losses++;
}

static void files_event(void *arg, struct channel *c)
{
    struct worker *w = arg;
    struct urpc_message m;

    while (channel_receive(c, &m) == OK) {
        output_answer(&w->output, &m);
        answer_due(w);
    }
    if (channel_dead(c))
        leave(w);
}

static void give_up(struct worker *w, enum status s)
{
    log_line("no files can be kept: %s", status_name(s));
    w->has_files = false;
    output_give_up(&w->output, s);
}

static void bind(struct worker *w)
{
    enum status s = service_bind(FILES_SERVICE, WORKER_BULK_BYTES, files_protocol(), &w->files);

    if (s == OK) {
        s = event_channel_add(&w->files.channel, files_event, w);
        if (s != OK)
            service_leave(&w->files);
    }
    if (s == OK) {
        w->files_bound = true;
        answer_due(w);
        output_found(&w->output, &w->files.channel, service_bulk_own(&w->files));
        return;
    }
    if (s == E_STOPPED || arch_user_ticks() >= w->files_limit_ticks) {
        give_up(w, s);
        return;
    }
    w->files_try_ticks = arch_user_ticks() + ticks_of_ms(w->files_pause_ms);
    w->files_pause_ms *= w->files_pause_ms < PAUSE_MS_MAX ? 2 : 1;
}

void files_open(struct worker *w)
{
    void *at;
    enum status s = frame_make(WORKER_BULK_BYTES, &w->window_frame, &at);

    if (s != OK) {
        log_line("no memory for files: %s", status_name(s));
        return;
    }
    w->window = w->window_frame.cap;
    w->window_at = at;
    w->output.window = at;
    w->has_files = true;
    lost(w, FILES_FIRST_S);
    bind(w);
}

/* When files_tend has something to do. */
static uint64_t files_due(const struct worker *w)
{
    if (!w->has_files)
        return UINT64_MAX;
    if (!w->files_bound)
        return w->files_try_ticks;
    return output_idle(&w->output) ? UINT64_MAX : w->files_deadline;
}

static void files_tend(struct worker *w)
{
    if (arch_user_ticks() < files_due(w))
        return;
    if (w->files_bound) {
        log_line("the service that keeps files does not answer");
        leave(w);
    } else if (w->files_losses > FILES_LOSSES_MAX) {
        give_up(w, E_PEER);
    } else {
        bind(w);
    }
}

void events_take(struct worker *w, uint64_t deadline_ticks)
{
    uint64_t due = files_due(w);
    enum status ignored = event_wait(due < deadline_ticks ? due : deadline_ticks);

    (void)ignored;
    files_tend(w);
}

static void taken_send(void *arg, enum status s)
{
    struct worker *w = arg;
    struct msg_parent_note n = {.kind = JOB_TAKEN, .number = (uint32_t)s};

    const struct output_piece *p = &w->output.piece;

    if (s == OK) {
        w->files_losses = 0;
        job_output_done(&w->job, p->name, p->bytes, p->offset + p->bytes == p->total);
    } else if (s != E_AGAIN && w->job.kept == OK) {
        w->job.kept = s;
    }
    if (!w->job.over && job_note_send(&w->job, &n) != OK)
        w->job.lied = true; /* it does not read its answers */
}

void files_wait(struct worker *w)
{
    while (w->has_files && !w->files_bound && !rt.parent_quit)
        events_take(w, UINT64_MAX);
}

void files_job_begin(struct worker *w)
{
    w->output.taken = taken_send;
    w->output.arg = w;
}

/* The name is copied out once; the job could change it while we look. False: longer than any that
 * we were asked for. */
static bool name_take(const struct worker *w, char to[FILES_NAME_BYTES])
{
    const volatile char *from = w->window_at;

    for (unsigned i = 0; i < FILES_NAME_BYTES; i++)
        to[i] = from[i];
    return strnlen(to, FILES_NAME_BYTES) < FILES_NAME_BYTES;
}

/* A file that the job was not asked for is scratch: its pieces are refused, which harms nobody. */
void file_take(struct worker *w, const struct msg_parent_note *n)
{
    struct job *j = &w->job;
    struct msg_parent_note refused = {.kind = JOB_TAKEN, .number = E_NOT_FOUND};
    struct output_piece p = {.bulk_offset = JOB_NAME_BYTES,
                             .bytes = n->number,
                             .offset = n->word[0],
                             .total = n->word[1]};

    if (!w->window_given || n->number > WORKER_BULK_BYTES - JOB_NAME_BYTES) {
        j->lied = true;
        return;
    }
    if (!name_take(w, p.name) || job_output_find(&j->spec, p.name) == JOB_OUTPUTS_MAX) {
        j->lied |= job_note_send(j, &refused) != OK;
        return;
    }
    if (!w->has_files && j->kept == OK)
        j->kept = E_NOT_FOUND;
    answer_due(w);
    enum status s = j->kept == OK ? output_piece_send(&w->output, &p) : j->kept;
    if (s == E_PROTOCOL)
        j->lied = true;
    else if (s != OK)
        taken_send(w, s);
}

/* Nobody writes the window any more, and the next job must not find what this one wrote. */
void files_job_end(struct worker *w)
{
    answer_due(w);
    output_abort(&w->output);
    while (!output_idle(&w->output)) {
        events_take(w, UINT64_MAX);
        output_abort(&w->output);
    }
    if (w->window_given)
        memset(w->window_at, 0, WORKER_BULK_BYTES);
    w->window_given = false;
    files_wait(w);
}
