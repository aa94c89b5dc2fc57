/* Transfer and release under a seeded, adversarial scheduler: transfer_sim [--cores N] [--steps N]
 * [--seed S] [--omit RULE].
 *
 * Each step a random channel delivers its head, or a random core does something: gives a frame of
 * its own to a core, asks an owner to give it to a third, copies, deletes, tells its monitor of
 * deletions, opens a revoke request, makes a younger frame at the place of one that nobody holds;
 * or an answer that nobody waits for arrives. After each step the region touched is checked
 * (check.c). At the end everything is delivered and the sets must be exact; then everything is
 * deleted and they must be empty. A violation prints the last events and the seed that replays it;
 * exit 1. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const omission_names[OMISSION_COUNT] = {
    [OMIT_NOTHING] = "nothing",
    [OMIT_2] = "2",
    [OMIT_3_LOSE] = "3-lose",
    [OMIT_3_LEAK] = "3-leak",
    [OMIT_4] = "4",
    [OMIT_5] = "5",
    [OMIT_6_CLEAR] = "6-clear",
    [OMIT_6_REGION] = "6-region",
    [OMIT_8] = "8",
    [OMIT_18] = "18",
    [OMIT_PARTS] = "parts",
};

enum action {
    ACT_GIVE,
    ACT_ASK,
    ACT_COPY,
    ACT_MINT,
    ACT_DELETE,
    ACT_CHECK,
    ACT_REQUEST,
    ACT_RENEW,
    ACT_FORGE,
    ACT_COUNT
};
/* How often, of 100: when copies spread, and when they go. */
static const uint32_t action_weight[2][ACT_COUNT] = {
    {24, 16, 6, 4, 24, 16, 4, 3, 3},
    {6, 4, 1, 1, 48, 24, 4, 9, 3},
};

static void act_give(struct sim *s, struct sim_core *c)
{
    uint32_t region = c->core * SIM_REGIONS + sim_below(s, SIM_REGIONS);
    struct region_key k = sim_key(region, sim_below(s, 3) ? 0 : sim_tag(c->core));
    struct cap_description d = {.base = k.base,
                                .bytes = k.bytes,
                                .tag = k.tag,
                                .type = CAP_FRAME,
                                .rights = RIGHTS_ALL,
                                .owner = (uint16_t)c->core};
    uint32_t target = sim_below(s, s->cores);
    enum status status = ops_transfer(&c->ops, target, &d, s->steps);

    sim_tell(s, "%u gives region %u tag %x to %u: %d", c->core, region, k.tag, target, (int)status);
    check_region(s, region);
}

static void act_ask(struct sim *s, struct sim_core *c)
{
    uint32_t slot = sim_slot_random(s, c, true), target = sim_below(s, s->cores);
    struct cap_description d;

    if (!slot || cap_identify(&c->db, slot, &d) != OK)
        return;
    enum status status = ops_transfer(&c->ops, target, &d, s->steps);
    s->asked += status == OK;
    sim_tell(s, "%u asks %u to give region %u tag %x to %u: %d", c->core, d.owner,
             sim_region(d.base), d.tag, target, (int)status);
}

static void act_copy(struct sim *s, struct sim_core *c, uint32_t tag)
{
    uint32_t slot = sim_slot_random(s, c, true), free = sim_slot_free(c);
    enum status status;

    if (!slot || !free || (tag && c->zone[slot].tag))
        return;
    if (tag || sim_below(s, 2))
        status = cap_mint(&c->db, slot, free, RIGHTS_ALL, tag, 0, sim_below(s, 2) ? PAGE_BYTES : 0);
    else
        status = cap_copy(&c->db, slot, free);
    if (status == OK)
        check_region(s, sim_region(c->zone[free].base));
}

static void slot_drop(struct sim *s, struct sim_core *c, uint32_t slot)
{
    uint32_t region = sim_region(c->zone[slot].base);
    struct region_key k = sim_key(region, c->zone[slot].tag), counted = key_counted(&k, c->core);

    if (cap_delete(&c->db, slot) != OK)
        cap_hook_broken("delete failed");
    c->due[region][sim_tag_index(counted.tag)] = true;
    sim_tell(s, "%u deletes a copy of region %u tag %x, %u left", c->core, region, k.tag,
             c->ops.host->count(c, &counted));
    check_region(s, region);
}

static void act_delete(struct sim *s, struct sim_core *c)
{
    uint32_t slot = sim_slot_random(s, c, true);

    if (slot)
        slot_drop(s, c, slot);
}

/* Rule 5 omitted: the release does not wait for the answer. */
static void release_early(struct sim_core *c, const struct region_key *k)
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
    c->ops.host->send(c, &m);
}

