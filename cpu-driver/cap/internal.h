/* What the files of the capability core share among themselves. */
#ifndef CAP_INTERNAL_H
#define CAP_INTERNAL_H

#include "cap/contract.h"

/* ---- Types (type.c) ---- */

enum type_trait {
    TRAIT_IN_ZONE =
        1, /* the kernel uses the object itself: only inside the zone, never on another core */
    TRAIT_COPY = 2, /* may be copied and minted */
    TRAIT_PART = 4, /* mint may name a part of the region */
    TRAIT_FROM_RAM = 8,
    TRAIT_HOLDER = 16, /* holds capabilities, which go before it does */
    TRAIT_ZERO = 32,   /* zeroed when made */
    TRAIT_LEAVES = 64, /* may be held by other cores, so it can be marked */
};

struct type_info {
    uint8_t space;  /* enum cap_space */
    uint8_t traits; /* enum type_trait, or-ed */
    uint32_t bytes; /* of an object; 0: chosen when it is made */
    uint32_t align; /* of region base and size, power of two */
};
extern const struct type_info type_table[CAP_TYPE_COUNT];

/*@ // Row by row, for the provers.
    predicate type_known(integer t) =
        t == 0 || t == 1 || t == 2 || t == 3 || t == 4 || t == 5 || t == 6 || t == 7 || t
        == 8 || t == 9 || t == 10 || t == 11 || t == 12 || t == 13 || t == 14 || t == 15
        || t == 16 || t == 17 || t == 18 || t == 19 || t == 20 || t == 21;
    predicate types_aligned{L} =
        type_table[0].align > 0 && type_table[1].align > 0 && type_table[2].align > 0 &&
        type_table[3].align > 0 && type_table[4].align > 0 && type_table[5].align > 0 &&
        type_table[6].align > 0 && type_table[7].align > 0 && type_table[8].align > 0 &&
        type_table[9].align > 0 && type_table[10].align > 0 && type_table[11].align > 0 &&
        type_table[12].align > 0 && type_table[13].align > 0 && type_table[14].align > 0
        && type_table[15].align > 0 && type_table[16].align > 0 && type_table[17].align >
        0 && type_table[18].align > 0 && type_table[19].align > 0 && type_table[20].align
        > 0 && type_table[21].align > 0;
*/

/* ---- Slots ---- */

/*@ requires zone_ok(db) && n < db->slot_limit;
    assigns \nothing;
    ensures \result == db->zone_slots + n; */
static inline struct slot *slot_at(struct cap_db *db, uint32_t n)
{
    return &db->zone_slots[n];
}

/*@ requires zone_ok(db) && n < db->slot_limit;
    assigns \nothing;
    ensures \result == db->zone_slots + n; */
static inline const struct slot *slot_of(const struct cap_db *db, uint32_t n)
{
    return &db->zone_slots[n];
}

/*@ requires \valid_read(s);
    assigns \nothing;
    ensures \result == (uint64_t)(s->base + s->bytes); */
static inline uint64_t slot_end(const struct slot *s)
{
    return s->base + s->bytes;
}

/*@ requires zone_ok(db) && db->zone_base <= base;
    assigns \nothing;
    ensures \result == (uint32_t)((base - db->zone_base) / LINE_BYTES); */
static inline uint32_t zone_line(const struct cap_db *db, uint64_t base)
{
    return (uint32_t)((base - db->zone_base) / LINE_BYTES);
}

/*@ requires zone_ok(db);
    assigns \nothing;
    ensures \result <==> db->zone_base <= base &&
                         base + bytes <= db->zone_base + db->slot_limit * LINE_BYTES; */
static inline bool zone_holds(const struct cap_db *db, uint64_t base, uint64_t bytes)
{
    uint64_t zone_bytes = (uint64_t)db->slot_limit * LINE_BYTES;

    return base >= db->zone_base && bytes <= zone_bytes &&
           base - db->zone_base <= zone_bytes - bytes;
}

/*@ requires zone_ok(db) && base + bytes <= UINT64_MAX;
    assigns \nothing;
    ensures \result <==> base < db->zone_base + db->slot_limit * LINE_BYTES &&
                         base + bytes > db->zone_base; */
static inline bool zone_touches(const struct cap_db *db, uint64_t base, uint64_t bytes)
{
    return base < db->zone_base + (uint64_t)db->slot_limit * LINE_BYTES &&
           base + bytes > db->zone_base;
}

/*@ requires \valid_read(s);
    assigns \nothing;
    ensures \result.base == s->base && \result.bytes == s->bytes && \result.tag == s->tag;
    ensures \result.space == s->space && \result.rank == s->rank; */
