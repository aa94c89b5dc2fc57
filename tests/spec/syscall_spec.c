/* The specification of system calls: see syscall_spec.h. */
#include "domain.h"
#include "internal.h"

/* ---- Names ---- */

enum status spec_place(struct spec_domain *d, uint64_t at, uint32_t *slot)
{
    uint32_t root = d->cspace;

    if (at >> 32 != 0) {
        enum status s = spec_lookup(&d->caps, d->cspace, (capref_t)(at >> 32), &root);
        const struct spec_cap *c = s == OK ? spec_find(&d->caps, root) : NULL;

        if (s != OK)
            return s;
        if (c == NULL || c->type != CAP_CNODE_L1)
            return E_TYPE;
        if (!(c->rights & RIGHT_WRITE))
            return E_RIGHTS;
    }
    return spec_lookup(&d->caps, root, (capref_t)at, slot);
}

enum status spec_usable(struct spec_domain *d, uint64_t at, uint8_t type, unsigned rights,
                        struct spec_cap **cap)
{
    uint32_t slot;
    enum status s = spec_place(d, at, &slot);

    if (s != OK)
        return s;
    struct spec_cap *c = spec_find(&d->caps, slot);
    if (c == NULL)
        return E_NO_CAP;
    if (c->type != type)
        return E_TYPE;
    if ((c->rights & rights) != rights)
        return E_RIGHTS;
    *cap = c;
    return OK;
}

enum status spec_places(struct spec_domain *d, const uint64_t *a, unsigned count, uint32_t *slot)
{
    enum status s = OK;

    for (unsigned i = 0; s == OK && i < count; i++)
        s = spec_place(d, a[i], &slot[i]);
    return s;
}

/* ---- The calls ---- */

static struct spec_answer identify(struct spec_domain *d, const uint64_t *a)
{
    struct spec_answer r = {0};
    uint32_t slot;

    r.status = spec_place(d, a[0], &slot);
    const struct spec_cap *c = r.status == OK ? spec_find(&d->caps, slot) : NULL;
    if (r.status == OK && c == NULL)
        r.status = E_NO_CAP;
    else if (r.status == OK && a[1] > 2)
        r.status = E_ARGUMENT;
    if (r.status != OK)
        return r;
    if (a[1] == 0) {
        r.r1 = c->base;
        r.r2 = c->bytes;
    } else if (a[1] == 1) {
        r.r1 =
            c->type | (uint64_t)c->rights << 8 | (uint64_t)c->owner << 16 | (uint64_t)c->tag << 32;
        r.r2 = c->aux;
    } else {
        r.r1 = spec_has_copies(&d->caps, slot);
        r.r2 = spec_has_descendants(&d->caps, slot);
    }
    return r;
}

static enum status retype(struct spec_domain *d, const uint64_t *a)
{
    uint32_t source, to;
    enum status s = spec_place(d, a[0], &source);

    if (s == OK)
        s = spec_place(d, a[5], &to);
    if (s != OK)
        return s;
    if (a[2] >= CAP_TYPE_COUNT || a[4] == 0 || a[4] > 256)
        return E_ARGUMENT;
    if ((a[5] & 255) + a[4] > 256)
        return E_NO_SLOT;
    return spec_retype(&d->caps, source, a[1], (uint8_t)a[2], a[3], (uint32_t)a[4], to);
}

static enum status cap_call(struct spec_domain *d, uint64_t operation, const uint64_t *a)
{
    uint32_t slot[3];
    enum status s =
        spec_places(d, a, operation == SYS_CAP_DELETE || operation == SYS_CAP_REVOKE ? 1 : 2, slot);

