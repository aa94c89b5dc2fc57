/* aarch64: the small functions of arch/user.h. */
#ifndef ARCH_USER_INLINE_H
#define ARCH_USER_INLINE_H

#include <skerry/base.h>
#include <skerry/dispatcher.h>
#include <skerry/syscall.h>

/* x29 and x30 go over the stack: the compiler may need x29 as frame pointer, and refuses to see it
 * lost. */
static inline struct sysret arch_syscall(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2,
                                         uint64_t a3, uint64_t a4, uint64_t a5)
{
    register uint64_t x8 __asm__("x8") = op;
    register uint64_t x0 __asm__("x0") = a0;
    register uint64_t x1 __asm__("x1") = a1;
    register uint64_t x2 __asm__("x2") = a2;
    register uint64_t x3 __asm__("x3") = a3;
    register uint64_t x4 __asm__("x4") = a4;
    register uint64_t x5 __asm__("x5") = a5;
    __asm__ volatile("stp x29, x30, [sp, #-16]!\n\tsvc #1\n\tldp x29, x30, [sp], #16"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x8)
                     :
                     : "x6", "x7", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
                       "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28",
                       "memory", "cc");
    struct sysret result = {x0, x1, x2};
    return result;
}

static inline uint64_t arch_user_ticks(void)
{
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}

static inline void arch_pause(void)
{
    __asm__ volatile("yield" ::: "memory");
}

static inline struct dispatcher_page *arch_shared_page(void)
{
    struct dispatcher_page *page;
    __asm__("mrs %0, tpidrro_el0" : "=r"(page));
    return page;
}

static inline void arch_dma_barrier(void)
{
    __asm__ volatile("dmb osh" ::: "memory");
}

#endif
