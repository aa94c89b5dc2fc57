/* The ACPI reader: what it finds in right tables, that it refuses wrong ones by a status, and that
 * no truncated or corrupted byte makes it read outside what it asked for (the sanitizers watch). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <monitor/machine.h>

#include "acpi_build.h"

static struct firmware firmware;
static struct machine machine;
static void *storage;

static enum status read_with(uint64_t rsdp, struct machine_limits limits)
{
    uint64_t bytes = machine_bytes(&limits);
    struct machine_access access = {firmware_map, &firmware};
    free(storage);
    storage = malloc(bytes);
    assert_int_equal(machine_init(&machine, &limits, storage, bytes), OK);
    enum status s = machine_read(&machine, &access, rsdp, 0);
    firmware_unmap(&firmware);
    return s;
}

static enum status read_all(uint64_t rsdp)
{
    return read_with(rsdp, MACHINE_LIMITS_DEFAULT);
}

/* Four cores (one listed twice, one disabled besides), domains 0 and 3, a SLIT of four with
 * distinct distances. */
static uint64_t small_machine(uint32_t revision)
{
    static const uint8_t matrix[16] = {10, 11, 12, 31, 14, 10, 16, 17,
                                       18, 19, 10, 21, 33, 23, 24, 10};
    firmware_start(&firmware);
    table_start(&firmware, "FACP");
    table_end(&firmware);
    madt_start(&firmware);
    madt_core(&firmware, 0, 0, true);
    madt_core(&firmware, 2, 1, true);
    madt_core(&firmware, 4, 2, false);
    put(&firmware, 0x0c01, 2); /* I/O APIC */
    put(&firmware, 0, 2);
    put(&firmware, 0xfec00000u, 4);
    put(&firmware, 0, 4);
    madt_core_x2(&firmware, 2, 1, true);
    madt_core_x2(&firmware, 300, 3, true);
    madt_core_x2(&firmware, 301, 4, true);
    table_end(&firmware);
    srat_start(&firmware);
    srat_core(&firmware, 0, 3);
    srat_core(&firmware, 2, 0);
    srat_core(&firmware, 4, 0);
    srat_core_x2(&firmware, 300, 0);
    srat_core_x2(&firmware, 301, 3);
    srat_memory(&firmware, 0x100000000u, 0x40000000u, 3, 1);
    srat_memory(&firmware, 0, 0xa0000, 0, 1);
    srat_memory(&firmware, 0x100000, 0x7ff00000u, 0, 1);
    srat_memory(&firmware, 0x4000000000u, 0x1000000, 9, 0);
    table_end(&firmware);
    slit_add(&firmware, 4, matrix);
    mcfg_add(&firmware, 0xb0000000u, 2, 255);
    return firmware_end(&firmware, revision);
}

static void test_small(void **state)
{
    (void)state;
    for (uint32_t revision = 0; revision <= 2; revision += 2) {
        assert_int_equal(read_all(small_machine(revision)), OK);
        assert_int_equal(machine.core_count, 4);
        assert_int_equal(machine.node_count, 2);
        assert_int_equal(machine.nodes[1].firmware_id, 3);
        assert_int_equal(machine.cores[0].node, 1);
        assert_int_equal(machine.cores[1].node, 0);
        assert_int_equal(machine.cores[2].hardware_id, 300);
        assert_int_equal(machine.cores[3].node, 1);
        assert_int_equal(machine_distance(&machine, 0, 1), 31);
        assert_int_equal(machine_distance(&machine, 1, 0), 33);
        assert_int_equal(machine_distance(&machine, 1, 1), 10);
        assert_int_equal(machine.memory_count, 3);
        assert_int_equal(machine_node_of(&machine, 0x100000000u), 1);
        assert_int_equal(machine_node_of(&machine, 0x7fffffff), 0);
        assert_int_equal(machine.nodes[1].memory_bytes, 0x40000000u);
        assert_int_equal(machine.ecam.base, 0xb0200000u);
        assert_int_equal(machine.ecam.bytes, 254u << 20);
        assert_int_equal(machine.local_apic.base, 0xfee00000u);
        assert_int_equal(machine.io_apic.base, 0xfec00000u);
        assert_int_equal(machine_boot_core_set(&machine, 300), OK);
        assert_int_equal(machine.cores[0].hardware_id, 300);
        assert_int_equal(machine.cores[1].hardware_id, 0);
        assert_int_equal(machine.cores[3].hardware_id, 301);
        assert_int_equal(machine_boot_core_set(&machine, 4), E_NOT_FOUND);
    }
}

static void line_append(void *arg, const char *text)
{
    strcat(arg, text);
    strcat(arg, "\n");
}

