/* thread.c: the cooperative scheduler. See rt/thread.h.
 *
 * The running thread is in no queue. A thread that ended is freed by the next one that runs, since
 * nobody can free the stack he stands on. */
#include "rt/thread.h"
#include "rt/event.h"
#include "rt/rt.h"
#include "runtime.h"

static struct {
    struct thread first;
    struct thread *current;
    struct thread *ended;
    struct thread_queue ready;
} threads;

static void queue_put(struct thread_queue *q, struct thread *t)
{
    t->next = NULL;
    if (q->last)
        q->last->next = t;
    else
        q->first = t;
    q->last = t;
}

static struct thread *queue_get(struct thread_queue *q)
{
    struct thread *t = q->first;

    if (!t)
        return NULL;
    q->first = t->next;
    if (!q->first)
        q->last = NULL;
    return t;
}

static void ended_free(void)
{
    struct thread *t = threads.ended;

    threads.ended = NULL;
    if (t) {
        heap_free(&rt.heap, t->stack);
        heap_free(&rt.heap, t);
    }
}

/* The current thread is in some queue, or has ended: let another one run. */
static void switch_away(void)
{
    struct thread *from = threads.current, *to;

    while (!(to = queue_get(&threads.ready)))
        event_idle();
    if (to == from)
        return;
    threads.current = to;
    arch_thread_switch(&from->context, &to->context);
    ended_free();
}

static void thread_body(void *arg)
{
    struct thread *t = arg;

    ended_free();
    t->fn(t->arg);
    thread_end();
}

enum status thread_make(const char *name, void (*fn)(void *), void *arg, size_t stack_bytes)
{
    struct thread *t = heap_alloc_zeroed(&rt.heap, sizeof *t);

    if (!stack_bytes)
        stack_bytes = THREAD_STACK_BYTES;
    void *stack = t ? heap_alloc(&rt.heap, stack_bytes) : NULL;
    if (!stack) {
        heap_free(&rt.heap, t);
        return E_NO_MEMORY;
    }
    *t = (struct thread){.name = name, .fn = fn, .arg = arg, .stack = stack};
    arch_thread_init(&t->context, (char *)stack + round_down(stack_bytes, 16), thread_body, t);
    queue_put(&threads.ready, t);
    return OK;
}

struct thread *thread_self(void)
{
    return threads.current;
}

bool thread_pending(void)
{
    return threads.ready.first != NULL;
}

void thread_yield(void)
{
    queue_put(&threads.ready, threads.current);
    switch_away();
}

void thread_end(void)
{
    threads.ended = threads.current;
    switch_away();
    __builtin_unreachable();
}

void thread_wait(struct thread_queue *queue)
{
    queue_put(queue, threads.current);
    switch_away();
}

bool thread_wake(struct thread_queue *queue)
{
    struct thread *t = queue_get(queue);

    if (t)
        queue_put(&threads.ready, t);
    return t != NULL;
}

void thread_wake_all(struct thread_queue *queue)
{
    while (thread_wake(queue)) {
    }
}

/* Its stack is not this one, so the entry stack is free for upcalls from here on. */
static void first_body(void *arg)
{
    (void)arg;
    __atomic_store_n(&rt.page->disabled, 0, __ATOMIC_RELEASE);
    threads.first.fn(threads.first.arg);
    thread_end();
}

void thread_boot(void *stack_top, void (*fn)(void *), void *arg)
{
    struct thread_context boot;

    threads.first = (struct thread){.name = "main", .fn = fn, .arg = arg};
    threads.current = &threads.first;
    arch_thread_init(&threads.first.context, stack_top, first_body, NULL);
    arch_thread_switch(&boot, &threads.first.context);
    __builtin_unreachable();
}
