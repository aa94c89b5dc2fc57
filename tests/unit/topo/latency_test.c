/* latency_test.c: joining matrices in every shape that measuring tools write, what is refused, classes
 * of batches, contradictions between topology and measurement, and one real measurement. */
#include "topo_test.h"

#include <sched.h>
#include <stdlib.h>

#include "latency.h"
#include "topo.h"

static void four_make(struct topo *t)
{
    assert_true(
        topo_read_table(t, "four", "skerry-machine 1\ncpus 0-1 package 0\ncpus 4-5 package 1\n"));
}

static void test_shapes(void **state)
{
    static const char *const shapes[] = {
        "0,11,12,13\n11,0,14,15\n12,14,0,16\n13,15,16,0\n",
        ",,,\n11,,,\n12,14,,\n13,15,16,\n",
        "\n11\n12,14\n13,15,16\n",
        "# a triangle without its empty row\n11\n12,14\n13,15,16\n\n\n",
        "nan,11,12,13\nnan,nan,14,15\nnan,nan,nan,16\nnan,nan,nan,nan\n",
        "cpu,0,1,4,5\r\n0,,11,12,13\r\n1,11,,14,15\r\n4,12,14,,16\r\n5,13,15,16,\r\n",
        ",0,1,4,5\n0,\n1,11\n4,12,14\n5,13,15,16\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct topo t = {0};
        struct text csv = {0};

        four_make(&t);
        if (!latency_join(&t, "m.csv", shapes[i]))
            fail_msg("shape %zu: %s", i, t.problem);
        latency_print(&t, &csv);
        assert_string_equal(csv.data, ",11.0,12.0,13.0\n11.0,,14.0,15.0\n"
                                      "12.0,14.0,,16.0\n13.0,15.0,16.0,\n");
        text_free(&csv);
        topo_free(&t);
    }
}

static void test_asymmetric(void **state)
{
    struct topo t = {0};

    (void)state;
    four_make(&t);
    assert_true(latency_join(&t, "m.csv", "0,1,2,3\n10,0,4,5\n20,40,0,6\n30,50,60,0\n"));
    assert_true(topo_latency(&t, 0, 3) > 2.9 && topo_latency(&t, 0, 3) < 3.1);
    assert_true(topo_latency(&t, 3, 0) > 29 && topo_latency(&t, 3, 0) < 31);
    topo_free(&t);
}

static void test_refused(void **state)
{
    static const struct {
        const char *csv, *problem;
    } cases[] = {
        {"", "m.csv: 0 rows for a machine of 4 cpus: give a row for each"},
        {"1,2\n1,2\n", "m.csv: 2 rows for a machine of 4 cpus: give a row for each"},
        {"\n11\n12,x\n13,15,16\n", "m.csv:3: column 2 is \"x\": give nanoseconds, or nothing"},
        {"\n11\n12,-1\n13,15,16\n",
         "m.csv:3: column 2 is -1: give nanoseconds above 0, up to 10000000"},
        {"\n11\n12,inf\n13,15,16\n", "m.csv:3: column 2 is \"inf\": give nanoseconds, or nothing"},
        {"\n11\n12\n13,15,16\n", "m.csv: nothing between cpus 4 and 1: measure that pair, too"},
        {"\n11\n12,14\n13,15,16,0,9\n", "m.csv:4: column 5: the machine has only 4 cpus"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct topo t = {0};

        four_make(&t);
        assert_false(latency_join(&t, "m.csv", cases[i].csv));
        assert_string_equal(t.problem, cases[i].problem);
        assert_null(t.latency_ns);
        topo_free(&t);
    }
}

static void test_classes(void **state)
{
    double steady[] = {55, 54, 56, 55, 57, 400};
    double moved[] = {212, 20, 21, 213, 20, 20, 215, 211, 20, 19};
    struct latency_pair p;

    (void)state;
    p = latency_classify(steady, 6);
    assert_int_equal(p.batches, 5);
    assert_int_equal(p.classes, 1);
    assert_true(p.ns > 54.9 && p.ns < 55.1 && p.other_ns <= 0);
    p = latency_classify(moved, 10);
    assert_int_equal(p.batches, 6);
    assert_int_equal(p.classes, 2);
    assert_true(p.ns > 19.9 && p.ns < 20.1);
    assert_true(p.other_ns > 210 && p.other_ns < 214);
}

static void test_contradictions(void **state)
{
    struct topo t = {0};
    struct text say = {0};

    (void)state;
    four_make(&t);
    assert_true(latency_join(&t, "m", "\n30\n100,100\n100,100,30\n"));
    assert_int_equal(latency_contradictions(&t, &say), 0);
    assert_int_equal(say.length, 0);
    /* the far ones are the near ones */
    assert_true(latency_join(&t, "m", "\n100\n30,100\n30,30,100\n"));
    assert_int_equal(latency_contradictions(&t, &say), 1);
    assert_non_null(
        strstr(say.data, "within one cache it takes 100 ns, farther (one node) only 30"));
    text_free(&say);
    /* one cache cannot be so slow */
    assert_true(latency_join(&t, "m", "\n500\n600,600\n600,600,500\n"));
    assert_int_equal(latency_contradictions(&t, &say), 1);
    assert_non_null(strstr(say.data, "do not trust the topology"));
    text_free(&say);
    topo_free(&t);
}

/* Any machine: the figure is not judged, only that there is one for each pair. */
static void test_measure(void **state)
{
    struct topo t = {0}, none = {0};
    struct text say = {0}, table = {0};
    cpu_set_t set;
    int cpus[2], count = 0;

    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
    for (size_t i = 0; i < CPU_SETSIZE && count < 2; i++)
        if (CPU_ISSET(i, &set))
            cpus[count++] = (int)i;
    if (count < 2)
        skip();
    text_add(&table, "skerry-machine 1\ncpus %d\ncpus %d\n", cpus[0], cpus[1]);
    assert_true(topo_read_table(&t, "two", table.data));
    assert_true(latency_measure(&t, &say));
    assert_true(topo_latency(&t, 0, 1) > 1 && topo_latency(&t, 0, 1) < 1e6);
    assert_string_equal(t.latency_source, "measured here");
    text_free(&say);
    /* a cpu that is not here */
    assert_true(topo_read_table(&none, "none", "skerry-machine 1\ncpus 0\ncpus 4000\n"));
    assert_false(latency_measure(&none, &say));
    assert_non_null(strstr(none.problem, "cannot both be used"));
    text_free(&say);
    text_free(&table);
    topo_free(&t);
    topo_free(&none);
}

int latency_tests(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),         cmocka_unit_test(test_asymmetric),
        cmocka_unit_test(test_refused),        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_contradictions), cmocka_unit_test(test_measure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
