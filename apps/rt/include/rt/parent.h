/* parent.h: the channel between a program and its spawner: messages of parent.def, and what an
 * exit can mean. */
#ifndef RT_PARENT_H
#define RT_PARENT_H

#include <urpc/channel.h>

#define URPC_PROTOCOL parent
#define URPC_ROWS <rt/parent.def>
#include <urpc/message.h>

#define PARENT_VERSION 1u

/* Same-core calls on SLOT_PARENT_CALL, word 3. MEMORY: word 0 enum ram_kind, 1 bytes wanted, 2 slot in
 * the caller's CSpace that takes the RAM. OK: word 0 bytes granted, at least what was wanted.
 * E_NO_MEMORY: the limit is reached, or the lender has no more. */
enum parent_call { PARENT_CALL_MEMORY };

/* cause of PARENT_EXIT. */
enum exit_cause {
    EXIT_PROGRAM, /* main returned, or rt_exit */
    EXIT_FAULT,   /* a fault that nobody handled */
    EXIT_START,   /* the runtime could not start */
};

/* From now on fn gets what the parent sends, inside event_wait (and inside log_line while the
 * channel is full): it may send, not wait.
 * E_NOT_FOUND: no parent. */
NODISCARD enum status parent_listen(void (*fn)(void *arg, const struct urpc_message *m), void *arg);

/* Send, and wait for room if the channel is full. E_NOT_FOUND: no parent. E_PEER, E_PROTOCOL: the
 * channel is dead. */
NODISCARD enum status parent_note(const struct msg_parent_note *m);
NODISCARD enum status parent_text(const struct msg_parent_text *m);

#endif
