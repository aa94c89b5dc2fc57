#ifndef TOOLS_HOSTILE_H
#define TOOLS_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>

#include "jobs.h"

/* One way to misbehave (apps/hostile), and how a job that does so must end. */
struct hostile_kind {
    const char *name;
    enum job_status status;
    const char *reason;        /* what the reason begins with, or NULL: none is asked for */
    const char *says;          /* a line of its output that must come, or NULL */
    unsigned int wall_ms;      /* its limit; 0: it ends by itself */
    unsigned int memory_bytes; /* its limit; 0: none but the core's */
};

extern const struct hostile_kind hostile_kinds[];
extern const size_t hostile_kind_count;

/* The command `skerry hostile`. */
int hostile_command(int argc, char **argv);

#endif
