/* Rings and credits with honest peers: every length of ring, full and empty, wrap of ring, lap and
 * acknowledgement counter, one-way streams, pure acknowledgements, closing, and seeded runs of both
 * sides against an order model. */
#include "pair.h"

static struct pair pair;

static void lengths(void **state)
{
    (void)state;
    for (uint32_t lines = URPC_LINES_MIN; lines <= URPC_LINES_MAX; lines *= 2) {
        pair_init(&pair, lines, NULL, NULL, NULL);
        assert_int_equal(channel_credits(&pair.side[0]), lines - 1);
    }
    struct channel c;
    struct channel_binding b = {
        .tx = pair.memory[0], .rx = pair.memory[1], .bytes = URPC_FRAME_BYTES};
    assert_int_equal(channel_init(&c, &b), OK);
    assert_int_equal(c.tx.mask, 31);
    b.lines = 8;
    assert_int_equal(channel_init(&c, &b), OK);
    assert_int_equal(c.tx.mask, 7);
    static const uint32_t bad[] = {1, 4, 9, 63, 64, 2048, 0x80000000u};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        b.lines = bad[i];
        assert_int_equal(channel_init(&c, &b), E_ARGUMENT);
    }
    b.lines = 0;
    b.bytes = LINE_BYTES * 8;
    assert_int_equal(channel_init(&c, &b), E_ARGUMENT);
    b.bytes = URPC_FRAME_BYTES;
    b.rx = pair.memory[1] + 8;
    assert_int_equal(channel_init(&c, &b), E_ARGUMENT);
}

static void full_and_empty(void **state)
{
    (void)state;
    pair_init(&pair, 8, NULL, NULL, NULL);
    receive_nothing(&pair.side[1], E_EMPTY);
    for (uint64_t i = 0; i < 7; i++)
        word_send(&pair.side[0], 3, i, OK);
    word_send(&pair.side[0], 3, 99, E_FULL);
    for (uint64_t i = 0; i < 3; i++)
        word_receive(&pair.side[1], 3, i);
    receive_nothing(&pair.side[0], E_EMPTY); /* three of eight: not yet worth an acknowledgement */
    assert_false(channel_can_send(&pair.side[0]));
    word_receive(&pair.side[1], 3, 3);
    receive_nothing(&pair.side[0], E_EMPTY);
    assert_int_equal(channel_credits(&pair.side[0]), 4);
    for (uint64_t i = 4; i < 7; i++)
        word_receive(&pair.side[1], 3, i);
    receive_nothing(&pair.side[1], E_EMPTY);
}

static void arguments(void **state)
{
    (void)state;
    uint64_t word[8] = {0};
    pair_init(&pair, 8, NULL, NULL, NULL);
    assert_int_equal(channel_send(&pair.side[0], 0, word, 8), E_ARGUMENT);
    assert_int_equal(channel_send(&pair.side[0], URPC_TYPE_COUNT_MAX, word, 1), E_ARGUMENT);
    assert_int_equal(channel_send(&pair.side[0], UINT32_MAX, word, 1), E_ARGUMENT);
    assert_int_equal(channel_send(&pair.side[0], 0, NULL, 0), OK);
    for (uint64_t i = 0; i < 7; i++)
        word[i] = ~i;
    assert_int_equal(channel_send(&pair.side[0], URPC_TYPE_COUNT_MAX - 1, word, 7), OK);
    struct urpc_message m;
    assert_int_equal(channel_receive(&pair.side[1], &m), OK);
    assert_int_equal(channel_receive(&pair.side[1], &m), OK);
    assert_int_equal(m.type, URPC_TYPE_COUNT_MAX - 1);
    assert_memory_equal(m.word, word, sizeof m.word);
}

/* An end that does not exist yet: what was sent lies there until it does. */
static void early_sender(void **state)
{
    (void)state;
    pair_init(&pair, 8, NULL, NULL, NULL);
    word_send(&pair.side[0], 1, 42, OK);
    struct channel_binding b = {
        .tx = pair.memory[1], .rx = pair.memory[0], .bytes = 9 * LINE_BYTES, .epoch = 7};
    assert_int_equal(channel_init(&pair.side[1], &b), OK);
    word_receive(&pair.side[1], 1, 42);
}

static void one_way(uint32_t lines, uint64_t count)
{
    struct channel *from = &pair.side[0], *to = &pair.side[1];
    uint64_t sent = 0, received = 0;
    while (received < count) {
        while (sent < count && channel_can_send(from))
            word_send(from, 1, sent++, OK);
        struct urpc_message m;
        while (channel_receive(to, &m) == OK)
            assert_int_equal(m.word[0], received++);
        receive_nothing(from, E_EMPTY);
        assert_true(channel_can_send(from));
        assert_true(to->tx.next - to->acked <= 1); /* at most one pure acknowledgement in flight */
    }
    assert_true(from->tx.next - from->acked <= lines / 2);
}

