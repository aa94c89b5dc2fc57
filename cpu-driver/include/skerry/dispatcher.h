/* The dispatcher's shared page: 4 KiB that its CPU driver and the dispatcher both write (DESIGN
 * 12.3..12.5).
 *
 * Who writes what: the dispatcher writes `disabled`, `foreign_*` and the user words whenever it
 * likes. The kernel writes the save areas, `wakeups`, `irq_bits` and the fault words while the
 * dispatcher does not run. The kernel reads the page as untrusted: a context taken from it is
 * filtered (flags, canonical pc) before the return to user mode.
 *
 *          preempted, enabled              -> area ENABLED,  disabled = 1, entry `run` when scheduled again
 * running  preempted, disabled             -> area DISABLED, resumed verbatim when scheduled again, no upcall
 *          fault, enabled                  -> area TRAP,     disabled = 1, entry `fault` at once
 *          fault, disabled                 -> stops: reason readable by INSPECT, supervisor woken
 * "disabled" = the flag is not 0, or the pc lies in the registered critical range. Entries get:
 * argument 0 = address of the shared page, argument 1 = word of START (first time) or 0; the
 * stack pointer is `entry_stack`. A second fault before the first is resumed finds `disabled`
 * set, so it stops the dispatcher. */
#ifndef SKERRY_DISPATCHER_H
#define SKERRY_DISPATCHER_H

#include <arch/context.h> /* struct arch_context: all general registers, pc, sp, flags; 64-byte multiple */
#include <skerry/base.h>

enum dispatcher_entry { ENTRY_RUN, ENTRY_FAULT, ENTRY_CALL, ENTRY_FOREIGN, ENTRY_COUNT, ENTRY_CRITICAL = ENTRY_COUNT };
enum save_area { AREA_ENABLED, AREA_DISABLED, AREA_TRAP, AREA_COUNT };
enum dispatcher_state { STATE_STOPPED, STATE_RUNNABLE, STATE_WAITING, STATE_CALLING };

enum stop_reason {
    STOP_NONE,
    STOP_ASKED,          /* DISPATCHER_STOP, or never started */
    STOP_FAULT_DISABLED, /* a fault while disabled */
    STOP_NO_ENTRY,       /* a fault or foreign call without a registered entry */
    STOP_BAD_CONTEXT,    /* a save area that cannot be restored */
    STOP_ENDED,          /* what it ran with was deleted */
};

enum fault_kind {
    FAULT_NONE,
    FAULT_READ,        /* page fault on a load; address valid */
    FAULT_WRITE,       /* page fault on a store */
    FAULT_EXECUTE,     /* page fault on a fetch */
    FAULT_INSTRUCTION, /* illegal or privileged instruction */
    FAULT_ARITHMETIC,
    FAULT_ALIGNMENT,
    FAULT_VECTOR, /* vector unit used without DISPATCHER_VECTOR */
    FAULT_BREAKPOINT,
    FAULT_OTHER,
};

struct dispatcher_page {
    uint64_t self;                    /*   0: user address of this page, written once by the kernel */
    uint32_t disabled;                /*   8: 1 while upcalls are off */
    uint32_t core_id;                 /*  12: written once by the kernel */
    uint64_t entry_stack;             /*  16: stack pointer for run and fault entries, written by the dispatcher */
    uint64_t foreign_stack;           /*  24: for the foreign entry's own use */
    uint64_t foreign_scratch[4];      /*  32: arm64: x16, x17, return pc, pstate at a foreign call; x86: free for the entry */
    uint64_t wakeups;                 /*  64: counts doorbells heard, wake-ups, interrupts; kernel writes */
    uint64_t irq_bits;                /*  72: one bit a bound interrupt; kernel sets, dispatcher clears (atomically) */
    uint64_t fault_kind;              /*  80: enum fault_kind of the last fault */
    uint64_t fault_address;           /*  88 */
    uint64_t fault_code;              /*  96: the architecture's own word (error code | vector<<32; ESR_EL1) */
    uint64_t tick_hz;                 /* 104: arch_ticks() per second */
    uint64_t user[2];                 /* 112: the runtime's own */
    ALIGNED(64) struct arch_context area[AREA_COUNT]; /* 128 */
    /* the rest of the page belongs to the runtime */
};

_Static_assert(offsetof(struct dispatcher_page, disabled) == 8, "ABI");
_Static_assert(offsetof(struct dispatcher_page, entry_stack) == 16, "ABI");
_Static_assert(offsetof(struct dispatcher_page, foreign_stack) == 24, "ABI");
_Static_assert(offsetof(struct dispatcher_page, foreign_scratch) == 32, "ABI");
_Static_assert(offsetof(struct dispatcher_page, wakeups) == 64, "ABI");
_Static_assert(offsetof(struct dispatcher_page, area) == 128, "ABI");
_Static_assert(sizeof(struct dispatcher_page) <= PAGE_BYTES, "one page");

#endif
