/* What comes in for revokes: requests of this core, and messages of other monitors. What another
 * core says is checked here and never asserted. See revoke.h. */
#include "ops/ops_internal.h"

#define TAG_COUNTER 0xfffffu

/* Rules 1, 22 at the owner. `from` holds a slot with tag `through`. */
static enum status start_check(const struct ops *o, const struct region_key *k, uint32_t through,
                               uint32_t from)
{
    struct region_key by = *k;
    const struct holder *row;

    if (through && k->tag != through)
        return E_TAGGED;
    by.tag = through;
    if (from != o->core) {
        row = holder_entitled(o, &by, from);
        if (!row)
            return E_NOT_OWNER;
        if (!(row->rights & RIGHT_REVOKE))
            return E_RIGHTS;
    }
    if (ops_marked(o, k))
        return E_MARKED;
    for (uint32_t i = 0; i < o->limits.revokes && !k->tag; i++)
        if (o->revoke[i].state != REVOKE_STATE_FREE && o->revoke[i].key.base == k->base &&
            o->revoke[i].key.bytes == k->bytes && o->revoke[i].key.type == k->type)
            return E_BUSY;
    return OK;
}

/* Rule 28: this core minted the tag and never asked anybody to pass it on. */
static bool is_local(const struct ops *o, const struct region_key *k)
{
    if (!k->tag || tag_minting_core(k->tag) != o->core ||
        (k->tag & TAG_COUNTER) < o->limits.tag_first)
        return false;
    for (uint32_t i = 0; i < o->limits.tags; i++)
        if (o->asked[i].bytes && o->asked[i].tag == k->tag && region_overlaps(k, &o->asked[i]))
            return false;
    return true;
}

enum status tag_asked(struct ops *o, const struct region_key *k)
{
    struct region_key *room = NULL;

    if (!k->tag || tag_minting_core(k->tag) != o->core)
        return OK;
    for (uint32_t i = 0; i < o->limits.tags; i++) {
        struct region_key *a = &o->asked[i];
        if (a->base == k->base && a->bytes == k->bytes && a->type == k->type && a->tag == k->tag)
            return OK;
        if (!a->bytes)
            room = a;
    }
    if (!room)
        return E_LIMIT;
    *room = *k;
    return OK;
}

/* An own revoke of all or of the tag has returned. One by another core that has reached this one
 * is not enough: it may be of a part, not have reached everybody yet, and this core may hold the
 * whole, through which the tag can be revoked again at once. */
void asked_forget(struct ops *o, const struct region_key *k)
{
    for (uint32_t i = 0; i < o->limits.tags; i++)
        if (o->asked[i].bytes && region_covers(k, &o->asked[i]))
            o->asked[i] = (struct region_key){0};
}

static struct revoke *request_open(struct ops *o, const struct region_key *k, uint32_t through,
                                   uint32_t owner, uint32_t requester)
{
    struct revoke *r = revoke_begin(o);

    if (!r)
        return NULL;
    r->key = *k;
    r->through = through;
    r->owner = (uint16_t)owner;
    r->requester = (uint16_t)requester;
    return r;
}

enum status ops_revoke(struct ops *o, const struct cap_description *d, uint32_t tag, uint64_t token)
{
    struct region_key k = {d->base, d->bytes, d->tag ? d->tag : tag, d->type};
    struct region_key by = {d->base, d->bytes, d->tag, d->type};
    struct revoke_input in = {.event = REVOKE_EVENT_START};
    struct foreign *f = foreign_entitled(o, &by);
    enum status s = OK;

    if (!(d->rights & RIGHT_REVOKE))
        return E_RIGHTS;
    if (d->tag && tag && tag != d->tag)
        return E_TAGGED;
    if (d->owner == o->core)
        s = start_check(o, &k, d->tag, o->core);
    else if (ops_marked(o, &k))
        s = E_MARKED;
    else if (!f)
        s = E_NO_CAP;
    else if (f->state != RELEASE_STATE_HELD)
        s = E_BUSY;
    if (s != OK)
        return s;
    struct revoke *r = request_open(o, &k, d->tag, d->owner, o->core);
    if (!r)
        return E_BUSY;
    r->token = token;
    if (d->owner != o->core) {
        r->by = f->key;
        in.event = is_local(o, &k) ? REVOKE_EVENT_LOCAL : REVOKE_EVENT_ASK;
        s = release_run(o, f, RELEASE_EVENT_REQUEST);
    }
    return s == OK ? revoke_run(o, r, &in) : s;
}

