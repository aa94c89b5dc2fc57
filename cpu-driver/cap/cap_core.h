/* The capability core: slots, the mapping database over them, and every operation on them (DESIGN
 * section 4).
 *
 * A slot is one 64-byte line of the zone; it is named by its number, (physical address - zone base)
 * / 64, never by a pointer. 0 is no slot: the zone's first line belongs to the kernel image. All
 * capabilities of the core lie in one doubly linked list in the order (space, base, size
 * descending, rank, tag); equals in any order. An AVL tree over the first capability of each
 * distinct key is only an index into that list: what it answers is compared with the neighbours in
 * the list before it is used. The tag is part of the indexed key (DESIGN: the region alone), so
 * that entering a new tag of a region of which ten thousand tags exist takes a bounded number of
 * steps too.
 *
 * "Copy": same region and type. "Descendant": a region inside, and a derived type (a later row of
 * cap_type.def) where it is the same region. Regions of RAM and of what is retyped from it are
 * nested or disjoint, because a retype is refused where anything but copies and ancestors of its
 * source overlaps. Parts that are minted from a frame, and mappings, may overlap each other inside
 * their frame; a revoke covers those that lie wholly inside.
 *
 * Every operation checks (reads only), then commits (cannot fail). Slot numbers come from
 * cap_lookup or from boot code and are trusted to name slots. One core, interrupts masked; nothing
 * here is shared.
 *
 * Long work: operations marked (resumable) return E_AGAIN when cap_hook_preempt says so. The
 * database is whole then, other operations may come in between, and the same call with the same
 * arguments goes on. What is covered by a revoke under way can only be deleted (E_MARKED). Deleting
 * the last capability of an object that holds capabilities (CNode, page table, dispatcher) makes
 * its slot DYING and puts it on the list `dying`; the contents, then the slot go step by step
 * before any delete, revoke or retype returns OK, so no memory is used again while slots of a dying
 * CNode are left in it. A delete that was preempted and whose slot is found empty (E_NO_CAP) when
 * it is called again has been finished by another.
 *
 * MARKER: a MARKER outlives the capabilities that it marks, local deletes and revokes alike; it is
 * deleted only by name or with its CNode. So a region stays occupied on its owner's core while
 * other cores hold it.            */
#ifndef CAP_CAP_CORE_H
#define CAP_CAP_CORE_H

#include <skerry/cap.h>
#include <skerry/status.h>

enum slot_state {
    SLOT_STATE_NORMAL,
    SLOT_STATE_DYING,    /* last capability of an object whose contents are being deleted */
    SLOT_STATE_REVOKING, /* a revoke through this slot is under way: only delete, or that revoke
                            again */
};

struct slot {
    uint64_t base;  /*  0: physical address, or number in its space */
    uint64_t bytes; /*  8: size of the region, not 0; base + bytes does not wrap */
    uint64_t aux;   /* 16: ENDPOINT badge, MAPPING place (space.h), MARKER cookie; dying: next index
                       to delete */
    uint32_t tag;   /* 24 */
    uint16_t owner; /* 28: core_id */
    uint8_t type;   /* 30: enum cap_type; CAP_NULL: the slot is empty and every other byte is 0 */
    uint8_t rights; /* 31: enum cap_right, or-ed */
    uint32_t next, prev;  /* 32: the list */
    uint32_t left, right; /* 40: the index; 0 in slots that are not indexed */
    uint8_t state;        /* 48: enum slot_state */
    uint8_t level;        /* 49: height in the index, 0: not indexed, LEVEL_TAIL: internal.h */
    uint8_t space;        /* 50: enum cap_space */
    uint8_t rank;         /* 51: type; MARKER: CAP_MARKER_RANK + type of what it marks */
    uint32_t dying_next;  /* 52 */
    uint64_t reach;       /* 56: indexed: largest end of a region in this subtree */
};
_Static_assert(sizeof(struct slot) == LINE_BYTES, "a slot is one cache line");

#define CAP_MARKER_RANK 128u

