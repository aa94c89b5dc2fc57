/* The specification of dispatchers, sched contexts and calls between them: see syscall_spec.h. */
#include "domain.h"
#include "internal.h"

struct spec_dispatcher *domain_dispatcher_at(struct spec_domain *d, uint64_t base)
{
    struct spec_dispatcher *fresh = NULL;

    for (uint32_t i = 0; i < SPEC_OBJECTS_MAX; i++) {
        if (d->dispatcher[i].base == base)
            return &d->dispatcher[i];
        if (d->dispatcher[i].base == 0 && fresh == NULL)
            fresh = &d->dispatcher[i];
    }
    *fresh = (struct spec_dispatcher){.base = base};
    return fresh;
}

static struct spec_sched *sched_at(struct spec_domain *d, uint64_t base)
{
    struct spec_sched *fresh = NULL;

    for (uint32_t i = 0; i < SPEC_OBJECTS_MAX; i++) {
        if (d->sched[i].base == base)
            return &d->sched[i];
        if (d->sched[i].base == 0 && fresh == NULL)
            fresh = &d->sched[i];
    }
    *fresh = (struct spec_sched){.base = base};
    return fresh;
}

void spec_sched_add(struct spec_domain *d, uint64_t base, bool granted, uint8_t priority)
{
    *sched_at(d, base) = (struct spec_sched){base, granted, priority};
}

static uint32_t hidden_slot(const struct spec_domain *d, uint64_t base, unsigned which)
{
    return (uint32_t)((base - d->caps.zone_base) / 64) + which;
}

static const struct spec_cap *hidden(struct spec_domain *d, uint64_t base, unsigned which)
{
    return spec_find(&d->caps, hidden_slot(d, base, which));
}

static uint64_t supervisor_of(struct spec_domain *d, uint64_t base)
{
    const struct spec_cap *c = hidden(d, base, 3);

    return c != NULL && c->type == CAP_DISPATCHER && c->base != base ? c->base : 0;
}

/* It stops; whoever watches it is woken, which for a server at rest means to look whether there is
 * work: with code that faults, it stops as well. */
void domain_dispatcher_stop(struct spec_domain *d, struct spec_dispatcher *x)
{
    while (x != NULL && x->resting) {
        uint64_t next = supervisor_of(d, x->base);

        x->resting = false;
        x = next != 0 ? domain_dispatcher_at(d, next) : NULL;
        if (x != NULL && x->entry[ENTRY_RUN] == d->serve)
            break;
    }
}

static bool exists(const struct spec_domain *d, uint8_t type, uint64_t base)
{
    for (uint32_t i = 0; i < d->caps.count; i++)
        if (d->caps.caps[i].type == type && d->caps.caps[i].base == base)
            return true;
    return false;
}

void domain_supervisors_note(struct spec_domain *d)
{
    for (uint32_t i = 0; i < SPEC_OBJECTS_MAX; i++)
        if (d->dispatcher[i].resting)
            d->dispatcher[i].supervisor = supervisor_of(d, d->dispatcher[i].base);
}

/* Objects without a capability are no more. */
void domain_objects_forget(struct spec_domain *d)
{
    for (uint32_t i = 0; i < SPEC_OBJECTS_MAX; i++) {
        if (d->sched[i].base != 0 && !exists(d, CAP_SCHED_CONTEXT, d->sched[i].base))
            d->sched[i] = (struct spec_sched){0};
    }
    for (uint32_t i = 0; i < SPEC_OBJECTS_MAX; i++) {
        struct spec_dispatcher *x = &d->dispatcher[i];

        if (x->base == 0 || exists(d, CAP_DISPATCHER, x->base))
            continue;
        uint64_t next = x->resting ? x->supervisor : 0;
        *x = (struct spec_dispatcher){0};
        if (next != 0 && exists(d, CAP_DISPATCHER, next) &&
            domain_dispatcher_at(d, next)->entry[ENTRY_RUN] != d->serve)
            domain_dispatcher_stop(d, domain_dispatcher_at(d, next));
    }
}

static bool complete(struct spec_domain *d, const struct spec_dispatcher *x)
{
    static const uint8_t types[] = {CAP_CNODE_L1, CAP_PAGE_TABLE_4, CAP_SCHED_CONTEXT};

    for (unsigned i = 0; i < 3; i++) {
        const struct spec_cap *c = hidden(d, x->base, i);
        if (c == NULL || c->type != types[i])
            return false;
    }
    return x->page_va != 0 && x->entry[ENTRY_RUN] != 0 &&
           sched_at(d, hidden(d, x->base, 2)->base)->granted;
}

/* A copy in one of the dispatcher's own slots; what lay there goes first. */
enum status domain_hidden_set(struct spec_domain *d, uint64_t base, unsigned which, uint64_t from,
                              uint8_t type, bool *again)
{
    uint32_t to = hidden_slot(d, base, which);
    struct spec_cap *source;

    if ((uint32_t)from == 0)
        return OK;
    enum status s = spec_usable(d, from, type, RIGHT_WRITE, &source);
    if (s != OK)
        return s;
    const struct spec_cap *now = spec_find(&d->caps, to);
    if (now != NULL && now->type == source->type && now->base == source->base &&
        now->tag == source->tag)
        return OK;
    if (now == NULL)
        return spec_copy(&d->caps, source->slot, to);
    *again = true;
    return spec_delete(&d->caps, to);
}

