#ifndef TOOLS_FARM_H
#define TOOLS_FARM_H

#include <stdbool.h>

#include "count_file.h"
#include "jobs.h"
#include "options.h"

/* What the host knows of a farm while it runs, from its console lines:
 *   @boot cores=N nodes=M ticks_hz=T
 *   @job start name=NAME core=C node=D try=K
 *   @job account name=NAME KEY=NUMBER ...      (any number of lines, before the end)
 *   @job calls name=NAME CALL:COUNT,CALL:COUNT,...                            (the same)
 *   @job end name=NAME status=WORD reason=WORDS_LIKE_THIS core=C node=D wall_us=T cpu_us=T
 *            peak_bytes=B try=K again=0|1 syscalls_missing=NAME:COUNT,...
 *   @panic core=C TEXT
 *   @done jobs=K leaked_objects=0 cores_lost=N retries=R
 * again=1: the job waits for its next try. */

/* The start of one try: the n-th of a core is the n-th window that the counting plugin saw there. */
struct farm_start {
    unsigned int core;
    size_t job;
};

struct farm {
    const struct options *options;
    struct job_list *jobs;
    const char *folder; /* where the outputs go */
    double started_s;   /* when QEMU was started */
    double boot_wall_s; /* from there to @boot; 0 before */
    double ended_s;     /* when @done came */
    unsigned int cores_up, nodes;
    struct farm_start *start;
    size_t start_count;
    unsigned int retries, cores_lost;
    uint64_t memory_bytes;
    uint64_t leaked_objects;
    struct list panics;
    bool done;
    void (*on_end)(struct farm *f, struct job *j); /* a job has ended for good; may be NULL */
};

/* The guest's callbacks; context is the farm. */
bool farm_line(void *context, const char *line);
void farm_tick(void *context);

/* Gives each job that has ended what plugin/count.so counted for its last try. How many jobs got a
 * count. */
unsigned int farm_counts_take(struct farm *f, const struct count_file *counts);

#endif
