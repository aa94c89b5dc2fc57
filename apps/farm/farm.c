/* farm.c: the program `farm`, one domain on core 0: hands the jobs of /skerry/jobs to the workers,
 * one at a time to each, and tells the host what happens (lines that begin with @).
 *
 *   farm cores=N nodes=M [limit_ms=T] [probe_s=P] [lost_s=L] [quiet_ms=T]
 *        [soak_kill=PERCENT] [soak_seed=N]
 *
 * A worker whose channel ends takes its job with it (status killed); the others go on. So does one
 * whose core has died: after P seconds of silence with a job open it is asked whether it is there,
 * and given up when that is not answered within L seconds. Idle workers are never asked.
 *
 * quiet_ms: before the first job but one for each worker (what grows once and for all has grown
 * then) and after the last one the farm says `@quiet point=begin` and `end` and does nothing for
 * that long, so that the host can stop the machine and look; so it does at each barrier.
 * soak_kill: that share of the tries is ended by force, at instants by chance. */
#include "farm.h"
#include <rt/event.h>
#include <rt/log.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>

enum {
    CORES_DEFAULT = 1,
    PROBE_S = 10,
    LOST_S = 300 /* 128 busy cores on one host core take 13 s for one turn */
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

static enum status queue_open(struct farm *f)
{
    uint32_t count;
    enum status s = queue_count(&f->jobs, &count);

    if (s != OK)
        return s;
    struct queue_job *job = heap_alloc_zeroed(&rt.heap, (count + 1) * sizeof *job);
    return job ? queue_fill(&f->queue, &f->jobs, job) : E_NO_MEMORY;
}

static enum status farm_open(struct farm *f, int argc, char **argv)
{
    const struct archive *archive;
    struct archive_node node;
    uint64_t at;

    f->core_count = argument_number(argc, argv, "cores", CORES_DEFAULT);
    f->node_count = argument_number(argc, argv, "nodes", 1);
    f->limit_ms = argument_number(argc, argv, "limit_ms", 0);
    f->quiet_ms = argument_number(argc, argv, "quiet_ms", 0);
    f->kill_percent = argument_number(argc, argv, "soak_kill", 0);
    f->random = argument_number(argc, argv, "soak_seed", 1);
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
    if (s == OK)
        s = queue_open(f);
    return s == OK ? hands_bind(f) : s;
}

/* What nobody is left to do ends here. */
static void rest_drop(struct farm *f)
{
    uint32_t index;

    while (!f->bound_count && queue_drop(&f->queue, &index)) {
        struct hand nobody = {.job = index, .reason = "no core is left"};
        struct msg_worker_ended end = {.index = index, .status = JOB_STATUS_KILLED};
        hand_report(f, &nobody, &end, false);
    }
}

static void quiet(const struct farm *f, const char *point)
{
    log_line("@quiet point=%s", point);
    pause_ms(f->quiet_ms);
}

/* All before the barrier have ended: what is behind it may begin. */
static void barrier_pass(struct farm *f)
{
    char point[24];

    if (f->warming || f->busy_count || !queue_barrier_pass(&f->queue))
        return;
    rt_snprintf(point, sizeof point, "barrier%u", f->queue.barriers);
    quiet(f, point);
}

/* One turn of the farm. Nothing is waited for when a hand was just given up: its job may have been
 * the last, or is to be tried again. */
static void turn(struct farm *f)
{
    uint32_t busy = f->busy_count;
    uint64_t next = hands_check(f);

    if (f->busy_count == busy) {
        enum status ignored = event_wait(next);
        (void)ignored;
    }
    rest_drop(f);
    barrier_pass(f);
    hands_give(f);
}

/* One job on each worker: the heaps and tables that grow once and for all grow now. */
static void warm_up(struct farm *f)
{
    f->warming = true;
    hands_give(f);
    while (f->busy_count)
        turn(f);
    f->warming = false;
    quiet(f, "begin");
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
    if (f->quiet_ms)
        warm_up(f);
    barrier_pass(f); /* the warm-up's jobs may have been all before one */
    hands_give(f);
    while (f->queue.over < f->queue.count)
        turn(f);
    if (f->quiet_ms)
        quiet(f, "end");
    log_line("@done jobs=%u leaked_objects=%lu cores_lost=%u retries=%u", f->queue.over,
             (unsigned long)f->leaked, f->lost_count, f->queue.retries);
    service_end_machine(0);
    return 0;
}
