/* What comes in for the operations: requests of this core, and messages of other monitors. What
 * another core says is checked here, against the tables and against who says it; nothing of it is
 * asserted. See ops.h. */
#include "ops/ops_internal.h"

uint64_t ops_bytes(const struct ops_limits *l)
{
    return holders_bytes(l->holders, l->core_count) + l->foreign * sizeof(struct foreign) +
           l->transfers * sizeof(struct transfer) + l->revokes * sizeof(struct revoke) +
           l->tags * sizeof(struct region_key) +
           (16ull * l->revokes + 8) * ((l->core_count + 63) / 64);
}

void ops_init(struct ops *o, uint32_t core, const struct ops_limits *l, const struct ops_host *host,
              void *arg, void *memory)
{
    char *at = memory;

    *o = (struct ops){.host = host, .arg = arg, .core = core, .limits = *l};
    holders_init(&o->holders, at, l->holders, l->core_count);
    at += holders_bytes(l->holders, l->core_count);
    o->foreign = (struct foreign *)(void *)at;
    at += l->foreign * sizeof(struct foreign);
    o->transfer = (struct transfer *)(void *)at;
    at += l->transfers * sizeof(struct transfer);
    o->revoke = (struct revoke *)(void *)at;
    at += l->revokes * sizeof(struct revoke);
    o->asked = (struct region_key *)(void *)at;
    at += l->tags * sizeof(struct region_key);
    o->revoke_waiting = (uint64_t *)(void *)at;
    o->revoke_unsent = o->revoke_waiting + (uint64_t)l->revokes * o->holders.words;
    o->dead = o->revoke_unsent + (uint64_t)l->revokes * o->holders.words;
}

/* Rules 1, 2 at the owner. `target` is compared with the number of cores. */
static enum status start_check(const struct ops *o, const struct region_key *k, uint32_t target)
{
    if (target >= o->limits.core_count || target == o->core)
        return E_ARGUMENT;
    if (core_is_dead(o, target))
        return E_PEER;
    if (!type_is_shared(k->type))
        return E_TYPE;
    if (ops_marked(o, k))
        return E_MARKED;
    return holders_region_open(&o->holders, k, target) ? E_BUSY : OK;
}

enum status ops_transfer(struct ops *o, uint32_t target, const struct cap_description *d,
                         uint64_t token)
{
    struct region_key k = {d->base, d->bytes, d->tag, d->type};
    struct transfer_input in = {.event = TRANSFER_EVENT_START};
    struct transfer *t;
    enum status s = start_check(o, &k, target);

    if (d->owner != o->core) {
        s = target >= o->limits.core_count || target == o->core ? E_ARGUMENT : OK;
        if (s == OK)
            s = ops_marked(o, &k) ? E_MARKED : tag_asked(o, &k);
        in.event = TRANSFER_EVENT_ASK;
    }
    if (s != OK)
        return s;
    t = transfer_begin(o);
    if (!t)
        return E_BUSY;
    t->peer = (uint16_t)(d->owner == o->core ? target : d->owner);
    t->target = (uint16_t)target;
    t->key = k;
    t->rights = d->rights;
    t->token = token;
    return transfer_run(o, t, &in);
}

/* What was deleted may have been the last part of a larger region that is held. */
void ops_deleted(struct ops *o, const struct region_key *k)
{
    for (uint32_t i = 0; i < o->limits.foreign; i++)
        if (o->foreign[i].used && region_overlaps(&o->foreign[i].key, k) &&
            release_run(o, &o->foreign[i], RELEASE_EVENT_DELETED) != OK)
            o->dropped++;
}

void ops_deleted_any(struct ops *o)
{
    for (uint32_t i = 0; i < o->limits.foreign; i++)
        if (o->foreign[i].used && release_run(o, &o->foreign[i], RELEASE_EVENT_DELETED) != OK)
            o->dropped++;
}

/* Every GRANT is answered at once (rule 3): so this operation needs no record, it is over before
 * the next message. */
static enum status take_grant(struct ops *o, const struct msg_mon_grant *g)
{
    struct transfer t = {.peer = g->from,
                         .asker_op = g->op,
                         .rights = g->rights,
                         .key = {g->base, g->bytes, g->tag, g->type},
                         .token = g->token};
    struct transfer_input in = {.event = TRANSFER_EVENT_GRANT};

