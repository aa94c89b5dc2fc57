/* The two functions of the contract that drivers use, for programs that have no runtime under
 * them. */
#ifndef BARE_ARCH_USER_H
#define BARE_ARCH_USER_H

#include <skerry/base.h>

void bare_pause(void);

static inline void arch_pause(void)
{
    bare_pause();
}

static inline void arch_dma_barrier(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif
