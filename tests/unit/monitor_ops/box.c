/* The box: see box.h. */
#include "box.h"

struct box box;

static void box_send(void *arg, const struct urpc_message *m)
{
    (void)arg;
    assert_true(box.sent_count < BOX);
    box.sent[box.sent_count++] = *m;
}

static enum status box_mark(void *arg, const struct region_key *k, uint32_t row)
{
    (void)arg, (void)k, (void)row;
    box.marks += box.mark_status == OK;
    return box.mark_status;
}

static void box_unmark(void *arg, const struct region_key *k, uint32_t row)
{
    (void)arg, (void)k, (void)row;
    box.unmarks++;
}

static enum status box_accept(void *arg, const struct cap_description *d, uint64_t token)
{
    (void)arg;
    box.accepted = *d;
    box.token = token;
    box.copies += box.accept_status == OK;
    return box.accept_status;
}

static uint32_t box_count(void *arg, const struct region_key *k)
{
    (void)arg, (void)k;
    return box.copies;
}

static void box_finished(void *arg, uint64_t token, enum status s)
{
    (void)arg;
    box.token = token;
    box.finished = s;
    box.finished_count++;
}

static void box_unshared(void *arg, const struct region_key *k)
{
    (void)arg, (void)k;
    box.unshared_count++;
}

static void box_hold(void *arg, uint32_t number, const struct region_key *k)
{
    (void)arg, (void)number;
    box.held = *k;
    box.holds++;
}

static void box_unhold(void *arg, uint32_t number)
{
    (void)arg, (void)number;
    box.holds--;
}

static void box_clear(void *arg, const struct region_key *k, uint32_t owner, const uint64_t *token)
{
    (void)arg;
    box.cleared = *k;
    box.cleared_owner = owner;
    box.spared = token != NULL;
    box.clears++;
}

static bool box_credit(void *arg, uint32_t core)
{
    (void)arg, (void)core;
    return !box.no_credit;
}

static const struct ops_host box_host = {.send = box_send,
                                         .mark = box_mark,
                                         .unmark = box_unmark,
                                         .accept = box_accept,
                                         .count = box_count,
                                         .hold = box_hold,
                                         .unhold = box_unhold,
                                         .clear = box_clear,
                                         .credit = box_credit,
                                         .finished = box_finished,
                                         .unshared = box_unshared};

int start(void **state)
{
    struct ops_limits limits = {
        .core_count = CORES, .holders = 2, .foreign = 2, .transfers = 3, .revokes = 3, .tags = 2};

    (void)state;
    box = (struct box){.memory = calloc(1, ops_bytes(&limits))};
    assert_non_null(box.memory);
    ops_init(&box.ops, CORE, &limits, &box_host, NULL, box.memory);
    return 0;
}

int stop(void **state)
{
    (void)state;
    free(box.memory);
    return 0;
}

struct cap_description frame(uint32_t i, uint32_t owner)
{
    return (struct cap_description){.base = 0x100000 * (i + 1ull),
                                    .bytes = 4096,
                                    .type = CAP_FRAME,
                                    .rights = RIGHT_READ,
                                    .owner = (uint16_t)owner};
}

uint32_t sent(uint32_t type, uint32_t to)
{
    const struct urpc_message *m = &box.sent[box.sent_count - 1];

    assert_true(box.sent_count > 0);
    assert_int_equal(m->type, type);
    assert_int_equal(routed_to(m), to);
    assert_int_equal(m->word[0] >> 16 & 0xffff, CORE);
    return (uint32_t)(m->word[0] >> 32);
}