    if (g->type >= CAP_TYPE_COUNT || g->rights & ~(uint32_t)RIGHTS_ALL)
        t.key.type = CAP_NULL;
    return transfer_run(o, &t, &in);
}

static enum status take_taken(struct ops *o, const struct msg_mon_taken *m)
{
    struct transfer *t = transfer_named(o, m->op, TRANSFER_STATE_GRANTED);
    struct transfer_input in = {
        .event = TRANSFER_EVENT_TAKEN, .holds = m->holds != 0, .status = (enum status)m->status};

    return t && t->peer == m->from ? transfer_run(o, t, &in) : E_PROTOCOL;
}

static enum status take_told(struct ops *o, const struct msg_mon_grant_told *m)
{
    struct transfer *t = transfer_named(o, m->op, TRANSFER_STATE_ASKED);
    struct transfer_input in = {.event = TRANSFER_EVENT_TOLD, .status = (enum status)m->status};

    return t && t->peer == m->from ? transfer_run(o, t, &in) : E_PROTOCOL;
}

/* Rule 1: only who is in the marker may ask, and for no right that was not granted. */
static enum status ask_check(const struct ops *o, const struct msg_mon_grant_ask *m,
                             const struct region_key *k)
{
    const struct holder *row = holder_entitled(o, k, m->from);

    if (!row)
        return E_NOT_OWNER;
    if (m->rights & ~row->rights)
        return E_RIGHTS;
    return m->target == m->from ? E_ARGUMENT : start_check(o, k, m->target);
}

static enum status take_ask(struct ops *o, const struct msg_mon_grant_ask *m)
{
    struct region_key k = {m->base, m->bytes, m->tag, m->type};
    struct transfer_input in = {.event = TRANSFER_EVENT_START};
    enum status s = ask_check(o, m, &k);
    struct transfer *t = s == OK ? transfer_begin(o) : NULL;
    /* A refusal is the same operation, ended before it has begun. */
    struct transfer refused = {.state = TRANSFER_STATE_MARKING};

    if (!t) {
        t = &refused;
        in.event = TRANSFER_EVENT_UNMARKED;
        in.status = s == OK ? E_BUSY : s;
    }
    t->peer = (uint16_t)m->target;
    t->asker = m->from;
    t->asker_op = m->op;
    t->for_asker = true;
    t->key = k;
    t->rights = m->rights;
    t->token = m->token;
    return transfer_run(o, t, &in);
}

/* Rule 6: while a transfer of the same key to the sender is open, its answer will say what it
 * holds. */
static enum status take_release(struct ops *o, const struct msg_mon_release *m)
{
    struct region_key k = {m->base, m->bytes, m->tag, m->type};
    struct holder *row = holders_find(&o->holders, &k);

    if (!row || !holders_held(&o->holders, row, m->from))
        return E_PROTOCOL;
    if (holders_open(&o->holders, row, m->from))
        return OK;
    holders_set_held(&o->holders, row, m->from, false);
    holder_settle(o, row);
    return OK;
}

#define TAKE(NAME, name, handler)                                                                  \
    if (m->type == MSG_##NAME) {                                                                   \
        struct msg_##name body;                                                                    \
        s = msg_##name##_get(m, &body);                                                            \
        if (s == OK && (body.from >= o->limits.core_count || body.from == o->core ||               \
                        core_is_dead(o, body.from)))                                               \
            s = E_PROTOCOL;                                                                        \
        if (s == OK)                                                                               \
            s = handler(o, &body);                                                                 \
    }

void ops_message(struct ops *o, const struct urpc_message *m)
{
    enum status s = E_PROTOCOL;

    TAKE(MON_GRANT, mon_grant, take_grant)
    TAKE(MON_TAKEN, mon_taken, take_taken)
    TAKE(MON_GRANT_ASK, mon_grant_ask, take_ask)
    TAKE(MON_GRANT_TOLD, mon_grant_told, take_told)
    TAKE(MON_RELEASE, mon_release, take_release)
    TAKE(MON_REVOKE_ASK, mon_revoke_ask, take_revoke_ask)
    TAKE(MON_REVOKE_TOLD, mon_revoke_told, take_revoke_told)
    TAKE(MON_REVOKE_COPIES, mon_revoke_copies, take_revoke_copies)
    TAKE(MON_COPIES_DONE, mon_copies_done, take_copies_done)
    if (s != OK)
        o->dropped++;
}
