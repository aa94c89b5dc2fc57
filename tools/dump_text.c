/* dump_text.c: one core's part of the canonical dump, a line a thing. What is counted, when
 * something last ran and which of equal things stands first in a list is left out: it may differ
 * where the state is the same. */
#include <stdlib.h>
#include <string.h>

#include "dump_core.h"
#include "space/table.h"

static const char *const type_names[CAP_TYPE_COUNT] = {
#define T(name, space, bytes, text) #name,
#include <skerry/cap_type.def>
#undef T
};
static const char *const space_names[] = {"memory", "irq",  "port",   "iommu",
                                          "bell",   "core", "monitor"};
static const char *const state_names[] = {"normal", "dying", "revoking"};

#define LINE(c, ...) (text_add(&(c)->dump->text, "core=%u ", (c)->number), ADD(c, __VA_ARGS__))
#define ADD(c, ...) text_add(&(c)->dump->text, __VA_ARGS__)
#define X(value) ((unsigned long long)(value))

static void rights_text(uint8_t rights, char text[6])
{
    static const char letters[] = "rwxgv";
    size_t n = 0;

    for (unsigned int i = 0; i < 5; i++)
        if ((rights >> i & 1) != 0)
            text[n++] = letters[i];
    if (n == 0)
        text[n++] = '-';
    text[n] = 0;
}

/* What stands in aux, by type: a place in a table, a badge, a cookie, a line. */
static void aux_print(struct dump_core *c, const struct slot *s)
{
    struct run r = run_unpack(&c->db, s->aux);
    char flags[6];

    if (s->type == CAP_MAPPING) {
        rights_text(r.flags & 7, flags);
        ADD(c, " table=%#llx level=%u first=%u count=%u flags=%s%s%s", X(r.table), r.level, r.first,
            r.count, flags, r.device ? " device" : "", r.is_table ? " table" : "");
    } else if (s->aux != 0 && s->state == SLOT_STATE_NORMAL) {
        ADD(c, " aux=%#llx", X(s->aux));
    }
}

static void cap_print(struct dump_core *c, const struct dump_cap *cap)
{
    const struct slot *s = dump_slot(c, cap->slot);
    uint8_t marked = s->type == CAP_MARKER ? (uint8_t)(s->rank - CAP_MARKER_RANK) : 0;
    char rights[6];

    rights_text(s->rights, rights);
    LINE(c, "cap %s base=%#llx bytes=%#llx type=%s%s%s tag=",
         s->space < sizeof(space_names) / sizeof(space_names[0]) ? space_names[s->space] : "?",
         X(s->base), X(s->bytes), type_names[s->type], marked != 0 ? " of=" : "",
         marked != 0 && marked < CAP_TYPE_COUNT ? type_names[marked] : "");
    if (s->tag != 0)
        ADD(c, "%u.%u", s->tag >> 20, cap->tag_class);
    else
        ADD(c, "0");
    ADD(c, " rights=%s owner=%u at=%s", rights, s->owner, cap->at);
    if (cap->orphan)
        ADD(c, " orphan");
    if (s->state != SLOT_STATE_NORMAL)
        ADD(c, " state=%s", s->state < 3 ? state_names[s->state] : "?");
    aux_print(c, s);
    ADD(c, "\n");
}

static const struct dispatcher *dispatcher_read(const struct dump_core *c, uint64_t pa)
{
    return guest_memory_at(c->memory, pa, DISPATCHER_VECTOR_OFFSET);
}

static void dispatcher_print(struct dump_core *c, uint64_t base)
{
    const struct dispatcher *d = dispatcher_read(c, base);

    if (d == NULL)
        return;
    LINE(c, "dispatcher base=%#llx state=%s", X(base),
         d->state == STATE_STOPPED ? "stopped" : "live");
    if (d->state == STATE_STOPPED)
        ADD(c, " reason=%u", d->reason);
    ADD(c, " listed=%u priority=%u flags=%#x page=%#llx entries=%#llx,%#llx,%#llx,%#llx", d->listed,
        d->own_priority, d->flags, X(d->page_va), X(d->entry[0]), X(d->entry[1]), X(d->entry[2]),
        X(d->entry[3]));
    ADD(c, " critical=%#llx..%#llx bells=%u\n", X(d->critical_begin), X(d->critical_end),
        d->bell_count);
}

