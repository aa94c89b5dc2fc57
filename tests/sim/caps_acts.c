/* What domains, faults and monitors of a simulated core do of themselves, one thing at a time:
 * give, ask for a transfer, copy, mint a tag or a part, delete, tell the monitor of deletions,
 * revoke, use the place of a frame again, send bytes that mean nothing. */
#include <string.h>

#include "caps.h"

enum action {
    ACT_GIVE,
    ACT_ASK,
    ACT_COPY,
    ACT_MINT,
    ACT_OWN,
    ACT_DELETE,
    ACT_TELL,
    ACT_REVOKE,
    ACT_RENEW,
    ACT_CREDIT,
    ACT_STALE,
    ACT_GARBAGE,
    ACT_HANG,
    ACT_COUNT
};
/* How often, of 100: when copies spread, and when they go. */
static const uint32_t action_weight[2][ACT_COUNT] = {
    {22, 17, 5, 7, 5, 15, 10, 9, 3, 3, 2, 1, 1},
    {6, 6, 2, 3, 1, 36, 20, 12, 7, 3, 2, 1, 1},
};

static void act_give(struct sim *s, struct sim_core *c)
{
    uint32_t region = c->core * SIM_REGIONS + sim_below(s, SIM_REGIONS);
    struct region_key k = sim_key(region, sim_below(s, 3) ? 0 : sim_tag(s, c->core));
    struct cap_description d = {.base = k.base,
                                .bytes = k.bytes,
                                .tag = k.tag,
                                .type = CAP_FRAME,
                                .rights = RIGHTS_ALL,
                                .owner = (uint16_t)c->core};
    uint32_t target = sim_below(s, s->cores);
    enum status status = ops_transfer(&c->ops, target, &d, sim_now(s));

    s->given += status == OK;
    sim_tell(s, "%u gives region %u tag %x to %u: %d", c->core, region, k.tag, target, (int)status);
    check_pair(s, region, target);
}

static void act_ask(struct sim *s, struct sim_core *c)
{
    uint32_t slot = sim_slot_random(s, c, true), target = sim_below(s, s->cores);
    struct cap_description d;

    if (!slot || cap_identify(&c->db, slot, &d) != OK)
        return;
    struct region_key k = sim_slot_key(&c->zone[slot]);
    if (sim_held(c, &k))
        return;
    enum status status = ops_transfer(&c->ops, target, &d, c->zone[slot].aux);
    s->asked += status == OK;
    if (s->omit == OMIT_28)
        memset(c->ops.asked, 0, sizeof(*c->ops.asked) * SIM_TAGS);
    sim_tell(s, "%u asks %u to give region %u part %u tag %x to %u: %d", c->core, d.owner,
             sim_region(d.base), sim_part(d.base, d.bytes), d.tag, target, (int)status);
}

/* tag 0: the source's own. What is less than its source is born now. */
static void copy_make(struct sim *s, struct sim_core *c, uint32_t slot, uint32_t tag, bool part)
{
    uint32_t free = sim_slot_free(c);
    const struct slot *from = &c->zone[slot];
    uint64_t offset = part && sim_below(s, 2) ? PAGE_BYTES : 0;
    struct region_key k = sim_slot_key(from), made = k;

    if (!free || (tag && from->tag) || (part && from->bytes != SIM_FRAME_BYTES))
        return;
    made.tag = tag ? tag : k.tag;
    if (part) {
        made.base += offset;
        made.bytes = PAGE_BYTES;
    }
    if (sim_held(c, &k) || sim_held(c, &made) ||
        cap_mint(&c->db, slot, free, RIGHTS_ALL, tag, offset, part ? PAGE_BYTES : 0) != OK)
        return;
    if (part || tag || slot < SIM_FREE_FIRST)
        c->zone[free].aux = sim_now(s);
    s->minted++;
    sim_tell(s, "%u mints region %u part %u tag %x", c->core, sim_region(made.base),
             sim_part(made.base, made.bytes), made.tag);
    check_may_hold(s, c, &c->zone[free]);
    check_pair(s, sim_region(made.base), c->core);
}

static void act_copy(struct sim *s, struct sim_core *c, bool tagged)
{
    uint32_t slot = sim_slot_random(s, c, true);

    if (slot)
        copy_make(s, c, slot, tagged ? sim_tag(s, c->core) : 0, sim_below(s, 2) == 0);
}

static void act_own(struct sim *s, struct sim_core *c)
{
    copy_make(s, c, SIM_ROOT_FIRST + sim_below(s, SIM_REGIONS),
              sim_below(s, 2) ? sim_tag(s, c->core) : 0, sim_below(s, 3) == 0);
}

