/* What one step of an operation wants done, in this order: messages and effects on this core. A
 * step cannot fail for want of room: each emits at most OUTBOX_MAX. Effects whose completion is an
 * event stand last; ops.c does them and takes the next step. */
#ifndef OPS_OUTBOX_H
#define OPS_OUTBOX_H

#include <skerry/status.h>

enum out_kind {
    OUT_MARK,       /* open the key's marker, if it is not there -> MARKED or UNMARKED */
    OUT_OPEN,       /* set the target's bit, open the transfer */
    OUT_CLOSE,      /* close the transfer; the target's bit becomes `holds` */
    OUT_GRANT,      /* send GRANT to the target */
    OUT_ACCEPT,     /* enter the capability that was granted -> ACCEPTED */
    OUT_TAKEN,      /* send the answer to a GRANT */
    OUT_ASK,        /* send GRANT_ASK to the owner */
    OUT_TOLD,       /* send the answer to a GRANT_ASK */
    OUT_FINISH,     /* tell who began the operation on this core */
    OUT_COUNT,      /* are there copies here? -> SOME or NONE */
    OUT_RELEASE,    /* send RELEASE to the owner */
    OUT_FORGET,     /* free the record */
    OUT_HOLD,       /* covered copies here refuse everything but delete */
    OUT_UNHOLD,     /* no longer */
    OUT_JOIN,       /* take over revokes under way of what lies inside */
    OUT_CLEAR,      /* delete covered copies here -> CLEARED */
    OUT_SEND,       /* ask everybody who holds, as far as their channels have credit */
    OUT_WAITED,     /* is anybody left to answer? -> ALL if not */
    OUT_REVOKED,    /* tell the requester */
    OUT_REVOKE_ASK, /* send REVOKE_ASK to the owner */
    OUT_ANSWERED,   /* the own request is over: release what is left empty */
};

#define OUTBOX_MAX 4u

struct out_entry {
    enum out_kind kind;
    enum status status; /* CLOSE, TAKEN, TOLD, FINISH, REVOKED */
    bool holds;         /* CLOSE, TAKEN */
};

struct outbox {
    uint32_t count;
    struct out_entry entry[OUTBOX_MAX];
};

static inline void outbox_put(struct outbox *o, enum out_kind kind, enum status s, bool holds)
{
    o->entry[o->count++] = (struct out_entry){kind, s, holds};
}

#endif
