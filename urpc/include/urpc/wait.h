/* A wait set: one dispatcher waits on many channels: polls for a bounded time, then sleeps (DESIGN
 * section 6).
 *
 *   receiver: store asleep in every own control line, SC fence, look again, sleep (pair B)
 *   sender:   store message, SC fence, load asleep, ring only if it is set
 * Of the two looks at least one sees what the other side stored: so no message lies there while its
 * reader sleeps unrung.
 *
 * Bounds: capacity is the caller's array. An idle channel costs a look at one line of its own
 * and at one of the ring at each poll, and two stores at each sleep.
 *
 *   struct wait_entry room[16];
 *   wait_set_init(&set, room, 16, &home, poll_ticks);
 *   wait_set_add(&set, &channel, my_cookie);
 *   for (;;)
 *       if (wait_set_wait(&set, UINT64_MAX, &ready) == OK)
 *           while ((s = channel_receive(ready.channel, &m)) == OK) ...
 * Behind that loop s is E_EMPTY, or the channel died: then remove it. */
#ifndef URPC_WAIT_H
#define URPC_WAIT_H

#include <urpc/channel.h>

struct wait_entry {
    struct channel *channel;
    void *cookie;
};

/* Private to one dispatcher. */
struct wait_set {
    struct wait_entry *entry;
    size_t capacity, count;
    size_t next; /* where the next poll begins: so that nobody starves */
    const struct urpc_home *home;
    uint64_t poll_ticks; /* how long to poll before sleeping; 0: look once */
    uint32_t sleep_number;
};

void wait_set_init(struct wait_set *set, struct wait_entry *room, size_t capacity,
                   const struct urpc_home *home, uint64_t poll_ticks);

/* E_LIMIT: no room. E_EXISTS: it is in the set. */
NODISCARD enum status wait_set_add(struct wait_set *set, struct channel *c, void *cookie);

/* E_NOT_FOUND. The order of the others may change. */
NODISCARD enum status wait_set_remove(struct wait_set *set, const struct channel *c);

/* OK: *ready is a channel with something to receive (or a dead one: it stays ready until it is
 * removed). E_EMPTY: none has. */
NODISCARD enum status wait_set_poll(struct wait_set *set, struct wait_entry *ready);

/* Waits for a channel. E_TIMEOUT: the deadline (absolute, ticks) passed. E_EMPTY: woken by
 * something else, an interrupt or another timer's business: look there and come back. Nothing that
 * the caller must know before it sleeps is lost, as long as it also rings. */
NODISCARD enum status wait_set_wait(struct wait_set *set, uint64_t deadline_ticks,
                                    struct wait_entry *ready);

#endif
