/* Does what the steps of operations want done: effects through the host, messages, the tables of
 * holders and foreign regions. A step's outbox is done in its order; a completion is the next
 * step's event. Nothing recurses: the loops here end because each machine's drawing has no cycle
 * of completions. */
#include "ops/ops_internal.h"

#define NAME_INDEX 0xffffu

uint32_t transfer_name(const struct ops *o, const struct transfer *t)
{
    return (uint32_t)(t - o->transfer) | (uint32_t)t->generation << 16;
}

struct transfer *transfer_begin(struct ops *o)
{
    for (uint32_t i = 0; i < o->limits.transfers; i++)
        if (o->transfer[i].state == TRANSFER_STATE_FREE) {
            uint16_t generation = (uint16_t)(o->transfer[i].generation + 1);
            o->transfer[i] = (struct transfer){.generation = generation};
            return &o->transfer[i];
        }
    return NULL;
}

struct transfer *transfer_named(struct ops *o, uint32_t name, enum transfer_state state)
{
    uint32_t i = name & NAME_INDEX;

    if (i >= o->limits.transfers || o->transfer[i].state != state ||
        o->transfer[i].generation != (uint16_t)(name >> 16))
        return NULL;
    return &o->transfer[i];
}

struct foreign *foreign_find(struct ops *o, const struct region_key *k)
{
    for (uint32_t i = 0; i < o->limits.foreign; i++) {
        struct foreign *f = &o->foreign[i];
        if (f->used && f->key.base == k->base && f->key.bytes == k->bytes &&
            f->key.type == k->type && f->key.tag == k->tag)
            return f;
    }
    return NULL;
}

struct foreign *foreign_make(struct ops *o, const struct region_key *k, uint32_t owner)
{
    struct foreign *f = foreign_find(o, k);

    for (uint32_t i = 0; !f && i < o->limits.foreign; i++)
        if (!o->foreign[i].used) {
            f = &o->foreign[i];
            *f = (struct foreign){.key = *k, .owner = (uint16_t)owner, .used = true};
        }
    return f;
}

static bool is_inside(const struct region_key *outer, const struct region_key *k, uint32_t tag)
{
    struct region_key any = *outer;

    any.tag = 0;
    return outer->tag == tag && region_covers(&any, k);
}

const struct holder *holder_entitled(const struct ops *o, const struct region_key *k, uint32_t core)
{
    uint32_t tag = key_counted(k, core).tag;

    for (uint32_t i = 0; i < o->limits.holders; i++) {
        const struct holder *row = &o->holders.row[i];
        if (row->used && holders_held(&o->holders, row, core) && is_inside(&row->key, k, tag))
            return row;
    }
    return NULL;
}

struct foreign *foreign_entitled(struct ops *o, const struct region_key *k)
{
    uint32_t tag = key_counted(k, o->core).tag;

    for (uint32_t i = 0; i < o->limits.foreign; i++)
        if (o->foreign[i].used && is_inside(&o->foreign[i].key, k, tag))
            return &o->foreign[i];
    return NULL;
}

void holder_settle(struct ops *o, struct holder *row)
{
    struct region_key k = row->key;

    if (row->held_count || row->open_count)
        return;
    o->host->unmark(o->arg, &k, (uint32_t)(row - o->holders.row));
    holders_drop(&o->holders, row);
    if (!holders_region_shared(&o->holders, &k))
        o->host->unshared(o->arg, &k);
}

/* A row and a marker for the key under which the target will be counted. */
static enum status mark(struct ops *o, const struct transfer *t)
{
    struct region_key k = key_counted(&t->key, t->peer);
    struct holder *row = holders_find(&o->holders, &k);
    enum status s = OK;

    if (!row) {
        s = holders_add(&o->holders, &k, &row);
        if (s != OK)
            return s;
        s = o->host->mark(o->arg, &k, (uint32_t)(row - o->holders.row));
        if (s != OK)
            holders_drop(&o->holders, row);
    }
    if (s == OK)
        row->rights |= t->rights;
    return s;
}

static void target_open(struct ops *o, const struct transfer *t)
{
    struct region_key k = key_counted(&t->key, t->peer);
    struct holder *row = holders_find(&o->holders, &k);

    holders_set_held(&o->holders, row, t->peer, true);
    holders_set_open(&o->holders, row, t->peer, true);
}

static void target_close(struct ops *o, const struct transfer *t, bool holds)
{
    struct region_key k = key_counted(&t->key, t->peer);
    struct holder *row = holders_find(&o->holders, &k);

    holders_set_open(&o->holders, row, t->peer, false);
    holders_set_held(&o->holders, row, t->peer, holds);
    holder_settle(o, row);
}

/* Enter what was granted. The record comes first: what is entered must be releasable. */
static struct transfer_input accept(struct ops *o, const struct transfer *t)
{
    struct region_key k = key_counted(&t->key, o->core);
    struct cap_description d = {.base = t->key.base,
                                .bytes = t->key.bytes,
                                .tag = t->key.tag,
                                .type = (uint8_t)t->key.type,
                                .rights = (uint8_t)t->rights,
                                .owner = t->peer};
    struct transfer_input in = {.event = TRANSFER_EVENT_ACCEPTED, .status = E_LIMIT};
    struct foreign *f = foreign_make(o, &k, t->peer);

