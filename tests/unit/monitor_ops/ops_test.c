/* The monitors' capability operations, step by step: the table of holders, and what a monitor
 * refuses (rules 1, 2, 18; E_NO_MARKER). Random sequences of many monitors are the
 * simulator's (tests/sim). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "box.h"
#include "pairs_test.h"
#include "revoke_test.h"

static void test_transfer(void **state)
{
    struct cap_description d = frame(0, CORE);
    struct region_key k = {d.base, d.bytes, 0, CAP_FRAME};

    (void)state;
    assert_int_equal(ops_transfer(&box.ops, 70, &d, 0x1234), OK);
    uint32_t op = sent(MSG_MON_GRANT, 70);
    const struct holder *row = holders_find(&box.ops.holders, &k);
    assert_non_null(row);
    assert_true(holders_held(&box.ops.holders, row, 70));
    assert_true(holders_open(&box.ops.holders, row, 70));
    assert_int_equal(ops_transfer(&box.ops, 70, &d, 1), E_BUSY);
    assert_int_equal(ops_transfer(&box.ops, 71, &d, 1), OK);
    assert_int_equal(box.marks, 1);
    /* Not by another core, not with another generation; then once only. */
    ARRIVE(MON_TAKEN, mon_taken, .from = 71, .op = op, .holds = 1);
    ARRIVE(MON_TAKEN, mon_taken, .from = 70, .op = op + 0x10000, .holds = 1);
    ARRIVE(MON_TAKEN, mon_taken, .from = 70, .op = op | 0xffff, .holds = 1);
    assert_int_equal(box.finished_count, 0);
    assert_int_equal(box.ops.dropped, 3);
    ARRIVE(MON_TAKEN, mon_taken, .from = 70, .op = op, .holds = 1);
    assert_int_equal(box.finished_count, 1);
    assert_int_equal(box.token, 0x1234);
    ARRIVE(MON_TAKEN, mon_taken, .from = 70, .op = op, .holds = 0);
    assert_int_equal(box.ops.dropped, 4);
    assert_true(holders_held(&box.ops.holders, row, 70));
    assert_false(holders_open(&box.ops.holders, row, 70));
}

static void test_release_at_owner(void **state)
{
    struct cap_description d = frame(0, CORE);

    (void)state;
    assert_int_equal(ops_transfer(&box.ops, 5, &d, 0), OK);
    uint32_t op = sent(MSG_MON_GRANT, 5);
    /* Rule 6: it is of an older copy. */
    ARRIVE(MON_RELEASE, mon_release, .from = 5, .base = d.base, .bytes = 4096, .type = CAP_FRAME);
    assert_true(holders_held(&box.ops.holders, &box.ops.holders.row[0], 5));
    assert_int_equal(box.unmarks, 0);
    ARRIVE(MON_TAKEN, mon_taken, .from = 5, .op = op, .holds = 1);
    ARRIVE(MON_RELEASE, mon_release, .from = 6, .base = d.base, .bytes = 4096, .type = CAP_FRAME);
    assert_int_equal(box.unmarks, 0);
    ARRIVE(MON_RELEASE, mon_release, .from = 5, .base = d.base, .bytes = 4096, .type = CAP_FRAME);
    assert_int_equal(box.unmarks, 1);
    assert_int_equal(box.unshared_count, 1);
    assert_int_equal(box.ops.holders.used_count, 0);
    ARRIVE(MON_RELEASE, mon_release, .from = 5, .base = d.base, .bytes = 4096, .type = CAP_FRAME);
    assert_int_equal(box.ops.dropped, 2);
}

