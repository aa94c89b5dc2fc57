/* Deletion. Most capabilities just leave the list. The last one of an object that holds
 * capabilities begins a death:
 *
 *   slot  --delete_begin--> DYING, head of `dying` --dying_step, many--> what lies below it, then
 * what it holds, is deleted (which may put other slots on the list, before it) --all gone--> off
 * the list, empty
 *
 * Depth first without recursion: the newest dying slot is worked on first, each remembers in aux
 * where it was. A dying slot found inside another (CNodes may hold each other, or themselves) is
 * passed over, for it is on the list. */
#include "cap/internal.h"

/* Lines of a CNode that one step looks at. */
#define STEP_LINES 32u

bool is_last(const struct cap_db *db, uint32_t n)
{
    const struct slot *s = slot_of(db, n);

    return !(s->prev != 0 && same_object(slot_of(db, s->prev), s)) &&
           !(s->next != 0 && same_object(slot_of(db, s->next), s));
}

void delete_begin(struct cap_db *db, uint32_t n)
{
    struct slot *s = slot_at(db, n);

    if (s->state == SLOT_STATE_DYING)
        return;
    if (s->state == SLOT_STATE_REVOKING)
        revoke_forget(db, n);
    if (s->type == CAP_MAPPING || is_last(db, n)) {
        cap_hook_object_end(db, n);
        if (type_table[s->type].traits & TRAIT_HOLDER) {
            s->state = SLOT_STATE_DYING;
            s->aux = 0;
            s->dying_next = db->dying;
            db->dying = n;
            return;
        }
    }
    list_leave(db, n);
}

/* How many capabilities the object in slot s holds, at most. */
/*@ requires \valid_read(s);
    assigns \nothing;
    ensures (s->type == CAP_CNODE_L1 || s->type == CAP_CNODE_L2) ==>
        \result == (uint32_t)(s->bytes / LINE_BYTES);
    ensures s->type == CAP_DISPATCHER ==> \result == CAP_DISPATCHER_SLOTS; */
static uint32_t held_limit(const struct slot *s)
{
    if (s->type == CAP_CNODE_L1 || s->type == CAP_CNODE_L2)
        return (uint32_t)(s->bytes / LINE_BYTES);
    return s->type == CAP_DISPATCHER ? CAP_DISPATCHER_SLOTS : CAP_TABLE_ENTRIES;
}

/* The next capability that the object in slot n holds, or 0: this step found none. Goes on behind
 * it the next time. */
static uint32_t held_next(struct cap_db *db, uint32_t n)
{
    struct slot *s = slot_at(db, n);
    uint32_t limit = held_limit(s), at = (uint32_t)s->aux, child = 0;

    if (s->type != CAP_CNODE_L1 && s->type != CAP_CNODE_L2 && s->type != CAP_DISPATCHER) {
        child = cap_hook_table_mapping(db, n, &at);
        s->aux = at;
        return child;
    }
    uint32_t first = zone_line(db, s->base), stop = at + STEP_LINES;
    const struct slot *line = slot_of(db, first);
    if (stop > limit)
        stop = limit;
    while (at < stop && line[at].type == CAP_NULL)
        at++;
    if (at < stop)
        child = first + at++;
    s->aux = at;
    return child;
}

/* A capability below the object in slot n (mappings of a table or of a dispatcher's page,
 * endpoints), or 0. Markers can only be of the RAM that the object was made of, so of its very
 * region: they stay, and what is smaller comes behind them. */
/*@ requires db_ok(db) && listed(db, n);
    assigns \nothing;
    ensures cap_link(\result);
    ensures \result != 0 ==> db->zone_slots[\result].space == db->zone_slots[n].space &&
        db->zone_slots[\result].base < db->zone_slots[n].base + db->zone_slots[n].bytes; */
static uint32_t below(const struct cap_db *db, uint32_t n)
{
    const struct slot *s = slot_of(db, n);
    uint32_t child = s->next;

    if (child != 0 && slot_of(db, child)->type == CAP_MARKER) {
        struct cap_key smaller = {s->base, s->bytes - 1, 0, s->space, 0};
        child = list_first(db, &smaller);
    }
    if (child == 0 || slot_of(db, child)->space != s->space ||
        slot_of(db, child)->base >= slot_end(s))
        return 0;
    return child;
}

/* One bounded piece of work on the newest dying slot. */
static void dying_step(struct cap_db *db)
{
    uint32_t n = db->dying;
    struct slot *s = slot_at(db, n);
    uint32_t limit = held_limit(s), child = below(db, n);

    if (child != 0) {
        delete_begin(db, child);
        return;
    }
    child = held_next(db, n);
    if (child != 0 && slot_of(db, child)->type != CAP_NULL) {
        delete_begin(db, child);
        return;
    }
    if (s->aux >= limit) {
        db->dying = s->dying_next;
        list_leave(db, n);
    }
}

bool dying_work(struct cap_db *db)
{
    while (db->dying != 0) {
        dying_step(db);
        if (db->dying != 0 && cap_hook_preempt(db))
            return false;
    }
    return true;
}

enum status cap_delete(struct cap_db *db, uint32_t n)
{
    if (slot_is_free(db, n))
        return E_NO_CAP;
    if (!dying_work(db))
        return E_AGAIN;
    /* It may have been dying itself, or have lain in what was. */
    if (slot_is_free(db, n))
        return OK;
    delete_begin(db, n);
    return dying_work(db) ? OK : E_AGAIN;
}
