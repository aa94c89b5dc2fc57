/* Retype: objects out of RAM. The whole authority over memory hangs on one rule, checked here: in
 * what becomes an object nothing lies but copies, ancestors and markers of the source itself. So
 * objects are nested or disjoint.
 *
 * Zeroing comes before the commit, in steps; how far it came is remembered by region
 * (cap_db.zeroed), and forgotten as soon as anything is entered there that somebody might have
 * written through. */
#include "cap/internal.h"

/*@ requires \valid(db) && base + bytes <= UINT64_MAX;
    assigns db->zeroed[0 .. CAP_ZEROED_MAX - 1]; */
void zeroed_forget(struct cap_db *db, uint64_t base, uint64_t bytes)
{
    /*@ loop invariant 0 <= i <= CAP_ZEROED_MAX;
        loop assigns i, db->zeroed[0 .. CAP_ZEROED_MAX - 1];
        loop variant CAP_ZEROED_MAX - i; */
    for (uint32_t i = 0; i < CAP_ZEROED_MAX; i++) {
        struct cap_zeroed *z = &db->zeroed[i];
        if (z->next != 0 && base < z->next && base + bytes > z->base)
            *z = (struct cap_zeroed){0};
    }
}

static struct cap_zeroed *zeroed_open(struct cap_db *db, uint64_t base)
{
    for (uint32_t i = 0; i < CAP_ZEROED_MAX; i++) {
        if (db->zeroed[i].next != 0 && db->zeroed[i].base == base)
            return &db->zeroed[i];
    }
    struct cap_zeroed *z = &db->zeroed[db->zeroed_next];
    db->zeroed_next = (db->zeroed_next + 1) % CAP_ZEROED_MAX;
    *z = (struct cap_zeroed){base, base};
    return z;
}

/* Zero [base, base + bytes) page by page. False: preempted. */
static bool zero_work(struct cap_db *db, uint64_t base, uint64_t bytes)
{
    if (bytes <= PAGE_BYTES - base % PAGE_BYTES) {
        cap_hook_zero(db, base, bytes);
        return true;
    }
    struct cap_zeroed *z = zeroed_open(db, base);
    uint64_t end = base + bytes;

    while (z->next < end) {
        uint64_t stop = round_down(z->next, PAGE_BYTES) + PAGE_BYTES;
        if (stop > end)
            stop = end;
        cap_hook_zero(db, z->next, stop - z->next);
        z->next = stop;
        if (z->next < end && cap_hook_preempt(db))
            return false;
    }
    return true;
}

/* Does anything but copies, ancestors and markers of the source overlap [base, end)? The last that
 * begins before `end` and ends behind `base` tells: everything that holds the source comes before
 * it in the order. */
static bool is_overlapped(const struct cap_db *db, const struct slot *source, uint64_t base,
                          uint64_t end)
{
    struct cap_key before = key_at(source->space, end);
    struct cap_key own = slot_key(source);
    uint32_t n = index_last_reaching(db, &before, base);

    own.tag = UINT32_MAX;
    if (n == 0 || key_order(slot_of(db, n), &own) <= 0)
        return false;
    const struct slot *s = slot_of(db, n);
    if (s->base != source->base || s->bytes != source->bytes ||
        s->rank != CAP_MARKER_RANK + source->type)
        return true;
    /* A marker of the source, which comes behind all that was made of the whole source: is there
     * any? */
    own.rank++;
    own.tag = 0;
    n = list_first(db, &own);
    s = slot_of(db, n);
    return s->base == source->base && s->bytes == source->bytes && s->rank < CAP_MARKER_RANK;
}

/* Bytes of one object, 0 if the argument fits the type in no way. */
/*@ requires type < CAP_TYPE_COUNT;
    assigns \nothing;
    ensures \result == 0 || \result == bytes ||
        (bytes == 0 && \result == type_table[type].bytes);
    ensures \result != 0 && type_table[type].bytes != 0 ==>
        \result == type_table[type].bytes; */
static uint64_t object_bytes(uint8_t type, uint64_t bytes)
{
    const struct type_info *t = &type_table[type];

    if (t->bytes != 0)
        return bytes == 0 || bytes == t->bytes ? t->bytes : 0;
    if (type == CAP_CNODE_L1 && (bytes & (bytes - 1)) != 0)
        return 0;
    return bytes;
}

/*@ requires \valid_read(db) && \valid_read(source);
    assigns \nothing;
    ensures \result == OK ==> type < CAP_TYPE_COUNT && source->owner == db->core &&
        (source->rights & RIGHT_WRITE) != 0;
    ensures \result == OK && source->type == CAP_RAM ==>
        (type_table[type].traits & TRAIT_FROM_RAM) != 0;
    ensures \result == OK && source->type != CAP_RAM ==>
        source->type == CAP_DEVICE_FRAME && type == CAP_DEVICE_FRAME; */
