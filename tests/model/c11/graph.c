/* Execution graphs: see graph.h. Coherence is kept by construction: a load is offered only writes at
 * or behind every write that happens before it or was read by what happens before it; a store goes
 * behind all of those, anywhere. The graph grows along po and reads-from, so out-of-thin-air values
 * and load buffering do not exist in it (RC11 forbids them). */
#include "graph.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

struct graph graph;

void graph_reset(void)
{
    graph.event_count = graph.location_count = graph.fence_count = 0;
    memset(graph.thread, 0, sizeof(graph.thread));
    graph.hash = 0;
    graph.full = false;
    race_reset();
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    a ^= b + 0x9e3779b97f4a7c15u + (a << 6) + (a >> 2);
    a = (a ^ (a >> 30)) * 0xbf58476d1ce4e5b9u;
    a = (a ^ (a >> 27)) * 0x94d049bb133111ebu;
    return a ^ (a >> 31);
}

static struct event *event_new(void)
{
    if (graph.event_count == EVENTS_MAX) {
        graph.full = true;
        graph.event_count--;
    }
    struct event *e = &graph.event[graph.event_count++];
    memset(e, 0, sizeof(*e));
    return e;
}

static uint64_t memory_value(uintptr_t address, unsigned size)
{
    uint64_t value = 0;
    memcpy(&value, (const void *)address, size); /* little-endian hosts */
    return value;
}

unsigned graph_location(uintptr_t address, unsigned size)
{
    for (unsigned i = 0; i < graph.location_count; i++)
        if (graph.location[i].address == address && graph.location[i].size == size)
            return i;
    if (graph.location_count == LOCATIONS_MAX) {
        graph.full = true;
        return 0;
    }
    unsigned index = graph.location_count++;
    struct location *l = &graph.location[index];
    struct event *e = event_new();
    e->kind = C11_STORE;
    e->thread = WRITER_FIRST;
    e->writes = true;
    e->location = (uint16_t)index;
    e->value = memory_value(address, size);
    l->address = address;
    l->size = size;
    l->count = 1;
    l->order[0] = (uint16_t)(e - graph.event);
    return index;
}

static bool known(unsigned t, const struct event *e)
{
    return e->thread == WRITER_FIRST || graph.thread[t].clock.at[e->thread] >= e->number;
}

/* The first position that t may still see. */
static unsigned floor_of(unsigned t, unsigned location)
{
    unsigned floor = 0;
    for (unsigned i = 0; i < graph.event_count; i++) {
        const struct event *e = &graph.event[i];
        if (e->location != location || (!e->reads && !e->writes) || !known(t, e))
            continue;
        unsigned at = e->writes ? e->position : graph.event[e->from].position;
        if (at > floor)
            floor = at;
    }
    return floor;
}

static bool rmw_follows(const struct location *l, unsigned position)
{
    if (position + 1 >= l->count)
        return false;
    const struct event *next = &graph.event[l->order[position + 1]];
    return next->reads && next->from == l->order[position];
}

unsigned graph_read_choices(unsigned t, unsigned location, bool rmw, uint16_t *choice)
{
    const struct location *l = &graph.location[location];
    unsigned count = 0;
    for (unsigned i = l->count; i-- > floor_of(t, location);)
        if (!rmw || !rmw_follows(l, i))
            choice[count++] = l->order[i];
    return count;
}

unsigned graph_write_choices(unsigned t, unsigned location, uint16_t *choice)
{
    const struct location *l = &graph.location[location];
    unsigned count = 0;
    for (unsigned i = l->count - 1 + 1; i > floor_of(t, location); i--)
        if (!rmw_follows(l, i - 1))
            choice[count++] = (uint16_t)i;
    return count;
}

static void clock_join(struct clock *to, const struct clock *from)
{
    for (unsigned i = 0; i < C11_THREADS_MAX; i++)
        if (from->at[i] > to->at[i])
            to->at[i] = from->at[i];
}

static bool acquires(int order)
{
    return order == memory_order_acquire || order == memory_order_acq_rel ||
           order == memory_order_seq_cst || order == memory_order_consume;
}

static bool releases(int order)
{
    return order == memory_order_release || order == memory_order_acq_rel ||
           order == memory_order_seq_cst;
}

static uint64_t rmw_value(const struct c11_op *op, uint64_t old)
{
    uint64_t mask = op->size >= 8 ? UINT64_MAX : ((uint64_t)1 << (8 * op->size)) - 1;
    uint64_t value = op->operand;
    if (op->kind == C11_RMW) {
        switch (op->rmw) {
        case C11_XCHG:
            break;
        case C11_ADD:
            value = old + value;
            break;
        case C11_SUB:
            value = old - value;
            break;
        case C11_AND:
            value = old & value;
            break;
        case C11_OR:
            value = old | value;
            break;
        case C11_XOR:
            value = old ^ value;
            break;
        }
    }
    return value & mask;
}

static void write_insert(struct event *e, unsigned position)
{
    struct location *l = &graph.location[e->location];
    for (unsigned i = l->count++; i > position; i--) {
        l->order[i] = l->order[i - 1];
        graph.event[l->order[i]].position = (uint16_t)i;
    }
    l->order[position] = (uint16_t)(e - graph.event);
    e->position = (uint16_t)position;
}

static void fence_apply(struct graph_thread *t, struct event *e)
{
    if (acquires(e->order))
        clock_join(&t->clock, &t->acquired);
    if (releases(e->order))
        t->released = t->clock;
    if (e->order != memory_order_seq_cst)
        return;
    if (graph.fence_count < FENCES_MAX)
        graph.fence[graph.fence_count++] = (uint16_t)(e - graph.event);
    else
        graph.full = true;
}

static void read_apply(struct graph_thread *t, struct event *e, struct c11_op *op, unsigned from)
{
    const struct event *w = &graph.event[from];
    e->from = (uint16_t)from;
    e->seen = op->result = w->value;
    if (op->kind == C11_CAS) {
        op->succeeded = w->value == op->expected;
        e->writes = op->succeeded;
        e->order = (uint8_t)(op->succeeded ? op->order : op->order_failed);
    }
    if (acquires(e->order))
        clock_join(&t->clock, &w->message);
    else
        clock_join(&t->acquired, &w->message);
}

void graph_apply(unsigned number, struct c11_op *op, unsigned from, unsigned position)
{
    struct graph_thread *t = &graph.thread[number];
    bool memory = op->kind <= C11_CAS;
    unsigned location = memory ? graph_location(op->address, op->size) : LOCATIONS_MAX;
    struct event *e = event_new();
    e->kind = op->kind;
    e->thread = (uint8_t)number;
    e->order = (uint8_t)op->order;
    e->number = ++t->clock.at[number];
    e->location = (uint16_t)location;
    e->reads = op->kind == C11_LOAD || op->kind == C11_RMW || op->kind == C11_CAS;
    e->writes = op->kind == C11_STORE || op->kind == C11_RMW;
    if (op->kind == C11_RING || op->kind == C11_SLEEP) {
        e->position = (uint16_t)position; /* place among the bell's events */
        e->value = op->operand;
    }
    if (op->kind == C11_FENCE)
        fence_apply(t, e);
    if (e->reads)
        read_apply(t, e, op, from);
    e->clock = t->clock;
    if (e->writes) {
        e->value = rmw_value(op, e->seen);
        write_insert(e, e->reads ? graph.event[e->from].position + 1u : position);
        e->message = releases(e->order) ? t->clock : t->released;
        if (e->reads)
            clock_join(&e->message, &graph.event[e->from].message);
    }
    const struct event *w = &graph.event[e->from];
    uint64_t h = mix(((uint64_t)e->thread << 32) | e->number, ((uint64_t)e->kind << 8) | e->order);
    h = mix(h, memory ? op->address : e->position);
    h = mix(h, e->reads ? ((uint64_t)w->thread << 32) | w->number : 0);
    graph.hash += mix(h, e->value);
}

uint64_t graph_key(void)
{
    uint64_t key = graph.hash;
    for (unsigned i = 0; i < graph.location_count; i++) {
        const struct location *l = &graph.location[i];
        uint64_t h = l->count > 1 ? l->address : 0;
        for (unsigned k = 1; k < l->count; k++) {
            const struct event *e = &graph.event[l->order[k]];
            h = mix(h, ((uint64_t)e->thread << 32) | e->number);
        }
        key += l->count > 1 ? mix(h, 1) : 0;
    }
    return key;
}

unsigned c11_modification_order(uintptr_t address, uint8_t *writer, unsigned max, uint64_t *value)
{
    for (unsigned i = 0; i < graph.location_count; i++) {
        const struct location *l = &graph.location[i];
        if (l->address != address)
            continue;
        *value = graph.event[l->order[l->count - 1]].value;
        for (unsigned k = 1; k < l->count && k <= max; k++) {
            const struct event *e = &graph.event[l->order[k]];
            writer[k - 1] = (uint8_t)(16u * e->thread + e->number);
        }
        return l->count - 1;
    }
    *value = memory_value(address, 1);
    return 0;
}
