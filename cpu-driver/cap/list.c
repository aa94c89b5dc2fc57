/* The mapping database's list, the truth of which the index is a shortcut. Slots enter filled
 * (region, rank, tag) and leave empty. The first slot of each run of equal keys is the one that is
 * indexed; but tails (internal.h) are not. */
#include "cap/internal.h"

void cap_db_init(struct cap_db *db, struct slot *zone_slots, uint64_t zone_base, uint32_t lines,
                 uint16_t core)
{
    *db = (struct cap_db){
        .zone_slots = zone_slots, .zone_base = zone_base, .slot_limit = lines, .core = core};
}

uint32_t list_first(const struct cap_db *db, const struct cap_key *k)
{
    uint32_t n = index_first(db, k);
    uint32_t before = n != 0 ? slot_of(db, n)->prev : db->last;

    if (is_tail(db, before) && key_order(slot_of(db, before), k) >= 0) {
        n = before;
        before = slot_of(db, n)->prev;
    }
    cap_assert(before == 0 || key_order(slot_of(db, before), k) < 0, "index: slot before");
    cap_assert(n == 0 || key_order(slot_of(db, n), k) >= 0, "index: slot behind");
    return n;
}

/* Put n between `before` and its follower (before 0: first in the list). */
/*@ // Between A and B nothing was done but n put between `before` and f.
    predicate linked_in{A,B}(struct cap_db *db, integer n, integer before, integer f) =
        \at(db->zone_slots, A) == \at(db->zone_slots, B) &&
        \at(db->slot_limit, A) == \at(db->slot_limit, B) &&
        \at(db->first, B) == (before == 0 ? n : \at(db->first, A)) &&
        \at(db->last, B) == (f == 0 ? n : \at(db->last, A)) &&
        \at(db->zone_slots[n].prev, B) == before && \at(db->zone_slots[n].next, B) == f &&
        (before != 0 ==> \at(db->zone_slots[before].next, B) == n) &&
        (f != 0 ==> \at(db->zone_slots[f].prev, B) == n) &&
        (\forall integer m; cap_slot(m) ==>
            \at(db->zone_slots[m].type, B) == \at(db->zone_slots[m].type, A)) &&
        (\forall integer m; cap_slot(m) && m != n && m != before ==>
            \at(db->zone_slots[m].next, B) == \at(db->zone_slots[m].next, A)) &&
        (\forall integer m; cap_slot(m) && m != n && m != f ==>
            \at(db->zone_slots[m].prev, B) == \at(db->zone_slots[m].prev, A)); */
/*@ requires db_ok(db) && linked_but(db, n) && listed(db, n);
    requires before == 0 || (listed(db, before) && before != n);
    assigns db->first, db->last, db->cap_count, db->zone_slots[n].prev, db->zone_slots[n].next,
        db->zone_slots[before == 0 ? n : before].next,
        db->zone_slots[(before == 0 ? db->first : db->zone_slots[before].next) == 0 ? n
                       : (before == 0 ? db->first : db->zone_slots[before].next)].prev;
    ensures zone: zone_ok(db);
    ensures caps: caps_ok(db);
    ensures place: linked_in{Pre,Post}(db, n, before,
        \old(before == 0 ? db->first : db->zone_slots[before].next));
    ensures count: db->cap_count == (uint64_t)(\old(db->cap_count) + 1); */
static void list_link(struct cap_db *db, uint32_t n, uint32_t before)
{
    struct slot *s = slot_at(db, n);

    s->prev = before;
    s->next = before != 0 ? slot_of(db, before)->next : db->first;
    if (before != 0)
        slot_at(db, before)->next = n;
    else
        db->first = n;
    if (s->next != 0)
        slot_at(db, s->next)->prev = n;
    else
        db->last = n;
    db->cap_count++;
    /*@ assert \forall integer m; cap_slot(m) && m != n && m != before ==>
            db->zone_slots[m].next == \at(db->zone_slots[m].next, Pre); */
    /*@ assert \forall integer m; cap_slot(m) && m != n && m != s->next ==>
            db->zone_slots[m].prev == \at(db->zone_slots[m].prev, Pre); */
}

/* The tail becomes an indexed slot like others. */
static void tail_index(struct cap_db *db, uint32_t n)
{
    struct index_path path;
    struct cap_key k = slot_key(slot_of(db, n));
    uint32_t equal = index_find(db, &k, &path);

    cap_assert(equal == 0, "index: a tail is there");
    index_insert(db, &path, n);
}

