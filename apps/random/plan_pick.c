/* plan_pick.c: draws one call: first one whose capabilities have the right types, then, for some,
 * one or two arguments are spoiled. See plan.h. */
#include "plan.h"

enum {
    CROSS_L1 = 48, /* where the arena's own L2 CNodes are attached in the own root; never named */
    CROSS_COUNT = 8,
    SERVERS = 2 * CAP_L2_SLOTS, /* dispatchers in this CNode are servers */
    PLAIN = 3 * CAP_L2_SLOTS,   /* those in this one get everything but a sched context */
    SHARED_VA = 0x7000,
    TRIES = 48,
    PERIOD_TICKS = 20000000, /* right on both machines: 1 ms to 10 s, at least 50 us */
    BUDGET_TICKS = 1000000,
};

/* A slot of this type; a random one where none is known. */
static uint32_t slot_of(struct plan *p, uint8_t low, uint8_t high)
{
    uint32_t at = plan_below(p, ARENA_SLOTS);

    for (uint32_t i = 0; i < ARENA_SLOTS; i++) {
        uint32_t slot = (at + i) % ARENA_SLOTS;

        if (p->type[slot] >= low && p->type[slot] <= high)
            return slot;
    }
    p->missing = true;
    return at;
}

static uint64_t any_of(struct plan *p, uint8_t type)
{
    return plan_ref(slot_of(p, type, type));
}

static uint32_t free_slot(struct plan *p, uint32_t first, uint32_t count)
{
    uint32_t at = plan_below(p, count);

    for (uint32_t i = 0; i < TRIES; i++, at = plan_below(p, count))
        if (p->type[first + at] == CAP_NULL)
            break;
    return first + at;
}

/* Dispatchers stay in the CNode in which they were made. */
static uint64_t free_for(struct plan *p, uint32_t source)
{
    if (p->type[source] == CAP_DISPATCHER)
        return plan_ref(free_slot(p, source / CAP_L2_SLOTS * CAP_L2_SLOTS, CAP_L2_SLOTS));
    return plan_ref(free_slot(p, 0, ARENA_SLOTS));
}

static uint64_t free_any(struct plan *p)
{
    return plan_ref(free_slot(p, 0, 2 * CAP_L2_SLOTS));
}

static uint32_t dispatcher_in(struct plan *p, uint32_t first)
{
    uint32_t at = plan_below(p, CAP_L2_SLOTS);

    for (uint32_t i = 0; i < CAP_L2_SLOTS; i++) {
        uint32_t slot = first + (at + i) % CAP_L2_SLOTS;

        if (p->type[slot] == CAP_DISPATCHER)
            return slot;
    }
    p->missing = true;
    return first + at;
}

static uint64_t dispatcher_any(struct plan *p)
{
    return plan_ref(dispatcher_in(p, plan_below(p, 2) ? SERVERS : PLAIN));
}

static void pick_copy(struct plan *p, struct plan_call *c)
{
    uint32_t source = slot_of(p, CAP_RAM, CAP_ENDPOINT);

    c->operation = plan_below(p, 3) ? SYS_CAP_COPY : SYS_CAP_MINT;
    c->a[0] = plan_ref(source);
    c->a[1] = free_for(p, source);
    if (c->operation == SYS_CAP_COPY)
        return;
    c->a[2] = plan_below(p, 3) ? RIGHTS_ALL : plan_below(p, 32);
    if (p->type[source] == CAP_FRAME && plan_below(p, 2)) {
        c->a[4] = plan_below(p, 4) * PAGE_BYTES;
        c->a[5] = (1 + plan_below(p, 3)) * PAGE_BYTES;
    }
}

static void pick_move(struct plan *p, struct plan_call *c)
{
    uint32_t source = slot_of(p, CAP_RAM, CAP_MAPPING);

    c->operation = SYS_CAP_MOVE;
    c->a[0] = plan_ref(source);
    c->a[1] = free_for(p, source);
}

static void pick_delete(struct plan *p, struct plan_call *c)
{
    c->operation = SYS_CAP_DELETE;
    c->a[0] = plan_ref(slot_of(p, CAP_RAM, CAP_MAPPING));
}

