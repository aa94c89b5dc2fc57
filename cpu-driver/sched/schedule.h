/* Who runs: fixed priorities, round robin within one, no tick. `current` is never in the run
 * queue; everything else that can run is. The timer is armed for the earliest deadline, and for
 * the end of the slice only while somebody else of the same priority is ready. */
#ifndef SCHED_SCHEDULE_H
#define SCHED_SCHEDULE_H

#include "kernel.h"

/* d can run now. */
void schedule_ready(struct kernel *k, struct dispatcher *d);
/* d can run no more; if it is `current` the core looks for another at exit. */
void schedule_left(struct kernel *k, struct dispatcher *d);
/* Save the registers of `current` where the rules of dispatcher.h (ABI) say. */
void schedule_save(struct kernel *k, struct arch_context *ctx);
/* The caller of a same-core call gets an error instead of an answer. */
void schedule_call_failed(struct kernel *k, struct dispatcher *caller, enum status status);
/* Whom it served goes on without an answer: it, and those it calls, are served at its own priority
 * from now on. */
void schedule_server_free(struct kernel *k, struct dispatcher *server);
/* The call of the first caller of a chain has used its budget: E_TIMEOUT. */
void schedule_call_unpaid(struct kernel *k, struct dispatcher *caller);
/* What `current` has used up to now goes to its account. */
void schedule_account(struct kernel *k);
/* The vector unit goes from the one to the other (same-core call and reply). */
void schedule_vector_pass(struct kernel *k, struct dispatcher *from, struct dispatcher *to);
/* The end of every entry into the kernel: what to restore. Sleeps here while nothing can run. */
const struct arch_context *schedule_exit(struct kernel *k, struct arch_context *ctx);
/* Deadlines that have passed, slice ended. */
void schedule_timer(struct kernel *k);

#endif
