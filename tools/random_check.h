#ifndef TOOLS_RANDOM_CHECK_H
#define TOOLS_RANDOM_CHECK_H

#include "dump_core.h"
#include "plan.h"
#include "syscall_spec.h"

enum { RANDOM_CORE = 0, RANDOM_ANSWERS = 1024 };

/* What the specification says happened. */
struct random_count {
    uint64_t calls;
    uint64_t status[STATUS_COUNT];
    uint64_t ok[SYS_COUNT][CAP_TYPE_COUNT]; /* by type of the capability invoked; RETYPE: made */
};

/* The host's side of the calls: the plan, the specification, what was counted. */
struct random_replay {
    struct plan plan;
    struct plan_start start;
    struct spec_domain domain;
    uint64_t made, hash;
    struct random_count count;
    struct {
        struct plan_call call;
        uint64_t status, r1, r2;
    } last[RANDOM_ANSWERS]; /* the last answers, by number modulo */
    struct list differences;
    uint64_t difference_count;
};

/* dump_visit's: takes the core's database as the specification's state at the start. */
void random_load(void *context, struct dump_core *c);
/* The same at the end: what differs goes to `differences`. */
void random_compare(void *context, struct dump_core *c);
/* Makes the calls up to that number in the specification. */
void random_replay_to(struct random_replay *r, uint64_t calls);

/* random_count.c: says what never or too seldom happened; how many such things there are that should
 * have. again: E_AGAIN, which the specification does not know. */
unsigned int random_count_print(const struct random_count *c, uint64_t again);

#endif