    if (s != OK)
        return s;
    switch (operation) {
    case SYS_CAP_COPY:
        return spec_copy(&d->caps, slot[0], slot[1]);
    case SYS_CAP_MINT:
        if (a[2] > RIGHTS_ALL || a[3] > UINT32_MAX)
            return E_ARGUMENT;
        return spec_mint(&d->caps, slot[0], slot[1], (uint8_t)a[2], (uint32_t)a[3], a[4], a[5]);
    case SYS_CAP_MOVE:
        return spec_move(&d->caps, slot[0], slot[1]);
    case SYS_CAP_DELETE:
        return spec_delete(&d->caps, slot[0]);
    default:
        return a[1] > UINT32_MAX ? E_ARGUMENT : spec_revoke(&d->caps, slot[0], (uint32_t)a[1]);
    }
}

static enum status cnode_call(struct spec_domain *d, uint64_t operation, const uint64_t *a)
{
    struct spec_cap *root, *source;
    uint32_t to;
    enum status s = spec_usable(d, a[0], CAP_CNODE_L1, RIGHT_WRITE, &root);

    if (s != OK)
        return s;
    if (operation == SYS_CNODE_DETACH) {
        s = spec_place(d, a[2], &to);
        return s == OK ? spec_detach(&d->caps, root->slot, a[1], to) : s;
    }
    s = spec_usable(d, a[2], CAP_CNODE_L2, RIGHT_WRITE, &source);
    return s == OK ? spec_attach(&d->caps, root->slot, a[1], source->slot) : s;
}

static enum status space_call(struct spec_domain *d, uint64_t operation, const uint64_t *a)
{
    uint32_t slot[3];
    struct spec_cap *cap;
    enum status s;

    if (operation == SYS_MAPPING_PROTECT) {
        s = spec_usable(d, a[0], CAP_MAPPING, 0, &cap);
        if (s == OK && a[1] >= 16)
            s = E_ARGUMENT;
        return s == OK ? spec_protect(&d->caps, cap->slot, (unsigned)a[1]) : s;
    }
    if (operation == SYS_DISPATCHER_MAP) {
        s = spec_usable(d, a[0], CAP_DISPATCHER, RIGHT_WRITE, &cap);
        if (s == OK)
            s = spec_places(d, a + 1, 2, slot);
        return s == OK ? spec_dispatcher_map(&d->caps, cap->slot, slot[0], slot[1], a[3]) : s;
    }
    s = spec_places(d, a, 3, slot);
    if (s != OK)
        return s;
    if (operation == SYS_TABLE_MAP)
        return spec_table_map(&d->caps, slot[0], slot[1], slot[2], a[3]);
    if (a[5] >= 16)
        return E_ARGUMENT;
    return spec_frame_map(&d->caps, slot[0], slot[1], slot[2], (uint32_t)a[3],
                          (uint32_t)(a[3] >> 32), a[4], (unsigned)a[5]);
}

static struct spec_answer dispatcher_call(struct spec_domain *d, uint64_t operation,
                                          const uint64_t *a)
{
    struct spec_answer r = {0};
    struct spec_cap *cap;
    bool again;

    uint8_t right = operation == SYS_DISPATCHER_INSPECT     ? RIGHT_READ
                    : operation == SYS_DISPATCHER_SUPERVISE ? RIGHT_REVOKE
                                                            : RIGHT_WRITE;

    r.status = spec_usable(d, a[0], CAP_DISPATCHER, right, &cap);
    if (r.status != OK)
        return r;
    struct spec_dispatcher *x = domain_dispatcher_at(d, cap->base);
    switch (operation) {
    case SYS_DISPATCHER_ENTRY:
        r.status = domain_entry_set(d, cap, a);
        break;
    case SYS_DISPATCHER_START:
        r.status = domain_start(d, x);
        break;
    case SYS_DISPATCHER_STOP:
        domain_dispatcher_stop(d, x);
        break;
    case SYS_DISPATCHER_SUPERVISE:
        again = true;
        for (int i = 0; again && r.status == OK && i < 4; i++) {
            again = false;
            r.status = spec_usable(d, a[0], CAP_DISPATCHER, right, &cap);
            if (r.status == OK)
                r.status = domain_hidden_set(d, cap->base, 3, a[1], CAP_DISPATCHER, &again);
        }
        break;
    default:
        r.status = a[1] > 6 ? E_ARGUMENT : OK;
        r.r1 = x->resting ? STATE_WAITING : STATE_STOPPED;
    }
    return r;
}