static void pick_revoke(struct plan *p, struct plan_call *c)
{
    uint8_t type = (uint8_t)(CAP_RAM + plan_below(p, CAP_ENDPOINT));

    c->operation = SYS_CAP_REVOKE;
    c->a[0] = any_of(p, type);
}

/* Kernel objects of the parts of the zone, frames of the rest. */
static void pick_retype(struct plan *p, struct plan_call *c)
{
    static const uint8_t types[] = {
        CAP_FRAME,        CAP_FRAME,        CAP_FRAME,         CAP_PAGE_TABLE_4, CAP_PAGE_TABLE_3,
        CAP_PAGE_TABLE_2, CAP_PAGE_TABLE_1, CAP_PAGE_TABLE_1,  CAP_CNODE_L1,     CAP_CNODE_L2,
        CAP_DISPATCHER,   CAP_DISPATCHER,   CAP_SCHED_CONTEXT, CAP_RAM};
    uint8_t type = types[plan_below(p, sizeof(types))];
    uint64_t bytes = type == CAP_CNODE_L1                   ? 64u << plan_below(p, 6)
                     : type == CAP_SCHED_CONTEXT            ? 128
                     : type == CAP_RAM || type == CAP_FRAME ? PAGE_BYTES * (1 + plan_below(p, 3))
                                                            : 0;
    uint32_t at = free_slot(p, 0, 2 * CAP_L2_SLOTS);

    if (type == CAP_DISPATCHER)
        at = free_slot(p, plan_below(p, 2) ? SERVERS : PLAIN, CAP_L2_SLOTS);
    c->operation = SYS_CAP_RETYPE;
    c->a[0] = plan_ref(type == CAP_FRAME ? 33 + plan_below(p, 4) : 16 + plan_below(p, 6));
    if (plan_below(p, 4) == 0 || p->type[c->a[0] % ARENA_SLOTS] != CAP_RAM)
        c->a[0] = any_of(p, CAP_RAM);
    c->a[1] = plan_below(p, 16) * PAGE_BYTES;
    c->a[2] = type;
    c->a[3] = bytes;
    c->a[4] = plan_below(p, 4) ? 1 : 1 + plan_below(p, 3);
    c->a[5] = plan_ref(at);
}

static void pick_identify(struct plan *p, struct plan_call *c)
{
    c->operation = SYS_CAP_IDENTIFY;
    c->a[0] = plan_ref(p->cursor++ % ARENA_SLOTS);
    c->a[1] = 1;
    if (plan_below(p, 3) == 0) {
        c->a[0] = plan_ref(slot_of(p, CAP_RAM, CAP_MAPPING));
        c->a[1] = plan_below(p, 3);
    }
}

static void pick_cnode(struct plan *p, struct plan_call *c)
{
    bool own = plan_below(p, 2);

    c->a[0] = own ? SLOT_CSPACE : any_of(p, CAP_CNODE_L1);
    c->a[1] = own ? CROSS_L1 + plan_below(p, CROSS_COUNT) : plan_below(p, 8);
    if (plan_below(p, 3)) {
        c->operation = SYS_CNODE_ATTACH;
        c->a[2] = any_of(p, CAP_CNODE_L2);
    } else {
        c->operation = SYS_CNODE_DETACH;
        c->a[2] = free_any(p);
    }
}

