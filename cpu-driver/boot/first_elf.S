/* The first program's ELF file, page aligned inside the image's read-only data. FIRST_ELF is given by CMake. */
    .section .rodata.first, "a"
    .balign 4096
    .globl first_elf_begin
first_elf_begin:
    .incbin FIRST_ELF
    .globl first_elf_end
first_elf_end:
    .balign 4096
    .section .note.GNU-stack, "", %progbits
