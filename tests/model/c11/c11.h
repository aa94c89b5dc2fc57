/* A model checker for C11 programs under RC11 (Lahav et al., PLDI 2017; release sequences as in
 * C++20): every execution of a few fibers is an execution graph, grown one access at a time.
 *
 * A program is `begin` (memory as before the first thread, runs outside the model) and one function
 * a thread. What they do to memory comes in by the functions below: from compiled code by GCC's
 * thread-sanitizer calls (instrument.c), from litmus programs directly.
 * Checked: data races, c11_check, threads that can never go on (stuck). */
#ifndef C11_H
#define C11_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { C11_THREADS_MAX = 4, C11_BELLS = 4 };

enum c11_kind { C11_LOAD, C11_STORE, C11_RMW, C11_CAS, C11_FENCE, C11_RING, C11_SLEEP };
enum c11_rmw { C11_XCHG, C11_ADD, C11_SUB, C11_AND, C11_OR, C11_XOR };

/* One access. `order`, `order_failed`: memory_order as an int. */
struct c11_op {
    enum c11_kind kind;
    enum c11_rmw rmw;
    int order, order_failed;
    uintptr_t address;
    unsigned size; /* bytes */
    uint64_t operand, expected;
    uint64_t result; /* what was read */
    bool succeeded;  /* C11_CAS */
};

/* C11_BOUNDED is not a failure of the program: a limit was met, and nothing is claimed. */
enum c11_verdict { C11_PASS, C11_RACE, C11_WRONG, C11_STUCK, C11_BOUNDED };

struct c11_program {
    const char *name;
    unsigned thread_count;
    void (*begin)(void *arg);
    void (*thread)(void *arg, unsigned number);
    void (*end)(void *arg); /* at each complete execution, in the model's last state; may be NULL */
    void *arg;
    unsigned spurious;   /* sleeps that may return for no reason, in one execution */
    uint64_t runs_limit; /* replays; 0: none */
};

struct c11_result {
    enum c11_verdict verdict;
    uint64_t executions; /* complete and consistent */
    uint64_t runs;       /* replays, those cut short included */
    char what[160];      /* the failure, or the limit */
};

/* Explores all of it, or up to the first failure, whose story is printed if `story`. */
void c11_explore(const struct c11_program *p, bool story, struct c11_result *r);

/* For the threads. */
void c11_access(struct c11_op *op);
void c11_plain(uintptr_t address, size_t bytes, bool write);
void c11_fail(enum c11_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));
/* The thread's last load found nothing, and would be made again until it does. Nothing else may
 * happen between that load and this call. Does not return. */
void c11_await(void);
/* Whether a thread of the model runs now, and its private clock of ticks. */
bool c11_inside(void);
uint64_t c11_ticks(void);
/* Bells: a ring is never lost and orders nothing. */
void c11_ring(unsigned bell);
void c11_sleep(unsigned bell);
/* Tells the story what the bytes at an address are. */
void c11_name(const void *at, size_t bytes, const char *name);

/* For `end`: the writers of a location in modification order, without the first value: 16 * thread
 * + number of the thread's access, counted from 1. Returns how many; *value is the last one. */
unsigned c11_modification_order(uintptr_t address, uint8_t *writer, unsigned max, uint64_t *value);

const char *c11_verdict_name(enum c11_verdict v);

#endif
