/* A peer that lies: every field of the header and of the control line, and noise. The channel dies
 * with E_PROTOCOL, stays dead, and nothing else is touched (ASan watches). side[0] is the liar,
 * whose memory the test writes; side[1] is honest. */
#include "pair.h"

#include <string.h>

static const struct urpc_row rows[] = {{"A", 8}, {"B", 8}, {"C", 8}};
static const struct urpc_protocol protocol = {"liar", rows, 3};
static struct pair pair;

static void begin(void)
{
    pair_init(&pair, 8, &protocol, NULL, NULL);
    word_send(&pair.side[1], 0, 1, OK);
    word_send(&pair.side[1], 0, 2, OK);
}

static void forge(uint64_t position, uint16_t wire, uint8_t flags, uint16_t ack, uint32_t lap)
{
    struct urpc_line *line = pair_line(&pair, 0, position);
    memset(line->word, 0xa5, sizeof line->word);
    line->head = head_make(wire, flags, ack) | (uint64_t)(lap & HEAD_LAP_MASK) << HEAD_LAP_SHIFT;
}

static void expect_dead(void)
{
    struct channel *c = &pair.side[1];
    uint64_t sent = c->tx.next;
    receive_nothing(c, E_PROTOCOL);
    assert_true(channel_dead(c) && channel_ready(c));
    assert_false(channel_can_send(c));
    forge(0, 1, 0, 0, 1); /* repenting does not help */
    receive_nothing(c, E_PROTOCOL);
    word_send(c, 0, 3, E_PROTOCOL);
    assert_int_equal(c->tx.next, sent);
}

static void truth_is_accepted(void **state)
{
    (void)state;
    for (uint16_t ack = 0; ack <= 2; ack++) {
        begin();
        forge(0, 3, 0, ack, 1);
        struct urpc_message m;
        assert_int_equal(channel_receive(&pair.side[1], &m), OK);
        assert_int_equal(m.type, 2);
        assert_int_equal(channel_credits(&pair.side[1]), 5 + ack);
    }
}

static void lap_lies(void **state)
{
    (void)state;
    for (uint32_t bit = 0; bit < 24; bit++) {
        begin();
        forge(0, 1, 0, 0, 1 ^ 1u << bit);
        if (bit == 0) /* lap 0: nothing there yet */
            receive_nothing(&pair.side[1], E_EMPTY);
        else
            expect_dead();
    }
    begin(); /* overrun: the next turn is written over lines not yet read */
    forge(0, 1, 0, 0, 2);
    expect_dead();
}

static void ack_lies(void **state)
{
    (void)state;
    for (uint32_t ack = 3; ack <= 0xffff; ack += ack < 64 ? 1 : 97) {
        begin();
        forge(0, 1, 0, (uint16_t)ack, 1);
        expect_dead();
    }
    begin();
    forge(0, 1, 0, 0xffff, 1);
    expect_dead();
    begin(); /* an acknowledgement taken back */
    forge(0, 1, 0, 2, 1);
    forge(1, 1, 0, 1, 1);
    struct urpc_message m;
    assert_int_equal(channel_receive(&pair.side[1], &m), OK);
    expect_dead();
}

static void type_lies(void **state)
{
    (void)state;
    for (uint32_t wire = 4; wire < 0xffff; wire += wire < 64 ? 1 : 89) {
        begin();
        forge(0, (uint16_t)wire, 0, 0, 1);
        expect_dead();
    }
    begin();
    forge(0, 0xfffe, 0, 0, 1);
    expect_dead();
}

static void flag_lies(void **state)
{
    (void)state;
    for (uint32_t flags = 1; flags < 256; flags++) {
        begin();
        forge(0, 1, (uint8_t)flags, 0, 1);
        expect_dead();
    }
}

static void empty_pure_acks(void **state)
{
    (void)state;
    begin();
    forge(0, 0, 0, 0, 1); /* a pure acknowledgement of nothing */
    expect_dead();
    begin();
    forge(0, 0, 0, 1, 1);
    forge(1, 0, 0, 2, 1);
    forge(2, 0, 0, 2, 1);
    expect_dead();
}

static void control_line_lies(void **state)
{
    (void)state;
    for (int field = 0; field < 4; field++) {
        begin();
        struct urpc_control *control = (struct urpc_control *)pair.memory[0];
        uint32_t *word = field == 0   ? &control->magic
                         : field == 1 ? &control->line_count
                         : field == 2 ? &control->epoch
                                      : &control->protocol;
        *word ^= 0x100;
        forge(0, 1, 0, 0, 1);
        expect_dead();
    }
}

/* The peer floods: sends more than its credits, never reads. Only its own channel suffers. */
static void flood(void **state)
{
    (void)state;
    begin();
    for (uint64_t i = 0; i < 5000; i++) {
        forge(i, 1, 0, 0, (uint32_t)(i / 8) + 1);
        struct urpc_message m;
        assert_int_equal(channel_receive(&pair.side[1], &m), OK);
        assert_true(pair.side[1].tx.next <= 8);
    }
    word_send(&pair.side[1], 0, 1, E_FULL);
}

static void noise(void **state)
{
    (void)state;
    uint64_t random = 0x5eed;
    for (int run = 0; run < 20000; run++) {
        begin();
        size_t writes = 1 + random_next(&random) % 8;
        for (size_t i = 0; i < writes; i++) {
            uint64_t r = random_next(&random);
            struct urpc_line *line = pair_line(&pair, 0, r >> 8);
            bool likely = (r & 1) != 0;
            line->head = likely
                             ? head_make((uint16_t)((r >> 16) % 6), 0, (uint16_t)((r >> 24) % 4)) |
                                   (1ull + (r >> 32) % 3) << HEAD_LAP_SHIFT
                             : random_next(&random);
        }
        struct urpc_message m;
        for (int i = 0; i < 30; i++) {
            enum status s = channel_receive(&pair.side[1], &m);
            assert_true(s == OK || s == E_EMPTY || s == E_PROTOCOL);
            assert_true(s != OK || m.type < 3);
            s = channel_send(&pair.side[1], 0, &random, 1);
            assert_true(s == OK || s == E_FULL || s == E_PROTOCOL);
            assert_true(pair.side[1].tx.next - pair.side[1].acked <= 8);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truth_is_accepted),
        cmocka_unit_test(lap_lies),
        cmocka_unit_test(ack_lies),
        cmocka_unit_test(type_lies),
        cmocka_unit_test(flag_lies),
        cmocka_unit_test(empty_pure_acks),
        cmocka_unit_test(control_line_lies),
        cmocka_unit_test(flood),
        cmocka_unit_test(noise),
    };
    return cmocka_run_group_tests_name("urpc liar", tests, NULL, NULL);
}
