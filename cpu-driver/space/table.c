/* Runs of page-table entries: where they are, writing and clearing them with their shadow, and the
 * TLB. Only this file makes a pointer of a table's address; tables lie in the zone, which is mapped
 * linearly behind db->zone_slots. */
#include "space/table.h"

#define FIRST_SHIFT 32
#define COUNT_SHIFT 41
#define LEVEL_SHIFT 51
#define FLAGS_SHIFT 54
#define DEVICE_SHIFT 58
#define TABLE_SHIFT 59

uint64_t run_pack(const struct cap_db *db, const struct run *r)
{
    return (r->table - db->zone_base) / LINE_BYTES | (uint64_t)r->first << FIRST_SHIFT |
           (uint64_t)r->count << COUNT_SHIFT | (uint64_t)r->level << LEVEL_SHIFT |
           (uint64_t)r->flags << FLAGS_SHIFT | (uint64_t)r->device << DEVICE_SHIFT |
           (uint64_t)r->is_table << TABLE_SHIFT;
}

struct run run_unpack(const struct cap_db *db, uint64_t aux)
{
    return (struct run){
        .table = db->zone_base + (aux & UINT32_MAX) * LINE_BYTES,
        .first = (uint32_t)(aux >> FIRST_SHIFT) & 511u,
        .count = (uint32_t)(aux >> COUNT_SHIFT) & 1023u,
        .level = (unsigned)(aux >> LEVEL_SHIFT) & 7u,
        .flags = (unsigned)(aux >> FLAGS_SHIFT) & 15u,
        .device = (aux >> DEVICE_SHIFT & 1) != 0,
        .is_table = (aux >> TABLE_SHIFT & 1) != 0,
    };
}

uint64_t *table_entries(struct cap_db *db, uint64_t table)
{
    return (uint64_t *)(void *)&db->zone_slots[(table - db->zone_base) / LINE_BYTES];
}

uint32_t *table_shadow(struct cap_db *db, uint64_t table)
{
    return (uint32_t *)(void *)&db->zone_slots[(table - db->zone_base + PAGE_BYTES) / LINE_BYTES];
}

unsigned table_level(uint8_t type)
{
    return type >= CAP_PAGE_TABLE_4 && type <= CAP_PAGE_TABLE_1 ? 1u + CAP_PAGE_TABLE_1 - type : 0;
}

uint64_t entry_bytes(unsigned level)
{
    return (uint64_t)PAGE_BYTES << 9 * (level - 1);
}

enum status run_check(struct cap_db *db, const struct run *r)
{
    uint32_t limit = arch_table_user_limit(r->level);
    const uint32_t *shadow = table_shadow(db, r->table);
    const uint64_t *entries = table_entries(db, r->table);

    if (r->count == 0 || r->first >= limit || r->count > limit - r->first)
        return E_ARGUMENT;
    for (uint32_t i = 0; i < r->count; i++) {
        /* Boot code writes the first program's entries by hand; pages without any right have no
         * entry. */
        if (shadow[r->first + i] != 0 || entries[r->first + i] != 0)
            return E_MAPPED;
    }
    return OK;
}

void run_write(struct cap_db *db, const struct run *r, uint64_t base, uint32_t mapping)
{
    uint64_t *entries = table_entries(db, r->table);
    uint32_t *shadow = table_shadow(db, r->table);
    unsigned rights = r->flags & (MAP_READ | MAP_WRITE | MAP_EXECUTE);

    for (uint32_t i = 0; i < r->count; i++) {
        uint64_t entry = 0;
        if (r->is_table)
            entry = arch_entry_table(base);
        else if (rights != 0)
            entry =
                arch_entry_page(base + i * entry_bytes(r->level), r->level, r->flags, r->device);
        shadow[r->first + i] = mapping;
        entries[r->first + i] = entry;
    }
}

void run_clear(struct cap_db *db, const struct run *r)
{
    uint64_t *entries = table_entries(db, r->table);
    uint32_t *shadow = table_shadow(db, r->table);

    for (uint32_t i = 0; i < r->count; i++) {
        entries[r->first + i] = 0;
        shadow[r->first + i] = 0;
    }
}

enum reach { REACH_NOWHERE, REACH_ONCE, REACH_MANY };

/* From which root and at which address is the run's first entry used? Goes up through the MAPPINGs
 * that enter each table. */
static enum reach run_locate(const struct cap_db *db, const struct run *r, uint64_t *root,
                             uint64_t *va)
{
    uint64_t table = r->table;
    uint32_t index = r->first;

    *va = 0;
    for (unsigned level = r->level; level <= 4; level++) {
        *va |= index * entry_bytes(level);
        *root = table;
        if (level == 4)
            break;
        uint32_t n = cap_find_first(db, SPACE_MEMORY, table, 2 * PAGE_BYTES, CAP_MAPPING);
        if (n == 0)
            return REACH_NOWHERE;
        const struct slot *s = &db->zone_slots[n];
        const struct slot *next = &db->zone_slots[s->next];
        if (s->next != 0 && next->type == CAP_MAPPING && next->base == table &&
            next->bytes == s->bytes)
            return REACH_MANY;
        struct run up = run_unpack(db, s->aux);
        table = up.table;
        index = up.first;
    }
    return REACH_ONCE;
}

/* The capability core deletes the MAPPINGs that enter a dying table before those that it holds. */
static bool is_dying(const struct cap_db *db, const struct run *r)
{
    uint8_t type = (uint8_t)(CAP_PAGE_TABLE_1 + 1 - r->level);
    uint32_t n = cap_find_first(db, SPACE_MEMORY, r->table, 2 * PAGE_BYTES, type);

    return n != 0 && db->zone_slots[n].state == SLOT_STATE_DYING;
}

void run_flush(const struct cap_db *db, const struct run *r)
{
    uint64_t root = 0, va = 0;

    switch (run_locate(db, r, &root, &va)) {
    case REACH_NOWHERE:
        /* Flushed when it left the table above; but boot code enters the first program's tables by
         * hand. */
        if (!is_dying(db, r))
            arch_tlb_flush_all();
        break;
    case REACH_ONCE:
        if (r->count == 1 && !r->is_table)
            arch_tlb_flush_page(root, va);
        else
            arch_tlb_flush_all();
        break;
    case REACH_MANY:
        arch_tlb_flush_all();
        break;
    }
}