static void due_tell(struct sim *s, struct sim_core *c, uint32_t region, uint32_t tag)
{
    struct region_key k = sim_key(region, tag ? sim_tag(tag - 1) : 0);

    c->due[region][tag] = false;
    if (s->omit == OMIT_5 && c->requested[region][tag] && !c->ops.host->count(c, &k))
        release_early(c, &k);
    ops_deleted(&c->ops, &k);
}

static void act_check(struct sim *s, struct sim_core *c)
{
    uint32_t regions = s->cores * SIM_REGIONS, first = sim_below(s, regions);

    for (uint32_t i = 0; i < regions; i++)
        for (uint32_t t = 0; t <= s->cores; t++)
            if (c->due[(first + i) % regions][t]) {
                due_tell(s, c, (first + i) % regions, t);
                return;
            }
}

static void act_request(struct sim *s, struct sim_core *c)
{
    uint32_t slot = sim_slot_random(s, c, true);
    struct region_key k;

    if (!slot)
        return;
    k = sim_key(sim_region(c->zone[slot].base), c->zone[slot].tag);
    k = key_counted(&k, c->core);
    if (ops_request(&c->ops, &k) != OK)
        return;
    c->requested[sim_region(k.base)][sim_tag_index(k.tag)] = true;
    sim_tell(s, "%u opens a request on region %u tag %x", c->core, sim_region(k.base), k.tag);
    sim_request_send(s, c->core, &k);
}

/* Rule 8's purpose: the place of a frame is used again only when nobody holds it. */
static void act_renew(struct sim *s, struct sim_core *c)
{
    uint32_t i = sim_below(s, SIM_REGIONS), region = c->core * SIM_REGIONS + i;
    struct region_key k = sim_key(region, 0);
    uint32_t count[SIM_CORES_MAX + 1];

    if (s->omit != OMIT_8 && holders_region_shared(&c->ops.holders, &k))
        return;
    for (uint32_t other = 0; other < s->cores; other++) {
        sim_copies(&s->core[other], region, count);
        for (uint32_t t = 0; t <= s->cores; t++)
            if (count[t] || s->core[other].requested[region][t])
                sim_fail(s, "memory is used again while another core holds it", other, region);
    }
    if (cap_delete(&c->db, SIM_ROOT_FIRST + i) != OK || sim_root_make(c, i) != OK)
        sim_fail(s, "the place of a frame that nobody holds cannot be used again", c->core, region);
    s->renewed++;
}

/* Stale bytes: an answer for a transfer that was closed, or from a core that was not asked. */
static void act_forge(struct sim *s, struct sim_core *c)
{
    uint32_t i = sim_below(s, SIM_TRANSFERS), from = sim_below(s, s->cores);
    const struct transfer *t = &c->ops.transfer[i];
    bool told = sim_below(s, 2);
    uint32_t generation = t->generation;
    uint64_t before = c->ops.dropped;

    if (from == c->core)
        return;
    if (t->state != TRANSFER_STATE_FREE && t->peer == from)
        generation--;
    struct urpc_message m = {.type = told ? MSG_MON_GRANT_TOLD : MSG_MON_TAKEN};
    m.word[0] = c->core | from << 16 | (uint64_t)((i | generation << 16) & UINT32_MAX) << 32;
    m.word[1] = (uint64_t)sim_below(s, 2) << 32;
    ops_message(&c->ops, &m);
    if (c->ops.dropped == before)
        sim_fail(s, "an answer that nobody waits for was taken (rule 18)", c->core, 0);
    s->dropped++;
}

static void act(struct sim *s, struct sim_core *c)
{
    const uint32_t *weight = action_weight[s->steps / 3000 % 2];
    uint32_t pick = sim_below(s, 100), a = 0;

    while (pick >= weight[a])
        pick -= weight[a++];
    switch ((enum action)a) {
    case ACT_GIVE:
        act_give(s, c);
        break;
    case ACT_ASK:
        act_ask(s, c);
        break;
    case ACT_COPY:
        act_copy(s, c, 0);
        break;
    case ACT_MINT:
        act_copy(s, c, sim_tag(c->core));
        break;
    case ACT_DELETE:
        act_delete(s, c);
        break;
    case ACT_CHECK:
        act_check(s, c);
        break;
    case ACT_REQUEST:
        act_request(s, c);
        break;
    case ACT_RENEW:
        act_renew(s, c);
        break;
    case ACT_FORGE:
        act_forge(s, c);
        break;
    case ACT_COUNT:
        break;
    }
}

