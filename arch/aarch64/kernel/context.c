/* Contexts of user mode: making, filtering, and what a call carries. Also what fault_entry and the
 * vectors need to know of them: a context that arrives here by any of these functions is restored
 * by the slow exit. */
#include "frame.h"

void arch_context_enter(struct arch_context *ctx, uint64_t pc, uint64_t sp, uint64_t a0,
                        uint64_t a1)
{
#pragma GCC unroll 29
    for (unsigned i = 2; i < 31; i++)
        ctx->x[i] = 0;
    ctx->x[0] = a0;
    ctx->x[1] = a1;
    ctx->sp = sp;
    ctx->pc = pc;
    ctx->pstate = 0;
    kernel_frame.fast = 0;
}

bool arch_context_filter(struct arch_context *ctx)
{
    ctx->partial = 0;
    ctx->pstate &= PSTATE_USER_MASK;
    kernel_frame.fast = 0;
    return ctx->pc >> 48 == 0;
}

void arch_user_page_set(struct dispatcher_page *page, uint64_t page_va, uint64_t foreign_entry)
{
    kernel_frame.page = page;
    kernel_frame.foreign_entry = page ? foreign_entry : 0;
    kernel_frame.fast = 0;
    __asm__ volatile("msr tpidrro_el0, %0" : : "r"(page_va));
}

uint64_t arch_foreign_take(void)
{
    uint64_t calls = kernel_frame.foreign_calls;

    kernel_frame.foreign_calls = 0;
    return calls;
}

/* Less than this below the stack pointer is this function's own. */
#define STACK_MARGIN 128u

/* A system call's context is `call`: `full` is an earlier fault's or interrupt's. */
void arch_residue_clear(void)
{
    uint64_t bottom = (uint64_t)&kernel_frame - KERNEL_STACK_BYTES;
    uint64_t end = round_down((uint64_t)__builtin_frame_address(0) - STACK_MARGIN, LINE_BYTES);

    kernel_frame.full = (struct arch_context){0};
    kernel_frame.spill[0] = kernel_frame.spill[1] = 0;
    arch_zero_lines((void *)bottom, end - bottom);
}

/* Somebody filled kernel_frame.call with a full context: make its unsaved registers zero again.
 * What has to be restored from it moves to kernel_frame.full. */
const struct arch_context *frame_clean(const struct arch_context *ctx)
{
    struct arch_context *call = &kernel_frame.call;

    if (call->partial)
        return ctx;
    if (ctx == call) {
        kernel_frame.full = *call;
        ctx = &kernel_frame.full;
    }
    for (unsigned i = 6; i < 31; i++)
        call->x[i] = 0;
    call->partial = 1;
    return ctx;
}
