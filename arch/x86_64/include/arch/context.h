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

/* Same-core call, in the context of the system call itself, where the words stay as they are:
 * what the caller goes on with is kept, ... */
static inline void arch_context_call_save(struct arch_context *kept, const struct arch_context *ctx)
{
    kept->rip = ctx->rip;
    kept->rsp = ctx->rsp;
    kept->rflags = ctx->rflags;
    kept->fs_base = ctx->fs_base;
    kept->rbp = ctx->rbp;
    kept->partial = 1;
}

/* ... the server enters, ... */
static inline void arch_context_call_enter(struct arch_context *ctx, uint64_t pc, uint64_t sp,
                                           uint64_t badge)
{
    ctx->rdi = badge;
    ctx->rsi = 0;
    ctx->rax = 0;
    ctx->rip = pc >> 47 == 0 ? pc : 0;
    ctx->rsp = sp;
    ctx->rflags = 0x202;
    ctx->fs_base = 0;
    ctx->rbp = 0;
}

/* ... and the caller goes on. */
static inline void arch_context_call_return(struct arch_context *ctx,
                                            const struct arch_context *kept, uint64_t status)
{
    ctx->rdi = 0;
    ctx->rsi = 0;
    ctx->rax = status;
    ctx->rip = kept->rip;
    ctx->rsp = kept->rsp;
    ctx->rflags = kept->rflags;
    ctx->fs_base = kept->fs_base;
    ctx->rbp = kept->rbp;
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
