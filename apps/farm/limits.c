/* limits.c: see limits.h. A dispatcher uses at most as much CPU as time passes, so after a look the
 * CPU limit is safe for as long as was left of it: no polling. */
#include "limits.h"

static uint64_t later(uint64_t now, uint64_t ticks)
{
    return ticks < UINT64_MAX - now ? now + ticks : UINT64_MAX;
}

void limits_set(struct limits *l, uint64_t now_ticks, uint64_t tick_hz, uint32_t wall_ms,
                uint32_t cpu_ms, uint32_t kill_us)
{
    *l = (struct limits){UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    if (wall_ms)
        l->wall_deadline_ticks = later(now_ticks, tick_hz / 1000 * wall_ms);
    if (kill_us)
        l->kill_deadline_ticks = later(now_ticks, tick_hz / 1000 * kill_us / 1000);
    if (cpu_ms) {
        l->cpu_limit_ticks = tick_hz / 1000 * cpu_ms;
        l->cpu_due_ticks = later(now_ticks, l->cpu_limit_ticks);
    }
}

uint64_t limits_next(const struct limits *l)
{
    uint64_t next = l->wall_deadline_ticks;

    if (l->kill_deadline_ticks < next)
        next = l->kill_deadline_ticks;
    return l->cpu_due_ticks < next ? l->cpu_due_ticks : next;
}

bool limits_want_cpu(const struct limits *l, uint64_t now_ticks)
{
    return now_ticks >= l->cpu_due_ticks;
}

enum limits_verdict limits_check(struct limits *l, uint64_t now_ticks, uint64_t cpu_ticks)
{
    if (now_ticks >= l->kill_deadline_ticks)
        return LIMITS_KILL;
    if (now_ticks >= l->wall_deadline_ticks)
        return LIMITS_WALL;
    if (!limits_want_cpu(l, now_ticks))
        return LIMITS_KEPT;
    if (cpu_ticks >= l->cpu_limit_ticks)
        return LIMITS_CPU;
    l->cpu_due_ticks = later(now_ticks, l->cpu_limit_ticks - cpu_ticks);
    return LIMITS_KEPT;
}
