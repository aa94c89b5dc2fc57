/* Address spaces: mapping, protecting, and the ends of mappings and tables, with a TLB that keeps
 * what it may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cap/internal.h"
#include "machine.h"
#include "space/table.h"

#define ZONE_RAM (BOOT_SLOT + ROOT_ZONE_RAM)
#define RAM (BOOT_SLOT + ROOT_RAM)
#define DEVICE (BOOT_SLOT + ROOT_DEVICE)
/* From here on: tables of level 4..1 and a second one of level 1, then the MAPPINGs of 3..1, a
 * frame, a dispatcher. */
#define TABLE (BOOT_SLOT + 16)
#define ENTERED (TABLE + 8)
#define FRAME (TABLE + 16)
#define DISPATCHER (TABLE + 17)
#define FREE (TABLE + 32)

static struct cap_db *const db = &machine.db;

static void retype(uint32_t source, uint64_t offset, enum cap_type type, uint64_t bytes,
                   uint32_t destination)
{
    struct retype_args a = {.source = source,
                            .destination = destination,
                            .offset = offset,
                            .bytes = bytes,
                            .count = 1,
                            .type = (uint8_t)type};

    assert_int_equal(cap_retype(db, &a), OK);
}

static int start(void **state)
{
    (void)state;
    machine_reset(1);
    machine_enter_roots();
    for (uint32_t i = 0; i < 5; i++)
        retype(ZONE_RAM, i * 8192, i < 4 ? (enum cap_type)(CAP_PAGE_TABLE_4 + i) : CAP_PAGE_TABLE_1,
               0, TABLE + i);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(space_table_map(db, TABLE + i, TABLE + i + 1, ENTERED + i, 5), OK);
    retype(RAM, 0, CAP_FRAME, 4u << 20, FRAME);
    retype(ZONE_RAM, 65536, CAP_DISPATCHER, 0, DISPATCHER);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    assert_null(cap_db_check(db));
    assert_null(tlb_check());
    return 0;
}

static enum status map(uint32_t table, uint32_t frame, uint32_t destination, uint32_t index,
                       uint32_t count, uint64_t offset, unsigned flags)
{
    struct frame_map_args a = {table, frame, destination, index, count, offset, flags};

    return space_frame_map(db, &a);
}

static uint64_t entry(uint32_t table, uint32_t index)
{
    return table_entries(db, machine.zone[table].base)[index];
}

static void test_map(void **state)
{
    (void)state;
    assert_int_equal(map(TABLE + 3, FRAME, FREE, 10, 4, 8192, MAP_READ | MAP_WRITE), OK);
    assert_int_equal(entry(TABLE + 3, 12), arch_entry_page(RAM_BASE + 16384, 1, 3, false));
    assert_int_equal(entry(TABLE + 3, 14), 0);
    assert_int_equal(machine.zone[FREE].base, RAM_BASE + 8192);
    assert_int_equal(machine.zone[FREE].bytes, 16384);
    assert_int_equal(map(TABLE + 2, FRAME, FREE + 1, 6, 1, 2u << 20, MAP_READ), OK);
    assert_int_equal(entry(TABLE + 2, 6), arch_entry_page(RAM_BASE + (2u << 20), 2, 1, false));
    assert_int_equal(map(TABLE + 3, DEVICE, FREE + 2, 0, 2, 0, MAP_READ | MAP_UNCACHED), OK);
    assert_int_equal(space_dispatcher_map(db, DISPATCHER, TABLE + 3, FREE + 3, 511), OK);
    assert_int_equal(entry(TABLE + 3, 511),
                     arch_entry_page(machine.zone[DISPATCHER].base + 4096, 1, 3, false));
    /* the second table of level 1, in two places */
    assert_int_equal(space_table_map(db, TABLE + 2, TABLE + 4, FREE + 4, 7), OK);
    assert_int_equal(space_table_map(db, TABLE + 2, TABLE + 4, FREE + 5, 8), OK);
}

