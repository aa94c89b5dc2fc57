/* System calls between dispatchers: endpoints, doorbells. Calling an endpoint is ipc/call.c. */
#include "sched/schedule.h"
#include "syscall/syscalls.h"

#define HANDLER(name)                                                                              \
    struct sysret syscall_##name(struct kernel *k, struct arch_context *ctx, const uint64_t *a)

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
    struct cap_description endpoint = {
        .type = CAP_ENDPOINT, .rights = (uint8_t)rights, .aux = badge};

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

/* The capability is a DOORBELL (another core) or an ENDPOINT (this core: ringing it wakes its
 * dispatcher). */
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
        k->current->bells_rung++;
        dispatcher_wake(k, dispatcher_at(k, bell->base));
        return answer(OK);
    }
    s = syscall_cap(k, (capref_t)a[0], CAP_DOORBELL, RIGHT_WRITE, &slot);
    if (s != OK)
        return answer(s);
    s = doorbell_ring(k, (uint32_t)(bell->base / LINE_BYTES), (uint32_t)bell->aux);
    k->current->bells_rung += s == OK;
    return answer(s);
}

/* An endpoint that can be rung but, without RIGHT_WRITE, not called. */
HANDLER(BELL_LOCAL)
{
    (void)ctx;
    return answer(make_endpoint(k, a, RIGHT_READ | RIGHT_GRANT, 0));
}
