/* The device-tree reader: on the tree that QEMU wrote (first argument), on trees made here, and on
 * thousands of damaged ones, which must give a status and nothing else (the sanitizers watch; every
 * blob is an exact allocation). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libfdt.h>

#include <monitor/machine.h>

#define TREE_BYTES (1u << 20)

static struct machine machine;
static void *storage;
static const char *virt_path;
static uint8_t tree[TREE_BYTES];

static void machine_new(void)
{
    struct machine_limits limits = {1024, 256, 256, 64};
    uint64_t bytes = machine_bytes(&limits);
    free(storage);
    storage = malloc(bytes);
    assert_int_equal(machine_init(&machine, &limits, storage, bytes), OK);
}

static enum status read_copy(const void *blob, uint64_t bytes)
{
    machine_new();
    void *copy = malloc(bytes + (bytes == 0));
    memcpy(copy, blob, bytes);
    enum status s = devtree_read(&machine, copy, bytes);
    free(copy);
    return s;
}

static uint32_t virt_load(void)
{
    FILE *f = fopen(virt_path, "rb");
    assert_non_null(f);
    size_t bytes = fread(tree, 1, sizeof tree, f);
    fclose(f);
    assert_true(bytes > 4096);
    /* Without the padding, so that an over-read shows. */
    assert_int_equal(fdt_pack(tree), 0);
    return fdt_totalsize(tree);
}

static const void *blob_map(void *arg, uint64_t pa, uint64_t bytes)
{
    return pa >= 0x40000000u && pa - 0x40000000u + bytes <= TREE_BYTES
               ? (uint8_t *)arg + (pa - 0x40000000u)
               : NULL;
}

static void test_virt(void **state)
{
    (void)state;
    uint32_t bytes = virt_load();
    struct machine_access access = {blob_map, tree};
    machine_new();
    assert_int_equal(machine_read(&machine, &access, 0x40000000u, bytes), OK);
    assert_int_equal(machine.core_count, 130);
    assert_int_equal(machine.node_count, 2);
    assert_int_equal(machine.cores[16].hardware_id, 0x100);
    assert_int_equal(machine.cores[64].node, 0);
    assert_int_equal(machine.cores[65].node, 1);
    assert_int_equal(machine.nodes[1].core_count, 65);
    assert_int_equal(machine.nodes[0].memory_bytes, 256u << 20);
    assert_int_equal(machine_node_of(&machine, 0x50000000u), 1);
    assert_int_equal(machine_distance(&machine, 1, 0), 23);
    assert_int_equal(machine.distributor.base, 0x8000000u);
    assert_int_equal(machine.redistributor_count, 2);
    assert_int_equal(machine.redistributor[0].base, 0x80a0000u);
    assert_int_equal(machine.psci, PSCI_HVC);
    assert_int_equal(machine.uart, UART_PL011);
    assert_int_equal(machine.uart_base, 0x9000000u);
    assert_int_equal(machine.uart_interrupt, 33);
    assert_int_equal(machine.slot_count, 32);
    assert_int_equal(machine.slots[0].base, 0xa000000u);
    assert_int_equal(machine.slots[31].interrupt, 79);
    assert_false(machine.slots[0].level);
    assert_int_equal(machine.ecam.bytes, 256u << 20);
    assert_int_equal(machine.ecam_bus_last, 255);
}

static void node_start(const char *name)
{
    assert_int_equal(fdt_begin_node(tree, name), 0);
}

static void node_end(void)
{
    assert_int_equal(fdt_end_node(tree), 0);
}

static void cells(const char *name, const uint32_t *value, uint32_t count)
{
    uint32_t big[1024];
    for (uint32_t i = 0; i < count; i++)
        big[i] = cpu_to_fdt32(value[i]);
    assert_int_equal(fdt_property(tree, name, big, (int)(count * 4)), 0);
}

#define CELLS(name, ...)                                                                           \
    cells(name, (const uint32_t[]){__VA_ARGS__},                                                   \
          (uint32_t)(sizeof((const uint32_t[]){__VA_ARGS__}) / 4))

struct made {
    uint32_t cores, cores_per_node, nodes;
    const uint32_t *distances;
    uint32_t distance_cells;
    uint32_t memory_reg_cells; /* 4 is right */
};

