/* What ops.c (requests and messages that come in) and ops_run.c (what steps want done) share. */
#ifndef OPS_OPS_INTERNAL_H
#define OPS_OPS_INTERNAL_H

#include "ops/ops.h"

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
/* Frees the row and its marker if nobody holds the key any more, and says so if that was the
 * last key of the region. */
void holder_settle(struct ops *o, struct holder *row);

#endif
