/* Lock-step: random operations on the code and on the specification, from one seed; the answers are
 * compared after each, the whole state now and then. Usage: lockstep_test [operations [seed
 * [compare every so many]]]. A failure prints seed and step. Long work is preempted at random and
 * called again until it is done. */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cap_spec.h"
#include "space/table.h"

static struct spec spec;
static uint64_t seed, step;
static uint64_t answered[STATUS_COUNT];

static void fail(const char *what, uint64_t a, uint64_t b)
{
    fprintf(stderr, "lockstep: %s (%llu, %llu) seed %llu step %llu\n", what, (unsigned long long)a,
            (unsigned long long)b, (unsigned long long)seed, (unsigned long long)step);
    exit(1);
}

/* ---- Choosing ---- */

static uint32_t pick_existing(void)
{
    return spec.count ? spec.caps[machine_below(spec.count)].slot : BOOT_SLOT;
}

/* Beyond `crowd` capabilities there are deletes and revokes only. */
#define CAPS_MOST 200u
static uint32_t crowd = CAPS_MOST;

/* Some slot with `*room` slots from it to the end of its CNode. */
static uint32_t pick_any_place(uint32_t *room)
{
    const struct spec_cap *c = spec.count ? &spec.caps[machine_below(spec.count)] : NULL;

    if (c != NULL && (c->type == CAP_CNODE_L2 || c->type == CAP_DISPATCHER)) {
        uint32_t limit = c->type == CAP_CNODE_L2 ? 16 : 4, at = machine_below(limit);
        *room = limit - at;
        return (uint32_t)((c->base - ZONE_BASE) / 64) + at;
    }
    uint32_t at = machine_below(BOOT_SLOTS);
    *room = BOOT_SLOTS - at;
    return BOOT_SLOT + at;
}

/* Most often empty. */
static uint32_t pick_place(uint32_t *room)
{
    uint32_t n = pick_any_place(room);

    for (unsigned i = 0; i < 10 && spec_find(&spec, n) != NULL; i++)
        n = pick_any_place(room);
    return n;
}

static uint32_t pick_slot(void)
{
    uint32_t room;

    return machine_below(50) ? pick_existing() : pick_place(&room);
}

/* An existing slot of this type if the dice and the state allow. */
static uint32_t pick_type(uint8_t from, uint8_t to)
{
    for (unsigned i = 0; i < 100 && machine_below(50); i++) {
        uint32_t n = pick_existing();
        const struct spec_cap *c = spec_find(&spec, n);
        if (c != NULL && c->type >= from && c->type <= to)
            return n;
    }
    return pick_slot();
}

static uint64_t pick_bytes(void)
{
    static const uint64_t sizes[] = {0,     64,    128,   100,   4096,     8192, 8192,
                                     16384, 16384, 32768, 65536, 2u << 20, 5000};

    return sizes[machine_below(sizeof(sizes) / sizeof(sizes[0]))];
}

static uint64_t pick_offset(uint64_t limit)
{
    static const uint64_t units[] = {64, 4096, 8192, 8192, 16384, 16384, 2u << 20, 1};
    uint64_t unit = units[machine_below(8)];

    if (machine_below(3) == 0)
        return 0;
    return machine_random() % (limit / unit + 2) * unit;
}

static uint32_t pick_tag(void)
{
    return machine_below(3) ? 0 : 1 + machine_below(3);
}

static uint64_t bytes_of(uint32_t slot)
{
    const struct spec_cap *c = spec_find(&spec, slot);

    return c != NULL ? c->bytes : 4096;
}

/* ---- One operation on both ---- */

#define AGAIN(expression)                                                                          \
    ({                                                                                             \
        enum status s_;                                                                            \
        do                                                                                         \
            s_ = (expression);                                                                     \
        while (s_ == E_AGAIN);                                                                     \
        s_;                                                                                        \
    })