static void test_map_errors(void **state)
{
    (void)state;
    const uint32_t t = TABLE + 3;

    assert_int_equal(map(FREE, FRAME, FREE, 0, 1, 0, MAP_READ), E_NO_CAP);
    assert_int_equal(map(t, FREE, FREE, 0, 1, 0, MAP_READ), E_NO_CAP);
    assert_int_equal(map(TABLE + 1, FRAME, FREE, 0, 1, 0, MAP_READ), E_TYPE);
    assert_int_equal(map(RAM, FRAME, FREE, 0, 1, 0, MAP_READ), E_TYPE);
    assert_int_equal(map(t, RAM, FREE, 0, 1, 0, MAP_READ), E_TYPE);
    assert_int_equal(map(t, FRAME, FREE, 0, 1, 0, MAP_WRITE), E_ARGUMENT);
    assert_int_equal(map(t, FRAME, FREE, 0, 1, 0, 16), E_ARGUMENT);
    assert_int_equal(map(t, FRAME, FREE, 0, 1, 0, 7), E_RIGHTS);
    assert_int_equal(map(t, FRAME, FREE, 0, 1, 0, MAP_READ | MAP_UNCACHED), E_UNSUPPORTED);
    assert_int_equal(map(t, FRAME, FREE, 0, 0, 0, MAP_READ), E_ARGUMENT);
    assert_int_equal(map(t, FRAME, FREE, 511, 2, 0, MAP_READ), E_ARGUMENT);
    assert_int_equal(map(t, FRAME, FREE, 512, 1, 0, MAP_READ), E_ARGUMENT);
    assert_int_equal(map(t, FRAME, FREE, 0, 2, (4u << 20) - 4096, MAP_READ), E_RANGE);
    assert_int_equal(map(t, FRAME, FREE, 0, 1, 64, MAP_READ), E_ALIGN);
    assert_int_equal(map(TABLE + 2, FRAME, FREE, 0, 1, 4096, MAP_READ), E_ALIGN);
    assert_int_equal(map(t, FRAME, RAM, 0, 1, 0, MAP_READ), E_SLOT_USED);
    assert_int_equal(map(t, FRAME, FREE, 0, 2, 0, MAP_READ), OK);
    assert_int_equal(map(t, FRAME, FREE + 1, 1, 1, 0, MAP_READ), E_MAPPED);
    assert_int_equal(cap_mint(db, FRAME, FREE + 1, RIGHT_READ, 0, 0, 0), OK);
    assert_int_equal(map(t, FREE + 1, FREE + 2, 3, 1, 0, MAP_READ | MAP_WRITE), E_RIGHTS);
    assert_int_equal(cap_mint(db, t, FREE + 3, RIGHT_READ, 0, 0, 0), OK);
    assert_int_equal(map(FREE + 3, FRAME, FREE + 2, 3, 1, 0, MAP_READ), E_RIGHTS);
    assert_int_equal(space_table_map(db, TABLE, TABLE + 2, FREE + 2, 9), E_TYPE);
    assert_int_equal(space_table_map(db, TABLE, TABLE + 1, FREE + 2, ROOT_LIMIT), E_ARGUMENT);
    assert_int_equal(space_table_map(db, TABLE, TABLE + 1, FREE + 2, 5), E_MAPPED);
    assert_int_equal(space_dispatcher_map(db, FRAME, t, FREE + 2, 9), E_TYPE);
    assert_int_equal(space_dispatcher_map(db, DISPATCHER, TABLE + 2, FREE + 2, 9), E_TYPE);
    /* an entry that boot code wrote by hand is in use too */
    table_entries(db, machine.zone[t].base)[20] = 1;
    assert_int_equal(map(t, FRAME, FREE + 2, 20, 1, 0, MAP_READ), E_MAPPED);
    table_entries(db, machine.zone[t].base)[20] = 0;
}

