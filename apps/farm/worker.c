/* worker.c: the program `worker`, one on each core: runs the farm's jobs one after the other, each
 * in a fresh domain, with nearly all memory of the core.
 *
 *   worker core=K node=M cores=N
 *
 * It offers the service `worker.K` (farm/worker.def) and is a client of `files` (farm/files.def).
 * A job's files go through the bulk memory of the channel to `files`: the job is given that memory
 * as its window, so nothing is copied here. */
#include "worker.h"
#include <rt/event.h>
#include <rt/lend.h>
#include <rt/log.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>
#include <rt/thread.h>

enum {
    FILES_WAIT_MS = 15000,
    FILES_STEP_MS = 100,
    FARMS_MAX = 2,
    WARM_BYTES = 64 << 10,
    WARM_SLOTS = 128
};

static struct worker the_worker;

static uint32_t argument_number(int argc, char **argv, const char *key)
{
    size_t bytes = strlen(key);
    uint32_t value = 0;

    for (int i = 1; i < argc; i++)
        if (!strncmp(argv[i], key, bytes) && argv[i][bytes] == '=')
            for (const char *c = argv[i] + bytes + 1; *c >= '0' && *c <= '9'; c++)
                value = value * 10 + (uint32_t)(*c - '0');
    return value;
}

static void kill_take(struct worker *w, const struct urpc_message *m)
{
    struct msg_worker_kill kill;

    if (msg_worker_kill_get(m, &kill) == OK && w->running && kill.index == w->job.index)
        w->job.killed = true;
}

/* From the event loop, so while a job runs too: the worker goes before its job. */
static void probe_take(struct channel *c, const struct urpc_message *m)
{
    struct msg_worker_probe probe;

    if (msg_worker_probe_get(m, &probe) != OK)
        return;
    struct msg_worker_alive alive = {.serial = probe.serial};
    enum status s = msg_worker_alive_send(c, &alive);
    if (s != OK)
        log_line("cannot answer the farm: %s", status_name(s));
}

static void farm_event(void *arg, struct channel *c)
{
    struct worker *w = arg;
    struct urpc_message m;

    while (channel_receive(c, &m) == OK) {
        if (m.type == MSG_WORKER_KILL)
            kill_take(w, &m);
        else if (m.type == MSG_WORKER_PROBE)
            probe_take(c, &m);
        else if (!w->running && !w->pending && msg_worker_job_get(&m, &w->asked) == OK)
            w->pending = true;
    }
    if (channel_dead(c)) {
        event_channel_remove(c);
        if (w->farm == c)
            w->farm = NULL;
        w->job.killed = true;
    }
}

static void accepted(void *arg, struct service_channel *c)
{
    struct worker *w = arg;

    if (w->farm || event_channel_add(&c->channel, farm_event, w) != OK)
        channel_close(&c->channel);
    else
        w->farm = &c->channel;
}

static void files_event(void *arg, struct channel *c)
{
    struct worker *w = arg;
    struct urpc_message m;

    while (channel_receive(c, &m) == OK)
        output_answer(&w->output, &m);
    if (channel_dead(c)) {
        event_channel_remove(c);
        output_lost(&w->output);
    }
}

static void pause_ms(uint64_t ms)
{
    uint64_t deadline = arch_user_ticks() + rt.page->tick_hz / 1000 * ms;

    while (arch_user_ticks() < deadline) {
        enum status ignored = event_wait(deadline);
        (void)ignored;
    }
}

/* The part of the bulk memory's frame behind the ring page, as a capability for the job. */
static enum status window_make(struct worker *w)
{
    enum status s = slot_alloc(&rt.slots, &w->window);

    if (s == OK)
        s = sys_cap_mint(capref_in(0, w->files.own_frame), capref_in(0, w->window),
                         RIGHT_READ | RIGHT_WRITE, 0, URPC_FRAME_BYTES, WORKER_BULK_BYTES);
    if (s == OK)
        s = event_channel_add(&w->files.channel, files_event, w);
    if (s != OK)
        return s;
    w->output.files = &w->files.channel;
    return OK;
}

