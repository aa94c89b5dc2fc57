/* Private to space*.c: the sorted array of page tables. A pointer to a table is good until the
 * next call that may add one. */
#ifndef RT_SPACE_TABLE_H
#define RT_SPACE_TABLE_H

#include "rt/space.h"
#include <skerry/base.h>

/* Bytes that one entry, or a whole table, of a level covers. */
static inline uint64_t level_entry_bytes(unsigned level)
{
    return (uint64_t)PAGE_BYTES << 9 * (level - 1);
}

static inline uint64_t level_table_bytes(unsigned level)
{
    return level_entry_bytes(level) << 9;
}

static inline uint32_t level_index(unsigned level, uint64_t va)
{
    return (uint32_t)(va / level_entry_bytes(level)) & 511;
}

/* NULL: there is none. */
struct space_table *space_table_find(struct space *s, unsigned level, uint64_t va);

/* The first table of that level that covers or lies behind va; NULL: none. */
struct space_table *space_table_next(struct space *s, unsigned level, uint64_t va);

/* Finds or makes it, and all tables above it. */
NODISCARD enum status space_table_make(struct space *s, unsigned level, uint64_t va,
                                       struct space_table **out);

/* With room for eight more tables in the array, so that making some moves nothing that the heap
 * does itself. */
NODISCARD enum status space_reserve(struct space *s);

/* Enters entries [first, first + count) of `t` into the table. *mapping: capref of the MAPPING. */
NODISCARD enum status space_enter(struct space *s, const struct space_table *t,
                                  const struct space_run *run, capref_t *mapping);

#endif
