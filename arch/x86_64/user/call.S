/* A server's entry for same-core calls (DESIGN 12.7): rdi = badge, rsi = 0, words in rdx r10 r8 r9,
 * rsp = the page's entry_stack, upcalls disabled. The words lie on the stack while rt_call looks
 * at them and writes its answer. */
#define SYSCALL_REPLY_WAIT 0x10019

    .text
    .global rt_entry_call
    .type rt_entry_call, @function
rt_entry_call:
    pushq %r9
    pushq %r8
    pushq %r10
    pushq %rdx
    movq %rsp, %rsi
    call rt_call
    movq %rax, %rdi
    popq %rdx
    popq %r10
    popq %r8
    popq %r9
    movl $SYSCALL_REPLY_WAIT, %eax
    syscall
    ud2

    .global rt_call_wait
    .type rt_call_wait, @function
rt_call_wait:
    movl $SYSCALL_REPLY_WAIT, %eax
    syscall
    ud2

    .section .note.GNU-stack, "", @progbits
