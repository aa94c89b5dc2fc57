/* limits.h: when a job's time is up, and how it is called when its memory is. Pure, so that it has
 * host tests. All times are ticks of one counter; UINT64_MAX is never. */
#ifndef FARM_LIMITS_H
#define FARM_LIMITS_H

#include <skerry/base.h>

struct limits {
    uint64_t wall_deadline_ticks, kill_deadline_ticks;
    uint64_t cpu_limit_ticks; /* of time on the core */
    uint64_t cpu_due_ticks;   /* before that the CPU limit cannot be reached */
};

enum limits_verdict { LIMITS_KEPT, LIMITS_WALL, LIMITS_CPU, LIMITS_KILL };

/* 0: no such limit. */
void limits_set(struct limits *l, uint64_t now_ticks, uint64_t tick_hz, uint32_t wall_ms,
                uint32_t cpu_ms, uint32_t kill_us);

/* The next instant at which a limit may have been reached. */
uint64_t limits_next(const struct limits *l);

/* True: the CPU time used must be looked at, and given to limits_check. */
bool limits_want_cpu(const struct limits *l, uint64_t now_ticks);

/* cpu_ticks: used so far; any value unless limits_want_cpu. Sets the next instant to look. */
enum limits_verdict limits_check(struct limits *l, uint64_t now_ticks, uint64_t cpu_ticks);

#endif