static void slot_drop(struct sim *s, struct sim_core *c, uint32_t slot)
{
    struct region_key k = sim_slot_key(&c->zone[slot]);
    bool foreign = c->zone[slot].owner != c->core;

    for (uint32_t i = 0; i < SIM_REVOKES; i++)
        if (c->invoking[i].used && c->invoking[i].slot == slot)
            c->invoking[i].slot = 0;
    if (cap_delete(&c->db, slot) != OK)
        cap_hook_broken("delete failed");
    s->deleted++;
    if (foreign)
        sim_due(c, &k);
    sim_tell(s, "%u deletes a copy of region %u part %u tag %x", c->core, sim_region(k.base),
             sim_part(k.base, k.bytes), k.tag);
}

static void act_delete(struct sim *s, struct sim_core *c)
{
    uint32_t slot = sim_slot_random(s, c, sim_below(s, 8) != 0);

    if (slot)
        slot_drop(s, c, slot);
}

static void act_tell(struct sim *s, struct sim_core *c)
{
    if (!c->due_count)
        return;
    uint32_t i = sim_below(s, c->due_count);
    struct region_key k = c->due[i];
    sim_due_tell(c, i);
    /* A copy of the whole went: parts of it lie under keys of their own. */
    (void)k;
    check_pair(s, sim_region(k.base), c->core);
}

static void act_revoke(struct sim *s, struct sim_core *c)
{
    bool own = sim_below(s, 4) == 0;
    uint32_t slot = own ? SIM_ROOT_FIRST + sim_below(s, SIM_REGIONS) : sim_slot_random(s, c, true);
    uint32_t tag =
        sim_below(s, 2) ? 0 : sim_tag(s, sim_below(s, 3) ? c->core : sim_below(s, s->cores));
    struct sim_invoking *v = NULL;
    struct cap_description d;
    enum status status;

    for (uint32_t i = 0; i < SIM_REVOKES; i++)
        if (!c->invoking[i].used)
            v = &c->invoking[i];
    if (!v || !slot || cap_identify(&c->db, slot, &d) != OK)
        return;
    struct region_key k = {d.base, d.bytes, d.tag, d.type};
    if (sim_held(c, &k))
        return;
    k.tag = d.tag ? d.tag : tag;
    *v = (struct sim_invoking){.token = SIM_REVOKE_TOKEN | ++s->tokens,
                               .began = sim_now(s),
                               .key = k,
                               .slot = slot,
                               .used = true};
    sim_tell(s, "%u revokes region %u part %u tag %x through %x (%lu)", c->core, sim_region(d.base),
             sim_part(d.base, d.bytes), k.tag, d.tag, (unsigned long)s->tokens);
    status = ops_revoke(&c->ops, &d, d.tag ? 0 : tag, v->token);
    if (status == OK)
        return;
    v->used = false;
    s->revoke_refused++;
    sim_tell(s, "  refused: %d", (int)status);
}

/* Rule 8's purpose: the place of a frame is used again only when nobody holds it. */
static void act_renew(struct sim *s, struct sim_core *c)
{
    uint32_t i = sim_below(s, SIM_REGIONS), region = c->core * SIM_REGIONS + i;
    struct region_key k = sim_key(region, 0);
    bool shared = ops_marked(&c->ops, &k);

    for (uint32_t n = 0; n < SIM_REVOKES; n++)
        shared |= c->held[n].bytes && region_covers(&k, &c->held[n]);
    for (uint32_t n = 0; n < SIM_HOLDERS; n++)
        shared |= c->ops.holders.row[n].used && region_covers(&k, &c->ops.holders.row[n].key);
    for (uint32_t n = SIM_FREE_FIRST; n < SIM_LINES; n++)
        if (c->zone[n].type == CAP_FRAME && sim_region(c->zone[n].base) == region)
            return;
    if (s->omit != OMIT_8 && shared)
        return;
    for (uint32_t x = 0; x < s->cores; x++)
        for (uint32_t n = SIM_FREE_FIRST; n < SIM_LINES; n++)
            if (s->core[x].zone[n].type == CAP_FRAME && !s->core[x].dead &&
                sim_region(s->core[x].zone[n].base) == region)
                sim_fail(s, "memory is used again while another core holds it", x, region);
    if (cap_delete(&c->db, SIM_ROOT_FIRST + i) != OK || sim_root_make(c, i) != OK)
        sim_fail(s, "the place of a frame that nobody holds cannot be used again", c->core, region);
    s->renewed++;
}

static void act_credit(struct sim_core *c)
{
    /* It may be refused again, and then stands at the end. */
    if (c->starved_count)
        ops_credit(&c->ops, c->starved[--c->starved_count]);
}

