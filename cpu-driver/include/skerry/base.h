/* What every part of Skerry may lean on: fixed-width integers, and macros that the prover sees
 * as nothing. */
#ifndef SKERRY_BASE_H
#define SKERRY_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __FRAMAC__
#define NODISCARD
#define NORETURN
#define ALIGNED(n)
#define PRINTF_LIKE(at, first)
#else
#define NODISCARD __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#define ALIGNED(n) __attribute__((aligned(n)))
#define PRINTF_LIKE(at, first) __attribute__((__format__(printf, at, first)))
#endif

#define PAGE_BYTES 4096u
#define LARGE_PAGE_BYTES (2u << 20)
#define LINE_BYTES 64u

/* Cores that one system may have. Every table that is indexed by core is sized by the number of
 * cores at boot. */
#define CORE_COUNT_MAX 1024u

static inline uint64_t round_up(uint64_t value, uint64_t power_of_two)
{
    return (value + power_of_two - 1) & ~(power_of_two - 1);
}

static inline uint64_t round_down(uint64_t value, uint64_t power_of_two)
{
    return value & ~(power_of_two - 1);
}

#endif
