/* Does what the steps of revokes want done: marks and deletions through the host, messages, the
 * sets of who has not answered. What a revoke covers lies under the rows of many regions (parts,
 * descendants) and tags; it looks at all rows. */
#include "ops/ops_internal.h"

#include "proto/monitor_messages.h"

static uint64_t *set_word(const struct ops *o, uint64_t *sets, const struct revoke *r,
                          uint32_t core)
{
    return &sets[(uint64_t)(r - o->revoke) * o->holders.words + core / 64];
}

bool revoke_waits(const struct ops *o, const struct revoke *r, uint32_t core)
{
    return *set_word(o, o->revoke_waiting, r, core) >> core % 64 & 1;
}

bool revoke_unsent(const struct ops *o, const struct revoke *r, uint32_t core)
{
    return *set_word(o, o->revoke_unsent, r, core) >> core % 64 & 1;
}

void revoke_answered(struct ops *o, struct revoke *r, uint32_t core)
{
    *set_word(o, o->revoke_waiting, r, core) &= ~(1ull << core % 64);
    *set_word(o, o->revoke_unsent, r, core) &= ~(1ull << core % 64);
    r->waiting_count--;
}

uint32_t revoke_name(const struct ops *o, const struct revoke *r)
{
    return (uint32_t)(r - o->revoke) | (uint32_t)r->generation << 16;
}

struct revoke *revoke_begin(struct ops *o)
{
    for (uint32_t i = 0; i < o->limits.revokes; i++)
        if (o->revoke[i].state == REVOKE_STATE_FREE) {
            uint16_t generation = (uint16_t)(o->revoke[i].generation + 1);
            o->revoke[i] = (struct revoke){.generation = generation};
            return &o->revoke[i];
        }
    return NULL;
}

struct revoke *revoke_named(struct ops *o, uint32_t name)
{
    uint32_t i = name & 0xffff;

    if (i >= o->limits.revokes || o->revoke[i].state == REVOKE_STATE_FREE ||
        o->revoke[i].generation != (uint16_t)(name >> 16))
        return NULL;
    return &o->revoke[i];
}

bool ops_marked(const struct ops *o, const struct region_key *k)
{
    for (uint32_t i = 0; i < o->limits.revokes; i++)
        if (o->revoke[i].state != REVOKE_STATE_FREE && region_covers(&o->revoke[i].key, k))
            return true;
    return false;
}

/* Does a revoke of r ask anybody because of this row? (Rules 20, 23, 26) Also who holds what only
 * overlaps or contains its region: parts of it that were made there are not in any set of their
 * own. */
static bool row_covered(const struct revoke *r, const struct holder *row)
{
    return row->used && region_overlaps(&r->key, &row->key) &&
           (r->key.tag == 0 || row->key.tag == r->key.tag || row->key.tag == 0);
}

/* The whole set if the row's tag is covered; of the untagged only the core that minted the tag. */
static bool row_whole(const struct revoke *r, const struct holder *row)
{
    return r->key.tag == 0 || row->key.tag == r->key.tag;
}

static void wait_for(struct ops *o, struct revoke *r, uint32_t word, uint64_t cores)
{
    uint64_t *waiting = &o->revoke_waiting[(uint64_t)(r - o->revoke) * o->holders.words + word];
    uint64_t *unsent = &o->revoke_unsent[(uint64_t)(r - o->revoke) * o->holders.words + word];

    if (r->requester / 64 == word)
        cores &= ~(1ull << r->requester % 64);
    cores &= ~*waiting;
    *waiting |= cores;
    *unsent |= cores;
    for (; cores; cores &= cores - 1)
        r->waiting_count++;
}

/* Rules 12, 23, 26: everybody in the sets, but the requester. */
static void ask_all(struct ops *o, struct revoke *r)
{
    uint32_t minting = tag_minting_core(r->key.tag), words = o->holders.words;

    for (uint32_t i = 0; i < o->limits.holders; i++) {
        const struct holder *row = &o->holders.row[i];
        if (!row_covered(r, row))
            continue;
        for (uint32_t w = 0; row_whole(r, row) && w < words; w++)
            wait_for(o, r, w, o->holders.held[(uint64_t)i * words + w]);
        if (!row_whole(r, row) && minting < o->limits.core_count &&
            holders_held(&o->holders, row, minting))
            wait_for(o, r, minting / 64, 1ull << minting % 64);
    }
}

/* Rules 15, 26: who asked for less is told that it is gone; who has not answered it has not
 * answered this one. */
