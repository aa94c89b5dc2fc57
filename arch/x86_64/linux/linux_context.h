/* linux_context.h, x86-64: what /skerry/linux needs of the processor: a fault's registers, what
 * Linux tells programs of the processor, and code that was written as data. */
#ifndef LINUX_CONTEXT_H
#define LINUX_CONTEXT_H

#include <arch/context.h>

static inline uint64_t linux_context_pc(const struct arch_context *c)
{
    return c->rip;
}

/* Goes on at pc, a function of ours that does not return, on an empty stack. */
static inline void linux_context_redirect(struct arch_context *c, uint64_t pc, uint64_t stack_top)
{
    c->rip = pc;
    c->rsp = stack_top - 8; /* as behind a call */
    c->rflags &= ~0x400ull; /* direction: up */
}

/* AT_HWCAP is CPUID 1 EDX. */
static inline uint64_t linux_hwcap(void)
{
    uint32_t a = 1, b, c = 0, d;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return d;
}

/* AT_HWCAP2: bit 1, FSGSBASE instructions may be used (DESIGN 12.5). */
static inline uint64_t linux_hwcap2(void)
{
    return 2;
}

/* As execve leaves it: Intel SDM vol. 1, 8.1.5 and 10.2.3. */
static inline void linux_vector_reset(void)
{
    const uint32_t control = 0x1f80;
    __asm__ volatile("fninit\n\tldmxcsr %0" ::"m"(control));
}

static inline void linux_code_sync(void *code, uint64_t bytes)
{
    (void)code; /* the instruction cache sees stores by itself */
    (void)bytes;
}

#endif