static void compare(const char *what, enum status code, enum status should)
{
    answered[code]++;
    if (code != should) {
        fprintf(stderr, "%s: code %s, spec %s\n", what, status_name(code), status_name(should));
        fail("answers differ", code, should);
    }
}

static void do_copy(void)
{
    uint32_t room, from = machine_below(3) ? pick_slot() : pick_type(CAP_RAM, CAP_ENDPOINT);
    uint32_t to = pick_place(&room);

    /* Few copies of many objects find more than many of few. */
    if (spec_find(&spec, from) != NULL && spec_has_copies(&spec, from) && machine_below(10) != 0)
        return;
    if (machine_below(2)) {
        compare("copy", cap_copy(&machine.db, from, to), spec_copy(&spec, from, to));
    } else {
        uint8_t rights = machine_below(2) ? RIGHTS_ALL : (uint8_t)machine_below(32);
        uint32_t tag = pick_tag();
        uint64_t bytes = machine_below(2) ? pick_bytes() : 0;
        uint64_t offset = bytes ? pick_offset(bytes_of(from)) : machine_below(20) == 0;
        compare("mint", cap_mint(&machine.db, from, to, rights, tag, offset, bytes),
                spec_mint(&spec, from, to, rights, tag, offset, bytes));
    }
}

static void do_move(void)
{
    uint32_t room, from = pick_slot(), to = pick_place(&room);

    compare("move", cap_move(&machine.db, from, to), spec_move(&spec, from, to));
}

/* Great RAM is mostly spared, or nothing would ever grow. */
static bool is_spared(uint32_t slot)
{
    const struct spec_cap *c = spec_find(&spec, slot);

    return c != NULL && c->type == CAP_RAM && c->bytes > 65536 && machine_below(300) != 0;
}

static void do_delete(void)
{
    uint32_t n = machine_below(4) ? pick_slot() : pick_type(CAP_MAPPING, CAP_MARKER);

    if (is_spared(n))
        return;
    compare("delete", AGAIN(cap_delete(&machine.db, n)), spec_delete(&spec, n));
}

static void do_revoke(void)
{
    uint32_t n = pick_slot(), tag = machine_below(4) ? 0 : pick_tag();

    if (is_spared(n) || spec_revoke_is_own_end(&spec, n, tag))
        return;
    compare("revoke", AGAIN(cap_revoke(&machine.db, n, tag)), spec_revoke(&spec, n, tag));
}

static void do_retype(void)
{
    uint32_t room, to = pick_place(&room), from = pick_type(CAP_RAM, CAP_RAM);
    static const uint8_t likely[] = {
        CAP_RAM,          CAP_FRAME,    CAP_PAGE_TABLE_4, CAP_PAGE_TABLE_3, CAP_PAGE_TABLE_2,
        CAP_PAGE_TABLE_1, CAP_CNODE_L1, CAP_CNODE_L2,     CAP_DISPATCHER,   CAP_SCHED_CONTEXT};
    struct retype_args a = {.source = from,
                            .destination = to,
                            .offset = pick_offset(bytes_of(from)),
                            .bytes = machine_below(2) ? 0 : pick_bytes(),
                            .count = 1 + machine_below(machine_below(4) ? 1 : 5),
                            .type = (uint8_t)machine_below(CAP_TYPE_COUNT + 1)};

    if (machine_below(10))
        a.type = likely[machine_below(sizeof(likely))];
    if (a.type == CAP_RAM || a.type == CAP_FRAME || a.type == CAP_CNODE_L1)
        a.bytes = pick_bytes();
    if (a.count > room)
        a.count = room;
    compare("retype", AGAIN(cap_retype(&machine.db, &a)),
            spec_retype(&spec, from, a.offset, a.type, a.bytes, a.count, to));
}

/* What the callers of cap_insert promise: objects come from retype, mappings from space/, RAM of
 * the zone from boot; memory from outside lies apart from what is there or nested in it, RAM in RAM
 * only, and frames not around RAM. */
static bool is_promised(const struct cap_description *d)
{
    bool is_part = d->type == CAP_FRAME || d->type == CAP_DEVICE_FRAME;

    if (d->type == CAP_MAPPING || (d->type >= CAP_PAGE_TABLE_4 && d->type <= CAP_SCHED_CONTEXT) ||
        (d->type == CAP_RAM && d->base < RAM_BASE))
        return false;
    for (uint32_t i = 0; i < spec.count && d->type < CAP_ENDPOINT; i++) {
        const struct spec_cap *c = &spec.caps[i];
        uint8_t type = c->type == CAP_MARKER ? c->marked : c->type;
        bool part = type == CAP_FRAME || type == CAP_DEVICE_FRAME || type == CAP_MAPPING;
        bool inside = d->base >= c->base && d->base + d->bytes <= c->base + c->bytes;
        bool around = d->base <= c->base && d->base + d->bytes >= c->base + c->bytes;
        if (spec_space_of(c) != SPACE_MEMORY || d->base >= c->base + c->bytes ||
            d->base + d->bytes <= c->base)
            continue;
        if (!(inside && (is_part || !part)) && !(around && (part || !is_part)))
            return false;
    }
    return true;
}

static void do_insert(void)
{
    uint32_t room, to = pick_place(&room), from;
    struct cap_description d = machine_roots[machine_below(ROOT_COUNT)];

    if (machine_below(3)) {
        compare("insert", cap_insert(&machine.db, to, &d), spec_insert(&spec, to, &d));
        return;
    }
    if (machine_below(4) == 0) {
        from = pick_slot();
        uint64_t cookie = machine_random();
        compare("marker", cap_insert_marker(&machine.db, to, from, cookie),
                spec_insert_marker(&spec, to, from, cookie));
        return;
    }
    if (machine_below(12) == 0) {
        from = pick_type(CAP_RAM, CAP_RAM);
        compare("give", cap_give(&machine.db, from, 5), spec_give(&spec, from, 5));
        return;
    }
    if (machine_below(2)) {
        d.base += pick_offset(d.bytes);
        d.bytes = pick_bytes();
        d.type = machine_below(2) ? (uint8_t)machine_below(CAP_TYPE_COUNT + 1) : d.type;
        d.tag = pick_tag();
        if (!is_promised(&d))
            return;
    }
    const struct spec_cap *c = spec_find(&spec, pick_type(CAP_DISPATCHER, CAP_DISPATCHER));
    if (machine_below(4) == 0 && c != NULL)
        d = (struct cap_description){c->base, c->bytes,     machine_random(), c->tag,
                                     3,       CAP_ENDPOINT, RIGHTS_ALL};
    if (machine_below(30) == 0)
        d.rights = 255;
    compare("insert", cap_insert(&machine.db, to, &d), spec_insert(&spec, to, &d));
}

static void do_cspace(void)
{
    uint32_t room, root = pick_type(CAP_CNODE_L1, CAP_CNODE_L1), found = 0, should = 0;
    uint64_t index = machine_below(machine_below(4) ? 4 : 400);

    if (machine_below(2)) {
        uint32_t from = pick_type(CAP_CNODE_L2, CAP_CNODE_L2);
        compare("attach", cnode_attach(&machine.db, root, index, from),
                spec_attach(&spec, root, index, from));
    } else {
        uint32_t to = pick_place(&room);
        compare("detach", cnode_detach(&machine.db, root, index, to),
                spec_detach(&spec, root, index, to));
    }
    capref_t ref = capref_make(machine_below(4), machine_below(256));
    compare("lookup", cap_lookup(&machine.db, root, ref, &found),
            spec_lookup(&spec, root, ref, &should));
    if (found != should)
        fail("lookup finds another slot", found, should);
}

