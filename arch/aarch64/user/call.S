/* A server's entry for same-core calls (DESIGN 12.7): x0 = badge, x1 = 0, words in x2..x5, sp = the
 * page's entry_stack, upcalls disabled. The words lie on the stack while rt_call looks at them and
 * writes its answer. */
#define SYSCALL_REPLY_WAIT 25

    .text
    .global rt_entry_call, rt_call_wait
rt_entry_call:
    stp x4, x5, [sp, #-16]!
    stp x2, x3, [sp, #-16]!
    mov x1, sp
    bl rt_call
    ldp x2, x3, [sp], #16
    ldp x4, x5, [sp], #16
rt_call_wait:
    mov x8, #SYSCALL_REPLY_WAIT
    svc #1
    brk #6