static void deliver_one(struct sim *s)
{
    uint32_t pairs = s->cores * s->cores, first = sim_below(s, pairs);

    for (uint32_t i = 0; i < pairs; i++) {
        uint32_t from = (first + i) % pairs / s->cores, to = (first + i) % pairs % s->cores;
        const struct sim_queue *q = &s->queue[from][to];
        if (q->first == q->end)
            continue;
        uint64_t base = q->m[q->first % SIM_QUEUE].word[1];
        uint32_t region = sim_region(base);
        sim_deliver(s, from, to);
        if (region < s->cores * SIM_REGIONS)
            check_region(s, region);
        return;
    }
}

/* Everything is delivered, every monitor hears of every deletion: now the sets are exact. */
static void settle(struct sim *s)
{
    bool again = true;

    while (again && !s->violation) {
        while (s->in_flight && !s->violation)
            deliver_one(s);
        again = false;
        for (uint32_t i = 0; i < s->cores; i++)
            for (uint32_t r = 0; r < s->cores * SIM_REGIONS; r++)
                for (uint32_t t = 0; t <= s->cores; t++)
                    if (s->core[i].due[r][t]) {
                        due_tell(s, &s->core[i], r, t);
                        again = true;
                    }
        again |= s->in_flight != 0;
    }
    check_quiet(s);
}

static void clear(struct sim *s)
{
    for (uint32_t i = 0; i < s->cores; i++)
        for (uint32_t slot = SIM_FREE_FIRST; slot < SIM_LINES; slot++)
            if (s->core[i].zone[slot].type == CAP_FRAME)
                slot_drop(s, &s->core[i], slot);
    settle(s);
    for (uint32_t i = 0; i < s->cores; i++)
        if (s->core[i].ops.holders.used_count || s->core[i].db.cap_count != SIM_REGIONS)
            sim_fail(s, "everything is deleted and something is left", i, 0);
}

static void run(struct sim *s, uint64_t steps)
{
    for (; s->steps < steps && !s->violation; s->steps++) {
        /* Now messages pile up, now they are few: both have their races. */
        uint32_t patience = s->steps / 1000 % 2 ? 30 : 60;
        if (s->in_flight && (s->in_flight > 100 || sim_below(s, 100) < patience))
            deliver_one(s);
        else
            act(s, &s->core[sim_below(s, s->cores)]);
        if (s->steps % 20000 == 19999)
            settle(s);
    }
    if (!s->violation)
        settle(s);
    if (!s->violation)
        clear(s);
}

static int report(const struct sim *s, uint64_t seed)
{
    uint64_t first = s->story_count > SIM_STORY ? s->story_count - SIM_STORY : 0;

    printf(
        "cores %u seed %lu omit %s: %lu steps, %lu delivered, %lu taken, %lu refused, %lu asked, "
        "%lu released (%lu during a transfer), %lu without marker, %lu places used again, "
        "%lu stale answers\n",
        s->cores, (unsigned long)seed, omission_names[s->omit], (unsigned long)s->steps,
        (unsigned long)s->delivered, (unsigned long)s->taken, (unsigned long)s->refused,
        (unsigned long)s->asked, (unsigned long)s->released, (unsigned long)s->crossed,
        (unsigned long)s->no_marker, (unsigned long)s->renewed, (unsigned long)s->dropped);
    if (!s->violation)
        return 0;
    for (uint64_t i = first; i < s->story_count; i++)
        printf("  %s\n", s->story[i % SIM_STORY]);
    printf("VIOLATION: %s (core %u, region %u)\n", s->violation, s->violation_core,
           s->violation_region);
    return 1;
}

static int usage(void)
{
    fprintf(stderr, "usage: transfer_sim [--cores 3..16] [--steps N] [--seed S] [--omit RULE]\n");
    return 2;
}

int main(int argc, char **argv)
{
    uint64_t cores = 4, steps = 200000, seed = 1;
    enum omission omit = OMIT_NOTHING;
    struct sim *s = malloc(sizeof(*s));
    int result;

    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc)
            return usage();
        if (strcmp(argv[i], "--cores") == 0)
            cores = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--steps") == 0)
            steps = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0)
            seed = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--omit") == 0)
            while (omit < OMISSION_COUNT && strcmp(argv[i + 1], omission_names[omit]) != 0)
                omit++;
        else
            return usage();
    }
    if (cores < 3 || cores > SIM_CORES_MAX || omit == OMISSION_COUNT || !s)
        return usage();
    sim_init(s, (uint32_t)cores, seed);
    s->omit = omit;
    run(s, steps);
    result = report(s, seed);
    sim_free(s);
    free(s);
    return result;
}
