/* Users' register sets: made, read, filtered. The shape is arch/context.h; who saves and restores
 * them is entry.S. */
#include "x86.h"

#define FLAGS_ALWAYS 0x202ull     /* interrupts on, and the bit that is always 1 */
#define FLAGS_OF_USER 0x240dd5ull /* CF PF AF ZF SF TF DF OF AC ID */

static bool address_canonical(uint64_t address)
{
    return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

void arch_context_enter(struct arch_context *ctx, uint64_t pc, uint64_t sp, uint64_t a0,
                        uint64_t a1)
{
    ctx->rdi = a0;
    ctx->rsi = a1;
    ctx->rdx = 0;
    ctx->r10 = 0;
    ctx->r8 = 0;
    ctx->r9 = 0;
    ctx->rax = 0;
    ctx->rip = pc >> 47 == 0 ? pc : 0; /* entry.S relies on it */
    ctx->rsp = sp;
    ctx->rflags = FLAGS_ALWAYS;
    ctx->fs_base = 0;
    ctx->rbp = 0;
    ctx->partial = 1;
}

/* What a partial context does not carry counts as zero, whatever lies there. */
bool arch_context_filter(struct arch_context *ctx)
{
    ctx->rflags = (ctx->rflags & FLAGS_OF_USER) | FLAGS_ALWAYS;
    ctx->partial = ctx->partial != 0;
    return ctx->rip >> 47 == 0 && address_canonical(ctx->fs_base);
}

_Static_assert(offsetof(struct dispatcher_page, disabled) == PAGE_DISABLED, "entry.S");

/* The selectors are cleared because a user may load them: they would carry 16 bits from one domain
 * to the next. FS base is part of the context and comes back with it. */
void arch_user_page_set(struct dispatcher_page *page, uint64_t page_va, uint64_t entry)
{
    foreign_page = page;
    foreign_entry = entry >> 47 == 0 ? entry : 0;
    __asm__ volatile("movw %w0, %%ds\n\t"
                     "movw %w0, %%es\n\t"
                     "movw %w0, %%fs\n\t"
                     "movw %w0, %%gs\n\t"
                     "wrgsbase %1"
                     :
                     : "r"(0), "r"(address_canonical(page_va) ? page_va : 0)
                     : "memory");
}

uint64_t arch_foreign_take(void)
{
    uint64_t calls = foreign_calls;

    foreign_calls = 0;
    return calls;
}

/* Less than this below the stack pointer is this function's own. */
#define STACK_MARGIN 128u

void arch_residue_clear(void)
{
    uint64_t end = round_down((uint64_t)__builtin_frame_address(0) - STACK_MARGIN, LINE_BYTES);

    if (user_context.partial) {
        user_context.rbx = user_context.r12 = user_context.r13 = 0;
        user_context.r14 = user_context.r15 = user_context.rcx = user_context.r11 = 0;
    }
    arch_zero_lines(kernel_stack_bottom, end - (uint64_t)kernel_stack_bottom);
}
