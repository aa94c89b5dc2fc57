/* jobs.c: a domain from its making to the last object taken back. */
#include "bench.h"

enum { JOB_SAMPLES = 5 };

static void job_ended(void *arg, struct domain *d)
{
    (void)d;
    *(bool *)arg = true;
}

static void job_log(void *arg, struct domain *d, const char *line)
{
    (void)arg, (void)d, (void)line;
}

static enum status job_run(const struct spawn_request *r)
{
    struct domain d;
    bool ended = false;
    struct spawn_request own = *r;

    own.ended = job_ended;
    own.log = job_log;
    own.arg = &ended;
    enum status s = spawn_domain(&own, &d);
    while (s == OK && !ended)
        events_pass(UINT64_MAX);
    if (s == OK)
        domain_end(&d);
    return s;
}

/* The window is a constant of the marks' instructions. */
#define JOB_MEASURE(name, window, r)                                                               \
    do {                                                                                           \
        enum status job_status = OK;                                                               \
        sample_clear(&sample);                                                                     \
        for (uint32_t i = 0; job_status == OK && i < JOB_SAMPLES; i++)                             \
            SAMPLE(window, &sample, job_status = job_run(r));                                      \
        if (row_ok(name, job_status))                                                              \
            row_print(name, window, 0, sample_median(&sample));                                    \
    } while (0)

/* A program of ours that ends at once; and Debian's dynamic tachyon with its usage text. */
void jobs_measure(void)
{
    const char *own[] = {"bench", "role=nothing"};
    const char *foreign[] = {"linux", "/usr/bin/tachyon"};
    struct spawn_request r = {.image = "/skerry/bench",
                              .name = "job",
                              .argc = 2,
                              .argv = own,
                              .zone_bytes = 0x40000,
                              .ram_bytes = 0x100000,
                              .priority = 20,
                              .flags = SPAWN_ARCHIVE};

    JOB_MEASURE("domain_start_stop", WINDOW_DOMAIN, &r);
    r.image = "/skerry/linux";
    r.argv = foreign;
    r.zone_bytes = 1u << 20;
    r.ram_bytes = 3u << 20;
    r.flags = SPAWN_VECTOR | SPAWN_FOREIGN | SPAWN_ARCHIVE;
    JOB_MEASURE("job_start_stop", WINDOW_JOB, &r);
    /* The same, less the program's and its linker's own instructions and less zeroing. */
    row_line("job_start_stop_outside", WINDOW_JOB, 0, "how=plugin part=outside");
}