static void test_protect(void **state)
{
    (void)state;
    assert_int_equal(cap_mint(db, FRAME, FREE, RIGHT_READ | RIGHT_WRITE, 0, 0, 0), OK);
    assert_int_equal(map(TABLE + 3, FREE, FREE + 1, 0, 3, 0, MAP_READ | MAP_WRITE), OK);
    tlb_fill();
    assert_int_equal(space_mapping_protect(db, FREE + 1, MAP_READ), OK);
    assert_null(tlb_check());
    assert_int_equal(space_mapping_protect(db, FREE + 1, MAP_READ | MAP_EXECUTE), E_RIGHTS);
    assert_int_equal(space_mapping_protect(db, FREE + 1, 0), OK);
    assert_int_equal(entry(TABLE + 3, 1), 0);
    assert_null(tlb_check());
    assert_int_equal(map(TABLE + 3, FREE, FREE + 2, 1, 1, 0, MAP_READ), E_MAPPED);
    assert_int_equal(space_mapping_protect(db, FREE + 1, MAP_READ | MAP_WRITE), OK);
    assert_int_equal(entry(TABLE + 3, 2), arch_entry_page(RAM_BASE + 8192, 1, 3, false));
    assert_int_equal(space_mapping_protect(db, ENTERED, MAP_READ), E_TYPE);
    assert_int_equal(space_mapping_protect(db, FRAME, MAP_READ), E_TYPE);
    assert_int_equal(space_mapping_protect(db, FREE + 9, MAP_READ), E_NO_CAP);
}

/* Whatever ends a mapping, no translation is left: delete, revoke of the frame, end of a table,
 * moved or not. */
static void test_ends(void **state)
{
    (void)state;
    assert_int_equal(map(TABLE + 3, FRAME, FREE, 0, 1, 0, MAP_READ), OK);
    assert_int_equal(map(TABLE + 3, FRAME, FREE + 1, 1, 2, 0, MAP_READ), OK);
    assert_int_equal(map(TABLE + 3, FRAME, FREE + 2, 3, 2, 4096, MAP_READ), OK);
    assert_int_equal(space_dispatcher_map(db, DISPATCHER, TABLE + 3, FREE + 3, 511), OK);
    tlb_fill();
    assert_int_equal(cap_delete(db, FREE), OK);
    assert_int_equal(entry(TABLE + 3, 0), 0);
    assert_null(tlb_check());
    assert_int_equal(cap_move(db, FREE + 1, FREE + 10), OK);
    tlb_fill();
    assert_int_equal(cap_delete(db, FREE + 10), OK);
    assert_int_equal(entry(TABLE + 3, 2), 0);
    assert_null(tlb_check());
    tlb_fill();
    assert_int_equal(cap_revoke(db, FRAME, 0), OK);
    assert_int_equal(machine.zone[FREE + 2].type, CAP_NULL);
    assert_int_equal(entry(TABLE + 3, 3), 0);
    assert_null(tlb_check());
    tlb_fill();
    assert_int_equal(cap_delete(db, DISPATCHER), OK);
    assert_int_equal(machine.zone[FREE + 3].type, CAP_NULL);
    assert_null(tlb_check());
}

static void test_table_ends(void **state)
{
    (void)state;
    assert_int_equal(map(TABLE + 3, FRAME, FREE, 0, 512, 0, MAP_READ), OK);
    assert_int_equal(space_table_map(db, TABLE + 2, TABLE + 4, FREE + 1, 7), OK);
    assert_int_equal(map(TABLE + 4, FRAME, FREE + 2, 3, 1, 0, MAP_READ), OK);
    tlb_fill();
    machine.preempt_one_in = 1;
    while (cap_delete(db, TABLE + 3) == E_AGAIN)
        assert_null(cap_db_check(db));
    assert_int_equal(machine.zone[FREE].type, CAP_NULL);
    assert_int_equal(machine.zone[ENTERED + 2].type, CAP_NULL);
    assert_int_equal(entry(TABLE + 2, 5), 0);
    assert_null(tlb_check());
    tlb_fill();
    /* the root: the lower tables stay, entered nowhere */
    while (cap_delete(db, TABLE) == E_AGAIN)
        assert_null(cap_db_check(db));
    assert_null(tlb_check());
    assert_int_equal(machine.zone[TABLE + 2].type, CAP_PAGE_TABLE_2);
    assert_int_equal(machine.zone[ENTERED].type, CAP_NULL);
    assert_int_equal(entry(TABLE + 4, 3), arch_entry_page(RAM_BASE, 1, 1, false));
    while (cap_revoke(db, ZONE_RAM, 0) == E_AGAIN)
        assert_null(cap_db_check(db));
    assert_int_equal(machine.zone[FREE + 2].type, CAP_NULL);
    assert_int_equal(db->cap_count, ROOT_COUNT + 1);
}