static void test_no_room(void **state)
{
    struct cap_description d[3] = {frame(0, CORE), frame(1, CORE), frame(2, CORE)};

    (void)state;
    box.mark_status = E_NO_MARKER;
    assert_int_equal(ops_transfer(&box.ops, 9, &d[0], 7), OK);
    assert_int_equal(box.finished, E_NO_MARKER);
    assert_int_equal(box.sent_count, 0);
    assert_int_equal(box.ops.holders.used_count, 0);
    box.mark_status = OK;
    assert_int_equal(ops_transfer(&box.ops, 9, &d[0], 0), OK);
    assert_int_equal(ops_transfer(&box.ops, 9, &d[1], 0), OK);
    assert_int_equal(box.sent_count, 2);
    assert_int_equal(ops_transfer(&box.ops, 9, &d[2], 0), OK);
    assert_int_equal(box.finished_count, 2);
    assert_int_equal(box.finished, E_NO_MARKER);
    assert_int_equal(box.sent_count, 2);
    assert_int_equal(ops_transfer(&box.ops, 10, &d[0], 0), OK);
    assert_int_equal(ops_transfer(&box.ops, 11, &d[0], 0), E_BUSY); /* three are open */
    assert_int_equal(ops_transfer(&box.ops, CORES, &d[0], 0), E_ARGUMENT);
    assert_int_equal(ops_transfer(&box.ops, CORE, &d[0], 0), E_ARGUMENT);
    d[0].type = CAP_RAM;
    assert_int_equal(ops_transfer(&box.ops, 12, &d[0], 0), E_TYPE);
}

static enum status asked(uint32_t from, uint32_t target, uint32_t rights, uint64_t base)
{
    ARRIVE(MON_GRANT_ASK, mon_grant_ask, .from = (uint16_t)from, .op = 0x55, .base = base,
           .bytes = 4096, .type = CAP_FRAME, .rights = (uint16_t)rights, .target = target);
    const struct urpc_message *m = &box.sent[box.sent_count - 1];
    if (m->type != MSG_MON_GRANT_TOLD)
        return OK;
    assert_int_equal(sent(MSG_MON_GRANT_TOLD, from), 0x55);
    return (enum status)(m->word[1] & UINT32_MAX);
}

/* Rule 1: who is not in the set asks in vain; and nobody for more than was granted. */
static void test_ask(void **state)
{
    struct cap_description d = frame(0, CORE);

    (void)state;
    assert_int_equal(asked(5, 6, RIGHT_READ, d.base), E_NOT_OWNER);
    assert_int_equal(ops_transfer(&box.ops, 5, &d, 0), OK);
    ARRIVE(MON_TAKEN, mon_taken, .from = 5, .op = sent(MSG_MON_GRANT, 5), .holds = 1);
    assert_int_equal(asked(7, 6, RIGHT_READ, d.base), E_NOT_OWNER);
    assert_int_equal(asked(5, 6, RIGHT_READ | RIGHT_WRITE, d.base), E_RIGHTS);
    d.rights = RIGHT_WRITE;
    assert_int_equal(ops_transfer(&box.ops, 80, &d, 0), OK);
    d.rights = RIGHT_READ;
    assert_int_equal(ops_transfer(&box.ops, 81, &d, 0), OK);
    assert_int_equal(asked(5, 80, RIGHT_READ | RIGHT_WRITE, d.base), E_BUSY);
    assert_int_equal(asked(5, 6, RIGHT_READ | RIGHT_EXECUTE, d.base), E_RIGHTS);
    assert_int_equal(asked(5, 5, RIGHT_READ, d.base), E_ARGUMENT);
    assert_int_equal(asked(5, CORE, RIGHT_READ, d.base), E_ARGUMENT);
    assert_int_equal(asked(5, 5000, RIGHT_READ, d.base), E_ARGUMENT);
    assert_int_equal(asked(5, 6, RIGHT_READ, d.base + 4096), E_NOT_OWNER);
    box.ops.revoke[0] =
        (struct revoke){.state = REVOKE_STATE_WAITING, .key = {d.base, d.bytes, 0, CAP_FRAME}};
    assert_int_equal(asked(5, 6, RIGHT_READ, d.base), E_MARKED);
    box.ops.revoke[0].state = REVOKE_STATE_FREE;
    assert_int_equal(asked(5, 6, RIGHT_READ, d.base), OK);
    uint32_t op = sent(MSG_MON_GRANT, 6);
    assert_int_equal(asked(5, 6, RIGHT_READ, d.base), E_BUSY);
    uint32_t count = box.finished_count;
    ARRIVE(MON_TAKEN, mon_taken, .from = 6, .op = op, .holds = 0, .status = E_NO_SLOT);
    assert_int_equal(sent(MSG_MON_GRANT_TOLD, 5), 0x55);
    assert_int_equal(box.sent[box.sent_count - 1].word[1] & UINT32_MAX, E_NO_SLOT);
    assert_int_equal(box.finished_count, count);
}

