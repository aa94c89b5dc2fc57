/* The capability core, operation by operation: what each promises, and each error it names. Random
 * sequences are lockstep_test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "machine.h"

#define ZONE_RAM (BOOT_SLOT + ROOT_ZONE_RAM)
#define RAM (BOOT_SLOT + ROOT_RAM)
#define DEVICE (BOOT_SLOT + ROOT_DEVICE)
#define FOREIGN (BOOT_SLOT + ROOT_FOREIGN)
#define FREE (BOOT_SLOT + 32)

static struct cap_db *const db = &machine.db;

static int start(void **state)
{
    (void)state;
    machine_reset(1);
    machine_enter_roots();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    machine.preempt_one_in = 0;
    assert_null(cap_db_check(db));
    return 0;
}

static enum status retype(uint32_t source, uint64_t offset, enum cap_type type, uint64_t bytes,
                          uint32_t count, uint32_t destination)
{
    struct retype_args a = {.source = source,
                            .destination = destination,
                            .offset = offset,
                            .bytes = bytes,
                            .count = count,
                            .type = (uint8_t)type};

    return cap_retype(db, &a);
}

static uint32_t line_of(uint32_t slot)
{
    return (uint32_t)((machine.zone[slot].base - ZONE_BASE) / 64);
}

static void test_copy(void **state)
{
    (void)state;
    assert_int_equal(cap_copy(db, RAM, FREE), OK);
    assert_int_equal(machine.zone[FREE].base, RAM_BASE);
    assert_int_equal(cap_copy(db, RAM, FREE), E_SLOT_USED);
    assert_int_equal(cap_copy(db, RAM, RAM), E_SLOT_USED);
    assert_int_equal(cap_copy(db, FREE + 1, FREE + 2), E_NO_CAP);
    assert_true(cap_has_copies(db, RAM));
    assert_int_equal(cap_insert_marker(db, FREE + 1, RAM, 7), OK);
    assert_int_equal(cap_copy(db, FREE + 1, FREE + 2), E_TYPE);
}

static void test_mint(void **state)
{
    (void)state;
    assert_int_equal(retype(RAM, 0, CAP_FRAME, 65536, 1, FREE), OK);
    assert_int_equal(cap_mint(db, FREE, FREE + 1, RIGHT_READ | RIGHT_REVOKE, 0, 0, 0), OK);
    assert_int_equal(machine.zone[FREE + 1].rights, RIGHT_READ | RIGHT_REVOKE);
    /* rights never grow */
    assert_int_equal(cap_mint(db, FREE + 1, FREE + 2, RIGHTS_ALL, 0, 0, 0), OK);
    assert_int_equal(machine.zone[FREE + 2].rights, RIGHT_READ | RIGHT_REVOKE);
    assert_int_equal(cap_mint(db, FREE, FREE + 3, RIGHT_READ, 9, 4096, 8192), OK);
    assert_int_equal(machine.zone[FREE + 3].base, RAM_BASE + 4096);
    assert_int_equal(machine.zone[FREE + 3].bytes, 8192);
    assert_int_equal(machine.zone[FREE + 3].tag, 9);
    assert_int_equal(cap_mint(db, FREE + 3, FREE + 4, RIGHT_READ, 8, 0, 0), E_TAGGED);
    assert_int_equal(cap_mint(db, FREE + 3, FREE + 4, RIGHT_READ, 9, 0, 0), OK);
    assert_int_equal(machine.zone[FREE + 4].tag, 9);
    assert_int_equal(cap_mint(db, FREE, FREE + 5, RIGHT_READ, 0, 0, 0), OK);
    assert_int_equal(cap_mint(db, FREE + 5, FREE + 6, RIGHT_READ, 3, 0, 0), E_RIGHTS);
    assert_int_equal(cap_mint(db, FREE, FREE + 6, 31, 0, 100, 4096), E_ALIGN);
    assert_int_equal(cap_mint(db, FREE, FREE + 6, 31, 0, 4096, 65536), E_RANGE);
    assert_int_equal(cap_mint(db, FREE, FREE + 6, 31, 0, 4096, 0), E_RANGE);
    assert_int_equal(cap_mint(db, FREE, FREE + 6, 31, 0, UINT64_MAX - 4095, 8192), E_RANGE);
    assert_int_equal(cap_mint(db, RAM, FREE + 6, 31, 0, 0, 4096), E_TYPE);
    assert_int_equal(cap_mint(db, FREE + 7, FREE + 6, 31, 0, 0, 0), E_NO_CAP);
    assert_int_equal(cap_mint(db, FREE, FREE + 1, 31, 0, 0, 0), E_SLOT_USED);
}