/* The first MAPPING of a frame stays out of the index, and is found all the same, until something
 * comes beside it or its frame goes. */
static void test_tails(void **state)
{
    struct cap_key inside = key_at(SPACE_MEMORY, RAM_BASE + 12288);

    (void)state;
    assert_int_equal(map(TABLE + 3, FRAME, FREE, 10, 4, 8192, MAP_READ), OK);
    assert_true(is_tail(db, FREE));
    assert_int_equal(list_first(db, &(struct cap_key){RAM_BASE + 8192, 16384, 0, 0, CAP_MAPPING}),
                     FREE);
    assert_int_equal(index_last_reaching(db, &inside, RAM_BASE + 12288), FREE);
    assert_int_equal(cap_move(db, FREE, FREE + 1), OK);
    assert_null(cap_db_check(db));
    /* before it, at its own place, behind it */
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(map(TABLE + 3, FRAME, FREE + 2, 20, 4, i * 8192, MAP_READ), OK);
        assert_false(is_tail(db, FREE + 1) || is_tail(db, FREE + 2));
        assert_null(cap_db_check(db));
        assert_int_equal(cap_delete(db, FREE + 2), OK);
        assert_int_equal(cap_delete(db, FREE + 1), OK);
        assert_int_equal(map(TABLE + 3, FRAME, FREE + 1, 10, 4, 8192, MAP_READ), OK);
        assert_true(is_tail(db, FREE + 1));
    }
    assert_int_equal(cap_copy(db, RAM, FREE + 3), OK);
    assert_int_equal(cap_delete(db, FRAME), OK);
    assert_null(cap_db_check(db));
}

/* Frames of one page made one after the other, each mapped once, as faults do it: every MAPPING
 * stays a tail, and what would overlap is refused as ever. */
static void test_tails_in_a_row(void **state)
{
    (void)state;
    assert_int_equal(cap_delete(db, FRAME), OK);
    for (uint32_t i = 0; i < 20; i++) {
        uint32_t page = i < 10 ? 19 - i : i - 10; /* downwards from 19, then upwards from 0 */
        retype(RAM, page * 4096, CAP_FRAME, 4096, FREE + 2 * i);
        assert_int_equal(map(TABLE + 3, FREE + 2 * i, FREE + 2 * i + 1, i, 1, 0, MAP_READ), OK);
        assert_null(cap_db_check(db));
    }
    for (uint32_t i = 0; i < 20; i++) {
        struct retype_args a = {RAM, FREE + 100, i * 4096, 4096, 1, CAP_FRAME};

        assert_true(is_tail(db, FREE + 2 * i + 1));
        assert_int_equal(cap_retype(db, &a), E_RETYPED);
        a = (struct retype_args){RAM, FREE + 100, 0, (i + 1) * 4096, 1, CAP_RAM};
        assert_int_equal(cap_retype(db, &a), E_RETYPED);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, start, stop)
    const struct CMUnitTest tests[] = {TEST(map),           TEST(map_errors), TEST(protect),
                                       TEST(ends),          TEST(table_ends), TEST(tails),
                                       TEST(tails_in_a_row)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
