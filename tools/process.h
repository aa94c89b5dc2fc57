#ifndef TOOLS_PROCESS_H
#define TOOLS_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "text.h"

/* How a child starts. Descriptors: -1 means /dev/null. */
struct process_start {
    char *const *argv;
    const char *directory; /* working directory, or NULL */
    const char *log; /* stderr (and stdout if `out` is -1) go to this file, or NULL: /dev/null */
    int in, out;
    int limit_s; /* CPU seconds after which the kernel ends it; 0: none */
};

/* Starts the child; it is killed when this program dies, however that happens, and it is out of
 * reach of the terminal's Ctrl-C. Ends the program when no process can be made. */
pid_t process_start(const struct process_start *start);

/* Waits; the exit code, or 128 + signal. */
int process_wait(pid_t pid);

/* Start and wait. */
int process_run(const struct process_start *start);

/* SIGTERM, then SIGKILL after two seconds; waits for the end. */
void process_stop(pid_t pid);

/* Full path of a program on PATH, to be freed, or NULL. */
char *process_find(const char *name);

/* Seconds on the monotonic clock. */
double process_seconds(void);

#endif