static void test_print(void **state)
{
    (void)state;
    static char got[8192];
    got[0] = 0;
    assert_int_equal(read_all(small_machine(2)), OK);
    machine_print(&machine, line_append, got);
    assert_string_equal(got, "skerry-topology 1\n"
                             "cores 4\n"
                             "core 0 node 1 hardware 0x0\n"
                             "core 1 node 0 hardware 0x2\n"
                             "core 2 node 0 hardware 0x12c\n"
                             "core 3 node 1 hardware 0x12d\n"
                             "nodes 2\n"
                             "node 0 firmware 0\n"
                             "node 1 firmware 3\n"
                             "distances 0 10 31\n"
                             "distances 1 33 10\n"
                             "memory 0x0 bytes 0xa0000 node 0\n"
                             "memory 0x100000 bytes 0x7ff00000 node 0\n"
                             "memory 0x100000000 bytes 0x40000000 node 1\n"
                             "local-apic 0xfee00000 bytes 0x1000\n"
                             "io-apic 0xfec00000 bytes 0x1000\n"
                             "uart ns16550 port 0x3f8 interrupt 4\n"
                             "ecam 0xb0200000 bytes 0xfe00000\n");
    got[0] = 0;
    machine_table(&machine, line_append, got);
    assert_string_equal(got, "node  cores           memory       distances\n"
                             "0     1-2             2047 MiB     10 31\n"
                             "1     0,3             1024 MiB     33 10\n");
}

/* 1,024 cores on 256 nodes: more than any table of fixed size would hold. */
static uint64_t large_machine(void)
{
    static uint8_t matrix[256 * 256];
    firmware_start(&firmware);
    madt_start(&firmware);
    for (uint32_t i = 0; i < 1024; i++)
        madt_core_x2(&firmware, i * 2, i, true);
    table_end(&firmware);
    srat_start(&firmware);
    for (uint32_t i = 0; i < 1024; i++)
        srat_core_x2(&firmware, i * 2, i / 4);
    for (uint32_t i = 0; i < 256; i++)
        srat_memory(&firmware, (uint64_t)i << 32, 1ull << 32, i, 1);
    table_end(&firmware);
    for (uint32_t i = 0; i < 256 * 256; i++)
        matrix[i] = i % 257 == 0 ? 10 : (uint8_t)(20 + i % 230);
    slit_add(&firmware, 256, matrix);
    return firmware_end(&firmware, 2);
}

static void test_large(void **state)
{
    (void)state;
    uint64_t rsdp = large_machine();
    struct machine_limits limits = {1024, 256, 256, 1};
    assert_int_equal(read_with(rsdp, limits), OK);
    assert_int_equal(machine.core_count, 1024);
    assert_int_equal(machine.node_count, 256);
    assert_int_equal(machine.cores[1023].node, 255);
    assert_int_equal(machine_distance(&machine, 255, 3), 20 + (255 * 256 + 3) % 230);
    static char got[1u << 20];
    got[0] = 0;
    machine_print(&machine, line_append, got);
    assert_non_null(strstr(got, "\ncore 1023 node 255 hardware 0x7fe\n"));
    struct machine_limits tight = limits;
    tight.cores = 1023;
    assert_int_equal(read_with(rsdp, tight), E_LIMIT);
    tight = limits;
    tight.nodes = 255;
    assert_int_equal(read_with(rsdp, tight), E_LIMIT);
    tight = limits;
    tight.memories = 255;
    assert_int_equal(read_with(rsdp, tight), E_LIMIT);
}

/* Without SRAT and SLIT: one node that has all. Without MADT: nothing to go on. */
static void test_bare(void **state)
{
    (void)state;
    firmware_start(&firmware);
    madt_start(&firmware);
    madt_core(&firmware, 7, 0, true);
    table_end(&firmware);
    assert_int_equal(read_all(firmware_end(&firmware, 0)), OK);
    assert_int_equal(machine.node_count, 1);
    assert_int_equal(machine.nodes[0].core_count, 1);
    assert_int_equal(machine_distance(&machine, 0, 0), 10);
    assert_int_equal(machine_node_of(&machine, 0x1234), 0);
    firmware_start(&firmware);
    mcfg_add(&firmware, 0, 0, 1);
    assert_int_equal(read_all(firmware_end(&firmware, 2)), E_NOT_FOUND);
    firmware_start(&firmware);
    madt_start(&firmware);
    table_end(&firmware);
    assert_int_equal(read_all(firmware_end(&firmware, 2)), E_NOT_FOUND);
    assert_int_equal(read_all(0), E_NOT_FOUND);
    assert_int_equal(read_all(12), E_NOT_FOUND);
}

static void wrong_slit(uint32_t count, uint32_t claimed, uint8_t diagonal, enum status expected)
{
    firmware_start(&firmware);
    madt_start(&firmware);
    madt_core(&firmware, 0, 0, true);
    table_end(&firmware);
    srat_start(&firmware);
    srat_core(&firmware, 0, 2);
    table_end(&firmware);
    table_start(&firmware, "SLIT");
    put(&firmware, claimed, 8);
    for (uint32_t i = 0; i < count * count; i++)
        put(&firmware, diagonal, 1);
    table_end(&firmware);
    assert_int_equal(read_all(firmware_end(&firmware, 2)), expected);
}