/* A place in the order of the list. */
struct cap_key {
    uint64_t base, bytes;
    uint32_t tag;
    uint8_t space, rank;
};

/* A revoke under way: all with keys before `cursor` are done, and nothing new can come there. */
struct cap_revoking {
    uint32_t slot; /* through which; 0: free */
    uint32_t tag;  /* 0: every tag */
    struct cap_key from, cursor;
};
/* When one more is begun, the oldest starts again from its beginning when it is called again. */
#define CAP_REVOKING_MAX 8u

/* RAM that was zeroed for a retype which was preempted: [base, next) is zero and nobody could write
 * it since. */
struct cap_zeroed {
    uint64_t base, next; /* next 0: free */
};
#define CAP_ZEROED_MAX 4u

struct cap_db {
    struct slot *zone_slots; /* [slot_limit]: the whole zone, as lines */
    uint64_t zone_base;      /* physical */
    uint32_t slot_limit;
    uint16_t core;
    uint32_t first, last; /* the list */
    uint32_t root;        /* the index */
    uint32_t dying;       /* head of the list of dying slots, through dying_next */
    uint32_t revoking_count, revoking_next, zeroed_next;
    struct cap_revoking revoking[CAP_REVOKING_MAX];
    struct cap_zeroed zeroed[CAP_ZEROED_MAX];
    uint64_t cap_count, region_count; /* capabilities; indexed keys */
};

/* An empty database over a zone whose lines are all zero or not slots. lines: zone bytes / 64. */
void cap_db_init(struct cap_db *db, struct slot *zone_slots, uint64_t zone_base, uint32_t lines,
                 uint16_t core);

/* ---- Names. A CSpace root is any slot that holds a CNODE_L1 ---- */

static inline bool cap_is_root(const struct slot *root)
{
    return root->type == CAP_CNODE_L1 && root->state != SLOT_STATE_DYING;
}

/* The slot that `ref` names below a root that is one. E_NO_SLOT: nothing is attached there. It
 * may be empty. Inline: every system call needs it. */
NODISCARD static inline enum status cap_lookup_below(const struct cap_db *db,
                                                     const struct slot *root, capref_t ref,
                                                     const struct slot **slot)
{
    uint64_t l1 = (uint64_t)(ref / CAP_L2_SLOTS) * LINE_BYTES; /* in the CNode, bytes */
    uint64_t l2 = (uint64_t)(ref % CAP_L2_SLOTS) * LINE_BYTES;

    if (l1 >= root->bytes)
        return E_NO_SLOT;
    const struct slot *cnode = &db->zone_slots[(root->base - db->zone_base + l1) / LINE_BYTES];
    if (ref == 0 || cnode->type != CAP_CNODE_L2 || cnode->state == SLOT_STATE_DYING)
        return E_NO_SLOT;
    *slot = &db->zone_slots[(cnode->base - db->zone_base + l2) / LINE_BYTES];
    return OK;
}

/* The same for any root. E_TYPE: no CNODE_L1 is there. */
NODISCARD static inline enum status cap_lookup_in(const struct cap_db *db, const struct slot *root,
                                                  capref_t ref, const struct slot **slot)
{
    return cap_is_root(root) ? cap_lookup_below(db, root, ref, slot) : E_TYPE;
}

NODISCARD static inline enum status cap_lookup(const struct cap_db *db, uint32_t root, capref_t ref,
                                               uint32_t *slot)
{
    const struct slot *found;
    enum status s = cap_lookup_in(db, &db->zone_slots[root], ref, &found);

    if (s == OK)
        *slot = (uint32_t)(found - db->zone_slots);
    return s;
}

/* Move the CNODE_L2 in `source` into L1 slot `index`, or out of it. Errors of cap_move, and E_TYPE,
 * E_NO_SLOT. */
NODISCARD enum status cnode_attach(struct cap_db *db, uint32_t root, uint64_t index,
                                   uint32_t source);
NODISCARD enum status cnode_detach(struct cap_db *db, uint32_t root, uint64_t index,
                                   uint32_t destination);

/* ---- Operations. Errors are found in the order in which they are listed ---- */

/* E_NO_CAP, E_MARKED, E_TYPE (a MAPPING or MARKER), E_SLOT_USED. */
NODISCARD enum status cap_copy(struct cap_db *db, uint32_t source, uint32_t destination);

/* Copy with rights & `rights`; with `tag` (0: the source's own); of the part [offset, offset +
 * bytes) (bytes 0: whole). E_NO_CAP, E_MARKED, E_TYPE; E_TAGGED the source has another tag;
 * E_RIGHTS no RIGHT_REVOKE to set a tag; for a part: E_TYPE not FRAME, DEVICE_FRAME, IO_PORTS,
 * E_ALIGN frames: 4 KiB, E_RANGE; E_SLOT_USED. */
NODISCARD enum status cap_mint(struct cap_db *db, uint32_t source, uint32_t destination,
                               uint8_t rights, uint32_t tag, uint64_t offset, uint64_t bytes);

/* E_NO_CAP, E_MARKED, E_SLOT_USED. */
NODISCARD enum status cap_move(struct cap_db *db, uint32_t source, uint32_t destination);

/* (resumable) E_NO_CAP. Works in every state. The last capability of an object ends it. */
NODISCARD enum status cap_delete(struct cap_db *db, uint32_t slot);

/* (resumable) Delete on this core every copy and descendant but `slot` itself; only those with the
 * tag, if the slot has one or `tag` names one. Markers stay. E_NO_CAP (also: the slot went with
 * what was revoked), E_RIGHTS, E_TAGGED the slot has another tag than `tag`. */
NODISCARD enum status cap_revoke(struct cap_db *db, uint32_t slot, uint32_t tag);

struct retype_args {
    uint32_t source;      /* RAM; DEVICE_FRAME for smaller DEVICE_FRAMEs */
    uint32_t destination; /* first of `count` slots of one L2 CNode: the caller has checked that
                             they are */
    uint64_t offset;      /* in the source, bytes */
    uint64_t bytes;       /* of one object; types of fixed size: that, or 0 */
    uint32_t count;       /* 1..256 */
    uint8_t type;
};
/* (resumable) Make objects, with the source's rights and tag. All but RAM and DEVICE_FRAME are
 * zeroed first. CNODE, PAGE_TABLE, DISPATCHER, SCHED_CONTEXT come from RAM inside the zone only,
 * FRAME from outside only. E_NO_CAP, E_MARKED, E_TYPE, E_RIGHTS (RIGHT_WRITE), E_NOT_OWNER,
 * E_ARGUMENT (count, bytes, or a copy of the source), E_ALIGN, E_RANGE (not in the source; wrong
 * side of the zone), E_SLOT_USED, E_RETYPED. */
NODISCARD enum status cap_retype(struct cap_db *db, const struct retype_args *a);

/* Enter a capability that comes from nowhere on this core: boot roots, what its owner granted,
 * ENDPOINT, MAPPING, IRQ, DOORBELL. The caller vouches for the authority. Never a MARKER.
 * E_SLOT_USED, E_TYPE, E_ARGUMENT (rights, owner), E_ALIGN, E_RANGE (empty, wraps, partly overlaps;
 * kernel objects outside the zone; an ENDPOINT of no dispatcher), E_RIGHTS (a writable FRAME in the
 * zone), E_MARKED (being revoked). */
NODISCARD enum status cap_insert(struct cap_db *db, uint32_t destination,
                                 const struct cap_description *d);
/* cap_insert of a MAPPING of [base, base + bytes) of the frame in `frame`, with its tag and at most
 * its rights to access. The caller vouches that the frame can be used and holds the region.
 * E_SLOT_USED, E_MARKED. */
NODISCARD enum status cap_insert_mapping(struct cap_db *db, uint32_t destination, uint32_t frame,
                                         uint64_t base, uint64_t bytes, uint64_t aux);
/* Enter a marker of the region, type and tag of `source`. E_NO_CAP, E_MARKED, E_TYPE (it never
 * leaves its core), E_SLOT_USED, E_EXISTS. */
NODISCARD enum status cap_insert_marker(struct cap_db *db, uint32_t destination, uint32_t source,
                                        uint64_t cookie);
/* Turn owned, whole, unused RAM into the MARKER that says: another core has it now. The region
 * stays occupied here. E_NO_CAP, E_MARKED, E_TYPE, E_NOT_OWNER, E_RETYPED (a copy, descendant or
 * marker exists). */
NODISCARD enum status cap_give(struct cap_db *db, uint32_t slot, uint64_t cookie);

/* ---- Questions ---- */

/* E_NO_CAP. */
NODISCARD enum status cap_identify(const struct cap_db *db, uint32_t slot,
                                   struct cap_description *d);
/* Does another capability of the same region and type, or one below it, exist on this core?
 * (Markers count as neither. Where more than CAP_COUNT_MAX others lie in between: yes.) */
bool cap_has_copies(const struct cap_db *db, uint32_t slot);
bool cap_has_descendants(const struct cap_db *db, uint32_t slot);
/* Capabilities with exactly this region, type and tag, and descendants (with this tag; tag 0: with
 * any). Both saturate at CAP_COUNT_MAX together, and descendants also where more than that many
 * others lie in between: the walk is bounded. E_ARGUMENT: no such type or an empty region. */
#define CAP_COUNT_MAX 4096u
NODISCARD enum status cap_find_region(const struct cap_db *db, enum cap_space space, uint64_t base,
                                      uint64_t bytes, uint8_t type, uint32_t tag, uint32_t *copies,
                                      uint32_t *descendants);
/* A capability of exactly this region and type, whatever its tag, or 0; those of the same follow it
 * through `next`. */
uint32_t cap_find_first(const struct cap_db *db, enum cap_space space, uint64_t base,
                        uint64_t bytes, uint8_t type);
/* Would entering a capability of this region, type and tag be refused because of a revoke under
 * way? */
bool cap_is_marked(const struct cap_db *db, enum cap_space space, uint64_t base, uint64_t bytes,
                   uint8_t type, uint32_t tag);
/* For tests: is every invariant of list, index and counters true? Says which is not (a literal), or
 * NULL. Cost: all slots. */
const char *cap_db_check(const struct cap_db *db);

/* A DISPATCHER object begins with this many slots of its own: they are deleted with it. */
#define CAP_DISPATCHER_SLOTS 4u
#define CAP_TABLE_ENTRIES 512u

/* ---- Hooks: what the kernel (or a test) provides. They may read the database and change none of
 * it ---- */

/* The last capability of an object is about to go (MAPPING: each; RAM and frames too). The slot is
 * still filled. */
void cap_hook_object_end(struct cap_db *db, uint32_t slot);
/* A kernel object (zeroed) was made by retype: what else must its memory hold from the start?
 * (space/ has it.) */
void cap_hook_object_made(struct cap_db *db, uint32_t slot);
/* Zero [base, base + bytes), physical, at most one page, not across a page boundary. */
void cap_hook_zero(struct cap_db *db, uint64_t base, uint64_t bytes);
/* Should long work give way now? Asked after each step, so every call makes progress. */
bool cap_hook_preempt(struct cap_db *db);
/* Slot number of the MAPPING that owns the first entry from *index on that has one, of the page
 * table in `table`; *index becomes what follows it. 0: none has, *index is CAP_TABLE_ENTRIES.
 * (space/ has it.) */
uint32_t cap_hook_table_mapping(struct cap_db *db, uint32_t table, uint32_t *index);
/* A MAPPING has come to lie in another slot: its entries' owner changes. (space/ has it.) */
void cap_hook_mapping_moved(struct cap_db *db, uint32_t slot);
/* An invariant of our own does not hold. */
void cap_hook_broken(const char *what) NORETURN;

#endif
