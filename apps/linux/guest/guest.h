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

/* Maps the worker's frame, if there is one, and listens to it. */
void report_open(struct linux_host *h);

/* Missing calls and figures; behind the files, before the exit. */
void report_end(struct linux_host *h, enum linux_end end, int code);

#endif
