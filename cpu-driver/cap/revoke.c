/* Revoke, the part of one core: delete every copy and descendant, or those with one tag, and keep
 * the slot it was asked through. What is covered lies in one run of the list: from the first key of
 * the same region and type to the end of the region. While the revoke is under way a record covers
 * that run: nothing new can be made of it, so the work behind the cursor stays done however often
 * it is preempted, and the revoke ends whatever other dispatchers do. */
#include "cap/internal.h"

/* Is a capability with this key and end covered by r? */
/*@ requires \valid_read(r);
    assigns \nothing;
    ensures \result <==> run_covers(r, space, base, bytes, rank, tag); */
static bool record_covers(const struct cap_revoking *r, uint8_t space, uint64_t base,
                          uint64_t bytes, uint8_t rank, uint32_t tag)
{
    const struct cap_key *from = &r->from;

    if (r->slot == 0 || space != from->space || (r->tag != 0 && tag != r->tag))
        return false;
    if (base < from->base || base - from->base > from->bytes ||
        bytes > from->bytes - (base - from->base))
        return false;
    return bytes < from->bytes || rank >= from->rank;
}

bool cap_is_marked(const struct cap_db *db, enum cap_space space, uint64_t base, uint64_t bytes,
                   uint8_t type, uint32_t tag)
{
    if (db->revoking_count == 0)
        return false;
    /*@ loop invariant 0 <= i <= CAP_REVOKING_MAX;
        loop invariant \forall integer j; 0 <= j < i ==>
            !run_covers(&db->revoking[j], (uint8_t)space, base, bytes, type, tag);
        loop assigns i;
        loop variant CAP_REVOKING_MAX - i; */
    for (uint32_t i = 0; i < CAP_REVOKING_MAX; i++) {
        if (record_covers(&db->revoking[i], (uint8_t)space, base, bytes, type, tag))
            return true;
    }
    return false;
}

bool revoke_covers(const struct cap_db *db, const struct slot *s)
{
    return cap_is_marked(db, s->space, s->base, s->bytes, s->rank, s->tag);
}

/*@ requires \valid(db);
    assigns \nothing;
    ensures \result == \null ==>
        \forall integer i; 0 <= i < CAP_REVOKING_MAX ==> db->revoking[i].slot != n;
    ensures \result != \null ==> \result->slot == n &&
        \exists integer i; 0 <= i < CAP_REVOKING_MAX && \result == &db->revoking[i]; */
static struct cap_revoking *record_find(struct cap_db *db, uint32_t n)
{
    /*@ loop invariant 0 <= i <= CAP_REVOKING_MAX;
        loop invariant \forall integer j; 0 <= j < i ==> db->revoking[j].slot != n;
        loop assigns i;
        loop variant CAP_REVOKING_MAX - i; */
    for (uint32_t i = 0; i < CAP_REVOKING_MAX; i++) {
        if (db->revoking[i].slot == n)
            return &db->revoking[i];
    }
    return NULL;
}

static void record_close(struct cap_db *db, struct cap_revoking *r)
{
    slot_at(db, r->slot)->state = SLOT_STATE_NORMAL;
    *r = (struct cap_revoking){0};
    db->revoking_count--;
}

void revoke_forget(struct cap_db *db, uint32_t n)
{
    struct cap_revoking *r = record_find(db, n);

    if (r != NULL)
        record_close(db, r);
}

/* The record of this revoke: the one that is under way, or a new one. */
static struct cap_revoking *record_open(struct cap_db *db, uint32_t n, uint32_t tag)
{
    struct slot *s = slot_at(db, n);
    struct cap_revoking *r = record_find(db, n);

    if (r != NULL && r->tag == tag)
        return r;
    if (r != NULL)
        record_close(db, r);
    r = record_find(db, 0);
    if (r == NULL) {
        r = &db->revoking[db->revoking_next];
        db->revoking_next = (db->revoking_next + 1) % CAP_REVOKING_MAX;
        record_close(db, r);
    }
    r->slot = n;
    r->tag = tag;
    r->from = slot_key(s);
    r->from.tag = 0;
    r->cursor = r->from;
    s->state = SLOT_STATE_REVOKING;
    db->revoking_count++;
    return r;
}

/*@ requires zone_ok(db) && n < db->slot_limit;
    assigns \nothing;
    ensures \result == OK <==> db->zone_slots[n].type != CAP_NULL &&
        (db->zone_slots[n].rights & RIGHT_REVOKE) != 0 &&
        (db->zone_slots[n].tag == 0 || tag == 0 || tag == db->zone_slots[n].tag); */
static enum status revoke_check(const struct cap_db *db, uint32_t n, uint32_t tag)
{
    const struct slot *s = slot_of(db, n);

    if (s->type == CAP_NULL)
        return E_NO_CAP;
    if (!(s->rights & RIGHT_REVOKE))
        return E_RIGHTS;
    if (s->tag != 0 && tag != 0 && tag != s->tag)
        return E_TAGGED;
    return OK;
}

/* The slot behind x and all that have the same key as it. */
static uint32_t behind_run(const struct cap_db *db, uint32_t x)
{
    const struct slot *s = slot_of(db, x);
    struct cap_key k = slot_key(s);

    if (s->next == 0 || key_order(slot_of(db, s->next), &k) != 0)
        return s->next;
    k.rank = (uint8_t)(k.rank + (k.tag == UINT32_MAX));
    k.tag++;
    return list_first(db, &k);
}

/* Deal with x, or with all that have its key if none of them is covered: what is covered but the
 * slot revoked through depends on the key alone. Returns what comes next. */
static uint32_t run_step(struct cap_db *db, const struct cap_revoking *r, uint32_t x)
{
    const struct slot *s = slot_of(db, x);
    uint32_t next = s->next;

    if (s->type == CAP_MARKER || !record_covers(r, s->space, s->base, s->bytes, s->rank, s->tag))
        return behind_run(db, x);
    if (x != r->slot)
        delete_begin(db, x);
    return next;
}

/* Go along the run from the cursor. True: its end is reached. False: preempted, or a holder is
 * dying that must be worked on first; the cursor is where to go on. Nothing is dying on entry. */
static bool run_walk(struct cap_db *db, struct cap_revoking *r)
{
    uint32_t x = list_first(db, &r->cursor);

    while (x != 0) {
        const struct slot *s = slot_of(db, x);
        bool is_own = x == r->slot;

        if (s->space != r->from.space || s->base >= r->from.base + r->from.bytes)
            return true;
        r->cursor = slot_key(s);
        x = run_step(db, r, x);
        if (db->dying != 0)
            return false;
        /* Passing the slot itself is no progress: it would be met again. */
        if (x != 0 && !is_own && cap_hook_preempt(db)) {
            r->cursor = slot_key(slot_of(db, x));
            return false;
        }
    }
    return true;
}

enum status cap_revoke(struct cap_db *db, uint32_t n, uint32_t tag)
{
    enum status s = revoke_check(db, n, tag);

    if (s != OK)
        return s;
    if (!dying_work(db))
        return E_AGAIN;
    s = revoke_check(db, n, tag);
    if (s != OK)
        return s;
    struct cap_revoking *r =
        record_open(db, n, slot_of(db, n)->tag != 0 ? slot_of(db, n)->tag : tag);
    while (!run_walk(db, r)) {
        if (db->dying == 0 || !dying_work(db))
            return E_AGAIN;
        if (r->slot != n)
            return E_NO_CAP;
    }
    record_close(db, r);
    return OK;
}
