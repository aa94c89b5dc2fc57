#ifndef TOOLS_JOBS_H
#define TOOLS_JOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

/* How a job ended, in the words of the report. JOB_WAITING and JOB_RUNNING never reach a finished
 * one. */
enum job_status {
    JOB_WAITING,
    JOB_RUNNING,
    JOB_OK,
    JOB_FAULT,
    JOB_MEMORY,
    JOB_TIME,
    JOB_UNSUPPORTED,
    JOB_KILLED,
};

/* What a comparison with the reference said. */
enum job_match { MATCH_NOT_ASKED, MATCH_SAME, MATCH_DIFFERENT, MATCH_NO_REFERENCE };

struct job {
    /* what to do */
    char *name;
    struct list
        outputs;      /* files it leaves in its folder, which become files in the host's folder */
    struct list argv; /* paths inside the boot archive */
    /* what became of it */
    enum job_status status;
    char *reason;        /* or NULL */
    char *calls_missing; /* "name:count,..." or NULL */
    unsigned int core, node;
    uint64_t wall_us, cpu_us, peak_bytes;
    unsigned int order;    /* jobs started before it; 0 also before it is started */
    bool counted;          /* --count: instructions is known */
    uint64_t instructions; /* of the program itself, in user mode */
    enum job_match match;
};

struct job_list {
    struct job *job;
    size_t count;
};

/* A new job of this list, waiting; the name is copied. */
struct job *jobs_add(struct job_list *jobs, const char *name);
struct job *jobs_find(const struct job_list *jobs, const char *name);
size_t jobs_count(const struct job_list *jobs, enum job_status status);

/* The text form the farm reads, `/skerry/jobs` in the archive: "skerry-jobs 1", then one line a
 * job: NAME <tab> OUTPUT,OUTPUT <tab> ARGV0 ARGV1 ...   No word holds a space, tab or comma. */
void jobs_write(const struct job_list *jobs, struct text *t);

const char *job_status_name(enum job_status status);
/* JOB_FAULT for a word that is none of ours. */
enum job_status job_status_of(const char *name);

#endif
