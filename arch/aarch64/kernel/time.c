/* Time: the virtual counter, and the virtual timer as the one event of a core (private interrupt
 * 27). */
#include "machine.h"

#define CNTV_ENABLE 1u

uint64_t arch_ticks(void)
{
    uint64_t ticks;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
    return ticks;
}

uint64_t arch_tick_hz(void)
{
    uint64_t hz;
    __asm__("mrs %0, cntfrq_el0" : "=r"(hz));
    return hz;
}

void arch_timer_arm(uint64_t deadline_ticks)
{
    uint64_t control = deadline_ticks == UINT64_MAX ? 0 : CNTV_ENABLE;

    if (control)
        __asm__ volatile("msr cntv_cval_el0, %0" : : "r"(deadline_ticks));
    __asm__ volatile("msr cntv_ctl_el0, %0\n\tisb" : : "r"(control));
}

/* User mode reads the virtual counter, and no more of the timers. */
void time_start(void)
{
    arch_timer_arm(UINT64_MAX);
    __asm__ volatile("msr cntkctl_el1, %0\n\tisb" : : "r"(2ull));
}
