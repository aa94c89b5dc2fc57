/* dump_check.c: what must always hold of a core's database and page tables, and which RAM is free.
 * List and index are checked by the capability core's own check, once it is known that every link
 * in them leads to a slot (dump_read.c). */
#include <stdlib.h>
#include <string.h>

#include "dump_core.h"
#include "say.h"
#include "space/table.h"

#define X(value) ((unsigned long long)(value))
#define SHADOW_OFFSET PAGE_BYTES
#define RANGES_MORE (2 + BOOT_SHARED_MAX) /* that no capability says */

/* ---- Ranges ---- */

static int range_order(const void *x, const void *y)
{
    const struct dump_range *a = x, *b = y;

    return a->base != b->base ? (a->base < b->base ? -1 : 1) : 0;
}

/* Sorts, and makes one range of those that touch: then they are disjoint. */
static size_t ranges_join(struct dump_range *r, size_t count)
{
    size_t kept = 0;

    qsort(r, count, sizeof(r[0]), range_order);
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && r[i].base <= r[kept - 1].end) {
            if (r[i].end > r[kept - 1].end)
                r[kept - 1].end = r[i].end;
        } else {
            r[kept++] = r[i];
        }
    }
    return kept;
}

static struct dump_range *ranges_of(const struct dump_core *c, bool (*takes)(const struct slot *),
                                    size_t *count)
{
    struct dump_range *r = calloc(c->cap_count + RANGES_MORE, sizeof(*r));

    if (r == NULL)
        say_fail("out of memory on the host");
    *count = 0;
    for (size_t i = 0; i < c->cap_count; i++) {
        const struct slot *s = dump_slot(c, c->cap[i].slot);

        if (s->space == SPACE_MEMORY && takes(s))
            r[(*count)++] = (struct dump_range){s->base, s->base + s->bytes};
    }
    return r;
}

static bool is_ram(const struct slot *s)
{
    return s->type == CAP_RAM;
}

/* A MARKER of RAM: another core has it. */
static bool is_use(const struct slot *s)
{
    return s->type != CAP_RAM && s->type != CAP_DEVICE_FRAME;
}

static bool ranges_hold(const struct dump_range *r, size_t count, uint64_t base, uint64_t end)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (r[middle].base <= base)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && end <= r[low - 1].end;
}

size_t dump_free_ranges(const struct dump_core *c, struct dump_range **out)
{
    size_t ram_count, use_count, count = 0, u = 0;
    struct dump_range *ram = ranges_of(c, is_ram, &ram_count);
    struct dump_range *use = ranges_of(c, is_use, &use_count);
    struct dump_range *found = calloc(ram_count + use_count + 1, sizeof(*found));

    if (found == NULL)
        say_fail("out of memory on the host");
    ram_count = ranges_join(ram, ram_count);
    use_count = ranges_join(use, use_count);
    for (size_t i = 0; i < ram_count; i++) {
        uint64_t at = ram[i].base;

        while (u < use_count && use[u].end <= at)
            u++;
        for (size_t k = u; k < use_count && use[k].base < ram[i].end; k++) {
            if (use[k].base > at)
                found[count++] = (struct dump_range){at, use[k].base};
            at = use[k].end;
        }
        if (at < ram[i].end)
            found[count++] = (struct dump_range){at, ram[i].end};
    }
    free(ram);
    free(use);
    *out = found;
    return count;
}

/* ---- Where objects lie ---- */

static bool is_origin(const struct slot *s)
{
    return s->type == CAP_FRAME || s->type == CAP_DEVICE_FRAME || s->type == CAP_DISPATCHER ||
           table_level(s->type) != 0;
}

/* Objects lie in RAM that this core has, or in what its kernel took for itself before there was a
 * database, or in the archive; what other cores own, and devices, come from elsewhere. A MAPPING
 * may outlive the capability of its frame: such a one is told (dump_orphans), not wrong. */
static void places_check(struct dump_core *c)
{
    size_t ram_count;
    struct dump_range *ram = ranges_of(c, is_ram, &ram_count);
    const struct boot_record *record =
        guest_memory_at(c->memory, dump_pa(c, c->kernel->record), sizeof(*record));

    ram[ram_count++] = (struct dump_range){c->place.zone_base, c->kernel->zone_free};
    if (record != NULL)
        ram[ram_count++] =
            (struct dump_range){record->archive_base,
                                record->archive_base + round_up(record->archive_bytes, PAGE_BYTES)};
    for (uint32_t i = 0; record != NULL && i < record->shared_count && i < BOOT_SHARED_MAX; i++)
        ram[ram_count++] = (struct dump_range){record->shared[i].base,
                                               record->shared[i].base + record->shared[i].bytes};
    ram_count = ranges_join(ram, ram_count);
    for (size_t i = 0; i < c->cap_count; i++) {
        const struct slot *s = dump_slot(c, c->cap[i].slot);

        if (s->space != SPACE_MEMORY || s->type == CAP_RAM || s->type == CAP_DEVICE_FRAME ||
            s->type == CAP_MARKER || s->type == CAP_MAPPING || s->owner != c->db.core)
            continue;
        if (!ranges_hold(ram, ram_count, s->base, s->base + s->bytes))
            dump_wrong(c, "the object at %#llx (type %u, at %s) lies in no RAM of this core",
                       X(s->base), s->type, c->cap[i].at);
    }
    free(ram);
}

