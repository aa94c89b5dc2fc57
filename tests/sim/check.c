/* What must hold (PROTOCOL.md, rules 1 to 8), looked at from outside: every core's database, every
 * owner's sets, every channel. Nobody in the system sees all of this at once. */
#include "sim.h"

/* What core c has of a region under the counted key: index 0 untagged (and its own tag), 1 +
 * core: that core's tag. */
static void counted_copies(const struct sim_core *c, uint32_t region,
                           uint32_t count[SIM_CORES_MAX + 1])
{
    sim_copies(c, region, count);
    count[0] += count[1 + c->core];
    count[1 + c->core] = 0;
}

static const char *wrong_bit(bool has, bool requested, bool bit, bool open, bool quiet)
{
    if (has && !bit)
        return "a core holds a copy and is not in the owner's set";
    if (requested && !bit)
        return "a core has an open request and is not in the owner's set (rule 4)";
    if (open && !bit)
        return "a transfer is open and its target is not in the set (rule 2)";
    if (quiet && open)
        return "all is quiet and a transfer is open";
    if (quiet && bit && !has)
        return "all is quiet and the set names a core without a copy";
    return NULL;
}

static void check_core(struct sim *s, uint32_t region, const struct sim_core *c, bool quiet)
{
    struct sim_core *owner = &s->core[region / SIM_REGIONS];
    uint32_t count[SIM_CORES_MAX + 1], opens = 0;

    counted_copies(c, region, count);
    for (uint32_t t = 0; t <= s->cores; t++) {
        struct region_key k = sim_key(region, t ? sim_tag(t - 1) : 0);
        const struct holder *row = holders_find(&owner->ops.holders, &k);
        bool bit = row && holders_held(&owner->ops.holders, row, c->core);
        bool open = row && holders_open(&owner->ops.holders, row, c->core);
        const char *wrong = wrong_bit(count[t], c->requested[region][t], bit, open, quiet);
        if (wrong)
            sim_fail(s, wrong, c->core, region);
        if (bit && t == 1 + c->core)
            sim_fail(s, "a minting core is in its own tag's set (rule 20)", c->core, region);
        opens += open;
    }
    if (opens > 1)
        sim_fail(s, "two transfers of a region to one core are open (rule 2)", c->core, region);
}

/* A row, its marker and somebody in its sets: all or none. */
static void check_rows(struct sim *s, uint32_t region)
{
    const struct sim_core *owner = &s->core[region / SIM_REGIONS];
    struct region_key k = sim_key(region, 0);

    for (uint32_t i = 0; i < SIM_HOLDERS; i++) {
        const struct holder *row = &owner->ops.holders.row[i];
        const struct slot *marker = &owner->zone[SIM_MARKER_FIRST + i];
        if (row->used != (marker->type == CAP_MARKER))
            sim_fail(s, "a row without marker, or a marker without row", owner->core, region);
        if (!row->used || row->key.base != k.base)
            continue;
        if (marker->base != k.base || marker->bytes != k.bytes || marker->tag != row->key.tag)
            sim_fail(s, "a marker marks something else than its row", owner->core, region);
        if (!row->held_count && !row->open_count)
            sim_fail(s, "a marker that nobody needs", owner->core, region);
    }
}

static void check_region_as(struct sim *s, uint32_t region, bool quiet)
{
    for (uint32_t i = 0; i < s->cores; i++)
        if (i != region / SIM_REGIONS)
            check_core(s, region, &s->core[i], quiet);
    check_rows(s, region);
}

void check_region(struct sim *s, uint32_t region)
{
    check_region_as(s, region, false);
}

/* A record says that copies are here exactly if they are; and nothing is under way. */
static void check_records(struct sim *s, const struct sim_core *c)
{
    const char *broken = cap_db_check(&c->db);

    if (broken)
        sim_fail(s, broken, c->core, 0);
    for (uint32_t i = 0; i < SIM_TRANSFERS; i++)
        if (c->ops.transfer[i].state != TRANSFER_STATE_FREE)
            sim_fail(s, "all is quiet and an operation waits", c->core, 0);
    for (uint32_t i = 0; i < SIM_FOREIGN; i++) {
        const struct foreign *f = &c->ops.foreign[i];
        uint32_t count[SIM_CORES_MAX + 1];
        if (!f->used)
            continue;
        counted_copies(c, sim_region(f->key.base), count);
        if (f->state != RELEASE_STATE_HELD || !count[sim_tag_index(f->key.tag)])
            sim_fail(s, "all is quiet and a record owes a release", c->core,
                     sim_region(f->key.base));
    }
}

void check_quiet(struct sim *s)
{
    for (uint32_t r = 0; r < s->cores * SIM_REGIONS; r++)
        check_region_as(s, r, true);
    for (uint32_t i = 0; i < s->cores; i++)
        check_records(s, &s->core[i]);
}
