/* All ways into the kernel from user mode and back: system calls, exceptions, interrupts. Each
 * saves the user's registers in `user_context` (one a core: every core runs its own copy of the
 * image), calls up, and restores the context that it gets.
 *
 * A system call saves what its caller may expect back and marks the context partial; a partial
 * context is restored by sysret with everything else zero. Interrupts are off in the kernel; those
 * that arrive in arch_idle or arch_irq_take only set their bit. */
#include "layout.h"

    .section .bss.stack, "aw", @nobits
    .align 4096
    /* Lowest in bss: what lies below is read-only, so an overflow faults. */
    .global kernel_stack_bottom, kernel_stack_top
kernel_stack_bottom:
    .skip KERNEL_STACK_BYTES
kernel_stack_top:
    .skip 4 * FAULT_STACK_BYTES
    .global fault_stack_tops /* end of the first of four */
    .set fault_stack_tops, kernel_stack_top + FAULT_STACK_BYTES

    .section .bss
    .align 64
    .global user_context, foreign_entry, foreign_page, foreign_calls, irq_pending
user_context:
    .skip 192
foreign_entry:
    .skip 8
foreign_page:
    .skip 8
foreign_calls:
    .skip 8
foreign_rsp:
    .skip 8
irq_pending:
    .skip 8

    .text
    .align 64
    .global syscall_entry
syscall_entry:
    cmpq $0x10000, %rax
    jb foreign_call
    movq %rsp, user_context + CONTEXT_RSP
    movq $kernel_stack_top, %rsp
    movq %rdi, user_context + CONTEXT_RDI
    movq %rsi, user_context + CONTEXT_RSI
    movq %rdx, user_context + CONTEXT_RDX
    movq %r10, user_context + CONTEXT_R10
    movq %r8, user_context + CONTEXT_R8
    movq %r9, user_context + CONTEXT_R9
    movq %rcx, user_context + CONTEXT_RIP
    movq %r11, user_context + CONTEXT_RFLAGS
    movq %rbp, user_context + CONTEXT_RBP
    rdfsbase %rcx
    movq %rcx, user_context + CONTEXT_FS
    movq $1, user_context + CONTEXT_PARTIAL
    leaq -0x10000(%rax), %rsi
    movq $user_context, %rdi
    movq %rdi, %rdx
    call kernel_syscall

/* rax: the context to go on with. */
exit_to_user:
    cmpl $0, CONTEXT_PARTIAL(%rax)
    je exit_full
    movq CONTEXT_RIP(%rax), %rcx
    /* sysret faults in the kernel if rcx is not canonical. A partial context comes from `syscall`,
     * whose return address can be one past the user half but no further, or from a function that
     * has checked. */
    btq $47, %rcx
    jc exit_nowhere
exit_partial_checked:
    movq CONTEXT_RFLAGS(%rax), %r11
    movq CONTEXT_FS(%rax), %rdx
    wrfsbase %rdx
    movq CONTEXT_RDI(%rax), %rdi
    movq CONTEXT_RSI(%rax), %rsi
    movq CONTEXT_RDX(%rax), %rdx
    movq CONTEXT_R10(%rax), %r10
    movq CONTEXT_R8(%rax), %r8
    movq CONTEXT_R9(%rax), %r9
    movq CONTEXT_RBP(%rax), %rbp
    movq CONTEXT_RSP(%rax), %rsp
    movq CONTEXT_RAX(%rax), %rax
    xorl %ebx, %ebx
    xorl %r12d, %r12d
    xorl %r13d, %r13d
    xorl %r14d, %r14d
    xorl %r15d, %r15d
    sysretq

/* A pc outside the user half: let the program fault at address 0 rather than the kernel here. */
exit_nowhere:
    xorl %ecx, %ecx
    jmp exit_partial_checked
exit_full:
    movq CONTEXT_RIP(%rax), %rcx
    movq %rcx, %rdx
    shrq $47, %rdx
    jz 1f
    xorl %ecx, %ecx
1:  movq CONTEXT_FS(%rax), %rdx
    wrfsbase %rdx
    pushq $USER_SS
    pushq CONTEXT_RSP(%rax)
    pushq CONTEXT_RFLAGS(%rax)
    pushq $USER_CS
    pushq %rcx
    movq CONTEXT_RDI(%rax), %rdi
    movq CONTEXT_RSI(%rax), %rsi
    movq CONTEXT_RDX(%rax), %rdx
    movq CONTEXT_R10(%rax), %r10
    movq CONTEXT_R8(%rax), %r8
    movq CONTEXT_R9(%rax), %r9
    movq CONTEXT_RBP(%rax), %rbp
    movq CONTEXT_RBX(%rax), %rbx
    movq CONTEXT_R12(%rax), %r12
    movq CONTEXT_R13(%rax), %r13
    movq CONTEXT_R14(%rax), %r14
    movq CONTEXT_R15(%rax), %r15
    movq CONTEXT_RCX(%rax), %rcx
    movq CONTEXT_R11(%rax), %r11
    movq CONTEXT_RAX(%rax), %rax
    iretq

/* A system-call number below SYSCALL_BASE: a jump to the registered entry, on the program's own
 * stack, with rcx = return pc and r11 = flags as `syscall` left them, and nothing else touched
 * (DESIGN 12.4). Code that is disabled makes none: its entry may be in use. */