static void test_ask_from_here(void **state)
{
    struct cap_description d = frame(0, 8);

    (void)state;
    assert_int_equal(ops_transfer(&box.ops, 9, &d, 77), OK);
    uint32_t op = sent(MSG_MON_GRANT_ASK, 8);
    ARRIVE(MON_GRANT_TOLD, mon_grant_told, .from = 9, .op = op);
    ARRIVE(MON_TAKEN, mon_taken, .from = 8, .op = op);
    assert_int_equal(box.finished_count, 0);
    ARRIVE(MON_GRANT_TOLD, mon_grant_told, .from = 8, .op = op, .status = E_NOT_OWNER);
    assert_int_equal(box.token, 77);
    assert_int_equal(box.finished, E_NOT_OWNER);
    ARRIVE(MON_GRANT_TOLD, mon_grant_told, .from = 8, .op = op);
    assert_int_equal(box.finished_count, 1);
    assert_int_equal(ops_transfer(&box.ops, CORE, &d, 0), E_ARGUMENT);
}

static void granted(uint32_t i, uint32_t owner, uint32_t type, uint32_t want, uint32_t holds)
{
    struct cap_description d = frame(i, owner);

    ARRIVE(MON_GRANT, mon_grant, .from = (uint16_t)owner, .op = 0x77, .base = d.base, .bytes = 4096,
           .type = (uint16_t)type, .rights = RIGHT_READ, .token = 99);
    assert_int_equal(sent(MSG_MON_TAKEN, owner), 0x77);
    const struct urpc_message *m = &box.sent[box.sent_count - 1];
    assert_int_equal(m->word[1] & UINT32_MAX, want);
    assert_int_equal(m->word[1] >> 32, holds);
}

/* Rules 3, 4: each GRANT is answered, with what is held now. */
static void test_target(void **state)
{
    struct region_key k = {frame(0, 8).base, 4096, 0, CAP_FRAME};

    (void)state;
    granted(0, 8, CAP_RAM, E_TYPE, 0);
    granted(0, 8, CAP_TYPE_COUNT, E_TYPE, 0);
    box.accept_status = E_NO_SLOT;
    granted(0, 8, CAP_FRAME, E_NO_SLOT, 0);
    box.accept_status = OK;
    granted(0, 8, CAP_FRAME, OK, 1);
    assert_int_equal(box.accepted.owner, 8);
    assert_int_equal(box.token, 99);
    box.accept_status = E_NO_SLOT;
    granted(0, 8, CAP_FRAME, E_NO_SLOT, 1); /* the older copy is still here */
    granted(0, 9, CAP_FRAME, E_EXISTS, 1);
    box.accepted.rights = RIGHTS_ALL;
    assert_int_equal(ops_revoke(&box.ops, &box.accepted, 0, 5), OK);
    uint32_t op = sent(MSG_MON_REVOKE_ASK, 8);
    assert_int_equal(ops_revoke(&box.ops, &box.accepted, 0, 6), E_MARKED);
    box.copies = 0;
    ops_deleted(&box.ops, &k); /* rule 5: not yet */
    granted(0, 8, CAP_FRAME, E_MARKED, 1);
    ARRIVE(MON_REVOKE_TOLD, mon_revoke_told, .from = 8, .op = op);
    sent(MSG_MON_RELEASE, 8);
    assert_int_equal(box.finished, OK);
    assert_int_equal(box.token, 5);
    box.accept_status = OK;
    granted(0, 8, CAP_FRAME, OK, 1);
    granted(1, 8, CAP_FRAME, OK, 1);
    granted(2, 8, CAP_FRAME, E_LIMIT, 0);
    box.copies = 0;
    ops_deleted_any(&box.ops);
    sent(MSG_MON_RELEASE, 8);
    granted(2, 8, CAP_FRAME, OK, 1);
}

static void test_nonsense(void **state)
{
    (void)state;
    ARRIVE(MON_GRANT, mon_grant, .from = CORES, .type = CAP_FRAME);
    ARRIVE(MON_GRANT, mon_grant, .from = CORE, .type = CAP_FRAME);
    ARRIVE(MON_RELEASE, mon_release, .from = 3, .type = CAP_TYPE_COUNT);
    ARRIVE(MON_LOOKUP, mon_lookup, .from = 3);
    assert_int_equal(box.sent_count, 0);
    assert_int_equal(box.ops.dropped, 4);
}

/* ---- Holders ---- */