static uint32_t tree_make(const struct made *w)
{
    char name[32];
    assert_int_equal(fdt_create(tree, sizeof tree), 0);
    assert_int_equal(fdt_finish_reservemap(tree), 0);
    node_start("");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 2);
    for (uint32_t i = 0; i < w->nodes; i++) {
        snprintf(name, sizeof name, "memory@%x00000000", i + 1);
        node_start(name);
        fdt_property_string(tree, "device_type", "memory");
        cells("reg", (const uint32_t[]){i + 1, 0, 0, 0x10000000, 0}, w->memory_reg_cells);
        CELLS("numa-node-id", i * 2);
        node_end();
    }
    node_start("cpus");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 0);
    for (uint32_t i = 0; i < w->cores; i++) {
        snprintf(name, sizeof name, "cpu@%x", i);
        node_start(name);
        fdt_property_string(tree, "device_type", "cpu");
        CELLS("reg", i);
        CELLS("numa-node-id", i / w->cores_per_node * 2);
        node_end();
    }
    node_end();
    if (w->distances != NULL) {
        node_start("distance-map");
        cells("distance-matrix", w->distances, w->distance_cells);
        node_end();
    }
    node_end();
    assert_int_equal(fdt_finish(tree), 0);
    return fdt_totalsize(tree);
}

static void test_large(void **state)
{
    (void)state;
    struct made w = {1024, 4, 256, NULL, 0, 4};
    uint32_t bytes = tree_make(&w);
    assert_int_equal(read_copy(tree, bytes), OK);
    assert_int_equal(machine.core_count, 1024);
    assert_int_equal(machine.node_count, 256);
    assert_int_equal(machine.cores[1023].node, 255);
    assert_int_equal(machine_distance(&machine, 3, 200), 20);
    assert_int_equal(machine.uart, UART_NONE);
    w.cores = 1025;
    w.cores_per_node = 5;
    bytes = tree_make(&w);
    assert_int_equal(read_copy(tree, bytes), E_LIMIT);
}

static enum status distances_try(const uint32_t *list, uint32_t count)
{
    struct made w = {4, 2, 2, list, count, 4};
    uint32_t bytes = tree_make(&w);
    return read_copy(tree, bytes);
}

static void test_distances(void **state)
{
    (void)state;
    static const uint32_t one_way[] = {0, 0, 10, 0, 2, 33, 2, 2, 10};
    assert_int_equal(distances_try(one_way, 9), OK);
    assert_int_equal(machine_distance(&machine, 0, 1), 33);
    assert_int_equal(machine_distance(&machine, 1, 0), 33);
    static const uint32_t both_ways[] = {2, 0, 44, 0, 2, 33};
    assert_int_equal(distances_try(both_ways, 6), OK);
    assert_int_equal(machine_distance(&machine, 0, 1), 33);
    assert_int_equal(machine_distance(&machine, 1, 0), 44);
    assert_int_equal(distances_try(both_ways, 5), E_FORMAT);
    static const uint32_t unknown[] = {0, 1, 20};
    assert_int_equal(distances_try(unknown, 3), E_FORMAT);
    static const uint32_t far[] = {0, 2, 256};
    assert_int_equal(distances_try(far, 3), E_FORMAT);
    static const uint32_t self[] = {0, 0, 20};
    assert_int_equal(distances_try(self, 3), E_FORMAT);
}

static void test_wrong(void **state)
{
    (void)state;
    struct made w = {4, 2, 2, NULL, 0, 3};
    uint32_t bytes = tree_make(&w);
    assert_int_equal(read_copy(tree, bytes), E_FORMAT);
    w.memory_reg_cells = 4;
    w.cores = 0;
    bytes = tree_make(&w);
    assert_int_equal(read_copy(tree, bytes), E_NOT_FOUND);
    w.cores = 4;
    bytes = tree_make(&w);
    for (uint32_t cut = 0; cut < bytes; cut++)
        assert_int_equal(read_copy(tree, cut), E_FORMAT);
    assert_int_equal(read_copy(tree, bytes), OK);
}

static void test_damaged(void **state)
{
    (void)state;
    uint32_t bytes = virt_load();
    uint8_t *good = malloc(bytes);
    memcpy(good, tree, bytes);
    srand(2);
    uint32_t refused = 0;
    for (uint32_t round = 0; round < 3000; round++) {
        for (uint32_t n = 0; n <= round % 4; n++)
            tree[(uint32_t)rand() % bytes] = (uint8_t)rand();
        enum status s = read_copy(tree, bytes);
        assert_true(s < STATUS_COUNT);
        refused += s != OK;
        memcpy(tree, good, bytes);
    }
    assert_true(refused > 100);
    free(good);
}

static int storage_free(void **state)
{
    (void)state;
    free(storage);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_virt),      cmocka_unit_test(test_large),
        cmocka_unit_test(test_distances), cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_damaged),
    };
    if (argc != 2)
        return 2;
    virt_path = argv[1];
    return cmocka_run_group_tests(tests, NULL, storage_free);
}
