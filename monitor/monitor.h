/* The state of one core's monitor. One thread, one event loop; every handler gets the struct
 * monitor and never waits.
 *
 * Monitors form a tree by who started whom: core 0, the first core of each node, the other cores
 * of that node. Links of the tree carry all routed messages. Direct channels between domains are
 * made on demand (serve/bind.c). */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include <monitor/machine.h>
#include <monitor/service.h>
#include <rt/spawn.h>
#include <skerry/boot.h>
#include <skerry/syscall.h>

#include "proto/monitor_messages.h"

#define MONITOR_DOMAINS_MAX 16u
#define MONITOR_PIECES_MAX 64u
#define MONITOR_CALLS_MAX 64u
#define MONITOR_NAMES_MAX 2048u
#define CHILD_TOLD_MAX 1024u
/* Of a child's tables, with room to spare. */
#define CHILD_OFFERS(core_count) ((core_count) + 32u)
#define CHILD_TABLES_BYTES(core_count)                                                             \
    (CHILD_TOLD_MAX * sizeof(struct msg_parent_note) + CHILD_OFFERS(core_count) * sizeof(capref_t) + \
     4 * PAGE_BYTES)
#define LINK_BACKLOG 256u /* routed messages that wait for credit on one link */
#define MONITOR_BELL 0u /* of each pair of linked monitors */

struct monitor;

/* A link of the start tree to another monitor. */
struct link {
    struct channel channel;
    struct monitor *monitor;
    uint32_t core;
    bool up;
    capref_t bell;
    struct urpc_message *backlog; /* [LINK_BACKLOG], used as a ring */
    uint32_t backlog_first, backlog_end;
};

/* RAM that is not yet given to a core: a part of a RAM capability of ours. */
struct piece {
    capref_t cap;
    uint64_t cap_base, base, bytes;
    uint32_t node;
};

/* What is known of each core. */
struct core_entry {
    uint64_t hardware_id, lines;
    uint32_t node;
    uint16_t via;    /* next core on the way there */
    bool up, peer;   /* peer: its lines are mapped here */
    uint16_t bells;  /* bit b: its bell b to us is in use */
    uint8_t bell_child[BELLS_PER_LINE]; /* by which child */
    uint16_t starter;
    struct link *link;
};

/* A domain spawned by this monitor. */
struct child {
    struct domain domain;
    struct monitor *monitor;
    bool used, may_end_machine;
    bool over;           /* ended, but kept for its device (struct driver) */
    bool named;          /* it offers a service */
    capref_t *offered; /* [offered_limit]: first of three empty slots each, for channels to come */
    uint32_t offered_count, offered_limit;
    struct msg_parent_note *told; /* [CHILD_TOLD_MAX], used as a ring: notes that wait for credit */
    uint32_t told_first, told_end;
};

/* One end of a channel, held by a domain of this core (serve/ends.c). */
struct end {
    bool used, peer_gone;
    uint8_t bell; /* of the other core, to our domain */
    uint16_t child, peer_core;
    capref_t first; /* its three slots */
    uint64_t own_frame, own_bytes, peer_frame, peer_bytes;
};

/* The output driver: started anew when it ends (serve/drivers.c). */
struct driver {
    struct gift *gift;    /* room to put together what an instance is given */
    struct child *now;    /* runs */
    struct child *before; /* over, but kept: the device may still use its memory */
    bool wanted, given_up;
    bool asked; /* its end is asked for, and no failure */
    uint32_t failures; /* ends in a row without any work done */
    uint32_t restarts;
    uint64_t due_ticks; /* when to start it again */
    /* For tests: kill it at random instants. */
    uint32_t kill_count, kill_ms;
    uint64_t kill_ticks, kill_random;
    uint32_t crash_after, crash_count;
};

/* A question to another monitor whose answer is awaited, on behalf of a child. */
enum call_kind { CALL_FREE, CALL_REGISTER, CALL_LOOKUP, CALL_GRANT, CALL_CONNECT };
struct call {
    enum call_kind kind;
    uint16_t generation;
    uint32_t child, request;
    bool orphan; /* the child has ended, its place may be another's */
    uint64_t bulk_bytes;
    uint32_t core, server;   /* GRANT, CONNECT: the server's core and domain */
    uint32_t bell;           /* and that core's bell to the client */
    struct ram_object frame; /* CONNECT: the client's */
};

struct name {
    char text[SERVICE_NAME_BYTES];
    uint32_t core, domain, generation;
};

struct monitor {
    const struct boot_record *record;
    uint32_t core, core_count, node;
    struct core_entry *cores; /* [core_count] */
    struct link *parent;

    struct piece piece[MONITOR_PIECES_MAX];
    uint32_t piece_count;

