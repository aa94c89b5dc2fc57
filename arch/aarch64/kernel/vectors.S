/* Exceptions, system calls and the returns to user mode.
 * In user mode SP_EL1 = &kernel_frame (frame.h), which is also the top of the kernel stack. Three
 * ways in:
 *   svc #1   own system call: the stub gave up every register but sp, so x0..x5, x8 and the
 *              special registers are saved
 *   svc #0   foreign system call: jumps to the registered entry (DESIGN 12.4), nothing of C runs
 *   others   all registers are saved in kernel_frame.full
 * One way out, exit_slow, restores any context; a system call that comes back to its own caller
 * leaves by a shorter one: C kept x19..x29, and sp, pc, flags are still in place; x3..x18 and x30
 * come from the context, where they are zero or the caller's own arguments. Interrupts are masked
 * in the kernel, so nothing overwrites ELR or SPSR. */
#include "layout.h"

    .macro vector_panic index
    .balign 128
    ldr x9, =panic_stack_top
    mov sp, x9
    mov x0, #\index
    b panic_entry
    .endm

    .macro vector_full target
    .balign 128
    stp x16, x17, [sp, #FRAME_SPILL]
    adr x16, \target
    b save_full
    .endm

    .text
    .balign 2048
    .global exception_vectors
exception_vectors:
    vector_panic 0                  // from the kernel on SP_EL0: never used
    vector_panic 1
    vector_panic 2
    vector_panic 3
    vector_panic 4                  // from the kernel: our own bug
    vector_panic 5
    vector_panic 6
    vector_panic 7
    .balign 128
    stp x16, x17, [sp, #FRAME_SPILL]
    mrs x16, esr_el1
    mov w17, #0x56000000            // svc from AArch64, 32-bit instruction; low half: its number
    sub w16, w16, w17
    cmp w16, #1
    b.ne not_own
    stp x0, x1, [sp, #0]
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    mrs x16, sp_el0
    mrs x17, elr_el1
    stp x16, x17, [sp, #CONTEXT_SP]
    mrs x16, spsr_el1
    mrs x17, tpidr_el0
    stp x16, x17, [sp, #CONTEXT_PSTATE]
    str x8, [sp, #64]
    mov x0, sp
    mov x1, x8
    mov x2, sp
    bl kernel_syscall
    b exit_syscall
    vector_full kernel_interrupt
    vector_full kernel_interrupt    // FIQ: Group 0, not enabled so far
    vector_panic 11
    vector_panic 12                 // AArch32 at EL0: SPSR filter keeps it from happening
    vector_panic 13
    vector_panic 14
    vector_panic 15
    .balign 128

exit_syscall:
    cmp sp, x0
    b.ne exit_slow
    ldr x16, [sp, #FRAME_FAST]
    cbz x16, exit_slow
    ldp x2, x3, [sp, #16]
    ldp x4, x5, [sp, #32]
    ldp x6, x7, [sp, #48]
    ldp x8, x9, [sp, #64]
    ldp x10, x11, [sp, #80]
    ldp x12, x13, [sp, #96]
    ldp x14, x15, [sp, #112]
    ldp x16, x17, [sp, #128]
    ldp x18, x19, [sp, #144]
    ldr x30, [sp, #240]
    ldp x0, x1, [sp, #0]
    eret
    dsb nsh                         // nothing is speculated past an eret
    isb

not_own:                            // w16: 0 for svc #0
    cbnz w16, 1f
    ldp x16, x17, [sp, #FRAME_PAGE]
    cbz x17, 1f
    ldr w17, [x16, #8]              // disabled code makes no foreign calls: scratch is in use
    cbnz w17, 1f
    mrs x17, elr_el1
    str x17, [x16, #48]
    mrs x17, spsr_el1
    and x17, x17, #PSTATE_USER_MASK
    str x17, [x16, #56]
    ldr x17, [sp, #FRAME_SPILL]
    str x17, [x16, #32]
    ldr x17, [sp, #FRAME_SPILL + 8]
    str x17, [x16, #40]
    mov w17, #1
    str w17, [x16, #8]
    ldr x17, [sp, #FRAME_FOREIGN]
    add x17, x17, #1
    str x17, [sp, #FRAME_FOREIGN]
    ldr x17, [sp, #FRAME_PAGE + 8]
    msr elr_el1, x17
    mrs x16, tpidrro_el0
    eret
    dsb nsh
    isb
1:  adr x16, fault_entry

save_full:                          // x16: function to call; the user's x16, x17: spill words
    add x17, sp, #FRAME_FULL
    stp x0, x1, [x17, #0]
    stp x2, x3, [x17, #16]
    stp x4, x5, [x17, #32]
    stp x6, x7, [x17, #48]
    stp x8, x9, [x17, #64]
    stp x10, x11, [x17, #80]
    stp x12, x13, [x17, #96]
    stp x14, x15, [x17, #112]
    ldp x0, x1, [sp, #FRAME_SPILL]
    stp x0, x1, [x17, #128]
    stp x18, x19, [x17, #144]
    stp x20, x21, [x17, #160]
    stp x22, x23, [x17, #176]
    stp x24, x25, [x17, #192]
    stp x26, x27, [x17, #208]
    stp x28, x29, [x17, #224]
    mrs x0, sp_el0
    stp x30, x0, [x17, #240]
    mrs x0, elr_el1
    mrs x1, spsr_el1
    stp x0, x1, [x17, #256]
    mrs x0, tpidr_el0
    stp x0, xzr, [x17, #272]
    mov x0, x17
    blr x16

    .global exit_slow
exit_slow:                          // x0: context
    ldr x1, [sp, #CONTEXT_PARTIAL]
    cbz x1, 2f
1:  mov x1, #1
    str x1, [sp, #FRAME_FAST]
    ldp x16, x17, [x0, #CONTEXT_SP]
    msr sp_el0, x16
    msr elr_el1, x17
    ldp x16, x17, [x0, #CONTEXT_PSTATE]
    and x16, x16, #PSTATE_USER_MASK
    msr spsr_el1, x16
    msr tpidr_el0, x17
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
    ldp x0, x1, [x0, #0]
    eret
    dsb nsh
    isb
2:  bl frame_clean
    b 1b

    .global arch_return_to_user
arch_return_to_user:
    ldr x1, =kernel_frame
    mov sp, x1
    b exit_slow

    .section .bss.stack, "aw", %nobits
    .balign 4096
    .skip KERNEL_STACK_BYTES
    .global kernel_frame, kernel_frame_page
    .balign 64
kernel_frame:
kernel_frame_page:
    .skip FRAME_BYTES
    .balign 16
    .skip PANIC_STACK_BYTES
panic_stack_top:
