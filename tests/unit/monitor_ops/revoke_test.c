/* Revoke at a monitor alone, message by message: PROTOCOL rules 1, 7, 10 to 13, 16, 18, 20 to 28 as
 * the owner, the requester and a holder see them. Random sequences are the simulator's. */
#include "revoke_test.h"

#include "box.h"

#define TAG (70u << 20 | 1)

/* `to` takes a copy of what d says. */
static void give(uint32_t to, const struct cap_description *d)
{
    assert_int_equal(ops_transfer(&box.ops, to, d, 0), OK);
    ARRIVE(MON_TAKEN, mon_taken, .from = (uint16_t)to, .op = sent(MSG_MON_GRANT, to), .holds = 1);
}

static struct cap_description own_frame(void)
{
    struct cap_description d = frame(0, CORE);

    d.rights = RIGHTS_ALL;
    return d;
}

/* A copy of core 8's frame is here. */
static struct cap_description foreign_frame(uint32_t tag)
{
    struct cap_description d = frame(0, 8);

    ARRIVE(MON_GRANT, mon_grant, .from = 8, .op = 1, .base = d.base, .bytes = 4096, .tag = tag,
           .type = CAP_FRAME, .rights = RIGHTS_ALL);
    sent(MSG_MON_TAKEN, 8);
    d.rights = RIGHTS_ALL;
    d.tag = tag;
    return d;
}

static void done(uint32_t from, uint32_t op)
{
    ARRIVE(MON_COPIES_DONE, mon_copies_done, .from = (uint16_t)from, .op = op);
}

static uint32_t told(uint32_t to, uint32_t op)
{
    assert_int_equal(sent(MSG_MON_REVOKE_TOLD, to), op);
    return (uint32_t)(box.sent[box.sent_count - 1].word[1] & UINT32_MAX);
}

static void ask(uint32_t from, uint32_t tag, uint32_t through)
{
    struct cap_description d = own_frame();

    ARRIVE(MON_REVOKE_ASK, mon_revoke_ask, .from = (uint16_t)from, .op = 0x66, .base = d.base,
           .bytes = d.bytes, .tag = tag, .type = CAP_FRAME, .through = through);
}

void test_region_covers(void **state)
{
    struct region_key r = {0x2000, 0x2000, 0, CAP_FRAME}, k = r;

    (void)state;
    assert_true(region_covers(&r, &k));
    k.tag = TAG;
    assert_true(region_covers(&r, &k));
    assert_false(region_covers(&k, &r));
    k.base = 0x3000;
    k.bytes = 0x1000;
    assert_true(region_covers(&r, &k));
    assert_true(region_overlaps(&k, &r));
    k.bytes = 0x2000;
    assert_false(region_covers(&r, &k));
    assert_true(region_overlaps(&r, &k));
    k.base = 0x4000;
    assert_false(region_overlaps(&r, &k));
    k = r;
    k.type = CAP_RAM; /* what it was made of */
    assert_false(region_covers(&r, &k));
    assert_true(region_covers(&k, &r));
    k.type = CAP_DOORBELL; /* another space */
    assert_false(region_covers(&r, &k));
    assert_false(region_overlaps(&r, &k));
    k.type = CAP_TYPE_COUNT;
    assert_false(region_covers(&r, &k));
    assert_false(region_overlaps(&k, &r));
}

void test_revoke_owner(void **state)
{
    struct cap_description d = own_frame();

    (void)state;
    assert_int_equal(ops_revoke(&box.ops, &d, 0, 9), OK); /* nobody else holds it: no message */
    assert_int_equal(box.sent_count, 0);
    assert_int_equal(box.finished_count, 1);
    give(5, &d);
    give(80, &d);
    uint32_t before = box.sent_count, finished = box.finished_count;
    assert_int_equal(ops_revoke(&box.ops, &d, 0, 10), OK);
    assert_int_equal(box.sent_count, before + 2); /* 2(k - 1) messages with the answers */
    assert_int_equal(box.holds, 1);
    assert_true(box.spared);
    uint32_t op = sent(MSG_MON_REVOKE_COPIES, 80);
    assert_int_equal(ops_transfer(&box.ops, 6, &d, 0), E_MARKED);
    assert_int_equal(ops_revoke(&box.ops, &d, 0, 11), E_MARKED);
    /* Rule 7, and rule 18: not by another, not with another generation, not twice. */
    ARRIVE(MON_RELEASE, mon_release, .from = 5, .base = d.base, .bytes = 4096, .type = CAP_FRAME);
    done(6, op);
    done(80, op + 0x10000);
    done(80, op);
    done(80, op);
    assert_int_equal(box.ops.dropped, 3);
    assert_int_equal(box.finished_count, finished);
    done(5, op);
    assert_int_equal(box.finished_count, finished + 1);
    assert_int_equal(box.token, 10);
    assert_int_equal(box.holds, 0);
    assert_int_equal(box.ops.holders.used_count, 0);
    assert_int_equal(ops_transfer(&box.ops, 6, &d, 0), OK);
}

void test_revoke_asked(void **state)
{
    struct cap_description d = own_frame();

    (void)state;
    give(5, &d);
    give(7, &d);
    ask(5, 0, 0);
    assert_int_equal(box.clears, 1);
    assert_false(box.spared);
    uint32_t op = sent(MSG_MON_REVOKE_COPIES, 7);
    done(7, op);
    assert_int_equal(told(5, 0x66), OK);
    assert_true(holders_held(&box.ops.holders, &box.ops.holders.row[0], 5));
    assert_false(holders_held(&box.ops.holders, &box.ops.holders.row[0], 7));
    ask(5, 0, 0); /* alone: done at once */
    assert_int_equal(told(5, 0x66), OK);
}

void test_revoke_refused(void **state)
{
    struct cap_description d = own_frame();

    (void)state;
    ask(5, 0, 0);
    assert_int_equal(told(5, 0x66), E_NOT_OWNER);
    d.rights = RIGHT_READ;
    assert_int_equal(ops_revoke(&box.ops, &d, 0, 1), E_RIGHTS);
    give(5, &d);
    ask(5, 0, 0);
    assert_int_equal(told(5, 0x66), E_RIGHTS);
    d.rights = RIGHTS_ALL;
    give(7, &d);
    ask(7, TAG + 1, TAG);
    assert_int_equal(told(7, 0x66), E_TAGGED);
    ask(7, TAG, TAG);
    assert_int_equal(told(7, 0x66), E_NOT_OWNER);
    d.tag = TAG;
    assert_int_equal(ops_revoke(&box.ops, &d, TAG + 1, 1), E_TAGGED);
    d.tag = 0;
    d.owner = 9;
    assert_int_equal(ops_revoke(&box.ops, &d, 0, 1), E_NO_CAP);
    assert_int_equal(box.holds, 0);
    assert_int_equal(box.clears, 0);
}

void test_revoke_requester(void **state)
{
    struct cap_description d = foreign_frame(0);
    struct region_key k = {d.base, d.bytes, 0, CAP_FRAME};

    (void)state;
    assert_int_equal(ops_revoke(&box.ops, &d, 0, 44), OK);
    uint32_t op = sent(MSG_MON_REVOKE_ASK, 8);
    assert_int_equal(box.holds, 1);
    assert_true(ops_marked(&box.ops, &k));
    assert_int_equal(ops_transfer(&box.ops, 9, &d, 0), E_MARKED);
    ARRIVE(MON_REVOKE_TOLD, mon_revoke_told, .from = 9, .op = op);
    assert_int_equal(box.clears, 0);
    ARRIVE(MON_REVOKE_TOLD, mon_revoke_told, .from = 8, .op = op);
    assert_int_equal(box.clears, 1);
    assert_true(box.spared);
    assert_int_equal(box.finished, OK);
    assert_int_equal(box.token, 44);
    assert_int_equal(box.holds, 0);
    assert_int_equal(ops_revoke(&box.ops, &d, 0, 45), OK);
    op = sent(MSG_MON_REVOKE_ASK, 8);
    ARRIVE(MON_REVOKE_TOLD, mon_revoke_told, .from = 8, .op = op, .status = E_MARKED);
    assert_int_equal(box.clears, 1);
    assert_int_equal(box.finished, E_MARKED);
    assert_int_equal(box.holds, 0);
    /* The region goes while the request is out: no RELEASE follows the answer. */
    assert_int_equal(ops_revoke(&box.ops, &d, 0, 46), OK);
    op = sent(MSG_MON_REVOKE_ASK, 8);
    box.copies = 0;
    ARRIVE(MON_REVOKE_COPIES, mon_revoke_copies, .from = 8, .op = 3, .base = d.base, .bytes = 4096,
           .type = CAP_FRAME);
    assert_int_equal(sent(MSG_MON_COPIES_DONE, 8), 3);
    uint32_t before = box.sent_count;
    ARRIVE(MON_REVOKE_TOLD, mon_revoke_told, .from = 8, .op = op, .status = E_NO_CAP);
    assert_int_equal(box.finished, E_NO_CAP);
    assert_int_equal(box.sent_count, before);
    assert_int_equal(ops_revoke(&box.ops, &d, 0, 47), E_NO_CAP);
}

