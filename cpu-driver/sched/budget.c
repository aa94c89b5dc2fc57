/* Periods and budgets of SCHED_CONTEXTs, and who pays while a dispatcher runs: see budget.h. Nothing
 * here ticks: k->budget_end_ticks is when the one who pays has nothing left, and the scheduler arms
 * the timer for it. */
#include "sched/budget.h"

#include "ipc/call.h"
#include "kernel.h"
#include "sched/schedule.h"

static void share_changed(struct sched_context *c)
{
    if (!c->period)
        return;
    c->budget = c->share * c->period / SHARE_ALL;
    if (c->left > c->budget)
        c->left = c->budget;
}

static void list_enter(struct kernel *k, struct sched_context *c)
{
    c->previous = NULL;
    c->next = k->budgeted;
    if (c->next)
        c->next->previous = c;
    k->budgeted = c;
}

static void list_leave(struct kernel *k, struct sched_context *c)
{
    if (c->previous)
        c->previous->next = c->next;
    else
        k->budgeted = c->next;
    if (c->next)
        c->next->previous = c->previous;
}

/* What c holds goes back, and what it gave on belongs to its giver. */
static void share_return(struct kernel *k, struct sched_context *c)
{
    if (!c->giver)
        return;
    list_leave(k, c);
    for (struct sched_context *x = k->budgeted; x; x = x->next)
        if (x->giver == c)
            x->giver = c->giver;
    c->giver->share += c->share;
    share_changed(c->giver);
    c->giver = NULL;
    c->share = 0;
}

static bool shape_is_right(uint64_t period, uint64_t budget)
{
    uint64_t hz = arch_tick_hz();

    if (!period && !budget)
        return true;
    return budget <= period && budget >= hz / BUDGETS_PER_SECOND_MAX &&
           period >= hz / PERIODS_PER_SECOND_MAX && period <= hz * PERIOD_SECONDS_MAX;
}

/* May `from` give so much away? It keeps enough to run, if it has a budget itself. `back`: what it
 * would get back before. */
static bool share_suffices(const struct sched_context *from, uint64_t back, uint64_t share)
{
    uint64_t has = from->share + back;

    if (share > has)
        return false;
    return !from->period ||
           (has - share) * from->period / SHARE_ALL >= arch_tick_hz() / BUDGETS_PER_SECOND_MAX;
}

enum status budget_grant(struct kernel *k, struct sched_context *from, struct sched_context *to,
                         uint64_t priority, uint64_t period, uint64_t budget)
{
    uint64_t share = period ? (budget * SHARE_ALL + period - 1) / period : 0;

    if (!from->granted || (from->budget && !budget))
        return E_RIGHTS;
    if (priority > from->priority || !shape_is_right(period, budget))
        return E_ARGUMENT;
    if (budget && (from == to || to->is_first || to == from->giver))
        return E_ARGUMENT;
    if (budget && !share_suffices(from, to->giver == from ? to->share : 0, share))
        return E_LIMIT;
    if (k->paying == to)
        budget_charge(k);
    if (!to->is_first)
        share_return(k, to);
    if (budget) {
        from->share -= (uint32_t)share;
        share_changed(from);
        to->share = (uint32_t)share;
        to->giver = from;
        list_enter(k, to);
    }
    to->period = period;
    to->budget = to->left = budget;
    to->period_end = 0;
    to->priority = (uint8_t)priority;
    to->granted = true;
    if (k->current)
        budget_begin(k);
    k->reschedule = true;
    return OK;
}

void budget_end(struct kernel *k, struct sched_context *c)
{
    share_return(k, c);
    if (k->paying == c) {
        k->paying = NULL;
        k->budget_end_ticks = UINT64_MAX;
    }
}

/* The first caller of the chain that d serves; d itself if it serves nobody. */
static struct dispatcher *chain_first(struct dispatcher *d)
{
    while (d->caller)
        d = d->caller;
    return d;
}

static struct sched_context *context_of(struct kernel *k, const struct dispatcher *d)
{
    const struct slot *context = &d->hidden[HIDDEN_SCHED_CONTEXT];

    return context->type == CAP_SCHED_CONTEXT ? sched_context_at(k, context->base) : NULL;
}

/* Can it pay now? A period that is over has a successor. */
static bool context_pays(struct sched_context *c, uint64_t now_ticks)
{
    if (!c || !c->budget)
        return true;
    if (now_ticks >= c->period_end) {
        c->period_end = now_ticks + c->period;
        c->left = c->budget;
    }
    return c->left != 0;
}

bool budget_admit(struct kernel *k, struct dispatcher *d)
{
    uint64_t now_ticks = arch_ticks();

    for (;;) {
        struct dispatcher *payer = chain_first(d);
        struct sched_context *c = context_of(k, payer);

        if (context_pays(c, now_ticks))
            return true;
        if (payer == d) {
            wait_insert(k, d, c->period_end);
            return false;
        }
        schedule_call_unpaid(k, payer);
    }
}

void budget_begin(struct kernel *k)
{
    struct sched_context *c = context_of(k, chain_first(k->current));

    k->paying = c && c->budget ? c : NULL;
    k->budget_end_ticks = UINT64_MAX;
    if (!k->paying)
        return;
    k->paid_since_ticks = arch_ticks();
    (void)context_pays(c, k->paid_since_ticks);
    k->budget_end_ticks = k->paid_since_ticks + c->left;
}

void budget_charge(struct kernel *k)
{
    struct sched_context *c = k->paying;
    uint64_t now_ticks, used;

    if (!c)
        return;
    now_ticks = arch_ticks();
    used = now_ticks - k->paid_since_ticks;
    c->left = used < c->left ? c->left - used : 0;
    k->paid_since_ticks = now_ticks;
}

bool budget_is_over(const struct kernel *k, uint64_t now_ticks)
{
    return now_ticks >= k->budget_end_ticks;
}
