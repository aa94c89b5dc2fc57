/* What must hold (PROTOCOL.md, rules 1 to 28), looked at from outside: every core's database, every
 * owner's sets, every channel. Nobody in the system sees all of this at once. */
#include "sim.h"

static bool in_set(const struct sim_core *owner, const struct region_key *k, uint32_t core)
{
    struct region_key counted = key_counted(k, core);
    const struct holder *row = holders_find(&owner->ops.holders, &counted);

    return row && holders_held(&owner->ops.holders, row, core);
}

/* A copy's own key, or that of the whole region, has its holder in the set. */
static void check_copies(struct sim *s, uint32_t region, const struct sim_core *c,
                         const struct sim_core *owner)
{
    for (uint32_t i = SIM_FREE_FIRST; i < SIM_LINES; i++) {
        struct region_key k = sim_slot_key(&c->zone[i]), whole = sim_key(region, k.tag);
        if (k.type != CAP_FRAME || sim_region(k.base) != region || in_set(owner, &k, c->core) ||
            in_set(owner, &whole, c->core) || c->late.bytes)
            continue;
        sim_fail(s, "a core holds a copy and is not in the owner's set", c->core, region);
    }
}

static void check_requests(struct sim *s, uint32_t region, const struct sim_core *c,
                           const struct sim_core *owner)
{
    for (uint32_t i = 0; i < SIM_FOREIGN; i++) {
        const struct foreign *f = &c->ops.foreign[i];
        if (f->used && sim_region(f->key.base) == region &&
            (f->state == RELEASE_STATE_ASKING || f->state == RELEASE_STATE_OWING) &&
            !in_set(owner, &f->key, c->core))
            sim_fail(s, "a core has an open request and is not in the owner's set (rule 4)",
                     c->core, region);
    }
}

void check_pair(struct sim *s, uint32_t region, uint32_t core)
{
    struct sim_core *owner = &s->core[region / SIM_REGIONS];
    const struct sim_core *c = &s->core[core];
    uint32_t opens = 0;

    if (c == owner || c->dead || owner->dead || (s->dying && s->told[core] != s->told[owner->core]))
        return;
    check_copies(s, region, c, owner);
    check_requests(s, region, c, owner);
    for (uint32_t i = 0; i < SIM_HOLDERS; i++) {
        const struct holder *row = &owner->ops.holders.row[i];
        if (!row->used || sim_region(row->key.base) != region)
            continue;
        bool bit = holders_held(&owner->ops.holders, row, core);
        bool open = holders_open(&owner->ops.holders, row, core);
        if (open && !bit)
            sim_fail(s, "a transfer is open and its target is not in the set (rule 2)", core,
                     region);
        if (bit && row->key.tag && tag_minting_core(row->key.tag) == core)
            sim_fail(s, "a minting core is in its own tag's set (rule 20)", core, region);
        opens += open && row->key.bytes == SIM_FRAME_BYTES;
    }
    if (opens > 1)
        sim_fail(s, "two transfers of a region to one core are open (rule 2)", core, region);
}

/* A row, its marker and somebody in its sets: all or none. */
static void check_rows(struct sim *s, const struct sim_core *owner)
{
    for (uint32_t i = 0; i < SIM_HOLDERS; i++) {
        const struct holder *row = &owner->ops.holders.row[i];
        const struct slot *marker = &owner->zone[SIM_MARKER_FIRST + i];
        uint32_t region = row->used ? sim_region(row->key.base) : 0;
        if (row->used != (marker->type == CAP_MARKER))
            sim_fail(s, "a row without marker, or a marker without row", owner->core, region);
        if (!row->used)
            continue;
        if (marker->base != row->key.base || marker->bytes != row->key.bytes ||
            marker->tag != row->key.tag)
            sim_fail(s, "a marker marks something else than its row", owner->core, region);
        if (!row->held_count && !row->open_count)
            sim_fail(s, "a marker that nobody needs", owner->core, region);
    }
}