static inline struct cap_key slot_key(const struct slot *s)
{
    return (struct cap_key){s->base, s->bytes, s->tag, s->space, s->rank};
}

/* -1, 0, 1: s comes before, at, behind k. */
/*@ requires \valid_read(s) && \valid_read(k);
    assigns \nothing;
    ensures -1 <= \result <= 1;
    ensures \result < 0 <==> key_before(s, k);
    ensures \result == 0 <==> key_same(s, k); */
static inline int key_order(const struct slot *s, const struct cap_key *k)
{
    if (s->space != k->space)
        return s->space < k->space ? -1 : 1;
    if (s->base != k->base)
        return s->base < k->base ? -1 : 1;
    if (s->bytes != k->bytes)
        return s->bytes > k->bytes ? -1 : 1;
    if (s->rank != k->rank)
        return s->rank < k->rank ? -1 : 1;
    if (s->tag != k->tag)
        return s->tag < k->tag ? -1 : 1;
    return 0;
}

/*@ requires \valid_read(a) && \valid_read(b);
    assigns \nothing;
    ensures \result <==> a->base == b->base && a->bytes == b->bytes && a->rank == b->rank &&
                         a->space == b->space; */
static inline bool same_object(const struct slot *a, const struct slot *b)
{
    return a->base == b->base && a->bytes == b->bytes && a->rank == b->rank && a->space == b->space;
}

/* The least key of a region that starts at `base` or later. */
/*@ assigns \nothing;
    ensures \result.base == base && \result.bytes == UINT64_MAX && \result.tag == 0;
    ensures \result.space == space && \result.rank == 0; */
static inline struct cap_key key_at(uint8_t space, uint64_t base)
{
    return (struct cap_key){base, UINT64_MAX, 0, space, 0};
}

/*@ assigns \nothing;
    ensures holds; */
static inline void cap_assert(bool holds, const char *what)
{
    if (!holds)
        cap_hook_broken(what);
}

/* A tail: a MAPPING that was entered right behind the one capability of its frame when nothing
 * else lay inside the frame. It is not in the index: whoever looks there looks behind the frame,
 * too. So mapping a frame once, and unmapping it, never touches the tree. Whatever would come to
 * lie between or beside the two, or inside the frame, puts the tail into the index first (list.c:
 * tail_index). */
#define LEVEL_TAIL 255u

/*@ requires zone_ok(db) && n < db->slot_limit;
    assigns \nothing;
    ensures \result <==> n != 0 && db->zone_slots[n].level == LEVEL_TAIL; */
static inline bool is_tail(const struct cap_db *db, uint32_t n)
{
    return n != 0 && slot_of(db, n)->level == LEVEL_TAIL;
}

/* ---- The index (index.c): distinct keys, each by the first slot of its run in the list ---- */

/* An AVL tree of 2^32 nodes is at most 46 high. */
#define INDEX_DEPTH_MAX 48u

struct index_path {
    uint32_t node[INDEX_DEPTH_MAX]; /* from the root down */
    uint32_t depth;
    uint32_t behind; /* the indexed slot with the least key greater than the one sought, or 0 */
};

/* The indexed slot with exactly this key, or 0. The path ends there, or where it would hang. */
uint32_t index_find(const struct cap_db *db, const struct cap_key *k, struct index_path *path);
/* The indexed slot with the least key at or behind k, or 0. */
/*@ requires db_ok(db) && \valid_read(k);
    assigns \nothing;
    ensures cap_link(\result);
    ensures \result != 0 ==> !key_before(db->zone_slots + \result, k); */
uint32_t index_first(const struct cap_db *db, const struct cap_key *k);
/* The indexed slot with the greatest key before `before` whose region ends behind `point`, or 0.
 * Lower spaces count. */
uint32_t index_last_reaching(const struct cap_db *db, const struct cap_key *before, uint64_t point);
/* The same walk for a region that becomes an object. True: k is not indexed, the path ends where it
 * would hang, and *holder is the last indexed slot before k whose region ends behind k's base (0:
 * none), so the innermost that might hold it. */
bool index_place(const struct cap_db *db, const struct cap_key *k, struct index_path *path,
                 uint32_t *holder);
/* path: what index_find left when it did not find n's key. */
void index_insert(struct cap_db *db, struct index_path *path, uint32_t n);
void index_remove(struct cap_db *db, uint32_t n);
/* `to`, which has the same key, takes the place of `from` in the index. */
void index_replace(struct cap_db *db, uint32_t from, uint32_t to);

/* ---- The list (list.c) ---- */