static void test_move(void **state)
{
    (void)state;
    assert_int_equal(cap_move(db, RAM, FREE), OK);
    assert_int_equal(machine.zone[RAM].type, CAP_NULL);
    assert_int_equal(machine.zone[FREE].type, CAP_RAM);
    assert_int_equal(cap_move(db, RAM, FREE + 1), E_NO_CAP);
    assert_int_equal(cap_move(db, FREE, DEVICE), E_SLOT_USED);
}

static void test_retype_errors(void **state)
{
    (void)state;
    assert_int_equal(retype(FREE, 0, CAP_RAM, 4096, 1, FREE + 1), E_NO_CAP);
    assert_int_equal(retype(DEVICE, 0, CAP_FRAME, 4096, 1, FREE), E_TYPE);
    assert_int_equal(retype(RAM, 0, CAP_DEVICE_FRAME, 4096, 1, FREE), E_TYPE);
    assert_int_equal(retype(RAM, 0, CAP_MAPPING, 4096, 1, FREE), E_TYPE);
    assert_int_equal(retype(RAM, 0, CAP_MARKER, 4096, 1, FREE), E_TYPE);
    assert_int_equal(retype(RAM, 0, CAP_TYPE_COUNT, 4096, 1, FREE), E_TYPE);
    assert_int_equal(retype(RAM, 0, CAP_FRAME, 0, 1, FREE), E_ARGUMENT);
    assert_int_equal(retype(RAM, 0, CAP_FRAME, 4096, 0, FREE), E_ARGUMENT);
    assert_int_equal(retype(RAM, 0, CAP_FRAME, 4096, 257, FREE), E_ARGUMENT);
    assert_int_equal(retype(RAM, 0, CAP_RAM, RAM_BYTES, 1, FREE), E_ARGUMENT);
    assert_int_equal(retype(ZONE_RAM, 0, CAP_CNODE_L1, 64 * 3, 1, FREE), E_ARGUMENT);
    assert_int_equal(retype(ZONE_RAM, 0, CAP_CNODE_L2, 4096, 1, FREE), E_ARGUMENT);
    assert_int_equal(retype(RAM, 64, CAP_FRAME, 4096, 1, FREE), E_ALIGN);
    assert_int_equal(retype(RAM, RAM_BYTES - 4096, CAP_FRAME, 8192, 1, FREE), E_RANGE);
    assert_int_equal(retype(RAM, RAM_BYTES + 4096, CAP_FRAME, 4096, 1, FREE), E_RANGE);
    assert_int_equal(retype(RAM, 4096, CAP_FRAME, 1ull << 63, 2, FREE), E_RANGE);
    assert_int_equal(retype(RAM, 0, CAP_DISPATCHER, 0, 1, FREE), E_RANGE);
    assert_int_equal(retype(ZONE_RAM, 0, CAP_FRAME, 4096, 1, FREE), E_RANGE);
    assert_int_equal(retype(RAM, 0, CAP_FRAME, 4096, 2, DEVICE), E_SLOT_USED);
    assert_int_equal(cap_mint(db, RAM, FREE, RIGHT_READ, 0, 0, 0), OK);
    assert_int_equal(retype(FREE, 0, CAP_FRAME, 4096, 1, FREE + 1), E_RIGHTS);
    struct cap_description d = {0xa0000000, 65536, 0, 0, 7, CAP_RAM, RIGHTS_ALL};
    assert_int_equal(cap_insert(db, FREE + 1, &d), OK);
    assert_int_equal(retype(FREE + 1, 0, CAP_FRAME, 4096, 1, FREE + 2), E_NOT_OWNER);
}

