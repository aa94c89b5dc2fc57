/* The capability operations of one core's monitor, and what they need of their surroundings. The
 * same sources run on the machine (host: monitor/serve/grant.c) and in the simulator (host:
 * tests/sim), any number of them in one process.
 *
 * Every entry takes the struct ops, runs the operations that it concerns to the point where they
 * wait for a message, and returns; nothing waits, nothing is allocated after ops_init. Effects are
 * done by the host within the call. Channels between any two monitors must keep order. Operations
 * are named in messages by index | generation << 16; an answer to no open operation, or from
 * another core than it was asked of, is dropped (rule 18).
 *
 * Now: rules 1 to 8, 10 to 13, 16 to 28, 37 for types that are shared (DESIGN section 4). */
#ifndef OPS_OPS_H
#define OPS_OPS_H

#include <urpc/channel.h>

#include "ops/holders.h"
#include "ops/release.h"
#include "ops/revoke.h"
#include "ops/transfer.h"

/* What the operations have done on this core. All return without waiting; none may fail
 * silently. */
struct ops_host {
    /* To the core that the first field names, in order. Cannot fail: room was reserved. */
    void (*send)(void *arg, const struct urpc_message *m);
    /* Enter the marker of a region that this core owns, or delete it. `row` is the marker's
     * number, below limits.holders: at most one marker a number. E_NO_MARKER, E_NO_CAP, or why
     * the kernel refuses. */
    enum status (*mark)(void *arg, const struct region_key *k, uint32_t row);
    void (*unmark)(void *arg, const struct region_key *k, uint32_t row);
    /* Enter what d->owner granted; token as the granter gave it. Any error is the refusal. */
    enum status (*accept)(void *arg, const struct cap_description *d, uint64_t token);
    /* Copies on this core that are counted under the key (rule 19), and all that was derived from
     * them: parts, mappings. */
    uint32_t (*count)(void *arg, const struct region_key *k);
    /* Until `unhold` of the same number (below limits.revokes): what is covered by k (region_covers)
     * refuses everything but delete on this core, and nothing covered is made. */
    void (*hold)(void *arg, uint32_t number, const struct region_key *k);
    void (*unhold)(void *arg, uint32_t number);
    /* Delete on this core all that k covers and that `owner` owns, mappings and translations too;
     * but not the slot through which the revoke with that token was asked here, if it is still
     * there (NULL: nothing is spared). Anchors and markers stay. */
    void (*clear)(void *arg, const struct region_key *k, uint32_t owner, const uint64_t *token);
    /* May a REVOKE_COPIES go to this core now? If not, ops_credit says when. */
    bool (*credit)(void *arg, uint32_t core);
    /* What was begun here with this token is over: OK, or why it was refused. */
    void (*finished)(void *arg, uint64_t token, enum status s);
    /* No other core holds this region of ours any more. */
    void (*unshared)(void *arg, const struct region_key *k);
};

struct ops_limits {
    uint32_t core_count;
    uint32_t holders;   /* keys of own regions that other cores hold */
    uint32_t foreign;   /* keys of foreign regions held here */
    uint32_t transfers; /* open at once: at most 65535 */
    uint32_t revokes;   /* the same; 0: none are begun or served */
    uint32_t tags;      /* keys of foreign regions whose tags were minted and passed on here */
    uint32_t tag_first; /* counter of the first tag that this incarnation of the core mints: what an
                           older one has passed on is not remembered */
};

struct ops {
    const struct ops_host *host;
    void *arg;
    uint32_t core;
    struct ops_limits limits;
    struct holders holders;
    struct foreign *foreign;
    struct transfer *transfer;
    struct revoke *revoke;
    uint64_t *revoke_waiting, *revoke_unsent; /* sets of cores, one of each a revoke */
    struct region_key *asked;                 /* rule 28; bytes 0: free */
    uint64_t *dead;                           /* set of cores (rule 37) */
    uint64_t dropped; /* messages that named nothing open, or made no sense */
};

/* Bytes that ops_init needs: zeroed, aligned to 8. */
uint64_t ops_bytes(const struct ops_limits *l);
void ops_init(struct ops *o, uint32_t core, const struct ops_limits *l, const struct ops_host *host,
              void *arg, void *memory);

/* Give a core what d says: types that are shared. This core owns it (d->owner), or holds it and asks its
 * owner. The end comes by finished(token), perhaps before this returns OK. Errors, with nothing
 * sent: E_ARGUMENT the target, E_TYPE, E_BUSY a transfer of the region to it is open or the
 * operations are all in use, E_MARKED a revoke is under way. By finished: E_NO_MARKER,
 * E_NOT_OWNER the owner does not know this core as a holder, E_RIGHTS, and whatever the target
 * refuses with. */
NODISCARD enum status ops_transfer(struct ops *o, uint32_t target, const struct cap_description *d,
                                   uint64_t token);
/* Copies of a foreign region were deleted on this core, perhaps the last. The key with the
 * copies' tag. */
void ops_deleted(struct ops *o, const struct region_key *k);
/* The same for all foreign regions: when a domain has ended. */
void ops_deleted_any(struct ops *o);
/* Revoke what the slot that d describes covers; only the tag, if it has one or `tag` names one. The
 * end comes by finished(token), perhaps before this returns OK: then nothing covered is left on any
 * core but that slot. Errors, with nothing done: E_RIGHTS, E_TAGGED the slot has another tag, E_MARKED
 * it is being revoked, E_BUSY a tag of it is, or an own request on it, or all operations are in use;
 * E_NO_CAP. By finished: the same by the owner, E_NOT_OWNER, E_NO_CAP the region itself is gone. */
NODISCARD enum status ops_revoke(struct ops *o, const struct cap_description *d, uint32_t tag,
                                 uint64_t token);
/* Is something under way on this core that covers k? */
bool ops_marked(const struct ops *o, const struct region_key *k);
/* The channel to this core has credit again. */
void ops_credit(struct ops *o, uint32_t core);
/* This core has been stopped for ever, and its channels are cut, unread (rule 37): it is dropped from
 * every set, what waits for it ends or goes on, copies of what it owned are deleted. Until
 * ops_core_started nothing is sent to it or taken from it. */
void ops_core_died(struct ops *o, uint32_t core);
/* It starts again, empty (rule 44: when all monitors know that it was dead). */
void ops_core_started(struct ops *o, uint32_t core);
/* A message of another monitor: GRANT, TAKEN, GRANT_ASK, GRANT_TOLD, RELEASE, REVOKE_ASK,
 * REVOKE_TOLD, REVOKE_COPIES, COPIES_DONE. Others are dropped. */
void ops_message(struct ops *o, const struct urpc_message *m);

#endif
