/* Names: from a CSpace root and a capref to a slot, in two steps; and what may be asked about a
 * slot or a region. */
#include "cap/internal.h"

/*@ requires zone_ok(db) && root < db->slot_limit && \valid(slot);
    requires db->zone_slots[root].type == CAP_CNODE_L1 ==> db->zone_base <= db->zone_slots[root].base;
    assigns *slot;
    ensures \result != OK ==> *slot == \old(*slot);
    ensures \result == OK ==> index < db->zone_slots[root].bytes / LINE_BYTES; */
static enum status l1_slot(const struct cap_db *db, uint32_t root, uint64_t index, uint32_t *slot)
{
    const struct slot *r = slot_of(db, root);

    if (r->type != CAP_CNODE_L1 || r->state == SLOT_STATE_DYING)
        return E_TYPE;
    if (index >= r->bytes / LINE_BYTES)
        return E_NO_SLOT;
    *slot = zone_line(db, r->base) + (uint32_t)index;
    return OK;
}

enum status cnode_attach(struct cap_db *db, uint32_t root, uint64_t index, uint32_t source)
{
    uint32_t l1 = 0;
    enum status s = l1_slot(db, root, index, &l1);

    if (s != OK)
        return s;
    if (slot_is_free(db, source))
        return E_NO_CAP;
    if (slot_of(db, source)->type != CAP_CNODE_L2)
        return E_TYPE;
    return cap_move(db, source, l1);
}

enum status cnode_detach(struct cap_db *db, uint32_t root, uint64_t index, uint32_t destination)
{
    uint32_t l1 = 0;
    enum status s = l1_slot(db, root, index, &l1);

    return s == OK ? cap_move(db, l1, destination) : s;
}

/*@ requires zone_ok(db) && n < db->slot_limit && \valid(d);
    requires \separated(d, db, db->zone_slots + (0 .. db->slot_limit - 1));
    assigns *d;
    ensures \result == OK || \result == E_NO_CAP;
    ensures \result == OK <==> db->zone_slots[n].type != CAP_NULL; */
enum status cap_identify(const struct cap_db *db, uint32_t n, struct cap_description *d)
{
    const struct slot *s = slot_of(db, n);

    if (s->type == CAP_NULL)
        return E_NO_CAP;
    *d = (struct cap_description){s->base, s->bytes, s->aux, s->tag, s->owner, s->type, s->rights};
    return OK;
}

bool cap_has_copies(const struct cap_db *db, uint32_t n)
{
    return !is_last(db, n);
}

/* Copies: the run of slots with exactly this key. */
static uint32_t copies_count(const struct cap_db *db, const struct cap_key *k)
{
    uint32_t count = 0;

    for (uint32_t x = list_first(db, k); x != 0 && count < CAP_COUNT_MAX;
         x = slot_of(db, x)->next) {
        if (key_order(slot_of(db, x), k) != 0)
            break;
        count++;
    }
    return count;
}

/* Descendants with this tag (0: any), at most `limit`. What is none lies among them: markers, parts
 * that only overlap, other tags. After CAP_COUNT_MAX steps it answers `limit`: there may be more than
 * anybody can count. */
static uint32_t descendants_count(const struct cap_db *db, const struct cap_key *k, uint32_t limit)
{
    struct cap_key behind = *k; /* every tag of the same region and type */
    uint32_t count = 0, steps = 0;

    behind.rank++;
    behind.tag = 0;
    for (uint32_t x = list_first(db, &behind); x != 0 && count < limit; x = slot_of(db, x)->next) {
        const struct slot *s = slot_of(db, x);

        if (s->space != k->space || s->base >= k->base + k->bytes)
            break;
        if (++steps > CAP_COUNT_MAX)
            return limit;
        if (s->type != CAP_MARKER && (k->tag == 0 || s->tag == k->tag) &&
            slot_end(s) <= k->base + k->bytes)
            count++;
    }
    return count;
}

bool cap_has_descendants(const struct cap_db *db, uint32_t n)
{
    struct cap_key k = slot_key(slot_of(db, n));

    k.tag = 0;
    return descendants_count(db, &k, 1) != 0;
}

enum status cap_find_region(const struct cap_db *db, enum cap_space space, uint64_t base,
                            uint64_t bytes, uint8_t type, uint32_t tag, uint32_t *copies,
                            uint32_t *descendants)
{
    if (type == CAP_NULL || type >= CAP_TYPE_COUNT || bytes == 0 || base > UINT64_MAX - bytes)
        return E_ARGUMENT;
    struct cap_key k = {base, bytes, tag, (uint8_t)space, type};
    *copies = copies_count(db, &k);
    *descendants = descendants_count(db, &k, CAP_COUNT_MAX - *copies);
    return OK;
}

/*@ requires db_ok(db);
    assigns \nothing;
    ensures cap_link(\result);
    ensures \result != 0 ==> db->zone_slots[\result].base == base &&
        db->zone_slots[\result].bytes == bytes && db->zone_slots[\result].rank == type &&
        db->zone_slots[\result].space == (uint8_t)space; */
uint32_t cap_find_first(const struct cap_db *db, enum cap_space space, uint64_t base,
                        uint64_t bytes, uint8_t type)
{
    struct cap_key k = {base, bytes, 0, (uint8_t)space, type};
    uint32_t n = list_first(db, &k);

    if (n == 0)
        return 0;
    const struct slot *s = slot_of(db, n);
    return s->base == base && s->bytes == bytes && s->rank == type && s->space == k.space ? n : 0;
}
