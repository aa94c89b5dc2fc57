/* What the conformance suite (apps/conform) must know of x86_64: where registers lie in what
 * probe.S saves and in a context, and what an instruction set can be refused. The same names in
 * every architecture. */
#ifndef CONFORM_ARCH_H
#define CONFORM_ARCH_H

#include <arch/context.h>
#include <stdbool.h>

/* General registers as probe.S stores them:
 * 0 rax rbx rcx rdx rsi 5 rdi rbp r8 r9 r10 10 r11 r12 r13 r14 15: r15 is the last */
enum {
    PROBE_WORDS = 15,
    PROBE_OPERATION = 0,
    PROBE_ARGUMENT_0 = 5,
    PROBE_ARGUMENT_1 = 4,
    PROBE_ARGUMENT_2 = 3,
    PROBE_STATUS = 0,
    PROBE_RESULT_1 = 4,
    PROBE_RESULT_2 = 3,
};

#define PROBE_SYSCALL_BASE 0x10000u
/* Hold what the instruction itself leaves: rcx the return address, r11 the flags. */
#define PROBE_OWN_LOST (1u << 2 | 1u << 10)
/* A foreign system call gives its result in rax and loses the same two. */
#define PROBE_FOREIGN_LOST (1u << 0 | 1u << 2 | 1u << 10)
/* At the foreign entry rcx is the return address, r11 the flags. */
#define PROBE_FOREIGN_ENTRY_LOST (1u << 2 | 1u << 10)
/* The four words of a same-core call: rdx r10 r8 r9. */
#define PROBE_CALL_WORDS (1u << 3 | 1u << 9 | 1u << 7 | 1u << 8)

/* There is a fault of the arithmetic unit; the emulator checks no alignment. */
#define PROBE_HAS_ARITHMETIC true
#define PROBE_HAS_ALIGNMENT false
#define PROBE_HAS_PORTS true
/* The line that IRQ_MAKE gets for the n-th interrupt of a case; the first entry of a root that is
 * the kernel's. */
#define PROBE_IRQ_LINE(n) ((void)(n), UINT64_MAX)
#define PROBE_ROOT_LIMIT 256u

/* Addresses where nothing of a user's can be. */
#define PROBE_KERNEL_IMAGE 0xffffffff80000000ull
#define PROBE_KERNEL_ZONE 0xffffff8000000000ull
#define PROBE_NOT_CANONICAL 0x0000800000001000ull
/* A page address like the last faults the processor itself, with no address to tell. */
#define PROBE_NOT_CANONICAL_KIND FAULT_INSTRUCTION

static inline void probe_pc_set(struct arch_context *c, uint64_t pc)
{
    c->rip = pc;
}

static inline void probe_sp_set(struct arch_context *c, uint64_t sp)
{
    c->rsp = sp;
}

/* What a function returns that goes on at this context. */
static inline void probe_answer_set(struct arch_context *c, uint64_t value)
{
    c->rax = value;
}

/* Does the shared page keep what the foreign entry lost? Nothing is kept there. */
static inline bool probe_scratch_keeps(const uint64_t scratch[4], const uint64_t in[])
{
    (void)scratch, (void)in;
    return true;
}

/* Flags that no user may set: interrupts off, I/O privilege 3. */
static inline void probe_flags_spoil(struct arch_context *c)
{
    c->rflags = 0x3000;
}

#endif
