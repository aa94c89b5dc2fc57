/* The instructions that the conformance suite tries, in leaf functions: 0 = it was done. Whoever
 * handles the fault of one goes on at probe_recover, which returns 1 to its caller. */

    .text
.macro PROBE name
    .global \name
    .type \name, @function
\name:
.endm

PROBE probe_recover
    movl $1, %eax
    ret

PROBE probe_load
    movq (%rdi), %rax
    xorl %eax, %eax
    ret

PROBE probe_store
    movq %rsi, (%rdi)
    xorl %eax, %eax
    ret

PROBE probe_jump
    jmp *%rdi

/* Copied into pages that are to be executed. */
PROBE probe_code
    xorl %eax, %eax
    ret
    .global probe_code_end
probe_code_end:

PROBE probe_illegal
    ud2
    ret

PROBE probe_breakpoint
    int3
    xorl %eax, %eax
    ret

PROBE probe_divide
    xorl %edx, %edx
    xorl %ecx, %ecx
    movl $1, %eax
    divl %ecx
    xorl %eax, %eax
    ret

PROBE probe_align
    xorl %eax, %eax
    ret

PROBE probe_vector
    movq %rax, %xmm0
    xorl %eax, %eax
    ret

/* uint64_t probe_privileged(uint64_t n): the n-th; 2: there are no more. Each is 16 bytes. */
PROBE probe_privileged
    cmpq $(privileged_end - privileged) / 16, %rdi
    jae 1f
    shlq $4, %rdi
    leaq privileged(%rip), %rax
    addq %rdi, %rax
    xorl %ecx, %ecx
    jmp *%rax
1:  movl $2, %eax
    ret
.macro PRIVILEGED code:vararg
    .balign 16
    \code
    xorl %eax, %eax
    ret
.endm
    .balign 16
privileged:
    PRIVILEGED cli
    PRIVILEGED sti
    PRIVILEGED hlt
    PRIVILEGED clts
    PRIVILEGED invd
    PRIVILEGED wbinvd
    PRIVILEGED swapgs
    PRIVILEGED rdmsr
    PRIVILEGED wrmsr
    PRIVILEGED sysretq
    PRIVILEGED movq %cr0, %rax
    PRIVILEGED movq %cr3, %rax
    PRIVILEGED movq %rax, %cr3
    PRIVILEGED movq %rax, %cr4
    PRIVILEGED movq %rax, %dr7
    PRIVILEGED invlpg (%rax)
    PRIVILEGED lgdt (%rsp)
    PRIVILEGED lidt (%rsp)
    PRIVILEGED ltr %cx
    PRIVILEGED sgdt -16(%rsp)
    PRIVILEGED inb $0x80, %al
    PRIVILEGED outb %al, $0x80
    PRIVILEGED int $0x20
    PRIVILEGED xsetbv
    .balign 16
privileged_end:

.macro LOAD_FROM base
    movq 0(\base), %rax
    movq 8(\base), %rbx
    movq 16(\base), %rcx
    movq 24(\base), %rdx
    movq 32(\base), %rsi
    movq 48(\base), %rbp
    movq 56(\base), %r8
    movq 64(\base), %r9
    movq 72(\base), %r10
    movq 80(\base), %r11
    movq 88(\base), %r12
    movq 96(\base), %r13
    movq 104(\base), %r14
    movq 112(\base), %r15
    movq 40(\base), %rdi
.endm

/* void probe_system(const uint64_t in[], uint64_t out[]), probe_foreign: every register from `in`,
 * the system call, every register to `out`. */
.macro PROBE_REGISTERS name
PROBE \name
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq %rsi
    LOAD_FROM %rdi
    syscall
    pushq %rdi
    movq 8(%rsp), %rdi
    movq %rax, 0(%rdi)
    popq %rax
    movq %rax, 40(%rdi)
    movq %rbx, 8(%rdi)
    movq %rcx, 16(%rdi)
    movq %rdx, 24(%rdi)
    movq %rsi, 32(%rdi)
    movq %rbp, 48(%rdi)
    movq %r8, 56(%rdi)
    movq %r9, 64(%rdi)
    movq %r10, 72(%rdi)
    movq %r11, 80(%rdi)
    movq %r12, 88(%rdi)
    movq %r13, 96(%rdi)
    movq %r14, 104(%rdi)
    movq %r15, 112(%rdi)
    popq %rsi
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret
.endm
    PROBE_REGISTERS probe_system
    PROBE_REGISTERS probe_foreign

/* void probe_spin(const uint64_t in[], uint64_t out[], volatile uint64_t *stop): every register
 * from `in`; then waits for *stop, which only an upcall or another dispatcher sets; to `out`. rsp
 * is the only one that is not tried. */
PROBE probe_spin
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq %rsi
    pushq %rdx
    LOAD_FROM %rdi
    xchgq %rax, (%rsp)
1:  pause /* seldom: it is the most expensive instruction of the emulator */
    .rept 400
    cmpq $0, (%rax)
    jne 2f
    .endr
    jmp 1b
2:  xchgq %rax, (%rsp)
    pushq %rdi
    movq 16(%rsp), %rdi
    movq %rax, 0(%rdi)
    popq %rax
    movq %rax, 40(%rdi)
    movq %rbx, 8(%rdi)
    movq %rcx, 16(%rdi)
    movq %rdx, 24(%rdi)
    movq %rsi, 32(%rdi)
    movq %rbp, 48(%rdi)
    movq %r8, 56(%rdi)
    movq %r9, 64(%rdi)
    movq %r10, 72(%rdi)
    movq %r11, 80(%rdi)
    movq %r12, 88(%rdi)
    movq %r13, 96(%rdi)
    movq %r14, 104(%rdi)
    movq %r15, 112(%rdi)
    popq %rdx
    popq %rsi
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

/* An entry that hands every register as it found it to probe_entered(const uint64_t word[]). */
PROBE probe_entry
    pushq %r15
    pushq %r14
    pushq %r13
    pushq %r12
    pushq %r11
    pushq %r10
    pushq %r9
    pushq %r8
    pushq %rbp
    pushq %rdi
    pushq %rsi
    pushq %rdx
    pushq %rcx
    pushq %rbx
    pushq %rax
    movq %rsp, %rdi
    andq $-16, %rsp
    call probe_entered
    ud2

/* void probe_vector_fill(uint64_t pattern), uint64_t probe_vector_differs(uint64_t pattern): how
 * many of the vector registers hold something else in either half. */
PROBE probe_vector_fill
    movq %rdi, %xmm0
    punpcklqdq %xmm0, %xmm0
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movdqa %xmm0, %xmm\n
    .endr
    ret

PROBE probe_vector_differs
    xorl %eax, %eax
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movq %xmm\n, %rcx
    movhlps %xmm\n, %xmm\n
    movq %xmm\n, %rdx
    xorq %rdi, %rcx
    xorq %rdi, %rdx
    orq %rdx, %rcx
    setne %cl
    movzbl %cl, %ecx
    addq %rcx, %rax
    .endr
    ret

/* The critical range of the upcall tests: waits for *rdi inside of it. */
PROBE probe_critical
1:  pause
    .rept 400
    cmpq $0, (%rdi)
    jne 2f
    .endr
    jmp 1b
2:  nop
    .global probe_critical_end
probe_critical_end:
    ret

/* uint64_t probe_critical_load(const void *): a load inside of the range. */
PROBE probe_critical_load
    movq (%rdi), %rax
    .global probe_critical_load_end
probe_critical_load_end:
    ret

    .section .note.GNU-stack, "", @progbits