/* May what has key k be entered beside the tail's region, outside its frame? Then it stays a tail. */
static bool tail_stays(const struct cap_db *db, uint32_t tail, const struct cap_key *k)
{
    const struct slot *s = slot_of(db, tail), *frame = slot_of(db, s->prev);

    return s->space != k->space || k->base >= slot_end(frame);
}

/* Where n, which is in no list yet, has its place: a slot with the same key, or 0 and the path. */
static uint32_t place_find(struct cap_db *db, const struct cap_key *k, struct index_path *path)
{
    uint32_t equal = index_find(db, k, path);
    uint32_t behind = equal != 0 ? equal : path->behind;
    uint32_t tail = equal != 0 ? slot_of(db, equal)->next
                    : behind != 0 ? slot_of(db, behind)->prev
                                  : db->last;

    if (!is_tail(db, tail) || (equal == 0 && tail_stays(db, tail, k)))
        return equal;
    tail_index(db, tail);
    return index_find(db, k, path);
}

bool list_place_find(const struct cap_db *db, const struct cap_key *k, const struct slot *source,
                     struct index_path *path)
{
    uint32_t holder = 0;

    if (!index_place(db, k, path, &holder))
        return false;
    const struct slot *behind = slot_of(db, path->behind);
    if (path->behind != 0 && behind->space == k->space && behind->base < k->base + k->bytes)
        return false;
    uint32_t before = path->behind != 0 ? behind->prev : db->last;
    if (is_tail(db, before) && !tail_stays(db, before, k))
        return false;
    /* The innermost that might hold the place is the source or a copy of it. */
    return holder != 0 && same_object(slot_of(db, holder), source);
}

void list_enter_at(struct cap_db *db, uint32_t n, struct index_path *path)
{
    struct slot *s = slot_at(db, n);

    if (s->space == SPACE_MEMORY)
        zeroed_forget(db, s->base, s->bytes);
    list_link(db, n, path->behind != 0 ? slot_of(db, path->behind)->prev : db->last);
    index_insert(db, path, n);
}

void list_enter(struct cap_db *db, uint32_t n)
{
    struct index_path path;
    struct slot *s = slot_at(db, n);
    struct cap_key k = slot_key(s);
    uint32_t equal = place_find(db, &k, &path);

    if (s->space == SPACE_MEMORY)
        zeroed_forget(db, s->base, s->bytes);
    if (equal != 0) {
        list_link(db, n, equal);
        return;
    }
    uint32_t before = path.behind != 0 ? slot_of(db, path.behind)->prev : db->last;
    cap_assert(before == 0 || key_order(slot_of(db, before), &k) < 0, "index: slot before");
    cap_assert(path.behind == 0 || key_order(slot_of(db, path.behind), &k) > 0,
               "index: slot behind");
    list_link(db, n, before);
    index_insert(db, &path, n);
}

void list_enter_beside(struct cap_db *db, uint32_t n, uint32_t source)
{
    if (is_tail(db, slot_of(db, source)->next))
        tail_index(db, slot_of(db, source)->next);
    list_link(db, n, source);
}

/*@ requires \valid(s);
    assigns *s; */
static void slot_empty(struct slot *s)
{
    *s = (struct slot){0};
}

void list_leave(struct cap_db *db, uint32_t n)
{
    struct slot *s = slot_at(db, n);

    if (s->level != 0 && s->level != LEVEL_TAIL) {
        struct cap_key k = slot_key(s);
        if (is_tail(db, s->next))
            tail_index(db, s->next);
        if (s->next != 0 && key_order(slot_of(db, s->next), &k) == 0)
            index_replace(db, n, s->next);
        else
            index_remove(db, n);
    }
    if (s->prev != 0)
        slot_at(db, s->prev)->next = s->next;
    else
        db->first = s->next;
    if (s->next != 0)
        slot_at(db, s->next)->prev = s->prev;
    else
        db->last = s->prev;
    db->cap_count--;
    slot_empty(s);
}

void list_move(struct cap_db *db, uint32_t from, uint32_t to)
{
    struct slot *s = slot_at(db, from), *t = slot_at(db, to);

    *t = *s;
    if (s->level != 0 && s->level != LEVEL_TAIL)
        index_replace(db, from, to);
    if (t->prev != 0)
        slot_at(db, t->prev)->next = to;
    else
        db->first = to;
    if (t->next != 0)
        slot_at(db, t->next)->prev = to;
    else
        db->last = to;
    slot_empty(s);
}
