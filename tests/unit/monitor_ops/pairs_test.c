/* Every (state, event) pair of the transfer, release and revoke machines against a table of what the
 * drawings in their headers say; what is not in the table must be refused and change nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ops/ops.h"
#include "pairs_test.h"

/* ---- The machines ---- */

struct expected {
    uint32_t state, event, next;
    uint32_t out[OUTBOX_MAX + 1]; /* enum out_kind + 1, 0 ends */
};
#define T(name) TRANSFER_STATE_##name
#define TE(name) TRANSFER_EVENT_##name
#define O(name) (OUT_##name + 1)

static const struct expected transfer_table[] = {
    {T(FREE), TE(START), T(MARKING), {O(MARK)}},
    {T(FREE), TE(ASK), T(ASKED), {O(ASK)}},
    {T(FREE), TE(GRANT), T(TAKING), {O(ACCEPT)}},
    {T(MARKING), TE(MARKED), T(GRANTED), {O(OPEN), O(GRANT)}},
    {T(MARKING), TE(UNMARKED), T(FREE), {O(FINISH)}},
    {T(GRANTED), TE(TAKEN), T(FREE), {O(CLOSE), O(FINISH)}},
    {T(ASKED), TE(TOLD), T(FREE), {O(FINISH)}},
    {T(GRANTED), TE(DIED), T(FREE), {O(CLOSE), O(FINISH)}},
    {T(ASKED), TE(DIED), T(FREE), {O(FINISH)}},
    {T(TAKING), TE(ACCEPTED), T(FREE), {O(TAKEN)}},
};

#define R(name) RELEASE_STATE_##name
#define RE(name) RELEASE_EVENT_##name

static const struct expected release_table[] = {
    {R(NONE), RE(ACCEPTED), R(HELD), {0}},
    {R(HELD), RE(ACCEPTED), R(HELD), {0}},
    {R(HELD), RE(DELETED), R(HELD), {O(COUNT)}},
    {R(HELD), RE(SOME), R(HELD), {0}},
    {R(HELD), RE(NONE), R(NONE), {O(RELEASE), O(FORGET)}},
    {R(HELD), RE(REQUEST), R(ASKING), {0}},
    {R(ASKING), RE(ACCEPTED), R(ASKING), {0}},
    {R(ASKING), RE(DELETED), R(ASKING), {O(COUNT)}},
    {R(ASKING), RE(SOME), R(ASKING), {0}},
    {R(ASKING), RE(NONE), R(OWING), {0}},
    {R(ASKING), RE(ANSWER), R(HELD), {O(COUNT)}},
    {R(OWING), RE(ACCEPTED), R(ASKING), {0}},
    {R(OWING), RE(DELETED), R(OWING), {O(COUNT)}},
    {R(OWING), RE(SOME), R(ASKING), {0}},
    {R(OWING), RE(NONE), R(OWING), {0}},
    {R(OWING), RE(ANSWER), R(NONE), {O(RELEASE), O(FORGET)}},
    {R(HELD), RE(DIED), R(NONE), {O(FORGET)}},
    {R(ASKING), RE(DIED), R(NONE), {O(FORGET)}},
    {R(OWING), RE(DIED), R(NONE), {O(FORGET)}},
    {R(LOST), RE(DIED), R(NONE), {O(FORGET)}},
    {R(HELD), RE(REVOKED), R(NONE), {O(FORGET)}},
    {R(ASKING), RE(REVOKED), R(LOST), {0}},
    {R(OWING), RE(REVOKED), R(LOST), {0}},
    {R(LOST), RE(ACCEPTED), R(ASKING), {0}},
    {R(LOST), RE(DELETED), R(LOST), {O(COUNT)}},
    {R(LOST), RE(SOME), R(ASKING), {0}},
    {R(LOST), RE(NONE), R(LOST), {0}},
    {R(LOST), RE(ANSWER), R(NONE), {O(FORGET)}},
    {R(LOST), RE(REVOKED), R(LOST), {0}},
};

