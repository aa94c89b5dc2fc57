/* Execution graphs: events, happens-before as vector clocks, what a load may read and where a store
 * may go, the axiom on SC fences, and plain memory's races. Everything is of the execution that runs
 * now. */
#ifndef GRAPH_H
#define GRAPH_H

#include "c11.h"

enum { EVENTS_MAX = 1000, LOCATIONS_MAX = 80, FENCES_MAX = 64, WRITER_FIRST = C11_THREADS_MAX };

struct clock {
    uint16_t at[C11_THREADS_MAX];
};

struct event {
    enum c11_kind kind;
    uint8_t thread; /* WRITER_FIRST: what was there before the first thread */
    uint8_t order;
    bool reads, writes;
    uint16_t number;   /* of this thread's events, from 1 */
    uint16_t location; /* index */
    uint16_t from;     /* event it reads from */
    uint16_t position; /* of the write in the location's modification order */
    uint64_t value, seen;
    struct clock clock;   /* what happens before it, itself included */
    struct clock message; /* what who acquires it learns */
};

struct location {
    uintptr_t address;
    unsigned size;
    unsigned count;
    uint16_t order[EVENTS_MAX]; /* modification order: event indices */
};

struct graph_thread {
    struct clock clock, acquired, released; /* now; by relaxed loads; at the last release fence */
};

struct graph {
    struct event event[EVENTS_MAX];
    unsigned event_count;
    struct location location[LOCATIONS_MAX];
    unsigned location_count;
    struct graph_thread thread[C11_THREADS_MAX];
    unsigned fence_count;
    uint16_t fence[FENCES_MAX];
    uint64_t hash; /* of the graph without modification orders */
    bool full;
};

extern struct graph graph;

void graph_reset(void);
/* Index of the location; begins with the bytes that lie there. */
unsigned graph_location(uintptr_t address, unsigned size);
/* Writes that thread t may read, as event indices; for an RMW only those no other RMW took. */
unsigned graph_read_choices(unsigned t, unsigned location, bool rmw, uint16_t *choice);
/* Positions at which a store of t may go. */
unsigned graph_write_choices(unsigned t, unsigned location, uint16_t *choice);
/* Makes op an event. from: read from (events index); position: for a store. */
void graph_apply(unsigned t, struct c11_op *op, unsigned from, unsigned position);
/* Of the whole graph: the same for every order in which it may grow. */
uint64_t graph_key(void);
bool graph_consistent(void);
void graph_print(void);

void race_reset(void);
/* False, with the text in `what`: this access races with an earlier one. */
bool race_plain(unsigned t, uintptr_t address, size_t bytes, bool write, char *what, size_t max);
bool race_atomic(unsigned t, const struct c11_op *op, char *what, size_t max);

const char *name_of(uintptr_t address, char *room, size_t max);

#endif