/* What is retyped once cannot be retyped again, whatever lies between; other parts can. */
static void test_retype_once(void **state)
{
    (void)state;
    assert_int_equal(retype(RAM, 65536, CAP_FRAME, 65536, 1, FREE), OK);
    assert_int_equal(cap_mint(db, FREE, FREE + 1, 31, 0, 4096, 4096), OK);
    assert_int_equal(cap_mint(db, FREE, FREE + 2, 31, 0, 8192, 4096), OK);
    assert_int_equal(retype(RAM, 126976, CAP_FRAME, 4096, 1, FREE + 3), E_RETYPED);
    assert_int_equal(retype(RAM, 61440, CAP_FRAME, 8192, 1, FREE + 3), E_RETYPED);
    assert_int_equal(retype(RAM, 0, CAP_FRAME, 1 << 20, 1, FREE + 3), E_RETYPED);
    assert_int_equal(retype(RAM, 131072, CAP_FRAME, 4096, 1, FREE + 3), OK);
    assert_int_equal(retype(RAM, 0, CAP_RAM, 32768, 2, FREE + 4), OK);
    /* parts outlive the frame, and still count */
    assert_int_equal(cap_delete(db, FREE), OK);
    assert_int_equal(retype(RAM, 65536, CAP_FRAME, 4096, 2, FREE + 6), E_RETYPED);
    assert_int_equal(retype(RAM, 65536, CAP_FRAME, 4096, 1, FREE + 6), OK);
    /* a copy of RAM does not block, the whole of it made a frame does */
    assert_int_equal(cap_copy(db, FREE + 4, FREE + 8), OK);
    assert_int_equal(retype(FREE + 8, 0, CAP_FRAME, 32768, 1, FREE + 9), OK);
    assert_int_equal(retype(FREE + 4, 0, CAP_FRAME, 32768, 1, FREE + 10), E_RETYPED);
    /* the fields of what is made */
    assert_int_equal(machine.zone[FREE + 9].owner, 3);
    assert_int_equal(machine.zone[FREE + 9].rights, RIGHTS_ALL);
}

/* Markers: of the source they do not stand in the way of a retype; of what was made of it, or of
 * given parts, they do. */
static void test_markers(void **state)
{
    (void)state;
    assert_int_equal(retype(RAM, 0, CAP_RAM, 65536, 1, FREE), OK);
    assert_int_equal(cap_insert_marker(db, FREE + 1, FREE, 42), OK);
    assert_int_equal(cap_insert_marker(db, FREE + 2, FREE, 43), E_EXISTS);
    assert_int_equal(machine.zone[FREE + 1].aux, 42);
    assert_int_equal(retype(FREE, 0, CAP_FRAME, 65536, 1, FREE + 3), OK);
    assert_int_equal(cap_insert_marker(db, FREE + 4, FREE + 3, 44), OK);
    assert_int_equal(cap_delete(db, FREE + 3), OK);
    assert_int_equal(retype(FREE, 0, CAP_FRAME, 65536, 1, FREE + 3), E_RETYPED);
    assert_int_equal(cap_revoke(db, RAM, 0), OK);
    assert_int_equal(machine.zone[FREE].type, CAP_NULL);
    assert_int_equal(machine.zone[FREE + 4].type, CAP_MARKER);
    assert_int_equal(retype(RAM, 0, CAP_RAM, 4096, 1, FREE + 5), E_RETYPED);
    assert_int_equal(cap_delete(db, FREE + 4), OK);
    assert_int_equal(cap_delete(db, FREE + 1), OK);
    assert_int_equal(retype(RAM, 0, CAP_RAM, 4096, 2, FREE + 5), OK);
    assert_int_equal(cap_give(db, FREE + 5, 1), OK);
    assert_int_equal(machine.zone[FREE + 5].type, CAP_MARKER);
    assert_int_equal(retype(RAM, 0, CAP_RAM, 64, 1, FREE + 7), E_RETYPED);
    assert_int_equal(retype(FREE + 6, 0, CAP_FRAME, 4096, 1, FREE + 7), OK);
    assert_int_equal(cap_give(db, FREE + 6, 1), E_RETYPED);
    assert_int_equal(cap_give(db, FREE + 7, 1), E_TYPE);
    assert_int_equal(cap_insert_marker(db, FREE + 8, BOOT_SLOT + ROOT_MONITOR, 1), E_TYPE);
}

