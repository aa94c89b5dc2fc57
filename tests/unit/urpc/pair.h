/* Two ends of one channel in one process, for tests: `side[0]` and `side[1]`, each direction in a
 * page of its own. */
#ifndef TEST_URPC_PAIR_H
#define TEST_URPC_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <urpc/channel.h>

#include <cmocka.h>

#define PAIR_BYTES (LINE_BYTES * (URPC_LINES_MAX + 1))

struct pair {
    struct channel side[2];
    uint8_t ALIGNED(64) memory[2][PAIR_BYTES]; /* memory[i] is written by side[i] */
};

/* Both ends fresh, with rings of `lines` lines. homes and bells may be NULL. */
void pair_init(struct pair *p, uint32_t lines, const struct urpc_protocol *protocol,
               const struct urpc_home *home[2], const uint64_t bell[2]);

/* As if both ends had already sent and read `turns` turns of their rings. */
void pair_advance(struct pair *p, uint64_t turns);

struct urpc_line *pair_line(struct pair *p, int writer, uint64_t position);

/* Sends one word of type `type`; asserts the status. */
void word_send(struct channel *c, uint32_t type, uint64_t word, enum status expected);

/* Receives one; asserts type and word. */
void word_receive(struct channel *c, uint32_t type, uint64_t word);

/* Asserts that receiving answers `expected` (not OK) and leaves the output alone. */
void receive_nothing(struct channel *c, enum status expected);

/* xorshift64*; never give it 0. */
uint64_t random_next(uint64_t *state);

#endif
