/* What the conformance suite (apps/conform) must know of aarch64: where registers lie in what
 * probe.S saves and in a context, and what an instruction set can be refused. The same names in
 * every architecture. */
#ifndef CONFORM_ARCH_H
#define CONFORM_ARCH_H

#include <arch/context.h>
#include <stdbool.h>

/* General registers as probe.S stores them: x0 .. x30. */
enum {
    PROBE_WORDS = 31,
    PROBE_OPERATION = 8,
    PROBE_ARGUMENT_0 = 0,
    PROBE_ARGUMENT_1 = 1,
    PROBE_ARGUMENT_2 = 2,
    PROBE_STATUS = 0,
    PROBE_RESULT_1 = 1,
    PROBE_RESULT_2 = 2,
};

#define PROBE_SYSCALL_BASE 0u
/* The instruction itself leaves nothing in a register. */
#define PROBE_OWN_LOST 0u
/* A foreign system call gives its result in x0. */
#define PROBE_FOREIGN_LOST (1u << 0)
/* At the foreign entry x16 and x17 lie in the shared page. */
#define PROBE_FOREIGN_ENTRY_LOST (1u << 16 | 1u << 17)
/* The four words of a same-core call: x2 .. x5. */
#define PROBE_CALL_WORDS (1u << 2 | 1u << 3 | 1u << 4 | 1u << 5)

/* A division by zero gives 0; a misaligned exclusive load faults. */
#define PROBE_HAS_ARITHMETIC false
#define PROBE_HAS_ALIGNMENT true
#define PROBE_HAS_PORTS false
/* The line that IRQ_MAKE gets for the n-th interrupt of a case: first the real-time clock's of
 * QEMU's `virt`, then some that no device has here. The first entry of a root that is the kernel's:
 * it has a root of its own. */
#define PROBE_IRQ_LINE(n) (34ull + 16 * (n))
#define PROBE_ROOT_LIMIT 512u

/* Addresses where nothing of a user's can be. */
#define PROBE_KERNEL_IMAGE 0xffffff8000000000ull
#define PROBE_KERNEL_ZONE 0xffffff8040000000ull
#define PROBE_NOT_CANONICAL 0x0001000000001000ull
#define PROBE_NOT_CANONICAL_KIND FAULT_READ

static inline void probe_pc_set(struct arch_context *c, uint64_t pc)
{
    c->pc = pc;
}

static inline void probe_sp_set(struct arch_context *c, uint64_t sp)
{
    c->sp = sp;
}

/* What a function returns that goes on at this context. */
static inline void probe_answer_set(struct arch_context *c, uint64_t value)
{
    c->x[0] = value;
}

/* Does the shared page keep what the foreign entry lost? */
static inline bool probe_scratch_keeps(const uint64_t scratch[4], const uint64_t in[])
{
    return scratch[0] == in[16] && scratch[1] == in[17];
}

/* State that no user may set: EL1, everything masked. */
static inline void probe_flags_spoil(struct arch_context *c)
{
    c->pstate = 0x3c5;
}

#endif