static void join(struct ops *o, struct revoke *r)
{
    struct revoke_input gone = {.event = REVOKE_EVENT_GONE};

    for (uint32_t i = 0; i < o->limits.revokes; i++) {
        struct revoke *q = &o->revoke[i];
        if (q == r || (q->state != REVOKE_STATE_WAITING && q->state != REVOKE_STATE_LOST) ||
            !region_covers(&r->key, &q->key))
            continue;
        for (uint32_t w = 0; w < o->holders.words; w++)
            wait_for(o, r, w, o->revoke_waiting[(uint64_t)i * o->holders.words + w]);
        if (revoke_run(o, q, &gone) != OK)
            o->dropped++;
    }
}

/* Rule 16: without credit the bit stays. */
static void send_to(struct ops *o, struct revoke *r, uint32_t core)
{
    if (!o->host->credit(o->arg, core))
        return;
    *set_word(o, o->revoke_unsent, r, core) &= ~(1ull << core % 64);
    SEND(o, MON_REVOKE_COPIES, mon_revoke_copies, .to = (uint16_t)core, .from = (uint16_t)o->core,
         .op = revoke_name(o, r), .base = r->key.base, .bytes = r->key.bytes, .tag = r->key.tag,
         .type = r->key.type);
}

static void send_all(struct ops *o, struct revoke *r)
{
    ask_all(o, r);
    for (uint32_t w = 0; w < o->holders.words; w++) {
        uint64_t cores = *set_word(o, o->revoke_unsent, r, w * 64);
        for (; cores; cores &= cores - 1)
            send_to(o, r, w * 64 + (uint32_t)__builtin_ctzll(cores));
    }
}

void ops_credit(struct ops *o, uint32_t core)
{
    for (uint32_t i = 0; i < o->limits.revokes; i++)
        if (o->revoke[i].state != REVOKE_STATE_FREE && revoke_unsent(o, &o->revoke[i], core))
            send_to(o, &o->revoke[i], core);
}

/* The own request is over (rules 4, 5, 25): its key first, then every covered one. */
static void answered(struct ops *o, const struct revoke *r)
{
    struct foreign *f = foreign_find(o, &r->by);

    if (!f || release_run(o, f, RELEASE_EVENT_ANSWER) != OK)
        o->dropped++;
    for (uint32_t i = 0; i < o->limits.foreign; i++)
        if (o->foreign[i].used && region_overlaps(&r->key, &o->foreign[i].key) &&
            release_run(o, &o->foreign[i], RELEASE_EVENT_DELETED) != OK)
            o->dropped++;
}

static void tell(struct ops *o, const struct revoke *r, enum status s)
{
    if (r->requester == o->core)
        o->host->finished(o->arg, r->token, s);
    else
        SEND(o, MON_REVOKE_TOLD, mon_revoke_told, .to = r->requester, .from = (uint16_t)o->core,
             .op = r->requester_op, .status = (uint32_t)s);
}

/* False: nothing follows. */
static bool revoke_do(struct ops *o, struct revoke *r, const struct out_entry *e,
                      struct revoke_input *next)
{
    uint32_t number = (uint32_t)(r - o->revoke);
    bool spare = r->requester == o->core;

    if (e->kind == OUT_HOLD)
        o->host->hold(o->arg, number, &r->key);
    else if (e->kind == OUT_UNHOLD)
        o->host->unhold(o->arg, number);
    else if (e->kind == OUT_JOIN)
        join(o, r);
    else if (e->kind == OUT_SEND)
        send_all(o, r);
    else if (e->kind == OUT_REVOKED)
        tell(o, r, e->status);
    else if (e->kind == OUT_FINISH)
        o->host->finished(o->arg, r->token, e->status);
    else if (e->kind == OUT_ANSWERED)
        answered(o, r);
    else if (e->kind == OUT_REVOKE_ASK)
        SEND(o, MON_REVOKE_ASK, mon_revoke_ask, .to = r->owner, .from = (uint16_t)o->core,
             .op = revoke_name(o, r), .base = r->key.base, .bytes = r->key.bytes, .tag = r->key.tag,
             .type = r->key.type, .through = r->through);
    else if (e->kind == OUT_CLEAR) {
        o->host->clear(o->arg, &r->key, r->owner, spare ? &r->token : NULL);
        next->event = REVOKE_EVENT_CLEARED;
        return true;
    } else if (e->kind == OUT_WAITED) {
        next->event = REVOKE_EVENT_ALL;
        return r->waiting_count == 0;
    }
    return false;
}

enum status revoke_run(struct ops *o, struct revoke *r, const struct revoke_input *first)
{
    struct revoke_input in = *first;
    enum status s;
    bool again;

    do {
        struct outbox out = {.count = 0};
        struct revoke_input next = {.event = REVOKE_EVENT_START};
        s = revoke_step(r, &in, &out);
        again = false;
        for (uint32_t i = 0; i < out.count; i++)
            again |= revoke_do(o, r, &out.entry[i], &next);
        in = next;
    } while (again);
    return s;
}
