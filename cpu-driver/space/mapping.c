/* The ends of mappings, and what the capability core asks about page tables (its hooks). */
#include "space/table.h"

void space_mapping_end(struct cap_db *db, uint32_t mapping)
{
    struct run r = run_unpack(db, db->zone_slots[mapping].aux);

    run_clear(db, &r);
    run_flush(db, &r);
}

uint32_t cap_hook_table_mapping(struct cap_db *db, uint32_t table, uint32_t *index)
{
    const uint32_t *shadow = table_shadow(db, db->zone_slots[table].base);
    uint32_t at = *index;

    /* Most tables are nearly empty: eight entries at a look. */
    while (at < CAP_TABLE_ENTRIES && shadow[at] == 0) {
        const uint64_t *eight = (const uint64_t *)(const void *)&shadow[at];
        if (at % 8 == 0 && (eight[0] | eight[1] | eight[2] | eight[3]) == 0)
            at += 8;
        else
            at++;
    }
    *index = at < CAP_TABLE_ENTRIES ? at + 1 : at;
    return at < CAP_TABLE_ENTRIES ? shadow[at] : 0;
}

void cap_hook_mapping_moved(struct cap_db *db, uint32_t slot)
{
    struct run r = run_unpack(db, db->zone_slots[slot].aux);
    uint32_t *shadow = table_shadow(db, r.table);

    for (uint32_t i = 0; i < r.count; i++)
        shadow[r.first + i] = slot;
}

void cap_hook_object_made(struct cap_db *db, uint32_t slot)
{
    const struct slot *s = &db->zone_slots[slot];

    if (s->type == CAP_PAGE_TABLE_4)
        arch_table_init_root(table_entries(db, s->base));
}
