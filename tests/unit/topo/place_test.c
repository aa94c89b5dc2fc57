/* place_test.c: plans. Isolation holds, cpu by cpu, on every known machine, for every policy; the
 * least cost is that of all permutations where there are few enough; what cannot fit is refused with
 * changes that do fit; the same inputs make the same plan. */
#include "topo_test.h"

#include <stdio.h>
#include <stdlib.h>

#include "place.h"
#include "topo.h"

static const char tenants[] =
    "format = \"skerry-system 1\"; policy = \"%s\"; partitions = (\n"
    "{ name = \"a\"; cores = 9; alone = \"cache\"; domains = ( { name = \"d\"; count = 9; } );\n"
    "  channels = ( { from = \"d\"; to = \"d\"; traffic = 3; } ); },\n"
    "{ name = \"b\"; cores = 5; memory = \"3G\"; domains = ( { name = \"d\"; count = 3; } ); },\n"
    "{ name = \"c\"; cores = 3; alone = \"cluster\"; domains = ( { name = \"d\"; } ); },\n"
    "{ name = \"e\"; cores = 2; memory = \"1G\"; } );\n"
    "channels = ( { from = \"a.d.0\"; to = \"b.d\"; traffic = 5; } );\n";

static struct place *plan_make(const struct topo *t, struct settings *s, const char *text,
                               bool *good)
{
    struct place *p = calloc(1, sizeof(*p));

    assert_non_null(p);
    p->t = t;
    p->seed = 1;
    *good = settings_open_text(s, "m", text, strlen(text), PLACE_FORMAT) && place_read(p, s) &&
            place_partitions(p, s);
    if (*good)
        place_domains(p);
    return p;
}

static void plan_free(struct place *p, struct settings *s)
{
    place_free(p);
    settings_close(s);
    free(p);
}

static void isolation_check(const struct place *p)
{
    int *who = calloc(p->t->cpu_count, sizeof(*who));

    assert_non_null(who);
    memset(who, 0xff, p->t->cpu_count * sizeof(*who));
    for (uint32_t i = 0; i < p->partition_count; i++) {
        for (uint32_t k = 0; k < p->partition[i].cores; k++) {
            assert_int_equal(who[p->partition[i].cpu[k]], -1);
            who[p->partition[i].cpu[k]] = (int)i;
        }
    }
    for (uint32_t a = 0; a < p->t->cpu_count; a++) {
        for (uint32_t b = 0; b < p->t->cpu_count && who[a] >= 0; b++) {
            enum topo_level l = p->partition[who[a]].alone;

            if (p->t->cpu[a].group[l] == p->t->cpu[b].group[l])
                assert_true(who[b] < 0 || who[b] == who[a]);
        }
    }
    for (uint32_t d = 0; d < p->domain_count; d++) {
        assert_int_equal(who[p->domain[d].cpu], p->domain[d].partition);
        who[p->domain[d].cpu] = -1; /* nobody else's */
    }
    free(who);
}

static void test_isolation(void **state)
{
    static const char *const machines[] = {"epyc-9654x2", "epyc-9654x2-24", "epyc-7742x2",
                                           "epyc-9754", "kunpeng-920x2"};
    static const char *const policies[] = {"closest", "pack", "spread"};

    (void)state;
    for (unsigned int i = 0; i < 15; i++) {
        struct topo t = {0};
        struct settings s;
        struct text one = {0}, two = {0};
        bool good;
        char text[2048];

        snprintf(text, sizeof(text), tenants, policies[i % 3]);
        assert_true(topo_read_machine(&t, machines[i / 3], 1));
        struct place *p = plan_make(&t, &s, text, &good);

        settings_print(&s);
        assert_true(good);
        isolation_check(p);
        assert_true(p->cost <= p->compact_cost && p->cost <= p->scatter_cost);
        uint64_t had = 0;

        for (uint32_t n = 0; n < t.node_count; n++)
            had += p->partition[1].node_bytes[n];
        assert_int_equal(had, 3ull << 30);
        place_print(p, &one);
        plan_free(p, &s);
        p = plan_make(&t, &s, text, &good);
        place_print(p, &two);
        assert_string_equal(one.data, two.data);
        plan_free(p, &s);
        text_free(&one);
        text_free(&two);
        topo_free(&t);
    }
}

static double exhaustive(const struct place *p, uint32_t *cpu_of, uint32_t from)
{
    double best;

    if (from == p->domain_count)
        return place_cost(p, cpu_of);
    best = exhaustive(p, cpu_of, from + 1);
    for (uint32_t i = from + 1; i < p->domain_count; i++) {
        uint32_t swap = cpu_of[from];

        cpu_of[from] = cpu_of[i];
        cpu_of[i] = swap;
        double cost = exhaustive(p, cpu_of, from + 1);

        best = cost < best ? cost : best;
        cpu_of[i] = cpu_of[from];
        cpu_of[from] = swap;
    }
    return best;
}

