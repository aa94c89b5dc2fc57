/* random_check.c: the specification beside the guest of `skerry random`: begins with the real
 * database, makes the same calls, and at the end must have the same database. */
#include "random_check.h"

#include <stdlib.h>
#include <string.h>

#include "space/table.h"

enum { DIFFERENCES_KEPT = 16 };

#define X(value) ((unsigned long long)(value))

static struct spec_cap cap_of(const struct dump_core *c, uint32_t n)
{
    const struct slot *s = dump_slot(c, n);
    struct spec_cap cap = {.slot = n,
                           .base = s->base,
                           .bytes = s->bytes,
                           .aux = s->type == CAP_MAPPING ? 0 : s->aux,
                           .tag = s->tag,
                           .owner = s->owner,
                           .type = s->type,
                           .rights = s->rights};

    if (s->type == CAP_MARKER)
        cap.marked = (uint8_t)(s->rank - CAP_MARKER_RANK);
    if (s->type == CAP_MAPPING) {
        struct run r = run_unpack(&c->db, s->aux);

        cap.table = r.table;
        cap.first = r.first;
        cap.count = r.count;
        cap.level = r.level;
        cap.flags = r.flags;
        cap.device = r.device;
        cap.is_table = r.is_table;
    }
    return cap;
}

/* The dispatcher whose CSpace has the plan's RAM where the plan says. */
static void domain_find(struct random_replay *r)
{
    struct spec *s = &r->domain.caps;

    for (uint32_t i = 0; i < s->count; i++) {
        const struct spec_cap *c = &s->caps[i];
        uint32_t own = (uint32_t)((c->base - s->zone_base) / LINE_BYTES), slot;
        const struct spec_cap *ram;

        if (c->type != CAP_DISPATCHER || spec_lookup(s, own, r->start.zone, &slot) != OK)
            continue;
        ram = spec_find(s, slot);
        if (ram == NULL || ram->type != CAP_RAM || ram->base != r->start.zone_base)
            continue;
        r->domain.cspace = own;
        r->start.zone_bytes = ram->bytes;
        if (spec_lookup(s, own, r->start.ram, &slot) == OK && spec_find(s, slot) != NULL) {
            r->start.ram_base = spec_find(s, slot)->base;
            r->start.ram_bytes = spec_find(s, slot)->bytes;
        }
        return;
    }
}

void random_load(void *context, struct dump_core *c)
{
    struct random_replay *r = context;
    struct spec *s = &r->domain.caps;

    *s = (struct spec){.zone_base = c->place.zone_base,
                       .zone_bytes = c->place.zone_bytes,
                       .core = c->db.core,
                       .user_limit_root = c->format == TABLES_X86_64 ? 256 : 512};
    for (size_t i = 0; i < c->cap_count && s->count < SPEC_CAPS_MAX; i++)
        s->caps[s->count++] = cap_of(c, c->cap[i].slot);
    for (uint32_t i = 0; i < s->count; i++) {
        const struct sched_context *x =
            guest_memory_at(c->memory, s->caps[i].base, sizeof(struct sched_context));

        if (s->caps[i].type == CAP_SCHED_CONTEXT && x != NULL)
            spec_sched_add(&r->domain, s->caps[i].base, x->granted, x->priority);
    }
    r->domain.serve = r->start.serve;
    r->domain.far = PLAN_FAR;
    domain_find(r);
    plan_begin(&r->plan, &r->start);
}

void random_replay_to(struct random_replay *r, uint64_t calls)
{
    for (; r->made < calls; r->made++) {
        struct plan_call call;

        plan_next(&r->plan, &call);
        struct spec_answer a = spec_syscall(&r->domain, call.operation, call.a);
        uint64_t status = a.called ? a.badge : (uint64_t)a.status;
        uint64_t r1 = a.called ? a.badge >= PLAN_BADGE : a.r1;

        plan_answer(&r->plan, &call, status, r1);
        r->hash = plan_hash(r->hash, &call, status, r1, a.r2);
        r->last[r->made % RANDOM_ANSWERS].call = call;
        r->last[r->made % RANDOM_ANSWERS].status = status;
        r->last[r->made % RANDOM_ANSWERS].r1 = r1;
        r->last[r->made % RANDOM_ANSWERS].r2 = a.r2;
        r->count.calls++;
        r->count.status[a.status]++;
        if (a.status == OK && call.operation < SYS_COUNT)
            r->count.ok[call.operation]
                       [call.operation == SYS_CAP_RETYPE ? (uint8_t)call.a[2] : a.invoked]++;
    }
}

static void differ(struct random_replay *r, const struct dump_cap *cap, const struct spec_cap *real,
                   const struct spec_cap *said)
{
    static const struct spec_cap nothing;

    if (said == NULL)
        said = &nothing;
    if (r->difference_count++ < DIFFERENCES_KEPT)
        list_add(
            &r->differences,
            "slot %u at %s: type %u [%#llx, %#llx) tag %#x rights %#x owner %u aux %#llx table "
            "%#llx first %u count %u flags %u; the specification says type %u [%#llx, %#llx) "
            "tag %#x rights %#x owner %u aux %#llx table %#llx first %u count %u flags %u",
            cap->slot, cap->at, real->type, X(real->base), X(real->base + real->bytes), real->tag,
            real->rights, real->owner, X(real->aux), X(real->table), real->first, real->count,
            real->flags, said->type, X(said->base), X(said->base + said->bytes), said->tag,
            said->rights, said->owner, X(said->aux), X(said->table), said->first, said->count,
            said->flags);
}

static bool same_cap(const struct spec_cap *a, const struct spec_cap *b)
{
    return a->type == b->type && a->base == b->base && a->bytes == b->bytes && a->tag == b->tag &&
           a->owner == b->owner && a->rights == b->rights && a->aux == b->aux &&
           a->table == b->table && a->first == b->first && a->count == b->count &&
           a->flags == b->flags && a->is_table == b->is_table;
}

void random_compare(void *context, struct dump_core *c)
{
    struct random_replay *r = context;
    struct spec *s = &r->domain.caps;

    dump_check(c);
    for (size_t i = 0; i < c->dump->wrong.count; i++)
        list_add(&r->differences, "%s", c->dump->wrong.item[i]);
    r->difference_count += c->dump->wrong_count;
    for (size_t i = 0; i < c->cap_count; i++) {
        struct spec_cap real = cap_of(c, c->cap[i].slot);
        const struct spec_cap *said = spec_find(s, real.slot);

        if (said == NULL || !same_cap(&real, said) ||
            dump_slot(c, real.slot)->state != SLOT_STATE_NORMAL)
            differ(r, &c->cap[i], &real, said);
    }
    if (s->count != c->cap_count) {
        list_add(&r->differences, "%zu capabilities, the specification has %u", c->cap_count,
                 s->count);
        r->difference_count++;
    }
}
