/* What a channel knows of the messages it carries. message.h makes one of these from a .def
 * file. */
#ifndef URPC_PROTOCOL_H
#define URPC_PROTOCOL_H

#include <skerry/base.h>

struct urpc_row {
    const char *name;
    uint32_t bytes; /* of payload */
};

struct urpc_protocol {
    const char *name;
    const struct urpc_row *row; /* indexed by message type */
    uint32_t count;             /* types are 0..count-1 */
};

/* A hash of names, order and sizes: two ends that were built from different .def files find out at
 * the first message. Never 0. */
uint32_t protocol_fingerprint(const struct urpc_protocol *p);

/* For logs; any type is accepted, p may be NULL. */
const char *protocol_message_name(const struct urpc_protocol *p, uint32_t type);

#endif
