/* worker.c: the program `worker`, one on each core: runs the farm's jobs one after the other, each
 * in a fresh domain, with nearly all memory of the core.
 *
 *   worker core=K node=M cores=N
 *
 * It offers the service `worker.K` (farm/worker.def) and is a client of `files` (farm/files.def).
 * A job's files go through its window, memory of the worker's that it is given (worker_files.c). */
#include "worker.h"
#include <rt/event.h>
#include <rt/lend.h>
#include <rt/log.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>
#include <rt/thread.h>

enum { FARMS_MAX = 2, WARM_BYTES = 64 << 10, WARM_SLOTS = 128 };

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

/* One job from the farm's word to the answer. */
static void job_run(struct worker *w)
{
    files_wait(w);
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
            events_take(w, UINT64_MAX);
        }
    }
    return 0;
}
