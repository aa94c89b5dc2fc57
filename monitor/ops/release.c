/* The steps of a foreign region's record: see release.h. Pure. */
#include "ops/release.h"

enum release_pair release_pair(enum release_state state, enum release_event event)
{
    static const uint8_t pairs[RELEASE_STATE_COUNT][RELEASE_EVENT_COUNT] = {
#define PAIR(state, event)                                                                         \
    [RELEASE_STATE_##state][RELEASE_EVENT_##event] = RELEASE_##state##_##event,
#include "ops/release.def"
#undef PAIR
    };

    if (state >= RELEASE_STATE_COUNT || event >= RELEASE_EVENT_COUNT)
        return RELEASE_ILLEGAL;
    return (enum release_pair)pairs[state][event];
}

/* Rule 5: the last copy is gone and no own request is open. */
static void release(struct foreign *f, struct outbox *out)
{
    f->state = RELEASE_STATE_NONE;
    outbox_put(out, OUT_RELEASE, OK, false);
    outbox_put(out, OUT_FORGET, OK, false);
}

enum status release_step(struct foreign *f, enum release_event event, struct outbox *out)
{
    switch (release_pair(f->state, event)) {
    case RELEASE_NONE_ACCEPTED:
        f->state = RELEASE_STATE_HELD;
        return OK;
    case RELEASE_HELD_ACCEPTED:
    case RELEASE_HELD_SOME:
    case RELEASE_ASKING_ACCEPTED:
    case RELEASE_ASKING_SOME:
    case RELEASE_OWING_NONE:
    case RELEASE_LOST_NONE:
    case RELEASE_LOST_REVOKED:
        return OK;
    case RELEASE_HELD_DELETED:
    case RELEASE_ASKING_DELETED:
    case RELEASE_OWING_DELETED:
    case RELEASE_LOST_DELETED:
        outbox_put(out, OUT_COUNT, OK, false);
        return OK;
    case RELEASE_HELD_NONE:
    case RELEASE_OWING_ANSWER:
        release(f, out);
        return OK;
    case RELEASE_HELD_REQUEST:
    case RELEASE_OWING_ACCEPTED:
    case RELEASE_OWING_SOME:
    case RELEASE_LOST_ACCEPTED:
    case RELEASE_LOST_SOME:
        f->state = RELEASE_STATE_ASKING;
        return OK;
    case RELEASE_ASKING_NONE:
        f->state = RELEASE_STATE_OWING;
        return OK;
    case RELEASE_ASKING_ANSWER:
        f->state = RELEASE_STATE_HELD;
        outbox_put(out, OUT_COUNT, OK, false);
        return OK;
    case RELEASE_ASKING_REVOKED:
    case RELEASE_OWING_REVOKED:
        f->state = RELEASE_STATE_LOST;
        return OK;
    case RELEASE_HELD_REVOKED:
    case RELEASE_LOST_ANSWER:
    case RELEASE_HELD_DIED:
    case RELEASE_ASKING_DIED:
    case RELEASE_OWING_DIED:
    case RELEASE_LOST_DIED:
        f->state = RELEASE_STATE_NONE;
        outbox_put(out, OUT_FORGET, OK, false);
        return OK;
    case RELEASE_ILLEGAL:
        return E_PROTOCOL;
    }
    return E_PROTOCOL;
}
