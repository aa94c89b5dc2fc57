/* guest.h: the personality's host (linux/host.h) inside a domain of ours: main.c starts and runs
 * the job, host.c gives memory, time and the log, report.c hands files and figures to the worker.
 * One job a domain, so there is one of everything. */
#ifndef LINUX_GUEST_H
#define LINUX_GUEST_H

#include <linux/host.h>
#include <linux/process.h>

struct linux_host {
    struct linux_process *process;
    uint64_t random;
    unsigned char *bulk; /* null: nobody wants files */
    uint64_t bulk_bytes;
    bool taken; /* the worker has answered */
    uint32_t taken_status;
};

extern struct linux_host the_job;

/* job.c: the job of /skerry/jobs whose block begins at offset; false in job_is: the program and its
 * arguments came on the command line (the shell's `run`). */
NODISCARD enum status job_open(const struct archive *archive, uint64_t offset);
bool job_is(void);
const char *job_directory(void);

/* Its next command, in *c; E_RANGE: there is none. What c points to stays until job_command_put. */
NODISCARD enum status job_command_take(struct linux_config *c);
void job_command_put(void);

/* The number of the command that job_command_take gave last, from 0. */
uint32_t job_command(void);

/* Its input files become visible, and the directories of its outputs. *what: which could not. */
NODISCARD enum status job_inputs(struct linux_process *p, const char **what);

/* Hands out the files that the job must leave, in the order of its block. */
void job_outputs(struct linux_process *p);

/* Figures and names for the worker, when the job could not be started for want of memory. */
void report_no_memory(void);

/* Maps the worker's frame, if there is one, and listens to it. */
void report_open(struct linux_host *h);

/* Missing calls and figures; behind the files, before the exit. */
void report_end(struct linux_host *h, enum linux_end end, int code);

#endif
