/* plan.c: the script that makes the arena, and what answers teach. See plan.h. */
#include "plan.h"

enum {
    ZONE_PART = 0x10000,
    ZONE_PARTS = 6,
    ZONE_FIRST = 16, /* slots of the arena */
    RAM_LARGE = 32,
    RAM_PART = 0x10000,
    RAM_PARTS = 4,
    RAM_FIRST,
    FRAME_LARGE = 40,
    SERVER_A = 2 * CAP_L2_SLOTS, /* with servers: the third CNode */
    SERVER_B,
    ENDPOINTS = 64,
    SHARED_VA = 0x7000,
    BAD_VA = 0x10,
};

uint64_t plan_random(struct plan *p)
{
    p->random ^= p->random >> 12;
    p->random ^= p->random << 25;
    p->random ^= p->random >> 27;
    return p->random * 0x2545f4914f6cdd1dull >> 16;
}

uint32_t plan_below(struct plan *p, uint32_t limit)
{
    return (uint32_t)(plan_random(p) % limit);
}

bool plan_in_arena(uint64_t place, uint32_t *slot)
{
    uint64_t root = place >> 32;
    uint32_t at = (uint32_t)place - ARENA_L1 * CAP_L2_SLOTS;

    *slot = at;
    return (root == 0 || root == SLOT_CSPACE) && at < ARENA_SLOTS;
}

void plan_begin(struct plan *p, const struct plan_start *start)
{
    *p = (struct plan){.start = *start, .random = start->seed * 0x9e3779b97f4a7c15ull + 1};
}

