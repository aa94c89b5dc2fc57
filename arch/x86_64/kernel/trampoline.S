/* Real mode to long mode for a core that gets a SIPI: arch_core_start copies this to the first
 * page of the trampoline block, fills in the words at the end, and puts identity tables into the
 * second and third page. It needs no stack. */
#include "layout.h"

    .section .rodata.trampoline, "a"
    .align 16
    .global trampoline_begin, trampoline_words, trampoline_end
    .code16
trampoline_begin:
    cli
    cld
    movw %cs, %ax
    movw %ax, %ds
    lgdtl tr_gdt_pointer - trampoline_begin
    movl $0x20, %eax /* CR4: PAE */
    movl %eax, %cr4
    movl tr_root - trampoline_begin, %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x901, %eax /* EFER: SCE, LME, NXE */
    wrmsr
    movl $0x80010033, %eax /* CR0: PG WP NE ET MP PE, caches on */
    movl %eax, %cr0
    ljmpl *(tr_far - trampoline_begin)

    .code64
tr_long:
    movq tr_record(%rip), %rdi
    jmp *tr_start(%rip)

    .align 8
tr_gdt:
    .quad 0, 0x00af9b000000ffff

/* struct trampoline_words in apic.c: the offsets are zero-based here, the starter adds where the
 * block lies. */
    .align 8
trampoline_words:
tr_start:
    .quad 0
tr_record:
    .quad 0
tr_root:
    .long 0x1000
tr_far:
    .long tr_long - trampoline_begin
    .word 8
tr_gdt_pointer:
    .word 15
    .long tr_gdt - trampoline_begin
trampoline_end:
