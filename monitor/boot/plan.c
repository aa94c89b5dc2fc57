/* Memory for the cores that this monitor starts. Pieces are parts of RAM capabilities, each in
 * one NUMA node; a core's memory is cut from the start of a piece of its node. The runtime's own
 * pool gives up all but a little of what it took at the start. */
#include <rt/log.h>
#include <rt/rt.h>
#include <rt/syscall.h>

#include "monitor.h"

/* What the pool of this monitor keeps until its cores are started: rings, heap, copies of
 * images. */
#define POOL_KEEP_BYTES (6u << 20)

static void piece_add(struct monitor *m, struct piece p)
{
    if (p.bytes && m->piece_count < MONITOR_PIECES_MAX)
        m->piece[m->piece_count++] = p;
}

/* Cut at node boundaries: the firmware's memory ranges say which node an address belongs to. */
static void piece_split(struct monitor *m, struct piece p)
{
    const struct machine *machine = m->machine;

    for (uint32_t i = 0; machine && i < machine->memory_count && p.bytes; i++) {
        const struct machine_memory *range = &machine->memories[i];
        uint64_t end = range->base + range->bytes;
        struct piece part = p;
        if (end <= p.base || range->base >= p.base + p.bytes)
            continue;
        if (range->base > p.base)
            part.base = range->base;
        if (end > p.base + p.bytes)
            end = p.base + p.bytes;
        part.bytes = end - part.base;
        part.node = range->node;
        piece_add(m, part);
        p.bytes = p.base + p.bytes - end;
        p.base = end;
    }
    p.node = m->node;
    piece_add(m, p);
}

static void region_collect(struct monitor *m, capref_t ref)
{
    struct cap_description d;

    if (sys_cap_identify(capref_in(0, ref), &d) != OK || d.type != CAP_RAM)
        return;
    for (uint32_t i = 0; i < rt.ram.region_count; i++)
        if (rt.ram.region[i].cap == ref)
            return; /* in the pool already */
    if (d.base < (1u << 20)) {
        m->trampoline = ref; /* real-mode memory: only for starting cores */
        return;
    }
    piece_split(m, (struct piece){ref, d.base, d.base, d.bytes, 0});
}

/* The pool took a whole region at the start: cut pieces from it again. */
static enum status pool_shrink(struct monitor *m)
{
    struct range_set *set = &rt.ram.pool[RAM_GENERAL].free;
    uint64_t largest = range_largest(set), base;
    uint32_t region;
    enum status s;

    if (largest <= POOL_KEEP_BYTES)
        return OK;
    s = range_take(set, largest - POOL_KEEP_BYTES, PAGE_BYTES, &base, &region);
    if (s != OK)
        return s;
    piece_split(m, (struct piece){rt.ram.region[region].cap, rt.ram.region[region].base, base,
                                  largest - POOL_KEEP_BYTES, 0});
    return OK;
}

enum status plan_collect(struct monitor *m)
{
    enum status s = pool_shrink(m);

    for (capref_t ref = SLOT_REGION_FIRST; s == OK && ref < SLOT_MONITOR_FREE; ref++)
        region_collect(m, ref);
    return s;
}

uint64_t plan_node_bytes(const struct monitor *m, uint32_t node)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < m->piece_count; i++)
        if (m->piece[i].node == node)
            bytes += m->piece[i].bytes;
    return bytes;
}

static struct piece *piece_with_room(struct monitor *m, uint32_t node, uint64_t bytes,
                                     uint64_t align, bool any_node)
{
    struct piece *best = NULL;

    for (uint32_t i = 0; i < m->piece_count; i++) {
        struct piece *p = &m->piece[i];
        uint64_t skip = round_up(p->base, align) - p->base;
        if ((any_node || p->node == node) && p->bytes >= skip && p->bytes - skip >= bytes &&
            (!best || p->bytes > best->bytes))
            best = p;
    }
    return best;
}

enum status plan_take(struct monitor *m, uint32_t node, uint64_t bytes, uint64_t align,
                      struct piece *out)
{
    struct piece *p = piece_with_room(m, node, bytes, align, false);
    uint64_t skip;

    if (!p)
        p = piece_with_room(m, node, bytes, align, true);
    if (!p)
        return E_NO_MEMORY;
    skip = round_up(p->base, align) - p->base;
    *out = *p;
    out->base += skip;
    out->bytes = bytes;
    p->base += skip + bytes;
    p->bytes -= skip + bytes;
    return OK;
}

enum status plan_take_most(struct monitor *m, uint32_t node, uint64_t bytes, uint64_t least,
                           struct piece *out)
{
    struct piece *p = piece_with_room(m, node, least, PAGE_BYTES, false);

    if (p && p->bytes < bytes)
        bytes = round_down(p->bytes, PAGE_BYTES);
    return plan_take(m, node, p ? bytes : least, PAGE_BYTES, out);
}

/* The pool knows each region under its own number; a piece of a region that it does not know yet
 * brings it in, empty. */
static enum status region_number(const struct piece *p, uint32_t *number)
{
    enum status s;

    for (*number = 0; *number < rt.ram.region_count; (*number)++)
        if (rt.ram.region[*number].cap == p->cap)
            return OK;
    struct cap_description d;
    s = sys_cap_identify(capref_in(0, p->cap), &d);
    return s == OK ? ram_region_add(&rt.ram, RAM_GENERAL, p->cap, d.bytes) : s;
}

void plan_keep(struct monitor *m)
{
    uint32_t number;

    for (uint32_t i = 0; i < m->piece_count; i++) {
        struct piece *p = &m->piece[i];
        uint64_t begin = round_up(p->base, PAGE_BYTES);
        uint64_t end = round_down(p->base + p->bytes, PAGE_BYTES);
        if (begin < end && region_number(p, &number) == OK) {
            /* RAM cannot be retyped to RAM of the very same region: never offer one whole. */
            if (end - begin == rt.ram.region[number].bytes)
                end -= PAGE_BYTES;
            range_put(&rt.ram.pool[RAM_GENERAL].free, begin, end - begin, number);
        }
        p->bytes = 0;
    }
}
