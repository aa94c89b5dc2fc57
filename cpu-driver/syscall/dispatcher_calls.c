/* System calls on dispatchers, sched contexts and address spaces. */
#include "sched/schedule.h"
#include "space/space.h"
#include "syscall/syscalls.h"

#define HANDLER(name)                                                                              \
    struct sysret syscall_##name(struct kernel *k, struct arch_context *ctx, const uint64_t *a)

static struct sysret answer(enum status s)
{
    return (struct sysret){s, 0, 0};
}

/* The dispatcher that a capref names, if the right is there. */
static enum status find_dispatcher(struct kernel *k, uint64_t place, unsigned rights,
                                   struct dispatcher **d)
{
    uint32_t slot;
    enum status s = syscall_cap(k, place, CAP_DISPATCHER, rights, &slot);

    if (s == OK) {
        *d = dispatcher_at(k, k->db.zone_slots[slot].base);
        dispatcher_enlist(k, *d);
    }
    return s;
}

HANDLER(TABLE_MAP)
{
    uint32_t slot[3];
    enum status s = syscall_places(k, a, slot);

    (void)ctx;
    return answer(s == OK ? space_table_map(&k->db, slot[0], slot[1], slot[2], a[3]) : s);
}

HANDLER(FRAME_MAP)
{
    uint32_t slot[3];
    enum status s = syscall_places(k, a, slot);

    (void)ctx;
    if (s == OK && a[5] >= 16)
        s = E_ARGUMENT;
    if (s != OK)
        return answer(s);
    return answer(space_frame_map(&k->db, &(struct frame_map_args){
                                              .table = slot[0],
                                              .frame = slot[1],
                                              .destination = slot[2],
                                              .index = (uint32_t)a[3],
                                              .count = (uint32_t)(a[3] >> 32),
                                              .offset = a[4],
                                              .flags = (unsigned)a[5],
                                          }));
}

HANDLER(MAPPING_PROTECT)
{
    uint32_t mapping;
    enum status s = syscall_cap(k, a[0], CAP_MAPPING, 0, &mapping);

    (void)ctx;
    if (s == OK && a[1] >= 16)
        s = E_ARGUMENT;
    return answer(s == OK ? space_mapping_protect(&k->db, mapping, (unsigned)a[1]) : s);
}

/* Put a copy of the capability at `place` in one of the dispatcher's own slots. What lies there
 * goes first, in a call of its own (E_AGAIN): its end may take the caller, d, or the source with
 * it. */
static enum status set_hidden(struct kernel *k, struct dispatcher *d, enum dispatcher_slot which,
                              uint64_t place, enum cap_type type)
{
    uint32_t source, hidden = dispatcher_slot(k, d, which);
    const struct slot *from, *now = &d->hidden[which];
    enum status s;

    if (!(uint32_t)place)
        return OK;
    s = syscall_cap(k, place, type, RIGHT_WRITE, &source);
    if (s != OK)
        return s;
    from = &k->db.zone_slots[source];
    if (now->type == from->type && now->base == from->base && now->tag == from->tag)
        return OK;
    if (now->type == CAP_NULL)
        return cap_copy(&k->db, source, hidden);
    s = cap_delete(&k->db, hidden);
    return s == OK ? E_AGAIN : s;
}

/* May set_hidden take the capability at `place`? */
static enum status check_hidden(struct kernel *k, uint64_t place, enum cap_type type)
{
    uint32_t source;

    return (uint32_t)place ? syscall_cap(k, place, type, RIGHT_WRITE, &source) : OK;
}

HANDLER(DISPATCHER_CONFIGURE)
{
    struct dispatcher *d;
    enum status s = find_dispatcher(k, a[0], RIGHT_WRITE, &d);

    (void)ctx;
    if (s == OK && d->state != STATE_STOPPED)
        s = E_BUSY;
    if (s == OK && (a[5] & ~(uint64_t)(DISPATCHER_VECTOR | DISPATCHER_FOREIGN)))
        s = E_ARGUMENT;
    if (s == OK)
        s = check_hidden(k, a[1], CAP_CNODE_L1);
    if (s == OK)
        s = check_hidden(k, a[2], CAP_PAGE_TABLE_4);
    if (s == OK)
        s = check_hidden(k, a[3], CAP_SCHED_CONTEXT);
    if (s == OK)
        s = set_hidden(k, d, HIDDEN_CSPACE, a[1], CAP_CNODE_L1);
    if (s == OK)
        s = set_hidden(k, d, HIDDEN_PAGE_TABLE, a[2], CAP_PAGE_TABLE_4);
    if (s == OK)
        s = set_hidden(k, d, HIDDEN_SCHED_CONTEXT, a[3], CAP_SCHED_CONTEXT);
    if (s != OK)
        return answer(s);
    if (a[4])
        d->page_va = a[4];
    d->flags = (uint32_t)a[5];
    return answer(OK);
}