#define V(name) REVOKE_STATE_##name
#define VE(name) REVOKE_EVENT_##name

static const struct expected revoke_table[] = {
    {V(FREE), VE(START), V(CLEARING), {O(HOLD), O(JOIN), O(CLEAR)}},
    {V(FREE), VE(ASK), V(ASKED), {O(HOLD), O(REVOKE_ASK)}},
    {V(FREE), VE(LOCAL), V(ENDING), {O(HOLD), O(CLEAR)}},
    {V(CLEARING), VE(CLEARED), V(WAITING), {O(SEND), O(WAITED)}},
    {V(WAITING), VE(ANSWER), V(WAITING), {O(WAITED)}},
    {V(WAITING), VE(ALL), V(FREE), {O(UNHOLD), O(REVOKED)}},
    {V(WAITING), VE(GONE), V(LOST), {O(REVOKED)}},
    {V(LOST), VE(ANSWER), V(LOST), {O(WAITED)}},
    {V(LOST), VE(ALL), V(FREE), {O(UNHOLD)}},
    {V(LOST), VE(GONE), V(LOST), {0}},
    {V(ASKED), VE(TOLD), V(ENDING), {O(CLEAR)}},
    {V(ASKED), VE(REFUSED), V(FREE), {O(UNHOLD), O(ANSWERED), O(FINISH)}},
    {V(ASKED), VE(DIED), V(FREE), {O(UNHOLD), O(ANSWERED), O(FINISH)}},
    {V(WAITING), VE(DIED), V(LOST), {0}},
    {V(LOST), VE(DIED), V(LOST), {0}},
    {V(ENDING), VE(CLEARED), V(FREE), {O(UNHOLD), O(ANSWERED), O(FINISH)}},
};

static const struct expected *find(const struct expected *table, size_t count, uint32_t state,
                                   uint32_t event)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].state == state && table[i].event == event)
            return &table[i];
    return NULL;
}

static void check_out(const struct outbox *out, const struct expected *e, bool for_asker)
{
    uint32_t i = 0;

    for (; i < out->count; i++) {
        uint32_t want = e->out[i];
        if (for_asker && want == O(FINISH))
            want = O(TOLD);
        assert_int_equal(out->entry[i].kind + 1, want);
    }
    assert_int_equal(e->out[i], 0);
}

static void transfer_pair_check(uint32_t state, uint32_t event, bool for_asker)
{
    const struct expected *e =
        find(transfer_table, sizeof(transfer_table) / sizeof(transfer_table[0]), state, event);
    struct transfer t = {.state = (enum transfer_state)state, .for_asker = for_asker};
    struct transfer before = t;
    struct transfer_input in = {(enum transfer_event)event, E_BUSY, true};
    struct outbox out = {.count = 0};
    enum status s = transfer_step(&t, &in, &out);

    assert_int_equal(s, e ? OK : E_PROTOCOL);
    if (!e) {
        assert_memory_equal(&t, &before, sizeof(t));
        assert_int_equal(out.count, 0);
        return;
    }
    assert_int_equal(t.state, e->next);
    check_out(&out, e, for_asker);
    for (uint32_t i = 0; i < out.count; i++) {
        enum out_kind kind = out.entry[i].kind;
        if (kind == OUT_CLOSE || kind == OUT_TAKEN)
            assert_int_equal(out.entry[i].holds, event != TE(DIED));
        if (kind == OUT_FINISH || kind == OUT_TOLD || kind == OUT_TAKEN)
            assert_int_equal(out.entry[i].status, event == TE(DIED) ? E_PEER : E_BUSY);
    }
}

