/* N monitors' capability operations (monitor/ops) over N real capability cores (cpu-driver/cap) in
 * one process, with channels that keep order and nothing else. Who moves next is the caller's
 * choice (caps_sim.c); what must hold is in check.c and tests/spec/machine_spec.c.
 *
 * Each core owns SIM_REGIONS frames; its monitor keeps an untagged root capability of each, as on
 * the machine. Domains' copies lie in further slots; a slot's aux is its birth (machine_spec.h).
 * Tags: each incarnation of a core has one. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdio.h>

#include "cap/cap_core.h"
#include "machine_spec.h"
#include "ops/ops.h"
#include "proto/monitor_messages.h"

#define SIM_CORES_MAX 1024u
#define SIM_REGIONS 3u
#define SIM_LINES 160u
#define SIM_HOLDERS 9u /* less than could be wanted: some transfers find no marker */
#define SIM_FOREIGN 40u
#define SIM_TRANSFERS 12u
#define SIM_REVOKES 6u
#define SIM_TAGS 6u
#define SIM_DUE 32u
#define SIM_MARKER_FIRST 16u
#define SIM_ROOT_FIRST (SIM_MARKER_FIRST + SIM_HOLDERS)
#define SIM_FREE_FIRST (SIM_ROOT_FIRST + SIM_REGIONS)
#define SIM_FRAME_BYTES 8192ull
#define SIM_STORY 64u
#define SIM_COLUMNS 12u /* cores that a drawing shows beside each other */
#define SIM_REVOKE_TOKEN (1ull << 63)

/* One rule left out, by what the simulator does to messages, sets and marks; the shipped sources
 * stay as they are. */
#define SIM_OMISSIONS(O)                                                                           \
    O(NOTHING, "nothing")                                                                          \
    O(2, "2")               /* the bit is not set before the answer */                             \
    O(3_LOSE, "3-lose")     /* "refused" counts as "holds nothing" */                              \
    O(3_LEAK, "3-leak")     /* "refused" counts as "holds" */                                      \
    O(4, "4")               /* holds does not count an open request */                             \
    O(5, "5")               /* RELEASE goes out while a request is open */                         \
    O(6_CLEAR, "6-clear")   /* RELEASE clears the bit though a transfer is open */                 \
    O(6_REGION, "6-region") /* RELEASE is ignored if a transfer of any tag is open */              \
    O(7, "7")               /* RELEASE counts as an answer to REVOKE_COPIES */                     \
    O(8, "8")               /* the owner forgets that others hold the region */                    \
    O(10, "10")             /* the requester's copies are not marked */                            \
    O(11, "11")             /* the requester deletes nothing */                                    \
    O(12_OWN, "12-own")     /* the owner's own copies are not deleted */                           \
    O(12_SET, "12-set")     /* one core of the set is not asked */                                 \
    O(13, "13")             /* the answer comes before the deletion */                             \
    O(18, "18")             /* an answer counts for any open operation */                          \
    O(19, "19")             /* the minting core is forgotten when its untagged copies go */        \
    O(23, "23")             /* a tag's revoke does not ask the minting core */                     \
    O(24, "24")             /* the minting core does not release what a tag's revoke left empty */ \
    O(25, "25")             /* the requester releases nothing */                                   \
    O(28, "28")             /* "transfer asked" is not remembered */                               \
    O(37, "37")             /* some monitor is not told of a death */                              \
    O(37_COPIES, "37-copies") /* copies of what the dead core owned are not deleted */             \
    O(PARTS, "parts")         /* parts of a frame do not count as copies */                        \
    O(OUTER, "outer")         /* who holds only a larger region is not asked */

enum omission {
#define O(name, text) OMIT_##name,
    SIM_OMISSIONS(O)
#undef O
        OMISSION_COUNT
};

struct sim_invoking {
    uint64_t token, began;
    struct region_key key; /* what the revoke covers */
    uint32_t slot;         /* 0: it was deleted */
    bool used;
};

struct sim_core {
    struct sim *sim;
    uint32_t core;
    struct cap_db db;
    struct slot zone[SIM_LINES];
    struct ops ops;
    void *memory;
    struct region_key due[SIM_DUE]; /* copies were deleted and the monitor does not know yet */
    uint32_t due_count;
    struct region_key held[SIM_REVOKES]; /* by the operations; bytes 0: none */
    struct sim_invoking invoking[SIM_REVOKES];
    uint32_t *starved; /* cores to which credit was refused */
    uint32_t starved_count;
    uint64_t hangs_until;
    struct region_key late; /* rule 13 omitted: answered, and not yet deleted */
    uint32_t incarnation;
    bool dead; /* stopped; who was told of it: sim.told */
    bool mute; /* rules 24, 25 omitted: a RELEASE now is not sent */
};

