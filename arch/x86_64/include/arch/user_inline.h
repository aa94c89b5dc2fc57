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

/* The same instructions less the one that enters the kernel: what a measurement subtracts. */
static inline struct sysret arch_syscall_skip(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2,
                                              uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct sysret r;
    register uint64_t r10 __asm__("r10") = a3;
    register uint64_t r8 __asm__("r8") = a4;
    register uint64_t r9 __asm__("r9") = a5;
    __asm__ volatile(""
                     : "=a"(r.status), "=S"(r.r1), "=d"(r.r2), "+D"(a0), "+r"(r10), "+r"(r8),
                       "+r"(r9)
                     : "a"(SYSCALL_BASE + op), "S"(a1), "d"(a2)
                     : "rcx", "r11", "rbx", "r12", "r13", "r14", "r15", "memory", "cc");
    return r;
}

/* A foreign system call, as a Linux program makes it. */
static inline long arch_foreign_call(long number)
{
    __asm__ volatile("syscall" : "+a"(number) : : "rcx", "r11", "memory", "cc");
    return number;
}

/* Instructions of rt_entry_call and rt_call_wait (user/call.S) from the entry to REPLY_WAIT, both
 * included, without those of rt_call. */
#define ARCH_CALL_STUB_INSTRUCTIONS 13u

/* The words stay in rdx r10 r8 r9 both ways (DESIGN 12.7). */
static inline uint64_t arch_call(uint64_t endpoint, uint64_t deadline_ticks, uint64_t word[4])
{
    uint64_t status;
    register uint64_t r10 __asm__("r10") = word[1];
    register uint64_t r8 __asm__("r8") = word[2];
    register uint64_t r9 __asm__("r9") = word[3];
    __asm__ volatile("syscall"
                     : "=a"(status), "+S"(deadline_ticks), "+d"(word[0]), "+D"(endpoint),
                       "+r"(r10), "+r"(r8), "+r"(r9)
                     : "a"((uint64_t)SYSCALL_BASE + SYS_CALL)
                     : "rcx", "r11", "rbx", "r12", "r13", "r14", "r15", "memory", "cc");
    word[1] = r10;
    word[2] = r8;
    word[3] = r9;
    return status;
}

static inline uint64_t arch_user_ticks(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static inline uint64_t arch_user_cycles(void)
{
    return arch_user_ticks();
}

/* A mark for the counting plugin (tools/plugin): does nothing. kind, id: constants. */
#define arch_mark(kind, id)                                                                        \
    __asm__ volatile("nopl %c0(%%rax)" : : "i"(0x534b0000 | (kind) << 12 | (id)) : "memory")

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
