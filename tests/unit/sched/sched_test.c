/* Who gets how much of the core: budgets hold, what is left is shared by turns in the order of
 * priorities, shares are split and come back, and nothing ticks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "machine.h"

static int setup(void **state)
{
    (void)state;
    machine_reset();
    return 0;
}

static void grant(unsigned from, unsigned to, uint64_t priority, uint64_t period, uint64_t budget,
                  enum status expected)
{
    assert_int_equal(budget_grant(core, context(from), context(to), priority, period, budget),
                     expected);
}

static void assert_near(uint64_t value, uint64_t expected, uint64_t by)
{
    assert_in_range(value, expected - by, expected + by);
}

/* 20 % and 30 % above two that take what is left, each half. */
static void test_budgets(void **state)
{
    (void)state;
    grant(0, 1, 20, 10000, 2000, OK);
    grant(0, 2, 10, 20000, 6000, OK);
    grant(0, 3, 5, 0, 0, OK);
    for (unsigned n = 1; n <= 3; n++)
        start(n, n);
    start(4, 3);
    work_until(10 * MACHINE_HZ);
    assert_near(worked(1), 2 * MACHINE_HZ, 2000);
    assert_near(worked(2), 3 * MACHINE_HZ, 6000);
    assert_near(worked(3) + worked(4), 5 * MACHINE_HZ, 10000);
    assert_near(worked(3), worked(4), 25000);
}

/* One budget for two: they have it together. Nobody else is there, and still it is not exceeded. */
static void test_budget_shared(void **state)
{
    (void)state;
    grant(0, 1, 20, 10000, 1000, OK);
    start(1, 1);
    start(2, 1);
    work_until(2 * MACHINE_HZ);
    assert_near(worked(1) + worked(2), MACHINE_HZ / 5, 1000);
    assert_true(worked(1) > 0);
}

/* Below a best-effort one of higher priority a budget is worth nothing; beside it, turns. */
static void test_priorities(void **state)
{
    (void)state;
    grant(0, 1, 7, 0, 0, OK);
    grant(0, 2, 6, 10000, 5000, OK);
    start(1, 1);
    start(2, 2);
    work_until(MACHINE_HZ);
    assert_int_equal(worked(2), 0);
    dispatcher_stop(core, dispatcher(1), STOP_ASKED);
    work_until(2 * MACHINE_HZ);
    assert_near(worked(2), MACHINE_HZ / 2, 5000);
}

/* Alone, or with nobody of the same priority: no timer at all. */
static void test_no_tick(void **state)
{
    (void)state;
    grant(0, 1, 7, 0, 0, OK);
    grant(0, 2, 6, 0, 0, OK);
    start(1, 1);
    start(2, 2);
    work_until(100 * MACHINE_HZ);
    assert_int_equal(machine_timer, UINT64_MAX);
    assert_int_equal(machine_timers_fired, 0);
}

/* A server that never answers: its caller's budget pays, then it works at its own priority. */
static void test_lent_time(void **state)
{
    uint64_t begin = machine_now;

    (void)state;
    grant(0, 1, 20, 10000, 2000, OK); /* caller */
    grant(0, 2, 3, 0, 0, OK);         /* server */
    grant(0, 3, 5, 0, 0, OK);         /* somebody between */
    start(1, 1);
    work_until(begin + 500);
    start(2, 2);
    start(3, 3);
    queue_remove(&core->ready, dispatcher(2));
    lend(2);
    work_until(begin + 9000);
    assert_int_equal(worked(1), 500);
    assert_int_equal(worked(2), 1500);
    assert_int_equal(worked(3), 7000);
    assert_null(dispatcher(2)->caller);
    assert_int_equal(dispatcher(1)->kept.result[0], E_TIMEOUT);
    work_until(begin + 11000);
    assert_int_equal(worked(1), 500 + 1000);
    dispatcher_stop(core, dispatcher(3), STOP_ASKED);
    work_until(begin + 20000);
    assert_int_equal(worked(2), 1500 + 8000);
}

static void test_grant_errors(void **state)
{
    (void)state;
    grant(1, 2, 0, 0, 0, E_RIGHTS);
    grant(0, 1, 64, 0, 0, E_ARGUMENT);
    grant(0, 1, 5, 10000, 0, E_ARGUMENT);
    grant(0, 1, 5, 0, 1000, E_ARGUMENT);
    grant(0, 1, 5, 10000, 10001, E_ARGUMENT);
    grant(0, 1, 5, 999, 500, E_ARGUMENT);
    grant(0, 1, 5, 10000, 49, E_ARGUMENT);
    grant(0, 1, 5, 10ull * MACHINE_HZ + 1, 1000, E_ARGUMENT);
    grant(0, 0, 5, 10000, 1000, E_ARGUMENT);
    grant(0, 1, 5, 10000, 6000, OK);
    grant(0, 2, 5, 10000, 5000, E_LIMIT);
    grant(0, 2, 5, 10000, 3900, OK);
    grant(0, 3, 5, 10000, 200, E_LIMIT);
    grant(1, 3, 5, 0, 0, E_RIGHTS); /* no way out of a budget */
    grant(1, 1, 5, 10000, 1000, E_ARGUMENT);
    grant(1, 3, 5, 10000, 6000, E_LIMIT); /* nothing would be left to itself */
    grant(1, 3, 6, 10000, 1000, E_ARGUMENT);
    grant(1, 3, 4, 20000, 4000, OK);
    assert_near(context(1)->budget, 4000, 1);
    grant(3, 1, 4, 20000, 100, E_ARGUMENT);
    grant(2, 4, 5, 10000, 1000, OK);
}

static uint64_t shares(void)
{
    uint64_t sum = 0;

    for (unsigned n = 0; n < MACHINE_CONTEXTS; n++)
        sum += context(n)->share;
    return sum;
}

/* Whatever is granted, granted again and ended: the shares are always one core. */
static void test_shares_come_back(void **state)
{
    uint64_t random = 88172645463325252ull, granted = 0;

    (void)state;
    for (unsigned i = 0; i < 100000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        unsigned from = (unsigned)(random % MACHINE_CONTEXTS);
        unsigned to = (unsigned)(random >> 16) % (MACHINE_CONTEXTS - 1) + 1;
        uint64_t period = 1000 + (random >> 24) % 50000;
        uint64_t budget = (random >> 40) % period;
        if (random >> 60 == 0) {
            budget_end(core, context(to));
            *context(to) = (struct sched_context){0};
        } else {
            granted += budget_grant(core, context(from), context(to), 5, period, budget) == OK;
        }
        assert_int_equal(shares(), SHARE_ALL);
    }
    assert_true(granted > 1000);
    for (unsigned n = 1; n < MACHINE_CONTEXTS; n++)
        budget_end(core, context(n));
    assert_int_equal(context(0)->share, SHARE_ALL);
    assert_null(core->budgeted);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(test_##name, setup)
    const struct CMUnitTest tests[] = {
        TEST(budgets),   TEST(budget_shared), TEST(priorities),      TEST(no_tick),
        TEST(lent_time), TEST(grant_errors),  TEST(shares_come_back)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