static void test_wrong(void **state)
{
    (void)state;
    wrong_slit(3, 3, 10, OK);
    wrong_slit(2, 2, 10, E_FORMAT); /* the node is outside the matrix */
    wrong_slit(3, 4, 10, E_FORMAT); /* the matrix is outside the table */
    wrong_slit(3, 0, 10, E_FORMAT);
    wrong_slit(3, 0xffffffffu, 10, E_FORMAT);
    wrong_slit(3, 3, 9, E_FORMAT);  /* nearer than itself */
    wrong_slit(3, 3, 11, E_FORMAT); /* far from itself */
    firmware_start(&firmware);
    madt_start(&firmware);
    madt_core(&firmware, 0, 0, true);
    table_end(&firmware);
    srat_start(&firmware);
    srat_memory(&firmware, 0, 0x2000, 0, 1);
    srat_memory(&firmware, 0x1000, 0x2000, 0, 1); /* overlap */
    table_end(&firmware);
    assert_int_equal(read_all(firmware_end(&firmware, 2)), E_FORMAT);
    firmware_start(&firmware);
    madt_start(&firmware);
    madt_core(&firmware, 0, 0, true);
    table_end(&firmware);
    srat_start(&firmware);
    srat_memory(&firmware, UINT64_MAX - 0xfff, 0x2000, 0, 1); /* past the end of all memory */
    table_end(&firmware);
    assert_int_equal(read_all(firmware_end(&firmware, 2)), E_FORMAT);
}

/* Entries of length 0 and 1, and one that ends behind its table. */
static void test_entry_lengths(void **state)
{
    (void)state;
    static const uint8_t lengths[] = {0, 1, 7, 9, 255};
    for (uint32_t i = 0; i < sizeof lengths; i++) {
        firmware_start(&firmware);
        madt_start(&firmware);
        madt_core(&firmware, 0, 0, true);
        firmware.bytes[firmware.used - 7] = lengths[i];
        table_end(&firmware);
        assert_int_equal(read_all(firmware_end(&firmware, 2)), E_FORMAT);
    }
}

/* Every single byte changed: refused by its checksum, or in a table that we do not read. With the
 * checksum made good again the answer is free, but it must come. */
static void test_corrupt(void **state)
{
    (void)state;
    static uint8_t good[FIRMWARE_BYTES];
    uint64_t rsdp = small_machine(2);
    uint32_t used = firmware.used, refused = 0;
    memcpy(good, firmware.bytes, used);
    for (uint32_t at = 0; at < used; at++) {
        firmware.bytes[at] ^= 0x81;
        refused += read_all(rsdp) != OK;
        memcpy(firmware.bytes, good, used);
    }
    assert_true(refused > used / 2);
    srand(1);
    for (uint32_t round = 0; round < 20000; round++) {
        for (uint32_t n = 0; n <= round % 4; n++)
            firmware.bytes[(uint32_t)rand() % used] = (uint8_t)rand();
        for (uint32_t i = 0; i < firmware.listed_count; i++) {
            uint8_t *t = firmware.bytes + (firmware.listed[i] - FIRMWARE_BASE);
            uint32_t bytes;
            memcpy(&bytes, t + 4, 4);
            if (bytes >= 36 && bytes < used)
                checksum_fix(t, bytes, 9);
        }
        enum status s = read_all(rsdp);
        assert_true(s < STATUS_COUNT);
        memcpy(firmware.bytes, good, used);
    }
}

static void test_truncated(void **state)
{
    (void)state;
    uint64_t rsdp = small_machine(2);
    for (uint32_t used = firmware.used; used-- > 0;) {
        firmware.used = used;
        assert_int_not_equal(read_all(rsdp), OK);
    }
}

static void test_storage(void **state)
{
    (void)state;
    struct machine_limits limits = {4, 2, 2, 2};
    uint64_t memory[64];
    assert_true(machine_bytes(&limits) <= sizeof memory);
    assert_int_equal(machine_init(&machine, &limits, memory, machine_bytes(&limits) - 1),
                     E_NO_MEMORY);
    assert_int_equal(machine_init(&machine, &limits, (char *)memory + 1, sizeof memory - 1),
                     E_ARGUMENT);
    limits.cores = 0;
    assert_int_equal(machine_init(&machine, &limits, memory, sizeof memory), E_ARGUMENT);
    limits.cores = 65537;
    assert_int_equal(machine_init(&machine, &limits, memory, sizeof memory), E_ARGUMENT);
}

static int storage_free(void **state)
{
    (void)state;
    free(storage);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),   cmocka_unit_test(test_print),
        cmocka_unit_test(test_large),   cmocka_unit_test(test_bare),
        cmocka_unit_test(test_wrong),   cmocka_unit_test(test_entry_lengths),
        cmocka_unit_test(test_corrupt), cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_storage),
    };
    return cmocka_run_group_tests(tests, NULL, storage_free);
}
