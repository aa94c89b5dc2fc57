/* Rings of one-line messages: one writer, one reader, no shared index (DESIGN section 6).
 *
 * Who writes what: the sender writes lines, the receiver maps them read-only. Whether a line is new
 * is told by the lap in its header: the receiver knows which lap it expects at its next line, and
 * the one before it means "nothing yet".
 * Pairs:  A  ring_send stores line.head, release  <->  ring_head loads it, acquire
 * Lap wraps after 2^24 turns of the ring; harmless, because credits (channel.h) keep at most one
 * turn in flight.
 * Memory that neither side has written is zero: lap 0 is "nothing yet" for the first turn, which
 * has lap 1. */
#ifndef URPC_RING_H
#define URPC_RING_H

#include <skerry/base.h>
#include <stdatomic.h>

#define URPC_WORDS 7u /* payload of one message, in words of 8 bytes */
#define URPC_PAYLOAD_BYTES 56u
#define URPC_LINES_MIN 8u
#define URPC_LINES_MAX 1024u

struct ALIGNED(64) urpc_line {
    uint64_t word[URPC_WORDS];
    _Atomic uint64_t head; /* type:16 | flags:8 | ack:16 | lap:24, from bit 0; stored last */
};
_Static_assert(sizeof(struct urpc_line) == LINE_BYTES, "one message is one line");

enum { HEAD_TYPE_SHIFT = 0, HEAD_FLAGS_SHIFT = 16, HEAD_ACK_SHIFT = 24, HEAD_LAP_SHIFT = 40 };
#define HEAD_LAP_MASK 0xffffffu

static inline uint64_t head_make(uint16_t type, uint8_t flags, uint16_t ack)
{
    return (uint64_t)type << HEAD_TYPE_SHIFT | (uint64_t)flags << HEAD_FLAGS_SHIFT |
           (uint64_t)ack << HEAD_ACK_SHIFT;
}

static inline uint16_t head_type(uint64_t head)
{
    return (uint16_t)(head >> HEAD_TYPE_SHIFT);
}

static inline uint8_t head_flags(uint64_t head)
{
    return (uint8_t)(head >> HEAD_FLAGS_SHIFT);
}

static inline uint16_t head_ack(uint64_t head)
{
    return (uint16_t)(head >> HEAD_ACK_SHIFT);
}

static inline uint32_t head_lap(uint64_t head)
{
    return (uint32_t)(head >> HEAD_LAP_SHIFT);
}

/* Private to the sender. */
struct ring_sender {
    struct urpc_line *line; /* the ring */
    uint64_t next;          /* lines sent so far */
    uint32_t mask;          /* lines - 1 */
    uint32_t shift;         /* log2 of lines */
};

/* Private to the receiver. */
struct ring_receiver {
    const struct urpc_line *at;   /* the line to be read next */
    uint32_t lap_idle;            /* the lap that says "nothing yet" there */
    uint32_t mask;                /* lines - 1 */
    uint64_t next;                /* lines read so far */
    const struct urpc_line *line; /* the ring */
    uint32_t shift;               /* log2 of lines */
};

static inline uint32_t ring_lap(uint64_t position, uint32_t shift)
{
    return (uint32_t)((position >> shift) + 1) & HEAD_LAP_MASK;
}

/* Writes the next line. The caller knows that the reader is done with what lay there (credits), and
 * word_count <= URPC_WORDS. Words beyond word_count keep what the sender itself wrote there a turn
 * ago. */
static inline void ring_send(struct ring_sender *r, uint64_t head, const uint64_t *word,
                             size_t word_count)
{
    struct urpc_line *line = &r->line[r->next & r->mask];
    for (size_t i = 0; i < word_count; i++)
        line->word[i] = word[i];
    head |= (uint64_t)ring_lap(r->next, r->shift) << HEAD_LAP_SHIFT;
    atomic_store_explicit(&line->head, head, memory_order_release); /* pair A */
    r->next++;
}

/* False while the next line is as the last turn left it. A hint for polling: orders nothing,
 * ring_head does. */
static inline bool ring_changed(const struct ring_receiver *r)
{
    return head_lap(atomic_load_explicit(&r->at->head, memory_order_relaxed)) != r->lap_idle;
}

/* The header of the next line, whatever it is. */
static inline uint64_t ring_head(const struct ring_receiver *r)
{
    return atomic_load_explicit(&r->at->head, memory_order_acquire); /* pair A */
}

static inline uint32_t ring_lap_expected(const struct ring_receiver *r)
{
    return (r->lap_idle + 1) & HEAD_LAP_MASK;
}

/* Copies the payload of the next line out, once: what the peer writes there later is not seen. */
static inline void ring_copy(const struct ring_receiver *r, uint64_t word[URPC_WORDS])
{
    for (size_t i = 0; i < URPC_WORDS; i++)
        word[i] = r->at->word[i];
}

static inline void ring_advance(struct ring_receiver *r)
{
    r->next++;
    r->at = &r->line[r->next & r->mask];
    r->lap_idle = (uint32_t)(r->next >> r->shift) & HEAD_LAP_MASK;
}

#endif
