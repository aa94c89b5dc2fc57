/* Channels: see urpc/channel.h for the memory, the pairs and the arithmetic of credits.
 *
 * On the wire a message of type t has t + 1; 0 is a pure acknowledgement, WIRE_CLOSE the last line
 * of an end that closed. Sending: check credit, write a line, wake the reader if it sleeps.
 * Receiving: check the header against what only an honest peer could send, copy the payload, then
 * commit: positions, credits, and perhaps an acknowledgement going back. */
#include <urpc/channel.h>

enum { WIRE_ACK = 0, WIRE_CLOSE = 0xffff };

static uint32_t line_count_choose(const struct channel_binding *b)
{
    size_t fit = b->bytes / LINE_BYTES;
    uint32_t lines = b->lines;
    if (lines == 0) {
        lines = URPC_LINES_MAX;
        while (lines > URPC_LINES_MIN && lines + 1 > fit)
            lines /= 2;
    }
    bool good = lines >= URPC_LINES_MIN && lines <= URPC_LINES_MAX && (lines & (lines - 1)) == 0;
    return good && lines + 1 <= fit ? lines : 0;
}

enum status channel_init(struct channel *c, const struct channel_binding *b)
{
    uint32_t lines = line_count_choose(b);
    if (lines == 0 || b->tx == NULL || b->rx == NULL ||
        (((uintptr_t)b->tx | (uintptr_t)b->rx) & (LINE_BYTES - 1)) != 0)
        return E_ARGUMENT;
    uint32_t shift = (uint32_t)__builtin_ctz(lines);
    struct urpc_control *own = b->tx;
    const struct urpc_control *peer = b->rx;
    struct urpc_line *tx = (struct urpc_line *)(own + 1);
    const struct urpc_line *rx = (const struct urpc_line *)(peer + 1);

    own->magic = URPC_MAGIC;
    own->line_count = lines;
    own->epoch = b->epoch;
    own->protocol = b->protocol != NULL ? protocol_fingerprint(b->protocol) : 0;
    atomic_store_explicit(&own->asleep, 0, memory_order_relaxed);
    *c = (struct channel){
        .rx = {.at = rx, .line = rx, .mask = lines - 1, .shift = shift},
        .tx = {.line = tx, .mask = lines - 1, .shift = shift},
        .dead = OK,
        .own = own,
        .peer = peer,
        .protocol = b->protocol,
        .home = b->home,
        .bell = b->bell,
    };
    return OK;
}

/* Whoever sends a line acknowledges by it all that was read. */
static void line_send(struct channel *c, uint32_t wire, const uint64_t *word, size_t word_count)
{
    ring_send(&c->tx, head_make((uint16_t)wire, 0, (uint16_t)c->rx.next), word, word_count);
    c->unanswered = 0;
}

enum status channel_send_quiet(struct channel *c, uint32_t type, const uint64_t *word,
                               size_t word_count)
{
    if (c->dead != OK)
        return c->dead;
    if (type >= URPC_TYPE_COUNT_MAX || word_count > URPC_WORDS)
        return E_ARGUMENT;
    if (!channel_can_send(c))
        return E_FULL;
    line_send(c, type + 1, word, word_count);
    return OK;
}

void channel_notify(struct channel *c)
{
    if (c->home == NULL)
        return;
    atomic_thread_fence(memory_order_seq_cst); /* pair B */
    uint32_t asleep = atomic_load_explicit(&c->peer->asleep, memory_order_relaxed);
    if (asleep == 0 || asleep == c->rung)
        return;
    c->rung = asleep;
    c->home->ring(c->home->arg, c);
}

enum status channel_send(struct channel *c, uint32_t type, const uint64_t *word, size_t word_count)
{
    enum status s = channel_send_quiet(c, type, word, word_count);
    if (s == OK)
        channel_notify(c);
    return s;
}

/* With an honest peer there is always the reserved line. Otherwise the acknowledgement stays owed:
 * the peer starves itself. */
static void ack_send(struct channel *c)
{
    if (c->tx.next - c->acked > c->tx.mask)
        return;
    line_send(c, WIRE_ACK, NULL, 0);
    channel_notify(c);
}

static bool peer_bound(struct channel *c)
{
    const struct urpc_control *peer = c->peer;
    c->bound = peer->magic == URPC_MAGIC && peer->line_count == c->own->line_count &&
               peer->epoch == c->own->epoch && peer->protocol == c->own->protocol;
    return c->bound;
}

static bool type_known(const struct channel *c, uint32_t wire)
{
    uint32_t count = c->protocol != NULL ? c->protocol->count : URPC_TYPE_COUNT_MAX;
    return wire == WIRE_ACK || wire == WIRE_CLOSE || wire - 1 < count;
}

/* Reads only. *acked_count: how many lines of ours this header says were read since the last
 * one. */
static enum status head_check(struct channel *c, uint64_t head, uint32_t *acked_count)
{
    if (!c->bound && !peer_bound(c))
        return E_PROTOCOL;
    if (head_lap(head) != ring_lap_expected(&c->rx) || head_flags(head) != 0)
        return E_PROTOCOL;
    uint32_t count = (uint16_t)(head_ack(head) - c->acked);
    if (count > c->tx.next - c->acked || !type_known(c, head_type(head)))
        return E_PROTOCOL;
    if (head_type(head) == WIRE_ACK && count == 0) /* says nothing: only a flood would send it */
        return E_PROTOCOL;
    *acked_count = count;
    return OK;
}

enum status channel_receive(struct channel *c, struct urpc_message *out)
{
    while (c->dead == OK) {
        uint64_t head = ring_head(&c->rx);
        if (head_lap(head) == c->rx.lap_idle)
            return E_EMPTY;
        uint32_t acked_count;
        enum status s = head_check(c, head, &acked_count);
        if (s != OK) {
            channel_kill(c, s);
            break;
        }
        uint32_t wire = head_type(head);
        if (wire == WIRE_CLOSE) {
            channel_kill(c, E_PEER);
            break;
        }
        if (wire != WIRE_ACK) {
            ring_copy(&c->rx, out->word);
            out->type = wire - 1;
        }
        ring_advance(&c->rx);
        c->acked += acked_count;
        if (wire == WIRE_ACK)
            continue; /* at most as often as there were lines in flight: each says something new */
        if (++c->unanswered > c->rx.mask / 2)
            ack_send(c);
        return OK;
    }
    return c->dead;
}

void channel_close(struct channel *c)
{
    if (c->dead != OK)
        return;
    if (c->tx.next - c->acked <=
        c->tx.mask) { /* else the reserved line is in use, and the peer must find out otherwise */
        line_send(c, WIRE_CLOSE, NULL, 0);
        channel_notify(c);
    }
    channel_kill(c, E_PEER);
}

void channel_kill(struct channel *c, enum status why)
{
    if (c->dead == OK)
        c->dead = why;
}
