/* New threads for arch_thread_switch, and the application's thread pointer (FS base, by FSGSBASE).
 */
#include <arch/user.h>

__attribute__((visibility("hidden"))) void thread_begin(void); /* user/entry.S */

/* The words that arch_thread_switch pops, lowest first; then what `ret` takes. */
struct thread_frame {
    uint64_t r15, r14, r13, r12, rbp, rbx;
    uint64_t pc, pad[2];
};

void arch_thread_init(struct thread_context *t, void *stack_top, void (*fn)(void *), void *arg)
{
    uint64_t top = round_down((uint64_t)stack_top, 16);
    struct thread_frame *frame = (struct thread_frame *)(top - sizeof(*frame));

    /* thread_begin starts with rsp = pad, a multiple of 16, as a call needs it. */
    *frame = (struct thread_frame){
        .r13 = (uint64_t)arg, .r12 = (uint64_t)fn, .pc = (uint64_t)thread_begin};
    t->sp = (uint64_t)frame;
}

void arch_thread_pointer_set(uint64_t value)
{
    __asm__ volatile("wrfsbase %0" ::"r"(value) : "memory");
}

uint64_t arch_thread_pointer(void)
{
    uint64_t value;
    __asm__ volatile("rdfsbase %0" : "=r"(value));
    return value;
}

_Static_assert(SYSCALL_BASE == 0x10000 && SYS_REPLY_WAIT == 25, "call.S");
