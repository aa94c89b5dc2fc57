/* Capabilities that come from nowhere on this core: boot roots, grants of other cores, what system
 * calls make (ENDPOINT, MAPPING, IRQ, DOORBELL); and markers, which say that other cores hold a
 * region. */
#include "cap/internal.h"

/* Does the region overlap another without one holding the other? Two questions: of those that begin
 * inside, the last that ends outside; of those that begin before, the innermost, if it ends inside.
 * (Where parts of a frame overlap each other, one further out may be missed: who enters memory from
 * outside vouches that it lies right.) */
static bool overlaps_partly(const struct cap_db *db, uint8_t space, uint64_t base, uint64_t bytes)
{
    struct cap_key from = key_at(space, base), to = key_at(space, base + bytes);
    uint32_t n = index_last_reaching(db, &to, base + bytes);

    if (n != 0 && slot_of(db, n)->space == space && slot_of(db, n)->base > base)
        return true;
    n = index_last_reaching(db, &from, base);
    return n != 0 && slot_of(db, n)->space == space && slot_end(slot_of(db, n)) < base + bytes;
}

static enum status region_check(const struct cap_db *db, const struct cap_description *d,
                                const struct type_info *t)
{
    if (d->base % t->align != 0 || d->bytes % t->align != 0)
        return E_ALIGN;
    if (d->bytes == 0 || d->base > UINT64_MAX - d->bytes)
        return E_RANGE;
    if ((t->traits & TRAIT_IN_ZONE) && !zone_holds(db, d->base, d->bytes))
        return E_RANGE;
    if (d->type < CAP_ENDPOINT && overlaps_partly(db, t->space, d->base, d->bytes))
        return E_RANGE;
    if (d->type == CAP_FRAME && (d->rights & RIGHT_WRITE) && zone_touches(db, d->base, d->bytes))
        return E_RIGHTS;
    return OK;
}

/* An endpoint is of a dispatcher that is here and lives. */
static enum status endpoint_check(const struct cap_db *db, const struct cap_description *d)
{
    uint32_t n = cap_find_first(db, SPACE_MEMORY, d->base, d->bytes, CAP_DISPATCHER);

    if (n == 0)
        return E_RANGE;
    return slot_of(db, n)->state == SLOT_STATE_DYING ? E_MARKED : OK;
}

static enum status insert_check(const struct cap_db *db, uint32_t destination,
                                const struct cap_description *d)
{
    if (!slot_is_free(db, destination))
        return E_SLOT_USED;
    if (d->type == CAP_NULL || d->type >= CAP_TYPE_COUNT || d->type == CAP_MARKER)
        return E_TYPE;
    const struct type_info *t = &type_table[d->type];
    if ((d->rights & ~RIGHTS_ALL) != 0 || d->owner >= CORE_COUNT_MAX)
        return E_ARGUMENT;
    if ((t->traits & TRAIT_IN_ZONE) &&
        (d->owner != db->core || (t->bytes != 0 && d->bytes != t->bytes)))
        return E_ARGUMENT;
    enum status s = region_check(db, d, t);
    if (s == OK && d->type == CAP_ENDPOINT)
        s = endpoint_check(db, d);
    if (s != OK)
        return s;
    return cap_is_marked(db, t->space, d->base, d->bytes, d->type, d->tag) ? E_MARKED : OK;
}

enum status cap_insert(struct cap_db *db, uint32_t destination, const struct cap_description *d)
{
    enum status s = insert_check(db, destination, d);

    if (s != OK)
        return s;
    struct slot *to = slot_at(db, destination);
    to->base = d->base;
    to->bytes = d->bytes;
    to->aux = d->aux;
    to->tag = d->tag;
    to->owner = d->owner;
    to->type = d->type;
    to->rights = d->rights;
    to->space = type_table[d->type].space;
    to->rank = d->type;
    list_enter(db, destination);
    return OK;
}

