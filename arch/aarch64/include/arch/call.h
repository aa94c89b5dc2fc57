/* aarch64: what a same-core call needs of the architecture, inline because it is all that such a
 * call costs: for cpu-driver/ipc/call.c alone. Same file, same functions in every architecture. */
#ifndef ARCH_CALL_H
#define ARCH_CALL_H

#include <arch/kernel.h>

/* The part of kernel_frame (kernel/frame.h) that goes with a dispatcher. */
struct kernel_frame_page {
    struct arch_context call;
    struct dispatcher_page *page;
    uint64_t foreign_entry;
    uint64_t fast;
};
extern struct kernel_frame_page kernel_frame_page; /* kernel/vectors.S: where kernel_frame is */

/* May be read a little early: nothing is ordered by it. */
static inline uint64_t arch_call_ticks(void)
{
    uint64_t ticks;

    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
    return ticks;
}

/* arch_space_switch to a root that there is and that is not the current one. The return to user
 * mode synchronises what comes last (Arm ARM D1.11: exception return). */
static inline void arch_call_space(uint64_t root_pa)
{
    __asm__ volatile("msr ttbr0_el1, %0\n\tisb\n\t"
                     "dsb nshst\n\ttlbi aside1, xzr\n\tdsb nsh"
                     :
                     : "r"(root_pa)
                     : "memory");
}

/* arch_user_page_set without a foreign entry; true: always possible. */
static inline bool arch_call_page(struct dispatcher_page *page, uint64_t page_va)
{
    kernel_frame_page.page = page;
    kernel_frame_page.foreign_entry = 0;
    kernel_frame_page.fast = 0;
    __asm__ volatile("msr tpidrro_el0, %0" : : "r"(page_va));
    return true;
}

/* Same-core call, in the context of the system call itself, where the words stay as they are:
 * what the caller goes on with is kept, ... */
static inline void arch_context_call_save(struct arch_context *kept, const struct arch_context *ctx)
{
    uint64_t sp = ctx->sp, pc = ctx->pc, pstate = ctx->pstate, tpidr = ctx->tpidr;

    kept->sp = sp; /* all loads come before the stores: two words an instruction */
    kept->pc = pc;
    kept->pstate = pstate;
    kept->tpidr = tpidr;
}

/* ... the server enters, ... */
static inline void arch_context_call_enter(struct arch_context *ctx, uint64_t pc, uint64_t sp,
                                           uint64_t badge)
{
    ctx->x[0] = badge;
    ctx->x[1] = 0;
    ctx->x[8] = 0;
    ctx->sp = sp;
    ctx->pc = pc;
    ctx->pstate = 0;
    ctx->tpidr = 0;
}

/* ... and the caller goes on. */
static inline void arch_context_call_return(struct arch_context *ctx,
                                            const struct arch_context *kept, uint64_t status)
{
    uint64_t sp = kept->sp, pc = kept->pc, pstate = kept->pstate, tpidr = kept->tpidr;

    ctx->x[0] = status;
    ctx->x[1] = 0;
    ctx->x[8] = 0;
    ctx->sp = sp;
    ctx->pc = pc;
    ctx->pstate = pstate;
    ctx->tpidr = tpidr;
}

#endif
