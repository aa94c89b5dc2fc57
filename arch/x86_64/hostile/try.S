/* try.S, x86-64: hostile_try runs code that the processor should refuse, with our own fault entry
 * registered, and says whether it did; and the list of such instructions (Intel SDM volume 3,
 * 5.9 "Privileged instructions"; volume 2 for those that CR4 or a selector forbids). */
#define PAGE_AREA_TRAP 512 /* struct dispatcher_page: area[AREA_TRAP] */
#define CONTEXT_RIP 56
#define CONTEXT_RSP 64
#define CONTEXT_RFLAGS 72
#define AREA_TRAP 2
#define SYSCALL_RESUME 0x10014
#define HOSTILE_TWIN_STACK_BYTES 8192

    .text
/* A static Linux program begins here, its stack as the System V ABI has it. */
    .global _start
_start:
    leaq hostile_entry_state(%rip), %rdi
    call hostile_entry_save
    movq %rsp, %rdi
    andq $-16, %rsp
    call hostile_start
    ud2

/* uint64_t hostile_try(void (*code)(void)): 1 if it was refused, 0 if it came back. */
    .global hostile_try
hostile_try:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, try_stack(%rip)
    call *%rdi
    xorl %eax, %eax
    jmp try_end
try_refused:
    movl $1, %eax
try_end:
    cld
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

/* The fault entry: rdi = shared page. Goes on at try_refused. */
    .global hostile_fault_entry
hostile_fault_entry:
    leaq try_refused(%rip), %rax
    movq %rax, PAGE_AREA_TRAP + CONTEXT_RIP(%rdi)
    movq try_stack(%rip), %rax
    movq %rax, PAGE_AREA_TRAP + CONTEXT_RSP(%rdi)
    movq $0x202, PAGE_AREA_TRAP + CONTEXT_RFLAGS(%rdi)
    movl $AREA_TRAP, %edi
    movl $SYSCALL_RESUME, %eax
    syscall
    ud2

/* The run entry of dispatchers that were made to waste time. */
    .global hostile_spin
hostile_spin:
    pause
    jmp hostile_spin

/* The same for a second dispatcher that runs C. */
    .global hostile_twin
hostile_twin:
    leaq hostile_twin_stack + HOSTILE_TWIN_STACK_BYTES(%rip), %rsp
    call hostile_twin_run
    ud2

/* Each recursion takes 4 KiB of stack. */
    .global hostile_stack_eat
hostile_stack_eat:
    subq $4096, %rsp
    movq %rsp, (%rsp)
    call hostile_stack_eat
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
8:  \code
    ret
    .section .rodata.table, "a"
    .quad 9b, 8b
    .endm

    .section .rodata.table, "a"
    .balign 8
    .global hostile_refused, hostile_refused_end
