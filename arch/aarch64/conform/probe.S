/* The instructions that the conformance suite tries, in leaf functions: 0 = it was done. Whoever
 * handles the fault of one goes on at probe_recover, which returns 1 to its caller. */
    .arch_extension fp
    .arch_extension simd

    .text
    .macro PROBE name
    .global \name
\name:
    .endm

PROBE probe_recover
    mov x0, #1
    ret

PROBE probe_load
    ldr x0, [x0]
    mov x0, #0
    ret

PROBE probe_store
    str x1, [x0]
    mov x0, #0
    ret

PROBE probe_jump
    br x0

    // Copied into pages that are to be executed.
PROBE probe_code
    mov x0, #0
    ret
    .global probe_code_end
probe_code_end:

PROBE probe_illegal
    .inst 0
    ret

PROBE probe_breakpoint
    brk #7
    mov x0, #0
    ret

PROBE probe_divide
    mov x0, #0
    ret

PROBE probe_align                   // exclusive accesses must be aligned
    mov x9, sp
    add x9, x9, #1
    ldxr x0, [x9]
    mov x0, #0
    ret

PROBE probe_vector
    fmov d0, x0
    mov x0, #0
    ret

    // uint64_t probe_privileged(uint64_t n): the n-th; 2: there are no more. Each is 16 bytes.
PROBE probe_privileged
    mov x1, #(privileged_end - privileged) / 16
    cmp x0, x1
    b.hs 1f
    adr x2, privileged
    add x2, x2, x0, lsl #4
    mov x0, #0
    br x2
1:  mov x0, #2
    ret
    .macro PRIVILEGED code:vararg
    .balign 16
    \code
    mov x0, #0
    ret
    .endm
    .balign 16
privileged:
    PRIVILEGED msr daifset, #15
    PRIVILEGED msr daifclr, #2
    PRIVILEGED msr spsel, #1
    PRIVILEGED mrs x0, ttbr0_el1
    PRIVILEGED msr ttbr0_el1, x0
    PRIVILEGED msr vbar_el1, x0
    PRIVILEGED msr sctlr_el1, x0
    PRIVILEGED msr cpacr_el1, x0
    PRIVILEGED mrs x0, esr_el1
    PRIVILEGED msr elr_el1, x0
    PRIVILEGED msr sp_el0, x0
    PRIVILEGED msr tpidrro_el0, x0
    PRIVILEGED msr tpidr_el1, x0
    PRIVILEGED msr cntv_cval_el0, x0
    PRIVILEGED mrs x0, cntpct_el0
    PRIVILEGED mrs x0, mpidr_el1
    PRIVILEGED tlbi vmalle1
    PRIVILEGED ic iallu
    PRIVILEGED dc ivac, x0
    PRIVILEGED at s1e0r, x0
    PRIVILEGED eret
    PRIVILEGED hvc #0
    PRIVILEGED smc #0
    PRIVILEGED msr S3_0_C12_C12_1, x0
    .balign 16
privileged_end:

    .macro LOAD_FROM_X0
    ldp x2, x3, [x0, #16]
    ldp x4, x5, [x0, #32]
    ldp x6, x7, [x0, #48]
    ldp x8, x9, [x0, #64]
    ldp x10, x11, [x0, #80]
    ldp x12, x13, [x0, #96]
    ldp x14, x15, [x0, #112]
    ldp x16, x17, [x0, #128]
    ldp x18, x19, [x0, #144]
    ldp x20, x21, [x0, #160]
    ldp x22, x23, [x0, #176]
    ldp x24, x25, [x0, #192]
    ldp x26, x27, [x0, #208]
    ldp x28, x29, [x0, #224]
    ldr x30, [x0, #240]
    ldp x0, x1, [x0]
    .endm

    .macro STORE_TO_X0              // all but x0, x1
    stp x2, x3, [x0, #16]
    stp x4, x5, [x0, #32]
    stp x6, x7, [x0, #48]
    stp x8, x9, [x0, #64]
    stp x10, x11, [x0, #80]
    stp x12, x13, [x0, #96]
    stp x14, x15, [x0, #112]
    stp x16, x17, [x0, #128]
    stp x18, x19, [x0, #144]
    stp x20, x21, [x0, #160]
    stp x22, x23, [x0, #176]
    stp x24, x25, [x0, #192]
    stp x26, x27, [x0, #208]
    stp x28, x29, [x0, #224]
    str x30, [x0, #240]
    .endm

    .macro CALLEE_PUSH
    stp x19, x20, [sp, #-96]!
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    .endm

    .macro CALLEE_POP
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp x19, x20, [sp], #96
    .endm

    // void probe_system(const uint64_t in[], uint64_t out[]), probe_foreign: every register from
    // `in`, the system call, every register to `out`.
    .macro PROBE_REGISTERS name, number
PROBE \name
    CALLEE_PUSH
    stp x1, xzr, [sp, #-16]!
    LOAD_FROM_X0
    svc #\number
    stp x0, x1, [sp, #-16]!
    ldr x0, [sp, #16]
    STORE_TO_X0
    ldp x1, x2, [sp], #16
    stp x1, x2, [x0]
    add sp, sp, #16
    CALLEE_POP
    ret
    .endm
    PROBE_REGISTERS probe_system, 1
    PROBE_REGISTERS probe_foreign, 0

    // void probe_spin(const uint64_t in[], uint64_t out[], volatile uint64_t *stop): every register
    // from `in`; then waits for *stop, which only an upcall or another dispatcher sets; to `out`.
    // x0 and x1 lie on the stack meanwhile and are loaded again in each turn of the loop.
PROBE probe_spin
    CALLEE_PUSH
    stp x1, x2, [sp, #-16]!
    LOAD_FROM_X0
1:  yield                           // seldom: it is the most expensive instruction of the emulator
    .rept 100
    stp x0, x1, [sp, #-16]!
    ldr x1, [sp, #24]
    ldr x0, [x1]
    cmp x0, #0
    ldp x0, x1, [sp], #16
    b.ne 2f
    .endr
    b 1b
2:
    stp x0, x1, [sp, #-16]!
    ldr x0, [sp, #16]
    STORE_TO_X0
    ldp x1, x2, [sp], #16
    stp x1, x2, [x0]
    add sp, sp, #16
    CALLEE_POP
    ret

    // An entry that hands every register as it found it to probe_entered(const uint64_t word[]).
PROBE probe_entry
    sub sp, sp, #256
    stp x0, x1, [sp]
    mov x0, sp
    STORE_TO_X0
    bl probe_entered
    brk #9

    // void probe_vector_fill(uint64_t pattern), uint64_t probe_vector_differs(uint64_t pattern):
    // how many of the vector registers hold something else in either half.
PROBE probe_vector_fill
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    dup v\n\().2d, x0
    .endr
    ret

PROBE probe_vector_differs
    mov x3, #0
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    mov x1, v\n\().d[0]
    mov x2, v\n\().d[1]
    eor x1, x1, x0
    eor x2, x2, x0
    orr x1, x1, x2
    cmp x1, #0
    cinc x3, x3, ne
    .endr
    mov x0, x3
    ret

    // The critical range of the upcall tests: waits for *x0 inside of it.
PROBE probe_critical
1:  yield
    .rept 400
    ldr x1, [x0]
    cbnz x1, 2f
    .endr
    b 1b
2:  nop
    .global probe_critical_end
probe_critical_end:
    ret

    // uint64_t probe_critical_load(const void *): a load inside of the range.
PROBE probe_critical_load
    ldr x0, [x0]
    .global probe_critical_load_end
probe_critical_load_end:
    ret
