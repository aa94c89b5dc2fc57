/* topo_test.c: reading machines: the plain table and back, hwloc's descriptions, the export that the
 * monitor's own printer makes, a boot's log, the known machines; what is refused and how; drawings that
 * are the same every time. */
#include "topo_test.h"

#include <monitor/machine.h>
#include <stdio.h>
#include <stdlib.h>

#include "topo.h"

static const char sparse[] = "skerry-machine 1\n"
                             "name sparse & <odd>\n"
                             "node 7 memory 4G\n"
                             "node 2 memory 64G # the numbers need no order\n"
                             "node 9 memory 0\n"
                             "distances 2  21 10 40\n"
                             "distances 7  10 25 40\n"
                             "cpus 100-101 package 5 node 7 cache 3 core 1\n"
                             "cpus 8-9 package 1 node 2 cache 1 cluster 4\n"
                             "cpus 10-11 package 1 node 2 cache 1 cluster 5 kind 1\n";

static void test_table(void **state)
{
    struct topo t = {0}, again = {0};
    struct text a = {0}, b = {0};

    (void)state;
    assert_true(topo_read_table(&t, "sparse", sparse));
    assert_int_equal(t.cpu_count, 6);
    assert_int_equal(t.cpu[0].id, 8);
    assert_int_equal(t.cpu[5].id, 101);
    assert_int_equal(t.node_count, 3);
    assert_int_equal(t.node[0].id, 2);
    assert_int_equal(t.node[1].memory_bytes, 4ull << 30);
    assert_int_equal(t.cpu[0].group[TOPO_NODE], 0);
    assert_int_equal(t.cpu[4].group[TOPO_NODE], 1);
    /* from 2 to 7; from 7 to 2; said in one direction only; not said at all */
    assert_int_equal(topo_distance(&t, 0, 1), 21);
    assert_int_equal(topo_distance(&t, 1, 0), 25);
    assert_int_equal(topo_distance(&t, 2, 0), 40);
    assert_int_equal(topo_distance(&t, 2, 2), 10);
    assert_int_equal(topo_shared(&t, 4, 5), TOPO_CORE);
    assert_int_equal(topo_shared(&t, 0, 1), TOPO_CLUSTER);
    assert_int_equal(topo_shared(&t, 0, 2), TOPO_CACHE);
    assert_int_equal(topo_shared(&t, 0, 4), TOPO_LEVELS);
    assert_int_equal(t.cpu[2].kind, 1);
    topo_print(&t, &a);
    assert_true(topo_read_table(&again, "again", a.data));
    free(again.source);
    again.source = strdup(t.source);
    topo_print(&again, &b);
    assert_string_equal(a.data, b.data);
    text_free(&a);
    text_free(&b);
    topo_free(&t);
    topo_free(&again);
}