struct sim_message {
    struct urpc_message m;
    uint32_t next;
};

struct sim {
    uint32_t cores, tag_numbers, refuse_one_in;
    uint64_t random, steps;
    enum omission omit;
    bool quiet_now;        /* at rest: credit is given */
    const char *violation; /* the first */
    uint32_t violation_core, violation_region;
    struct sim_core *core;
    struct machine_spec spec;
    /* Channels: pair = from * cores + to. Messages in chains, index + 1. */
    uint32_t *head, *tail, *busy_at, *busy;
    uint32_t busy_count, in_flight;
    struct sim_message *message;
    uint32_t message_limit, message_free;
    uint8_t *told;              /* [cores]: of the death of the core that is dead now */
    uint32_t dying, told_count; /* 1 + that core; how many were told */
    uint64_t deaths, delivered, taken, refused, asked, released, renewed, dropped, no_marker,
        crossed, minted, deleted, given, hangs;
    uint64_t revoked, revoke_refused, revoke_gone, revoke_local, revoke_asks;
    char story[SIM_STORY][120];
    FILE *draw;
    uint64_t seed;
    uint64_t story_count, tokens, clock;
};

/* sim.c */
bool sim_init(struct sim *s, uint32_t cores, uint64_t seed);
void sim_free(struct sim *s);
uint32_t sim_below(struct sim *s, uint32_t limit);
void sim_tell(struct sim *s, const char *format, ...) PRINTF_LIKE(2, 3);
void sim_tell_message(struct sim *s, uint32_t from, uint32_t to, const struct urpc_message *m);
/* From here on, random numbers depend on the seed and this alone. */
void sim_random_from(struct sim *s, uint64_t step);
void sim_fail(struct sim *s, const char *what, uint32_t core, uint32_t region);
struct region_key sim_key(uint32_t region, uint32_t tag);
uint32_t sim_region(uint64_t base);
uint64_t sim_now(struct sim *s); /* later than ever before */
/* The tag that this incarnation of a core mints (rule 29: none of an older one's). */
uint32_t sim_tag(const struct sim *s, uint32_t core);
/* Of the specification. */
uint32_t sim_tag_index(const struct sim *s, uint32_t tag);
/* The part of its region that [base, base + bytes) is. */
uint32_t sim_part(uint64_t base, uint64_t bytes);
struct region_key sim_slot_key(const struct slot *at);
/* A free slot for a copy, or 0. */
uint32_t sim_slot_free(const struct sim_core *c);
/* A random slot that holds a frame other than a root, or 0. foreign: of another owner. */
uint32_t sim_slot_random(struct sim *s, const struct sim_core *c, bool foreign);
enum status sim_root_make(struct sim_core *c, uint32_t i);
void sim_due(struct sim_core *c, const struct region_key *k);
void sim_due_tell(struct sim_core *c, uint32_t i);
bool sim_held(const struct sim_core *c, const struct region_key *k);

/* A core stops dead; the monitor of core `other` learns of it, and its channels are cut; when all
 * have, the dead core starts again, empty. */
void sim_die(struct sim *s, uint32_t core);
void sim_tell_death(struct sim *s, uint32_t other);

/* sim_host.c */
void sim_cut(struct sim *s, uint32_t pair);
extern const struct ops_host sim_host;
/* Copies and parts on this core of what k says that are counted under its tag there. */
uint32_t sim_count(const struct sim_core *c, const struct region_key *k);
/* Deliver the head of the channel. */
void sim_deliver(struct sim *s, uint32_t pair);
void sim_push(struct sim *s, uint32_t from, uint32_t to, const struct urpc_message *m);
/* Rule 13 omitted: now. */
void sim_late_clear(struct sim_core *c);
/* A release that no record asked for. */
void sim_release_forge(struct sim_core *c, const struct region_key *k);

/* check.c: set s->violation. One region as one core and its owner see it; a core's copies against
 * the specification; and everything, when nothing is in flight or owed. */
void check_pair(struct sim *s, uint32_t region, uint32_t core);
void check_region(struct sim *s, uint32_t region);
void check_may_hold(struct sim *s, const struct sim_core *c, const struct slot *at);
void check_revoked(struct sim *s, const struct sim_core *requester, const struct sim_invoking *v);
void check_all(struct sim *s, bool quiet);

#endif
