/* The architecture's contract with user code (rt, urpc, monitor, the personality). Small inline
 * functions live in arch/<name>/include/arch/user_inline.h, which this file includes at its end.
 *
 * static inline struct sysret arch_syscall(uint64_t op, a0..a5)  raw system call, DESIGN 12.1;
 * clobbers every register but sp
 * static inline uint64_t arch_user_ticks(void)                   cycle counter, same unit as arch_ticks
 * static inline uint64_t arch_user_cycles(void)                  this core's cycle counter (x86: the same; arm64: PMCCNTR_EL0), for measuring
 * static inline uint64_t arch_call(endpoint, deadline, word[4])  CALL (DESIGN 12.7): status of
 * the kernel or of the server; the answer's words in word
 * static inline struct sysret arch_syscall_skip(op, a0..a5)      arch_syscall less its one instruction that enters the kernel, for measuring
 * static inline long arch_foreign_call(long number)              a foreign system call (DESIGN 12.4), for measuring
 * ARCH_CALL_STUB_INSTRUCTIONS                                    user instructions of a server's stub, without rt_call
 * arch_mark(kind, id)                                            an instruction that does nothing, seen by the counting plugin (enum mark_kind)
 * static inline void arch_pause(void)                            one step of a polling loop (pause, yield; host: pause)
 * static inline struct dispatcher_page *arch_shared_page(void)   the own shared page
 * static inline void arch_dma_barrier(void)                      orders memory against device accesses
 *
 * Symbols that arch/<name>/user/ provides in assembler (library `arch_user`):
 *   rt_start        ELF entry = `run` entry of a program's first start: a0 page, a1 word; calls rt_main_entry(page, word)
 *   rt_entry_run    `run`: stack = entry_stack; calls rt_upcall_run(page)
 *   rt_entry_fault  `fault`: calls rt_upcall_fault(page)
 *   rt_entry_foreign  foreign system call: switches to page->foreign_stack, saves everything a Linux system call preserves (vector
 *                   registers are not touched), calls `long rt_foreign(long number, long args[6], struct foreign_frame *)`, restores, returns
 *                   the result in rax / x0. arm64: copies x16, x17, pc out of the page first, then enables.
 *   rt_entry_call   same-core call: calls rt_call(badge, word), answers with its status and the words it left, waits for the next one. In
 *                   a program of its own part (call.S): only servers, who provide rt_call, link it. Runs on the entry stack, disabled.
 *   rt_call_wait    waits for the first call; also the `run` entry of a program that does nothing but serve calls
 *   arch_thread_switch(struct thread_context *from, struct thread_context *to)   cooperative switch: callee-saved registers and sp
 *   arch_thread_init(struct thread_context *, void *stack_top, void (*fn)(void *), void *arg)
 *   arch_jump_linux(uint64_t pc, uint64_t sp) NORETURN            start a Linux program: all other registers 0 (x86 rdx = 0), on its own stack */
#ifndef ARCH_USER_H
#define ARCH_USER_H

#include <skerry/base.h>
#include <skerry/dispatcher.h>
#include <skerry/syscall.h>

/* Marks for the counting plugin (tools/plugin/README.md), and their fixed ids. */
enum mark_kind { MARK_BEGIN = 1, MARK_END, MARK_POINT };
enum mark_id { MARK_JOB, MARK_ALL_LINKED, MARK_LINKED, MARK_BENCH = 16 };

/* What a cooperative switch keeps: callee-saved registers lie on the thread's own stack. */
struct thread_context {
    uint64_t sp;
};

void arch_thread_switch(struct thread_context *from, const struct thread_context *to);
void arch_thread_init(struct thread_context *t, void *stack_top, void (*fn)(void *), void *arg);
void arch_jump_linux(uint64_t pc, uint64_t sp) NORETURN;

void rt_start(void);
void rt_entry_run(void);
void rt_entry_fault(void);
void rt_entry_foreign(void);
void rt_entry_call(void);
void rt_call_wait(void) NORETURN;

/* Provided by rt, called by the entries above; they do not return. */
void rt_main_entry(struct dispatcher_page *page, uint64_t word) NORETURN;
void rt_upcall_run(struct dispatcher_page *page) NORETURN;
void rt_upcall_fault(struct dispatcher_page *page) NORETURN;
long rt_foreign(long number, long arg[6]);
/* Provided by a server of same-core calls. word: the caller's, then the answer's. Returns the
 * status for the caller. */
uint64_t rt_call(uint64_t badge, uint64_t word[4]);

/* Set the application's thread register (x86 FS base; arm64 TPIDR_EL0). */
void arch_thread_pointer_set(uint64_t value);
uint64_t arch_thread_pointer(void);

#include <arch/user_inline.h>

#endif
