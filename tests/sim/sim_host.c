/* What the operations see of the simulated machine: their host and the channels between them. The
 * planted omissions of sim.h act here, on what passes between monitors. */
#include <stdlib.h>
#include <string.h>

#include "sim.h"

/* ---- Channels ---- */

static uint32_t message_room(struct sim *s)
{
    if (!s->message_free) {
        uint32_t limit = s->message_limit ? 2 * s->message_limit : 1024;
        struct sim_message *grown = realloc(s->message, limit * sizeof(*grown));
        if (!grown)
            cap_hook_broken("no memory");
        s->message = grown;
        for (uint32_t i = s->message_limit; i < limit; i++)
            s->message[i].next = i + 1 < limit ? i + 2 : 0;
        s->message_free = s->message_limit + 1;
        s->message_limit = limit;
    }
    uint32_t at = s->message_free;
    s->message_free = s->message[at - 1].next;
    return at;
}

void sim_push(struct sim *s, uint32_t from, uint32_t to, const struct urpc_message *m)
{
    uint32_t pair = from * s->cores + to, at;

    /* To who is known to be dead. */
    if (s->dying == to + 1 && s->told[from])
        return;
    at = message_room(s);
    s->message[at - 1] = (struct sim_message){.m = *m};
    if (s->tail[pair]) {
        s->message[s->tail[pair] - 1].next = at;
    } else {
        s->head[pair] = at;
        s->busy_at[pair] = s->busy_count;
        s->busy[s->busy_count++] = pair;
    }
    s->tail[pair] = at;
    s->in_flight++;
}

static struct urpc_message message_pop(struct sim *s, uint32_t pair)
{
    uint32_t at = s->head[pair];
    struct urpc_message m = s->message[at - 1].m;

    s->head[pair] = s->message[at - 1].next;
    s->message[at - 1].next = s->message_free;
    s->message_free = at;
    if (!s->head[pair]) {
        uint32_t last = s->busy[--s->busy_count];
        s->tail[pair] = 0;
        s->busy[s->busy_at[pair]] = last;
        s->busy_at[last] = s->busy_at[pair];
    }
    s->in_flight--;
    return m;
}

void sim_cut(struct sim *s, uint32_t pair)
{
    while (s->head[pair])
        (void)message_pop(s, pair);
}

/* ---- Omissions on the way ---- */

static struct holder *row_of(struct sim_core *owner, const struct region_key *k, uint32_t core)
{
    struct region_key counted = key_counted(k, core);

    return holders_find(&owner->ops.holders, &counted);
}

static void taken_spoil(struct sim *s, struct sim_core *target, struct msg_mon_taken *t)
{
    const struct transfer *open = &s->core[t->to].ops.transfer[(t->op & 0xffff) % SIM_TRANSFERS];
    struct region_key k = key_counted(&open->key, target->core);

    if (s->omit == OMIT_3_LOSE && t->status != OK)
        t->holds = 0;
    if (s->omit == OMIT_3_LEAK && t->status != OK)
        t->holds = 1;
    if (s->omit == OMIT_4)
        t->holds = sim_count(target, &k) != 0;
}

static void done_forge(struct sim *s, uint32_t from, uint32_t to, uint32_t op)
{
    struct urpc_message m = {.type = MSG_MON_COPIES_DONE};

    m.word[0] = to | from << 16 | (uint64_t)op << 32;
    sim_push(s, from, to, &m);
}

/* Is the core asked only because it holds something larger? */
static bool is_outer(struct sim_core *owner, const struct region_key *k, uint32_t core)
{
    for (uint32_t i = 0; i < SIM_HOLDERS; i++) {
        const struct holder *row = &owner->ops.holders.row[i];
        struct region_key all = *k;
        all.tag = 0;
        if (row->used && region_covers(&all, &row->key) &&
            holders_held(&owner->ops.holders, row, core))
            return false;
    }
    return true;
}

/* True: the core is not asked, the owner believes it was. */
static bool copies_spoil(struct sim *s, struct sim_core *owner, const struct urpc_message *m)
{
    union msg_mon_revoke_copies_words w;
    bool forgotten = false;

    memcpy(w.word, m->word, sizeof(w.word));
    struct region_key k = {w.fields.base, w.fields.bytes, w.fields.tag, w.fields.type};
    if (s->omit == OMIT_12_SET)
        forgotten = sim_below(s, 4) == 0;
    if (s->omit == OMIT_23)
        forgotten = k.tag && tag_minting_core(k.tag) == w.fields.to;
    if (s->omit == OMIT_OUTER)
        forgotten = is_outer(owner, &k, w.fields.to);
    if (forgotten)
        done_forge(s, w.fields.to, owner->core, w.fields.op);
    return forgotten;
}

