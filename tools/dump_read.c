/* dump_read.c: finds a core's kernel state in the guest's RAM and follows its list of capabilities.
 * Trusts nothing there: a number that leads outside the zone ends the reading. The state is found
 * by its database, which begins with where the zone lies and how large it is. */
#include "dump_core.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "walk_zone.h"

enum { WRONG_KEPT = 20 };

void dump_wrong(struct dump_core *c, const char *format, ...)
{
    char text[240];
    va_list rest;

    va_start(rest, format);
    vsnprintf(text, sizeof(text), format, rest);
    va_end(rest);
    if (c->dump->wrong_count++ < WRONG_KEPT)
        list_add(&c->dump->wrong, "core=%u %s", c->number, text);
}

static void *table_make(size_t count, size_t bytes)
{
    void *p = calloc(count + 1, bytes);

    if (p == NULL)
        say_fail("out of memory on the host");
    return p;
}

static bool kernel_find(struct dump_core *c)
{
    uint64_t end = c->place.image_pa + c->place.image_bytes;

    for (uint64_t at = c->place.image_pa; at + sizeof(struct kernel) <= end; at += 8) {
        const struct kernel *k = guest_memory_at(c->memory, at, sizeof(*k));

        if (k == NULL)
            return false;
        if (k->db.zone_base != c->place.zone_base || k->db.core != c->number ||
            (uint64_t)k->db.slot_limit * LINE_BYTES != c->place.zone_bytes)
            continue;
        struct slot *slots = guest_memory_at(c->memory, c->place.zone_base, c->place.zone_bytes);

        if (slots == NULL || (uint64_t)k->db.zone_slots >> 63 == 0)
            continue;
        c->kernel = k;
        c->db = k->db;
        c->slots_va = (uint64_t)k->db.zone_slots;
        c->db.zone_slots = slots;
        return true;
    }
    return false;
}

static bool number_good(const struct dump_core *c, uint32_t n)
{
    return n < c->db.slot_limit;
}

/* Every number in the list and the index leads to a slot, and both are as long as they say. */
static bool links_good(struct dump_core *c)
{
    uint64_t count = 0;

    for (uint32_t n = c->db.first; n != 0; n = dump_slot(c, n)->next) {
        if (!number_good(c, n) || ++count > c->db.cap_count) {
            dump_wrong(c, "the list cannot be followed: slot %u, %llu capabilities", n,
                       (unsigned long long)count);
            return false;
        }
        const struct slot *s = dump_slot(c, n);

        if (!number_good(c, s->next) || !number_good(c, s->prev) || !number_good(c, s->left) ||
            !number_good(c, s->right) || s->type == CAP_NULL || s->type >= CAP_TYPE_COUNT) {
            dump_wrong(c, "slot %u is no capability: type %u, links %u %u %u %u", n, s->type,
                       s->next, s->prev, s->left, s->right);
            return false;
        }
    }
    if (!number_good(c, c->db.root) || !number_good(c, c->db.last) ||
        !number_good(c, c->db.dying)) {
        dump_wrong(c, "the database's own links lead outside the zone");
        return false;
    }
    return true;
}

static bool holds_slots(uint8_t type)
{
    return type == CAP_CNODE_L1 || type == CAP_CNODE_L2 || type == CAP_DISPATCHER;
}

static struct dump_holder *holder_of(const struct dump_core *c, uint32_t n)
{
    uint64_t pa = c->db.zone_base + (uint64_t)n * LINE_BYTES;
    size_t low = 0, high = c->holder_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct dump_holder *h = &c->holder[middle];

        if (pa < h->base)
            high = middle;
        else if (pa >= h->base + h->bytes)
            low = middle + 1;
        else
            return h;
    }
    return NULL;
}

static uint32_t place_in(const struct dump_core *c, const struct dump_holder *h, uint32_t n)
{
    return n - (uint32_t)((h->base - c->db.zone_base) / LINE_BYTES);
}

/* The list is in the order of addresses, so the holders come sorted. */
static void holders_find(struct dump_core *c)
{
    c->holder = table_make(c->cap_count, sizeof(c->holder[0]));
    for (uint32_t n = c->db.first; n != 0; n = dump_slot(c, n)->next) {
        const struct slot *s = dump_slot(c, n);
        struct dump_holder *last = c->holder_count > 0 ? &c->holder[c->holder_count - 1] : NULL;

        if (!holds_slots(s->type) || (last != NULL && last->base == s->base))
            continue;
        c->holder[c->holder_count++] =
            (struct dump_holder){.base = s->base, .bytes = s->bytes, .type = s->type};
    }
    for (uint32_t n = c->db.first; n != 0; n = dump_slot(c, n)->next) {
        const struct slot *s = dump_slot(c, n);
        const struct dump_holder *in = holder_of(c, n);

        if (s->type != CAP_CNODE_L2 || in == NULL || in->type != CAP_CNODE_L1)
            continue;
        struct dump_holder *h = holder_of(c, (uint32_t)((s->base - c->db.zone_base) / LINE_BYTES));
        uint32_t index = place_in(c, in, n);

        if (h == NULL || h->base != s->base)
            continue;
        if (h->parent == 0 || in->base < h->parent || (in->base == h->parent && index < h->index)) {
            h->parent = in->base;
            h->index = index;
        }
    }
}

static void place_name(struct dump_core *c, struct dump_cap *cap)
{
    static const char *const hidden[] = {"cspace", "page_table", "sched_context", "supervisor"};
    const struct dump_holder *h = holder_of(c, cap->slot);
    size_t room = sizeof(cap->at);

    if (h == NULL) {
        snprintf(cap->at, room, "nowhere");
        dump_wrong(c, "the capability in slot %u lies in no CSpace", cap->slot);
        return;
    }
    uint32_t i = place_in(c, h, cap->slot);
    unsigned long long base = h->base;

    if (h->type == CAP_DISPATCHER && i < HIDDEN_COUNT)
        snprintf(cap->at, room, "%#llx.%s", base, hidden[i]);
    else if (h->type == CAP_CNODE_L2 && h->parent != 0)
        snprintf(cap->at, room, "%#llx:%#x", (unsigned long long)h->parent, h->index << 8 | i);
    else
        snprintf(cap->at, room, "%#llx[%u]", base, i);
}

static const struct dump_core *sorted; /* qsort has no context */

#define ORDER(a, b)                                                                                \
    if ((a) != (b))                                                                                \
    return (a) < (b) ? -1 : 1

static int cap_order(const void *x, const void *y)
{
    const struct dump_cap *p = x, *q = y;
    const struct slot *a = dump_slot(sorted, p->slot), *b = dump_slot(sorted, q->slot);

    ORDER(a->space, b->space);
    ORDER(a->base, b->base);
    ORDER(b->bytes, a->bytes);
    ORDER(a->rank, b->rank);
    return strcmp(p->at, q->at);
}

/* Tags are numbers that a counter gave; what means something is which capabilities share one. */
static void tags_number(struct dump_core *c)
{
    uint32_t *seen = table_make(c->cap_count, sizeof(*seen));
    unsigned int count = 0;

    for (size_t i = 0; i < c->cap_count; i++) {
        uint32_t tag = dump_slot(c, c->cap[i].slot)->tag;
        unsigned int class = 0;

        while (tag != 0 && class < count && seen[class] != tag)
            class ++;
        if (tag != 0 && class == count)
            seen[count++] = tag;
        c->cap[i].tag_class = tag != 0 ? class + 1 : 0;
    }
    free(seen);
}

bool dump_read(struct dump_core *c)
{
    struct walk w = {.memory = (struct guest_memory *)c->memory, .format = c->format};

    if (!zone_find(&w, &c->place) || !kernel_find(c)) {
        dump_wrong(c, "no CPU driver is found");
        return false;
    }
    if (!links_good(c))
        return false;
    c->cap = table_make(c->db.cap_count, sizeof(c->cap[0]));
    for (uint32_t n = c->db.first; n != 0; n = dump_slot(c, n)->next)
        c->cap[c->cap_count++].slot = n;
    holders_find(c);
    for (size_t i = 0; i < c->cap_count; i++)
        place_name(c, &c->cap[i]);
    sorted = c;
    qsort(c->cap, c->cap_count, sizeof(c->cap[0]), cap_order);
    tags_number(c);
    return true;
}