static void sched_context_print(struct dump_core *c, uint64_t base)
{
    const struct sched_context *s = guest_memory_at(c->memory, base, sizeof(*s));

    if (s != NULL)
        LINE(c,
             "sched_context base=%#llx granted=%u priority=%u period=%llu budget=%llu share=%u\n",
             X(base), s->granted, s->priority, X(s->period), X(s->budget), s->share);
}

/* Entries without a MAPPING: what boot code wrote for the first program. Neighbours with the same
 * rights are one line. */
static void boot_entries_print(struct dump_core *c, uint64_t base, unsigned int level)
{
    const uint64_t *entry = guest_memory_at(c->memory, base, 2 * (uint64_t)PAGE_BYTES);
    const uint32_t *shadow = (const uint32_t *)(entry != NULL ? entry + 512 : NULL);
    unsigned int end = c->format == TABLES_X86_64 && level == 4 ? 256 : 512;

    for (unsigned int i = 0; entry != NULL && i < end; i++) {
        struct leaf leaf;
        enum table_entry kind = tables_entry(c->format, entry[i], level, &leaf);

        if (shadow[i] != 0 || entry[i] == 0)
            continue;
        LINE(c, "entry table=%#llx index=%u pa=%#llx %s\n", X(base), i, X(leaf.pa),
             kind == TABLE_ENTRY_NONE    ? "invalid"
             : kind == TABLE_ENTRY_TABLE ? "table"
             : leaf.user_write           ? "rw"
             : leaf.user_execute         ? "rx"
                                         : "r");
    }
}

/* Once for each object: its copies stand side by side. */
static void objects_print(struct dump_core *c)
{
    const struct slot *before = NULL;

    for (size_t i = 0; i < c->cap_count; i++) {
        const struct slot *s = dump_slot(c, c->cap[i].slot);

        if (before != NULL && before->base == s->base && before->rank == s->rank &&
            before->bytes == s->bytes && before->space == s->space)
            continue;
        before = s;
        c->dump->objects++;
        if (s->type == CAP_DISPATCHER)
            dispatcher_print(c, s->base);
        else if (s->type == CAP_SCHED_CONTEXT)
            sched_context_print(c, s->base);
        else if (table_level(s->type) != 0)
            boot_entries_print(c, s->base, table_level(s->type));
    }
}

static void bindings_print(struct dump_core *c)
{
    const struct kernel *k = c->kernel;
    uint64_t peers_bytes = sizeof(struct doorbell_peer) * (uint64_t)k->bells.core_count;
    const struct doorbell_peer *peer =
        guest_memory_at(c->memory, dump_pa(c, k->bells.peer), peers_bytes);

    for (unsigned int i = 0; i < IRQ_DEVICES_MAX; i++) {
        const struct irq_binding *b = &k->irq[i];

        if (b->enabled)
            LINE(c, "irq number=%u line=%#llx bit=%u to=%#llx\n", i, X(b->line), b->bit,
                 X(b->target != NULL ? dump_pa(c, b->target) : 0));
    }
    for (unsigned int p = 0; peer != NULL && p < k->bells.core_count; p++) {
        if (peer[p].line != NULL)
            LINE(c, "peer core=%u hardware=%#llx\n", p, X(peer[p].hardware_id));
        for (unsigned int b = 0; b < BELLS_PER_LINE; b++)
            if (peer[p].bound[b] != NULL)
                LINE(c, "bell from=%u bell=%u to=%#llx\n", p, b, X(dump_pa(c, peer[p].bound[b])));
    }
}

static void free_print(struct dump_core *c)
{
    struct dump_range *range;
    size_t count = dump_free_ranges(c, &range);

    for (size_t i = 0; i < count; i++) {
        LINE(c, "free base=%#llx bytes=%#llx\n", X(range[i].base), X(range[i].end - range[i].base));
        c->dump->free_bytes += range[i].end - range[i].base;
    }
    free(range);
}

void dump_print(struct dump_core *c)
{
    dump_orphans(c);
    LINE(c, "zone base=%#llx bytes=%#llx caps=%llu\n", X(c->place.zone_base),
         X(c->place.zone_bytes), X(c->cap_count));
    for (size_t i = 0; i < c->cap_count; i++)
        cap_print(c, &c->cap[i]);
    objects_print(c);
    bindings_print(c);
    for (unsigned int i = 0; i < CAP_REVOKING_MAX; i++)
        if (c->db.revoking[i].slot != 0)
            LINE(c, "revoking slot=%u\n", c->db.revoking[i].slot);
    free_print(c);
    c->dump->caps += c->cap_count;
}
