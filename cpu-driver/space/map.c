/* Making mappings. Each operation checks all that it must know, enters the MAPPING (the last thing
 * that can be refused), then writes the entries. New entries need no flush: an entry that was not
 * valid is in no TLB. */
#include "space/table.h"

/* A capability that can be used now. */
static enum status cap_check(const struct cap_db *db, uint32_t n)
{
    const struct slot *s = &db->zone_slots[n];

    if (s->type == CAP_NULL)
        return E_NO_CAP;
    return s->state == SLOT_STATE_NORMAL ? OK : E_MARKED;
}

static enum status table_check(const struct cap_db *db, uint32_t table)
{
    enum status s = cap_check(db, table);
    const struct slot *t = &db->zone_slots[table];

    if (s != OK)
        return s;
    if (table_level(t->type) == 0)
        return E_TYPE;
    return t->rights & RIGHT_WRITE ? OK : E_RIGHTS;
}

/* Enter the MAPPING for `bytes` from `base` and write its run. rights: the most the entries may
 * ever have. */
static enum status run_enter(struct cap_db *db, const struct run *r, uint32_t destination,
                             uint64_t base, uint64_t bytes, uint32_t tag, uint8_t rights)
{
    struct cap_description d = {.base = base,
                                .bytes = bytes,
                                .aux = run_pack(db, r),
                                .tag = tag,
                                .owner = db->core,
                                .type = CAP_MAPPING,
                                .rights = rights};
    enum status s = run_check(db, r);

    if (s == OK)
        s = cap_insert(db, destination, &d);
    if (s == OK)
        run_write(db, r, base, destination);
    return s;
}

enum status space_table_map(struct cap_db *db, uint32_t upper, uint32_t lower, uint32_t destination,
                            uint64_t index)
{
    enum status s = table_check(db, upper);
    const struct slot *up = &db->zone_slots[upper], *low = &db->zone_slots[lower];

    if (s == OK)
        s = cap_check(db, lower);
    if (s != OK)
        return s;
    unsigned level = table_level(up->type);
    if (level == 1 || table_level(low->type) != level - 1)
        return E_TYPE;
    if (index >= CAP_TABLE_ENTRIES)
        return E_ARGUMENT;
    struct run r = {
        .table = up->base, .first = (uint32_t)index, .count = 1, .level = level, .is_table = true};
    return run_enter(db, &r, destination, low->base, low->bytes, low->tag, 0);
}

/* May pages have these flags, if they may have at most `rights`? */
static enum status flags_check(unsigned flags, unsigned rights, bool device)
{
    unsigned access = flags & (MAP_READ | MAP_WRITE | MAP_EXECUTE);

    if (flags & ~(unsigned)(MAP_READ | MAP_WRITE | MAP_EXECUTE | MAP_UNCACHED) ||
        (access != 0 && !(access & MAP_READ)))
        return E_ARGUMENT;
    if ((access & ~rights) != 0 ||
        (access & (MAP_WRITE | MAP_EXECUTE)) == (MAP_WRITE | MAP_EXECUTE))
        return E_RIGHTS;
    return (flags & MAP_UNCACHED) && !device ? E_UNSUPPORTED : OK;
}

static enum status frame_check(const struct cap_db *db, const struct frame_map_args *a,
                               unsigned level)
{
    enum status s = cap_check(db, a->frame);
    const struct slot *f = &db->zone_slots[a->frame];

    if (s != OK)
        return s;
    if (f->type != CAP_FRAME && f->type != CAP_DEVICE_FRAME)
        return E_TYPE;
    s = flags_check(a->flags, f->rights, f->type == CAP_DEVICE_FRAME);
    if (s != OK)
        return s;
    if (a->count == 0 || a->count > CAP_TABLE_ENTRIES || a->index >= CAP_TABLE_ENTRIES)
        return E_ARGUMENT;
    uint64_t bytes = a->count * entry_bytes(level);
    if (a->offset > f->bytes || bytes > f->bytes - a->offset)
        return E_RANGE;
    return (f->base + a->offset) % entry_bytes(level) != 0 ? E_ALIGN : OK;
}

/* Flags with which a page of RAM may be mapped: r, rw, rx. */
#define PAGE_FLAGS_SET                                                                             \
    (1u << MAP_READ | 1u << (MAP_READ | MAP_WRITE) | 1u << (MAP_READ | MAP_EXECUTE))

