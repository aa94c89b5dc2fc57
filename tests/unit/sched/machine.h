/* A core for tests of the scheduler: dispatchers that use all the time they get, a clock that goes on
 * only in work_until, one timer. 1,000,000 ticks are a second. */
#ifndef UNIT_SCHED_MACHINE_H
#define UNIT_SCHED_MACHINE_H

#include "kernel.h"
#include "sched/schedule.h"

#define MACHINE_HZ 1000000u
#define MACHINE_DISPATCHERS 12u
#define MACHINE_CONTEXTS 24u

extern struct kernel *const core;
extern uint64_t machine_now, machine_timer; /* UINT64_MAX: not armed */
extern uint64_t machine_timers_fired;

/* Everything as at the start: the first context has the whole core, priority 63. */
void machine_reset(void);
struct sched_context *context(unsigned n); /* 0: the first */
struct dispatcher *dispatcher(unsigned n);
/* Let dispatcher n run with a context, from now on and for ever. */
void start(unsigned n, unsigned context);
/* A call as ipc/call.c makes it: the server works in the time of `current`. */
void lend(unsigned server);
/* Time goes on; who is chosen works. */
void work_until(uint64_t ticks);
/* Ticks that it has had. */
uint64_t worked(unsigned n);

#endif
