/* What a domain asks of its core's monitor: offer a service under a name, bind a channel to one,
 * on whatever core it is. Library `monitor_client`, over the channel to the parent
 * (rt/parent.h); for domains whose spawner is a monitor.
 *
 *   client                monitor of client        monitor of core 0 (names)     monitor of server          server
 *     |--- NOTE_OFFER, bind -->|--- LOOKUP ------------->|                             |                       |
 *     |                        |<-- FOUND (core, domain) |                             |                       |
 *     |                        |--- CONNECT (own frame) ------------------------------>|-- NOTE_ACCEPTED ----->|
 *     |<-- NOTE_BOUND ---------|<-- CONNECTED (its frame) ------------------------------|                      |
 *
 * A channel is two frames and two bells. The frame of each side begins with its ring
 * (URPC_FRAME_BYTES); the client's goes on with `bulk_bytes` of shared memory that the client
 * writes and the server reads. */
#ifndef MONITOR_SERVICE_H
#define MONITOR_SERVICE_H

#include <skerry/cap.h>
#include <urpc/channel.h>

#define SERVICE_NAME_BYTES 32u

/* Kinds of PARENT_NOTE and PARENT_TEXT between a monitor's child and the monitor. */
enum service_note {
    NOTE_OFFER = 0x100, /* child: word 0 first capref, 1 count: empty slots for channels, three each */
    NOTE_REGISTER,      /* child, text: name. number: request */
    NOTE_REGISTERED,    /* monitor: number: request, word 0 status */
    NOTE_BIND,          /* child, text: name. number: request | bulk pages << 8 */
    NOTE_BOUND,         /* monitor: number: request, word 0 status, 1 first slot: own frame, peer's frame, bell */
    NOTE_ACCEPTED,      /* monitor to a server: word 0 client core, 1 first slot */
    NOTE_END_MACHINE,   /* child with the right to: word 0 exit code */
};

struct service_channel {
    struct channel channel;
    void *own;        /* ring, then (client) bulk memory */
    const void *peer; /* the other side's */
    uint64_t own_bytes, peer_bytes;
    uint64_t own_pa, peer_pa; /* physical addresses of both frames, for devices */
    capref_t own_frame, peer_frame, bell;
    uint32_t peer_core;
};

/* The client's bulk memory, seen from either side. */
static inline void *service_bulk_own(const struct service_channel *c)
{
    return (char *)c->own + URPC_FRAME_BYTES;
}

static inline const void *service_bulk_peer(const struct service_channel *c)
{
    return (const char *)c->peer + URPC_FRAME_BYTES;
}

/* Offer a service; `channel_limit` clients can bind. accepted is called inside event_wait for
 * each new client, with a channel of the given protocol that is ready to use and stays valid.
 * Waits for the monitor's answer. E_EXISTS: the name is taken. E_NO_SLOT. */
NODISCARD enum status service_register(const char *name, uint32_t channel_limit, const struct urpc_protocol *protocol,
                                       void (*accepted)(void *arg, struct service_channel *c), void *arg);

/* Bind to a service by name; waits (other threads and events go on). bulk_bytes: whole pages, at
 * most 4 MiB. E_NOT_FOUND: nobody has registered it (yet). E_NO_SLOT, E_NO_MEMORY. */
NODISCARD enum status service_bind(const char *name, uint64_t bulk_bytes, const struct urpc_protocol *protocol,
                                   struct service_channel *out);

/* Ask the monitor to end the machine with this code (granted to the farm, the shell and the
 * bench only). */
void service_end_machine(uint32_t code);

#endif