/* Rule 10 omitted: the requester asks for a transfer behind its revoke. */
static void ask_behind(struct sim *s, struct sim_core *c, const struct urpc_message *m)
{
    union msg_mon_revoke_ask_words w;
    union msg_mon_grant_ask_words ask = {.word = {0}};
    uint64_t birth = 0;
    struct urpc_message out = {.type = MSG_MON_GRANT_ASK};

    memcpy(w.word, m->word, sizeof(w.word));
    for (uint32_t i = 0; i < SIM_REVOKES; i++)
        if (c->invoking[i].token == (SIM_REVOKE_TOKEN | s->tokens))
            birth = c->zone[c->invoking[i].slot].aux;
    ask.fields = (struct msg_mon_grant_ask){.to = w.fields.to,
                                            .from = w.fields.from,
                                            .op = UINT32_MAX,
                                            .base = w.fields.base,
                                            .bytes = w.fields.bytes,
                                            .tag = w.fields.through,
                                            .type = (uint16_t)w.fields.type,
                                            .rights = RIGHTS_ALL,
                                            .target = sim_below(s, s->cores),
                                            .token = birth};
    memcpy(out.word, ask.word, sizeof(ask.word));
    sim_push(s, c->core, w.fields.to, &out);
}

static void taken_send(struct sim *s, struct sim_core *c, struct urpc_message *m)
{
    union msg_mon_taken_words w;

    memcpy(w.word, m->word, sizeof(w.word));
    taken_spoil(s, c, &w.fields);
    m->word[1] = w.word[1];
    s->taken += w.fields.status == OK;
    s->refused += w.fields.status != OK;
}

static void grant_spoil(struct sim *s, struct sim_core *c, const struct urpc_message *m,
                        uint32_t to)
{
    union msg_mon_grant_words w;

    if (s->omit != OMIT_2)
        return;
    memcpy(w.word, m->word, sizeof(w.word));
    struct region_key k = {w.fields.base, w.fields.bytes, w.fields.tag, CAP_FRAME};
    holders_set_held(&c->ops.holders, row_of(c, &k, to), to, false);
}

static void host_send(void *arg, const struct urpc_message *message)
{
    struct sim_core *c = arg;
    struct sim *s = c->sim;
    struct urpc_message m = *message;
    uint32_t to = routed_to(&m), from = (uint32_t)(m.word[0] >> 16 & 0xffff);

    if (from != c->core || to >= s->cores || to == from)
        cap_hook_broken("a message has the wrong sender or no receiver");
    if (m.type == MSG_MON_TAKEN)
        taken_send(s, c, &m);
    if (m.type == MSG_MON_GRANT)
        grant_spoil(s, c, &m, to);
    s->revoke_asks += m.type == MSG_MON_REVOKE_COPIES;
    if (m.type == MSG_MON_REVOKE_COPIES && copies_spoil(s, c, &m))
        return;
    s->released += m.type == MSG_MON_RELEASE;
    if (m.type == MSG_MON_RELEASE && c->mute)
        return;
    sim_push(s, from, to, &m);
    if (m.type == MSG_MON_REVOKE_ASK && s->omit == OMIT_10)
        ask_behind(s, c, &m);
}

/* ---- Effects ---- */

/* A marker of a tag, or of a part, is entered by a copy with that tag, made for it. */
static enum status host_mark(void *arg, const struct region_key *k, uint32_t row)
{
    struct sim_core *c = arg;
    uint32_t root = SIM_ROOT_FIRST + sim_region(k->base) % SIM_REGIONS, slot = root;
    struct region_key whole = sim_key(sim_region(k->base), 0);
    bool made = k->tag || k->bytes != whole.bytes;
    enum status s = OK;

    if (c->zone[SIM_MARKER_FIRST + row].type != CAP_NULL)
        cap_hook_broken("two markers with one number");
    if (made) {
        slot = sim_slot_free(c);
        if (!slot)
            return E_NO_MARKER;
        s = cap_mint(&c->db, root, slot, RIGHTS_ALL, k->tag, k->base - whole.base,
                     k->bytes == whole.bytes ? 0 : k->bytes);
    }
    if (s == OK)
        s = cap_insert_marker(&c->db, SIM_MARKER_FIRST + row, slot, row);
    if (made && cap_delete(&c->db, slot) != OK)
        cap_hook_broken("delete failed");
    return s;
}

