/* secret.S, aarch64: one value in every register of user mode, general and vector; and what was in
 * them when this program began. */
    .arch_extension fp
    .arch_extension simd
    .text
/* void hostile_plant(uint64_t secret, uint64_t call): every register but those that the call needs
 * holds the secret, low byte counted up; then the Linux call `call` with 0, and if it returns, or
 * is negative, for ever round. */
    .global hostile_plant
hostile_plant:
    mov x8, x1
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, \
        24, 25, 26, 27, 28, 29, 30, 31
    dup v\n\().2d, x0
    .endr
    .irp n, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, \
        25, 26, 27, 28, 29, 30
    add x\n, x0, #\n
    .endr
    tbnz x8, #63, 1f
    mov x0, #0
    svc #0
1:  add x8, x0, #8
2:  yield
    b 2b

/* void hostile_entry_save(void *): general registers and vector registers as they are. Called
 * first of all by _start, which has changed none of them but x0 and x30 (0 is put there). */
    .global hostile_entry_save
hostile_entry_save:
    .irp n, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27
    str x\n, [x0, #8 * \n]
    .endr
    .irp n, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 29
    str x\n, [x0, #8 * \n]
    .endr
    add x1, x0, #256
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, \
        24, 25, 26, 27, 28, 29, 30, 31
    str q\n, [x1], #16
    .endr
    ret

    .section .note.GNU-stack, "", %progbits
