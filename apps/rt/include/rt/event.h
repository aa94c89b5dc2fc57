/* event.h: everything that can wake this program, in one place: channels, interrupts, wake-ups
 * without a message, deadlines.
 *
 * Context: threads only. Handlers run on the thread that calls event_wait; they may send, add and
 * remove, and must not wait. A server is
 *   event_channel_add(&c, on_message, me);  for (;;) (void)event_wait(UINT64_MAX);  */
#ifndef RT_EVENT_H
#define RT_EVENT_H

#include <rt/range.h>
#include <urpc/wait.h>

/* How this program sleeps and rings: for channels made by others (struct channel_binding.home).
 * bell: capref of a DOORBELL. */
extern const struct urpc_home event_home;

/* fn is called when channel_receive has something to say; it takes as many messages as it likes.
 * It must remove a channel that is dead.
 * E_EXISTS, E_NO_MEMORY. */
NODISCARD enum status event_channel_add(struct channel *c, void (*fn)(void *arg, struct channel *c),
                                        void *arg);
void event_channel_remove(struct channel *c);

/* fn is called when an interrupt bound to bit 0..63 of the shared page came (sys_irq_bind).
 * E_EXISTS. */
NODISCARD enum status event_irq_add(unsigned bit, void (*fn)(void *arg), void *arg);

/* fn is called after every wake-up: for what has no message, as a child that stopped. E_LIMIT. */
NODISCARD enum status event_wake_add(void (*fn)(void *arg), void *arg);

/* Waits until something was handled: OK. E_TIMEOUT: deadline (absolute ticks; 0: only look)
 * passed. */
NODISCARD enum status event_wait(uint64_t deadline_ticks);

/* How long event_wait polls before it sleeps. 0: not at all. */
void event_poll_set(uint64_t poll_ticks);

#endif