void check_region(struct sim *s, uint32_t region)
{
    for (uint32_t i = 0; i < s->cores; i++)
        check_pair(s, region, i);
    check_rows(s, &s->core[region / SIM_REGIONS]);
}

/* ---- Against the specification of the whole machine ---- */

static struct machine_copy copy_of(const struct sim *s, const struct slot *at)
{
    return (struct machine_copy){.region = sim_region(at->base),
                                 .part = sim_part(at->base, at->bytes),
                                 .tag = sim_tag_index(s, at->tag),
                                 .birth = at->aux};
}

void check_may_hold(struct sim *s, const struct sim_core *c, const struct slot *at)
{
    struct machine_copy copy = copy_of(s, at);

    if (!machine_may_hold(&s->spec, &copy))
        sim_fail(s, "a core holds what was revoked", c->core, copy.region);
}

static void check_core_spec(struct sim *s, const struct sim_core *c)
{
    if (c->dead)
        return;
    for (uint32_t i = SIM_FREE_FIRST; i < SIM_LINES; i++)
        if (c->zone[i].type == CAP_FRAME)
            check_may_hold(s, c, &c->zone[i]);
}

void check_revoked(struct sim *s, const struct sim_core *requester, const struct sim_invoking *v)
{
    uint32_t region = sim_region(v->key.base);

    if (v->slot) {
        struct slot *own = &s->core[requester->core].zone[v->slot];
        own->aux = sim_now(s);
    }
    machine_revoked(&s->spec, region, sim_part(v->key.base, v->key.bytes),
                    sim_tag_index(s, v->key.tag), v->began);
    for (uint32_t i = 0; i < s->cores; i++)
        check_core_spec(s, &s->core[i]);
}

/* ---- Everything ---- */

static void check_waits(struct sim *s, const struct sim_core *c)
{
    for (uint32_t i = 0; i < SIM_TRANSFERS; i++)
        if (c->ops.transfer[i].state != TRANSFER_STATE_FREE)
            sim_fail(s, "all is quiet and an operation waits", c->core, 0);
    for (uint32_t i = 0; i < SIM_REVOKES; i++) {
        if (c->ops.revoke[i].state != REVOKE_STATE_FREE)
            sim_fail(s, "all is quiet and an operation waits", c->core, 0);
        if (c->held[i].bytes || c->invoking[i].used)
            sim_fail(s, "all is quiet and something is marked", c->core, 0);
    }
}

/* A record says that copies are here exactly if they are; a bit the same. */
static void check_records(struct sim *s, const struct sim_core *c)
{
    for (uint32_t i = 0; i < SIM_FOREIGN; i++) {
        const struct foreign *f = &c->ops.foreign[i];
        if (f->used && (f->state != RELEASE_STATE_HELD || !sim_count(c, &f->key)))
            sim_fail(s, "all is quiet and a record owes a release", c->core,
                     sim_region(f->key.base));
    }
    for (uint32_t i = 0; i < SIM_HOLDERS; i++) {
        const struct holder *row = &c->ops.holders.row[i];
        if (!row->used)
            continue;
        if (row->open_count)
            sim_fail(s, "all is quiet and a transfer is open", c->core, sim_region(row->key.base));
        for (uint32_t x = 0; x < s->cores; x++)
            if (holders_held(&c->ops.holders, row, x) && !sim_count(&s->core[x], &row->key))
                sim_fail(s, "all is quiet and the set names a core without a copy", x,
                         sim_region(row->key.base));
    }
}

void check_all(struct sim *s, bool quiet)
{
    for (uint32_t i = 0; i < s->cores; i++) {
        const struct sim_core *c = &s->core[i];
        const char *broken = cap_db_check(&c->db);
        if (broken)
            sim_fail(s, broken, i, 0);
        check_rows(s, c);
        check_core_spec(s, c);
        for (uint32_t k = SIM_FREE_FIRST; k < SIM_LINES; k++)
            if (c->zone[k].type == CAP_FRAME)
                check_pair(s, sim_region(c->zone[k].base), i);
        if (quiet) {
            check_waits(s, c);
            check_records(s, c);
        }
    }
}
