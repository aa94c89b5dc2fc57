/* The checker's side of arch/user.h: time passes by one tick at each look, for each thread of its
 * own, so that polling is bounded and the same in every replay. A pause is nothing: polls in the
 * sources are bounded by ticks; the scenarios' own loops call c11_await. */
#ifndef ARCH_USER_INLINE_H
#define ARCH_USER_INLINE_H

#include <stdint.h>

uint64_t c11_ticks(void);

static inline void arch_pause(void)
{
}

static inline uint64_t arch_user_ticks(void)
{
    return c11_ticks();
}

#define arch_mark(kind, id) ((void)(kind), (void)(id))

#endif