static void test_key_counted(void **state)
{
    struct region_key k = {0x1000, 0x1000, 7 << 20 | 3, CAP_FRAME}, at;

    (void)state;
    at = key_counted(&k, 6);
    assert_int_equal(at.tag, k.tag);
    at = key_counted(&k, 7);
    assert_int_equal(at.tag, 0);
    assert_int_equal(at.base, k.base);
    k.tag = 0;
    at = key_counted(&k, 0);
    assert_int_equal(at.tag, 0);
}

static void test_holders(void **state)
{
    struct holders h;
    void *memory = calloc(1, holders_bytes(5, 1024));
    struct region_key k = {0x1000, 0x1000, 0, CAP_FRAME}, tagged = k, wide = k;
    struct holder *row[5], *more;

    (void)state;
    assert_non_null(memory);
    holders_init(&h, memory, 5, 1024);
    tagged.tag = 7 << 20 | 1;
    wide.bytes = 0x2000;
    assert_int_equal(holders_add(&h, &k, &row[0]), OK);
    assert_int_equal(holders_add(&h, &tagged, &row[1]), OK);
    assert_int_equal(holders_add(&h, &wide, &row[2]), OK);
    assert_ptr_equal(holders_find(&h, &tagged), row[1]);
    for (uint32_t core = 0; core < 1024; core += 31)
        holders_set_held(&h, row[1], core, true);
    holders_set_held(&h, row[1], 31, true);
    assert_int_equal(row[1]->held_count, 34);
    assert_true(holders_held(&h, row[1], 1023));
    assert_false(holders_held(&h, row[0], 1023));
    holders_set_open(&h, row[1], 1023, true);
    assert_true(holders_region_open(&h, &k, 1023));
    assert_false(holders_region_open(&h, &wide, 1023));
    assert_true(holders_region_shared(&h, &k));
    assert_int_equal(holders_add(&h, &(struct region_key){0x9000, 0x1000, 0, 1}, &row[3]), OK);
    assert_int_equal(holders_add(&h, &(struct region_key){0xa000, 0x1000, 0, 1}, &row[4]), OK);
    assert_int_equal(holders_add(&h, &(struct region_key){0xb000, 0x1000, 0, 1}, &more),
                     E_NO_MARKER);
    holders_drop(&h, row[0]);
    assert_null(holders_find(&h, &k));
    assert_ptr_equal(holders_find(&h, &tagged), row[1]);
    assert_ptr_equal(holders_find(&h, &wide), row[2]);
    assert_int_equal(holders_add(&h, &k, &row[0]), OK);
    assert_int_equal(row[0]->held_count, 0);
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transfer_pairs),
        cmocka_unit_test(test_release_pairs),
        cmocka_unit_test(test_revoke_pairs),
        cmocka_unit_test(test_region_covers),
        cmocka_unit_test_setup_teardown(test_revoke_owner, start, stop),
        cmocka_unit_test_setup_teardown(test_revoke_asked, start, stop),
        cmocka_unit_test_setup_teardown(test_revoke_refused, start, stop),
        cmocka_unit_test_setup_teardown(test_revoke_requester, start, stop),
        cmocka_unit_test_setup_teardown(test_revoke_holder, start, stop),
        cmocka_unit_test_setup_teardown(test_revoke_tag, start, stop),
        cmocka_unit_test_setup_teardown(test_revoke_local, start, stop),
        cmocka_unit_test_setup_teardown(test_revoke_join, start, stop),
        cmocka_unit_test_setup_teardown(test_revoke_credit, start, stop),
        cmocka_unit_test_setup_teardown(test_death_owner, start, stop),
        cmocka_unit_test_setup_teardown(test_death_holder, start, stop),
        cmocka_unit_test(test_holders),
        cmocka_unit_test(test_key_counted),
        cmocka_unit_test_setup_teardown(test_transfer, start, stop),
        cmocka_unit_test_setup_teardown(test_release_at_owner, start, stop),
        cmocka_unit_test_setup_teardown(test_no_room, start, stop),
        cmocka_unit_test_setup_teardown(test_ask, start, stop),
        cmocka_unit_test_setup_teardown(test_ask_from_here, start, stop),
        cmocka_unit_test_setup_teardown(test_target, start, stop),
        cmocka_unit_test_setup_teardown(test_nonsense, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