void test_revoke_holder(void **state)
{
    struct cap_description d = foreign_frame(0);

    (void)state;
    box.copies = 0;
    ARRIVE(MON_REVOKE_COPIES, mon_revoke_copies, .from = 8, .op = 0x99, .base = d.base,
           .bytes = 4096, .type = CAP_FRAME);
    assert_int_equal(sent(MSG_MON_COPIES_DONE, 8), 0x99);
    assert_int_equal(box.cleared_owner, 8);
    assert_int_equal(box.cleared.base, d.base);
    assert_false(box.spared);
    assert_false(box.ops.foreign[0].used);
    /* Rule 7: also with nothing to delete. */
    ARRIVE(MON_REVOKE_COPIES, mon_revoke_copies, .from = 8, .op = 0x9a, .base = d.base,
           .bytes = 4096, .type = CAP_FRAME);
    assert_int_equal(sent(MSG_MON_COPIES_DONE, 8), 0x9a);
    uint32_t before = box.sent_count;
    ARRIVE(MON_REVOKE_COPIES, mon_revoke_copies, .from = 8, .base = d.base, .type = CAP_FRAME);
    ARRIVE(MON_REVOKE_COPIES, mon_revoke_copies, .from = 8, .base = d.base, .bytes = UINT64_MAX,
           .type = CAP_FRAME);
    ARRIVE(MON_REVOKE_COPIES, mon_revoke_copies, .from = 8, .base = d.base, .bytes = 4096,
           .type = CAP_TYPE_COUNT);
    assert_int_equal(box.sent_count, before);
    assert_int_equal(box.ops.dropped, 3);
}

/* Rules 22, 23, 24: the minting core 70 holds the untagged; 5 has the tag. */
void test_revoke_tag(void **state)
{
    struct cap_description d = own_frame();
    struct region_key all = {d.base, d.bytes, 0, CAP_FRAME}, tagged = all;

    (void)state;
    tagged.tag = TAG;
    give(70, &d);
    d.tag = TAG;
    give(5, &d);
    d.tag = 0;
    assert_int_equal(ops_revoke(&box.ops, &d, TAG, 3), OK);
    uint32_t op = sent(MSG_MON_REVOKE_COPIES, 70);
    assert_int_equal(box.sent[box.sent_count - 2].type, MSG_MON_REVOKE_COPIES);
    assert_int_equal(ops_revoke(&box.ops, &d, 0, 4), E_BUSY);
    assert_int_equal(ops_revoke(&box.ops, &d, TAG, 4), E_MARKED);
    assert_int_equal(ops_transfer(&box.ops, 6, &d, 0), OK); /* the untagged may go on */
    ARRIVE(MON_TAKEN, mon_taken, .from = 6, .op = sent(MSG_MON_GRANT, 6), .status = E_NO_SLOT);
    d.tag = TAG;
    assert_int_equal(ops_transfer(&box.ops, 6, &d, 0), E_MARKED);
    done(70, op);
    done(5, op);
    assert_int_equal(box.token, 3);
    assert_null(holders_find(&box.ops.holders, &tagged));
    /* Core 70 answered and is still in the set of the untagged: it releases that itself. */
    assert_true(holders_held(&box.ops.holders, holders_find(&box.ops.holders, &all), 70));
}

/* Rule 28: what never left this core is revoked without a message. */
void test_revoke_local(void **state)
{
    struct cap_description d = foreign_frame(0), tagged = d;
    uint32_t mine = CORE << 20 | 9;

    (void)state;
    uint32_t before = box.sent_count;
    assert_int_equal(ops_revoke(&box.ops, &d, mine, 21), OK);
    assert_int_equal(box.sent_count, before);
    assert_int_equal(box.token, 21);
    assert_int_equal(box.cleared.tag, mine);
    tagged.tag = mine;
    assert_int_equal(ops_transfer(&box.ops, 9, &tagged, 0), OK);
    sent(MSG_MON_GRANT_ASK, 8);
    assert_int_equal(ops_revoke(&box.ops, &d, mine, 22), OK);
    uint32_t op = sent(MSG_MON_REVOKE_ASK, 8);
    ARRIVE(MON_REVOKE_TOLD, mon_revoke_told, .from = 8, .op = op);
    before = box.sent_count;
    assert_int_equal(ops_revoke(&box.ops, &d, mine, 23), OK);
    assert_int_equal(box.sent_count, before);
    tagged.tag = mine + 1;
    assert_int_equal(ops_transfer(&box.ops, 9, &tagged, 0), OK);
    tagged.tag = mine + 2;
    assert_int_equal(ops_transfer(&box.ops, 10, &tagged, 0), OK);
    tagged.tag = mine + 3;
    assert_int_equal(ops_transfer(&box.ops, 11, &tagged, 0), E_LIMIT);
}

