/* The machine under the simulated monitors: capability cores without hardware, their slots, and
 * what domains have told their monitors. The operations' host and the channels: sim_host.c. */
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

void sim_random_from(struct sim *s, uint64_t step)
{
    uint64_t x = s->seed * 0x9e3779b97f4a7c15ull + step * 0xd1342543de82ef95ull;

    x = (x ^ x >> 31) * 0xbf58476d1ce4e5b9ull;
    s->random = (x ^ x >> 27) | 1;
}

void sim_tell(struct sim *s, const char *format, ...)
{
    char *text = s->story[s->story_count++ % SIM_STORY];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(s->story[0]), format, args);
    va_end(args);
    if (!s->draw)
        return;
    fprintf(s->draw, "%6lu ", (unsigned long)s->steps);
    for (uint32_t i = 0; i < s->cores && i < SIM_COLUMNS; i++)
        fprintf(s->draw, "%-8s", "|");
    fprintf(s->draw, "%s\n", text);
}

static void arrow_draw(struct sim *s, uint32_t from, uint32_t to, const char *text)
{
    uint32_t low = from < to ? from : to, high = from < to ? to : from;

    fprintf(s->draw, "%6lu ", (unsigned long)s->steps);
    for (uint32_t i = 0; i < s->cores && i < SIM_COLUMNS; i++) {
        char edge = i == to               ? (from < to ? '>' : '<')
                    : i == from           ? '+'
                    : i > low && i < high ? '-'
                                          : '|';
        fprintf(s->draw, "%c%s", edge, i >= low && i < high ? "-------" : "       ");
    }
    fprintf(s->draw, "%s\n", text);
}

void sim_tell_message(struct sim *s, uint32_t from, uint32_t to, const struct urpc_message *m)
{
    char *text = s->story[s->story_count++ % SIM_STORY];

    snprintf(text, sizeof(s->story[0]), "%u -> %u %s op %lx base %lx bytes/status %lx tag/rest %lx",
             from, to, protocol_message_name(monitor_protocol(), m->type),
             (unsigned long)(m->word[0] >> 32), (unsigned long)m->word[1],
             (unsigned long)m->word[2], (unsigned long)m->word[3]);
    if (s->draw)
        arrow_draw(s, from, to, text);
}

void sim_fail(struct sim *s, const char *what, uint32_t core, uint32_t region)
{
    if (s->violation)
        return;
    s->violation = what;
    s->violation_core = core;
    s->violation_region = region;
}

uint64_t sim_now(struct sim *s)
{
    return ++s->clock;
}

struct region_key sim_key(uint32_t region, uint32_t tag)
{
    return (struct region_key){RAM_BASE + region * 0x10000ull, SIM_FRAME_BYTES, tag, CAP_FRAME};
}

uint32_t sim_region(uint64_t base)
{
    return (uint32_t)((base - RAM_BASE) / 0x10000);
}

uint32_t sim_tag(const struct sim *s, uint32_t core)
{
    return core << 20 | (1 + s->core[core].incarnation);
}

/* Numbers come round again when no copy with an old one can be left: 64 incarnations later. */
uint32_t sim_tag_index(const struct sim *s, uint32_t tag)
{
    if (!tag)
        return 0;
    return 1 + tag_minting_core(tag) * s->tag_numbers + (tag & 0xfffff) % s->tag_numbers;
}

uint32_t sim_part(uint64_t base, uint64_t bytes)
{
    return bytes == SIM_FRAME_BYTES ? 0 : 1 + (uint32_t)(base % 0x10000 / PAGE_BYTES);
}