enum status domain_configure(struct spec_domain *d, const uint64_t *a, bool *again)
{
    static const uint8_t types[] = {CAP_CNODE_L1, CAP_PAGE_TABLE_4, CAP_SCHED_CONTEXT};
    struct spec_cap *cap;
    enum status s = spec_usable(d, a[0], CAP_DISPATCHER, RIGHT_WRITE, &cap);

    if (s != OK)
        return s;
    struct spec_dispatcher *x = domain_dispatcher_at(d, cap->base);
    if (x->resting)
        return E_BUSY;
    if ((a[5] & ~(uint64_t)(DISPATCHER_VECTOR | DISPATCHER_FOREIGN)) != 0)
        return E_ARGUMENT;
    for (unsigned i = 0; s == OK && i < 3; i++)
        s = (uint32_t)a[1 + i] != 0 ? spec_usable(d, a[1 + i], types[i], RIGHT_WRITE, &cap) : OK;
    for (unsigned i = 0; s == OK && i < 3 && !*again; i++)
        s = domain_hidden_set(d, x->base, i, a[1 + i], types[i], again);
    if (s == OK && !*again && a[4] != 0)
        x->page_va = a[4];
    return s;
}

enum status domain_entry_set(struct spec_domain *d, const struct spec_cap *cap, const uint64_t *a)
{
    if (a[1] < ENTRY_COUNT)
        domain_dispatcher_at(d, cap->base)->entry[a[1]] = a[2];
    return a[1] <= ENTRY_CRITICAL ? OK : E_ARGUMENT;
}

enum status domain_start(struct spec_domain *d, struct spec_dispatcher *x)
{
    if (x->resting)
        return E_BUSY;
    if (!complete(d, x))
        return E_STOPPED;
    x->resting = true;
    if (x->entry[ENTRY_RUN] != d->serve)
        domain_dispatcher_stop(d, x);
    return OK;
}

struct spec_answer domain_call(struct spec_domain *d, const uint64_t *a)
{
    struct spec_cap *endpoint;
    struct spec_answer r = {
        spec_usable(d, (capref_t)a[0], CAP_ENDPOINT, RIGHT_WRITE, &endpoint), 0, false, 0, 0, 0};

    if (r.status != OK)
        return r;
    struct spec_dispatcher *x = domain_dispatcher_at(d, endpoint->base);
    if (!x->resting || x->entry[ENTRY_CALL] == 0) {
        r.status = E_STOPPED;
    } else if (a[1] != d->far) {
        r.status = E_TIMEOUT;
    } else if (x->entry[ENTRY_CALL] != d->serve) {
        r.status = E_PEER;
        domain_dispatcher_stop(d, x);
    } else {
        r.called = true;
        r.badge = endpoint->aux;
    }
    return r;
}

enum status domain_ring(struct spec_domain *d, const uint64_t *a)
{
    uint32_t slot;
    enum status s = spec_place(d, (capref_t)a[0], &slot);
    const struct spec_cap *c = s == OK ? spec_find(&d->caps, slot) : NULL;

    if (s != OK)
        return s;
    if (c == NULL || c->type != CAP_ENDPOINT)
        return c == NULL ? E_NO_CAP : E_TYPE; /* a DOORBELL is never in the arena */
    struct spec_dispatcher *x = domain_dispatcher_at(d, c->base);
    if (x->resting && x->entry[ENTRY_RUN] != d->serve)
        domain_dispatcher_stop(d, x);
    return OK;
}

enum status domain_endpoint_make(struct spec_domain *d, const uint64_t *a, uint8_t rights,
                                 uint64_t badge)
{
    struct spec_cap *cap;
    uint32_t slot;
    enum status s = spec_usable(d, a[0], CAP_DISPATCHER, RIGHT_WRITE, &cap);

    if (s == OK)
        s = spec_place(d, a[1], &slot);
    if (s != OK)
        return s;
    struct cap_description e = {cap->base,    cap->bytes,   badge, cap->tag,
                                d->caps.core, CAP_ENDPOINT, rights};
    return spec_insert(&d->caps, slot, &e);
}

/* Nothing, or a budget of at least 50 us in a period of 1 ms to 10 s. */
static bool is_shape(const struct spec_domain *d, uint64_t period, uint64_t budget)
{
    return (period == 0 && budget == 0) || (budget <= period && budget >= d->hz / 20000 &&
                                            period >= d->hz / 1000 && period <= d->hz * 10);
}

enum status domain_sched_configure(struct spec_domain *d, const uint64_t *a)
{
    struct spec_cap *from, *to;
    enum status s = spec_usable(d, a[0], CAP_SCHED_CONTEXT, RIGHT_WRITE, &from);

    if (s == OK)
        s = spec_usable(d, a[1], CAP_SCHED_CONTEXT, RIGHT_WRITE, &to);
    if (s != OK)
        return s;
    struct spec_sched granter = *sched_at(d, from->base);
    if (!granter.granted)
        return E_RIGHTS;
    if (a[2] > granter.priority || !is_shape(d, a[3], a[4]))
        return E_ARGUMENT;
    /* None of these granters has a share of the core to give. */
    if (a[4] != 0)
        return from->base == to->base ? E_ARGUMENT : E_LIMIT;
    *sched_at(d, to->base) = (struct spec_sched){to->base, true, (uint8_t)a[2]};
    return OK;
}