#define CALL(op, ...)                                                                              \
    (struct plan_call)                                                                             \
    {                                                                                              \
        SYS_##op,                                                                                  \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

static struct plan_call ram_step(const struct plan *p, uint32_t step)
{
    uint64_t large = round_up(p->start.ram_base, LARGE_PAGE_BYTES) - p->start.ram_base;

    if (step == 0)
        return CALL(CAP_RETYPE, p->start.zone, CAP_L2_SLOTS * LINE_BYTES * ARENA_CNODES, CAP_RAM,
                    ZONE_PART, ZONE_PARTS, plan_ref(ZONE_FIRST));
    if (step == 1)
        return CALL(CAP_RETYPE, p->start.ram, large, CAP_RAM, LARGE_PAGE_BYTES, 1,
                    plan_ref(RAM_LARGE));
    if (step == 2)
        return CALL(CAP_RETYPE, p->start.ram, large + LARGE_PAGE_BYTES, CAP_RAM, RAM_PART,
                    RAM_PARTS, plan_ref(RAM_FIRST));
    return CALL(CAP_RETYPE, plan_ref(RAM_LARGE), 0, CAP_FRAME, LARGE_PAGE_BYTES, 1,
                plan_ref(FRAME_LARGE));
}

/* Two servers: one answers, the other jumps to where nothing is and so ends. */
static struct plan_call server_step(const struct plan *p, uint32_t step)
{
    capref_t d = plan_ref(SERVER_A + step % 2);

    switch (step / 2) {
    case 0:
        return CALL(CAP_RETYPE, plan_ref(ZONE_FIRST), step % 2 * 8192u, CAP_DISPATCHER, 0, 1, d);
    case 1:
        return CALL(DISPATCHER_CONFIGURE, d, SLOT_CSPACE, SLOT_PAGE_TABLE, SLOT_SCHED_CONTEXT,
                    SHARED_VA, 0);
    case 2:
        return CALL(DISPATCHER_ENTRY, d, ENTRY_RUN, p->start.serve);
    case 3:
        return CALL(DISPATCHER_ENTRY, d, ENTRY_CALL, step % 2 ? BAD_VA : p->start.serve);
    case 4:
        return CALL(ENDPOINT_MAKE, d, plan_ref(ENDPOINTS + step % 2), PLAN_BADGE + step % 2);
    default:
        return CALL(DISPATCHER_START, d, 1);
    }
}

enum {
    STEP_ATTACH = 3,
    STEP_RAM = STEP_ATTACH + ARENA_CNODES,
    STEP_SERVER = STEP_RAM + 4,
    PLAN_STEPS = STEP_SERVER + 12
};

static struct plan_call script(const struct plan *p, uint32_t step)
{
    if (step == 0)
        return CALL(CAP_REVOKE, p->start.zone, 0);
    if (step == 1)
        return CALL(CAP_REVOKE, p->start.ram, 0);
    if (step == 2)
        return CALL(CAP_RETYPE, p->start.zone, 0, CAP_CNODE_L2, 0, ARENA_CNODES, p->start.spare);
    if (step < STEP_RAM)
        return CALL(CNODE_ATTACH, SLOT_CSPACE, ARENA_L1 + step - STEP_ATTACH,
                    p->start.spare + step - STEP_ATTACH);
    return step < STEP_SERVER ? ram_step(p, step - STEP_RAM) : server_step(p, step - STEP_SERVER);
}

void plan_next(struct plan *p, struct plan_call *c)
{
    uint64_t at = p->made++ % PLAN_PERIOD;
    uint32_t slot;

    if (at == 0)
        for (uint32_t i = 0; i < ARENA_SLOTS; i++)
            p->type[i] = CAP_NULL;
    if (at < PLAN_STEPS) {
        *c = script(p, (uint32_t)at);
        return;
    }
    if (p->look != 0) {
        *c = CALL(CAP_IDENTIFY, plan_ref(p->look - 1), 1);
        p->look = 0;
        return;
    }
    plan_pick(p, c);
    if (plan_below(p, 16) == 0 && plan_in_arena(c->a[0], &slot))
        c->a[0] |= (uint64_t)SLOT_CSPACE << 32; /* the same place, named by the root's capability */
    if (plan_below(p, 100) < 35)
        plan_spoil(p, c);
}

static void filled(struct plan *p, uint64_t place, uint8_t type, uint64_t count)
{
    uint32_t slot;

    for (uint64_t i = 0; i < count; i++)
        if (plan_in_arena(place + i, &slot))
            p->type[slot] = type;
}

static uint8_t type_at(const struct plan *p, uint64_t place)
{
    uint32_t slot;

    return plan_in_arena(place, &slot) ? p->type[slot] : (uint8_t)CAP_NULL;
}

/* One of the slots that the call names is empty: look at the first of which that is not known. */
static void lost(struct plan *p, const struct plan_call *c)
{
    uint32_t slot;

    for (unsigned i = 0; i < 4; i++)
        if (plan_in_arena(c->a[i], &slot) && p->type[slot] != CAP_NULL) {
            p->look = slot + 1;
            return;
        }
}

void plan_answer(struct plan *p, const struct plan_call *c, uint64_t status, uint64_t r1)
{
    const uint64_t *a = c->a;

    if (c->operation == SYS_CAP_IDENTIFY && (a[1] == 1 || status == E_NO_CAP))
        filled(p, a[0], status == OK ? (uint8_t)r1 : (uint8_t)CAP_NULL, 1);
    else if (status == E_NO_CAP)
        lost(p, c);
    if (status != OK)
        return;
    switch (c->operation) {
    case SYS_CAP_COPY:
    case SYS_CAP_MINT:
    case SYS_CAP_MOVE:
        filled(p, a[1], type_at(p, a[0]), 1);
        if (c->operation == SYS_CAP_MOVE)
            filled(p, a[0], CAP_NULL, 1);
        break;
    case SYS_CAP_DELETE:
        filled(p, a[0], CAP_NULL, 1);
        break;
    case SYS_CAP_RETYPE:
        filled(p, a[5], (uint8_t)a[2], a[4]);
        break;
    case SYS_CNODE_ATTACH:
        filled(p, a[2], CAP_NULL, 1);
        break;
    case SYS_CNODE_DETACH:
        filled(p, a[2], CAP_CNODE_L2, 1);
        break;
    case SYS_TABLE_MAP:
    case SYS_FRAME_MAP:
    case SYS_DISPATCHER_MAP:
        filled(p, a[2], CAP_MAPPING, 1);
        break;
    case SYS_ENDPOINT_MAKE:
    case SYS_BELL_LOCAL:
        filled(p, a[1], CAP_ENDPOINT, 1);
        break;
    default:
        break;
    }
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * 0x100000001b3ull ^ hash >> 29;
}

uint64_t plan_hash(uint64_t hash, const struct plan_call *c, uint64_t status, uint64_t r1,
                   uint64_t r2)
{
    bool timed = c->operation == SYS_WAIT;
    bool counts = c->operation == SYS_DISPATCHER_INSPECT && c->a[1] != 0;
    bool entries = c->operation == SYS_CAP_IDENTIFY && c->a[1] == 1 && (uint8_t)r1 == CAP_MAPPING;

    hash = mix(hash, c->operation);
    if (timed)
        return hash;
    hash = mix(hash, status);
    if (status != OK || counts)
        return hash;
    hash = mix(hash, r1);
    return entries || c->operation == SYS_DISPATCHER_INSPECT ? hash : mix(hash, r2);
}

bool plan_settles(const struct plan_call *c, uint64_t status)
{
    switch (c->operation) {
    case SYS_DISPATCHER_START:
    case SYS_DISPATCHER_STOP:
    case SYS_DOORBELL_RING:
    case SYS_CAP_DELETE:
    case SYS_CAP_REVOKE:
        return status == OK;
    case SYS_CALL:
        return status == E_PEER;
    default:
        return false;
    }
}
