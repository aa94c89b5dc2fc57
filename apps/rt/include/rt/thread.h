/* thread.h: cooperative threads: a thread runs until it waits, yields or ends. There is one
 * Linux-free stack a thread.
 *
 * Context: threads only, never the fault entry. When no thread can run, the one that waits handles
 * events (rt/event.h) until one can: event
 * handlers therefore run on whatever thread waits, and must not wait themselves. */
#ifndef RT_THREAD_H
#define RT_THREAD_H

#include <arch/user.h>

#define THREAD_STACK_BYTES 0x8000u

struct thread {
    struct thread_context context;
    struct thread *next; /* in a queue */
    const char *name;
    void (*fn)(void *);
    void *arg;
    void *stack; /* heap block; NULL: the first thread */
};

/* First in, first out. All zero: empty. */
struct thread_queue {
    struct thread *first, *last;
};

/* Ready to run as soon as the caller waits. stack_bytes 0: THREAD_STACK_BYTES. There is no guard
 * page. E_NO_MEMORY. */
NODISCARD enum status thread_make(const char *name, void (*fn)(void *), void *arg,
                                  size_t stack_bytes);

struct thread *thread_self(void);
void thread_yield(void);
NORETURN void thread_end(void);

/* Waits in the queue until somebody wakes it. */
void thread_wait(struct thread_queue *queue);

/* False: nobody waits there. */
bool thread_wake(struct thread_queue *queue);
void thread_wake_all(struct thread_queue *queue);

/* True if another thread could run now. */
bool thread_pending(void);

#endif
