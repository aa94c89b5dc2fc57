/* lend.h: the lending side of memory on demand: a spawner that gave a domain a small first part
 * (spawn_request.lend) gives it more when it asks, up to its limit. The asking side is in every
 * program: rt/ram.h asks by itself.
 *
 * Context: lend_serve once, by a program that spawns lenders' domains; from then on requests are
 * served inside event_wait. */
#ifndef RT_LEND_H
#define RT_LEND_H

#include <rt/spawn.h>

NODISCARD enum status lend_serve(void);

/* How much to give: at least `wanted` (whole pages); otherwise an eighth of what it has, so that it
 * asks seldom, in multiples of `least` (a power of two), in large pages where it is that much, less when the limit is near, never more than is left of the
 * limit and of what the lender has free in one piece. 0: less than wanted is left. */
uint64_t lend_step(uint64_t granted, uint64_t limit, uint64_t wanted, uint64_t least,
                   uint64_t free_bytes);

#endif
