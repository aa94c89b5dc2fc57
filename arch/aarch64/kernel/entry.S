/* Start of a core: Linux Image header, struct image_header, and the way from MMU off to the
 * linked address.
 * image_head: core 0, x0 = device tree (Linux Documentation/arm64/booting). start_second: PSCI
 * CPU_ON, x0 = boot record. Both at EL1 or EL2, MMU off. Everything up to `landing` runs at the
 * physical address; the code is position independent because it addresses by adrp only. There is
 * no identity map: with TTBR0 empty, the first fetch after the MMU is on faults, and VBAR already
 * names the linked address. */
#include "layout.h"

    .section .text.head, "ax"
    .global image_head, start_second
image_head:
    b start_first
    .long 0
    .quad 0                         // text offset
    .quad image_header_bytes
    .quad 0xa                       // little endian, 4 KiB pages, anywhere 2 MiB aligned
    .quad 0, 0, 0
    .ascii "ARM\x64"
    .long 0
    .quad 0x6567616d69796b73        // struct image_header: IMAGE_MAGIC
    .quad image_header_file_bytes
    .quad image_header_bytes
    .quad image_header_start

    // Both entries lie in the image's first page: arch_core_start finds the image by that.
start_first:
    mov x20, x0
    mov x21, #0
    b start_common
start_second:
    mov x20, x0
    mov x21, #1
start_common:
    msr daifset, #15
    mrs x0, CurrentEL
    cmp x0, #8
    b.ne 1f
    adr x30, 1f
    b leave_el2
1:  msr spsel, #1
    mov x0, #0x0800                 // SCTLR_EL1: RES1 bits, everything off
    movk x0, #0x30d0, lsl #16
    msr sctlr_el1, x0
    isb
    adrp x0, image_rodata_end
    adrp x1, image_end
2:  stp xzr, xzr, [x0], #16
    cmp x0, x1
    b.lo 2b
    adrp x0, kernel_frame
    add x0, x0, :lo12:kernel_frame
    mov sp, x0
    mov x29, #0
    mov x30, #0
    adrp x0, early_registers
    add x0, x0, :lo12:early_registers
    mov x1, x20
    mov x2, x21
    mov x19, x0
    bl early_start
    // What was written with caches off must not be hidden by stale lines.
    // Line size: 4 << CTR_EL0.DminLine bytes.
    ldp x0, x1, [x19, #40]
    mrs x2, ctr_el0
    ubfx x2, x2, #16, #4
    mov x3, #4
    lsl x3, x3, x2
3:  dc ivac, x0
    add x0, x0, x3
    cmp x0, x1
    b.lo 3b
    dsb sy
    ldp x0, x1, [x19]
    ldp x2, x3, [x19, #16]
    ldr x4, [x19, #32]
    msr mair_el1, x0
    msr tcr_el1, x1
    msr ttbr0_el1, x2
    msr ttbr1_el1, x3
    ldr x5, =landing_vectors
    msr vbar_el1, x5
    isb
    tlbi vmalle1
    ic iallu
    dsb nsh
    isb
    msr sctlr_el1, x4
    isb
4:  wfe
    b 4b

leave_el2:                          // Arm ARM D1.6: give EL1 the machine, and go on there at x30
    mrs x0, midr_el1
    msr vpidr_el2, x0
    mrs x0, mpidr_el1
    msr vmpidr_el2, x0
    mov x0, #0x80000000             // HCR_EL2.RW
    msr hcr_el2, x0
    mov x0, #0x33ff                 // CPTR_EL2: RES1 bits, no traps
    msr cptr_el2, x0
    msr hstr_el2, xzr
    msr vttbr_el2, xzr
    mov x0, #3                      // CNTHCTL_EL2: EL1 reads the counter and owns the timers
    msr cnthctl_el2, x0
    msr cntvoff_el2, xzr
    mrs x0, id_aa64pfr0_el1
    ubfx x0, x0, #24, #4
    cbz x0, 5f
    mov x0, #0xf                    // ICC_SRE_EL2: system registers, EL1 may too
    msr icc_sre_el2, x0
    isb
    msr ich_hcr_el2, xzr
5:  mov x0, #0x3c5                  // EL1h, all masked
    msr spsr_el2, x0
    msr elr_el2, x30
    eret

    .balign 2048
landing_vectors:
    .skip 0x200
landing:                            // prefetch abort at the physical address leads here
    ldr x0, =exception_vectors
    msr vbar_el1, x0
    ldr x0, =kernel_frame
    mov sp, x0
    isb
    mov x29, #0
    mov x30, #0
    bl late_start
    brk #1
