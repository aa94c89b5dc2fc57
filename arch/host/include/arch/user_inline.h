/* Host port of arch/user.h: Linux on any processor that GCC knows; there is no Skerry kernel
 * beneath. */
#ifndef ARCH_USER_INLINE_H
#define ARCH_USER_INLINE_H

#include <skerry/base.h>
#include <time.h>

static inline void arch_pause(void)
{
#if __has_builtin(__builtin_ia32_pause)
    __builtin_ia32_pause();
#else
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
#endif
}

/* Nanoseconds of CLOCK_MONOTONIC. */
static inline uint64_t arch_user_ticks(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#define arch_mark(kind, id) ((void)(kind), (void)(id))

static inline void arch_dma_barrier(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif
