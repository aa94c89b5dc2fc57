/* Copy, mint, move. A copy lies beside its source in the list, so it costs the same however many
 * there are; only a new tag or a part has a place of its own to be found. */
#include "cap/internal.h"

/*@ requires zone_ok(db) && records_ok(db) && cap_slot(source) && caps_ok(db);
    assigns \nothing;
    ensures \result == OK ==> db->zone_slots[source].type != CAP_NULL &&
        db->zone_slots[source].state == SLOT_STATE_NORMAL &&
        (type_table[db->zone_slots[source].type].traits & TRAIT_COPY) != 0; */
static enum status copy_check(const struct cap_db *db, uint32_t source)
{
    enum status s = source_check(db, source);

    if (s == OK && !(type_table[slot_of(db, source)->type].traits & TRAIT_COPY))
        s = E_TYPE;
    return s;
}

/* Fill the empty slot `to` with what `from` says, in no list yet. */
/*@ requires \valid(to) && \valid_read(from) && \separated(to, from);
    assigns to->base, to->bytes, to->aux, to->tag, to->owner, to->type, to->rights, to->space,
        to->rank;
    ensures to->base == from->base && to->bytes == from->bytes && to->aux == from->aux;
    ensures to->tag == from->tag && to->owner == from->owner && to->type == from->type;
    ensures to->rights == from->rights && to->space == from->space && to->rank == from->rank; */
static void slot_fill(struct slot *to, const struct slot *from)
{
    to->base = from->base;
    to->bytes = from->bytes;
    to->aux = from->aux;
    to->tag = from->tag;
    to->owner = from->owner;
    to->type = from->type;
    to->rights = from->rights;
    to->space = from->space;
    to->rank = from->rank;
}

enum status cap_copy(struct cap_db *db, uint32_t source, uint32_t destination)
{
    enum status s = copy_check(db, source);

    if (s == OK && !slot_is_free(db, destination))
        s = E_SLOT_USED;
    if (s != OK)
        return s;
    slot_fill(slot_at(db, destination), slot_of(db, source));
    list_enter_beside(db, destination, source);
    return OK;
}

/*@ requires \valid_read(s) && cap_ok(s);
    assigns \nothing;
    ensures \result == OK ==> bytes > 0 && offset + bytes <= s->bytes;
    ensures \result == OK ==> offset % type_table[s->type].align == 0 &&
        bytes % type_table[s->type].align == 0 && (type_table[s->type].traits & TRAIT_PART) != 0; */
static enum status part_check(const struct slot *s, uint64_t offset, uint64_t bytes)
{
    const struct type_info *t = &type_table[s->type];

    if (!(t->traits & TRAIT_PART))
        return E_TYPE;
    /*@ assert aligned: types_aligned; */
    /*@ assert known: type_known(s->type); */
    if (offset % t->align != 0 || bytes % t->align != 0)
        return E_ALIGN;
    if (bytes == 0 || offset > s->bytes || bytes > s->bytes - offset)
        return E_RANGE;
    return OK;
}

/*@ requires zone_ok(db) && records_ok(db) && caps_ok(db);
    requires cap_slot(source) && cap_slot(destination);
    assigns \nothing;
    ensures \result == OK ==> db->zone_slots[source].type != CAP_NULL &&
        db->zone_slots[destination].type == CAP_NULL;
    ensures tag_kept: \result == OK && db->zone_slots[source].tag != 0 ==>
        tag == 0 || tag == db->zone_slots[source].tag;
    ensures tag_right: \result == OK && tag != db->zone_slots[source].tag && tag != 0 ==>
        (db->zone_slots[source].rights & RIGHT_REVOKE) != 0;
    ensures inside: \result == OK && bytes != 0 ==> offset + bytes <= db->zone_slots[source].bytes;
    ensures whole: \result == OK && bytes == 0 ==> offset == 0; */
static enum status mint_check(const struct cap_db *db, uint32_t source, uint32_t destination,
                              uint32_t tag, uint64_t offset, uint64_t bytes)
{
    enum status s = copy_check(db, source);
    const struct slot *from = slot_of(db, source);

    if (s != OK)
        return s;
    if (tag != 0 && tag != from->tag) {
        if (from->tag != 0)
            return E_TAGGED;
        if (!(from->rights & RIGHT_REVOKE))
            return E_RIGHTS;
    }
    if (offset != 0 || bytes != 0) {
        s = part_check(from, offset, bytes);
        if (s != OK)
            return s;
    }
    if (cap_is_marked(db, from->space, from->base + offset, bytes != 0 ? bytes : from->bytes,
                      from->type, tag != 0 ? tag : from->tag))
        return E_MARKED;
    return slot_is_free(db, destination) ? OK : E_SLOT_USED;
}

enum status cap_mint(struct cap_db *db, uint32_t source, uint32_t destination, uint8_t rights,
                     uint32_t tag, uint64_t offset, uint64_t bytes)
{
    enum status s = mint_check(db, source, destination, tag, offset, bytes);

    if (s != OK)
        return s;
    const struct slot *from = slot_of(db, source);
    struct slot *to = slot_at(db, destination);
    slot_fill(to, from);
    to->rights &= rights;
    if (tag != 0)
        to->tag = tag;
    if (bytes != 0) {
        to->base = from->base + offset;
        to->bytes = bytes;
    }
    if (to->tag == from->tag && to->base == from->base && to->bytes == from->bytes)
        list_enter_beside(db, destination, source);
    else
        list_enter(db, destination);
    return OK;
}

enum status cap_move(struct cap_db *db, uint32_t source, uint32_t destination)
{
    enum status s = source_check(db, source);

    if (s == OK && !slot_is_free(db, destination))
        s = E_SLOT_USED;
    if (s != OK)
        return s;
    list_move(db, source, destination);
    if (slot_of(db, destination)->type == CAP_MAPPING)
        cap_hook_mapping_moved(db, destination);
    return OK;
}
