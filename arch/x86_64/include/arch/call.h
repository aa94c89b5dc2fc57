/* x86_64: what a same-core call needs of the architecture, inline because it is all that such a
 * call costs: for cpu-driver/ipc/call.c alone. Same file, same functions in every architecture. */
#ifndef ARCH_CALL_H
#define ARCH_CALL_H

#include <arch/kernel.h>

extern uint64_t current_root_pa; /* kernel/memory.c */
extern uint64_t foreign_entry;   /* kernel/entry.S */

static inline uint64_t arch_call_ticks(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* arch_space_switch to a root that there is and that is not the current one. */
static inline void arch_call_space(uint64_t root_pa)
{
    current_root_pa = root_pa;
    __asm__ volatile("movq %0, %%cr3" : : "r"(root_pa) : "memory");
}

/* arch_user_page_set without a foreign entry, for an address of the user half; false: it is
 * none. */
static inline bool arch_call_page(struct dispatcher_page *page, uint64_t page_va)
{
    (void)page;
    if (page_va >> 47 != 0)
        return false;
    foreign_entry = 0;
    __asm__ volatile("movl %k0, %%ds\n\t"
                     "movl %k0, %%es\n\t"
                     "movl %k0, %%fs\n\t"
                     "movl %k0, %%gs\n\t"
                     "wrgsbase %1"
                     :
                     : "r"(0), "r"(page_va)
                     : "memory");
    return true;
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

#endif
