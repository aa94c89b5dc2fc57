/* Revoke across cores: PROTOCOL rules 10 to 18 and, for tags, 21 to 28. One pass: deletion comes
 * before the answer. One machine, two roles; a holder that is asked needs no record, it deletes and
 * answers at once (rule 13).
 *
 *   owner      FREE --START/hold, join, clear--> CLEARING --CLEARED/send, waited--> WAITING
 *              WAITING --ANSWER/waited--> WAITING --ALL/unhold, tell--> FREE
 *              WAITING --GONE/tell "gone"--> LOST --ANSWER, ALL--> FREE (nobody is told)
 *   requester  FREE --ASK/hold, REVOKE_ASK--> ASKED --TOLD/clear--> ENDING
 *              ENDING --CLEARED/unhold, answered, finish--> FREE
 *              ASKED --REFUSED/unhold, answered, finish--> FREE
 *              FREE --LOCAL/hold, clear--> ENDING
 *
 *   requester X         owner O                 holder H
 *     | mark              |                       |
 *     |--REVOKE_ASK------>| X in the set? mark,   |
 *     |                   | delete own copies     |
 *     |                   |--REVOKE_COPIES------->| delete
 *     |                   |<--COPIES_DONE---------|
 *     |<--REVOKE_TOLD-----| bits cleared          |
 *     | delete all but the invoking slot          |
 *
 * DIED: of the requester, leads to LOST; of the owner, ends ASKED as REFUSED does, with E_PEER.
 * "waited" counts who has not answered: none left is ALL. A revoke waits for holders of its region
 * and for owners strictly below alone (rule 16), so overlapping ones cannot wait for each other. */
#ifndef OPS_REVOKE_H
#define OPS_REVOKE_H

#include "ops/holders.h"
#include "ops/outbox.h"

enum revoke_state {
#define STATE(name) REVOKE_STATE_##name,
#include "ops/revoke.def"
#undef STATE
    REVOKE_STATE_COUNT
};

enum revoke_event {
#define EVENT(name) REVOKE_EVENT_##name,
#include "ops/revoke.def"
#undef EVENT
    REVOKE_EVENT_COUNT
};

enum revoke_pair {
    REVOKE_ILLEGAL,
#define PAIR(state, event) REVOKE_##state##_##event,
#include "ops/revoke.def"
#undef PAIR
};

struct revoke {
    enum revoke_state state;
    uint16_t generation;    /* of the last operation that lay in this record */
    uint16_t owner;         /* of the region */
    uint16_t requester;     /* core: this one, or who sent REVOKE_ASK */
    uint32_t requester_op;  /* owner: the operation there */
    struct region_key key;  /* what it covers; tag 0: every tag */
    uint32_t through;       /* tag of the invoking slot */
    struct region_key by;   /* requester: the record here by which it holds the region */
    uint32_t waiting_count; /* bits in its set of cores that have not answered */
    uint64_t token;         /* of who asked on this core */
};

struct revoke_input {
    enum revoke_event event;
    enum status status; /* REFUSED, DIED */
};

enum revoke_pair revoke_pair(enum revoke_state state, enum revoke_event event);
/* One step. E_PROTOCOL: illegal in this state; nothing is changed. `out` is empty on entry. */
NODISCARD enum status revoke_step(struct revoke *r, const struct revoke_input *in,
                                  struct outbox *out);

/* Is a capability `inner` covered by a revoke of `outer` (whose tag 0 stands for all)? Contained,
 * and of the same region only if its type is derived from the other's or the same. */
bool region_covers(const struct region_key *outer, const struct region_key *inner);

/* Have the regions anything in common? Tags do not matter. */
bool region_overlaps(const struct region_key *a, const struct region_key *b);

/* Types that cores hold copies of; others are moved, or never leave (DESIGN section 4). */
static inline bool type_is_shared(uint32_t type)
{
    return type == CAP_FRAME || type == CAP_DEVICE_FRAME || type == CAP_DOORBELL;
}

#endif
