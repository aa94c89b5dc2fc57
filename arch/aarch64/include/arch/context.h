/* aarch64: the user's general registers as the kernel saves them, and as dispatchers find them in
 * their save areas.
 *
 * A system call saves only x0..x5 and x8: its stub gave up all the others, so they are zero in the
 * saved context (the kernel keeps such contexts in memory whose other fields are always zero, and
 * marks them `partial`). */
#ifndef ARCH_CONTEXT_H
#define ARCH_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

struct arch_context {
    uint64_t x[31];
    uint64_t sp, pc;
    uint64_t pstate;  /* only N Z C V reach the processor */
    uint64_t tpidr;   /* TPIDR_EL0, the application's thread pointer */
    uint64_t partial; /* the kernel's own: 1 = x6, x7, x9..x30 are zero; what user mode writes here
                         is ignored */
    uint64_t spare[4];
} __attribute__((aligned(64)));

/* Functions of arch/kernel.h that every system call needs: inline. */
static inline uint64_t arch_context_pc(const struct arch_context *ctx)
{
    return ctx->pc;
}

static inline void arch_context_result(struct arch_context *ctx, uint64_t status, uint64_t r1,
                                       uint64_t r2)
{
    ctx->x[0] = status;
    ctx->x[1] = r1;
    ctx->x[2] = r2;
}

/* What a partial context does not carry is zero already. */
static inline void arch_context_copy(struct arch_context *to, const struct arch_context *from)
{
    *to = *from;
}

/* Arm ARM D8.2: the walker sees a store after a DSB; the exception return is the context
 * synchronisation. */
static inline void arch_table_written(void)
{
    __asm__ volatile("dsb ishst" : : : "memory");
}

_Static_assert(offsetof(struct arch_context, sp) == 248, "assembler");
_Static_assert(offsetof(struct arch_context, pc) == 256, "assembler");
_Static_assert(offsetof(struct arch_context, pstate) == 264, "assembler");
_Static_assert(offsetof(struct arch_context, tpidr) == 272, "assembler");
_Static_assert(offsetof(struct arch_context, partial) == 280, "assembler");
_Static_assert(sizeof(struct arch_context) == 320, "assembler");

#endif
