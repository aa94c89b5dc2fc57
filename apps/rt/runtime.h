/* Private to rt: what its own files call in each other. */
#ifndef RT_RUNTIME_H
#define RT_RUNTIME_H

#include <rt/parent.h>
#include <rt/ram.h>

/* Tells the parent why, and stops for good. */
NORETURN void runtime_end(enum exit_cause cause, uint32_t status, const char *reason);

/* The channel to the parent, in the pages that the spawner mapped. */
NODISCARD enum status runtime_parent_open(void);

/* Sends on the parent's channel, and waits for room if it is full. */
void runtime_parent_log(const char *text, size_t bytes);

/* Becomes the first thread: runs fn on `stack_top`, never comes back. Enables the dispatcher. */
NORETURN void thread_boot(void *stack_top, void (*fn)(void *), void *arg);

/* Waits for anything at all: events are handled, threads may have been woken. */
void event_idle(void);

/* From now on calls are served while it sleeps. */
void event_calls_set(void);

/* The sleep that a call came into has a deadline, which the kernel forgets over the call. */
bool event_deadline_open(void);

/* ram.grow of a program whose spawner lends (rt/lend.h). */
NODISCARD enum status runtime_grow(struct ram *r, enum ram_kind kind, uint64_t bytes);

#endif