static void do_space(void)
{
    uint32_t room, to = pick_place(&room), table = pick_type(CAP_PAGE_TABLE_4, CAP_PAGE_TABLE_1);
    uint64_t index = machine_below(machine_below(4) ? 6 : 600);
    uint32_t from;

    switch (machine_below(5)) {
    case 0:
    case 1:
        from = pick_type(CAP_PAGE_TABLE_3, CAP_PAGE_TABLE_1);
        compare("table_map", space_table_map(&machine.db, table, from, to, index),
                spec_table_map(&spec, table, from, to, index));
        break;
    case 2: {
        from = pick_type(CAP_FRAME, CAP_DEVICE_FRAME);
        struct frame_map_args a = {.table = table,
                                   .frame = from,
                                   .destination = to,
                                   .index = (uint32_t)index,
                                   .count = machine_below(5),
                                   .offset = pick_offset(bytes_of(from)),
                                   .flags = machine_below(machine_below(4) ? 6 : 20)};
        if (machine_below(20) == 0)
            a.count = machine_below(700);
        compare("frame_map", space_frame_map(&machine.db, &a),
                spec_frame_map(&spec, table, from, to, a.index, a.count, a.offset, a.flags));
        break;
    }
    case 3:
        from = pick_type(CAP_DISPATCHER, CAP_DISPATCHER);
        compare("dispatcher_map", space_dispatcher_map(&machine.db, from, table, to, index),
                spec_dispatcher_map(&spec, from, table, to, index));
        break;
    default: {
        unsigned flags = machine_below(8);
        from = pick_type(CAP_MAPPING, CAP_MAPPING);
        compare("protect", space_mapping_protect(&machine.db, from, flags),
                spec_protect(&spec, from, flags));
    }
    }
}

static void do_question(void)
{
    uint32_t n = pick_existing(), copies = 0, below = 0, spec_copies, spec_below;
    const struct spec_cap *c = spec_find(&spec, n);

    if (c == NULL || c->type == CAP_MARKER)
        return;
    if (cap_has_copies(&machine.db, n) != spec_has_copies(&spec, n))
        fail("has_copies", n, 0);
    if (cap_has_descendants(&machine.db, n) != spec_has_descendants(&spec, n))
        fail("has_descendants", n, c->type);
    uint32_t tag = machine_below(2) ? c->tag : 0;
    enum status s = cap_find_region(&machine.db, spec_space_of(c), c->base, c->bytes, c->type, tag,
                                    &copies, &below);
    spec_count(&spec, spec_space_of(c), c->base, c->bytes, c->type, tag, &spec_copies, &spec_below);
    if (s != OK || copies != spec_copies || below != spec_below)
        fail("find_region", copies, spec_copies);
}

/* ---- The whole state ---- */

static void compare_cap(const struct spec_cap *c)
{
    const struct slot *s = &machine.zone[c->slot];

    if (s->type != c->type || s->base != c->base || s->bytes != c->bytes || s->tag != c->tag ||
        s->owner != c->owner || s->rights != c->rights || s->state != SLOT_STATE_NORMAL)
        fail("slot differs", c->slot, c->type);
    if (c->type != CAP_MAPPING) {
        if (s->aux != c->aux)
            fail("aux differs", c->slot, s->aux);
        return;
    }
    struct run r = run_unpack(&machine.db, s->aux);
    if (r.table != c->table || r.first != c->first || r.count != c->count || r.level != c->level ||
        r.flags != c->flags || r.device != c->device || r.is_table != c->is_table)
        fail("mapping differs", c->slot, c->table);
}

