/* The first instructions of every core. Core 0: PVH entry (32-bit, paging off, ebx = struct
 * hvm_start_info; Xen's docs/misc/pvh.pandoc). Other cores: start_other (64-bit, identity map, rdi
 * = physical address of the boot record), from the trampoline. Both end in start_common, which
 * clears bss, has the final tables made and goes to the linked address. */
#include "layout.h"

#define PHYSICAL(symbol) ((symbol) - IMAGE_VA + IMAGE_LOAD_PA)
#define PVH_TABLES (PHYSICAL(image_end) + PVH_TABLES_OFFSET)

    .section .note.pvh, "a", @note
    .align 4
    .long 4, 8, 18 /* name bytes, descriptor bytes, XEN_ELFNOTE_PHYS32_ENTRY */
    .asciz "Xen"
    .quad PHYSICAL(pvh_start)

    .section .head, "ax"
    .global image_head
image_head:
    .fill 64, 1, 0xcc
    /* struct image_header (skerry/boot.h) */
    .quad 0x6567616d69796b73
    .quad image_file_bytes
    .quad image_bytes
    .quad image_start_offset

    .align 8
pvh_gdt:
    .quad 0, 0x00af9b000000ffff
pvh_gdt_pointer:
    .word 15
    .long PHYSICAL(pvh_gdt)

/* Six pages of scratch tables: 4 GiB identity-mapped by 2 MiB pages. */
    .code32
    .global pvh_start
pvh_start:
    cli
    cld
    movl $PVH_TABLES, %edi
    xorl %eax, %eax
    movl $(6 * 1024), %ecx
    rep stosl
    movl $(PVH_TABLES + 0x1003), PVH_TABLES
    movl $(PVH_TABLES + 0x1000), %edi
    movl $(PVH_TABLES + 0x2003), %eax
    movl $4, %ecx
1:  movl %eax, (%edi)
    addl $0x1000, %eax
    addl $8, %edi
    decl %ecx
    jnz 1b
    movl $(PVH_TABLES + 0x2000), %edi
    movl $0x83, %eax
    movl $2048, %ecx
2:  movl %eax, (%edi)
    addl $0x200000, %eax
    addl $8, %edi
    decl %ecx
    jnz 2b

    movl %cr4, %eax
    orl $0x20, %eax /* PAE */
    movl %eax, %cr4
    movl $PVH_TABLES, %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x901, %eax /* EFER: SCE, LME, NXE */
    wrmsr
    movl $0x80010033, %eax /* CR0: PG WP NE ET MP PE */
    movl %eax, %cr0
    lgdt PHYSICAL(pvh_gdt_pointer)
    ljmp $8, $PHYSICAL(pvh_long)

    .code64
pvh_long:
    movl %ebx, %r13d
    xorl %r12d, %r12d
    jmp start_common

    .global start_other
start_other:
    movq %rdi, %r12
    xorl %r13d, %r13d

/* r12: boot record, or 0 on core 0; r13: start info on core 0. Runs at physical addresses. */
start_common:
    cld
    leaq image_rodata_end(%rip), %rdi
    leaq image_end(%rip), %rcx
    subq %rdi, %rcx
    shrq $3, %rcx
    xorl %eax, %eax
    rep stosq
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw %ax, %fs
    movw %ax, %gs
    leaq kernel_stack_top(%rip), %rsp
    testq %r12, %r12
    jnz 1f
    leaq image_begin(%rip), %rdi
    movq %r13, %rsi
    call boot_record_make
    movq %rax, %r12
1:  movq %r12, %rdi
    leaq image_begin(%rip), %rsi
    call boot_tables_make
    /* Keep the identity map for one jump: memory_init drops it. */
    movq %cr3, %rcx
    movq (%rcx), %rdx
    movq %rdx, (%rax)
    movq %rax, %cr3
    movq $2f, %rcx
    jmp *%rcx
2:  movq $kernel_stack_top, %rsp
    movq %r12, %rdi
    movq %rax, %rsi
    call arch_start
    ud2