/* An answer for an operation that is closed, or from a core that was not asked. */
static void act_stale(struct sim *s, struct sim_core *c)
{
    static const uint16_t types[] = {MSG_MON_TAKEN, MSG_MON_GRANT_TOLD, MSG_MON_COPIES_DONE,
                                     MSG_MON_REVOKE_TOLD};
    uint32_t pick = sim_below(s, 4), from = sim_below(s, s->cores);
    uint32_t i = sim_below(s, pick < 2 ? SIM_TRANSFERS : SIM_REVOKES);
    uint32_t generation = pick < 2 ? c->ops.transfer[i].generation : c->ops.revoke[i].generation;
    bool open = pick < 2 ? c->ops.transfer[i].state != TRANSFER_STATE_FREE
                         : c->ops.revoke[i].state != REVOKE_STATE_FREE;
    uint64_t before = c->ops.dropped;
    struct urpc_message m = {.type = types[pick]};

    if (from == c->core)
        return;
    generation -= open;
    m.word[0] = c->core | from << 16 | (uint64_t)((i | generation << 16) & UINT32_MAX) << 32;
    m.word[1] = (uint64_t)sim_below(s, 2) << 32;
    ops_message(&c->ops, &m);
    if (c->ops.dropped == before)
        sim_fail(s, "an answer that nobody waits for was taken (rule 18)", c->core, 0);
    s->dropped++;
}

/* From a core that has no part in it, of any type, about a region that exists or not. */
static void act_garbage(struct sim *s, struct sim_core *c)
{
    uint32_t from = sim_below(s, s->cores), region = sim_below(s, s->cores * SIM_REGIONS + 2);
    struct urpc_message m = {.type = (uint16_t)sim_below(s, 40)};
    struct region_key k = sim_key(region, sim_below(s, 2) ? 0 : sim_tag(s, sim_below(s, s->cores)));

    if (s->core[from].dead || from == c->core || region / SIM_REGIONS == from ||
        m.type == MSG_MON_GRANT)
        return;
    for (uint32_t i = 0; i < SIM_LINES; i++)
        if (s->core[from].zone[i].type == CAP_FRAME && s->core[from].zone[i].base == k.base)
            return;
    for (uint32_t i = 0; i < SIM_FOREIGN; i++)
        if (s->core[from].ops.foreign[i].used && s->core[from].ops.foreign[i].key.base == k.base)
            return;
    for (uint32_t i = 0; i < SIM_HOLDERS; i++)
        if (c->ops.holders.row[i].used &&
            holders_held(&c->ops.holders, &c->ops.holders.row[i], from))
            return;
    m.word[0] = c->core | from << 16 | (uint64_t)0x7fff << 32;
    m.word[1] = k.base;
    /* Not so large that it holds regions that the sender does own. */
    m.word[2] = sim_below(s, 4) ? k.bytes : UINT64_MAX - sim_below(s, 4096);
    m.word[3] = k.tag | (uint64_t)sim_below(s, 40) << 32;
    m.word[4] = s->random;
    m.word[5] = sim_below(s, 4);
    ops_message(&c->ops, &m);
    check_pair(s, region % (s->cores * SIM_REGIONS), c->core);
    s->dropped++;
}

void caps_act(struct sim *s, struct sim_core *c, uint32_t faults)
{
    const uint32_t *weight = action_weight[s->steps / 3000 % 2];
    uint32_t pick = sim_below(s, 100), a = 0;

    while (pick >= weight[a])
        pick -= weight[a++];
    sim_late_clear(c);
    switch ((enum action)a) {
    case ACT_GIVE:
        act_give(s, c);
        break;
    case ACT_ASK:
        act_ask(s, c);
        break;
    case ACT_COPY:
        act_copy(s, c, false);
        break;
    case ACT_MINT:
        act_copy(s, c, true);
        break;
    case ACT_OWN:
        act_own(s, c);
        break;
    case ACT_DELETE:
        act_delete(s, c);
        break;
    case ACT_TELL:
        act_tell(s, c);
        break;
    case ACT_REVOKE:
        act_revoke(s, c);
        break;
    case ACT_RENEW:
        act_renew(s, c);
        break;
    case ACT_CREDIT:
        act_credit(c);
        break;
    case ACT_STALE:
        if (faults & CAPS_FAULT_STALE)
            act_stale(s, c);
        break;
    case ACT_GARBAGE:
        if (faults & CAPS_FAULT_GARBAGE)
            act_garbage(s, c);
        break;
    case ACT_HANG:
        if (faults & CAPS_FAULT_HANG && sim_below(s, 10) == 0) {
            c->hangs_until = s->steps + sim_below(s, 100 * s->cores);
            s->hangs++;
        }
        if (faults & CAPS_FAULT_DEATH && !s->dying && sim_below(s, 10) == 0)
            sim_die(s, c->core);
        break;
    case ACT_COUNT:
        break;
    }
}

void caps_clear(struct sim *s)
{
    for (uint32_t i = 0; i < s->cores; i++)
        for (uint32_t slot = SIM_FREE_FIRST; slot < SIM_LINES; slot++)
            if (s->core[i].zone[slot].type == CAP_FRAME)
                slot_drop(s, &s->core[i], slot);
}
