/* try.S, aarch64: hostile_try runs code that the processor should refuse, with our own fault entry
 * registered, and says whether it did; and the list of such instructions (Arm ARM, C5 and D17:
 * what EL0 may not do, or may not do unless EL1 lets it). */
#define PAGE_AREA_TRAP 768 /* struct dispatcher_page: area[AREA_TRAP] */
#define CONTEXT_SP 248
#define CONTEXT_PC 256
#define CONTEXT_PSTATE 264
#define AREA_TRAP 2
#define SYSCALL_RESUME 20
#define HOSTILE_TWIN_STACK_BYTES 8192

    .text
/* A static Linux program begins here, its stack as the System V ABI has it. */
    .global _start
_start:
    adrp x0, hostile_entry_state
    add x0, x0, :lo12:hostile_entry_state
    bl hostile_entry_save
    mov x0, sp
    bl hostile_start
    brk #0

/* uint64_t hostile_try(void (*code)(void)): 1 if it was refused, 0 if it came back. */
    .global hostile_try
hostile_try:
    stp x29, x30, [sp, #-96]!
    stp x19, x20, [sp, #16]
    stp x21, x22, [sp, #32]
    stp x23, x24, [sp, #48]
    stp x25, x26, [sp, #64]
    stp x27, x28, [sp, #80]
    adrp x1, try_stack
    mov x2, sp
    str x2, [x1, :lo12:try_stack]
    blr x0
    mov x0, #0
    b try_end
try_refused:
    mov x0, #1
try_end:
    ldp x19, x20, [sp, #16]
    ldp x21, x22, [sp, #32]
    ldp x23, x24, [sp, #48]
    ldp x25, x26, [sp, #64]
    ldp x27, x28, [sp, #80]
    ldp x29, x30, [sp], #96
    ret

/* The fault entry: x0 = shared page. Goes on at try_refused. */
    .global hostile_fault_entry
hostile_fault_entry:
    adr x1, try_refused
    str x1, [x0, #PAGE_AREA_TRAP + CONTEXT_PC]
    adrp x1, try_stack
    ldr x1, [x1, :lo12:try_stack]
    str x1, [x0, #PAGE_AREA_TRAP + CONTEXT_SP]
    str xzr, [x0, #PAGE_AREA_TRAP + CONTEXT_PSTATE]
    mov x0, #AREA_TRAP
    mov x8, #SYSCALL_RESUME
    svc #1
    brk #1

/* The run entry of dispatchers that were made to waste time. */
    .global hostile_spin
hostile_spin:
    yield
    b hostile_spin

/* The same for a second dispatcher that runs C. */
    .global hostile_twin
hostile_twin:
    adrp x0, hostile_twin_stack + HOSTILE_TWIN_STACK_BYTES
    add x0, x0, :lo12:hostile_twin_stack + HOSTILE_TWIN_STACK_BYTES
    mov sp, x0
    bl hostile_twin_run
    brk #2

/* Each recursion takes 4 KiB of stack. */
    .global hostile_stack_eat
hostile_stack_eat:
    sub sp, sp, #4096
    str x30, [sp]
    bl hostile_stack_eat
    ret

    .data
    .balign 8
try_stack:
    .quad 0
descriptor:
    .quad 0, 0

    .macro REFUSED name, code
    .section .rodata.name, "a"
9:  .asciz "\name"
    .text
    .balign 4
8:  \code
    ret
    .section .rodata.table, "a"
    .quad 9b, 8b
    .endm
    .macro READ register
    REFUSED "read \register", "mrs x0, \register"
    .endm
    .macro WRITE register
    REFUSED "write \register", "msr \register, xzr"
    .endm

    .section .rodata.table, "a"
    .balign 8
    .global hostile_refused, hostile_refused_end
hostile_refused:
    .irp register, sctlr_el1, ttbr0_el1, ttbr1_el1, tcr_el1, mair_el1, vbar_el1, elr_el1, spsr_el1, \
        esr_el1, far_el1, cpacr_el1, contextidr_el1, tpidr_el1, sp_el0, cntkctl_el1, cntp_ctl_el0, \
        cntp_cval_el0, cntv_ctl_el0, cntv_cval_el0, mdscr_el1, pmcr_el0, pmintenset_el1, \
        pmuserenr_el0, par_el1, actlr_el1
    WRITE \register
    .endr
    .irp register, sctlr_el1, ttbr0_el1, ttbr1_el1, tcr_el1, vbar_el1, esr_el1, far_el1, \
        currentel, spsel, daif, tpidr_el1, cntpct_el0, cntp_ctl_el0, cntv_ctl_el0, isr_el1, \
        rvbar_el1, amair_el1, clidr_el1
    READ \register
    .endr
    REFUSED "write tpidrro_el0", "msr tpidrro_el0, xzr"
    REFUSED "mask interrupts", "msr daifset, #15"
    REFUSED "unmask interrupts", "msr daifclr, #15"
    REFUSED "write daif", "msr daif, xzr"
    REFUSED "select the stack", "msr spsel, #1"
    REFUSED "write pan", ".inst 0xd500409f"
    REFUSED "read ICC_IAR1_EL1", "mrs x0, S3_0_C12_C12_0"
    REFUSED "write ICC_EOIR1_EL1", "msr S3_0_C12_C12_1, xzr"
    REFUSED "write ICC_SGI1R_EL1", "msr S3_0_C12_C11_5, xzr"
    REFUSED "write ICC_SGI0R_EL1", "msr S3_0_C12_C11_7, xzr"
    REFUSED "write ICC_PMR_EL1", "msr S3_0_C4_C6_0, xzr"
    REFUSED "write ICC_IGRPEN1_EL1", "msr S3_0_C12_C12_7, xzr"
    REFUSED "write HCR_EL2", "msr S3_4_C1_C1_0, xzr"
    REFUSED "write SCR_EL3", "msr S3_6_C1_C1_0, xzr"
    REFUSED "eret", "eret"
    REFUSED "hvc", "hvc #0"
    REFUSED "smc", "smc #0"
    REFUSED "semihosting", "mov x0, #0x18; hlt #0xf000"
    REFUSED "brk", "brk #7"
    REFUSED "undefined", ".inst 0x00000000"
    REFUSED "svc of an unused number", "svc #2"
    REFUSED "svc of the largest number", "svc #0xffff"
    REFUSED "tlbi vmalle1", "tlbi vmalle1"
    REFUSED "tlbi vmalle1is", "tlbi vmalle1is"
    REFUSED "ic iallu", "ic iallu"
    REFUSED "ic ialluis", "ic ialluis"
    REFUSED "dc isw", "dc isw, xzr"
    REFUSED "dc csw", "dc csw, xzr"
    REFUSED "dc cisw", "dc cisw, xzr"
    REFUSED "dc ivac", "adr x0, try_stack_near; dc ivac, x0"
    REFUSED "at s1e1r", "at s1e1r, xzr"
    REFUSED "at s1e0r", "at s1e0r, xzr"
    REFUSED "dc zva on the kernel", "mov x0, #0xffffff8000000000; dc zva, x0"
    REFUSED "jump to the kernel", "mov x0, #0xffffff8000000000; br x0"
    REFUSED "jump to nobody's address", "mov x0, #0x0001000000000000; br x0"
    REFUSED "jump to an odd address", "mov x0, #0x5; br x0"
    REFUSED "read of the kernel", "mov x0, #0xffffff8000000000; ldr x1, [x0]"
    REFUSED "write to the kernel", "mov x0, #0xffffff8000000000; str x1, [x0]"
    REFUSED "exclusive load of the kernel", "mov x0, #0xffffff8000000000; ldxr x1, [x0]"
    REFUSED "a stack that is not aligned", "mov x0, #3; mov sp, x0; ldr x1, [sp]"
    REFUSED "execution of data", "adrp x0, descriptor; br x0"
    REFUSED "execution of the stack", "mov x0, sp; br x0"
    REFUSED "write to text", "adr x0, hostile_try; str x1, [x0]"
    .section .rodata.table, "a"
hostile_refused_end:
    .text
try_stack_near:
    ret

    .section .note.GNU-stack, "", %progbits
