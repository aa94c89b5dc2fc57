/* The machine under the simulated monitors: capability cores without hardware, ordered channels,
 * and the host that the operations see. The planted omissions of sim.h act here, on what passes
 * between monitors. */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ZONE_BASE 0x1000000ull
#define RAM_BASE 0x100000000ull

/* xorshift64*: a run is its seed. */
uint32_t sim_below(struct sim *s, uint32_t limit)
{
    s->random ^= s->random >> 12;
    s->random ^= s->random << 25;
    s->random ^= s->random >> 27;
    return (uint32_t)((s->random * 0x2545f4914f6cdd1dull >> 32) % limit);
}

void sim_tell(struct sim *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(s->story[s->story_count++ % SIM_STORY], sizeof(s->story[0]), format, args);
    va_end(args);
}

void sim_fail(struct sim *s, const char *what, uint32_t core, uint32_t region)
{
    if (s->violation)
        return;
    s->violation = what;
    s->violation_core = core;
    s->violation_region = region;
}

struct region_key sim_key(uint32_t region, uint32_t tag)
{
    return (struct region_key){RAM_BASE + region * 0x10000ull, SIM_FRAME_BYTES, tag, CAP_FRAME};
}

uint32_t sim_region(uint64_t base)
{
    return (uint32_t)((base - RAM_BASE) / 0x10000);
}

/* ---- Hooks of the capability core: there is no hardware ---- */

void cap_hook_object_end(struct cap_db *db, uint32_t slot)
{
    (void)db, (void)slot;
}

void cap_hook_object_made(struct cap_db *db, uint32_t slot)
{
    (void)db, (void)slot;
}

void cap_hook_zero(struct cap_db *db, uint64_t base, uint64_t bytes)
{
    (void)db, (void)base, (void)bytes;
}

bool cap_hook_preempt(struct cap_db *db)
{
    (void)db;
    return false;
}

uint32_t cap_hook_table_mapping(struct cap_db *db, uint32_t table, uint32_t *index)
{
    (void)db, (void)table;
    *index = CAP_TABLE_ENTRIES;
    return 0;
}

void cap_hook_mapping_moved(struct cap_db *db, uint32_t slot)
{
    (void)db, (void)slot;
}