static void test_revoke_tags(void **state)
{
    (void)state;
    assert_int_equal(retype(RAM, 0, CAP_FRAME, 65536, 1, FREE), OK);
    assert_int_equal(cap_mint(db, FREE, FREE + 1, 31, 5, 0, 0), OK);
    assert_int_equal(cap_mint(db, FREE, FREE + 2, 31, 6, 0, 0), OK);
    assert_int_equal(cap_mint(db, FREE + 1, FREE + 3, 31, 0, 4096, 4096), OK);
    assert_int_equal(cap_copy(db, FREE, FREE + 4), OK);
    assert_int_equal(cap_revoke(db, FREE + 1, 6), E_TAGGED);
    assert_int_equal(cap_revoke(db, FREE, 5), OK);
    assert_int_equal(machine.zone[FREE + 1].type, CAP_NULL);
    assert_int_equal(machine.zone[FREE + 3].type, CAP_NULL);
    assert_int_equal(machine.zone[FREE + 2].type, CAP_FRAME);
    assert_int_equal(machine.zone[FREE + 4].type, CAP_FRAME);
    assert_int_equal(cap_mint(db, FREE, FREE + 5, 31, 6, 0, 0), OK);
    assert_int_equal(cap_revoke(db, FREE + 2, 0), OK);
    assert_int_equal(machine.zone[FREE + 2].type, CAP_FRAME);
    assert_int_equal(machine.zone[FREE + 5].type, CAP_NULL);
    assert_int_equal(machine.zone[FREE].type, CAP_FRAME);
    assert_int_equal(cap_revoke(db, FREE, 0), OK);
    assert_int_equal(machine.zone[FREE + 2].type, CAP_NULL);
    assert_int_equal(machine.zone[FREE + 4].type, CAP_NULL);
    assert_int_equal(machine.zone[RAM].type, CAP_RAM);
    assert_int_equal(cap_mint(db, FREE, FREE + 1, RIGHT_READ, 0, 0, 0), OK);
    assert_int_equal(cap_revoke(db, FREE + 1, 0), E_RIGHTS);
    assert_int_equal(cap_revoke(db, FREE + 9, 0), E_NO_CAP);
}

/* While a revoke is under way nothing is made of what it covers, and it goes on where it was. */
static void test_revoke_resumes(void **state)
{
    (void)state;
    uint32_t calls = 1;

    assert_int_equal(retype(RAM, 0, CAP_FRAME, 4096, 100, FREE), OK);
    machine.preempt_one_in = 1;
    assert_int_equal(cap_revoke(db, RAM, 0), E_AGAIN);
    assert_int_equal(cap_copy(db, FREE + 50, FREE + 120), E_MARKED);
    assert_int_equal(cap_copy(db, RAM, FREE + 120), E_MARKED);
    assert_int_equal(cap_move(db, FREE + 50, FREE + 120), E_MARKED);
    assert_int_equal(cap_mint(db, FREE + 50, FREE + 120, 31, 3, 0, 0), E_MARKED);
    assert_int_equal(retype(RAM, 1 << 20, CAP_FRAME, 4096, 1, FREE + 120), E_MARKED);
    struct cap_description d = machine_roots[ROOT_RAM];
    assert_int_equal(cap_insert(db, FREE + 120, &d), E_MARKED);
    assert_int_equal(cap_copy(db, ZONE_RAM, FREE + 120), OK);
    assert_int_equal(cap_delete(db, FREE + 50), OK);
    while (cap_revoke(db, RAM, 0) == E_AGAIN)
        calls++;
    assert_in_range(calls, 90, 101);
    assert_false(cap_has_descendants(db, RAM));
    assert_int_equal(db->revoking_count, 0);
    assert_int_equal(cap_copy(db, RAM, FREE), OK);
}