hostile_refused:
    REFUSED "hlt", "hlt"
    REFUSED "cli", "cli"
    REFUSED "sti", "sti"
    REFUSED "in", "inb $0x60, %al"
    REFUSED "in dx", "movl $0x3f8, %edx; inl %dx, %eax"
    REFUSED "out", "outb %al, $0xf4"
    REFUSED "out dx", "movl $0xcf8, %edx; outl %eax, %dx"
    REFUSED "ins", "movl $0x3f8, %edx; leaq descriptor(%rip), %rdi; insb"
    REFUSED "outs", "movl $0x3f8, %edx; leaq descriptor(%rip), %rsi; outsb"
    REFUSED "read cr0", "movq %cr0, %rax"
    REFUSED "write cr0", "xorl %eax, %eax; movq %rax, %cr0"
    REFUSED "read cr2", "movq %cr2, %rax"
    REFUSED "write cr2", "movq %rax, %cr2"
    REFUSED "read cr3", "movq %cr3, %rax"
    REFUSED "write cr3", "movq %rax, %cr3"
    REFUSED "read cr4", "movq %cr4, %rax"
    REFUSED "write cr4", "xorl %eax, %eax; movq %rax, %cr4"
    REFUSED "read cr8", "movq %cr8, %rax"
    REFUSED "write cr8", "movl $15, %eax; movq %rax, %cr8"
    REFUSED "read dr7", "movq %dr7, %rax"
    REFUSED "write dr0", "movq %rax, %dr0"
    REFUSED "write dr7", "movl $0x401, %eax; movq %rax, %dr7"
    REFUSED "lmsw", "lmsw %ax"
    REFUSED "smsw", "smsw %ax"
    REFUSED "clts", "clts"
    REFUSED "lgdt", "lgdt descriptor(%rip)"
    REFUSED "lidt", "lidt descriptor(%rip)"
    REFUSED "sgdt", "sgdt descriptor(%rip)"
    REFUSED "sidt", "sidt descriptor(%rip)"
    REFUSED "lldt", "xorl %eax, %eax; lldt %ax"
    REFUSED "sldt", "sldt %ax"
    REFUSED "ltr", "movl $0x28, %eax; ltr %ax"
    REFUSED "str", "str %ax"
    REFUSED "invd", "invd"
    REFUSED "wbinvd", "wbinvd"
    REFUSED "invlpg", "invlpg (%rsp)"
    REFUSED "invpcid", "xorl %eax, %eax; invpcid descriptor(%rip), %rax"
    REFUSED "rdmsr", "movl $0xc0000082, %ecx; rdmsr"
    REFUSED "wrmsr", "movl $0xc0000082, %ecx; wrmsr"
    REFUSED "rdpmc", "xorl %ecx, %ecx; rdpmc"
    REFUSED "swapgs", "swapgs"
    REFUSED "sysret", "leaq try_refused(%rip), %rcx; sysretq"
    REFUSED "sysexit", "sysexit"
    REFUSED "clac", "clac"
    REFUSED "stac", "stac"
    REFUSED "xsetbv", "xorl %ecx, %ecx; movl $7, %eax; xorl %edx, %edx; xsetbv"
    REFUSED "monitor", "leaq descriptor(%rip), %rax; xorl %ecx, %ecx; xorl %edx, %edx; monitor"
    REFUSED "mwait", "xorl %eax, %eax; xorl %ecx, %ecx; mwait"
    REFUSED "wrpkru", "xorl %eax, %eax; xorl %ecx, %ecx; xorl %edx, %edx; wrpkru"
    REFUSED "vmcall", "vmcall"
    REFUSED "vmrun", "xorl %eax, %eax; vmrun"
    REFUSED "rsm", "rsm"
    REFUSED "ud2", "ud2"
    REFUSED "int $0", "int $0"
    REFUSED "int $2, as if NMI", "int $2"
    REFUSED "int $8, as if double fault", "int $8"
    REFUSED "int $14, as if page fault", "int $14"
    REFUSED "int $18, as if machine check", "int $18"
    REFUSED "int $0x60, as if doorbell", "int $0x60"
    REFUSED "int $0x80, the old Linux call", "int $0x80"
    REFUSED "int $0x90, as if stop", "int $0x90"
    REFUSED "int $0xff", "int $0xff"
    REFUSED "iret to the kernel's selectors", "pushq $0x10; pushq %rsp; pushq $2; pushq $0x08; pushq $0; iretq"
    REFUSED "iret to an address of the kernel", "pushq $0x1b; pushq %rsp; pushq $2; pushq $0x23; pushq $0xffffffff80000000; iretq"
    REFUSED "iret to no canonical address", "movabsq $0x800000000000, %rax; pushq $0x1b; pushq %rsp; pushq $2; pushq $0x23; pushq %rax; iretq"
    REFUSED "far return to the kernel's selector", "pushq $0x08; leaq try_refused(%rip), %rax; pushq %rax; lretq"
    REFUSED "ss of the kernel", "movl $0x10, %eax; movl %eax, %ss"
    REFUSED "ds of the task state", "movl $0x28, %eax; movl %eax, %ds"
    REFUSED "jump to the kernel", "movq $0xffffffff80000000, %rax; jmp *%rax"
    REFUSED "jump to no canonical address", "movabsq $0x800000000000, %rax; jmp *%rax"
    REFUSED "read of the kernel", "movq 0xffffffff80000000, %rax"
    REFUSED "write to the kernel", "movq %rax, 0xffffffff80000000"
    REFUSED "execution of data", "leaq descriptor(%rip), %rax; jmp *%rax"
    REFUSED "execution of the stack", "jmp *%rsp"
    REFUSED "write to text", "movb $0, hostile_try(%rip)"
    .section .rodata.table, "a"
hostile_refused_end:

    .section .note.GNU-stack, "", @progbits