static enum status configure_whole(struct spec_domain *d, const uint64_t *a)
{
    enum status s = OK;
    bool again = true;

    for (int i = 0; again && s == OK && i < 8; i++) {
        again = false;
        s = domain_configure(d, a, &again);
    }
    return s;
}

/* What needs a capability that such a domain never has: refused by the first look at it. */
static enum status privileged(struct spec_domain *d, uint64_t operation, const uint64_t *a)
{
    bool own = operation >= SYS_MONITOR_BELL_BIND || operation == SYS_DOORBELL_RING;
    struct spec_cap *cap;

    return spec_usable(d, own ? (capref_t)a[0] : a[0], CAP_MONITOR, 0, &cap);
}

static enum status seldom_call(struct spec_domain *d, uint64_t operation, const uint64_t *a)
{
    switch (operation) {
    case SYS_ENDPOINT_MAKE:
        return domain_endpoint_make(d, a, RIGHTS_ALL, a[2]);
    case SYS_BELL_LOCAL:
        return domain_endpoint_make(d, a, RIGHT_READ | RIGHT_GRANT, 0);
    case SYS_DOORBELL_RING:
        return domain_ring(d, a);
    case SYS_SCHED_CONFIGURE:
        return domain_sched_configure(d, a);
    default:
        return operation < SYS_COUNT ? privileged(d, operation, a) : E_SYSCALL;
    }
}

static struct spec_answer answer_of(struct spec_domain *d, uint64_t operation, const uint64_t *a)
{
    struct spec_answer r = {0};

    switch (operation) {
    case SYS_CALL:
        return domain_call(d, a);
    case SYS_CAP_IDENTIFY:
        return identify(d, a);
    case SYS_DISPATCHER_ENTRY:
    case SYS_DISPATCHER_START:
    case SYS_DISPATCHER_STOP:
    case SYS_DISPATCHER_INSPECT:
    case SYS_DISPATCHER_SUPERVISE:
        return dispatcher_call(d, operation, a);
    case SYS_NULL:
    case SYS_WAIT:
    case SYS_YIELD:
        break;
    case SYS_RESUME:
        r.status = E_ARGUMENT;
        break;
    case SYS_CAP_COPY:
    case SYS_CAP_MINT:
    case SYS_CAP_MOVE:
    case SYS_CAP_DELETE:
    case SYS_CAP_REVOKE:
        r.status = cap_call(d, operation, a);
        break;
    case SYS_CAP_RETYPE:
        r.status = retype(d, a);
        break;
    case SYS_CNODE_ATTACH:
    case SYS_CNODE_DETACH:
        r.status = cnode_call(d, operation, a);
        break;
    case SYS_TABLE_MAP:
    case SYS_FRAME_MAP:
    case SYS_MAPPING_PROTECT:
    case SYS_DISPATCHER_MAP:
        r.status = space_call(d, operation, a);
        break;
    case SYS_DISPATCHER_CONFIGURE:
        r.status = configure_whole(d, a);
        break;
    default:
        r.status = seldom_call(d, operation, a);
    }
    return r;
}

struct spec_answer spec_syscall(struct spec_domain *d, uint64_t operation, const uint64_t a[6])
{
    uint32_t slot;
    const struct spec_cap *c = spec_place(d, a[0], &slot) == OK ? spec_find(&d->caps, slot) : NULL;
    uint8_t invoked = c != NULL ? c->type : (uint8_t)CAP_NULL;
    bool ends = operation == SYS_CAP_DELETE || operation == SYS_CAP_REVOKE ||
                operation == SYS_DISPATCHER_CONFIGURE || operation == SYS_DISPATCHER_SUPERVISE;

    if (ends)
        domain_supervisors_note(d);
    struct spec_answer r = answer_of(d, operation, a);
    if (ends)
        domain_objects_forget(d);
    r.invoked = invoked;
    return r;
}