static void compare_table(uint64_t table, unsigned level)
{
    static uint64_t entries[512];
    static uint32_t shadow[512];

    memset(entries, 0, sizeof(entries));
    memset(shadow, 0, sizeof(shadow));
    if (level == 4)
        arch_table_init_root(entries);
    for (uint32_t i = 0; i < spec.count; i++) {
        const struct spec_cap *c = &spec.caps[i];
        for (uint32_t j = 0; c->type == CAP_MAPPING && c->table == table && j < c->count; j++) {
            uint64_t pa = c->base + j * (level == 2 ? 2u << 20 : 4096u);
            shadow[c->first + j] = c->slot;
            entries[c->first + j] = c->is_table ? arch_entry_table(c->base)
                                    : (c->flags & 7)
                                        ? arch_entry_page(pa, level, c->flags, c->device)
                                        : 0;
        }
    }
    if (memcmp(entries, table_entries(&machine.db, table), sizeof(entries)))
        fail("entries differ", table, level);
    if (memcmp(shadow, table_shadow(&machine.db, table), sizeof(shadow)))
        fail("shadow differs", table, level);
}

static void compare_all(void)
{
    const char *wrong = cap_db_check(&machine.db);

    if (wrong != NULL)
        fail(wrong, 0, 0);
    if (machine.db.cap_count != spec.count)
        fail("number of capabilities", machine.db.cap_count, spec.count);
    if (machine.db.dying != 0 || machine.db.revoking_count != 0)
        fail("something is left under way", machine.db.dying, machine.db.revoking_count);
    for (uint32_t i = 0; i < spec.count; i++) {
        const struct spec_cap *c = &spec.caps[i];
        compare_cap(c);
        if (table_level(c->type) != 0)
            compare_table(c->base, table_level(c->type));
    }
}

static void one_step(void)
{
    static void (*const often[])(void) = {do_copy,   do_copy,   do_copy,   do_copy,    do_move,
                                          do_delete, do_delete, do_retype, do_retype,  do_retype,
                                          do_retype, do_retype, do_insert, do_cspace,  do_space,
                                          do_space,  do_space,  do_space,  do_question};

    machine.preempt_one_in = machine_below(2) ? 3 : 0;
    /* The state breathes: between a handful of capabilities and many. */
    if (machine_below(200) == 0)
        crowd = machine_below(4) ? 20 + machine_below(CAPS_MOST) : ROOT_COUNT;
    if (spec.count < ROOT_COUNT)
        do_insert();
    else if (spec.count > crowd)
        (machine_below(3) ? do_delete : do_revoke)();
    else if (machine_below(60) == 0)
        do_revoke();
    else
        often[machine_below(sizeof(often) / sizeof(often[0]))]();
}

int main(int argc, char **argv)
{
    uint64_t steps = argc > 1 ? strtoull(argv[1], NULL, 0) : 200000, every = 64, tlb_checks = 0,
             most = 0;

    seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    every = argc > 3 ? strtoull(argv[3], NULL, 0) : every;
    machine_reset(seed);
    spec = (struct spec){.zone_base = ZONE_BASE,
                         .zone_bytes = ZONE_LINES * 64ull,
                         .core = 3,
                         .user_limit_root = ROOT_LIMIT};
    machine_enter_roots();
    for (uint32_t i = 0; i < ROOT_COUNT; i++) {
        if (spec_insert(&spec, BOOT_SLOT + i, &machine_roots[i]) != OK)
            fail("spec refuses a root", i, 0);
    }
    for (step = 0; step < steps; step++) {
        if (step % 32 == 0)
            tlb_fill();
        one_step();
        if (step % 32 == 0 && ++tlb_checks && tlb_check() != NULL)
            fail(tlb_check(), 0, 0);
        if (step % every == 0)
            compare_all();
        most = spec.count > most ? spec.count : most;
    }
    compare_all();
    printf("lockstep: seed %llu, %llu steps, %llu preemptions, %llu objects ended, at most %llu "
           "capabilities\n",
           (unsigned long long)seed, (unsigned long long)steps,
           (unsigned long long)machine.preempted, (unsigned long long)machine.ended,
           (unsigned long long)most);
    for (unsigned s = 0; s < STATUS_COUNT; s++) {
        if (answered[s] != 0)
            printf("  %-14s %llu\n", status_name(s), (unsigned long long)answered[s]);
    }
    return 0;
}