void test_transfer_pairs(void **state)
{
    uint32_t legal = 0;

    (void)state;
    for (uint32_t s = 0; s < TRANSFER_STATE_COUNT; s++)
        for (uint32_t e = 0; e < TRANSFER_EVENT_COUNT; e++) {
            transfer_pair_check(s, e, false);
            transfer_pair_check(s, e, true);
            legal +=
                transfer_pair((enum transfer_state)s, (enum transfer_event)e) != TRANSFER_ILLEGAL;
        }
    assert_int_equal(legal, sizeof(transfer_table) / sizeof(transfer_table[0]));
    assert_int_equal(transfer_pair(TRANSFER_STATE_COUNT, TE(START)), TRANSFER_ILLEGAL);
    assert_int_equal(transfer_pair(T(FREE), TRANSFER_EVENT_COUNT), TRANSFER_ILLEGAL);
}

static void release_pair_check(uint32_t state, uint32_t event)
{
    const struct expected *e =
        find(release_table, sizeof(release_table) / sizeof(release_table[0]), state, event);
    struct foreign f = {.state = (enum release_state)state, .used = true};
    struct outbox out = {.count = 0};
    enum status s = release_step(&f, (enum release_event)event, &out);

    assert_int_equal(s, e ? OK : E_PROTOCOL);
    assert_int_equal(f.state, e ? e->next : state);
    if (e)
        check_out(&out, e, false);
    else
        assert_int_equal(out.count, 0);
}

void test_release_pairs(void **state)
{
    uint32_t legal = 0;

    (void)state;
    for (uint32_t s = 0; s < RELEASE_STATE_COUNT; s++)
        for (uint32_t e = 0; e < RELEASE_EVENT_COUNT; e++) {
            release_pair_check(s, e);
            legal += release_pair((enum release_state)s, (enum release_event)e) != RELEASE_ILLEGAL;
        }
    assert_int_equal(legal, sizeof(release_table) / sizeof(release_table[0]));
    assert_int_equal(release_pair(RELEASE_STATE_COUNT, RE(NONE)), RELEASE_ILLEGAL);
    assert_int_equal(release_pair(R(HELD), RELEASE_EVENT_COUNT), RELEASE_ILLEGAL);
}

static void revoke_pair_check(uint32_t state, uint32_t event)
{
    const struct expected *e =
        find(revoke_table, sizeof(revoke_table) / sizeof(revoke_table[0]), state, event);
    struct revoke r = {.state = (enum revoke_state)state}, before = r;
    struct revoke_input in = {(enum revoke_event)event, E_BUSY};
    struct outbox out = {.count = 0};
    enum status s = revoke_step(&r, &in, &out);

    assert_int_equal(s, e ? OK : E_PROTOCOL);
    if (!e) {
        assert_memory_equal(&r, &before, sizeof(r));
        assert_int_equal(out.count, 0);
        return;
    }
    assert_int_equal(r.state, e->next);
    check_out(&out, e, false);
    for (uint32_t i = 0; i < out.count; i++) {
        if (out.entry[i].kind == OUT_FINISH)
            assert_int_equal(out.entry[i].status,
                             event == VE(REFUSED) || event == VE(DIED) ? E_BUSY : OK);
        if (out.entry[i].kind == OUT_REVOKED)
            assert_int_equal(out.entry[i].status, event == VE(GONE) ? E_NO_CAP : OK);
    }
}

void test_revoke_pairs(void **state)
{
    uint32_t legal = 0;

    (void)state;
    for (uint32_t s = 0; s < REVOKE_STATE_COUNT; s++)
        for (uint32_t e = 0; e < REVOKE_EVENT_COUNT; e++) {
            revoke_pair_check(s, e);
            legal += revoke_pair((enum revoke_state)s, (enum revoke_event)e) != REVOKE_ILLEGAL;
        }
    assert_int_equal(legal, sizeof(revoke_table) / sizeof(revoke_table[0]));
    assert_int_equal(revoke_pair(REVOKE_STATE_COUNT, VE(START)), REVOKE_ILLEGAL);
    assert_int_equal(revoke_pair(V(FREE), REVOKE_EVENT_COUNT), REVOKE_ILLEGAL);
}
