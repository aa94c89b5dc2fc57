/* Who moves next in a run of the simulator: a random channel delivers its head, or a random core
 * does something (caps_acts.c). After each delivery what it touched is checked; everything every
 * 10,000 deliveries and at rest, when sets must be exact. At the end everything is deleted and the
 * tables must be empty. */
#include <stdio.h>
#include <string.h>

#include "caps.h"

#define CHECK_EVERY 10000u

static bool hangs(const struct sim *s, uint32_t core)
{
    return !s->quiet_now && s->core[core].hangs_until > s->steps;
}

static void deliver_one(struct sim *s)
{
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t pair = s->busy[sim_below(s, s->busy_count)];
        uint64_t base = s->message[s->head[pair] - 1].m.word[1];
        uint32_t from = pair / s->cores, to = pair % s->cores, region = sim_region(base);
        if (hangs(s, to))
            continue;
        sim_deliver(s, pair);
        if (region < s->cores * SIM_REGIONS) {
            check_pair(s, region, from);
            check_pair(s, region, to);
        }
        if (s->delivered % CHECK_EVERY == 0)
            check_all(s, false);
        return;
    }
}

/* Everything is delivered, every monitor hears of every deletion: now the sets are exact. */
static void settle(struct sim *s)
{
    bool again = true;

    s->quiet_now = true;
    for (uint32_t i = 0; i < s->cores && s->dying; i++)
        sim_tell_death(s, i);
    while (again && !s->violation) {
        while (s->in_flight && !s->violation)
            deliver_one(s);
        again = false;
        for (uint32_t i = 0; i < s->cores; i++) {
            struct sim_core *c = &s->core[i];
            again |= c->due_count || c->starved_count;
            sim_late_clear(c);
            while (c->due_count)
                sim_due_tell(c, 0);
            while (c->starved_count)
                ops_credit(&c->ops, c->starved[--c->starved_count]);
        }
        again |= s->in_flight != 0;
    }
    if (!s->violation)
        check_all(s, true);
    s->quiet_now = false;
}

static void clear(struct sim *s)
{
    caps_clear(s);
    settle(s);
    for (uint32_t i = 0; i < s->cores; i++) {
        const struct sim_core *c = &s->core[i];
        if (c->ops.holders.used_count || c->db.cap_count != SIM_REGIONS)
            sim_fail(s, "everything is deleted and something is left", i, 0);
        for (uint32_t f = 0; f < SIM_FOREIGN; f++)
            if (c->ops.foreign[f].used)
                sim_fail(s, "everything is deleted and a record is left", i, 0);
    }
}

uint64_t caps_operations(const struct sim *s)
{
    return s->given + s->asked + s->minted + s->deleted + s->revoked + s->revoke_refused +
           s->revoke_gone + s->renewed;
}

static void step(struct sim *s, const struct caps_options *o)
{
    /* Now messages pile up, now they are few: both have their races. */
    uint32_t patience = s->steps / 1000 % 2 ? 40 : 70, core;

    sim_random_from(s, s->steps);
    core = sim_below(s, s->cores);
    if (s->in_flight && (s->in_flight > 40 * s->cores || sim_below(s, 100) < patience))
        deliver_one(s);
    else if (s->dying && sim_below(s, 4) == 0)
        sim_tell_death(s, core);
    else if (!hangs(s, core) && !s->core[core].dead)
        caps_act(s, &s->core[core], o->faults);
    if (o->check_always && !s->violation)
        check_all(s, false);
}

static bool goes_on(const struct sim *s, const struct caps_options *o)
{
    if (s->violation)
        return false;
    return o->keep ? s->steps < o->steps : caps_operations(s) < o->operations;
}

bool caps_run(struct sim *s, const struct caps_options *o)
{
    if (!sim_init(s, o->cores, o->seed))
        return false;
    s->omit = o->omit;
    s->draw = o->draw;
    s->refuse_one_in = o->faults & CAPS_FAULT_SLOTS ? 4 : UINT32_MAX;
    while (goes_on(s, o)) {
        if (!o->keep || o->keep[s->steps])
            step(s, o);
        if (s->steps % 20000 == 19999 && !s->violation)
            settle(s);
        if (!s->violation)
            s->steps++;
    }
    if (!s->violation)
        settle(s);
    if (!s->violation && !o->keep)
        clear(s);
    return true;
}

bool caps_faults_parse(const char *text, uint32_t *faults)
{
    static const struct {
        const char *name;
        uint32_t bit;
    } names[] = {{"slots", CAPS_FAULT_SLOTS},
                 {"hang", CAPS_FAULT_HANG},
                 {"garbage", CAPS_FAULT_GARBAGE},
                 {"stale", CAPS_FAULT_STALE},
                 {"death", CAPS_FAULT_DEATH},
                 {"all", CAPS_FAULTS_ALL},
                 {"none", 0}};

    *faults = 0;
    while (*text) {
        size_t length = strcspn(text, ",");
        bool found = false;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
            if (strlen(names[i].name) == length && memcmp(names[i].name, text, length) == 0) {
                *faults |= names[i].bit;
                found = true;
            }
        if (!found)
            return false;
        text += length + (text[length] == ',');
    }
    return true;
}

void caps_report(const struct sim *s, const struct caps_options *o)
{
    uint64_t first = s->story_count > SIM_STORY ? s->story_count - SIM_STORY : 0;

    printf("cores %u seed %lu: %lu operations, %lu delivered; %lu given, %lu asked (%lu taken, %lu "
           "refused, %lu without marker), %lu minted, %lu deleted, %lu released (%lu during a "
           "transfer), %lu revoked by %lu requests, %lu refused, %lu gone, %lu places used again; "
           "%lu stale or senseless, %lu hangs, %lu deaths\n",
           s->cores, (unsigned long)o->seed, (unsigned long)caps_operations(s),
           (unsigned long)s->delivered, (unsigned long)s->given, (unsigned long)s->asked,
           (unsigned long)s->taken, (unsigned long)s->refused, (unsigned long)s->no_marker,
           (unsigned long)s->minted, (unsigned long)s->deleted, (unsigned long)s->released,
           (unsigned long)s->crossed, (unsigned long)s->revoked, (unsigned long)s->revoke_asks,
           (unsigned long)s->revoke_refused, (unsigned long)s->revoke_gone,
           (unsigned long)s->renewed, (unsigned long)s->dropped, (unsigned long)s->hangs,
           (unsigned long)s->deaths);
    if (!s->violation)
        return;
    for (uint64_t i = first; i < s->story_count; i++)
        printf("  %s\n", s->story[i % SIM_STORY]);
    printf("VIOLATION: %s (core %u, region %u)\n", s->violation, s->violation_core,
           s->violation_region);
}
