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

/* The same instructions less the one that enters the kernel: what a measurement subtracts. */
static inline struct sysret arch_syscall_skip(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2,
                                              uint64_t a3, uint64_t a4, uint64_t a5)
{
    register uint64_t x8 __asm__("x8") = op;
    register uint64_t x0 __asm__("x0") = a0;
    register uint64_t x1 __asm__("x1") = a1;
    register uint64_t x2 __asm__("x2") = a2;
    register uint64_t x3 __asm__("x3") = a3;
    register uint64_t x4 __asm__("x4") = a4;
    register uint64_t x5 __asm__("x5") = a5;
    __asm__ volatile("stp x29, x30, [sp, #-16]!\n\tldp x29, x30, [sp], #16"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x8)
                     :
                     : "x6", "x7", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
                       "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28",
                       "memory", "cc");
    struct sysret result = {x0, x1, x2};
    return result;
}

/* A foreign system call, as a Linux program makes it. */
static inline long arch_foreign_call(long number)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0");
    __asm__ volatile("svc #0" : "=r"(x0) : "r"(x8) : "memory", "cc");
    return x0;
}

/* Instructions of rt_entry_call and rt_call_wait (user/call.S) from the entry to REPLY_WAIT, both
 * included, without those of rt_call. */
#define ARCH_CALL_STUB_INSTRUCTIONS 8u

/* The words stay in x2..x5 both ways (DESIGN 12.7). */
static inline uint64_t arch_call(uint64_t endpoint, uint64_t deadline_ticks, uint64_t word[4])
{
    register uint64_t x8 __asm__("x8") = SYS_CALL;
    register uint64_t x0 __asm__("x0") = endpoint;
    register uint64_t x1 __asm__("x1") = deadline_ticks;
    register uint64_t x2 __asm__("x2") = word[0];
    register uint64_t x3 __asm__("x3") = word[1];
    register uint64_t x4 __asm__("x4") = word[2];
    register uint64_t x5 __asm__("x5") = word[3];
    __asm__ volatile("stp x29, x30, [sp, #-16]!\n\tsvc #1\n\tldp x29, x30, [sp], #16"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x8)
                     :
                     : "x6", "x7", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
                       "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28",
                       "memory", "cc");
    word[0] = x2;
    word[1] = x3;
    word[2] = x4;
    word[3] = x5;
    return x0;
}

static inline uint64_t arch_user_ticks(void)
{
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}

static inline uint64_t arch_user_cycles(void)
{
    uint64_t cycles;
    __asm__ volatile("mrs %0, pmccntr_el0" : "=r"(cycles));
    return cycles;
}

/* A mark for the counting plugin (tools/plugin): does nothing. kind, id: constants. */
#define arch_mark(kind, id)                                                                        \
    __asm__ volatile("movz xzr, #%c0, lsl #48" : : "i"((kind) << 12 | (id)) : "memory")

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