/* Without the service jobs run all the same; their files cannot be kept, and they end as faults. */
static void files_open(struct worker *w)
{
    enum status s = E_NOT_FOUND;

    for (unsigned ms = 0; (s == E_NOT_FOUND || s == E_BUSY) && ms < FILES_WAIT_MS;
         ms += FILES_STEP_MS) {
        s = service_bind(FILES_SERVICE, WORKER_BULK_BYTES, files_protocol(), &w->files);
        if (s == E_NOT_FOUND || s == E_BUSY)
            pause_ms(FILES_STEP_MS);
    }
    if (s == OK)
        s = window_make(w);
    if (s != OK)
        log_line("no files can be kept: %s", status_name(s));
    w->has_files = s == OK;
}

/* What grows once and for all grows now, so that stock_take compares like with like. */
static enum status warm_up(void)
{
    capref_t first;
    void *block = heap_alloc(&rt.heap, WARM_BYTES);

    if (!block)
        return E_NO_MEMORY;
    heap_free(&rt.heap, block);
    enum status s = slot_alloc_run(&rt.slots, WARM_SLOTS, &first);
    for (uint32_t i = 0; s == OK && i < WARM_SLOTS; i++)
        slot_free(&rt.slots, first + i);
    return s;
}

static enum status worker_open(struct worker *w, int argc, char **argv)
{
    const struct archive *archive;
    struct archive_node node;
    char name[SERVICE_NAME_BYTES];
    uint64_t at;

    w->core = argument_number(argc, argv, "core");
    w->node = argument_number(argc, argv, "node");
    enum status s = rt_archive(&archive);
    if (s == OK)
        s = archive_path(archive, JOBS_PATH, true, &node);
    if (s == OK)
        s = archive_data(archive, &node, &at);
    if (s == OK)
        s = jobs_open(&w->jobs, archive->base + at, node.bytes);
    if (s == OK)
        s = warm_up();
    if (s == OK)
        s = lend_serve();
    rt_snprintf(name, sizeof name, WORKER_SERVICE, w->core);
    if (s == OK)
        s = service_register(name, FARMS_MAX, worker_protocol(), accepted, w);
    return s;
}

/* Later jobs find no service. */
static void files_drop(struct worker *w)
{
    log_line("the service that keeps files does not answer");
    event_channel_remove(&w->files.channel);
    channel_close(&w->files.channel);
    w->has_files = false;
    output_lost(&w->output);
}

void events_take(struct worker *w, uint64_t deadline_ticks)
{
    bool open = w->output.state != OUTPUT_IDLE;
    uint64_t until =
        open && w->files_deadline < deadline_ticks ? w->files_deadline : deadline_ticks;
    enum status ignored = event_wait(until);

    (void)ignored;
    if (open && w->output.state != OUTPUT_IDLE && arch_user_ticks() >= w->files_deadline)
        files_drop(w);
}

/* One job from the farm's word to the answer. */
static void job_run(struct worker *w)
{
    struct stock before = stock_take();
    enum status s = job_start(w);

    w->running = s == OK;
    while (w->running && job_goes_on(&w->job))
        events_take(w, limits_next(&w->job.limits));
    job_finish(w, s, &before);
    w->running = false;
}

int main(int argc, char **argv)
{
    struct worker *w = &the_worker;
    enum status s = worker_open(w, argc, argv);

    if (s != OK) {
        log_line("the worker cannot start: %s", status_text(s));
        return 1;
    }
    files_open(w);
    while (!rt.parent_quit) {
        if (w->pending) {
            w->pending = false;
            job_run(w);
        } else {
            enum status ignored = event_wait(UINT64_MAX);
            (void)ignored;
        }
    }
    return 0;
}