foreign_call:
    movq %rsp, foreign_rsp
    cmpq $0, foreign_entry
    je foreign_unwanted
    movq foreign_page, %rsp
    cmpl $0, PAGE_DISABLED(%rsp)
    jne foreign_unwanted
    incq foreign_calls
    movq $kernel_stack_top, %rsp
    pushq $USER_SS
    pushq foreign_rsp
    pushq $0x202
    pushq $USER_CS
    pushq foreign_entry
    iretq

/* Nobody wants it: a fault at the syscall instruction itself. */
foreign_unwanted:
    movq $kernel_stack_top, %rsp
    pushq $USER_SS
    pushq foreign_rsp
    pushq %r11
    pushq $USER_CS
    subq $2, %rcx
    pushq %rcx
    pushq $0
    pushq $6
    jmp trap_user_entry

/* Saves all registers in user_context, with the processor's frame at `frame`(%rsp). rax is free
 * afterwards. */
.macro SAVE_FULL frame
    movq %rax, user_context + CONTEXT_RAX
    movq %rdi, user_context + CONTEXT_RDI
    movq %rsi, user_context + CONTEXT_RSI
    movq %rdx, user_context + CONTEXT_RDX
    movq %r10, user_context + CONTEXT_R10
    movq %r8, user_context + CONTEXT_R8
    movq %r9, user_context + CONTEXT_R9
    movq %rbp, user_context + CONTEXT_RBP
    movq %rbx, user_context + CONTEXT_RBX
    movq %r12, user_context + CONTEXT_R12
    movq %r13, user_context + CONTEXT_R13
    movq %r14, user_context + CONTEXT_R14
    movq %r15, user_context + CONTEXT_R15
    movq %rcx, user_context + CONTEXT_RCX
    movq %r11, user_context + CONTEXT_R11
    movq \frame(%rsp), %rax
    movq %rax, user_context + CONTEXT_RIP
    movq \frame+16(%rsp), %rax
    movq %rax, user_context + CONTEXT_RFLAGS
    movq \frame+24(%rsp), %rax
    movq %rax, user_context + CONTEXT_RSP
    rdfsbase %rax
    movq %rax, user_context + CONTEXT_FS
    movq $0, user_context + CONTEXT_PARTIAL
.endm

/* Exceptions. On the stack: vector, error code, rip, cs, rflags, rsp, ss. */
trap_common:
    testb $3, 24(%rsp)
    jz trap_kernel_entry
trap_user_entry:
    pushq $2 /* the user's AC would lift SMAP, its DF turn string instructions round */
    popfq
    SAVE_FULL 16
    movq (%rsp), %rsi
    movq 8(%rsp), %rdx
    movq $kernel_stack_top, %rsp /* from a fault stack, too */
    movq $user_context, %rdi
    call trap_user
    jmp exit_to_user

trap_kernel_entry:
    cld
    movq (%rsp), %rdi
    movq 8(%rsp), %rsi
    movq 16(%rsp), %rdx
    andq $-16, %rsp
    call trap_kernel
    ud2

/* Interrupts. On the stack: bit in irq_pending, rip, cs, rflags, rsp, ss. */
irq_common:
    testb $3, 16(%rsp)
    jz irq_kernel_entry
    pushq $2
    popfq
    SAVE_FULL 8
    movq (%rsp), %rax
    btsq %rax, irq_pending
    movl $0, LAPIC_VA + LAPIC_EOI
    movq $kernel_stack_top, %rsp
    movq $user_context, %rdi
    call kernel_interrupt
    jmp exit_to_user

irq_kernel_entry:
    pushq %rax
    movq 8(%rsp), %rax
    btsq %rax, irq_pending
    movl $0, LAPIC_VA + LAPIC_EOI
    popq %rax
    addq $8, %rsp
    iretq

    .align 16
    .global irq_spurious_stub
irq_spurious_stub:
    iretq

/* Vectors 0..31, 16 bytes each; those without an error code get a zero. */
    .align 16
    .global trap_stubs
trap_stubs:
    .set vector, 0
    .rept 32
    .align 16
    .if !((0x60227d00 >> vector) & 1) /* 8, 10..14, 17, 21, 29, 30 bring one */
    pushq $0
    .endif
    pushq $vector
    jmp trap_common
    .set vector, vector + 1
    .endr

.macro IRQ_STUB bit
    .align 16
    pushq $\bit
    jmp irq_common
.endm
    .align 16
    .global irq_timer_stub, irq_stop_stub, irq_doorbell_stubs, irq_device_stubs
irq_timer_stub:
    IRQ_STUB IRQ_BIT_TIMER
    .align 16
irq_stop_stub:
    IRQ_STUB IRQ_BIT_STOP
    .align 16
irq_doorbell_stubs:
    .set number, 0
    .rept DOORBELL_VECTORS
    IRQ_STUB (IRQ_BIT_DOORBELL + number)
    .set number, number + 1
    .endr
    .align 16
irq_device_stubs:
    .set number, 0
    .rept 32
    IRQ_STUB (IRQ_BIT_DEVICE + number)
    .set number, number + 1
    .endr

/* void arch_return_to_user(const struct arch_context *) */
    .global arch_return_to_user
arch_return_to_user:
    movq $kernel_stack_top, %rsp
    movq %rdi, %rax
    jmp exit_to_user

    .section .note.GNU-stack, "", @progbits
