/* arch_zero_lines(void *at, uint64_t bytes): whole lines of 64 bytes, by 32-byte stores of ymm0 where
 * that is the whole register (no AVX-512), by words elsewhere. The register is the user's: it comes
 * back as it was, whatever CR0.TS said. Interrupts are off. */
    .text
    .global arch_zero_lines
    .type arch_zero_lines, @function
arch_zero_lines:
    cmpb $0, zero_wide
    je zero_words
    cmpb $0, vector_trapping
    je 1f
    clts
1:  subq $40, %rsp
    vmovdqu %ymm0, (%rsp)
    vpxor %xmm0, %xmm0, %xmm0
2:  cmpq $1024, %rsi
    jb 4f
    .set at, 0
    .rept 32
    vmovdqu %ymm0, at(%rdi)
    .set at, at + 32
    .endr
    addq $1024, %rdi
    subq $1024, %rsi
    jnz 2b
    jmp 5f
4:  testq %rsi, %rsi
    jz 5f
    vmovdqu %ymm0, (%rdi)
    vmovdqu %ymm0, 32(%rdi)
    addq $64, %rdi
    subq $64, %rsi
    jmp 4b
5:  vmovdqu (%rsp), %ymm0
    movq $0, (%rsp) /* nothing of the user's stays here */
    movq $0, 8(%rsp)
    movq $0, 16(%rsp)
    movq $0, 24(%rsp)
    addq $40, %rsp
    cmpb $0, vector_trapping
    je 6f
    movq %cr0, %rax
    orq $8, %rax /* TS */
    movq %rax, %cr0
6:  ret

zero_words:
    xorl %eax, %eax
    testq %rsi, %rsi
    jz 8f
7:  .set at, 0
    .rept 8
    movq %rax, at(%rdi)
    .set at, at + 8
    .endr
    addq $64, %rdi
    subq $64, %rsi
    jnz 7b
8:  ret
    .size arch_zero_lines, . - arch_zero_lines

    .section .note.GNU-stack, "", @progbits