void dump_orphans(struct dump_core *c)
{
    size_t count;
    struct dump_range *origin = ranges_of(c, is_origin, &count);

    count = ranges_join(origin, count);
    for (size_t i = 0; i < c->cap_count; i++) {
        const struct slot *s = dump_slot(c, c->cap[i].slot);

        c->cap[i].orphan =
            s->type == CAP_MAPPING && !ranges_hold(origin, count, s->base, s->base + s->bytes);
        c->dump->orphans += c->cap[i].orphan;
    }
    free(origin);
}

/* ---- Page tables ---- */

struct table {
    uint64_t base;
    unsigned int level;
    const uint64_t *entry;
    const uint32_t *shadow;
};

static bool table_read(const struct dump_core *c, uint64_t base, unsigned int level,
                       struct table *t)
{
    const uint8_t *object = guest_memory_at(c->memory, base, 2 * (uint64_t)PAGE_BYTES);

    *t = (struct table){base, level, (const uint64_t *)(const void *)object,
                        (const uint32_t *)(const void *)(object + SHADOW_OFFSET)};
    return object != NULL;
}

/* Does the entry say what its MAPPING says? */
static bool entry_right(const struct dump_core *c, const struct slot *mapping, const struct run *r,
                        unsigned int i, uint64_t entry)
{
    uint64_t pa = mapping->base + (r->is_table ? 0 : i * entry_bytes(r->level));
    struct leaf leaf;
    enum table_entry kind = tables_entry(c->format, entry, r->level, &leaf);

    if (r->is_table)
        return kind == TABLE_ENTRY_TABLE && leaf.pa == pa;
    if ((r->flags & 7) == 0)
        return entry == 0;
    return kind == TABLE_ENTRY_LEAF && leaf.pa == pa && leaf.user &&
           leaf.user_write == ((r->flags & MAP_WRITE) != 0) &&
           leaf.user_execute == ((r->flags & MAP_EXECUTE) != 0) && !leaf.kernel_execute;
}

static bool is_table_here(const struct dump_core *c, uint64_t base, unsigned int level)
{
    size_t low = 0, high = c->cap_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct slot *s = dump_slot(c, c->cap[middle].slot);

        if (s->space == SPACE_MEMORY && s->base < base)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < c->cap_count; low++) {
        const struct slot *s = dump_slot(c, c->cap[low].slot);

        if (s->base != base || s->space != SPACE_MEMORY)
            break;
        if (table_level(s->type) == level)
            return true;
    }
    return false;
}

static void mapping_check(struct dump_core *c, const struct dump_cap *cap, uint64_t *last_good)
{
    const struct slot *s = dump_slot(c, cap->slot);
    struct run r = run_unpack(&c->db, s->aux);
    struct table t;

    if (r.level < 1 || r.level > 4 || r.count == 0 || r.first + r.count > CAP_TABLE_ENTRIES ||
        (r.table != *last_good && !is_table_here(c, r.table, r.level)) ||
        !table_read(c, r.table, r.level, &t)) {
        dump_wrong(c, "the MAPPING at %s is of no page table: %#llx", cap->at, X(r.table));
        return;
    }
    *last_good = r.table;
    for (unsigned int i = 0; i < r.count; i++) {
        if (t.shadow[r.first + i] != cap->slot)
            dump_wrong(c, "entry %u of table %#llx: its shadow does not name the MAPPING at %s",
                       r.first + i, X(r.table), cap->at);
        else if (!entry_right(c, s, &r, i, t.entry[r.first + i]))
            dump_wrong(c, "entry %u of table %#llx is %#llx: not what the MAPPING at %s says",
                       r.first + i, X(r.table), X(t.entry[r.first + i]), cap->at);
    }
}

static void table_check(struct dump_core *c, uint64_t base, unsigned int level)
{
    struct table t;

    if (!table_read(c, base, level, &t)) {
        dump_wrong(c, "page table %#llx is not in RAM", X(base));
        return;
    }
    for (unsigned int i = 0; i < CAP_TABLE_ENTRIES; i++) {
        uint32_t n = t.shadow[i];

        if (n == 0)
            continue;
        if (n >= c->db.slot_limit || dump_slot(c, n)->type != CAP_MAPPING) {
            dump_wrong(c, "entry %u of table %#llx: its shadow names no MAPPING", i, X(base));
            continue;
        }
        struct run r = run_unpack(&c->db, dump_slot(c, n)->aux);

        if (r.table != base || i < r.first || i >= r.first + r.count)
            dump_wrong(c, "entry %u of table %#llx belongs to a MAPPING of other entries", i,
                       X(base));
    }
}

static void tables_check(struct dump_core *c)
{
    uint64_t last_table = 0, last_good = 0;

    for (size_t i = 0; i < c->cap_count; i++) {
        const struct slot *s = dump_slot(c, c->cap[i].slot);
        unsigned int level = s->space == SPACE_MEMORY ? table_level(s->type) : 0;

        if (level != 0 && s->base != last_table)
            table_check(c, last_table = s->base, level);
        if (s->type == CAP_MAPPING)
            mapping_check(c, &c->cap[i], &last_good);
    }
}

void dump_check(struct dump_core *c)
{
    const char *wrong = cap_db_check(&c->db);

    if (wrong != NULL)
        dump_wrong(c, "%s", wrong);
    if (c->db.dying != 0)
        dump_wrong(c, "an object is dying");
    places_check(c);
    tables_check(c);
}
