/* System calls on capabilities and CSpaces: names are looked up here, everything else is the
 * capability core's. */
#include "syscall/syscalls.h"

#define HANDLER(name)                                                                              \
    struct sysret syscall_##name(struct kernel *k, struct arch_context *ctx, const uint64_t *a)

static struct sysret answer(enum status s)
{
    return (struct sysret){s, 0, 0};
}

enum status syscall_place_in(struct kernel *k, capref_t root, capref_t ref, uint32_t *slot)
{
    const struct slot *found;
    enum status s = cap_lookup_in(&k->db, &k->current->hidden[HIDDEN_CSPACE], root, &found);

    if (s != OK)
        return s;
    if (found->type != CAP_CNODE_L1)
        return E_TYPE;
    if (!(found->rights & RIGHT_WRITE))
        return E_RIGHTS;
    return cap_lookup(&k->db, (uint32_t)(found - k->db.zone_slots), ref, slot);
}

enum status syscall_places_any(struct kernel *k, const uint64_t place[3], uint32_t slot[3])
{
    enum status s = OK;

    for (unsigned i = 0; s == OK && i < 3; i++)
        s = syscall_place(k, place[i], &slot[i]);
    return s;
}

enum status syscall_cap(struct kernel *k, uint64_t place, enum cap_type type, unsigned rights,
                        uint32_t *slot)
{
    enum status s = syscall_place(k, place, slot);

    return s == OK ? cap_usable(&k->db.zone_slots[*slot], type, rights) : s;
}

/* Source and destination places of the operations that make one capability from another. */
static enum status source_and_destination(struct kernel *k, const uint64_t *a, uint32_t *source,
                                          uint32_t *destination)
{
    enum status s = syscall_place(k, a[0], source);

    return s == OK ? syscall_place(k, a[1], destination) : s;
}

HANDLER(NULL)
{
    (void)k, (void)ctx, (void)a;
    return answer(OK);
}

HANDLER(CAP_COPY)
{
    uint32_t source, destination;
    enum status s = source_and_destination(k, a, &source, &destination);

    (void)ctx;
    return answer(s == OK ? cap_copy(&k->db, source, destination) : s);
}

HANDLER(CAP_MINT)
{
    uint32_t source, destination;
    enum status s = source_and_destination(k, a, &source, &destination);

    (void)ctx;
    if (s == OK && (a[2] > RIGHTS_ALL || a[3] > UINT32_MAX))
        s = E_ARGUMENT;
    if (s == OK)
        s = cap_mint(&k->db, source, destination, (uint8_t)a[2], (uint32_t)a[3], a[4], a[5]);
    return answer(s);
}

HANDLER(CAP_MOVE)
{
    uint32_t source, destination;
    enum status s = source_and_destination(k, a, &source, &destination);

    (void)ctx;
    return answer(s == OK ? cap_move(&k->db, source, destination) : s);
}

HANDLER(CAP_DELETE)
{
    uint32_t slot;
    enum status s = syscall_place(k, a[0], &slot);

    (void)ctx;
    return answer(s == OK ? cap_delete(&k->db, slot) : s);
}

HANDLER(CAP_REVOKE)
{
    uint32_t slot;
    enum status s = syscall_place(k, a[0], &slot);

    (void)ctx;
    if (s == OK && a[1] > UINT32_MAX)
        s = E_ARGUMENT;
    return answer(s == OK ? cap_revoke(&k->db, slot, (uint32_t)a[1]) : s);
}

HANDLER(CAP_RETYPE)
{
    struct retype_args r = {.offset = a[1], .bytes = a[3]};
    enum status s = syscall_place(k, a[0], &r.source);

    (void)ctx;
    if (s == OK)
        s = syscall_place(k, a[5], &r.destination);
    if (s != OK)
        return answer(s);
    if (a[2] >= CAP_TYPE_COUNT || a[4] == 0 || a[4] > CAP_L2_SLOTS)
        return answer(E_ARGUMENT);
    if ((a[5] & (CAP_L2_SLOTS - 1)) + a[4] > CAP_L2_SLOTS)
        return answer(E_NO_SLOT);
    r.type = (uint8_t)a[2];
    r.count = (uint32_t)a[4];
    return answer(cap_retype(&k->db, &r));
}

HANDLER(CAP_IDENTIFY)
{
    uint32_t slot;
    const struct slot *cap;
    enum status s = syscall_place(k, a[0], &slot);

    (void)ctx;
    if (s != OK)
        return answer(s);
    cap = &k->db.zone_slots[slot];
    if (cap->type == CAP_NULL)
        return answer(E_NO_CAP);
    switch (a[1]) {
    case 0:
        return (struct sysret){OK, cap->base, cap->bytes};
    case 1:
        return (struct sysret){OK,
                               (uint64_t)cap->type | (uint64_t)cap->rights << 8 |
                                   (uint64_t)cap->owner << 16 | (uint64_t)cap->tag << 32,
                               cap->aux};
    case 2:
        return (struct sysret){OK, cap_has_copies(&k->db, slot), cap_has_descendants(&k->db, slot)};
    default:
        return answer(E_ARGUMENT);
    }
}

HANDLER(CNODE_ATTACH)
{
    uint32_t root, source;
    enum status s = syscall_cap(k, a[0], CAP_CNODE_L1, RIGHT_WRITE, &root);

    (void)ctx;
    if (s == OK)
        s = syscall_cap(k, a[2], CAP_CNODE_L2, RIGHT_WRITE, &source);
    return answer(s == OK ? cnode_attach(&k->db, root, a[1], source) : s);
}

HANDLER(CNODE_DETACH)
{
    uint32_t root, destination;
    enum status s = syscall_cap(k, a[0], CAP_CNODE_L1, RIGHT_WRITE, &root);

    (void)ctx;
    if (s == OK)
        s = syscall_place(k, a[2], &destination);
    return answer(s == OK ? cnode_detach(&k->db, root, a[1], destination) : s);
}