static void pick_map(struct plan *p, struct plan_call *c)
{
    uint8_t level = (uint8_t)plan_below(p, 3);
    bool large = plan_below(p, 8) == 0;

    c->a[2] = free_any(p);
    switch (plan_below(p, 6)) {
    case 0:
        c->operation = SYS_TABLE_MAP;
        c->a[0] = any_of(p, (uint8_t)(CAP_PAGE_TABLE_4 + level));
        c->a[1] = any_of(p, (uint8_t)(CAP_PAGE_TABLE_3 + level));
        c->a[3] = plan_below(p, 4);
        break;
    case 1:
        c->operation = SYS_DISPATCHER_MAP;
        c->a[0] = dispatcher_any(p);
        c->a[1] = any_of(p, CAP_PAGE_TABLE_1);
        c->a[3] = plan_below(p, 64);
        break;
    case 2:
        c->operation = SYS_MAPPING_PROTECT;
        c->a[0] = any_of(p, CAP_MAPPING);
        c->a[1] = plan_below(p, 2) ? 1 : plan_below(p, 8);
        c->a[2] = 0;
        break;
    default:
        c->operation = SYS_FRAME_MAP;
        c->a[0] = any_of(p, large ? CAP_PAGE_TABLE_2 : CAP_PAGE_TABLE_1);
        c->a[1] = large ? plan_ref(40) : any_of(p, CAP_FRAME);
        c->a[3] = plan_below(p, 512) | (uint64_t)(1 + plan_below(p, large ? 1 : 2)) << 32;
        c->a[4] = large ? 0 : plan_below(p, 2) * PAGE_BYTES;
        c->a[5] = plan_below(p, 2) ? 1 : plan_below(p, 8);
    }
}

static void pick_configure(struct plan *p, struct plan_call *c)
{
    bool server = plan_below(p, 2);

    c->operation = SYS_DISPATCHER_CONFIGURE;
    c->a[0] = plan_ref(dispatcher_in(p, server ? SERVERS : PLAIN));
    if (server) {
        c->a[1] = SLOT_CSPACE;
        c->a[2] = SLOT_PAGE_TABLE;
        c->a[3] = SLOT_SCHED_CONTEXT;
        c->a[4] = SHARED_VA;
        return;
    }
    c->a[1] = plan_below(p, 2) ? any_of(p, CAP_CNODE_L1) : 0;
    c->a[2] = plan_below(p, 2) ? any_of(p, CAP_PAGE_TABLE_4) : 0;
    c->a[4] = plan_random(p);
    c->a[5] = plan_below(p, 4);
}

static void pick_dispatcher(struct plan *p, struct plan_call *c)
{
    c->a[0] = dispatcher_any(p);
    switch (plan_below(p, 8)) {
    case 0:
    case 1:
        pick_configure(p, c);
        break;
    case 2:
        c->operation = SYS_DISPATCHER_ENTRY;
        c->a[1] = plan_below(p, 5);
        c->a[2] = plan_below(p, 3) ? p->start.serve : plan_random(p);
        c->a[3] = 0;
        break;
    case 3:
        c->operation = SYS_DISPATCHER_START;
        c->a[0] = plan_ref(dispatcher_in(p, SERVERS));
        break;
    case 4:
        c->operation = SYS_DISPATCHER_STOP;
        break;
    case 5:
        c->operation = SYS_DISPATCHER_SUPERVISE;
        c->a[1] = dispatcher_any(p);
        break;
    default:
        c->operation = SYS_DISPATCHER_INSPECT;
        c->a[1] = plan_below(p, 8);
    }
}

static void pick_call(struct plan *p, struct plan_call *c)
{
    c->a[0] = any_of(p, CAP_ENDPOINT);
    switch (plan_below(p, 6)) {
    case 0:
        c->operation = SYS_ENDPOINT_MAKE;
        c->a[0] = dispatcher_any(p);
        c->a[1] = free_any(p);
        c->a[2] = PLAN_BADGE + plan_below(p, 16);
        break;
    case 1:
        c->operation = SYS_BELL_LOCAL;
        c->a[0] = dispatcher_any(p);
        c->a[1] = free_any(p);
        break;
    case 2:
        c->operation = SYS_DOORBELL_RING;
        break;
    default:
        c->operation = SYS_CALL;
        c->a[1] = plan_below(p, 8) ? PLAN_FAR : plan_below(p, 2);
        for (unsigned i = 2; i < 6; i++)
            c->a[i] = plan_random(p);
    }
}

