/* The transfer's steps: see transfer.h. Pure: they read and write the operation and the outbox,
 * nothing else. */
#include "ops/transfer.h"

enum transfer_pair transfer_pair(enum transfer_state state, enum transfer_event event)
{
    static const uint8_t pairs[TRANSFER_STATE_COUNT][TRANSFER_EVENT_COUNT] = {
#define PAIR(state, event)                                                                         \
    [TRANSFER_STATE_##state][TRANSFER_EVENT_##event] = TRANSFER_##state##_##event,
#include "ops/transfer.def"
#undef PAIR
    };

    if (state >= TRANSFER_STATE_COUNT || event >= TRANSFER_EVENT_COUNT)
        return TRANSFER_ILLEGAL;
    return (enum transfer_pair)pairs[state][event];
}

static void finish(const struct transfer *t, enum status s, struct outbox *out)
{
    if (!t->orphan)
        outbox_put(out, t->for_asker ? OUT_TOLD : OUT_FINISH, s, false);
}

enum status transfer_step(struct transfer *t, const struct transfer_input *in, struct outbox *out)
{
    switch (transfer_pair(t->state, in->event)) {
    case TRANSFER_FREE_START:
        t->state = TRANSFER_STATE_MARKING;
        outbox_put(out, OUT_MARK, OK, false);
        return OK;
    case TRANSFER_MARKING_MARKED:
        /* Rule 2: bit and record before the message. */
        t->state = TRANSFER_STATE_GRANTED;
        outbox_put(out, OUT_OPEN, OK, false);
        outbox_put(out, OUT_GRANT, OK, false);
        return OK;
    case TRANSFER_MARKING_UNMARKED:
        t->state = TRANSFER_STATE_FREE;
        finish(t, in->status, out);
        return OK;
    case TRANSFER_GRANTED_TAKEN:
        t->state = TRANSFER_STATE_FREE;
        outbox_put(out, OUT_CLOSE, in->status, in->holds);
        finish(t, in->status, out);
        return OK;
    case TRANSFER_GRANTED_DIED:
        t->state = TRANSFER_STATE_FREE;
        outbox_put(out, OUT_CLOSE, E_PEER, false);
        finish(t, E_PEER, out);
        return OK;
    case TRANSFER_ASKED_DIED:
        t->state = TRANSFER_STATE_FREE;
        finish(t, E_PEER, out);
        return OK;
    case TRANSFER_FREE_ASK:
        t->state = TRANSFER_STATE_ASKED;
        outbox_put(out, OUT_ASK, OK, false);
        return OK;
    case TRANSFER_ASKED_TOLD:
        t->state = TRANSFER_STATE_FREE;
        finish(t, in->status, out);
        return OK;
    case TRANSFER_FREE_GRANT:
        t->state = TRANSFER_STATE_TAKING;
        outbox_put(out, OUT_ACCEPT, OK, false);
        return OK;
    case TRANSFER_TAKING_ACCEPTED:
        t->state = TRANSFER_STATE_FREE;
        outbox_put(out, OUT_TAKEN, in->status, in->holds);
        return OK;
    case TRANSFER_ILLEGAL:
        return E_PROTOCOL;
    }
    return E_PROTOCOL;
}
