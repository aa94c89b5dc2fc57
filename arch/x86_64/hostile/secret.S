/* secret.S, x86-64: one value in every register of user mode, general and vector; and what was in
 * them when this program began. */
    .text
/* void hostile_plant_end(uint64_t secret, uint64_t call): every register but those that the call
 * needs holds the secret, low byte counted up; then the Linux call `call` with 0, and if it
 * returns, or is negative, for ever round. */
    .global hostile_plant
hostile_plant:
    movq %rsi, %rax
    vmovq %rdi, %xmm0
    vpbroadcastq %xmm0, %ymm0
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vmovdqa %ymm0, %ymm\n
    .endr
    movq %rdi, %mm0
    movq %rdi, %mm7
    leaq 1(%rdi), %rsi
    leaq 2(%rdi), %rdx
    leaq 3(%rdi), %rbx
    leaq 4(%rdi), %rbp
    leaq 5(%rdi), %r8
    leaq 6(%rdi), %r9
    leaq 7(%rdi), %r10
    leaq 9(%rdi), %r12
    leaq 10(%rdi), %r13
    leaq 11(%rdi), %r14
    leaq 12(%rdi), %r15
    testq %rax, %rax
    js 1f
    xorl %edi, %edi
    syscall
1:  leaq 8(%rdi), %r11
    leaq 13(%rdi), %rcx
    movq %rcx, %rax
2:  pause
    jmp 2b

/* void hostile_entry_save(void *): general registers and vector registers as they are. Called
 * first of all by _start, which has not changed any of them but rdi. */
    .global hostile_entry_save
hostile_entry_save:
    .set at, 0
    .irp register, rax, rbx, rcx, rdx, rsi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
    movq %\register, at(%rdi)
    .set at, at + 8
    .endr
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vmovdqu %ymm\n, at(%rdi)
    .set at, at + 32
    .endr
    movq %mm0, at(%rdi)
    movq %mm7, at + 8(%rdi)
    emms
    ret

    .section .note.GNU-stack, "", @progbits
