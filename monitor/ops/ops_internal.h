/* What ops.c (requests and messages that come in) and ops_run.c (what steps want done) share. */
#ifndef OPS_OPS_INTERNAL_H
#define OPS_OPS_INTERNAL_H

#include "ops/ops.h"
#include "proto/monitor_messages.h"

/* Send the message of that row, its fields in order. */
#define SEND(o, NAME, name, ...)                                                                   \
    do {                                                                                           \
        union msg_##name##_words words_ = {.word = {0}};                                           \
        struct urpc_message message_ = {.type = MSG_##NAME};                                       \
        words_.fields = (struct msg_##name){__VA_ARGS__};                                          \
        for (size_t n_ = 0; n_ < sizeof(words_) / 8; n_++)                                         \
            message_.word[n_] = words_.word[n_];                                                   \
        (o)->host->send((o)->arg, &message_);                                                      \
    } while (0)

/* Take the step and do what it wants, with the steps that follow from it, until the operation
 * waits or is over. E_PROTOCOL: the first event was illegal, nothing was done. */
NODISCARD enum status transfer_run(struct ops *o, struct transfer *t,
                                   const struct transfer_input *first);
NODISCARD enum status release_run(struct ops *o, struct foreign *f, enum release_event first);

/* A free operation with a new generation; its other fields are for the caller. NULL: all are in
 * use. */
struct transfer *transfer_begin(struct ops *o);
/* How messages name it. */
uint32_t transfer_name(const struct ops *o, const struct transfer *t);
/* The operation of that name, if it is in this state. */
struct transfer *transfer_named(struct ops *o, uint32_t name, enum transfer_state state);

/* The record of exactly this key, or NULL; and the same, made if there is none (NULL: no room). */
struct foreign *foreign_find(struct ops *o, const struct region_key *k);
struct foreign *foreign_make(struct ops *o, const struct region_key *k, uint32_t owner);
/* Rule 1: the row, or the record here, by which a core holds k: it is of the region itself or of one
 * that contains it (a part made there is counted with the whole). NULL: it does not. */
const struct holder *holder_entitled(const struct ops *o, const struct region_key *k,
                                     uint32_t core);
struct foreign *foreign_entitled(struct ops *o, const struct region_key *k);
/* Frees the row and its marker if nobody holds the key any more, and says so if that was the
 * last key of the region. */
void holder_settle(struct ops *o, struct holder *row);

/* Revokes: the same. */
NODISCARD enum status revoke_run(struct ops *o, struct revoke *r, const struct revoke_input *first);
struct revoke *revoke_begin(struct ops *o);
uint32_t revoke_name(const struct ops *o, const struct revoke *r);
struct revoke *revoke_named(struct ops *o, uint32_t name); /* in any state but FREE */
/* Has the core not answered it; was it not even asked yet? */
bool revoke_waits(const struct ops *o, const struct revoke *r, uint32_t core);
bool revoke_unsent(const struct ops *o, const struct revoke *r, uint32_t core);
void asked_forget(struct ops *o, const struct region_key *k);
void revoke_answered(struct ops *o, struct revoke *r, uint32_t core);
/* Rule 28: a transfer of this tag is about to be asked for. E_LIMIT: no room to remember it. */
NODISCARD enum status tag_asked(struct ops *o, const struct region_key *k);

/* core: compared with the number of cores before. */
static inline bool core_is_dead(const struct ops *o, uint32_t core)
{
    return o->dead[core / 64] >> core % 64 & 1;
}

enum status take_revoke_ask(struct ops *o, const struct msg_mon_revoke_ask *m);
enum status take_revoke_told(struct ops *o, const struct msg_mon_revoke_told *m);
enum status take_revoke_copies(struct ops *o, const struct msg_mon_revoke_copies *m);
enum status take_copies_done(struct ops *o, const struct msg_mon_copies_done *m);

#endif
