#ifndef TOOLS_FARM_H
#define TOOLS_FARM_H

#include <stdbool.h>

#include "count_file.h"
#include "jobs.h"
#include "options.h"

/* What the host knows of a farm while it runs, from its console lines:
 *   @boot cores=N nodes=M ticks_hz=T
 *   @job start name=NAME core=C node=D
 *   @job end name=NAME status=WORD reason=WORDS_LIKE_THIS core=C node=D wall_us=T cpu_us=T
 *            peak_bytes=B syscalls_missing=NAME:COUNT,...
 *   @panic core=C TEXT
 *   @done jobs=K leaked_objects=0 cores_lost=N */
struct farm {
    const struct options *options;
    struct job_list *jobs;
    double started_s;   /* when QEMU was started */
    double boot_wall_s; /* from there to @boot; 0 before */
    double ended_s;     /* when @done came */
    unsigned int cores_up, nodes;
    unsigned int jobs_started;
    uint64_t memory_bytes;
    uint64_t leaked_objects;
    struct list panics;
    bool done;
};

/* The guest's callbacks; context is the farm. */
bool farm_line(void *context, const char *line);
void farm_tick(void *context);

/* Gives each job that has ended what plugin/count.so counted for it: the n-th window of a core is the
 * n-th job that was started there. How many jobs got a count. */
unsigned int farm_counts_take(struct farm *f, const struct count_file *counts);

#endif
