/* A channel: two rings, one each way, with credits (DESIGN section 6).
 *
 * Memory of one direction (one frame, 4 KiB by default): line 0 is the control line, then the ring.
 * The frame has one writer; the peer maps it read-only. Both frames are zero when the first end is
 * initialised; an end may send before the other end exists. Both ends are told the same bytes,
 * lines, protocol and epoch by whoever binds them.
 *
 * Who writes what: the frame's writer writes all of it: `asleep` when it sleeps as a READER of the
 * other frame, the rest of the control line once. The peer reads that rest only behind the first
 * message (ring.h pair A), `asleep` at any time.
 * Pairs:  B  wait_set_wait stores asleep, SC fence, looks at its rings
 *            <->  channel_notify: SC fence behind the messages, loads asleep
 *
 * Credits. A ring of N lines has at most N - 1 messages in flight and one more line kept for a pure
 * acknowledgement. Every message carries in `ack` the lines read so far, modulo 2^16. Who has read
 * N/2 messages without sending anything sends a pure acknowledgement; reading one never asks for
 * another. At most one is ever in flight: two would need N messages which the peer sent without
 * having seen the first. At rest at most N/2 lines are unacknowledged, so nobody waits for ever.
 *
 * The peer is not trusted: lap, acknowledgement, type, flags, control line are checked; the first
 * lie ends the channel (E_PROTOCOL) and touches nothing else. Payload is copied out once, before
 * anybody looks at it. */
#ifndef URPC_CHANNEL_H
#define URPC_CHANNEL_H

#include <skerry/status.h>
#include <urpc/protocol.h>
#include <urpc/ring.h>

#define URPC_FRAME_BYTES 4096u /* the usual size of one direction: 32 lines */
#define URPC_MAGIC 0x75727001u /* "urp", version 1 */
#define URPC_TYPE_COUNT_MAX 0xfff0u

struct ALIGNED(64) urpc_control {
    uint32_t magic;
    uint32_t line_count;
    uint32_t epoch; /* number of this binding: refuses an end that comes back from an older one */
    uint32_t protocol; /* protocol_fingerprint, 0: none */
    _Atomic uint32_t
        asleep; /* 0: awake. Else the number of this sleep: the sender rings once for each */
    uint32_t reserved[11];
};
_Static_assert(sizeof(struct urpc_control) == LINE_BYTES, "the control line is one line");

struct channel;

/* What a dispatcher lives on: how it sleeps, and how it wakes the peer of a channel. One for each
 * dispatcher. */
struct urpc_home {
    /* Sleeps until somebody rings, or the deadline (ticks of arch_user_ticks, UINT64_MAX: none):
     * OK, or E_TIMEOUT. It must return at once if it was rung since it last returned (a ring is
     * never lost); it may return OK for no reason. */
    enum status (*sleep)(void *arg, uint64_t deadline_ticks);
    /* Wakes the dispatcher at the other end. Never blocks. It need order nothing. */
    void (*ring)(void *arg, struct channel *c);
    void *arg;
};

struct channel_binding {
    void *tx;       /* own direction, mapped read-write; 64-byte aligned */
    const void *rx; /* the peer's direction, mapped read-only */
    size_t bytes;   /* of each of the two */
    uint32_t lines; /* of each ring: a power of two, 8..1024; 0: as many as fit */
    uint32_t epoch;
    const struct urpc_protocol *protocol; /* NULL: every type is let through */
    const struct urpc_home *home;         /* NULL: the peer never sleeps */
    uint64_t bell; /* the home's name for the peer's bell: capref of a DOORBELL; futex word */
};

/* Private to one dispatcher. Hot fields first. */
struct ALIGNED(64) channel {
    struct ring_receiver rx;
    struct ring_sender tx;
    uint64_t acked;      /* lines of ours that the peer has read: tx.next - acked are in flight */
    uint32_t unanswered; /* messages read since the last `ack` was sent */
    uint32_t rung;       /* peer's sleep for which the bell was rung last */
    enum status dead;    /* OK: alive; else why it ended */
    bool bound;          /* the peer's control line was found good */
    struct urpc_control *own;
    const struct urpc_control *peer;
    const struct urpc_protocol *protocol;
    const struct urpc_home *home;
    uint64_t bell;
};

struct urpc_message {
    uint32_t type; /* below protocol->count */
    uint64_t word[URPC_WORDS];
};

/* E_ARGUMENT: size, alignment or number of lines. Writes the own control line, reads nothing of the
 * peer's. */
NODISCARD enum status channel_init(struct channel *c, const struct channel_binding *b);

/* Sends word_count words and wakes the peer if it sleeps. E_FULL: no credit (it comes by
 * channel_receive). E_ARGUMENT: type or word_count. E_PEER, E_PROTOCOL: the channel is dead. */
NODISCARD enum status channel_send(struct channel *c, uint32_t type, const uint64_t *word,
                                   size_t word_count);

/* The same without the fence and the wake-up: call channel_notify after the burst, before anything
 * that waits. */
NODISCARD enum status channel_send_quiet(struct channel *c, uint32_t type, const uint64_t *word,
                                         size_t word_count);
void channel_notify(struct channel *c);

/* Takes the next message. E_EMPTY: none (acknowledgements were taken in: channel_send may have
 * become possible). E_PEER: the peer closed it; E_PROTOCOL: the peer lied; both for good, and *out
 * is untouched. Work is bounded by the length of the ring. */
NODISCARD enum status channel_receive(struct channel *c, struct urpc_message *out);

/* Ends the channel from this side: the peer reads what was sent before, then E_PEER. Later calls
 * here give E_PEER. */
void channel_close(struct channel *c);

/* Marks it dead without a word to the peer, whose memory may be gone (DESIGN 12.8). The first
 * reason stays. */
void channel_kill(struct channel *c, enum status why);

/* Messages that may be sent now. */
static inline uint32_t channel_credits(const struct channel *c)
{
    uint64_t flying = c->tx.next - c->acked;
    return c->dead == OK && flying < c->tx.mask ? (uint32_t)(c->tx.mask - flying) : 0;
}

static inline bool channel_can_send(const struct channel *c)
{
    return channel_credits(c) != 0;
}

static inline bool channel_dead(const struct channel *c)
{
    return c->dead != OK;
}

/* True if channel_receive has something to say: a message, an acknowledgement, a lie, or that the
 * channel is dead. */
static inline bool channel_ready(const struct channel *c)
{
    return ring_changed(&c->rx) || c->dead != OK;
}

#endif
