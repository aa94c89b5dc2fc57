/* What the contracts of the capability core speak of, in ACSL; the compiler sees nothing here.
 * `./skerry prove` proves them (tests/proof). Slots are named by their numbers.
 *
 * cap_slot is the set of the numbers that name slots. It is not defined and nothing is assumed of
 * it: what is proved holds for every such set. It does not change within an operation (cap_core.h:
 * slot numbers are trusted to name slots). */
#ifndef CAP_CONTRACT_H
#define CAP_CONTRACT_H

#include "cap/cap_core.h"

/*@ axiomatic cap_slots { predicate cap_slot(integer n) reads \nothing; }

    predicate cap_link(integer n) = n == 0 || cap_slot(n);

    // The zone can be read and written, and the database is an object apart from it.
    predicate zone_ok{L}(struct cap_db *db) =
        \valid(db) && 1 <= db->slot_limit &&
        \valid(db->zone_slots + (0 .. db->slot_limit - 1)) &&
        \base_addr(db) != \base_addr(db->zone_slots) &&
        db->zone_base + db->slot_limit * LINE_BYTES <= UINT64_MAX &&
        (\forall integer n; cap_slot(n) ==> 1 <= n < db->slot_limit);

    // No link leads out of the slots, be the list and the index as they may.
    predicate links_ok{L}(struct cap_db *db) =
        cap_link(db->first) && cap_link(db->last) && cap_link(db->root) && cap_link(db->dying) &&
        (\forall integer n; cap_slot(n) ==>
            cap_link(db->zone_slots[n].next) && cap_link(db->zone_slots[n].prev) &&
            cap_link(db->zone_slots[n].left) && cap_link(db->zone_slots[n].right) &&
            cap_link(db->zone_slots[n].dying_next));

    // A known type; a region that is not empty and does not wrap.
    predicate cap_ok{L}(struct slot *s) =
        s->type < CAP_TYPE_COUNT &&
        (s->type == CAP_NULL ==> s->bytes == 0) &&
        (s->type != CAP_NULL ==> s->bytes > 0 && s->base + s->bytes <= UINT64_MAX);
    predicate caps_ok{L}(struct cap_db *db) =
        \forall integer n; cap_slot(n) ==> cap_ok(db->zone_slots + n);

    predicate db_ok{L}(struct cap_db *db) = zone_ok(db) && links_ok(db) && caps_ok(db);

    // ---- Keys and their order

    predicate key_before{L}(struct slot *s, struct cap_key *k) =
        s->space < k->space || (s->space == k->space &&
        (s->base < k->base || (s->base == k->base &&
        (s->bytes > k->bytes || (s->bytes == k->bytes &&
        (s->rank < k->rank || (s->rank == k->rank && s->tag < k->tag)))))));
    predicate key_same{L}(struct slot *s, struct cap_key *k) =
        s->space == k->space && s->base == k->base && s->bytes == k->bytes &&
        s->rank == k->rank && s->tag == k->tag;
    predicate slot_not_behind{L}(struct slot *s, struct slot *t) =
        s->space < t->space || (s->space == t->space &&
        (s->base < t->base || (s->base == t->base &&
        (s->bytes > t->bytes || (s->bytes == t->bytes &&
        (s->rank < t->rank || (s->rank == t->rank && s->tag <= t->tag)))))));

    // ---- The list. `but`: a slot that is filled and not in the list, or 0

    predicate listed{L}(struct cap_db *db, integer n) =
        cap_slot(n) && db->zone_slots[n].type != CAP_NULL;
    predicate ends_linked{L}(struct cap_db *db, integer but) =
        (db->first == 0 <==> db->last == 0) &&
        (db->first != 0 ==> listed(db, db->first) && db->first != but &&
                            db->zone_slots[db->first].prev == 0) &&
        (db->last != 0 ==> listed(db, db->last) && db->last != but &&
                           db->zone_slots[db->last].next == 0);
    predicate next_linked{L}(struct cap_db *db, integer but) =
        \forall integer n; listed(db, n) && n != but ==>
            (db->zone_slots[n].next == 0 ==> db->last == n) &&
            (db->zone_slots[n].next != 0 ==>
                listed(db, db->zone_slots[n].next) && db->zone_slots[n].next != but &&
                db->zone_slots[db->zone_slots[n].next].prev == n);
    predicate prev_linked{L}(struct cap_db *db, integer but) =
        \forall integer n; listed(db, n) && n != but ==>
            (db->zone_slots[n].prev == 0 ==> db->first == n) &&
            (db->zone_slots[n].prev != 0 ==>
                listed(db, db->zone_slots[n].prev) && db->zone_slots[n].prev != but &&
                db->zone_slots[db->zone_slots[n].prev].next == n);
    predicate linked_but{L}(struct cap_db *db, integer but) =
        ends_linked(db, but) && next_linked(db, but) && prev_linked(db, but);
    predicate sorted_but{L}(struct cap_db *db, integer but) =
        \forall integer n; listed(db, n) && n != but && db->zone_slots[n].next != 0 ==>
            slot_not_behind(db->zone_slots + n, db->zone_slots + db->zone_slots[n].next);

    // ---- Revoke

    // What a revoke covers: the same space, inside the region, a later rank where it is the same
    // region; with a tag: only that tag.
    predicate run_covers{L}(struct cap_revoking *r, integer space, integer base, integer bytes,
                            integer rank, integer tag) =
        r->slot != 0 && space == r->from.space && (r->tag == 0 || tag == r->tag) &&
        r->from.base <= base && base + bytes <= r->from.base + r->from.bytes &&
        (base == r->from.base && bytes == r->from.bytes ==> rank >= r->from.rank);
    predicate db_covers{L}(struct cap_db *db, integer space, integer base, integer bytes,
                           integer rank, integer tag) =
        \exists integer i; 0 <= i < CAP_REVOKING_MAX &&
            run_covers(&db->revoking[i], space, base, bytes, rank, tag);
    predicate records_ok{L}(struct cap_db *db) =
        (db->revoking_count == 0 ==>
            \forall integer i; 0 <= i < CAP_REVOKING_MAX ==> db->revoking[i].slot == 0);

    // ---- Retype

    predicate regions_apart(integer base, integer bytes, integer other, integer other_bytes) =
        base + bytes <= other || other + other_bytes <= base;
*/

/* What a revoke under way covers cannot be entered: exactly that. */
/*@ requires zone_ok(db) && records_ok(db);
    assigns \nothing;
    ensures \result <==> db_covers(db, (uint8_t)space, base, bytes, type, tag); */
bool cap_is_marked(const struct cap_db *db, enum cap_space space, uint64_t base, uint64_t bytes,
                   uint8_t type, uint32_t tag);

/*@ assigns \nothing;
    ensures \false; */
void cap_hook_broken(const char *what) NORETURN;

#endif