struct region_key sim_slot_key(const struct slot *at)
{
    return (struct region_key){at->base, at->bytes, at->tag, at->type};
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

bool sim_held(const struct sim_core *c, const struct region_key *k)
{
    for (uint32_t i = 0; i < SIM_REVOKES && c->sim->omit != OMIT_10; i++)
        if (c->held[i].bytes && region_covers(&c->held[i], k))
            return true;
    return false;
}

/* ---- What the monitor does not know yet ---- */

void sim_due_tell(struct sim_core *c, uint32_t i)
{
    struct region_key k = c->due[i], counted = key_counted(&k, c->core);

    c->due[i] = c->due[--c->due_count];
    if (c->sim->omit == OMIT_5 && !sim_count(c, &counted) && ops_marked(&c->ops, &k))
        sim_release_forge(c, &counted);
    ops_deleted(&c->ops, &k);
}

void sim_due(struct sim_core *c, const struct region_key *k)
{
    if (c->due_count == SIM_DUE)
        sim_due_tell(c, 0);
    c->due[c->due_count++] = *k;
}

/* ---- Start ---- */

static void core_init(struct sim *s, uint32_t i)
{
    struct ops_limits limits = {.core_count = s->cores,
                                .holders = SIM_HOLDERS,
                                .foreign = SIM_FOREIGN,
                                .transfers = SIM_TRANSFERS,
                                .revokes = SIM_REVOKES,
                                .tags = SIM_TAGS,
                                .tag_first = 1 + s->core[i].incarnation};
    struct sim_core *c = &s->core[i];

    c->sim = s;
    c->core = i;
    cap_db_init(&c->db, c->zone, ZONE_BASE + i * sizeof(c->zone), SIM_LINES, (uint16_t)i);
    c->memory = calloc(1, ops_bytes(&limits));
    c->starved = calloc(s->cores, sizeof(*c->starved));
    if (!c->memory || !c->starved)
        cap_hook_broken("no memory");
    ops_init(&c->ops, i, &limits, &sim_host, c, c->memory);
    for (uint32_t r = 0; r < SIM_REGIONS; r++)
        if (sim_root_make(c, r) != OK)
            cap_hook_broken("root refused");
}

void sim_die(struct sim *s, uint32_t core)
{
    s->core[core].dead = true;
    s->dying = core + 1;
    s->told_count = 1;
    memset(s->told, 0, s->cores);
    s->told[core] = 1;
    s->deaths++;
    sim_tell(s, "%u dies", core);
}

static void core_restart(struct sim *s, uint32_t core)
{
    struct sim_core *c = &s->core[core];

    free(c->memory);
    free(c->starved);
    uint32_t incarnation = c->incarnation + 1;
    memset(c, 0, sizeof(*c));
    c->incarnation = incarnation;
    core_init(s, core);
    for (uint32_t i = 0; i < s->cores; i++)
        if (i != core)
            ops_core_started(&s->core[i].ops, core);
    s->dying = 0;
    sim_tell(s, "%u starts again", core);
}

void sim_tell_death(struct sim *s, uint32_t other)
{
    uint32_t core = s->dying - 1;

    if (s->told[other])
        return;
    s->told[other] = 1;
    s->told_count++;
    sim_tell(s, "%u learns that %u is dead", other, core);
    sim_cut(s, core * s->cores + other);
    sim_cut(s, other * s->cores + core);
    if (s->omit != OMIT_37 || sim_below(s, 4))
        ops_core_died(&s->core[other].ops, core);
    if (s->told_count == s->cores)
        core_restart(s, core);
}

bool sim_init(struct sim *s, uint32_t cores, uint64_t seed)
{
    size_t pairs = (size_t)cores * cores;

    memset(s, 0, sizeof(*s));
    s->cores = cores;
    s->refuse_one_in = 4;
    s->tag_numbers = cores <= 64 ? 64 : 2;
    s->seed = seed;
    sim_random_from(s, UINT64_MAX);
    s->core = calloc(cores, sizeof(*s->core));
    s->head = calloc(pairs, sizeof(uint32_t));
    s->tail = calloc(pairs, sizeof(uint32_t));
    s->busy_at = calloc(pairs, sizeof(uint32_t));
    s->busy = calloc(pairs, sizeof(uint32_t));
    s->told = calloc(cores, 1);
    if (!s->core || !s->head || !s->tail || !s->busy_at || !s->busy || !s->told ||
        !machine_spec_init(&s->spec, cores * SIM_REGIONS, cores * s->tag_numbers + 1))
        return false;
    for (uint32_t i = 0; i < cores; i++)
        core_init(s, i);
    return true;
}

void sim_free(struct sim *s)
{
    for (uint32_t i = 0; i < s->cores; i++) {
        free(s->core[i].memory);
        free(s->core[i].starved);
    }
    machine_spec_free(&s->spec);
    free(s->core);
    free(s->head);
    free(s->tail);
    free(s->busy_at);
    free(s->busy);
    free(s->told);
    free(s->message);
}
