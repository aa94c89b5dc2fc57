/* What the files of space/ share: where a MAPPING's entries are, and the two halves of a PAGE_TABLE
 * object. */
#ifndef SPACE_TABLE_H
#define SPACE_TABLE_H

#include "space/space.h"

/* A run of entries of one table: what a MAPPING's aux says. */
struct run {
    uint64_t table; /* physical address of the PAGE_TABLE object */
    uint32_t first, count;
    unsigned level; /* of the table, 1..4 */
    unsigned flags; /* enum map_flag, as they are now */
    bool device, is_table;
};

#define RUN_FIRST_SHIFT 32
#define RUN_COUNT_SHIFT 41
#define RUN_LEVEL_SHIFT 51
#define RUN_FLAGS_SHIFT 54
#define RUN_DEVICE_SHIFT 58
#define RUN_TABLE_SHIFT 59

static inline uint64_t run_pack(const struct cap_db *db, const struct run *r)
{
    return (r->table - db->zone_base) / LINE_BYTES | (uint64_t)r->first << RUN_FIRST_SHIFT |
           (uint64_t)r->count << RUN_COUNT_SHIFT | (uint64_t)r->level << RUN_LEVEL_SHIFT |
           (uint64_t)r->flags << RUN_FLAGS_SHIFT | (uint64_t)r->device << RUN_DEVICE_SHIFT |
           (uint64_t)r->is_table << RUN_TABLE_SHIFT;
}

static inline struct run run_unpack(const struct cap_db *db, uint64_t aux)
{
    return (struct run){
        .table = db->zone_base + (aux & UINT32_MAX) * LINE_BYTES,
        .first = (uint32_t)(aux >> RUN_FIRST_SHIFT) & 511u,
        .count = (uint32_t)(aux >> RUN_COUNT_SHIFT) & 1023u,
        .level = (unsigned)(aux >> RUN_LEVEL_SHIFT) & 7u,
        .flags = (unsigned)(aux >> RUN_FLAGS_SHIFT) & 15u,
        .device = (aux >> RUN_DEVICE_SHIFT & 1) != 0,
        .is_table = (aux >> RUN_TABLE_SHIFT & 1) != 0,
    };
}

/* Only these two make a pointer of a table's address; tables lie in the zone, which is mapped
 * linearly behind db->zone_slots. */
static inline uint64_t *table_entries(struct cap_db *db, uint64_t table)
{
    return (uint64_t *)(void *)&db->zone_slots[(table - db->zone_base) / LINE_BYTES];
}

static inline uint32_t *table_shadow(struct cap_db *db, uint64_t table)
{
    return (uint32_t *)(void *)&db->zone_slots[(table - db->zone_base + PAGE_BYTES) / LINE_BYTES];
}

/* Level 1..4 of a page-table type, else 0. */
static inline unsigned table_level(uint8_t type)
{
    return type >= CAP_PAGE_TABLE_4 && type <= CAP_PAGE_TABLE_1 ? 1u + CAP_PAGE_TABLE_1 - type : 0;
}

/* Bytes that one entry of a table of this level covers. */
static inline uint64_t entry_bytes(unsigned level)
{
    return (uint64_t)PAGE_BYTES << 9 * (level - 1);
}

/* Is every entry of the run free? E_ARGUMENT: not all are entries for users. E_MAPPED. */
NODISCARD enum status run_check(struct cap_db *db, const struct run *r);
/* Write the run's entries for memory from `base` on, owned by `mapping`. */
void run_write(struct cap_db *db, const struct run *r, uint64_t base, uint32_t mapping);
/* Clear entries and shadow. */
void run_clear(struct cap_db *db, const struct run *r);
/* No translation through entries that the run had before is left in the TLB. */
void run_flush(const struct cap_db *db, const struct run *r);

#endif