HANDLER(DISPATCHER_MAP)
{
    uint32_t dispatcher, table, destination;
    enum status s = syscall_cap(k, a[0], CAP_DISPATCHER, RIGHT_WRITE, &dispatcher);

    (void)ctx;
    if (s == OK)
        s = syscall_place(k, a[1], &table);
    if (s == OK)
        s = syscall_place(k, a[2], &destination);
    return answer(s == OK ? space_dispatcher_map(&k->db, dispatcher, table, destination, a[3]) : s);
}

HANDLER(DISPATCHER_ENTRY)
{
    struct dispatcher *d;
    enum status s = find_dispatcher(k, a[0], RIGHT_WRITE, &d);

    (void)ctx;
    if (s != OK)
        return answer(s);
    if (a[1] == ENTRY_CRITICAL) {
        d->critical_begin = a[2];
        d->critical_end = a[3];
    } else if (a[1] < ENTRY_COUNT) {
        d->entry[a[1]] = a[2];
        if (d == k->current)
            arch_user_page_set(dispatcher_page(d), d->page_va, dispatcher_foreign_entry(d));
    } else {
        return answer(E_ARGUMENT);
    }
    return answer(OK);
}

HANDLER(DISPATCHER_START)
{
    struct dispatcher *d;
    enum status s = find_dispatcher(k, a[0], RIGHT_WRITE, &d);

    (void)ctx;
    if (s == OK && d->hidden[HIDDEN_SCHED_CONTEXT].type == CAP_SCHED_CONTEXT)
        d->priority = sched_context_at(k, d->hidden[HIDDEN_SCHED_CONTEXT].base)->priority;
    return answer(s == OK ? dispatcher_start(k, d, a[1]) : s);
}

HANDLER(DISPATCHER_STOP)
{
    struct dispatcher *d;
    enum status s = find_dispatcher(k, a[0], RIGHT_WRITE, &d);

    if (s == OK && d == k->current)
        schedule_save(k, ctx);
    if (s == OK)
        dispatcher_stop(k, d, STOP_ASKED);
    return answer(s);
}

/* Ticks of this core that went to priorities below d's. Accounted for at each switch; a same-core
 * call is its caller's priority's. */
static uint64_t below_ticks(const struct kernel *k, const struct dispatcher *d)
{
    uint64_t sum = 0;

    for (unsigned p = 0; p < d->own_priority; p++)
        sum += k->priority_ticks[p];
    return sum;
}

HANDLER(DISPATCHER_INSPECT)
{
    struct dispatcher *d;
    enum status s = find_dispatcher(k, a[0], RIGHT_READ, &d);

    (void)ctx;
    if (s != OK)
        return answer(s);
    if (d == k->current)
        schedule_account(k);
    switch (a[1]) {
    case 0:
        return (struct sysret){OK, d->state, d->reason};
    case 1:
        return (struct sysret){OK, d->stop_pc, d->stop_address};
    case 2:
        return (struct sysret){OK, d->cpu_ticks, d->syscalls + d->calls};
    case 3:
        return (struct sysret){OK, d->faults, d->upcalls};
    case 4:
        return (struct sysret){OK, d->foreign_calls, d->calls};
    case 5:
        return (struct sysret){OK, d->bells_rung, d->waits};
    case 6:
        return (struct sysret){OK, below_ticks(k, d), 0};
    default:
        return answer(E_ARGUMENT);
    }
}

HANDLER(DISPATCHER_SUPERVISE)
{
    struct dispatcher *d;
    enum status s = find_dispatcher(k, a[0], RIGHT_REVOKE, &d);

    (void)ctx;
    return answer(s == OK ? set_hidden(k, d, HIDDEN_SUPERVISOR, a[1], CAP_DISPATCHER) : s);
}

HANDLER(WAIT)
{
    struct dispatcher *d = k->current;
    uint64_t deadline_ticks = a[0]; /* the result may overwrite the arguments */

    if (d->wake_pending) {
        d->wake_pending = false;
        arch_context_result(ctx, OK, 0, 0);
        return answer(OK);
    }
    if (deadline_ticks <= arch_ticks()) {
        arch_context_result(ctx, E_TIMEOUT, 0, 0);
        return answer(OK);
    }
    arch_context_result(ctx, OK, 0, 0);
    schedule_save(k, ctx);
    d->waits++;
    d->state = STATE_WAITING;
    if (deadline_ticks != UINT64_MAX)
        wait_insert(k, d, deadline_ticks);
    schedule_left(k, d);
    return answer(OK);
}

HANDLER(YIELD)
{
    (void)ctx, (void)a;
    k->slice_end_ticks = 0;
    k->reschedule = true;
    return answer(OK);
}

HANDLER(SCHED_CONFIGURE)
{
    uint32_t granter, target;
    enum status s = syscall_cap(k, a[0], CAP_SCHED_CONTEXT, RIGHT_WRITE, &granter);

    (void)ctx;
    if (s == OK)
        s = syscall_cap(k, a[1], CAP_SCHED_CONTEXT, RIGHT_WRITE, &target);
    if (s != OK)
        return answer(s);
    return answer(budget_grant(k, sched_context_at(k, k->db.zone_slots[granter].base),
                               sched_context_at(k, k->db.zone_slots[target].base), a[2], a[3],
                               a[4]));
}