/* Rules 15, 16, 26: a part's revoke is taken over by the whole's. */
void test_revoke_join(void **state)
{
    struct cap_description d = own_frame(), part;

    (void)state;
    d.bytes = 8192;
    part = d;
    part.bytes = 4096;
    give(5, &d);
    give(7, &part);
    ARRIVE(MON_REVOKE_ASK, mon_revoke_ask, .from = 7, .op = 0x31, .base = d.base, .bytes = 4096,
           .type = CAP_FRAME);
    uint32_t first = sent(MSG_MON_REVOKE_COPIES, 5); /* who holds the whole may have parts */
    assert_int_equal(ops_revoke(&box.ops, &d, 0, 8), OK);
    uint32_t second = sent(MSG_MON_REVOKE_COPIES, 7);
    assert_int_not_equal(first, second);
    bool gone = false;
    for (uint32_t i = 0; i < box.sent_count; i++)
        gone |= box.sent[i].type == MSG_MON_REVOKE_TOLD &&
                (box.sent[i].word[1] & UINT32_MAX) == E_NO_CAP && box.sent[i].word[0] >> 32 == 0x31;
    assert_true(gone);
    done(5, first);
    done(5, second);
    uint32_t finished = box.finished_count;
    done(7, second);
    assert_int_equal(box.finished_count, finished + 1);
    assert_int_equal(box.ops.holders.used_count, 0);
    assert_int_equal(box.holds, 0);
}

/* Rule 16: no credit, no message; and no answer counts that was not asked for. */
void test_revoke_credit(void **state)
{
    struct cap_description d = own_frame();

    (void)state;
    give(5, &d);
    uint32_t before = box.sent_count, finished = box.finished_count;
    box.no_credit = true;
    assert_int_equal(ops_revoke(&box.ops, &d, 0, 8), OK);
    ops_credit(&box.ops, 5);
    assert_int_equal(box.sent_count, before);
    done(5, 1u << 16);
    assert_int_equal(box.finished_count, finished);
    box.no_credit = false;
    ops_credit(&box.ops, 6);
    assert_int_equal(box.sent_count, before);
    ops_credit(&box.ops, 5);
    ops_credit(&box.ops, 5);
    assert_int_equal(box.sent_count, before + 1);
    done(5, sent(MSG_MON_REVOKE_COPIES, 5));
    assert_int_equal(box.finished_count, finished + 1);
}

/* Rule 37, as the owner: a target, an asker, a requester, a holder that was asked. */
void test_death_owner(void **state)
{
    struct cap_description d = own_frame();

    (void)state;
    give(5, &d);
    assert_int_equal(ops_transfer(&box.ops, 6, &d, 77), OK);
    uint32_t op = sent(MSG_MON_GRANT, 6);
    ops_core_died(&box.ops, 6);
    assert_int_equal(box.finished, E_PEER);
    assert_int_equal(box.token, 77);
    ARRIVE(MON_TAKEN, mon_taken, .from = 6, .op = op, .holds = 1);
    assert_int_equal(box.ops.dropped, 1);
    assert_int_equal(ops_transfer(&box.ops, 6, &d, 0), E_PEER);
    give(7, &d);
    ask(5, 0, 0);
    sent(MSG_MON_REVOKE_COPIES, 7);
    uint32_t before = box.sent_count;
    ops_core_died(&box.ops, 5); /* who asked: nobody is told, and it goes on */
    assert_int_equal(box.holds, 1);
    ops_core_died(&box.ops, 7);
    assert_int_equal(box.holds, 0);
    assert_int_equal(box.sent_count, before);
    assert_int_equal(box.ops.holders.used_count, 0);
    ops_core_started(&box.ops, 6);
    assert_int_equal(ops_transfer(&box.ops, 6, &d, 0), OK);
}

/* And as a holder of what a dead core owned. */
void test_death_holder(void **state)
{
    struct cap_description d = foreign_frame(0);

    (void)state;
    assert_int_equal(ops_revoke(&box.ops, &d, 0, 44), OK);
    box.copies = 0;
    ops_core_died(&box.ops, 8);
    assert_int_equal(box.finished, E_PEER);
    assert_int_equal(box.holds, 0);
    assert_false(box.ops.foreign[0].used);
    ops_core_died(&box.ops, CORE);
    ops_core_died(&box.ops, CORES);
    ops_core_started(&box.ops, CORES);
}
