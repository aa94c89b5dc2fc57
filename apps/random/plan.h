/* The plan of random system calls: one source for the guest that makes them and the host that
 * predicts them. Both feed it the same answers, so both get the same calls.
 *
 * The calls play in an arena: four L2 CNodes at L1 index ARENA_L1 of the own CSpace, made of two
 * RAM capabilities that lie outside it. Every PLAN_PERIOD calls both are revoked and the arena is
 * made again. What keeps the program itself alive is never named but to read it. The plan knows the
 * type of each slot of the arena as far as the answers told; what a revoke took it learns by
 * CAP_IDENTIFY. */
#ifndef RANDOM_PLAN_H
#define RANDOM_PLAN_H

#include <skerry/dispatcher.h>
#include <skerry/syscall.h>

#define ARENA_L1 40u
#define ARENA_CNODES 4u
#define ARENA_SLOTS (ARENA_CNODES * CAP_L2_SLOTS)
#define PLAN_PERIOD 4000u
#define PLAN_BADGE 0x100u /* badges are no statuses, most of them */

/* Stand-ins for times: the host knows no clock. */
#define PLAN_FAR UINT64_MAX         /* some seconds from now */
#define PLAN_NEAR (UINT64_MAX - 1u) /* some microseconds from now */

struct plan_start {
    uint64_t seed;
    capref_t zone, ram; /* RAM, all rights: what the arena is made of */
    capref_t spare;     /* first of ARENA_CNODES empty slots */
    uint64_t zone_base, zone_bytes, ram_base, ram_bytes;
    uint64_t serve; /* address of code that answers a call with its badge */
};

struct plan_call {
    uint64_t operation, a[6];
};

struct plan {
    struct plan_start start;
    uint64_t random, made;
    uint32_t step; /* of the script that makes the arena; PLAN_STEPS: it is made */
    uint32_t cursor;
    bool missing;  /* the call drawn needs a type of which no slot is known */
    uint32_t look; /* slot + 1 to identify next: an answer says that it is empty; 0: none */
    uint8_t type[ARENA_SLOTS]; /* enum cap_type: this, or empty */
};

void plan_begin(struct plan *p, const struct plan_start *start);
void plan_next(struct plan *p, struct plan_call *c);
void plan_answer(struct plan *p, const struct plan_call *c, uint64_t status, uint64_t r1);

/* What both sides keep of an answer: the running hash, less what depends on the time or on chance. */
uint64_t plan_hash(uint64_t hash, const struct plan_call *c, uint64_t status, uint64_t r1,
                   uint64_t r2);
/* After such a call another dispatcher may have to run before the state is settled. */
bool plan_settles(const struct plan_call *c, uint64_t status);

/* ---- between plan.c and plan_pick.c ---- */
uint32_t plan_below(struct plan *p, uint32_t limit);
uint64_t plan_random(struct plan *p);
static inline capref_t plan_ref(uint32_t slot)
{
    return ARENA_L1 * CAP_L2_SLOTS + slot;
}
bool plan_in_arena(uint64_t place, uint32_t *slot);
void plan_pick(struct plan *p, struct plan_call *c);
void plan_spoil(struct plan *p, struct plan_call *c);

#endif
