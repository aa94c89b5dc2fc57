/* System calls between dispatchers: same-core call and reply (DESIGN 12.7), doorbells, interrupts. */
#include "sched/schedule.h"
#include "syscall/syscalls.h"

#define HANDLER(name)                                                                              \
    struct sysret syscall_##name(struct kernel *k, struct arch_context *ctx, const uint64_t *a)
#define CALL_DEPTH_MAX 8u

static struct sysret answer(enum status s)
{
    return (struct sysret){s, 0, 0};
}

/* a[0] dispatcher, a[1] destination place. */
static enum status make_endpoint(struct kernel *k, const uint64_t *a, unsigned rights,
                                 uint64_t badge)
{
    uint32_t dispatcher, destination;
    enum status s = syscall_cap(k, a[0], CAP_DISPATCHER, RIGHT_WRITE, &dispatcher);
    struct cap_description endpoint = {.type = CAP_ENDPOINT, .rights = (uint8_t)rights,
                                       .aux = badge};

    if (s == OK)
        s = syscall_place(k, a[1], &destination);
    if (s != OK)
        return s;
    dispatcher_enlist(k, dispatcher_at(k, k->db.zone_slots[dispatcher].base));
    endpoint.base = k->db.zone_slots[dispatcher].base;
    endpoint.bytes = k->db.zone_slots[dispatcher].bytes;
    endpoint.tag = k->db.zone_slots[dispatcher].tag;
    endpoint.owner = (uint16_t)k->record->core_id;
    return cap_insert(&k->db, destination, &endpoint);
}

HANDLER(ENDPOINT_MAKE)
{
    (void)ctx;
    return answer(make_endpoint(k, a, RIGHTS_ALL, a[2]));
}

/* How many callers stand behind d. */
static unsigned call_depth(const struct dispatcher *d)
{
    unsigned depth = 0;

    for (; d->caller && depth < CALL_DEPTH_MAX; d = d->caller)
        depth++;
    return depth;
}

/* Can this server take a call now? It must be at rest, enabled, in WAIT or behind REPLY_WAIT. */
static enum status check_server(const struct dispatcher *caller, const struct dispatcher *server)
{
    if (server->state == STATE_STOPPED || !server->entry[ENTRY_CALL])
        return E_STOPPED;
    if (server->state != STATE_WAITING || server->caller ||
        server->resume == RESUME_DISABLED_AREA)
        return E_BUSY;
    return call_depth(caller) < CALL_DEPTH_MAX ? OK : E_LIMIT;
}

HANDLER(CALL)
{
    struct dispatcher *caller = k->current, *server = NULL;
    uint32_t slot;
    enum status s = syscall_cap(k, (capref_t)a[0], CAP_ENDPOINT, RIGHT_WRITE, &slot);

    if (s == OK) {
        server = dispatcher_at(k, k->db.zone_slots[slot].base);
        s = check_server(caller, server);
    }
    if (s == OK && a[1] <= arch_ticks())
        s = E_TIMEOUT;
    if (s != OK) {
        arch_context_result(ctx, s, 0, 0);
        return answer(s);
    }
    caller->kept = *ctx;
    caller->state = STATE_CALLING;
    caller->server = server;
    if (a[1] != UINT64_MAX)
        wait_insert(k, caller, a[1]);
    wait_remove(k, server);
    server->caller = caller;
    server->state = STATE_RUNNABLE;
    server->priority = caller->priority;
    dispatcher_page(server)->disabled = 1;
    arch_context_enter_call(&server->kept, server->entry[ENTRY_CALL],
                            dispatcher_page(server)->entry_stack, k->db.zone_slots[slot].aux,
                            &caller->kept);
    schedule_switch(k, server);
    k->switched = &server->kept;
    return answer(OK);
}

HANDLER(REPLY_WAIT)
{
    struct dispatcher *server = k->current, *caller = server->caller;

    server->state = STATE_WAITING;
    server->resume = RESUME_RUN_UPCALL;
    server->priority = sched_context_at(k, server->hidden[HIDDEN_SCHED_CONTEXT].base)->priority;
    if (server->wake_pending) {
        server->wake_pending = false;
        server->state = STATE_RUNNABLE;
        queue_append(&k->ready, server);
    }
    if (!caller) {
        schedule_left(k, server);
        return answer(E_PEER);
    }
    server->caller = NULL;
    caller->server = NULL;
    wait_remove(k, caller);
    caller->state = STATE_RUNNABLE;
    arch_context_result(&caller->kept, a[0], 0, 0);
    arch_context_words_copy(&caller->kept, ctx);
    schedule_switch(k, caller);
    k->switched = &caller->kept;
    return answer(OK);
}

/* The capability is a DOORBELL (another core) or an ENDPOINT (this core: ringing it wakes its dispatcher). */
HANDLER(DOORBELL_RING)
{
    uint32_t slot;
    const struct slot *bell;
    enum status s = syscall_place(k, (capref_t)a[0], &slot);

    (void)ctx;
    if (s != OK)
        return answer(s);
    bell = &k->db.zone_slots[slot];
    if (bell->type == CAP_ENDPOINT && bell->state == SLOT_STATE_NORMAL) {
        dispatcher_wake(k, dispatcher_at(k, bell->base));
        return answer(OK);
    }
    s = syscall_cap(k, (capref_t)a[0], CAP_DOORBELL, RIGHT_WRITE, &slot);
    if (s != OK)
        return answer(s);
    return answer(doorbell_ring(k, (uint32_t)(bell->base / LINE_BYTES), (uint32_t)bell->aux));
}

/* An endpoint that can be rung but, without RIGHT_WRITE, not called. */
HANDLER(BELL_LOCAL)
{
    (void)ctx;
    return answer(make_endpoint(k, a, RIGHT_READ | RIGHT_GRANT, 0));
}
