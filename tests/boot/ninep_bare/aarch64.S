/* Linux arm64 Image header; x0 = device tree. MMU off, so all memory is device memory: compile with
 * -mstrict-align. */
    .section .text.start, "ax"
    .globl start
start:
    b 1f
    .long 0
    .quad 0, image_bytes, 0, 0, 0, 0
    .ascii "ARM\x64"
    .long 0
1:  adrp x1, stack_end
    add x1, x1, :lo12:stack_end
    mov sp, x1
    bl bare_main
2:  wfi
    b 2b

    .bss
    .balign 16
    .skip 65536
stack_end:

    .section .note.GNU-stack, "", %progbits