static void test_table_refused(void **state)
{
    static const struct {
        const char *body, *problem;
    } cases[] = {
        {"cpus 0-3 package 0\ncpus 2 package 0\n", "t: cpu 2 is described twice: remove one"},
        {"cpus x\n", "t:2: cpus FIRST[-LAST] KEY NUMBER...: the range is missing or none: x"},
        {"cpus 3-1\n", "t:2: cpus FIRST[-LAST] KEY NUMBER...: the range is missing or none: 3"},
        {"node 1\nnode 1\n", "t:3: node 1 is described twice: remove one"},
        {"node 1 memory lots\n", "t:2: memory is a size such as 512M or 64G, or 0: lots"},
        {"node 0\ncpus 0 node 4\n", "t: cpu 0 is of node 4, which there is not: describe the node"},
        {"node 0\nnode 1\ncpus 0\n", "t: cpu 0 has no node: there are 2, say which"},
        {"node 0\nnode 1\ndistances 0 10\n",
         "t:4: distances needs a number for each node, 10 for the node itself"},
        {"node 0\ndistances 0 0\n",
         "t:3: the distance from node 0 to node 0 is 0: give 1 to 1000000"},
        {"cpus 0 cache\n", "t:2: a number is missing behind: cache"},
        {"cpus 0 socket 1\n",
         "t:2: unknown word; known are package, node, cache, cluster, core, kind: socket"},
        {"cpus 0-1 core 1 cache 1\ncpus 2 core 1 cache 2\n",
         "t: cpus 0 and 2 are in one cluster but not in one cache: correct one of them"},
        {"cpus 0-99999\n", "t:2: more than 4096 cpus: that is the most this program takes"},
        {"core 0\n", "t:2: unknown line; known are name, node, distances, cpus: core"},
        {"", "t: there is no cpu in it"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct topo t = {0};
        char *text = text_format("skerry-machine 1\n%s", cases[i].body);

        assert_false(topo_read_table(&t, "t", text));
        assert_string_equal(t.problem, cases[i].problem);
        free(text);
        topo_free(&t);
    }
}

static void test_synthetic(void **state)
{
    struct topo t = {0}, bad = {0};

    (void)state;
    assert_true(topo_read_synthetic(&t, "package:2 numa:2 l3:2 l2:2 core:2 pu:2"));
    assert_int_equal(t.cpu_count, 64);
    assert_int_equal(t.node_count, 4);
    assert_int_equal(t.group_count[TOPO_PACKAGE], 2);
    assert_int_equal(t.group_count[TOPO_CACHE], 8);
    assert_int_equal(t.group_count[TOPO_CLUSTER], 16);
    assert_int_equal(t.group_count[TOPO_CORE], 32);
    assert_int_equal(topo_shared(&t, 0, 1), TOPO_CORE);
    assert_int_equal(topo_shared(&t, 0, 2), TOPO_CLUSTER);
    assert_int_equal(topo_shared(&t, 0, 4), TOPO_CACHE);
    assert_int_equal(topo_shared(&t, 0, 8), TOPO_NODE);
    assert_int_equal(topo_shared(&t, 0, 16), TOPO_PACKAGE);
    assert_int_equal(topo_shared(&t, 0, 32), TOPO_LEVELS);
    assert_false(topo_read_synthetic(&bad, "package:many"));
    assert_non_null(strstr(bad.problem, "give counts from the outside in"));
    topo_free(&t);
    topo_free(&bad);
}

static void test_xml(void **state)
{
    static const char text[] = "<?xml version=\"1.0\"?><topology><object type=\"Unheard\"/>";
    struct topo t = {0};

    (void)state;
    assert_false(topo_read_xml_text(&t, text, sizeof(text)));
    assert_non_null(strstr(t.problem, "no topology that Debian's hwloc can read"));
    topo_free(&t);
}

static void line_append(void *arg, const char *text)
{
    text_add(arg, "%s\n", text);
}

/* Two nodes, numbered 0 and 5 by the firmware, cores by turns. */
static void machine_fill(struct machine *m, void *memory, uint64_t bytes)
{
    struct machine_limits limits = {8, 2, 4, 1};

    assert_int_equal(machine_init(m, &limits, memory, bytes), OK);
    m->core_count = 8;
    m->node_count = 2;
    m->memory_count = 2;
    m->nodes[1].firmware_id = 5;
    for (uint32_t i = 0; i < 8; i++) {
        m->cores[i].hardware_id = 0x100 * i;
        m->cores[i].node = i & 1;
    }
    m->distances[0] = m->distances[3] = 10;
    m->distances[1] = 17;
    m->distances[2] = 19;
    m->memories[0] = (struct machine_memory){0, 1u << 30, 0};
    m->memories[1] = (struct machine_memory){1u << 30, 1u << 29, 1};
}

static void test_boot(void **state)
{
    static uint64_t memory[4096];
    struct machine m;
    struct text export = {0}, log = {0};

    (void)state;
    machine_fill(&m, memory, sizeof(memory));
    machine_print(&m, line_append, &export);
    m.nodes[0].memory_bytes = 1u << 30;
    m.nodes[1].memory_bytes = 1u << 29;
    text_add(&log, "@boot something else\n");
    machine_table(&m, line_append, &log);
    text_add(&log, "@boot end\n");
    for (int i = 0; i < 2; i++) {
        struct topo t = {0};

        assert_true(topo_read_boot(&t, "boot", i == 0 ? export.data : log.data));
        assert_int_equal(t.cpu_count, 8);
        assert_int_equal(t.node_count, 2);
        assert_int_equal(t.cpu[3].group[TOPO_NODE], 1);
        assert_int_equal(topo_distance(&t, 0, 1), 17);
        assert_int_equal(topo_distance(&t, 1, 0), 19);
        assert_int_equal(t.node[0].memory_bytes, 1u << 30);
        assert_int_equal(t.node[1].memory_bytes, 1u << 29);
        topo_free(&t);
    }
    struct topo cut = {0};

    export.data[strcspn(export.data, "8")] = '9'; /* cores 9 */
    assert_false(topo_read_boot(&cut, "boot", export.data));
    assert_non_null(strstr(cut.problem, "cut short"));
    topo_free(&cut);
    text_free(&export);
    text_free(&log);
}

static void test_machines(void **state)
{
    struct text names = {0}, one = {0}, two = {0};
    char *next, *line;
    unsigned int count = 0;

    (void)state;
    topo_machines_print(&names);
    next = names.data;
    for (; (line = strsep(&next, "\n")) != NULL && line[0] != 0; count++) {
        struct topo t = {0}, same = {0}, other = {0};

        line[strcspn(line, " ")] = 0;
        assert_true(topo_read_machine(&t, line, 1));
        assert_true(topo_read_machine(&same, line, 1));
        assert_true(topo_read_machine(&other, line, 2));
        size_t bytes = sizeof(double) * t.cpu_count * t.cpu_count;

        assert_memory_equal(t.latency_ns, same.latency_ns, bytes);
        assert_memory_not_equal(t.latency_ns, other.latency_ns, bytes);
        topo_svg(&t, NULL, &one);
        topo_svg(&same, NULL, &two);
        assert_string_equal(one.data, two.data);
        text_free(&one);
        text_free(&two);
        topo_free(&t);
        topo_free(&same);
        topo_free(&other);
    }
    assert_true(count >= 9);
    text_free(&names);
}

/* 2 x EPYC 9654: FACTS has 27.1 in a complex, 99.3 in a socket, 191.6 across, each +- 8 %. */
static void test_levels(void **state)
{
    static const double levels[3] = {27.1, 99.3, 191.6};
    struct topo t = {0};

    (void)state;
    assert_true(topo_read_machine(&t, "epyc-9654x2", 7));
    assert_int_equal(t.cpu_count, 192);
    for (uint32_t a = 0; a < 192; a++) {
        for (uint32_t b = 0; b < 192; b++) {
            double ns = topo_latency(&t, a, b);
            double level = levels[a / 8 == b / 8 ? 0 : a / 96 == b / 96 ? 1 : 2];

            assert_true(a == b ? ns <= 0 : ns >= 0.92 * level && ns <= 1.08 * level);
        }
    }
    topo_free(&t);
}

static void test_drawing(void **state)
{
    struct topo t = {0};
    struct text svg = {0}, json = {0};

    (void)state;
    assert_true(topo_read_table(&t, "sparse", sparse));
    topo_svg(&t, NULL, &svg);
    topo_json(&t, &json);
    assert_non_null(strstr(svg.data, ">sparse &amp; &lt;odd&gt;</text>"));
    assert_non_null(strstr(svg.data, "node 9 (0 GiB): no cpus"));
    for (const char *id = "8\0009\00010\00011\000100\000101\0"; *id != 0; id += strlen(id) + 1) {
        char *label = text_format("text-anchor=\"middle\">%s</text>", id);

        assert_non_null(strstr(svg.data, label));
        free(label);
    }
    assert_non_null(strstr(json.data, "{\"id\":101,\"package\":1,\"node\":7,"));
    text_free(&svg);
    text_free(&json);
    topo_free(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),     cmocka_unit_test(test_table_refused),
        cmocka_unit_test(test_synthetic), cmocka_unit_test(test_xml),
        cmocka_unit_test(test_boot),      cmocka_unit_test(test_machines),
        cmocka_unit_test(test_levels),    cmocka_unit_test(test_drawing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) + latency_tests() + place_tests();
}