/* 7 domains with traffic from a seed, on 7 cpus of machines of several shapes. */
static void test_optimal(void **state)
{
    static const char *const machines[] = {"graviton3", "epyc-7742x2", "altra-q80-30"};

    (void)state;
    for (unsigned int seed = 0; seed < 12; seed++) {
        struct topo t = {0};
        struct settings s;
        struct text text = {0};
        bool good;
        uint32_t x = seed + 1, cpu_of[7];

        text_add(&text, "format = \"skerry-system 1\"; partitions = ( { name = \"p\"; cores = 7; "
                        "domains = ( { name = \"d\"; count = 7; } ); channels = (");
        for (unsigned int a = 0, some = 0; a < 7; a++) {
            for (unsigned int b = 0; b < 7; b++) {
                x = x * 1664525 + 1013904223;
                if (a != b && x >> 30 != 0)
                    text_add(&text, "%s { from = \"d.%u\"; to = \"d.%u\"; traffic = %u; }",
                             some++ > 0 ? "," : "", a, b, 1 + (x >> 24 & 63));
            }
        }
        text_add(&text, " ); } );\n");
        assert_true(topo_read_machine(&t, machines[seed % 3], seed));
        struct place *p = plan_make(&t, &s, text.data, &good);

        assert_true(good);
        for (uint32_t d = 0; d < 7; d++)
            cpu_of[d] = p->domain[d].cpu;
        assert_true(place_cost(p, cpu_of) <= p->cost + 0.001);
        assert_true(p->cost <= 1.01 * exhaustive(p, cpu_of, 0));
        plan_free(p, &s);
        text_free(&text);
        topo_free(&t);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *body, *problem;
    } cases[] = {
        {"{ name = \"a\"; cores = 20; alone = \"node\"; }, { name = \"b\"; cores = 1; }",
         "m:2: partitions[1]: 1 cores alone in their core cannot be had; no change of this "
         "partition "
         "alone makes all fit: give others fewer cores"},
        {"{ name = \"a\"; cores = 16; }, { name = \"b\"; cores = 9; }, { name = \"c\"; cores = 8; "
         "}",
         "m:2: partitions[2]: 8 cores alone in their core cannot be had; all fits with cores = 7"},
        {"{ name = \"a\"; cores = 6; alone = \"node\"; }, { name = \"b\"; cores = 18; alone = "
         "\"node\"; }",
         "m:2: partitions[0]: 6 cores alone in their node cannot be had; no change"},
        {"{ name = \"a\"; cores = 2; memory = \"64G\"; }",
         "m:2: partitions[0].memory: only 32768M are left to it; give memory = \"32768M\""},
        {"{ name = \"a\"; cores = 1; }, { name = \"a\"; cores = 1; }",
         "m:2: partitions[1].name: \"a\" is there already: choose another"},
        {"{ name = \"a\"; }",
         "m:2: partitions[0]: says neither cores nor domains: give cores = 4, say"},
        {"{ name = \"a\"; cores = 1; alone = \"rack\"; }",
         "m:2: partitions[0].alone: \"rack\": give core, cluster, cache, node or package"},
        {"{ name = \"a\"; cores = 1; domains = ( { name = \"d\"; count = 2; } ); }",
         "m:2: partitions[0].cores: 1 cores for 2 domains: give 2"},
        {"{ name = \"a\"; domains = ( { name = \"d\"; } ); channels = ( { from = \"d\"; to = "
         "\"x\"; "
         "} ); }",
         "m:2: partitions[0].channels[0].to: no domain is called \"x\"; name one of this "
         "partition"},
        {"5", "m:2: partitions[0]: must be a group; write { ... }"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct topo t = {0};
        struct settings s;
        bool good;
        char *text =
            text_format("format = \"skerry-system 1\";\npartitions = ( %s );\n", cases[i].body);

        assert_true(topo_read_machine(&t, "xeon-6242x2", 1));
        struct place *p = plan_make(&t, &s, text, &good);

        assert_false(good);
        assert_true(s.problems.count > 0);
        if (strncmp(s.problems.item[0], cases[i].problem, strlen(cases[i].problem)) != 0)
            fail_msg("case %zu: %s", i, s.problems.item[0]);
        plan_free(p, &s);
        free(text);
        topo_free(&t);
    }
}

int place_tests(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_isolation),
                                              cmocka_unit_test(test_optimal),
                                              cmocka_unit_test(test_refused)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
