/* The entries into the kernel: system calls by row, interrupts, faults. */
#ifndef SYSCALL_SYSCALLS_H
#define SYSCALL_SYSCALLS_H

#include "kernel.h"

/* Take and handle everything that is pending. */
void interrupts_handle(struct kernel *k);

/* One handler a row of syscall.def. Each checks, then acts; `current` may have changed when it
 * returns. */
typedef struct sysret (*syscall_handler)(struct kernel *k, struct arch_context *ctx, const uint64_t *a);
#define Y(name, ...) struct sysret syscall_##name(struct kernel *k, struct arch_context *ctx, const uint64_t *a);
#include <skerry/syscall.def>
#undef Y

/* May a capability of this type be used with these rights? */
NODISCARD static inline enum status cap_usable(const struct slot *cap, enum cap_type type, unsigned rights)
{
    if (cap->type != type)
        return cap->type == CAP_NULL ? E_NO_CAP : E_TYPE;
    if ((cap->rights & rights) != rights)
        return E_RIGHTS;
    return cap->state == SLOT_STATE_NORMAL ? OK : E_MARKED;
}

/* The capability at a place of the caller: its slot number in *slot. syscall_place_in: in
 * another CSpace than its own. */
NODISCARD enum status syscall_place_in(struct kernel *k, capref_t root, capref_t ref, uint32_t *slot);
NODISCARD static inline enum status syscall_place(struct kernel *k, uint64_t place, uint32_t *slot)
{
    const struct slot *found;
    enum status s;

    if (place >> 32)
        return syscall_place_in(k, (capref_t)(place >> 32), (capref_t)place, slot);
    s = cap_lookup_in(&k->db, &k->current->hidden[HIDDEN_CSPACE], (capref_t)place, &found);
    if (s == OK)
        *slot = (uint32_t)(found - k->db.zone_slots);
    return s;
}

/* Three places, in any CSpace. */
NODISCARD enum status syscall_places_any(struct kernel *k, const uint64_t place[3], uint32_t slot[3]);
/* Three places at once, the caller's own CSpace looked at once. */
NODISCARD static inline enum status syscall_places(struct kernel *k, const uint64_t place[3], uint32_t slot[3])
{
    const struct slot *root = k->current->hidden, *found[3];
    enum status s = OK;

    if ((place[0] | place[1] | place[2]) >> 32)
        return syscall_places_any(k, place, slot);
    if (!cap_is_root(&root[HIDDEN_CSPACE]))
        return E_TYPE;
    s = cap_lookup_below(&k->db, &root[HIDDEN_CSPACE], (capref_t)place[0], &found[0]);
    if (s == OK)
        s = cap_lookup_below(&k->db, &root[HIDDEN_CSPACE], (capref_t)place[1], &found[1]);
    if (s == OK)
        s = cap_lookup_below(&k->db, &root[HIDDEN_CSPACE], (capref_t)place[2], &found[2]);
    if (s != OK)
        return s;
    for (unsigned i = 0; i < 3; i++)
        slot[i] = (uint32_t)(found[i] - k->db.zone_slots);
    return OK;
}

/* The same for a capability of this type with these rights, in the caller's own CSpace or
 * another (place). */
NODISCARD enum status syscall_cap(struct kernel *k, uint64_t place, enum cap_type type, unsigned rights, uint32_t *slot);

#endif