void cap_hook_broken(const char *what)
{
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

/* ---- Slots ---- */

uint32_t sim_slot_free(const struct sim_core *c)
{
    for (uint32_t i = SIM_FREE_FIRST; i < SIM_LINES; i++)
        if (c->zone[i].type == CAP_NULL)
            return i;
    return 0;
}

uint32_t sim_slot_random(struct sim *s, const struct sim_core *c, bool foreign)
{
    uint32_t used[SIM_LINES], count = 0;

    for (uint32_t i = SIM_FREE_FIRST; i < SIM_LINES; i++)
        if (c->zone[i].type == CAP_FRAME && (c->zone[i].owner != c->core) == foreign)
            used[count++] = i;
    return count ? used[sim_below(s, count)] : 0;
}

void sim_copies(const struct sim_core *c, uint32_t region, uint32_t count[SIM_CORES_MAX + 1])
{
    struct region_key k = sim_key(region, 0);

    memset(count, 0, sizeof(uint32_t) * (SIM_CORES_MAX + 1));
    for (uint32_t i = SIM_FREE_FIRST; i < SIM_LINES; i++) {
        const struct slot *at = &c->zone[i];
        if (at->type == CAP_FRAME && at->base >= k.base && at->base < k.base + k.bytes)
            count[sim_tag_index(at->tag)]++;
    }
}

enum status sim_root_make(struct sim_core *c, uint32_t i)
{
    struct region_key k = sim_key(c->core * SIM_REGIONS + i, 0);
    struct cap_description d = {.base = k.base,
                                .bytes = k.bytes,
                                .type = CAP_FRAME,
                                .rights = RIGHTS_ALL,
                                .owner = (uint16_t)c->core};

    return cap_insert(&c->db, SIM_ROOT_FIRST + i, &d);
}

/* ---- The operations' host ---- */

static void queue_push(struct sim *s, uint32_t from, uint32_t to, const struct urpc_message *m)
{
    struct sim_queue *q = &s->queue[from][to];

    if (q->end - q->first == SIM_QUEUE)
        cap_hook_broken("a channel is full");
    q->m[q->end++ % SIM_QUEUE] = *m;
    s->in_flight++;
}

static struct holder *row_of(struct sim_core *owner, const struct region_key *k, uint32_t core)
{
    struct region_key counted = key_counted(k, core);

    return holders_find(&owner->ops.holders, &counted);
}

/* The answer as the omitted rule would have it. */
static void taken_spoil(struct sim *s, struct sim_core *target, struct msg_mon_taken *t)
{
    const struct transfer *open = &s->core[t->to].ops.transfer[t->op & 0xffff];
    struct region_key k = key_counted(&open->key, target->core);

    if (s->omit == OMIT_3_LOSE && t->status != OK)
        t->holds = 0;
    if (s->omit == OMIT_3_LEAK && t->status != OK)
        t->holds = 1;
    if (s->omit == OMIT_4)
        t->holds = target->ops.host->count(target, &k) != 0;
}

static void host_send(void *arg, const struct urpc_message *message)
{
    struct sim_core *c = arg;
    struct sim *s = c->sim;
    struct urpc_message m = *message;
    uint32_t to = routed_to(&m), from = (uint32_t)(m.word[0] >> 16 & 0xffff);

    if (from != c->core || to >= s->cores || to == from)
        cap_hook_broken("a message has the wrong sender or no receiver");
    if (m.type == MSG_MON_TAKEN) {
        union msg_mon_taken_words w = {.word = {m.word[0], m.word[1]}};
        taken_spoil(s, c, &w.fields);
        m.word[1] = w.word[1];
        s->taken += w.fields.status == OK;
        s->refused += w.fields.status != OK;
    }
    if (m.type == MSG_MON_GRANT && s->omit == OMIT_2) {
        union msg_mon_grant_words w;
        memcpy(w.word, m.word, sizeof(w.word));
        struct region_key k = {w.fields.base, w.fields.bytes, w.fields.tag, CAP_FRAME};
        holders_set_held(&c->ops.holders, row_of(c, &k, to), to, false);
    }
    s->released += m.type == MSG_MON_RELEASE;
    queue_push(s, from, to, &m);
}

/* A marker of a tag is entered by a copy with that tag, made for it. */
static enum status host_mark(void *arg, const struct region_key *k, uint32_t row)
{
    struct sim_core *c = arg;
    uint32_t root = SIM_ROOT_FIRST + sim_region(k->base) % SIM_REGIONS, slot = root;
    enum status s = OK;

    if (c->zone[SIM_MARKER_FIRST + row].type != CAP_NULL)
        cap_hook_broken("two markers with one number");
    if (k->tag) {
        slot = sim_slot_free(c);
        if (!slot)
            return E_NO_MARKER;
        s = cap_mint(&c->db, root, slot, RIGHTS_ALL, k->tag, 0, 0);
    }
    if (s == OK)
        s = cap_insert_marker(&c->db, SIM_MARKER_FIRST + row, slot, row);
    if (k->tag && cap_delete(&c->db, slot) != OK)
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

    (void)token;
    if (!slot || sim_below(c->sim, c->sim->refuse_one_in) == 0)
        return E_NO_SLOT;
    return cap_insert(&c->db, slot, d);
}

static uint32_t host_count(void *arg, const struct region_key *k)
{
    const struct sim_core *c = arg;
    uint32_t count[SIM_CORES_MAX + 1];

    sim_copies(c, sim_region(k->base), count);
    for (uint32_t i = SIM_FREE_FIRST; c->sim->omit == OMIT_PARTS && i < SIM_LINES; i++)
        if (c->zone[i].base == k->base && c->zone[i].bytes < k->bytes)
            count[sim_tag_index(c->zone[i].tag)]--;
    if (k->tag == 0)
        return count[0] + count[1 + c->core];
    return count[sim_tag_index(k->tag)];
}

static void host_finished(void *arg, uint64_t token, enum status status)
{
    struct sim_core *c = arg;

    (void)token;
    c->sim->no_marker += status == E_NO_MARKER;
}

static void host_unshared(void *arg, const struct region_key *k)
{
    (void)arg, (void)k;
}

static const struct ops_host host = {
    .send = host_send,
    .mark = host_mark,
    .unmark = host_unmark,
    .accept = host_accept,
    .count = host_count,
    .finished = host_finished,
    .unshared = host_unshared,
};

/* ---- Messages ---- */

/* The stand-in for revoke: its request is always answered, and its answer deletes nothing. */
struct sim_request {
    uint16_t to, from;
    uint32_t tag;
    uint64_t base;
};

static void request_push(struct sim *s, uint32_t type, const struct sim_request *r)
{
    struct urpc_message m = {.type = (uint16_t)type};

    memcpy(m.word, r, sizeof(*r));
    queue_push(s, r->from, r->to, &m);
}

void sim_request_send(struct sim *s, uint32_t from, const struct region_key *k)
{
    struct sim_request r = {.to = (uint16_t)(sim_region(k->base) / SIM_REGIONS),
                            .from = (uint16_t)from,
                            .tag = k->tag,
                            .base = k->base};

    request_push(s, SIM_REQUEST, &r);
}

static void request_take(struct sim *s, const struct urpc_message *m)
{
    struct sim_request r;
    struct region_key k;

    memcpy(&r, m->word, sizeof(r));
    if (m->type == SIM_REQUEST) {
        request_push(s, SIM_ANSWER, &(struct sim_request){r.from, r.to, r.tag, r.base});
        return;
    }
    k = sim_key(sim_region(r.base), r.tag);
    s->core[r.to].requested[sim_region(r.base)][sim_tag_index(r.tag)] = false;
    if (ops_answer(&s->core[r.to].ops, &k) != OK)
        sim_fail(s, "the record of a region with an open request is gone", r.to,
                 sim_region(r.base));
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
    if (s->omit == OMIT_6_CLEAR && open)
        holders_set_held(&owner->ops.holders, row, w.fields.from, false);
    return s->omit != OMIT_6_REGION || !holders_region_open(&owner->ops.holders, &k, w.fields.from);
}

/* Rule 18 omitted: the answer closes whatever transfer to its sender is open. */
static void answer_spoil(struct sim_core *owner, struct urpc_message *m)
{
    union msg_mon_taken_words w = {.word = {m->word[0], m->word[1]}};

    for (uint32_t i = 0; i < SIM_TRANSFERS; i++) {
        const struct transfer *t = &owner->ops.transfer[i];
        if (t->state == TRANSFER_STATE_GRANTED && t->peer == w.fields.from)
            w.fields.op = i | (uint32_t)t->generation << 16;
    }
    m->word[0] = w.word[0];
}

void sim_deliver(struct sim *s, uint32_t from, uint32_t to)
{
    struct sim_queue *q = &s->queue[from][to];
    struct urpc_message m = q->m[q->first++ % SIM_QUEUE];

    s->in_flight--;
    s->delivered++;
    if (m.type >= SIM_REQUEST) {
        sim_tell(s, "%u -> %u %s", from, to, m.type == SIM_REQUEST ? "REQUEST" : "ANSWER");
        request_take(s, &m);
        return;
    }
    sim_tell(s, "%u -> %u %s op %lx base %lx tag/rest %lx", from, to,
             protocol_message_name(monitor_protocol(), m.type), (unsigned long)(m.word[0] >> 32),
             (unsigned long)m.word[1], (unsigned long)m.word[3]);
    if (m.type == MSG_MON_RELEASE && !release_spoil(s, &s->core[to], &m))
        return;
    if (m.type == MSG_MON_TAKEN && s->omit == OMIT_18)
        answer_spoil(&s->core[to], &m);
    ops_message(&s->core[to].ops, &m);
}

/* ---- Start ---- */

void sim_init(struct sim *s, uint32_t cores, uint64_t seed)
{
    struct ops_limits limits = {cores, SIM_HOLDERS, SIM_FOREIGN, SIM_TRANSFERS};

    memset(s, 0, sizeof(*s));
    s->cores = cores;
    s->refuse_one_in = 4;
    s->random = seed * 0x9e3779b97f4a7c15ull + 1;
    for (uint32_t i = 0; i < cores; i++) {
        struct sim_core *c = &s->core[i];
        c->sim = s;
        c->core = i;
        cap_db_init(&c->db, c->zone, ZONE_BASE + i * sizeof(c->zone), SIM_LINES, (uint16_t)i);
        c->memory = calloc(1, ops_bytes(&limits));
        if (!c->memory)
            cap_hook_broken("no memory");
        ops_init(&c->ops, i, &limits, &host, c, c->memory);
        for (uint32_t r = 0; r < SIM_REGIONS; r++)
            if (sim_root_make(c, r) != OK)
                cap_hook_broken("root refused");
    }
}

void sim_free(struct sim *s)
{
    for (uint32_t i = 0; i < s->cores; i++)
        free(s->core[i].memory);
}