/* The first in the list at or behind k, or 0; checked against its neighbour. */
/*@ requires db_ok(db) && \valid_read(k);
    assigns \nothing;
    ensures cap_link(\result);
    ensures \result != 0 ==> !key_before(db->zone_slots + \result, k);
    ensures \let before = \result != 0 ? db->zone_slots[\result].prev : db->last;
        before != 0 ==> key_before(db->zone_slots + before, k); */
uint32_t list_first(const struct cap_db *db, const struct cap_key *k);
/* Enter the filled slot n by its key. */
void list_enter(struct cap_db *db, uint32_t n);
/* Is there a place for a new object with key k, inside `source` and disjoint from all else in it?
 * The common case of a retype: false says only that the long way must find out. The path holds
 * until the database changes; by it the filled slot is entered. */
bool list_place_find(const struct cap_db *db, const struct cap_key *k, const struct slot *source,
                     struct index_path *path);
void list_enter_at(struct cap_db *db, uint32_t n, struct index_path *path);
/* Enter the filled slot n as the tail of `frame`. False: it cannot be one. Inline: this is what
 * mapping a page costs. */
static inline bool list_enter_tail(struct cap_db *db, uint32_t n, uint32_t frame)
{
    struct slot *f = slot_at(db, frame), *s = slot_at(db, n);
    struct slot *next = slot_at(db, f->next); /* slot 0 is none, and not looked at */

    if (f->level == 0 || (f->next != 0 && next->space == f->space && next->base < slot_end(f)))
        return false;
    s->level = LEVEL_TAIL;
    s->prev = frame;
    s->next = f->next;
    if (f->next != 0)
        next->prev = n;
    else
        db->last = n;
    f->next = n;
    db->cap_count++;
    return true;
}
/* Enter the filled slot n, whose key is that of `source`, beside it. */
void list_enter_beside(struct cap_db *db, uint32_t n, uint32_t source);
/* Take n out, and empty it. */
void list_leave(struct cap_db *db, uint32_t n);
/* `to` (empty) takes the place and contents of `from`, which is then empty. */
void list_move(struct cap_db *db, uint32_t from, uint32_t to);

/* ---- Between operations ---- */

/* delete.c: begin the deletion of one capability: it is gone, or dying. */
void delete_begin(struct cap_db *db, uint32_t n);
/* Work on what is dying until nothing is (true), or preempted. */
bool dying_work(struct cap_db *db);
/* No other capability (markers are none) of n's object is left on this core. */
/*@ requires db_ok(db) && cap_slot(n);
    assigns \nothing; */
bool is_last(const struct cap_db *db, uint32_t n);

/* revoke.c */
/*@ requires zone_ok(db) && records_ok(db) && \valid_read(s);
    assigns \nothing;
    ensures \result <==> db_covers(db, s->space, s->base, s->bytes, s->rank, s->tag); */
bool revoke_covers(const struct cap_db *db, const struct slot *s);
void revoke_forget(struct cap_db *db, uint32_t n);

/* retype.c: memory in [base, base + bytes) may now be written by somebody. */
void zeroed_forget(struct cap_db *db, uint64_t base, uint64_t bytes);

/* A slot from which new capabilities may be made: E_NO_CAP, E_MARKED. */
/*@ requires zone_ok(db) && records_ok(db) && n < db->slot_limit;
    assigns \nothing;
    ensures \result == OK || \result == E_NO_CAP || \result == E_MARKED;
    ensures \result == E_NO_CAP <==> db->zone_slots[n].type == CAP_NULL;
    ensures \result == OK <==> db->zone_slots[n].type != CAP_NULL &&
        db->zone_slots[n].state == SLOT_STATE_NORMAL &&
        !db_covers(db, db->zone_slots[n].space, db->zone_slots[n].base, db->zone_slots[n].bytes,
                   db->zone_slots[n].rank, db->zone_slots[n].tag); */
static inline enum status source_check(const struct cap_db *db, uint32_t n)
{
    const struct slot *s = slot_of(db, n);

    if (s->type == CAP_NULL)
        return E_NO_CAP;
    if (s->state != SLOT_STATE_NORMAL || (db->revoking_count != 0 && revoke_covers(db, s)))
        return E_MARKED;
    return OK;
}

/*@ requires zone_ok(db) && n < db->slot_limit;
    assigns \nothing;
    ensures \result <==> db->zone_slots[n].type == CAP_NULL; */
static inline bool slot_is_free(const struct cap_db *db, uint32_t n)
{
    return slot_of(db, n)->type == CAP_NULL;
}

#endif
