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

/* What the guest can take: bytes of the names of jobs, groups, outputs; words and bytes of one
 * command; inputs, outputs and commands of one job. */
enum {
    JOB_NAME_BYTES = 39,
    JOB_FILE_BYTES = 47,
    JOB_WORDS = 1024,
    JOB_COMMAND_BYTES = 4095,
    JOB_FILES = 64,
    JOB_COMMANDS = 255,
    JOBS_MAX = 4096,
};

/* One program of a job. Its standard input and output are files of the job, or NULL. */
struct job_command {
    struct list words;
    char *in, *out;
};

/* A file of the archive that appears under a name in the job's working directory. */
struct job_input {
    char *path, *name;
};

/* A number of the job's accounting, or how often it called one system call. */
struct job_figure {
    char *key;
    uint64_t value;
};

struct job_figures {
    struct job_figure *item;
    size_t count;
};

struct job {
    /* what to do */
    char *name;
    struct list outputs;         /* files it leaves, relative; they get to the host's folder */
    struct job_command *command; /* one after another, until one fails */
    size_t command_count;
    struct job_input *input;
    size_t input_count;
    char *directory;           /* in the archive; NULL: /job */
    uint64_t memory_bytes;     /* 0: as much as the core has */
    uint64_t wall_ms, cpu_ms;  /* 0: no limit */
    unsigned int tries;        /* 0 is 1 */
    unsigned int grow_percent; /* after status memory, of the former limit; 0 is 100 */
    char *group;               /* or NULL; at most group_limit jobs of a group run at once */
    unsigned int group_limit;
    bool barrier; /* starts when all jobs before it have ended */
    /* what became of it: of the last try */
    enum job_status status;
    char *reason;        /* or NULL */
    char *calls_missing; /* "name:count,..." or NULL */
    unsigned int core, node;
    unsigned int tried; /* the number of the last try that was started, from 1 */
    uint64_t wall_us, cpu_us, peak_bytes;
    struct job_figures account, calls;
    bool counted;          /* --count: instructions is known */
    uint64_t instructions; /* of the program itself, in user mode */
    enum job_match match;
    struct list sums; /* SHA-256 of the outputs, hex, "" where there is none; when it has ended */
    char *earlier;    /* its part of the report, JSON, when it was done by an earlier run */
};

struct job_list {
    struct job *job;
    size_t count;
};

/* A new job of this list, waiting; the name is copied. */
struct job *jobs_add(struct job_list *jobs, const char *name);
struct job *jobs_find(const struct job_list *jobs, const char *name);
size_t jobs_count(const struct job_list *jobs, enum job_status status);
void jobs_free(struct job_list *jobs);

/* A further command of the job; its words are cut at spaces. The pointer holds until the next. */
struct job_command *job_run(struct job *j, const char *words);
/* A further input of the job. */
void job_input(struct job *j, const char *path, const char *name);
void job_figure(struct job_figures *figures, const char *key, uint64_t value);
void job_figures_free(struct job_figures *figures);

/* Whether it has ended for good, in this run or in an earlier one. */
bool job_ended(const struct job *j);

/* The text form the farm reads, `/skerry/jobs` in the archive, "skerry-jobs 2": lines of words, a
 * block a job (apps/farm/include/farm/jobs.h). Jobs of an earlier run are left out. */
void jobs_write(const struct job_list *jobs, struct text *t);

const char *job_status_name(enum job_status status);
/* JOB_FAULT for a word that is none of ours. */
enum job_status job_status_of(const char *name);

#endif
