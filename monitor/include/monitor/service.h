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
 * When one end is over, however it ended, the other's channel is dead (E_PEER); it leaves it by
 * service_leave, and may bind anew. A name ends with its domain.
 *
 * A channel is two frames and two bells. The frame of each side begins with its ring
 * (URPC_FRAME_BYTES); the client's goes on with `bulk_bytes` of shared memory that the client
 * writes and the server reads. */
#ifndef MONITOR_SERVICE_H
#define MONITOR_SERVICE_H

#include <skerry/cap.h>
#include <urpc/channel.h>

#define SERVICE_NAME_BYTES 32u
#define CHANNEL_SLOTS 3u /* own frame, the other side's frame, bell */

/* Kinds of PARENT_NOTE and PARENT_TEXT between a monitor's child and the monitor. */
enum service_note {
    NOTE_OFFER = 0x100, /* child: word 0 first capref, 1 count: empty slots for channels, three each */
    NOTE_REGISTER,      /* child, text: name. number: request */
    NOTE_REGISTERED,    /* monitor: number: request, word 0 status */
    NOTE_BIND,          /* child, text: name. number: request | bulk pages << 8 */
    NOTE_BOUND,         /* monitor: number: request, word 0 status, 1 first slot: own frame, peer's frame, bell */
    NOTE_ACCEPTED,      /* monitor to a server: word 0 client core, 1 first slot */
    NOTE_END_MACHINE,   /* child with the right to: word 0 exit code */
    NOTE_LEAVE,         /* child: word 0 first slot: done with that channel, its frames are unmapped; the slots are
                           offered again */
    NOTE_GONE,          /* monitor: word 0 first slot: the other end of that channel has ended or left */
    NOTE_QUIET,         /* driver: number: request: its device is reset and uses no memory of an earlier instance */
    NOTE_QUIET_TAKEN,   /* monitor: number: request, word 0 status: what was kept of that instance is gone */
    NOTE_WORKED,        /* driver: it has done what it is for; its restarts are counted anew */
};

struct service_channel {
    struct channel channel;
    void *own;        /* ring, then (client) bulk memory */
    const void *peer; /* the other side's */
    uint64_t own_bytes, peer_bytes;
    uint64_t own_pa, peer_pa; /* physical addresses of both frames, for devices */
    capref_t own_frame, peer_frame, bell;
    uint32_t peer_core;
    bool accepted;            /* the server's end: freed by service_leave */
    bool own_gone, peer_gone; /* the frame has vanished; private zero pages lie there */
    struct service_channel *next; /* of this program */
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
 * most 4 MiB. E_NOT_FOUND: nobody has registered it (yet). E_STOPPED: nobody
 * will any more. E_NO_SLOT, E_NO_MEMORY. */
NODISCARD enum status service_bind(const char *name, uint64_t bulk_bytes, const struct urpc_protocol *protocol,
                                   struct service_channel *out);

/* Done with a channel, dead or alive: unmaps both frames and gives everything back. The caller has
 * removed it from its events (event_channel_remove). A server's channel is no more afterwards; a
 * client's struct can be bound anew. */
void service_leave(struct service_channel *c);

/* For drivers: tell the monitor that the device is quiet, wait until what it kept of the instance
 * before is gone; and that it has done some work. */
NODISCARD enum status service_quiet(void);
void service_worked(void);

/* Copy out of the other side's memory, which may vanish at any time (DESIGN 12.8): `bytes` at
 * `offset` of its frame. E_RANGE: not inside it. E_PEER: the memory is gone, or went meanwhile;
 * the channel is dead then, and what was copied is not to be used. */
NODISCARD enum status peer_copy(void *to, struct service_channel *c, uint64_t offset, uint64_t bytes);

/* Ask the monitor to end the machine with this code (granted to the farm, the shell and the
 * bench only). */
void service_end_machine(uint32_t code);

#endif