    struct child child[MONITOR_DOMAINS_MAX];
    struct call call[MONITOR_CALLS_MAX];
    struct end *end; /* [end_limit] */
    uint32_t end_limit;
    struct driver driver;
    struct remote *remote; /* serve/remote.c; NULL: nobody has asked anything yet */
    uint16_t next_generation;
    struct grants *grants; /* serve/grant.c */

    /* core 0 alone */
    struct machine *machine;
    struct name *names; /* [MONITOR_NAMES_MAX] */
    uint32_t name_count, up_count, failed_count;
    bool going;

    /* cores that this monitor has still to start, one after the other */
    struct start_order {
        uint64_t hardware_id;
        uint32_t core, share; /* share: of how many cores left the memory is divided */
    } *order;
    uint32_t order_count, order_next;
    struct link *starting;
    capref_t trampoline;      /* RAM below 1 MiB; 0: there is none, or it is not needed */
    uint64_t trampoline_used; /* monitor 0: bytes given to others; the first block is its own */
    const unsigned char *image; /* /skerry/kernel.bin in the archive */
    uint64_t image_bytes;
    uint64_t archive_base, archive_bytes; /* this node's copy of the archive, for the cores started here */
    uint32_t archive_owner;
};

/* Value of key=value among the words of the boot command line; NULL if it is not there. Ends at
 * a blank or zero. */
const char *command_value(const struct monitor *m, const char *key);
bool command_is(const struct monitor *m, const char *key, const char *value);