static void one_way_streams(void **state)
{
    (void)state;
    for (uint32_t lines = URPC_LINES_MIN; lines <= URPC_LINES_MAX; lines *= 2) {
        pair_init(&pair, lines, NULL, NULL, NULL);
        one_way(lines, 100000); /* the 16-bit acknowledgement wraps */
    }
}

static void lap_wrap(void **state)
{
    (void)state;
    for (uint64_t before = 0; before < 3; before++) {
        pair_init(&pair, 8, NULL, NULL, NULL);
        pair_advance(&pair, (1u << 24) - before);
        pair.side[0].bound = pair.side[1].bound = true;
        one_way(8, 100);
        word_send(&pair.side[1], 2, 5, OK);
        word_receive(&pair.side[0], 2, 5);
        assert_false(channel_dead(&pair.side[0]) || channel_dead(&pair.side[1]));
    }
}

static void both_full(void **state)
{
    (void)state;
    pair_init(&pair, 8, NULL, NULL, NULL);
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 2; i++)
            while (channel_can_send(&pair.side[i]))
                word_send(&pair.side[i], 1, 1, OK);
        struct urpc_message m;
        for (int i = 0; i < 2; i++)
            while (channel_receive(&pair.side[i], &m) == OK)
                ;
        receive_nothing(&pair.side[0], E_EMPTY);
        assert_true(channel_can_send(&pair.side[0]) && channel_can_send(&pair.side[1]));
    }
}

static void ping_pong_needs_no_pure_ack(void **state)
{
    (void)state;
    pair_init(&pair, 8, NULL, NULL, NULL);
    for (uint64_t i = 0; i < 100000; i++) {
        word_send(&pair.side[0], 1, i, OK);
        word_receive(&pair.side[1], 1, i);
        word_send(&pair.side[1], 2, i, OK);
        word_receive(&pair.side[0], 2, i);
    }
    assert_int_equal(pair.side[0].tx.next, 100000);
    assert_int_equal(pair.side[1].tx.next, 100000);
}

static void closing(void **state)
{
    (void)state;
    pair_init(&pair, 8, NULL, NULL, NULL);
    while (channel_can_send(&pair.side[0])) /* the last line of all is kept for this */
        word_send(&pair.side[0], 1, 6, OK);
    channel_close(&pair.side[0]);
    word_send(&pair.side[0], 1, 6, E_PEER);
    receive_nothing(&pair.side[0], E_PEER);
    for (int i = 0; i < 7; i++)
        word_receive(&pair.side[1], 1, 6);
    receive_nothing(&pair.side[1], E_PEER);
    word_send(&pair.side[1], 1, 6, E_PEER);
    channel_kill(&pair.side[1], E_PROTOCOL);
    receive_nothing(&pair.side[1], E_PEER); /* the first reason stays */
}

/* Both sides act at random; the model is two counters a direction. */
static void random_run(uint64_t seed, uint32_t lines)
{
    uint64_t random = seed, sent[2] = {0, 0}, received[2] = {0, 0};
    pair_init(&pair, lines, NULL, NULL, NULL);
    for (int step = 0; step < 60000; step++) {
        uint64_t r = random_next(&random);
        int me = (int)(r >> 8 & 1);
        struct channel *c = &pair.side[me];
        if ((r >> 16) % 5 < 2 + (r >> 40) % 2) {
            enum status expected = c->tx.next - c->acked < lines - 1 ? OK : E_FULL;
            word_send(c, (uint32_t)(sent[me] % 1000), sent[me], expected);
            sent[me] += expected == OK;
        } else if (received[1 - me] < sent[1 - me]) {
            word_receive(c, (uint32_t)(received[1 - me] % 1000), received[1 - me]);
            received[1 - me]++;
        } else {
            receive_nothing(c, E_EMPTY);
        }
        assert_true(c->tx.next - c->acked <= lines);
        assert_true(c->acked <= pair.side[1 - me].rx.next);
        assert_true(c->tx.next - sent[me] <= sent[1 - me] / (lines / 2));
    }
    assert_true(received[0] > 1000 && received[1] > 1000);
}

static void random_runs(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++)
        random_run(seed, seed % 3 == 0 ? 32 : seed % 3 == 1 ? 8 : 128);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths),         cmocka_unit_test(full_and_empty),
        cmocka_unit_test(arguments),       cmocka_unit_test(early_sender),
        cmocka_unit_test(one_way_streams), cmocka_unit_test(lap_wrap),
        cmocka_unit_test(both_full),       cmocka_unit_test(ping_pong_needs_no_pure_ack),
        cmocka_unit_test(closing),         cmocka_unit_test(random_runs),
    };
    return cmocka_run_group_tests_name("urpc channel", tests, NULL, NULL);
}