/* More revokes than records: the oldest starts over, all end. */
static void test_revoke_many(void **state)
{
    (void)state;
    uint32_t open = CAP_REVOKING_MAX + 3;

    assert_int_equal(retype(RAM, 0, CAP_RAM, 65536, open, FREE), OK);
    for (uint32_t i = 0; i < open; i++)
        assert_int_equal(retype(FREE + i, 0, CAP_FRAME, 4096, 4, FREE + 20 + 4 * i), OK);
    machine.preempt_one_in = 1;
    for (uint32_t round = 0; open != 0 && round < 100; round++) {
        open = 0;
        for (uint32_t i = 0; i < CAP_REVOKING_MAX + 3; i++)
            open += cap_revoke(db, FREE + i, 0) == E_AGAIN;
        assert_null(cap_db_check(db));
    }
    assert_int_equal(open, 0);
    for (uint32_t i = 0; i < CAP_REVOKING_MAX + 3; i++)
        assert_false(cap_has_descendants(db, FREE + i));
}

/* The last capability of a CNode takes with it what lies inside, CNodes too, in a circle too. */
static void test_delete_cnode(void **state)
{
    (void)state;
    assert_int_equal(retype(ZONE_RAM, 0, CAP_CNODE_L2, 0, 2, FREE), OK);
    uint32_t one = line_of(FREE), two = line_of(FREE + 1);
    assert_int_equal(cap_copy(db, RAM, one + 5), OK);
    assert_int_equal(cap_copy(db, RAM, two + 255), OK);
    assert_int_equal(cap_copy(db, FREE, FREE + 2), OK);
    assert_int_equal(cap_delete(db, FREE + 2), OK);
    assert_int_equal(machine.zone[one + 5].type, CAP_RAM);
    assert_int_equal(cap_move(db, FREE + 1, one + 7), OK);
    assert_int_equal(cap_copy(db, one + 7, two + 9), OK);
    assert_int_equal(cap_move(db, FREE, two + 1), OK);
    assert_int_equal(cap_copy(db, two + 1, two + 2), OK);
    /* a circle of two that nobody outside holds; a revoke of their memory ends it, preempted at
     * every step */
    machine.preempt_one_in = 1;
    enum status s;
    while ((s = cap_revoke(db, ZONE_RAM, 0)) == E_AGAIN)
        assert_null(cap_db_check(db));
    assert_int_equal(s, OK);
    assert_int_equal(db->cap_count, ROOT_COUNT);
    assert_false(cap_has_copies(db, RAM));
    assert_int_equal(machine.ended_of_type[CAP_CNODE_L2], 2);
}

/* No memory is used again while slots of a dying CNode are left in it. */
static void test_delete_resumes(void **state)
{
    (void)state;
    assert_int_equal(retype(ZONE_RAM, 0, CAP_CNODE_L2, 0, 1, FREE), OK);
    uint32_t inside = line_of(FREE);
    for (uint32_t i = 0; i < 200; i++)
        assert_int_equal(cap_copy(db, RAM, inside + i), OK);
    machine.preempt_one_in = 1;
    assert_int_equal(cap_delete(db, FREE), E_AGAIN);
    assert_int_equal(cap_copy(db, FREE, FREE + 1), E_MARKED);
    assert_int_equal(retype(ZONE_RAM, 0, CAP_CNODE_L2, 0, 1, FREE + 1), E_AGAIN);
    while (cap_delete(db, FREE) == E_AGAIN)
        assert_null(cap_db_check(db));
    assert_int_equal(machine.zone[FREE].type, CAP_NULL);
    machine.preempt_one_in = 0;
    assert_int_equal(retype(ZONE_RAM, 0, CAP_CNODE_L2, 0, 1, FREE + 1), OK);
}

