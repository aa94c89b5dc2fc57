/* x86_64: the small inline functions of arch/user.h. */
#ifndef ARCH_USER_INLINE_H
#define ARCH_USER_INLINE_H

#include <skerry/dispatcher.h>
#include <skerry/syscall.h>

/* DESIGN 12.1. The kernel returns rbp as it was (so that callers may keep a frame pointer) and
 * every other register zero. */
static inline struct sysret arch_syscall(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2,
                                         uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct sysret r;
    register uint64_t r10 __asm__("r10") = a3;
    register uint64_t r8 __asm__("r8") = a4;
    register uint64_t r9 __asm__("r9") = a5;
    __asm__ volatile("syscall"
                     : "=a"(r.status), "=S"(r.r1), "=d"(r.r2), "+D"(a0), "+r"(r10), "+r"(r8),
                       "+r"(r9)
                     : "a"(SYSCALL_BASE + op), "S"(a1), "d"(a2)
                     : "rcx", "r11", "rbx", "r12", "r13", "r14", "r15", "memory", "cc");
    return r;
}

static inline uint64_t arch_user_ticks(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static inline void arch_pause(void)
{
    __asm__ volatile("pause" ::: "memory");
}

/* Valid while nobody in the domain has changed GS; the kernel sets it at each dispatcher switch. */
static inline struct dispatcher_page *arch_shared_page(void)
{
    struct dispatcher_page *page;
    __asm__ volatile("movq %%gs:0, %0" : "=r"(page));
    return page;
}

static inline void arch_dma_barrier(void)
{
    __asm__ volatile("mfence" ::: "memory");
}

#endif