/* Of its own, so that the common way saves no registers for it. */
static __attribute__((noinline)) enum status
mapping_insert_slowly(struct cap_db *db, uint32_t destination, const struct slot *frame,
                      uint64_t base, uint64_t bytes, uint64_t aux)
{
    uint8_t rights = frame->rights & (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE);
    struct cap_description d = {base, bytes, aux, frame->tag, db->core, CAP_MAPPING, rights};

    return cap_insert(db, destination, &d);
}

enum status cap_insert_mapping(struct cap_db *db, uint32_t destination, uint32_t frame,
                               uint64_t base, uint64_t bytes, uint64_t aux)
{
    const struct slot *f = slot_of(db, frame);
    struct slot *to = slot_at(db, destination);
    uint8_t rights = f->rights & (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE);

    if (to->type != CAP_NULL || db->revoking_count != 0)
        return mapping_insert_slowly(db, destination, f, base, bytes, aux);
    to->base = base;
    to->bytes = bytes;
    to->aux = aux;
    to->tag = f->tag;
    to->owner = db->core;
    to->type = CAP_MAPPING;
    to->rights = rights;
    to->space = SPACE_MEMORY;
    to->rank = CAP_MAPPING;
    if (!list_enter_tail(db, destination, frame))
        list_enter(db, destination);
    return OK;
}

/*@ requires \valid_read(marked) && marked->type < CAP_TYPE_COUNT;
    assigns \nothing;
    ensures \result.base == marked->base && \result.bytes == marked->bytes;
    ensures \result.tag == marked->tag && \result.space == marked->space;
    ensures \result.rank == CAP_MARKER_RANK + marked->type; */
static struct cap_key marker_key(const struct slot *marked)
{
    struct cap_key k = slot_key(marked);

    k.rank = (uint8_t)(CAP_MARKER_RANK + marked->type);
    return k;
}

/* Make of the empty or outgoing slot n the marker with key k. */
static void marker_fill(struct cap_db *db, uint32_t n, const struct cap_key *k, uint16_t owner,
                        uint64_t cookie)
{
    struct slot *to = slot_at(db, n);

    to->base = k->base;
    to->bytes = k->bytes;
    to->aux = cookie;
    to->tag = k->tag;
    to->owner = owner;
    to->type = CAP_MARKER;
    to->space = k->space;
    to->rank = k->rank;
    list_enter(db, n);
}

enum status cap_insert_marker(struct cap_db *db, uint32_t destination, uint32_t source,
                              uint64_t cookie)
{
    enum status s = source_check(db, source);
    const struct slot *marked = slot_of(db, source);

    if (s != OK)
        return s;
    if (!(type_table[marked->type].traits & TRAIT_LEAVES))
        return E_TYPE;
    if (!slot_is_free(db, destination))
        return E_SLOT_USED;
    struct cap_key k = marker_key(marked);
    uint32_t n = list_first(db, &k);
    if (n != 0 && key_order(slot_of(db, n), &k) == 0)
        return E_EXISTS;
    marker_fill(db, destination, &k, marked->owner, cookie);
    return OK;
}

enum status cap_give(struct cap_db *db, uint32_t n, uint64_t cookie)
{
    enum status s = source_check(db, n);
    const struct slot *ram = slot_of(db, n);

    if (s != OK)
        return s;
    if (ram->type != CAP_RAM)
        return E_TYPE;
    if (ram->owner != db->core)
        return E_NOT_OWNER;
    /* A marker of the region would be the next in the list, like a descendant. */
    const struct slot *next = ram->next != 0 ? slot_of(db, ram->next) : NULL;
    bool below = next != NULL && next->space == ram->space && next->base < slot_end(ram);
    if (below || cap_has_copies(db, n))
        return E_RETYPED;
    struct cap_key k = marker_key(ram);
    list_leave(db, n);
    marker_fill(db, n, &k, db->core, cookie);
    return OK;
}
