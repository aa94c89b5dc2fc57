/* limits_test.c: when a job's time is up, and how much memory it gets when it asks. */
#include "limits.h"
#include <rt/lend.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { HZ = 1000000, KIB = 1024, MIB = 1024 * 1024 };

static void no_limit_never_ends(void **state)
{
    struct limits l;

    (void)state;
    limits_set(&l, 5, HZ, 0, 0, 0);
    assert_true(limits_next(&l) == UINT64_MAX);
    assert_false(limits_want_cpu(&l, UINT64_MAX - 1));
    assert_int_equal(limits_check(&l, UINT64_MAX - 1, UINT64_MAX), LIMITS_KEPT);
}

static void wall_time_ends(void **state)
{
    struct limits l;

    (void)state;
    limits_set(&l, 100, HZ, 3, 0, 0);
    assert_int_equal(limits_next(&l), 3100);
    assert_int_equal(limits_check(&l, 3099, 0), LIMITS_KEPT);
    assert_int_equal(limits_check(&l, 3100, 0), LIMITS_WALL);
    limits_set(&l, 100, HZ, 3, 0, 500);
    assert_int_equal(limits_next(&l), 600);
    assert_int_equal(limits_check(&l, 600, 0), LIMITS_KILL);
    limits_set(&l, UINT64_MAX - 10, HZ, 3, 3, 3000);
    assert_true(limits_next(&l) == UINT64_MAX);
}

/* The instants to look at come nearer as the limit does, and never before it can be reached. */
static void cpu_time_is_looked_at_seldom(void **state)
{
    struct limits l;
    uint64_t now = 0, used = 0;
    unsigned looks = 0;

    (void)state;
    limits_set(&l, 0, HZ, 0, 1000, 0);
    for (;;) {
        uint64_t next = limits_next(&l);
        assert_true(next > now);
        used += (next - now) / 2; /* it has the core half of the time */
        now = next;
        assert_true(limits_want_cpu(&l, now));
        assert_true(++looks < 25);
        if (used == HZ - 1)
            used = HZ;
        enum limits_verdict v = limits_check(&l, now, used);
        if (v == LIMITS_CPU)
            break;
        assert_int_equal(v, LIMITS_KEPT);
        assert_true(used < HZ);
    }
    assert_true(used == HZ);
    limits_set(&l, 0, HZ, 0, 10, 0);
    assert_int_equal(limits_check(&l, 9999, UINT64_MAX), LIMITS_KEPT);
    assert_int_equal(limits_check(&l, 10000, 10000), LIMITS_CPU);
}

static void steps_are_bounded(void **state)
{
    (void)state;
    /* An eighth, in multiples of the least. */
    assert_int_equal(lend_step(1 * MIB, 64 * MIB, 4096, 256 * KIB, 64 * MIB), 256 * KIB);
    assert_int_equal(lend_step(5 * MIB, 64 * MIB, 4096, 256 * KIB, 64 * MIB), 512 * KIB);
    assert_int_equal(lend_step(30 * MIB, 1024ull * MIB, 4096, 256 * KIB, 512 * MIB), 2 * MIB);
    /* What was asked for, if that is more. */
    assert_int_equal(lend_step(1 * MIB, 64 * MIB, 3 * MIB + 1, 256 * KIB, 64 * MIB),
                     3 * MIB + 4096);
    /* Near the limit a quarter of what is left, down to what was asked for, to the last page. */
    assert_int_equal(lend_step(63 * MIB, 64 * MIB, 4096, 256 * KIB, 64 * MIB), 256 * KIB);
    assert_int_equal(lend_step(64 * MIB - 64 * KIB, 64 * MIB, 4096, 256 * KIB, 64 * MIB), 16 * KIB);
    assert_int_equal(lend_step(64 * MIB - 4096, 64 * MIB, 4096, 256 * KIB, 64 * MIB), 4096);
    assert_int_equal(lend_step(64 * MIB - 4096, 64 * MIB, 8192, 256 * KIB, 64 * MIB), 0);
    assert_int_equal(lend_step(64 * MIB, 64 * MIB, 4096, 256 * KIB, 64 * MIB), 0);
    assert_int_equal(lend_step(65 * MIB, 64 * MIB, 4096, 256 * KIB, 64 * MIB), 0);
    /* What the lender has. */
    assert_int_equal(lend_step(1 * MIB, 64 * MIB, 4096, 256 * KIB, 8192), 8192);
    assert_int_equal(lend_step(1 * MIB, 64 * MIB, 16384, 256 * KIB, 8192), 0);
    assert_int_equal(lend_step(1 * MIB, 64 * MIB, 0, 256 * KIB, 8 * MIB), 0);
    assert_int_equal(lend_step(0, UINT64_MAX, UINT64_MAX / 2, 256 * KIB, 8 * MIB), 0);
}

/* A domain that asks for pages till the end gets its limit exactly. */
static void the_limit_is_exact(void **state)
{
    uint64_t granted = 1 * MIB, limit = 100 * MIB + 12288, step;
    unsigned parts = 0;

    (void)state;
    while ((step = lend_step(granted, limit, 4096, 256 * KIB, 1024ull * MIB)) != 0) {
        granted += step;
        parts++;
        assert_true(step % 4096 == 0 && granted <= limit);
    }
    assert_int_equal(granted, limit);
    assert_true(parts <= LEND_PARTS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_limit_never_ends),          cmocka_unit_test(wall_time_ends),
        cmocka_unit_test(cpu_time_is_looked_at_seldom), cmocka_unit_test(steps_are_bounded),
        cmocka_unit_test(the_limit_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
