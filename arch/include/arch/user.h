/* The architecture's contract with user code (rt, urpc, monitor, the personality). Small inline functions live in
 * arch/<name>/include/arch/user_inline.h, which this file includes at its end.
 *
 * static inline struct sysret arch_syscall(uint64_t op, a0..a5)  raw system call, DESIGN 12.1; clobbers every register but sp
 * static inline uint64_t arch_user_ticks(void)                   cycle counter, same unit as arch_ticks
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
 *   arch_thread_switch(struct thread_context *from, struct thread_context *to)   cooperative switch: callee-saved registers and sp
 *   arch_thread_init(struct thread_context *, void *stack_top, void (*fn)(void *), void *arg)
 *   arch_jump_linux(uint64_t pc, uint64_t sp) NORETURN            start a Linux program: all other registers 0 (x86 rdx = 0), on its own stack
 */
#ifndef ARCH_USER_H
#define ARCH_USER_H

#include <skerry/base.h>
#include <skerry/dispatcher.h>
#include <skerry/syscall.h>

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

/* Provided by rt, called by the entries above; they do not return. */
void rt_main_entry(struct dispatcher_page *page, uint64_t word) NORETURN;
void rt_upcall_run(struct dispatcher_page *page) NORETURN;
void rt_upcall_fault(struct dispatcher_page *page) NORETURN;
long rt_foreign(long number, long arg[6]);

/* Set the application's thread register (x86 FS base; arm64 TPIDR_EL0). */
void arch_thread_pointer_set(uint64_t value);
uint64_t arch_thread_pointer(void);

#include <arch/user_inline.h>

#endif
