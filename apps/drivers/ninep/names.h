/* Shared by the client's files. Private. */
#ifndef NINEP_NAMES_H
#define NINEP_NAMES_H

#include "message.h"
#include "path.h"

/* A new handle on the first `count` components of the path. */
NODISCARD enum status handle_walk(struct ninep *n, const struct path *p, uint32_t count,
                                  uint32_t *handle);

/* Give a handle back; what the host says to that is of no interest, a broken connection shows at
 * the next call. */
void handle_drop(struct ninep *n, uint32_t handle);

/* Send, skip `skip` bytes of contents (a qid and so on), and see that the answer ends there. */
NODISCARD enum status message_send_plain(struct message *m, uint32_t skip);

NODISCARD enum status names_mkdir(struct ninep *n, const struct path *p);

#endif