/* boot/machine.c: core 0: read the firmware's tables into m->machine, number the cores. */
NODISCARD enum status machine_find(struct monitor *m);
/* boot/plan.c: collect RAM pieces; take a part for one of `share` cores of a node. */
NODISCARD enum status plan_collect(struct monitor *m);
/* Take `bytes` from the start of a piece of this node (any node if it has none). */
NODISCARD enum status plan_take(struct monitor *m, uint32_t node, uint64_t bytes, uint64_t align, struct piece *out);
/* Up to `bytes` in one piece, the most there is; at least `least`. */
NODISCARD enum status plan_take_most(struct monitor *m, uint32_t node, uint64_t bytes, uint64_t least, struct piece *out);
uint64_t plan_node_bytes(const struct monitor *m, uint32_t node);
/* What is left becomes memory for this core's own domains. */
void plan_keep(struct monitor *m);
/* boot/cores.c: start what is in m->order, one by one; started_hello when a core answers. */
void cores_start(struct monitor *m);
/* One more core to start, with 1/share of the memory that its node has left then. */
NODISCARD enum status cores_order(struct monitor *m, uint32_t core, uint64_t hardware_id, uint32_t share);
NODISCARD enum status archive_localise(struct monitor *m);
void cores_hello(struct monitor *m, struct link *l, const struct msg_mon_hello *hello);
/* link.c */
NODISCARD enum status link_open(struct monitor *m, struct link *l, uint32_t core, void *tx, const void *rx);
void link_peer(struct monitor *m, uint32_t core, uint64_t hardware_id, uint64_t lines);
/* Send a routed message; the row's send function is given its link. NULL: no way there. */
struct link *link_to(struct monitor *m, uint32_t core);
/* Send to a core, ourselves included. type: enum monitor_message. */
void route_send(struct monitor *m, const struct urpc_message *message);
/* The same for a declared message: its body, or its fields. */
#define ROUTE_BODY(m, NAME, name, body)                                                            \
    do {                                                                                           \
        union msg_##name##_words route_words = {.word = {0}};                                      \
        struct urpc_message route_message = {.type = MSG_##NAME};                                  \
        route_words.fields = (body);                                                               \
        for (size_t route_i = 0; route_i < sizeof(route_words) / 8; route_i++)                     \
            route_message.word[route_i] = route_words.word[route_i];                               \
        route_send(m, &route_message);                                                             \
    } while (0)
#define ROUTE(m, NAME, name, ...) ROUTE_BODY(m, NAME, name, ((struct msg_##name){__VA_ARGS__}))
/* serve/: what comes for this core. */
void serve_message(struct monitor *m, const struct urpc_message *message);
void names_register(struct monitor *m, const struct msg_mon_register *r);
void names_lookup(struct monitor *m, const struct msg_mon_lookup *l);
void names_unregister(struct monitor *m, const struct msg_mon_unregister *u);
void bind_request(struct monitor *m, struct child *c, uint32_t request, uint64_t bulk_bytes, const char *name);
void register_request(struct monitor *m, struct child *c, uint32_t request, const char *name);
void bind_named(struct monitor *m, const struct msg_mon_named *n);
void bind_connect(struct monitor *m, const struct msg_mon_connect *c);
void bind_connected(struct monitor *m, const struct msg_mon_connected *c);
void bind_child_ended(struct monitor *m, const struct child *c);
void bind_bell_unbind(struct monitor *m, uint32_t core, uint32_t bell);
/* serve/ends.c */
NODISCARD enum status ends_start(struct monitor *m);
/* Room for one more; it is taken when `used` is set. NULL: none. */
struct end *end_free(struct monitor *m);
/* A child leaves the channel in these slots. */
void ends_leave(struct monitor *m, struct child *c, uint64_t first);
/* A child runs no more: the other ends are told. */
void ends_child_over(struct monitor *m, const struct child *c);
/* The other end, known by its own frame: ours is gone. */
void ends_gone_send(struct monitor *m, uint32_t core, uint64_t frame);
void ends_gone(struct monitor *m, const struct msg_mon_gone *g);
/* The transfer that was begun with this token is over. */
void bind_granted(struct monitor *m, uint32_t op, enum status s);
/* serve/grant.c: frames that go to other cores, by the operations of ops/ops.h. */
NODISCARD enum status grants_start(struct monitor *m);
void grant_message(struct monitor *m, const struct urpc_message *message);
/* A frame for a channel. Ours until grant_frame_given: it was given, or will not be; it goes
 * when nobody has it any more. */
NODISCARD enum status grant_frame_make(struct monitor *m, uint64_t bytes, struct ram_object *frame);
void grant_frame_given(struct monitor *m, const struct ram_object *frame);
/* Let a core read it: ops_transfer. On this core there is nothing to do. */
NODISCARD enum status grant_send(struct monitor *m, uint32_t core, const struct ram_object *frame, uint64_t token);
/* A copy, to be read, of what `owner` granted with this token (of our own frame: no token); and
 * what was granted is not needed here any more. E_NO_CAP: there is nothing of the kind. */
NODISCARD enum status grant_place(struct monitor *m, uint32_t owner, uint64_t base, uint64_t bytes, uint64_t token,
                                  uint64_t place);
void grant_leave(struct monitor *m, uint32_t owner, uint64_t base, uint64_t token);
/* A channel of this core was left: its frames go when nobody else has them. */
void grant_channel_left(struct monitor *m, const struct end *e);
/* A domain of this core is gone, and all its copies. */
void grant_domain_ended(struct monitor *m);
/* serve/drivers.c: core 0: the output driver. drivers_due: ticks at which drivers_tick has something
 * to do. driver_over: true if the child is the driver, and is dealt with. */
void drivers_start(struct monitor *m);
void drivers_reserve(struct monitor *m);
uint64_t drivers_due(const struct monitor *m);
void drivers_tick(struct monitor *m);
bool driver_over(struct monitor *m, const struct child *c);
void driver_quiet(struct child *c, uint32_t request);
void driver_worked(struct child *c);
void driver_end(struct monitor *m);
bool driver_is(const struct monitor *m, const struct child *c);
/* serve/children.c */
/* Ends it, whatever it does, and tells who wants to know. */
void child_end(struct child *c);
/* The second half of it, for one that was kept: takes back all that it held. */
void child_take_back(struct child *c);
NODISCARD enum status child_spawn(struct monitor *m, const struct spawn_request *request, struct child **out);
/* Send the child a note; it waits its turn if the channel is full. */
void child_tell(struct child *c, const struct msg_parent_note *n);
/* Send what waits, as far as there is credit. */
void children_flush(struct monitor *m);
uint32_t child_index(const struct monitor *m, const struct child *c);
/* serve/remote.c: questions of monitor/remote.h for this core; ended: false: it was not started
 * by such a question. */
void remote_ask(struct monitor *m, const struct msg_mon_ask *ask);
void remote_text(struct monitor *m, const struct msg_mon_text *text);
bool remote_ended(struct monitor *m, const struct child *c);
/* serve/admin.c: notes from, and answers to, a child that may end the machine; and the shell
 * (core 0). NULL: it cannot run. */
void admin_note(struct child *c, const struct msg_parent_note *n);
void admin_text(struct child *c, const struct msg_parent_text *t);
void admin_told(struct monitor *m, const struct msg_mon_told *t);
void admin_ended(struct monitor *m, const struct msg_mon_ended *e);
struct child *shell_spawn(struct monitor *m);
/* The conformance suite, on core 0 (boot/conform.c). */
void conform_spawn(struct monitor *m);
/* boot/mode.c: what the command line asks for (mode=). begin: discovery is done; core_up:
 * monitor 0 heard that a core is up; go: all are up. */
void mode_begin(struct monitor *m);
void mode_core_up(struct monitor *m, uint32_t core);
void mode_go(struct monitor *m);
void mode_child_ended(struct monitor *m, const struct child *c);
NORETURN void mode_end(struct monitor *m, uint32_t code);

#endif
