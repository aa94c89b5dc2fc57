/* A user's registers on x86_64. The offsets are ABI: the entry code, the runtime and the kernel
 * all rely on them.
 *
 * `partial` is 1 for a context that was saved by a system call or made by arch_context_enter: the
 * registers up to rbp are valid, and all behind `partial` count as zero (rcx and r11 are lost, as
 * `syscall` loses them). The first six are the arguments of a system call, in order. */
#ifndef ARCH_CONTEXT_H
#define ARCH_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

struct arch_context {
    uint64_t rdi, rsi, rdx, r10, r8, r9; /*   0: arguments 0..5 */
    uint64_t rax;                        /*  48 */
    uint64_t rip;                        /*  56 */
    uint64_t rsp;                        /*  64 */
    uint64_t rflags;                     /*  72 */
    uint64_t fs_base;                    /*  80: the application's thread pointer */
    uint64_t rbp;                        /*  88 */
    uint64_t partial;                    /*  96: 0 or 1 */
    uint64_t rbx, r12, r13, r14, r15;    /* 104 */
    uint64_t rcx, r11;                   /* 144 */
    uint64_t spare[4];                   /* 160: zero */
} __attribute__((aligned(64)));

/* Functions of arch/kernel.h that every system call needs: inline. */
static inline uint64_t arch_context_pc(const struct arch_context *ctx)
{
    return ctx->rip;
}

static inline void arch_context_result(struct arch_context *ctx, uint64_t status, uint64_t r1,
                                       uint64_t r2)
{
    ctx->rax = status;
    ctx->rsi = r1;
    ctx->rdx = r2;
}

/* Behind `partial` a partial context has what another domain may have left there. */
static inline void arch_context_copy(struct arch_context *to, const struct arch_context *from)
{
    *to = *from;
    if (from->partial) {
        to->rbx = to->r12 = to->r13 = to->r14 = to->r15 = 0;
        to->rcx = to->r11 = 0;
    }
}

static inline void arch_table_written(void)
{
}

_Static_assert(offsetof(struct arch_context, rax) == 48, "ABI");
_Static_assert(offsetof(struct arch_context, rip) == 56, "ABI");
_Static_assert(offsetof(struct arch_context, rsp) == 64, "ABI");
_Static_assert(offsetof(struct arch_context, rflags) == 72, "ABI");
_Static_assert(offsetof(struct arch_context, fs_base) == 80, "ABI");
_Static_assert(offsetof(struct arch_context, rbp) == 88, "ABI");
_Static_assert(offsetof(struct arch_context, partial) == 96, "ABI");
_Static_assert(offsetof(struct arch_context, rbx) == 104, "ABI");
_Static_assert(offsetof(struct arch_context, rcx) == 144, "ABI");
_Static_assert(offsetof(struct arch_context, r11) == 152, "ABI");
_Static_assert(sizeof(struct arch_context) == 192, "ABI");

#endif