enum status take_revoke_ask(struct ops *o, const struct msg_mon_revoke_ask *m)
{
    struct region_key k = {m->base, m->bytes, m->tag, m->type};
    struct revoke_input in = {.event = REVOKE_EVENT_START};
    enum status s = start_check(o, &k, m->through, m->from);
    struct revoke *r = s == OK ? request_open(o, &k, m->through, o->core, m->from) : NULL;

    if (!r) {
        SEND(o, MON_REVOKE_TOLD, mon_revoke_told, .to = m->from, .from = (uint16_t)o->core,
             .op = m->op, .status = (uint32_t)(s == OK ? E_BUSY : s));
        return OK;
    }
    r->requester_op = m->op;
    return revoke_run(o, r, &in);
}

enum status take_revoke_told(struct ops *o, const struct msg_mon_revoke_told *m)
{
    struct revoke *r = revoke_named(o, m->op);
    struct revoke_input in = {.event = m->status ? REVOKE_EVENT_REFUSED : REVOKE_EVENT_TOLD,
                              .status = (enum status)m->status};

    if (!r || r->state != REVOKE_STATE_ASKED || r->owner != m->from)
        return E_PROTOCOL;
    if (m->status == OK)
        asked_forget(o, &r->key);
    return revoke_run(o, r, &in);
}

/* Rules 13, 24: delete, answer, and then perhaps release. Only what the sender owns is deleted. */
enum status take_revoke_copies(struct ops *o, const struct msg_mon_revoke_copies *m)
{
    struct region_key k = {m->base, m->bytes, m->tag, m->type};
    bool minting = k.tag && tag_minting_core(k.tag) == o->core;

    if (!o->limits.revokes || k.type >= CAP_TYPE_COUNT || !k.bytes || k.base + k.bytes < k.base)
        return E_PROTOCOL;
    o->host->clear(o->arg, &k, m->from, NULL);
    SEND(o, MON_COPIES_DONE, mon_copies_done, .to = m->from, .from = (uint16_t)o->core,
         .op = m->op);
    for (uint32_t i = 0; i < o->limits.foreign; i++) {
        struct foreign *f = &o->foreign[i];
        struct region_key own = {f->key.base, f->key.bytes, k.tag, f->key.type};
        enum release_event event = RELEASE_EVENT_DELETED;
        enum status s = OK;
        if (!f->used || f->owner != m->from || !region_overlaps(&k, &f->key))
            continue;
        /* What the owner's answer to our answer clears: take_copies_done. */
        if (region_covers(&k, &own) && !minting && (!k.tag || f->key.tag == k.tag))
            event = RELEASE_EVENT_REVOKED;
        s = release_run(o, f, event);
        if (s != OK)
            o->dropped++;
    }
    return OK;
}

/* An answer clears the sender's bits under every covered key; under the untagged one the core that
 * minted the tag stays (it releases that itself, rule 24). A bit whose transfer is open waits for
 * that one's answer. */
enum status take_copies_done(struct ops *o, const struct msg_mon_copies_done *m)
{
    struct revoke *r = revoke_named(o, m->op);
    struct revoke_input in = {.event = REVOKE_EVENT_ANSWER};

    if (!r || (r->state != REVOKE_STATE_WAITING && r->state != REVOKE_STATE_LOST) ||
        !revoke_waits(o, r, m->from) || revoke_unsent(o, r, m->from))
        return E_PROTOCOL;
    revoke_answered(o, r, m->from);
    for (uint32_t i = 0; i < o->limits.holders; i++) {
        struct holder *row = &o->holders.row[i];
        if (!row->used || !region_covers(&r->key, &row->key) ||
            holders_open(&o->holders, row, m->from))
            continue;
        holders_set_held(&o->holders, row, m->from, false);
        holder_settle(o, row);
    }
    return revoke_run(o, r, &in);
}