static void pick_rest(struct plan *p, struct plan_call *c)
{
    switch (plan_below(p, 5)) {
    case 0:
        c->operation = SYS_SCHED_CONFIGURE;
        c->a[0] = SLOT_SCHED_CONTEXT;
        c->a[1] = any_of(p, CAP_SCHED_CONTEXT);
        c->a[2] = plan_below(p, 24);
        if (plan_below(p, 8) == 0) {
            c->a[3] = PERIOD_TICKS;
            c->a[4] = plan_below(p, 4) * BUDGET_TICKS;
        }
        break;
    case 1:
        c->operation = SYS_WAIT;
        c->a[0] = plan_below(p, 2) ? PLAN_NEAR : 0;
        break;
    case 2:
        c->operation = SYS_YIELD;
        break;
    case 3:
        c->operation = SYS_NULL;
        break;
    default:
        c->operation = SYS_RESUME;
        c->a[0] = AREA_COUNT + plan_random(p) % 1000;
    }
}

void plan_pick(struct plan *p, struct plan_call *c)
{
    static void (*const rows[])(struct plan * p, struct plan_call * c) = {
        pick_copy,   pick_copy,   pick_move,     pick_delete,     pick_delete,     pick_retype,
        pick_retype, pick_retype, pick_identify, pick_identify,   pick_cnode,      pick_map,
        pick_map,    pick_map,    pick_map,      pick_dispatcher, pick_dispatcher, pick_dispatcher,
        pick_call,   pick_call,   pick_call,     pick_rest};

    for (int i = 0; i < TRIES; i++) {
        *c = (struct plan_call){0};
        p->missing = false;
        if (plan_below(p, 80) == 0)
            pick_revoke(p, c);
        else
            rows[plan_below(p, sizeof(rows) / sizeof(rows[0]))](p, c);
        if (!p->missing)
            break;
    }
}

/* A capref that may name anything but what the program lives by, and nothing that the plan does not
 * follow. */
static uint64_t ref_garbage(struct plan *p)
{
    static const uint64_t odd[] = {0, UINT32_MAX, 0xffffff00, 0x10000, 0x7fffffff};
    uint32_t beyond = ARENA_L1 + 40 + plan_below(p, 1 << 20);

    switch (plan_below(p, 4)) {
    case 0:
        return odd[plan_below(p, 5)];
    case 1:
        return (uint64_t)beyond << 8 | plan_below(p, 256);
    default:
        return plan_ref(plan_below(p, ARENA_SLOTS));
    }
}

static uint64_t number_garbage(struct plan *p)
{
    switch (plan_below(p, 6)) {
    case 0:
        return plan_below(p, 1024);
    case 1:
        return UINT64_MAX - plan_below(p, 16);
    case 2:
        return 1ull << plan_below(p, 64);
    case 3:
        return plan_below(p, 64) * (uint64_t)PAGE_BYTES;
    default:
        return plan_random(p) << 16 ^ plan_random(p);
    }
}

/* Which arguments of an operation are places or caprefs; bit i: a[i]. */
static unsigned places_of(uint64_t operation)
{
    switch (operation) {
    case SYS_CAP_COPY:
    case SYS_CAP_MINT:
    case SYS_CAP_MOVE:
    case SYS_ENDPOINT_MAKE:
    case SYS_BELL_LOCAL:
    case SYS_DISPATCHER_SUPERVISE:
        return 3;
    case SYS_CAP_RETYPE:
        return 1 | 32;
    case SYS_CNODE_ATTACH:
    case SYS_CNODE_DETACH:
        return 4;
    case SYS_TABLE_MAP:
    case SYS_FRAME_MAP:
    case SYS_DISPATCHER_MAP:
        return 7;
    case SYS_SCHED_CONFIGURE:
        return 2;
    case SYS_DISPATCHER_CONFIGURE:
    case SYS_NULL:
    case SYS_WAIT:
    case SYS_RESUME:
    case SYS_YIELD:
        return 0;
    default:
        return 1;
    }
}

/* Numbers that may be anything; a SCHED_CONFIGURE's priority stays among those at which a server
 * runs before the victim, a dispatcher's address likewise is the picker's business. */