static void host_unmark(void *arg, const struct region_key *k, uint32_t row)
{
    struct sim_core *c = arg;

    if (c->zone[SIM_MARKER_FIRST + row].base != k->base ||
        cap_delete(&c->db, SIM_MARKER_FIRST + row) != OK)
        cap_hook_broken("the marker is not where it was entered");
}

static enum status host_accept(void *arg, const struct cap_description *d, uint64_t token)
{
    struct sim_core *c = arg;
    uint32_t slot = sim_slot_free(c);
    struct cap_description born = *d;
    enum status s;

    if (!slot || sim_below(c->sim, c->sim->refuse_one_in) == 0)
        return E_NO_SLOT;
    born.aux = token;
    s = cap_insert(&c->db, slot, &born);
    if (s == OK)
        check_may_hold(c->sim, c, &c->zone[slot]);
    return s;
}

uint32_t sim_count(const struct sim_core *c, const struct region_key *k)
{
    uint32_t count = 0;

    for (uint32_t i = SIM_FREE_FIRST; i < SIM_LINES; i++) {
        const struct slot *at = &c->zone[i];
        if (at->type != CAP_FRAME || at->base < k->base || at->base >= k->base + k->bytes ||
            at->bytes > k->bytes)
            continue;
        if (c->sim->omit == OMIT_PARTS && at->bytes != k->bytes)
            continue;
        struct region_key own = sim_slot_key(at), counted = key_counted(&own, c->core);
        if (c->sim->omit == OMIT_19)
            counted.tag = own.tag;
        count += counted.tag == k->tag;
    }
    return count;
}

static uint32_t host_count(void *arg, const struct region_key *k)
{
    return sim_count(arg, k);
}

static void host_hold(void *arg, uint32_t number, const struct region_key *k)
{
    struct sim_core *c = arg;

    if (c->held[number].bytes)
        cap_hook_broken("two holds with one number");
    c->held[number] = *k;
}

static void host_unhold(void *arg, uint32_t number)
{
    struct sim_core *c = arg;

    c->held[number] = (struct region_key){0};
}

static struct sim_invoking *invoking_of(struct sim_core *c, uint64_t token)
{
    for (uint32_t i = 0; i < SIM_REVOKES; i++)
        if (c->invoking[i].used && c->invoking[i].token == token)
            return &c->invoking[i];
    cap_hook_broken("a revoke that nobody asked for");
}

static void clear(struct sim_core *c, const struct region_key *k, uint32_t owner, uint32_t spared)
{
    for (uint32_t i = SIM_FREE_FIRST; i < SIM_LINES; i++) {
        struct region_key own = sim_slot_key(&c->zone[i]);
        if (c->zone[i].type != CAP_FRAME || c->zone[i].owner != owner || i == spared ||
            !region_covers(k, &own))
            continue;
        for (uint32_t v = 0; v < SIM_REVOKES; v++)
            if (c->invoking[v].used && c->invoking[v].slot == i)
                c->invoking[v].slot = 0;
        if (cap_delete(&c->db, i) != OK)
            cap_hook_broken("delete failed");
    }
}

void sim_late_clear(struct sim_core *c)
{
    if (c->late.bytes)
        clear(c, &c->late, sim_region(c->late.base) / SIM_REGIONS, 0);
    c->late.bytes = 0;
}

static void host_clear(void *arg, const struct region_key *k, uint32_t owner, const uint64_t *token)
{
    struct sim_core *c = arg;
    struct sim *s = c->sim;

    if (s->omit == OMIT_37_COPIES && s->dying == owner + 1 && !token)
        return;
    if ((s->omit == OMIT_11 && token && owner != c->core) ||
        (s->omit == OMIT_12_OWN && owner == c->core))
        return;
    if (s->omit == OMIT_13 && !token && owner != c->core) {
        sim_late_clear(c);
        c->late = *k;
        return;
    }
    clear(c, k, owner, token ? invoking_of(c, *token)->slot : 0);
}

static bool host_credit(void *arg, uint32_t core)
{
    struct sim_core *c = arg;

    if (c->sim->quiet_now || sim_below(c->sim, 8) || c->starved_count == c->sim->cores)
        return true;
    c->starved[c->starved_count++] = core;
    return false;
}

static void revoke_finished(struct sim_core *c, uint64_t token, enum status status)
{
    struct sim_invoking *v = invoking_of(c, token), done = *v;
    struct sim *s = c->sim;

    v->used = false;
    sim_tell(s, "%u: its revoke %lu is over: %d", c->core,
             (unsigned long)(token & ~SIM_REVOKE_TOKEN), (int)status);
    s->revoked += status == OK;
    s->revoke_gone += status == E_NO_CAP;
    s->revoke_refused += status != OK && status != E_NO_CAP;
    if (status == OK)
        check_revoked(s, c, &done);
}

