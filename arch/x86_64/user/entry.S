/* Where the kernel enters a program of ours, and the Linux program's way into the personality
 * (DESIGN 12.3, 12.4). Upcalls: rdi = shared page, rsi = word, rsp = the page's entry_stack. They
 * call C and never return. */
#include "../kernel/layout.h"

#define PAGE_FOREIGN_STACK 24
#define PAGE_FOREIGN_SCRATCH 32

.macro UPCALL name, target
    .global \name
    .type \name, @function
\name:
    andq $-16, %rsp
    call \target
    ud2
.endm

    .text
    UPCALL rt_start, rt_main_entry
    UPCALL rt_entry_run, rt_upcall_run
    UPCALL rt_entry_fault, rt_upcall_fault

/* rcx = return pc, r11 = flags, the rest and the stack are the Linux program's; GS base = shared
 * page. Nothing is stored below its stack pointer, so the red zone is safe. One thread a domain:
 * there is no second call before this one has returned. The callee-saved registers come back
 * because rt_foreign is C; vector registers because our code has none. */
    .global rt_entry_foreign
    .type rt_entry_foreign, @function
rt_entry_foreign:
    movq %rsp, %gs:PAGE_FOREIGN_SCRATCH
    movq %gs:PAGE_FOREIGN_STACK, %rsp
    pushq %gs:PAGE_FOREIGN_SCRATCH
    pushq %rcx
    pushq %r11
    pushq %rax /* for alignment */
    pushq %r9
    pushq %r8
    pushq %r10
    pushq %rdx
    pushq %rsi
    pushq %rdi
    movq %rax, %rdi
    movq %rsp, %rsi
    cld
    call rt_foreign
    popq %rdi
    popq %rsi
    popq %rdx
    popq %r10
    popq %r8
    popq %r9
    addq $8, %rsp
    popq %r11
    popq %rcx
    pushq %r11
    popfq
    popq %rsp
    jmp *%rcx

/* void arch_jump_linux(uint64_t pc, uint64_t sp): the word below sp is free at a program's start.
 */
    .global arch_jump_linux
    .type arch_jump_linux, @function
arch_jump_linux:
    movq %rsi, %rsp
    pushq %rdi
    xorl %eax, %eax
    xorl %ebx, %ebx
    xorl %ecx, %ecx
    xorl %edx, %edx
    xorl %esi, %esi
    xorl %edi, %edi
    xorl %ebp, %ebp
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    xorl %r10d, %r10d
    xorl %r11d, %r11d
    xorl %r12d, %r12d
    xorl %r13d, %r13d
    xorl %r14d, %r14d
    xorl %r15d, %r15d
    ret

/* void arch_thread_switch(struct thread_context *from, const struct thread_context *to) */
    .global arch_thread_switch
    .type arch_thread_switch, @function
arch_thread_switch:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq (%rsi), %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

/* A new thread: r12 = function, r13 = argument. */
    .global thread_begin
    .hidden thread_begin
thread_begin:
    movq %r13, %rdi
    xorl %ebp, %ebp
    call *%r12
    ud2

    .section .note.GNU-stack, "", @progbits