/* The common case, with its checks alone: one page of RAM into a table of level 1. False, and
 * nothing changed: it is something else, or it cannot be done, and the long way says why. */
static inline bool page_map(struct cap_db *db, const struct frame_map_args *a)
{
    const struct slot *t = &db->zone_slots[a->table], *f = &db->zone_slots[a->frame];

    if (t->type != CAP_PAGE_TABLE_1 || t->state != SLOT_STATE_NORMAL || !(t->rights & RIGHT_WRITE))
        return false;
    if (f->type != CAP_FRAME || f->state != SLOT_STATE_NORMAL || (a->flags & ~f->rights) != 0)
        return false;
    if (a->count != 1 || a->index >= CAP_TABLE_ENTRIES || a->flags > 7 ||
        !(PAGE_FLAGS_SET >> a->flags & 1) || a->offset >= f->bytes || a->offset % PAGE_BYTES != 0)
        return false;
    uint64_t *entry = table_entries(db, t->base) + a->index;
    uint32_t *shadow = table_shadow(db, t->base) + a->index;
    if (*entry != 0 || *shadow != 0)
        return false;
    uint64_t base = f->base + a->offset;
    struct run r = {
        .table = t->base, .first = a->index, .count = 1, .level = 1, .flags = a->flags};
    if (cap_insert_mapping(db, a->destination, a->frame, base, PAGE_BYTES, run_pack(db, &r)) != OK)
        return false;
    *shadow = a->destination;
    *entry = arch_entry_page(base, 1, a->flags, false);
    arch_table_written();
    return true;
}

enum status space_frame_map(struct cap_db *db, const struct frame_map_args *a)
{
    if (page_map(db, a))
        return OK;
    enum status s = table_check(db, a->table);
    const struct slot *t = &db->zone_slots[a->table], *f = &db->zone_slots[a->frame];
    unsigned level = table_level(t->type);

    if (s == OK && level > 2)
        s = E_TYPE;
    if (s == OK)
        s = frame_check(db, a, level);
    if (s != OK)
        return s;
    struct run r = {.table = t->base,
                    .first = a->index,
                    .count = a->count,
                    .level = level,
                    .flags = a->flags,
                    .device = f->type == CAP_DEVICE_FRAME};
    uint64_t base = f->base + a->offset;
    s = run_check(db, &r);
    if (s == OK)
        s = cap_insert_mapping(db, a->destination, a->frame, base, a->count * entry_bytes(level),
                               run_pack(db, &r));
    if (s == OK)
        run_write(db, &r, base, a->destination);
    return s;
}

enum status space_dispatcher_map(struct cap_db *db, uint32_t dispatcher, uint32_t table,
                                 uint32_t destination, uint64_t index)
{
    enum status s = cap_check(db, dispatcher);
    const struct slot *d = &db->zone_slots[dispatcher], *t = &db->zone_slots[table];

    if (s == OK)
        s = table_check(db, table);
    if (s != OK)
        return s;
    if (d->type != CAP_DISPATCHER || t->type != CAP_PAGE_TABLE_1)
        return E_TYPE;
    if (index >= CAP_TABLE_ENTRIES)
        return E_ARGUMENT;
    struct run r = {.table = t->base,
                    .first = (uint32_t)index,
                    .count = 1,
                    .level = 1,
                    .flags = MAP_READ | MAP_WRITE};
    return run_enter(db, &r, destination, d->base + SPACE_DISPATCHER_PAGE_OFFSET, PAGE_BYTES,
                     d->tag, MAP_READ | MAP_WRITE);
}

enum status space_mapping_protect(struct cap_db *db, uint32_t mapping, unsigned flags)
{
    enum status s = cap_check(db, mapping);
    struct slot *m = &db->zone_slots[mapping];

    if (s != OK)
        return s;
    if (m->type != CAP_MAPPING)
        return E_TYPE;
    struct run r = run_unpack(db, m->aux);
    if (r.is_table)
        return E_TYPE;
    s = flags_check(flags, m->rights, r.device);
    if (s != OK)
        return s;
    r.flags = flags;
    m->aux = run_pack(db, &r);
    run_write(db, &r, m->base, mapping);
    run_flush(db, &r);
    return OK;
}
