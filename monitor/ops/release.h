/* A region of another core of which this core holds copies, and the release of the last one:
 * PROTOCOL rules 4, 5.
 *
 *             ACCEPTED            REQUEST                 NONE
 *   NONE ----------------> HELD ----------> ASKING -----------------> OWING
 *    ^  ^                   |  <----------    ^     <----------------   |
 *    |  '---NONE/RELEASE----'  ANSWER/count   '----  ACCEPTED, SOME     |
 *    '-----------------------ANSWER/RELEASE-----------------------------'
 *
 * REVOKED: the owner had all copies deleted; from HELD to NONE, else to LOST, where the own request
 * is still unanswered (its answer, and nothing more, ends it; ACCEPTED and SOME lead back to ASKING).
 * DIED leads to NONE from everywhere. DELETED asks for a count in every state but NONE; its result is SOME or NONE. `holds` of rule 4
 * is: the state is not NONE. So whatever the owner was told that this core holds, a RELEASE
 * or the answer to its REVOKE_COPIES follows for it. */
#ifndef OPS_RELEASE_H
#define OPS_RELEASE_H

#include "ops/holders.h"
#include "ops/outbox.h"

enum release_state {
#define STATE(name) RELEASE_STATE_##name,
#include "ops/release.def"
#undef STATE
    RELEASE_STATE_COUNT
};

enum release_event {
#define EVENT(name) RELEASE_EVENT_##name,
#include "ops/release.def"
#undef EVENT
    RELEASE_EVENT_COUNT
};

enum release_pair {
    RELEASE_ILLEGAL,
#define PAIR(state, event) RELEASE_##state##_##event,
#include "ops/release.def"
#undef PAIR
};

/* One for each key under which this core is counted somewhere else. */
struct foreign {
    struct region_key key; /* counted */
    enum release_state state;
    uint16_t owner;
    bool used;
};

enum release_pair release_pair(enum release_state state, enum release_event event);
/* One step. E_PROTOCOL: illegal in this state; nothing is changed. `out` is empty on entry. */
NODISCARD enum status release_step(struct foreign *f, enum release_event event, struct outbox *out);

#endif
