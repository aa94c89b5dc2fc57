/* The self-test's user program: x0 = shared page, x1 = 0x42. Operations: see selftest.c. */
    .arch_extension fp
    .arch_extension simd

    .macro expect register, value, number
    mov x9, #\value
    mov x0, #\number
    cmp \register, x9
    b.ne user_failed
    .endm

    .section .rodata
    .balign 4096
    .global user_begin, user_end, user_foreign
user_begin:
    mov x19, x0
    mov x20, x1
    mov x9, #1
    cmp x1, #0x42
    b.ne user_failed
    // x19.. survive a fast return, but nobody may count on it: keep state in memory below the stack
    mov x8, #1
    mov x0, #0x1111
    mov x10, #5
    svc #1
    mov x11, x1
    expect x11, 0x11, 2
    mov x8, #0
    mov x0, #0
    mov x12, #7
    svc #1
    mov x10, x12
    expect x10, 0, 3
    mov x10, x30
    expect x10, 0, 4
    // timing: 1000 null calls
    mov x8, #7
    mov x0, #0
    svc #1
    mov x10, #1000
    str x10, [sp, #-16]
1:  mov x8, #0
    svc #1
    ldr x10, [sp, #-16]
    subs x10, x10, #1
    str x10, [sp, #-16]
    b.ne 1b
    mov x8, #7
    mov x0, #1
    svc #1
    // timer: spin until the interrupt changes x27
    mov x8, #2
    svc #1
    mov x27, #0
    mov x26, #26
2:  yield
    cbz x27, 2b
    expect x27, 0x77, 5
    expect x26, 26, 6
    // faults: write to the code page, vector unit, illegal instruction
    adr x9, user_begin
    mov x5, #55
    str x9, [x9]
    expect x5, 55, 7
    mov x6, v0.d[0]
    expect x6, 0x1234, 8
    .inst 0
    // foreign: everything survives, x0 gets the result
    msr tpidr_el0, x5
    mov x8, #64
    mov x0, #3
    mov x1, #101
    mov x5, #105
    mov x16, #116
    mov x17, #117
    mov x18, #118
    mov x28, #128
    mov x30, #130
    mov x29, #129
    cmp x0, #3                      // Z set
    svc #0
    b.ne user_failed
    mov x10, x0
    expect x10, 6, 10
    expect x1, 101, 11
    expect x5, 105, 12
    expect x16, 116, 13
    expect x17, 117, 14
    expect x18, 118, 15
    expect x28, 128, 16
    expect x29, 129, 17
    expect x30, 130, 18
    mrs x10, tpidr_el0
    expect x10, 55, 19
    mov x8, #5
    mov x0, #0x5eed
    svc #1
user_failed:
    mov x8, #6
    svc #1

    // What arch/aarch64/user/entry.S does, with x0 + x0 in place of rt_foreign.
user_foreign:
    mrs x16, tpidrro_el0
    mov x17, sp
    sub x17, x17, #1024
    stp x0, x1, [x17, #0]
    stp x2, x3, [x17, #16]
    stp x4, x5, [x17, #32]
    stp x6, x7, [x17, #48]
    stp x8, x9, [x17, #64]
    stp x10, x11, [x17, #80]
    stp x12, x13, [x17, #96]
    stp x14, x15, [x17, #112]
    stp x18, x19, [x17, #144]
    stp x20, x21, [x17, #160]
    stp x22, x23, [x17, #176]
    stp x24, x25, [x17, #192]
    stp x26, x27, [x17, #208]
    stp x28, x29, [x17, #224]
    mov x9, sp
    stp x30, x9, [x17, #240]
    ldp x9, x10, [x16, #32]
    stp x9, x10, [x17, #128]
    ldp x9, x10, [x16, #48]
    stp x9, x10, [x17, #256]
    ldr w9, [x16, #8]
    cmp w9, #1
    b.ne user_failed
    add x0, x0, x0
    str x0, [x17, #0]
    add x9, x16, #128
    .irp at, 0, 16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256
    ldp x0, x1, [x17, #\at]
    stp x0, x1, [x9, #\at]
    .endr
    mrs x0, tpidr_el0
    str x0, [x9, #272]
    mov x0, #0
    mov x8, #20
    svc #1
    b user_failed
user_end:
    .balign 4096
