/* Fibers: ucontext makes the stack once, then _setjmp and _longjmp switch without a system call. A
 * fiber is started again by jumping to its base frame, which never returns. */
#include "fiber.h"

#include <setjmp.h>
#include <stdlib.h>
#include <ucontext.h>

#include "c11.h"

enum { STACK_BYTES = 64 << 10 };

static struct fiber {
    bool made, ended;
    void (*fn)(unsigned);
    jmp_buf base, here;
    ucontext_t context;
    _Alignas(64) char stack[STACK_BYTES];
} fibers[C11_THREADS_MAX];
static struct fiber *volatile current;
static jmp_buf scheduler;

static void fiber_base(void)
{
    (void)_setjmp(current->base);
    current->fn((unsigned)(current - fibers));
    current->ended = true;
    _longjmp(scheduler, 1);
}

static void fiber_make(struct fiber *f)
{
    static ucontext_t nowhere;
    if (getcontext(&f->context) != 0)
        abort();
    f->context.uc_stack.ss_sp = f->stack;
    f->context.uc_stack.ss_size = sizeof(f->stack);
    makecontext(&f->context, fiber_base, 0);
    f->made = true;
    swapcontext(&nowhere, &f->context);
}

bool fiber_run(unsigned number, bool fresh, void (*fn)(unsigned number))
{
    struct fiber *f = &fibers[number];
    current = f;
    if (_setjmp(scheduler) == 0) {
        if (fresh) {
            f->fn = fn;
            f->ended = false;
        }
        if (!f->made)
            fiber_make(f);
        else if (fresh)
            _longjmp(f->base, 1);
        else
            _longjmp(f->here, 1);
    }
    return fibers[number].ended;
}

void fiber_back(void)
{
    if (_setjmp(current->here) == 0)
        _longjmp(scheduler, 1);
}

bool fiber_owns(uintptr_t address)
{
    return address >= (uintptr_t)fibers && address < (uintptr_t)(fibers + C11_THREADS_MAX);
}