static void host_finished(void *arg, uint64_t token, enum status status)
{
    struct sim_core *c = arg;

    if (token & SIM_REVOKE_TOKEN)
        revoke_finished(c, token, status);
    else
        c->sim->no_marker += status == E_NO_MARKER;
}

static void host_unshared(void *arg, const struct region_key *k)
{
    (void)arg, (void)k;
}

const struct ops_host sim_host = {
    .send = host_send,
    .mark = host_mark,
    .unmark = host_unmark,
    .accept = host_accept,
    .count = host_count,
    .hold = host_hold,
    .unhold = host_unhold,
    .clear = host_clear,
    .credit = host_credit,
    .finished = host_finished,
    .unshared = host_unshared,
};

/* ---- Messages ---- */

void sim_release_forge(struct sim_core *c, const struct region_key *k)
{
    union msg_mon_release_words w = {.word = {0}};
    struct urpc_message m = {.type = MSG_MON_RELEASE};

    w.fields = (struct msg_mon_release){.to = (uint16_t)(sim_region(k->base) / SIM_REGIONS),
                                        .from = (uint16_t)c->core,
                                        .base = k->base,
                                        .bytes = k->bytes,
                                        .tag = k->tag,
                                        .type = k->type};
    memcpy(m.word, w.word, sizeof(w.word));
    sim_push(c->sim, c->core, w.fields.to, &m);
}

/* Rule 7 omitted: it answers whatever was asked of its sender about the region. */
static void release_answers(struct sim *s, struct sim_core *owner, const struct region_key *k,
                            uint32_t from)
{
    for (uint32_t i = 0; i < SIM_REVOKES; i++) {
        const struct revoke *r = &owner->ops.revoke[i];
        if (r->state == REVOKE_STATE_WAITING && region_covers(&r->key, k))
            done_forge(s, from, owner->core, i | (uint32_t)r->generation << 16);
    }
}

/* False: the omitted rule would have dropped it. */
static bool release_spoil(struct sim *s, struct sim_core *owner, const struct urpc_message *m)
{
    union msg_mon_release_words w;
    struct holder *row;

    memcpy(w.word, m->word, sizeof(w.word));
    struct region_key k = {w.fields.base, w.fields.bytes, w.fields.tag, w.fields.type};
    row = holders_find(&owner->ops.holders, &k);
    bool open = row && holders_open(&owner->ops.holders, row, w.fields.from);
    s->crossed += open;
    if (s->omit == OMIT_7)
        release_answers(s, owner, &k, w.fields.from);
    if (s->omit == OMIT_6_CLEAR && open)
        holders_set_held(&owner->ops.holders, row, w.fields.from, false);
    return s->omit != OMIT_6_REGION || !holders_region_open(&owner->ops.holders, &k, w.fields.from);
}

/* Rule 18 omitted: the answer closes whatever is open and was asked of its sender. */
static void answer_spoil(struct sim_core *owner, struct urpc_message *m)
{
    uint32_t from = (uint32_t)(m->word[0] >> 16 & 0xffff), op = (uint32_t)(m->word[0] >> 32);

    for (uint32_t i = 0; m->type == MSG_MON_TAKEN && i < SIM_TRANSFERS; i++) {
        const struct transfer *t = &owner->ops.transfer[i];
        if (t->state == TRANSFER_STATE_GRANTED && t->peer == from)
            op = i | (uint32_t)t->generation << 16;
    }
    for (uint32_t i = 0; m->type == MSG_MON_COPIES_DONE && i < SIM_REVOKES; i++)
        if (owner->ops.revoke[i].state == REVOKE_STATE_WAITING)
            op = i | (uint32_t)owner->ops.revoke[i].generation << 16;
    m->word[0] = (m->word[0] & UINT32_MAX) | (uint64_t)op << 32;
}

void sim_deliver(struct sim *s, uint32_t pair)
{
    uint32_t from = pair / s->cores, to = pair % s->cores;
    struct urpc_message m = message_pop(s, pair);
    struct sim_core *c = &s->core[to];

    if (c->dead)
        return;
    s->delivered++;
    sim_tell_message(s, from, to, &m);
    sim_late_clear(c);
    if (m.type == MSG_MON_RELEASE && !release_spoil(s, c, &m))
        return;
    if (s->omit == OMIT_18)
        answer_spoil(c, &m);
    c->mute = (s->omit == OMIT_24 && m.type == MSG_MON_REVOKE_COPIES) ||
              (s->omit == OMIT_25 && m.type == MSG_MON_REVOKE_TOLD);
    ops_message(&c->ops, &m);
    c->mute = false;
}
