/* The transfer of a capability to another core: PROTOCOL rules 1, 2, 3. One machine, three roles.
 *
 *   owner    FREE --START/mark--> MARKING --MARKED/set bit, open, GRANT--> GRANTED
 *                                    |            .--TAKEN/bit = holds, close, finish--'
 *                                    |            v
 *                                    '-UNMARKED-> FREE    (finish: E_NO_MARKER)
 *   holder   FREE --ASK/GRANT_ASK--> ASKED --TOLD/finish--> FREE
 *   target   FREE --GRANT/accept--> TAKING --ACCEPTED/TAKEN (holds)--> FREE
 *
 *   holder X          owner O                       target T
 *     |--GRANT_ASK----->| X in the set? mark,         |
 *     |                 | bit T = 1, open             |
 *     |                 |--GRANT--------------------->| enter it
 *     |                 |<--TAKEN (status, holds)-----|
 *     |                 | bit T = holds, closed       |
 *     |<--GRANT_TOLD----|                             |
 *
 * DIED in GRANTED and ASKED ends them: the target's bit goes, E_PEER is the answer.
 * "finish" goes to whoever began it: here, or as GRANT_TOLD to the core that asked. */
#ifndef OPS_TRANSFER_H
#define OPS_TRANSFER_H

#include "ops/holders.h"
#include "ops/outbox.h"

enum transfer_state {
#define STATE(name) TRANSFER_STATE_##name,
#include "ops/transfer.def"
#undef STATE
    TRANSFER_STATE_COUNT
};

enum transfer_event {
#define EVENT(name) TRANSFER_EVENT_##name,
#include "ops/transfer.def"
#undef EVENT
    TRANSFER_EVENT_COUNT
};

enum transfer_pair {
    TRANSFER_ILLEGAL,
#define PAIR(state, event) TRANSFER_##state##_##event,
#include "ops/transfer.def"
#undef PAIR
};

struct transfer {
    enum transfer_state state;
    uint16_t generation;   /* of the last operation that lay in this record */
    uint16_t peer;         /* owner: the target. holder and target: the owner */
    uint16_t target;       /* holder: the third core */
    uint16_t asker;        /* owner: the core that asked for it */
    bool for_asker;        /* owner: another core asked */
    bool orphan;           /* owner: that core is dead, nobody is told */
    uint32_t asker_op;     /* owner: the operation there. target: the owner's operation */
    struct region_key key; /* with the capability's own tag */
    uint32_t rights;
    uint64_t token; /* goes with the grant; means what the parties to it agree on */
};

struct transfer_input {
    enum transfer_event event;
    enum status status; /* UNMARKED, TAKEN, TOLD, ACCEPTED */
    bool holds;         /* TAKEN, ACCEPTED: rule 4 */
};

enum transfer_pair transfer_pair(enum transfer_state state, enum transfer_event event);
/* One step. E_PROTOCOL: illegal in this state; nothing is changed. `out` is empty on entry. */
NODISCARD enum status transfer_step(struct transfer *t, const struct transfer_input *in,
                                    struct outbox *out);

#endif
