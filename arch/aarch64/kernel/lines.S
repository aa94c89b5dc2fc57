/* Memory by whole words and lines.
 * words_copy(x0 to, x1 from, x2 count of 64-bit words): eight at a time. Runs with the MMU off, too.
 * arch_zero_lines(x0 at, x1 bytes): whole lines of 64 bytes, by DC ZVA where the region is made of
 * whole blocks of it (zero_block bytes each, 0: it may not be used). Arm ARM C5.3.8. */
    .text
    .global words_copy
    .type words_copy, %function
words_copy:
    subs x2, x2, #8
    b.lo 2f
1:  ldp x3, x4, [x1]
    ldp x5, x6, [x1, #16]
    ldp x7, x8, [x1, #32]
    ldp x9, x10, [x1, #48]
    stp x3, x4, [x0]
    stp x5, x6, [x0, #16]
    stp x7, x8, [x0, #32]
    stp x9, x10, [x0, #48]
    add x0, x0, #64
    add x1, x1, #64
    subs x2, x2, #8
    b.hs 1b
2:  adds x2, x2, #8
    b.eq 4f
3:  ldr x3, [x1], #8
    str x3, [x0], #8
    subs x2, x2, #1
    b.ne 3b
4:  ret
    .size words_copy, . - words_copy

    .global arch_zero_lines
    .type arch_zero_lines, %function
arch_zero_lines:
    adrp x2, zero_block
    ldr x2, [x2, :lo12:zero_block]
    cbz x1, 5f
    add x3, x0, x1
    cbz x2, 4f
    orr x4, x0, x1
    sub x5, x2, #1
    tst x4, x5
    b.ne 4f
    lsl x6, x2, #3
1:  sub x4, x3, x0
    cmp x4, x6
    b.lo 3f
    .rept 8
    dc zva, x0
    add x0, x0, x2
    .endr
    b 1b
2:  dc zva, x0
    add x0, x0, x2
3:  cmp x0, x3
    b.lo 2b
    ret
4:  stp xzr, xzr, [x0]
    stp xzr, xzr, [x0, #16]
    stp xzr, xzr, [x0, #32]
    stp xzr, xzr, [x0, #48]
    add x0, x0, #64
    cmp x0, x3
    b.lo 4b
5:  ret
    .size arch_zero_lines, . - arch_zero_lines
