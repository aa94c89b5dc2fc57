/* The home of a dispatcher on Linux: a thread or a process that sleeps on a futex word in memory
 * that its peers can write.
 *
 *   struct futex_home mine;  futex_home_init(&mine, &shared->bell_of_mine);
 *   channel_init(&c, &(struct channel_binding){..., .home = &mine.home,
 *                                              .bell = (uintptr_t)&shared->bell_of_peer}); */
#ifndef URPC_FUTEX_H
#define URPC_FUTEX_H

#include <urpc/channel.h>

struct futex_home {
    struct urpc_home home;
    _Atomic uint32_t *word; /* counts rings; peers add to it */
    uint32_t seen;          /* private: rings answered by returning from sleep */
    uint64_t sleep_count;   /* private: times the kernel was asked to sleep */
};

/* *word is 0, or anything when the home is set up before its peers ring. */
void futex_home_init(struct futex_home *h, _Atomic uint32_t *word);

#endif
