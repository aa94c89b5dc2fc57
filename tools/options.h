#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

/* Which commands know an option: a set of these. */
enum {
    FOR_RUN = 1,
    FOR_TEST = 2,
    FOR_BENCH = 4,
    FOR_SHELL = 8,
    FOR_REFERENCE = 16,
    FOR_WALK = 32,
    FOR_VERSION = 64,
    FOR_CHECK = 1 << 14,
    FOR_FUZZ = 1 << 12,
    FOR_CONFORM = 1 << 20,
    FOR_DUMP = 1 << 13,
    FOR_RANDOM = 1 << 15,
    FOR_HOSTILE = 1 << 24,
    FOR_SECRETS = 1 << 25,
    FOR_SOAK = 1 << 26,
    FOR_MODEL = 1 << 27,
    FOR_PROVE = 1 << 28,
    FOR_TOPO = 1 << 16,
    FOR_PLACE = 1 << 17,
};

struct options {
    const char *arch; /* x86_64 or aarch64 */
    unsigned int cores, nodes;
    uint64_t memory_bytes; /* 0: chosen from the number of cores */
    const char *out;       /* where pictures and the report go */
    const char *json;      /* also write the result here, or NULL */
    unsigned int width, height;
    unsigned int jobs;     /* 0: as many as scenes are named */
    const char *jobs_file; /* or NULL */
    const char *resume;    /* the folder of an earlier run, or NULL */
    unsigned int limit_s;  /* wall time of the whole run */
    unsigned int seconds;  /* fuzz: of each fuzzer; prove: of each prover and goal */
    const char *mode;      /* the guest's mode= word */
    const char *seed;      /* 16 hex digits, or NULL: drawn from the host */
    const char *qemu;      /* another program in QEMU's place, or NULL */
    const char *commands;  /* shell -c */
    const char *kernel;    /* another kernel file, or NULL */
    const char *plant;     /* walk: plant this violation, or NULL */
    const char *filter;    /* conform: only the cases that match; prove: this function */
    const char *at;        /* walk: when a console line begins so */
    unsigned int profile;  /* bench: the window whose instructions are shown by function, or 0 */
    const char *rows;      /* bench: only these */
    bool compare, count, accounting, twice, wall, quick, list, keep, parallel, verbose;
    bool all, omissions; /* model */
    uint64_t given; /* see options_given */
    unsigned int kill, kill_driver; /* soak: jobs, and the output driver: so many times */
    /* Further words of the command line of the machine, or NULL. */
    const char *boot_words;
    unsigned int calls, trace; /* random: how many; print from this one on */
    /* topo: where the machine is described, or NULL; what to join, draw, write */
    const char *xml, *synthetic, *table, *boot, *machine, *latency, *svg, *csv, *on;
    bool measure, explain;
    struct list words;         /* what is not an option */
};

/* Reads the arguments after the command's name; --help prints the command's own text and exits 0, a
 * bad argument exits 2. `command` is one of the FOR_ bits. */
void options_read(struct options *o, int command, const char *name, int argc, char **argv);

/* Whether the command line has the option of this name. */
bool options_given(const struct options *o, const char *name);

/* Bytes of a size such as 512M or 2G; false when it is none. */
bool options_size(const char *s, uint64_t *bytes);

#endif
