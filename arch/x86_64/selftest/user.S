/* The self-test's user program, copied to USER_VA (0x600000000000); see selftest.c for the
 * operations. */
    .section .rodata.user, "a"
    .align 16
    .global user_begin, user_end, user_foreign, user_fault_resume
user_begin:
    movl $0x10000, %eax
    syscall
    rdtsc
    movl %eax, %ebx
    movl $0x11111, %ebp
    .rept 10
    movl $0x10000, %eax
    rdtsc
    movl %eax, %r12d
    movl $0x10000, %eax
    syscall
    rdtsc
    .endr
    rdtsc
    movl %eax, %ebx
    movl $0x10000, %eax
    syscall
    rdtsc
    pushq %rax
    rdtsc
    movl %eax, %ebp
    movl $0x10000, %eax
    syscall
    rdtsc
    subl %ebp, %eax /* instructions of a null call and of its frame, under icount */
    movl %eax, %edi
    movl $0x10001, %eax
    syscall
    /* foreign call: everything but rax, rcx, r11 comes back */
    movl $0x1234, %ebx
    movl $0x77, %edi
    movl $0x78, %r9d
    movl $39, %eax
    syscall
    addl %ebx, %eax
    addl %edi, %eax
    addl %r9d, %eax
    movl %eax, %edi
    movl $0x10001, %eax
    syscall
    /* timer: the kernel sets r15 when it comes */
    movl $0x10003, %eax
    syscall
    xorl %r15d, %r15d
    movl $0x55, %r14d
1:  pause
    testq %r15, %r15
    jz 1b
    leaq (%r14, %r15), %rdi
    movl $0x10001, %eax
    syscall
    /* faults: the kernel prints them and goes on at r13 */
    leaq 2f(%rip), %r13
    movq 0x1234567, %rax
2:  leaq 3f(%rip), %r13
    movq %rax, user_begin(%rip)
3:  leaq 4f(%rip), %r13
    cli
4:  leaq 5f(%rip), %r13
    int3
5:  leaq 6f(%rip), %r13
    xorl %eax, %eax
    xorl %edx, %edx
    divl %eax
6:  leaq 7f(%rip), %r13
    movq $0xffffffff80000000, %rax
    movq (%rax), %rax
7:  movl $0x99, %ecx
    movq %rcx, %xmm1 /* the kernel enables it and returns here */
    leaq 8f(%rip), %r13
    movq $0x123456789abcdef0, %rax
    wrfsbase %rsp
    movq $0x8000000000000000, %rax
    jmp *%rax
8:  leaq 9f(%rip), %r13
    int $0x80
9:  rdfsbase %rdi
    movq %gs:0, %rsi
    movl $0x10001, %eax
    syscall
    movl $0x10002, %eax /* start core 1 and wait for its bell */
    syscall
    movl $0x10004, %eax
    syscall
    ud2
    .align 16
user_foreign:
    addl $1, %eax
    pushq %r11
    popfq
    jmp *%rcx
user_end:
    .section .note.GNU-stack, "", @progbits
