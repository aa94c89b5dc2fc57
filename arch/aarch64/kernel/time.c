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

/* The cycle counter runs and is open to all (DESIGN section 2, rule 3), if there is one: Arm ARM
 * D13.5, ID_AA64DFR0_EL1.PMUVer 0 and 15 say no. */
static void cycles_start(void)
{
    uint64_t features;

    __asm__("mrs %0, id_aa64dfr0_el1" : "=r"(features));
    features = features >> 8 & 15;
    if (features == 0 || features == 15)
        return;
    __asm__ volatile("msr pmccfiltr_el0, xzr\n\t"
                     "msr pmcr_el0, %0\n\t"
                     "msr pmcntenset_el0, %1\n\t"
                     "msr pmuserenr_el0, %2\n\tisb"
                     :
                     : "r"(0x41ull), /* LC (64 bits), E */
                       "r"(1ull << 31), "r"(4ull) /* CR: the cycle counter alone */);
}

/* User mode reads the virtual counter, and no more of the timers. */
void time_start(void)
{
    arch_timer_arm(UINT64_MAX);
    cycles_start();
    __asm__ volatile("msr cntkctl_el1, %0\n\tisb" : : "r"(2ull));
}
