/* The death of another core: PROTOCOL rule 37. Operations that wait for it end (transfers) or go on
 * (revokes: what is dead has no copies); those that it asked for go on, and nobody is told. Its bits
 * go, its objects' copies here go. Lending is not there yet, so nothing of it lies below what it
 * owned: no sweep. */
#include "ops/ops_internal.h"

static void transfers_end(struct ops *o, uint32_t core)
{
    struct transfer_input died = {.event = TRANSFER_EVENT_DIED, .status = E_PEER};

    for (uint32_t i = 0; i < o->limits.transfers; i++) {
        struct transfer *t = &o->transfer[i];
        bool waits = t->state == TRANSFER_STATE_GRANTED || t->state == TRANSFER_STATE_ASKED;
        if (waits && t->for_asker && t->asker == core)
            t->orphan = true;
        if (waits && t->peer == core && transfer_run(o, t, &died) != OK)
            o->dropped++;
    }
}

static void requests_end(struct ops *o, uint32_t core)
{
    struct revoke_input died = {.event = REVOKE_EVENT_DIED, .status = E_PEER};

    for (uint32_t i = 0; i < o->limits.revokes; i++) {
        struct revoke *r = &o->revoke[i];
        bool of_it = r->state == REVOKE_STATE_ASKED ? r->owner == core : r->requester == core;
        if (r->state != REVOKE_STATE_FREE && of_it && revoke_run(o, r, &died) != OK)
            o->dropped++;
    }
}

static void copies_delete(struct ops *o, uint32_t core)
{
    for (uint32_t i = 0; i < o->limits.foreign; i++) {
        struct foreign *f = &o->foreign[i];
        struct region_key all = f->key;
        if (!f->used || f->owner != core)
            continue;
        all.tag = 0;
        o->host->clear(o->arg, &all, core, NULL);
        asked_forget(o, &all);
        if (release_run(o, f, RELEASE_EVENT_DIED) != OK)
            o->dropped++;
    }
}

static void sets_drop(struct ops *o, uint32_t core)
{
    for (uint32_t i = 0; i < o->limits.holders; i++) {
        struct holder *row = &o->holders.row[i];
        if (!row->used)
            continue;
        holders_set_open(&o->holders, row, core, false);
        holders_set_held(&o->holders, row, core, false);
        holder_settle(o, row);
    }
}

static void answers_end(struct ops *o, uint32_t core)
{
    struct revoke_input answer = {.event = REVOKE_EVENT_ANSWER};

    for (uint32_t i = 0; i < o->limits.revokes; i++) {
        struct revoke *r = &o->revoke[i];
        if ((r->state != REVOKE_STATE_WAITING && r->state != REVOKE_STATE_LOST) ||
            !revoke_waits(o, r, core))
            continue;
        revoke_answered(o, r, core);
        if (revoke_run(o, r, &answer) != OK)
            o->dropped++;
    }
}

void ops_core_died(struct ops *o, uint32_t core)
{
    if (core >= o->limits.core_count || core == o->core || core_is_dead(o, core))
        return;
    o->dead[core / 64] |= 1ull << core % 64;
    requests_end(o, core);
    transfers_end(o, core);
    copies_delete(o, core);
    sets_drop(o, core);
    answers_end(o, core);
}

void ops_core_started(struct ops *o, uint32_t core)
{
    if (core < o->limits.core_count)
        o->dead[core / 64] &= ~(1ull << core % 64);
}
