/* Host port: a user context is a plain record; nothing ever runs from it. */
#ifndef ARCH_CONTEXT_H
#define ARCH_CONTEXT_H

#include <stdint.h>

struct arch_context {
    uint64_t pc, sp, result[3], word[4], spare[7];
} __attribute__((aligned(64)));

static inline void arch_context_copy(struct arch_context *to, const struct arch_context *from)
{
    *to = *from;
}

static inline void arch_table_written(void)
{
}

#endif
