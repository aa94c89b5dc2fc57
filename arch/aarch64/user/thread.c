/* Threads: the first stack of a cooperative thread, and the application's thread pointer
 * (TPIDR_EL0). */
#include <arch/user.h>

#define SAVED_WORDS 12u /* arch_thread_switch pushes x19..x30 */

/* Hidden: its address is then relative to the pc, and not in a table. */
void thread_first(void) __attribute__((visibility("hidden")));

void arch_thread_init(struct thread_context *t, void *stack_top, void (*fn)(void *), void *arg)
{
    uint64_t *saved = (uint64_t *)((uintptr_t)stack_top & ~(uintptr_t)15) - SAVED_WORDS;

    for (unsigned i = 0; i < SAVED_WORDS; i++)
        saved[i] = 0;
    saved[0] = (uint64_t)fn;
    saved[1] = (uint64_t)arg;
    saved[11] = (uint64_t)thread_first;
    t->sp = (uint64_t)saved;
}

void arch_thread_pointer_set(uint64_t value)
{
    __asm__ volatile("msr tpidr_el0, %0" : : "r"(value));
}

uint64_t arch_thread_pointer(void)
{
    uint64_t value;
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(value));
    return value;
}

/* The shared page's places that entry.S names. */
_Static_assert(offsetof(struct dispatcher_page, area) == 128 && AREA_ENABLED == 0, "entry.S");
_Static_assert(SYS_RESUME == 20, "entry.S");
_Static_assert(SYS_REPLY_WAIT == 25, "call.S");
