/* The steps of a revoke: see revoke.h. Pure: they read and write the operation and the outbox,
 * nothing else. */
#include "ops/revoke.h"

static const uint8_t space_of[CAP_TYPE_COUNT] = {
#define T(name, space, bytes, text) [CAP_##name] = SPACE_##space,
#include <skerry/cap_type.def>
#undef T
};

bool region_covers(const struct region_key *outer, const struct region_key *inner)
{
    if (outer->type >= CAP_TYPE_COUNT || inner->type >= CAP_TYPE_COUNT ||
        space_of[outer->type] != space_of[inner->type])
        return false;
    if (inner->base < outer->base || inner->base - outer->base > outer->bytes ||
        inner->bytes > outer->bytes - (inner->base - outer->base))
        return false;
    if (inner->bytes == outer->bytes && inner->type < outer->type)
        return false;
    return outer->tag == 0 || outer->tag == inner->tag;
}

bool region_overlaps(const struct region_key *a, const struct region_key *b)
{
    return a->type < CAP_TYPE_COUNT && b->type < CAP_TYPE_COUNT &&
           space_of[a->type] == space_of[b->type] && a->base < b->base + b->bytes &&
           b->base < a->base + a->bytes;
}

enum revoke_pair revoke_pair(enum revoke_state state, enum revoke_event event)
{
    static const uint8_t pairs[REVOKE_STATE_COUNT][REVOKE_EVENT_COUNT] = {
#define PAIR(state, event) [REVOKE_STATE_##state][REVOKE_EVENT_##event] = REVOKE_##state##_##event,
#include "ops/revoke.def"
#undef PAIR
    };

    if (state >= REVOKE_STATE_COUNT || event >= REVOKE_EVENT_COUNT)
        return REVOKE_ILLEGAL;
    return (enum revoke_pair)pairs[state][event];
}

static void owner_start(struct revoke *r, struct outbox *out)
{
    r->state = REVOKE_STATE_CLEARING;
    outbox_put(out, OUT_HOLD, OK, false);
    outbox_put(out, OUT_JOIN, OK, false);
    outbox_put(out, OUT_CLEAR, OK, false);
}

static void requester_end(struct revoke *r, enum status s, struct outbox *out)
{
    r->state = REVOKE_STATE_FREE;
    outbox_put(out, OUT_UNHOLD, OK, false);
    outbox_put(out, OUT_ANSWERED, OK, false);
    outbox_put(out, OUT_FINISH, s, false);
}

enum status revoke_step(struct revoke *r, const struct revoke_input *in, struct outbox *out)
{
    switch (revoke_pair(r->state, in->event)) {
    case REVOKE_FREE_START:
        owner_start(r, out);
        return OK;
    case REVOKE_CLEARING_CLEARED:
        r->state = REVOKE_STATE_WAITING;
        outbox_put(out, OUT_SEND, OK, false);
        outbox_put(out, OUT_WAITED, OK, false);
        return OK;
    case REVOKE_WAITING_ANSWER:
    case REVOKE_LOST_ANSWER:
        outbox_put(out, OUT_WAITED, OK, false);
        return OK;
    case REVOKE_WAITING_ALL:
        r->state = REVOKE_STATE_FREE;
        outbox_put(out, OUT_UNHOLD, OK, false);
        outbox_put(out, OUT_REVOKED, OK, false);
        return OK;
    case REVOKE_WAITING_GONE:
        r->state = REVOKE_STATE_LOST;
        outbox_put(out, OUT_REVOKED, E_NO_CAP, false);
        return OK;
    case REVOKE_WAITING_DIED:
        r->state = REVOKE_STATE_LOST;
        return OK;
    case REVOKE_LOST_DIED:
    case REVOKE_LOST_GONE:
        return OK;
    case REVOKE_LOST_ALL:
        r->state = REVOKE_STATE_FREE;
        outbox_put(out, OUT_UNHOLD, OK, false);
        return OK;
    case REVOKE_FREE_ASK:
        /* Rule 10: the mark comes before the message. */
        r->state = REVOKE_STATE_ASKED;
        outbox_put(out, OUT_HOLD, OK, false);
        outbox_put(out, OUT_REVOKE_ASK, OK, false);
        return OK;
    case REVOKE_FREE_LOCAL:
        outbox_put(out, OUT_HOLD, OK, false);
        /* fall through */
    case REVOKE_ASKED_TOLD:
        r->state = REVOKE_STATE_ENDING;
        outbox_put(out, OUT_CLEAR, OK, false);
        return OK;
    case REVOKE_ENDING_CLEARED:
        requester_end(r, OK, out);
        return OK;
    case REVOKE_ASKED_DIED:
    case REVOKE_ASKED_REFUSED:
        requester_end(r, in->status, out);
        return OK;
    case REVOKE_ILLEGAL:
        return E_PROTOCOL;
    }
    return E_PROTOCOL;
}
