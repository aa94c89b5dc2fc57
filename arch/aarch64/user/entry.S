/* Entries of a dispatcher (DESIGN 12.3, 12.4), cooperative switch, start of a Linux program.
 * The foreign entry runs disabled until it has the program's x16, x17 and pc out of the shared
 * page. It leaves by the `resume` system call with AREA_ENABLED: while upcalls are enabled that
 * area holds nothing of value, and while they are disabled (set before it is filled) the kernel
 * does not write there. */

#define PAGE_DISABLED 8
#define PAGE_FOREIGN_STACK 24
#define PAGE_SCRATCH 32
#define PAGE_AREA_ENABLED 128

/* On foreign_stack: the program's registers at the system call, laid out as the first 36 words of
 * struct arch_context; then the arguments once more, because rt_foreign may write to them. */
#define FRAME_BYTES 336
#define FRAME_ARGUMENTS 288
#define SYSCALL_RESUME 20
#define CONTEXT_SP 248
#define CONTEXT_PC 256
#define CONTEXT_PSTATE 264
#define CONTEXT_TPIDR 272

    .text
    .global rt_start, rt_entry_run, rt_entry_fault, rt_entry_foreign
rt_start:
    mov x29, #0
    mov x30, #0
    bl rt_main_entry
    brk #1
rt_entry_run:
    mov x29, #0
    mov x30, #0
    bl rt_upcall_run
    brk #2
rt_entry_fault:
    mov x29, #0
    mov x30, #0
    bl rt_upcall_fault
    brk #3

rt_entry_foreign:
    mrs x16, tpidrro_el0
    ldr x17, [x16, #PAGE_FOREIGN_STACK]
    sub x17, x17, #FRAME_BYTES
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
    ldp x9, x10, [x16, #PAGE_SCRATCH]       // x16, x17
    stp x9, x10, [x17, #128]
    ldp x9, x10, [x16, #PAGE_SCRATCH + 16]  // pc, pstate
    stp x9, x10, [x17, #CONTEXT_PC]
    stp x0, x1, [x17, #FRAME_ARGUMENTS]
    stp x2, x3, [x17, #FRAME_ARGUMENTS + 16]
    stp x4, x5, [x17, #FRAME_ARGUMENTS + 32]
    mrs x9, tpidr_el0                       // an upcall in between may leave another one
    stp x9, xzr, [x17, #CONTEXT_TPIDR]
    mov sp, x17
    str wzr, [x16, #PAGE_DISABLED]          // from here on preemption is welcome again
    mov x0, x8
    add x1, sp, #FRAME_ARGUMENTS
    mov x2, sp
    mov x29, #0
    bl rt_foreign
    mrs x16, tpidrro_el0
    mov w9, #1
    str w9, [x16, #PAGE_DISABLED]
    add x17, x16, #PAGE_AREA_ENABLED
    ldr x1, [sp, #8]
    stp x0, x1, [x17, #0]
    .irp at, 16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 272
    ldp x0, x1, [sp, #\at]
    stp x0, x1, [x17, #\at]
    .endr
    mov x0, #0                              // AREA_ENABLED
    mov x8, #SYSCALL_RESUME
    svc #1
    brk #4                                  // resume does not come back

    .global arch_thread_switch
arch_thread_switch:                         // x0: from, x1: to; struct thread_context = sp
    stp x19, x20, [sp, #-96]!
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    mov x9, sp
    str x9, [x0]
    ldr x9, [x1]
    mov sp, x9
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp x19, x20, [sp], #96
    ret

    .global thread_first
thread_first:                               // x19: function, x20: argument
    mov x0, x20
    mov x29, #0
    mov x30, #0
    blr x19
    brk #5

    .global arch_jump_linux
arch_jump_linux:                            // x0: pc, x1: sp
    mov sp, x1
    mov x16, x0
    .irp r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    mov x\r, #0
    .endr
    .irp r, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    mov x\r, #0
    .endr
    br x16
