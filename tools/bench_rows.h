#ifndef TOOLS_BENCH_ROWS_H
#define TOOLS_BENCH_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

/* One figure. */
struct bench_row {
    char *name, *unit, *how;
    const char *arch;
    unsigned int cores;
    uint64_t caps; /* capabilities in the database, or 0: does not matter */
    double value;
    bool window;         /* the value comes from a window of the plugin, so does this: */
    unsigned int id;     /* of the window */
    uint64_t split[4];   /* kernel, our user code, Linux programs, zeroing: of the row's vCPU */
    uint64_t special[4]; /* control-register, TLB, barrier, MSR instructions */
};

struct bench_rows {
    struct bench_row *row;
    size_t count;
};

struct bench_row *bench_rows_add(struct bench_rows *rows, const char *arch, const char *name,
                                 unsigned int cores);
void bench_rows_free(struct bench_rows *rows);

/* For a person: our figures, the goals, and what was measured of others (FACTS). */
void bench_rows_print(const struct bench_rows *rows);
/* Rows of the list that are not there, one line an architecture; how many. */
unsigned int bench_rows_missing(const struct bench_rows *rows, const char *arch);
void bench_rows_json(const struct bench_rows *rows, struct text *t);
/* Whether both have the same rows with the same values; prints those that differ. */
bool bench_rows_equal(const struct bench_rows *a, const struct bench_rows *b);

#endif