    if (!f)
        return in;
    if (f->owner != t->peer)
        in.status = E_EXISTS;
    else if (!type_is_shared(t->key.type))
        in.status = E_TYPE;
    else if (ops_marked(o, &t->key))
        in.status = E_MARKED;
    else
        in.status = o->host->accept(o->arg, &d, t->token);
    if (in.status == OK)
        in.status = release_run(o, f, RELEASE_EVENT_ACCEPTED);
    in.holds = f->state != RELEASE_STATE_NONE;
    f->used = in.holds;
    return in;
}

static void transfer_send(struct ops *o, const struct transfer *t, const struct out_entry *e)
{
    uint16_t from = (uint16_t)o->core;
    const struct region_key *k = &t->key;

    if (e->kind == OUT_GRANT)
        SEND(o, MON_GRANT, mon_grant, .to = t->peer, .from = from, .op = transfer_name(o, t),
             .base = k->base, .bytes = k->bytes, .tag = k->tag, .type = (uint16_t)k->type,
             .rights = (uint16_t)t->rights, .token = t->token);
    else if (e->kind == OUT_TAKEN)
        SEND(o, MON_TAKEN, mon_taken, .to = t->peer, .from = from, .op = t->asker_op,
             .status = (uint32_t)e->status, .holds = e->holds);
    else if (e->kind == OUT_ASK)
        SEND(o, MON_GRANT_ASK, mon_grant_ask, .to = t->peer, .from = from,
             .op = transfer_name(o, t), .base = k->base, .bytes = k->bytes, .tag = k->tag,
             .type = (uint16_t)k->type, .rights = (uint16_t)t->rights, .token = t->token,
             .target = t->target);
    else
        SEND(o, MON_GRANT_TOLD, mon_grant_told, .to = t->asker, .from = from, .op = t->asker_op,
             .status = (uint32_t)e->status);
}

/* One entry of a transfer's outbox. True: it is done, and *next is its completion. */
static bool transfer_do(struct ops *o, struct transfer *t, const struct out_entry *e,
                        struct transfer_input *next)
{
    switch (e->kind) {
    case OUT_MARK:
        next->status = mark(o, t);
        next->event = next->status == OK ? TRANSFER_EVENT_MARKED : TRANSFER_EVENT_UNMARKED;
        return true;
    case OUT_ACCEPT:
        *next = accept(o, t);
        return true;
    case OUT_OPEN:
        target_open(o, t);
        return false;
    case OUT_CLOSE:
        target_close(o, t, e->holds);
        return false;
    case OUT_GRANT:
    case OUT_TAKEN:
    case OUT_ASK:
    case OUT_TOLD:
        transfer_send(o, t, e);
        return false;
    case OUT_FINISH:
        o->host->finished(o->arg, t->token, e->status);
        return false;
    case OUT_COUNT:
    case OUT_RELEASE:
    case OUT_FORGET:
    case OUT_HOLD:
    case OUT_UNHOLD:
    case OUT_JOIN:
    case OUT_CLEAR:
    case OUT_SEND:
    case OUT_WAITED:
    case OUT_REVOKED:
    case OUT_REVOKE_ASK:
    case OUT_ANSWERED:
        return false; /* the release's and the revoke's */
    }
    return false;
}

enum status transfer_run(struct ops *o, struct transfer *t, const struct transfer_input *first)
{
    struct transfer_input in = *first;
    struct transfer done;
    enum status s;
    bool again;

    do {
        struct outbox out = {.count = 0};
        struct transfer_input next = {.event = TRANSFER_EVENT_COUNT};
        s = transfer_step(t, &in, &out);
        /* The record may be used anew by what the host does with the news of its end. */
        done = *t;
        again = false;
        for (uint32_t i = 0; i < out.count; i++)
            again |=
                transfer_do(o, t->state == TRANSFER_STATE_FREE ? &done : t, &out.entry[i], &next);
        in = next;
    } while (again);
    return s;
}

static void release_send(struct ops *o, const struct foreign *f)
{
    SEND(o, MON_RELEASE, mon_release, .to = f->owner, .from = (uint16_t)o->core,
         .base = f->key.base, .bytes = f->key.bytes, .tag = f->key.tag,
         .type = (uint32_t)f->key.type);
}

enum status release_run(struct ops *o, struct foreign *f, enum release_event first)
{
    enum release_event event = first;
    enum status s;
    bool again;

    do {
        struct outbox out = {.count = 0};
        s = release_step(f, event, &out);
        again = false;
        for (uint32_t i = 0; i < out.count; i++) {
            if (out.entry[i].kind == OUT_COUNT) {
                event = o->host->count(o->arg, &f->key) ? RELEASE_EVENT_SOME : RELEASE_EVENT_NONE;
                again = true;
            } else if (out.entry[i].kind == OUT_RELEASE) {
                release_send(o, f);
            } else {
                f->used = false;
            }
        }
    } while (again);
    return s;
}
