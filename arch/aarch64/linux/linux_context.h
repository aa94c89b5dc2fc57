/* linux_context.h, arm64: what /skerry/linux needs of the processor: a fault's registers, what
 * Linux tells programs of the processor, and code that was written as data. */
#ifndef LINUX_CONTEXT_H
#define LINUX_CONTEXT_H

#include <arch/context.h>

static inline uint64_t linux_context_pc(const struct arch_context *c)
{
    return c->pc;
}

/* Goes on at pc, a function of ours that does not return, on an empty stack. */
static inline void linux_context_redirect(struct arch_context *c, uint64_t pc, uint64_t stack_top)
{
    c->pc = pc;
    c->sp = stack_top;
}

/* AT_HWCAP: floating point and vectors, bits 0 and 1 (asm/hwcap.h): what every ARMv8-A has.
 * Programs cannot read the ID registers, so they use no more than this says. */
static inline uint64_t linux_hwcap(void)
{
    return 3;
}

static inline uint64_t linux_hwcap2(void)
{
    return 0;
}

/* As execve leaves it. */
static inline void linux_vector_reset(void)
{
    __asm__ volatile("msr fpcr, xzr\n\tmsr fpsr, xzr");
}

/* ARM ARM, B2.4.4: clean each line to the point of unification, then invalidate the instruction
 * cache there. */
static inline void linux_code_sync(void *code, uint64_t bytes)
{
    uint64_t type, at, end = (uint64_t)code + bytes;

    __asm__ volatile("mrs %0, ctr_el0" : "=r"(type));
    uint64_t data_line = 4ull << (type >> 16 & 15), code_line = 4ull << (type & 15);
    for (at = (uint64_t)code & ~(data_line - 1); at < end; at += data_line)
        __asm__ volatile("dc cvau, %0" ::"r"(at) : "memory");
    __asm__ volatile("dsb ish" ::: "memory");
    for (at = (uint64_t)code & ~(code_line - 1); at < end; at += code_line)
        __asm__ volatile("ic ivau, %0" ::"r"(at) : "memory");
    __asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

#endif
