/* PVH entry (Xen note 18): 32-bit flat mode, ebx = struct hvm_start_info, whose RSDP address is at
 * offset 32. Maps the first 4 GiB as they are with 1 GiB pages (QEMU's -cpu max has them) and goes on
 * in long mode. */
    .section .note.pvh, "a"
    .long 4, 4, 18
    .asciz "Xen"
    .long start

    .section .text.start, "ax"
    .code32
    .globl start
start:
    movl $stack_end, %esp
    movl $table3 + 3, table4
    movl $0x83, table3
    movl $0x40000083, table3 + 8
    movl $0x80000083, table3 + 16
    movl $0xc0000083, table3 + 24
    movl $table4, %eax
    movl %eax, %cr3
    movl $0x20, %eax
    movl %eax, %cr4
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x100, %eax
    wrmsr
    movl $0x80000001, %eax
    movl %eax, %cr0
    lgdt gdt_pointer
    ljmp $8, $long_mode
    .code64
long_mode:
    movl %ebx, %ebx
    movq 32(%rbx), %rdi
    call bare_main
1:  hlt
    jmp 1b

    .section .rodata
    .balign 8
gdt:
    .quad 0, 0x00209a0000000000
gdt_pointer:
    .word 15
    .long gdt

    .bss
    .balign 4096
table4:
    .skip 4096
table3:
    .skip 4096
    .skip 65536
stack_end:

    .section .note.GNU-stack, "", %progbits
