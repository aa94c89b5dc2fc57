/* Time as a capability: what a SCHED_CONTEXT gives, and who pays for the core.
 *
 * A context with a budget may use that many ticks in each of its periods; a period begins when the
 * context is first used after the one before has ended. What has used its budget waits for the end
 * of the period. A context without one (best effort) shares what is left, in the order of
 * priorities, by turns within one.
 *
 * Budgets are split: each is a share of the core, taken from its granter's share and given back
 * when it ends. The first context has the whole core to give. So all budgets of a core together
 * fit in it.
 *
 * The time of a same-core call is the first caller's: while servers work for it, its context pays.
 * When that has nothing left the call returns E_TIMEOUT, and the server goes on at its own cost. */
#ifndef SCHED_BUDGET_H
#define SCHED_BUDGET_H

#include "sched/dispatcher.h"

#define SHARE_ALL (1u << 24)
#define PERIOD_SECONDS_MAX 10u
#define PERIODS_PER_SECOND_MAX 1000u
#define BUDGETS_PER_SECOND_MAX 20000u /* 50 us: less would go into switching */

/* A SCHED_CONTEXT object in the zone: zeroed when made, so it gives no time until it is configured.
 */
struct sched_context {
    bool granted;
    bool is_first; /* the first program's: the whole core, from nobody */
    uint8_t priority;
    uint32_t share;              /* of SHARE_ALL: not given on */
    uint64_t period, budget;     /* ticks; 0: best effort */
    uint64_t left;               /* of this period's budget */
    uint64_t period_end;         /* ticks */
    struct sched_context *giver; /* whose share it was; NULL: nobody's */
    struct sched_context *next, *previous; /* all with a share and a giver */
    uint64_t spare[8];
};
_Static_assert(sizeof(struct sched_context) == 128, "as in cap_type.def");

static inline struct sched_context *sched_context_at(struct kernel *k, uint64_t pa)
{
    (void)k;
    return (struct sched_context *)(pa + arch_zone_offset());
}

/* Let `to` have time from `from`. E_RIGHTS (from has none, or a budget and none is asked), E_ARGUMENT
 * (priority above from's; budget above period; too short or too long; itself; the first), E_LIMIT
 * (more than from has left). */
NODISCARD enum status budget_grant(struct kernel *k, struct sched_context *from,
                                   struct sched_context *to, uint64_t priority, uint64_t period,
                                   uint64_t budget);
/* The context ends: its share goes back, and what it gave is its giver's from now on. Cost: all
 * contexts with budgets. */
void budget_end(struct kernel *k, struct sched_context *c);

/* Does d, which is complete, run at its own cost and without a budget? */
static inline bool budget_is_none(struct kernel *k, const struct dispatcher *d)
{
    return !d->caller && !sched_context_at(k, d->hidden[HIDDEN_SCHED_CONTEXT].base)->budget;
}

/* d is chosen to run: true if somebody can pay. Otherwise it was put where it waits for its next
 * period. Calls that can no longer be paid have failed. */
bool budget_admit(struct kernel *k, struct dispatcher *d);
/* From now on the context that pays for `current` is charged. */
void budget_begin(struct kernel *k);
/* `current` leaves, or somebody asks: what was used is taken off. */
void budget_charge(struct kernel *k);
/* Has the context that pays for `current` nothing left? */
bool budget_is_over(const struct kernel *k, uint64_t now_ticks);

#endif
