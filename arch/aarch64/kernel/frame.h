/* The frame at the top of the kernel stack: what the exception vectors save to and return from. */
#ifndef ARCH_FRAME_H
#define ARCH_FRAME_H

#include "layout.h"
#include <arch/call.h>
#include <arch/kernel.h>

/* call: a system call's context. x6, x7, x9..x30 are zero between entries; if somebody filled them
 * (call.partial == 0) the exit cleans up (frame_clean). full: context of a fault or interrupt.
 * fast: 1 = a system call that returns its own context may leave x19..x29, pc, sp and flags as they
 * are in the registers. Whatever gives the core to another context clears it; the slow exit sets
 * it. */
struct kernel_frame {
    struct arch_context call;
    struct dispatcher_page
        *page; /* foreign system calls: kernel address of the shared page, entry (0: none) */
    uint64_t foreign_entry;
    uint64_t fast;
    uint64_t spill[2];
    uint64_t foreign_calls; /* not yet taken */
    uint64_t spare[2];
    struct arch_context full;
};
_Static_assert(sizeof(struct arch_context) == CONTEXT_BYTES, "layout.h");
_Static_assert(offsetof(struct kernel_frame, page) == FRAME_PAGE, "layout.h");
_Static_assert(offsetof(struct kernel_frame, fast) == FRAME_FAST, "layout.h");
_Static_assert(offsetof(struct kernel_frame, spill) == FRAME_SPILL, "layout.h");
_Static_assert(offsetof(struct kernel_frame, foreign_calls) == FRAME_FOREIGN, "layout.h");
_Static_assert(offsetof(struct kernel_frame, full) == FRAME_FULL, "layout.h");
_Static_assert(sizeof(struct kernel_frame) == FRAME_BYTES, "layout.h");

_Static_assert(offsetof(struct kernel_frame_page, page) == FRAME_PAGE, "arch/call.h");
_Static_assert(offsetof(struct kernel_frame_page, fast) == FRAME_FAST, "arch/call.h");

extern struct kernel_frame kernel_frame; /* vectors.S */

/* Called by vectors.S. */
const struct arch_context *fault_entry(struct arch_context *ctx);
const struct arch_context *frame_clean(const struct arch_context *ctx);
void panic_entry(uint64_t vector) NORETURN;

#endif
