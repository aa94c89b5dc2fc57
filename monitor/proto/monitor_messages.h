/* Messages between monitors, made from monitor.def; and what all routed ones have in common. */
#ifndef PROTO_MONITOR_MESSAGES_H
#define PROTO_MONITOR_MESSAGES_H

#include <urpc/channel.h>

#define URPC_PROTOCOL monitor
#define URPC_ROWS "proto/monitor.def"
#include <urpc/message.h>

#define MONITOR_VERSION 1u

/* The first word of a routed message. */
static inline uint32_t routed_to(const struct urpc_message *m)
{
    return (uint32_t)(m->word[0] & 0xffff);
}

#endif
