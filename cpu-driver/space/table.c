/* Runs of page-table entries: where they are, writing and clearing them with their shadow, and the
 * TLB. */
#include "space/table.h"

enum status run_check(struct cap_db *db, const struct run *r)
{
    uint32_t limit = r->level == 4 ? arch_table_user_limit(4) : CAP_TABLE_ENTRIES;

    if (r->count == 0 || r->first >= limit || r->count > limit - r->first)
        return E_ARGUMENT;
    const uint32_t *shadow = table_shadow(db, r->table) + r->first;
    const uint64_t *entries = table_entries(db, r->table) + r->first;
    for (uint32_t i = 0; i < r->count; i++) {
        /* Boot code writes the first program's entries by hand; pages without any right have no
         * entry. */
        if (shadow[i] != 0 || entries[i] != 0)
            return E_MAPPED;
    }
    return OK;
}

void run_write(struct cap_db *db, const struct run *r, uint64_t base, uint32_t mapping)
{
    uint64_t *entries = table_entries(db, r->table) + r->first;
    uint32_t *shadow = table_shadow(db, r->table) + r->first;
    uint64_t entry = 0, step = 0;

    if (r->is_table) {
        entry = arch_entry_table(base);
    } else if ((r->flags & (MAP_READ | MAP_WRITE | MAP_EXECUTE)) != 0) {
        entry = arch_entry_page(base, r->level, r->flags, r->device);
        step = entry_bytes(r->level); /* the address stands in an entry as it is */
    }
    for (uint32_t i = 0; i < r->count; i++, entry += step) {
        shadow[i] = mapping;
        entries[i] = entry;
    }
    arch_table_written();
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
