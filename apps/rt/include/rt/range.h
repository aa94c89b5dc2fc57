/* range.h: a set of free address ranges: physical memory, or virtual addresses, taken and put back
 * in any order.
 *
 * Context: any; pure bookkeeping in the caller's array, nothing is allocated. `owner` marks ranges
 * that must not be
 * joined (each lies in a region of its own); it comes back with what is taken. All numbers are
 * bytes. */
#ifndef RT_RANGE_H
#define RT_RANGE_H

#include <skerry/base.h>
#include <skerry/status.h>

struct range {
    uint64_t begin, end;
    uint32_t owner;
};

struct range_set {
    struct range *range; /* ascending, apart from each other */
    uint32_t count, capacity;
    uint64_t free_bytes;
    uint64_t lost_bytes; /* put back when the array was full: never taken again */
};

void range_init(struct range_set *set, struct range *array, uint32_t capacity);

/* Takes `bytes` at a multiple of `align` (a power of two) from the smallest range that has room.
 * E_NO_MEMORY: none has. */
NODISCARD enum status range_take(struct range_set *set, uint64_t bytes, uint64_t align,
                                 uint64_t *begin, uint32_t *owner);

/* Gives [begin, begin + bytes) to the set. Cannot fail: what finds no room in the array is counted
 * as lost. */
void range_put(struct range_set *set, uint64_t begin, uint64_t bytes, uint32_t owner);

/* The longest range there is now. */
uint64_t range_largest(const struct range_set *set);

#endif