/* Zeroing goes on where it was, unless somebody may have written there in between. */
static void test_zero_resumes(void **state)
{
    (void)state;
    machine.preempt_one_in = 1;
    for (uint32_t i = 0; i < 15; i++)
        assert_int_equal(retype(RAM, 0, CAP_FRAME, 65536, 1, FREE), E_AGAIN);
    assert_int_equal(machine.zeroed_bytes, 15 * 4096);
    assert_int_equal(retype(RAM, 0, CAP_FRAME, 65536, 1, FREE), OK);
    assert_int_equal(machine.zeroed_bytes, 65536);
    assert_int_equal(retype(RAM, 65536, CAP_FRAME, 65536, 1, FREE + 1), E_AGAIN);
    machine.preempt_one_in = 0;
    assert_int_equal(retype(RAM, 65536, CAP_FRAME, 4096, 1, FREE + 2), OK);
    assert_int_equal(cap_delete(db, FREE + 2), OK);
    machine.zeroed_bytes = 0;
    assert_int_equal(retype(RAM, 65536, CAP_FRAME, 65536, 1, FREE + 1), OK);
    assert_int_equal(machine.zeroed_bytes, 65536);
}

static void test_cspace(void **state)
{
    (void)state;
    uint32_t found = 0;

    assert_int_equal(retype(ZONE_RAM, 0, CAP_CNODE_L1, 256 * 64, 1, FREE), OK);
    assert_int_equal(retype(ZONE_RAM, 16384, CAP_CNODE_L2, 0, 1, FREE + 1), OK);
    uint64_t inside = machine.zone[FREE + 1].base;
    assert_int_equal(cap_lookup(db, FREE, 77, &found), E_NO_SLOT);
    assert_int_equal(cnode_attach(db, FREE, 256, FREE + 1), E_NO_SLOT);
    assert_int_equal(cnode_attach(db, RAM, 0, FREE + 1), E_TYPE);
    assert_int_equal(cnode_attach(db, FREE, 0, RAM), E_TYPE);
    assert_int_equal(cnode_attach(db, FREE, 0, FREE + 5), E_NO_CAP);
    assert_int_equal(cnode_attach(db, FREE, 2, FREE + 1), OK);
    assert_int_equal(cap_lookup(db, FREE, capref_make(2, 77), &found), OK);
    assert_int_equal(found, (inside - ZONE_BASE) / 64 + 77);
    assert_int_equal(cap_lookup(db, FREE, capref_make(1, 77), &found), E_NO_SLOT);
    assert_int_equal(cap_lookup(db, FREE, capref_make(4000, 1), &found), E_NO_SLOT);
    assert_int_equal(cap_lookup(db, FREE, 0, &found), E_NO_SLOT);
    assert_int_equal(cap_lookup(db, RAM, 77, &found), E_TYPE);
    assert_int_equal(cnode_detach(db, FREE, 1, FREE + 2), E_NO_CAP);
    assert_int_equal(cnode_detach(db, FREE, 2, FREE + 2), OK);
    assert_int_equal(cap_lookup(db, FREE, capref_make(2, 77), &found), E_NO_SLOT);
}