static unsigned numbers_of(uint64_t operation)
{
    switch (operation) {
    case SYS_CAP_MINT:
        return 4 | 8 | 16 | 32;
    case SYS_CAP_REVOKE:
    case SYS_CAP_IDENTIFY:
    case SYS_DISPATCHER_INSPECT:
    case SYS_MAPPING_PROTECT:
    case SYS_DISPATCHER_START:
        return 2;
    case SYS_CAP_RETYPE:
        return 2 | 4 | 8 | 16;
    case SYS_TABLE_MAP:
    case SYS_DISPATCHER_MAP:
        return 8;
    case SYS_FRAME_MAP:
        return 8 | 16 | 32;
    case SYS_SCHED_CONFIGURE:
        return 8 | 16;
    case SYS_ENDPOINT_MAKE:
        return 4;
    case SYS_DISPATCHER_CONFIGURE:
        return 32;
    default:
        return 0;
    }
}

/* What a domain without privileges can only be refused, and numbers that are no operations. */
static void operation_garbage(struct plan *p, struct plan_call *c)
{
    static const uint16_t refused[] = {
        SYS_IRQ_MAKE,       SYS_IRQ_BIND,          SYS_IRQ_ACK,           SYS_PORT_READ,
        SYS_PORT_WRITE,     SYS_MONITOR_BELL_BIND, SYS_MONITOR_BELL_MAKE, SYS_MONITOR_PEER,
        SYS_MONITOR_ACCEPT, SYS_MONITOR_MARK,      SYS_MONITOR_COUNT,     SYS_CORE_START,
        SYS_LOG_WRITE,      SYS_MACHINE_EXIT,      SYS_STATISTICS};
    uint32_t drawn = plan_below(p, 20);

    c->operation = drawn < sizeof(refused) / sizeof(refused[0]) ? refused[drawn]
                                                                : SYS_COUNT + plan_below(p, 1000);
    c->a[0] = ref_garbage(p);
    for (unsigned i = 1; i < 6; i++)
        c->a[i] = plan_below(p, 2) ? ref_garbage(p) : number_garbage(p);
}

/* A destination may also lie in another CSpace, or be said to. */
static uint64_t destination_garbage(struct plan *p)
{
    uint64_t root = plan_below(p, 3) ? any_of(p, CAP_CNODE_L1) : ref_garbage(p);

    return root << 32 | (plan_below(p, 8) * CAP_L2_SLOTS + plan_below(p, 256));
}

/* The argument that says where the result goes, of operations that may put a DISPATCHER nowhere
 * else. */
static unsigned destination_of(uint64_t operation)
{
    switch (operation) {
    case SYS_CNODE_DETACH:
    case SYS_TABLE_MAP:
    case SYS_FRAME_MAP:
    case SYS_DISPATCHER_MAP:
        return 2;
    case SYS_ENDPOINT_MAKE:
    case SYS_BELL_LOCAL:
        return 1;
    default:
        return 0;
    }
}

void plan_spoil(struct plan *p, struct plan_call *c)
{
    unsigned places = places_of(c->operation), numbers = numbers_of(c->operation);
    unsigned i = plan_below(p, 6), to = destination_of(c->operation);
    uint32_t source;

    if (plan_below(p, 8) == 0 || (places | numbers) == 0) {
        operation_garbage(p, c);
        return;
    }
    while (!((places | numbers) >> i & 1))
        i = (i + 1) % 6;
    if (to != 0 && plan_below(p, 4) == 0)
        c->a[to] = destination_garbage(p);
    else if (numbers >> i & 1)
        c->a[i] = number_garbage(p);
    else
        c->a[i] = ref_garbage(p);
    /* A dispatcher stays in its CNode, whatever is spoiled. */
    bool copies = c->operation == SYS_CAP_COPY || c->operation == SYS_CAP_MINT ||
                  c->operation == SYS_CAP_MOVE;
    if (copies && plan_in_arena(c->a[0], &source) && p->type[source] == CAP_DISPATCHER)
        c->a[1] = plan_ref(source / CAP_L2_SLOTS * CAP_L2_SLOTS + plan_below(p, CAP_L2_SLOTS));
    if (c->operation == SYS_CAP_RETYPE && (uint8_t)c->a[2] == CAP_DISPATCHER)
        c->a[5] = plan_ref(SERVERS + plan_below(p, CAP_L2_SLOTS));
}
