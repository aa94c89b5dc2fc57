/* dump_plant.c: breaks one thing in our private copy of a guest's memory, so that the dump's checks
 * can show that they find it. */
#include "dump_plant.h"

#include "space/table.h"

static const char *const names[] = {
#define P(name, text) #name,
    DUMP_PLANTS(P)
#undef P
};

const char *dump_plant_name(enum dump_plant plant)
{
    return names[plant];
}

static bool is_indexed(const struct slot *s)
{
    return s->level != 0 && s->level != UINT8_MAX; /* UINT8_MAX: a tail (cap/internal.h) */
}

/* A FRAME or MAPPING in the list, or a slot that the plant needs; 0: there is none. */
static uint32_t slot_for(const struct dump_core *c, enum dump_plant plant)
{
    for (uint32_t n = c->db.first; n != 0; n = dump_slot(c, n)->next) {
        const struct slot *s = dump_slot(c, n);

        switch (plant) {
        case DUMP_PLANT_link:
        case DUMP_PLANT_order:
            if (s->prev != 0 && s->next != 0 && dump_slot(c, s->next)->base > s->base)
                return n;
            break;
        case DUMP_PLANT_index:
            if (is_indexed(s))
                return n;
            break;
        case DUMP_PLANT_count:
            return n;
        case DUMP_PLANT_outside:
            if (s->type == CAP_FRAME && s->owner == c->db.core && s->base >= c->kernel->zone_free)
                return n;
            break;
        case DUMP_PLANT_entry:
        case DUMP_PLANT_shadow:
            if (s->type == CAP_MAPPING && (run_unpack(&c->db, s->aux).flags & 7) != 0)
                return n;
            break;
        case DUMP_PLANT_COUNT:
            return 0;
        }
    }
    return 0;
}

bool dump_plant(struct dump_core *c, enum dump_plant plant)
{
    uint32_t n = slot_for(c, plant);
    struct slot *s = &c->db.zone_slots[n];
    struct cap_db *db = (struct cap_db *)(uintptr_t)&c->kernel->db;

    if (n == 0)
        return false;
    struct run r = run_unpack(&c->db, s->aux);
    uint8_t *table = (uint8_t *)guest_memory_at(c->memory, r.table, 2 * (uint64_t)PAGE_BYTES);

    switch (plant) {
    case DUMP_PLANT_link:
        c->db.zone_slots[s->next].prev = s->prev;
        return true;
    case DUMP_PLANT_order:
        s->base = dump_slot(c, s->next)->base + dump_slot(c, s->next)->bytes;
        return true;
    case DUMP_PLANT_index:
        s->level++;
        return true;
    case DUMP_PLANT_count:
        db->cap_count++;
        return true;
    case DUMP_PLANT_outside:
        s->bytes += 1ull << 46;
        return true;
    case DUMP_PLANT_entry:
        if (table != NULL)
            ((uint64_t *)(void *)table)[r.first] ^= PAGE_BYTES;
        return table != NULL;
    case DUMP_PLANT_shadow:
        if (table != NULL)
            ((uint32_t *)(void *)(table + PAGE_BYTES))[r.first] = 0;
        return table != NULL;
    case DUMP_PLANT_COUNT:
        break;
    }
    return false;
}