static enum status source_type_check(const struct cap_db *db, const struct slot *source,
                                     uint8_t type)
{
    if (type >= CAP_TYPE_COUNT)
        return E_TYPE;
    if (source->type == CAP_RAM ? !(type_table[type].traits & TRAIT_FROM_RAM)
                                : source->type != CAP_DEVICE_FRAME || type != CAP_DEVICE_FRAME)
        return E_TYPE;
    if (!(source->rights & RIGHT_WRITE))
        return E_RIGHTS;
    return source->owner == db->core ? OK : E_NOT_OWNER;
}

/* Is [offset, offset + count * bytes) of the source a place for such objects? */
/*@ requires zone_ok(db) && \valid_read(source) && \valid_read(a) && cap_ok(source);
    requires a->type < CAP_TYPE_COUNT;
    assigns \nothing;
    ensures inside: \result == OK ==> bytes > 0 && 1 <= a->count <= CAP_L2_SLOTS &&
        a->offset + bytes * a->count <= source->bytes;
    ensures aligned: \result == OK ==> (source->base + a->offset) % type_table[a->type].align == 0 &&
        bytes % type_table[a->type].align == 0;
    ensures zone: \result == OK && (type_table[a->type].traits & TRAIT_IN_ZONE) != 0 ==>
        db->zone_base <= source->base + a->offset &&
        source->base + a->offset + bytes * a->count <=
            db->zone_base + db->slot_limit * LINE_BYTES;
    ensures frames: \result == OK && a->type == CAP_FRAME ==>
        regions_apart(source->base + a->offset, bytes * a->count, db->zone_base,
                      db->slot_limit * LINE_BYTES);
    ensures other: \result == OK ==> a->type != source->type || bytes < source->bytes; */
static enum status place_check(const struct cap_db *db, const struct slot *source,
                               const struct retype_args *a, uint64_t bytes)
{
    const struct type_info *t = &type_table[a->type];

    if (bytes == 0 || a->count == 0 || a->count > CAP_L2_SLOTS)
        return E_ARGUMENT;
    if (a->type == source->type && bytes == source->bytes)
        return E_ARGUMENT;
    if (a->offset > source->bytes || bytes > (source->bytes - a->offset) / a->count)
        return E_RANGE;
    uint64_t base = source->base + a->offset, all = bytes * a->count;
    if (base % t->align != 0 || bytes % t->align != 0)
        return E_ALIGN;
    if ((t->traits & TRAIT_IN_ZONE) && !zone_holds(db, base, all))
        return E_RANGE;
    if (a->type == CAP_FRAME && zone_touches(db, base, all))
        return E_RANGE;
    return OK;
}

/* All but overlaps. */
static enum status retype_check(const struct cap_db *db, const struct retype_args *a,
                                uint64_t *bytes)
{
    enum status s = source_check(db, a->source);
    const struct slot *source = slot_of(db, a->source);

    if (s == OK)
        s = source_type_check(db, source, a->type);
    if (s != OK)
        return s;
    *bytes = object_bytes(a->type, a->bytes);
    s = place_check(db, source, a, *bytes);
    if (s != OK)
        return s;
    for (uint32_t i = 0; i < a->count; i++) {
        if (!slot_is_free(db, a->destination + i))
            return E_SLOT_USED;
    }
    return OK;
}

/* path: where the one object is entered, or NULL. */
static void retype_commit(struct cap_db *db, const struct retype_args *a, uint64_t bytes,
                          struct index_path *path)
{
    const struct slot *source = slot_of(db, a->source);

    for (uint32_t i = 0; i < a->count; i++) {
        struct slot *to = slot_at(db, a->destination + i);
        to->base = source->base + a->offset + i * bytes;
        to->bytes = bytes;
        to->tag = source->tag;
        to->owner = db->core;
        to->type = a->type;
        to->rights = source->rights;
        to->space = source->space;
        to->rank = a->type;
        if (path != NULL)
            list_enter_at(db, a->destination + i, path);
        else
            list_enter(db, a->destination + i);
        if (type_table[a->type].traits & TRAIT_IN_ZONE)
            cap_hook_object_made(db, a->destination + i);
    }
}

enum status cap_retype(struct cap_db *db, const struct retype_args *a)
{
    uint64_t bytes = 0;
    struct index_path path;

    /* What dies may take the slots with it that the caller looked up: it must look again. */
    if (db->dying != 0) {
        (void)dying_work(db);
        return E_AGAIN;
    }
    enum status s = retype_check(db, a, &bytes);
    if (s != OK)
        return s;
    const struct slot *source = slot_of(db, a->source);
    uint64_t base = source->base + a->offset, all = bytes * a->count;
    struct cap_key k = {base, bytes, source->tag, source->space, a->type};
    bool placed = a->count == 1 && list_place_find(db, &k, source, &path);
    if (!placed && is_overlapped(db, source, base, base + all))
        return E_RETYPED;
    if ((type_table[a->type].traits & TRAIT_ZERO) && !zero_work(db, base, all))
        return E_AGAIN;
    retype_commit(db, a, bytes, placed ? &path : NULL);
    return OK;
}
