/* Private to worker*.c: the worker of one core and the one job that it runs. Everything is event
 * handlers on one thread; what waits is the main loop alone. */
#ifndef FARM_WORKER_PRIVATE_H
#define FARM_WORKER_PRIVATE_H

#include "limits.h"
#include "output.h"
#include <farm/jobs.h>
#include <farm/worker.h>
#include <monitor/service.h>
#include <rt/spawn.h>

enum { WORKER_BULK_BYTES = 256 << 10, JOB_REASON_BYTES = 56, JOB_CALLS_MAX = 128 };

/* The job that runs, or ran last. */
struct job {
    uint32_t index;
    char name[JOB_NAME_MAX + 1];
    struct job_spec spec;
    struct domain domain;
    bool over;                   /* its domain has exited or stopped */
    bool used;                   /* it has said how its program ended: the three below */
    uint32_t end;                /* enum linux_end */
    uint64_t code;               /* exit code or signal */
    bool killed;                 /* why we ended it: it was asked for, */
    bool lied;                   /* it broke linux/job.h, */
    bool flooded;                /* it wrote too much to the log, */
    enum limits_verdict verdict; /* or a limit was reached */
    uint32_t notes;              /* that it sent */
    uint64_t log_bytes;
    uint32_t command;    /* the number of its last one, from 0 */
    enum status kept;    /* not OK: a file could not be kept */
    uint64_t kept_set;   /* outputs that are whole on the host, one bit each */
    uint64_t notes_sent; /* to its domain */
    uint64_t bytes_read, bytes_written, files_out;
    uint32_t pages_private, pages_archive; /* most at once, as the job says */
    uint64_t start_ticks;
    uint64_t below_ticks; /* of the core, when it began: see domain_below_ticks */
    struct limits limits;
    struct lend lend;
    uint32_t missing_count;
    struct msg_worker_missing missing[WORKER_MISSING_MAX];
    uint32_t call_count;
    uint64_t call[JOB_CALLS_MAX]; /* number << 32 | count, as the job says */
};

/* What the worker has when no job runs: the same before and after each. */
struct stock {
    uint64_t zone_bytes, ram_bytes, slots;
};

struct worker {
    uint32_t core, node;
    struct jobs_file jobs;
    struct channel *farm; /* NULL: nobody has bound yet */
    struct output output;
    /* worker_files.c's own */
    struct service_channel files;
    bool has_files;   /* the service is there, or may come; else it was given up */
    bool files_bound; /* it is there */
    struct ram_object window_frame;
    capref_t window; /* for the job; 0: there is none */
    void *window_at;
    bool window_given;          /* to the job that runs */
    uint64_t files_deadline;    /* ticks: it answers by then, or is taken for lost */
    uint64_t files_try_ticks;   /* not bound: when to try again, */
    uint64_t files_limit_ticks; /* and until when */
    uint32_t files_pause_ms, files_losses;
    struct msg_worker_job asked;
    bool pending;
    bool running;
    struct job job;
};

/* worker_job.c: makes the job's domain. Not OK: it could not be made, and nothing is left of it. */
NODISCARD enum status job_start(struct worker *w);

/* True while it runs and nothing says that it must not. */
bool job_goes_on(struct job *j);

/* Ends the domain, waits for the files, tells the farm. start: what job_start said. */
void job_finish(struct worker *w, enum status start, const struct stock *before);

struct stock stock_take(void);

/* worker_files.c: binds to `files`, now or later; jobs need not wait for it. */
void files_open(struct worker *w);

/* Handles events, until the deadline at most, and tends the channel to `files`: every wait of the
 * main loop is this one. */
void events_take(struct worker *w, uint64_t deadline_ticks);

/* To the job's domain. Statuses as channel_send. */
NODISCARD enum status job_note_send(struct job *j, const struct msg_parent_note *n);

/* Bytes of an output reached the host; last: it is whole there. */
void job_output_done(struct job *j, const char *name, uint64_t bytes, bool last);

/* Until it is bound, or given up: a channel is memory and slots of ours, so what the worker has is
 * counted with one (stock_take). */
void files_wait(struct worker *w);

void files_job_begin(struct worker *w);

/* A piece of one of the job's files lies in the window. */
void file_take(struct worker *w, const struct msg_parent_note *n);

/* The job's domain is gone: throws away what is not complete, clears the window. */
void files_job_end(struct worker *w);

/* worker_report.c: how it ended, and why in one line (empty: well). */
enum job_status job_judge(const struct job *j, enum status start, const struct domain_account *a,
                          char reason[JOB_REASON_BYTES]);

#endif