static void test_insert_errors(void **state)
{
    (void)state;
    struct cap_description d = {RAM_BASE + 4096, RAM_BYTES, 0, 0, 3, CAP_RAM, RIGHTS_ALL};

    assert_int_equal(cap_insert(db, FREE, &d), E_RANGE);
    d.base = RAM_BASE - 4096;
    assert_int_equal(cap_insert(db, FREE, &d), E_RANGE);
    d.base = UINT64_MAX - 4095;
    assert_int_equal(cap_insert(db, FREE, &d), E_RANGE);
    d = machine_roots[ROOT_RAM];
    d.rights = 32;
    assert_int_equal(cap_insert(db, FREE, &d), E_ARGUMENT);
    d.rights = 31;
    d.type = CAP_MARKER;
    assert_int_equal(cap_insert(db, FREE, &d), E_TYPE);
    d = (struct cap_description){ZONE_BASE, 4096, 0, 0, 3, CAP_FRAME, RIGHT_READ | RIGHT_WRITE};
    assert_int_equal(cap_insert(db, FREE, &d), E_RIGHTS);
    d.rights = RIGHT_READ;
    d.base += 8;
    assert_int_equal(cap_insert(db, FREE, &d), E_ALIGN);
    d.base -= 8;
    assert_int_equal(cap_insert(db, FREE, &d), OK);
    assert_int_equal(cap_insert(db, FREE, &d), E_SLOT_USED);
    d = (struct cap_description){RAM_BASE, 8192, 0, 0, 3, CAP_DISPATCHER, RIGHTS_ALL};
    assert_int_equal(cap_insert(db, FREE + 1, &d), E_RANGE);
    d.owner = 4;
    assert_int_equal(cap_insert(db, FREE + 1, &d), E_ARGUMENT);
}

static void test_questions(void **state)
{
    (void)state;
    uint32_t copies, below;
    struct cap_description d;

    assert_int_equal(cap_identify(db, FREE, &d), E_NO_CAP);
    assert_int_equal(cap_identify(db, FOREIGN, &d), OK);
    assert_int_equal(d.owner, 7);
    assert_int_equal(retype(RAM, 0, CAP_FRAME, 4096, 3, FREE), OK);
    assert_int_equal(cap_mint(db, FREE, FREE + 3, 31, 4, 0, 0), OK);
    assert_int_equal(
        cap_find_region(db, SPACE_MEMORY, RAM_BASE, RAM_BYTES, CAP_RAM, 0, &copies, &below), OK);
    assert_int_equal(copies, 1);
    assert_int_equal(below, 4);
    assert_int_equal(
        cap_find_region(db, SPACE_MEMORY, RAM_BASE, 4096, CAP_FRAME, 4, &copies, &below), OK);
    assert_int_equal(copies, 1);
    assert_int_equal(below, 0);
    assert_int_equal(cap_find_region(db, SPACE_MEMORY, RAM_BASE, 0, CAP_FRAME, 4, &copies, &below),
                     E_ARGUMENT);
    assert_true(cap_has_descendants(db, RAM));
    /* what one tag's holder asks does not depend on the tags below */
    assert_int_equal(retype(RAM, 65536, CAP_RAM, 4096, 1, FREE + 4), OK);
    assert_int_equal(cap_mint(db, FREE + 4, FREE + 5, 31, 9, 0, 0), OK);
    assert_int_equal(retype(FREE + 4, 0, CAP_FRAME, 4096, 1, FREE + 6), OK);
    assert_true(cap_has_descendants(db, FREE + 5));
    assert_false(cap_has_descendants(db, FREE));
    assert_int_equal(cap_find_first(db, SPACE_MEMORY, RAM_BASE, 4096, CAP_FRAME), FREE);
    assert_int_equal(cap_find_first(db, SPACE_MEMORY, RAM_BASE, 8192, CAP_FRAME), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(copy),        TEST(mint),          TEST(move),           TEST(retype_errors),
        TEST(retype_once), TEST(markers),       TEST(revoke_tags),    TEST(revoke_resumes),
        TEST(revoke_many), TEST(delete_cnode),  TEST(delete_resumes), TEST(zero_resumes),
        TEST(cspace),      TEST(insert_errors), TEST(questions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
