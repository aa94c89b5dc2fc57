/* Helpers of the URPC tests: see pair.h. */
#include "pair.h"

#include <string.h>

void pair_init(struct pair *p, uint32_t lines, const struct urpc_protocol *protocol,
               const struct urpc_home *home[2], const uint64_t bell[2])
{
    memset(p, 0, sizeof *p);
    for (int i = 0; i < 2; i++) {
        struct channel_binding b = {
            .tx = p->memory[i],
            .rx = p->memory[1 - i],
            .bytes = (lines + 1) * LINE_BYTES,
            .epoch = 7,
            .protocol = protocol,
            .home = home != NULL ? home[i] : NULL,
            .bell = bell != NULL ? bell[i] : 0,
        };
        assert_int_equal(channel_init(&p->side[i], &b), OK);
        assert_int_equal(p->side[i].tx.mask + 1, lines);
    }
}

void pair_advance(struct pair *p, uint64_t turns)
{
    for (int i = 0; i < 2; i++) {
        struct channel *c = &p->side[i];
        uint64_t lines = c->tx.mask + 1;
        c->tx.next = c->acked = turns * lines;
        c->rx.next = turns * lines - 1;
        ring_advance(&c->rx);
        for (uint64_t k = 0; k < lines; k++)
            pair_line(p, i, k)->head = (turns & HEAD_LAP_MASK) << HEAD_LAP_SHIFT;
    }
}

struct urpc_line *pair_line(struct pair *p, int writer, uint64_t position)
{
    struct ring_sender *tx = &p->side[writer].tx;
    return &tx->line[position & tx->mask];
}

void word_send(struct channel *c, uint32_t type, uint64_t word, enum status expected)
{
    assert_int_equal(channel_send(c, type, &word, 1), expected);
}

void word_receive(struct channel *c, uint32_t type, uint64_t word)
{
    struct urpc_message m;
    assert_int_equal(channel_receive(c, &m), OK);
    assert_int_equal(m.type, type);
    assert_int_equal(m.word[0], word);
}

void receive_nothing(struct channel *c, enum status expected)
{
    struct urpc_message m, before;
    memset(&m, 0x5a, sizeof m);
    before = m;
    assert_int_equal(channel_receive(c, &m), expected);
    assert_memory_equal(&m, &before, sizeof m);
}

uint64_t random_next(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 0x2545f4914f6cdd1dull;
}
