/* case_budget.c: periods and budgets of sched contexts: what is refused, what is left for whom, and
 * who pays for a same-core call. Shares are cut from the core's own context (GRANT_TIME). */
#include "conform.h"

#define MS (rt.page->tick_hz / 1000)
#define US (rt.page->tick_hz / 1000000)

static void spin(struct subject *s)
{
    subject_enable(s);
    while (!s->stop)
        s->steps++;
}

static uint64_t ticks_of(const struct subject *s)
{
    uint64_t ticks = 0, calls;

    expect_status(OK, sys_dispatcher_inspect(s->dispatcher, 2, &ticks, &calls), "inspect");
    return ticks;
}

static enum status grant(capref_t from, capref_t to, uint64_t budget_us, uint64_t period_us)
{
    return sys_sched_configure(from, to, PRIORITY_HIGH, period_us * US, budget_us * US);
}

CASE(budget, shapes_that_are_none)
{
    capref_t c = lab_make(CAP_SCHED_CONTEXT);

    EXPECT(E_ARGUMENT, grant(GRANT_TIME, c, 0, 10000));
    EXPECT(E_ARGUMENT, grant(GRANT_TIME, c, 1000, 0));
    EXPECT(E_ARGUMENT, grant(GRANT_TIME, c, 10001, 10000));
    EXPECT(E_ARGUMENT, grant(GRANT_TIME, c, 100, 900));
    EXPECT(E_ARGUMENT, grant(GRANT_TIME, c, 1000, 11000000));
    EXPECT(E_ARGUMENT, grant(GRANT_TIME, c, 40, 10000));
    EXPECT(E_ARGUMENT, grant(GRANT_TIME, GRANT_TIME, 1000, 10000));
    EXPECT(OK, grant(GRANT_TIME, c, 60, 1100));
}

CASE(budget, no_more_than_there_is)
{
    capref_t a = lab_make(CAP_SCHED_CONTEXT), b = lab_make(CAP_SCHED_CONTEXT);

    EXPECT(OK, grant(GRANT_TIME, a, 6000, 10000));
    EXPECT(E_LIMIT, grant(GRANT_TIME, b, 6000, 10000));
    EXPECT(OK, grant(GRANT_TIME, b, 3000, 10000));
    EXPECT(OK, grant(GRANT_TIME, a, 5000, 10000)); /* its own comes back first */
}

CASE(budget, share_comes_back)
{
    capref_t a = lab_make(CAP_SCHED_CONTEXT), b = lab_make(CAP_SCHED_CONTEXT);

    EXPECT(OK, grant(GRANT_TIME, a, 6000, 10000));
    EXPECT(E_LIMIT, grant(GRANT_TIME, b, 6000, 10000));
    EXPECT(OK, sys_cap_delete(a));
    EXPECT(OK, grant(GRANT_TIME, b, 6000, 10000));
}

CASE(budget, given_on)
{
    capref_t a = lab_make(CAP_SCHED_CONTEXT), b = lab_make(CAP_SCHED_CONTEXT);

    EXPECT(OK, grant(GRANT_TIME, a, 5000, 10000));
    EXPECT(E_RIGHTS, sys_sched_configure(a, b, 1, 0, 0)); /* no best effort from a budget */
    EXPECT(E_LIMIT, grant(a, b, 6000, 10000));
    EXPECT(E_LIMIT, grant(a, b, 5000, 10000)); /* nothing would be left to it */
    EXPECT(OK, grant(a, b, 2000, 10000));
    EXPECT(E_ARGUMENT, grant(b, a, 1000, 10000));
}

CASE(budget, of_a_context_without_a_share)
{
    capref_t a = lab_make(CAP_SCHED_CONTEXT);

    EXPECT(E_LIMIT, grant(SLOT_SCHED_CONTEXT, a, 1000, 10000));
}

/* 2 ms of 10 above a best-effort one: that has what is left. */
CASE(budget, enforced)
{
    struct subject *h = subject_make(PRIORITY_HIGH, spin), *l = subject_make(PRIORITY_LOW, spin);

    MET(h && l);
    EXPECT(OK, grant(GRANT_TIME, h->sched, 2000, 10000));
    MET(subject_start(h) && subject_start(l));
    sleep_ms(50);
    uint64_t high = ticks_of(h), low = ticks_of(l);
    TRUE(high >= 8 * MS && high <= 14 * MS);
    TRUE(low >= 33 * MS && low <= 44 * MS);
    EQUAL(STATE_RUNNABLE, subject_state(h));
    sleep_ms(20);
    TRUE(ticks_of(h) >= high + 3 * MS);
    h->stop = l->stop = true;
    MET(subject_join(h) && subject_join(l));
}

CASE(budget, alone_all_the_same)
{
    struct subject *h = subject_make(PRIORITY_HIGH, spin);

    MET(h != NULL);
    EXPECT(OK, grant(GRANT_TIME, h->sched, 1000, 10000));
    MET(subject_start(h));
    sleep_ms(50);
    TRUE(ticks_of(h) <= 8 * MS);
    h->stop = true;
    MET(subject_join(h));
}

CASE(budget, taken_away_while_it_waits_for_its_period)
{
    struct subject *h = subject_make(PRIORITY_HIGH, spin);

    MET(h != NULL);
    EXPECT(OK, grant(GRANT_TIME, h->sched, 1000, 1000000));
    MET(subject_start(h));
    sleep_ms(5);
    uint64_t steps = h->steps;
    sleep_ms(5);
    EQUAL(steps, h->steps);
    EXPECT(OK, sys_dispatcher_stop(h->dispatcher));
    EXPECT(OK, sys_sched_configure(SLOT_SCHED_CONTEXT, h->sched, PRIORITY_LOW, 0, 0));
    h->stop = true;
    MET(subject_run(h));
    TRUE(h->done);
}

static uint64_t serve_long(struct subject *s, uint64_t badge, uint64_t word[4])
{
    (void)badge, (void)word;
    while (!s->stop)
        s->steps++;
    return OK;
}

static void call_other(struct subject *s)
{
    uint64_t word[4] = {0};

    s->value[0] = arch_call(s->other->endpoint, UINT64_MAX, word);
}

/* The caller pays; when it has nothing left the call is over, and the server goes on for itself. */
CASE(budget, of_the_caller_of_a_server)
{
    struct subject *server = subject_server(PRIORITY_LOW, serve_long, 1);
    struct subject *a = subject_make(PRIORITY_HIGH, call_other);

    MET(server && a);
    a->other = server;
    EXPECT(OK, grant(GRANT_TIME, a->sched, 2000, 20000));
    MET(subject_start(a));
    sleep_ms(30);
    MET(subject_join(a));
    EQUAL(E_TIMEOUT, a->value[0]);
    EQUAL(STATE_RUNNABLE, subject_state(server));
    server->stop = true;
    MET(subject_await(server, STATE_WAITING));
}
