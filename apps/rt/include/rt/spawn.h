/* spawn.h: new domains on this core, made by their spawner from its own memory: start, watch, end.
 *
 * A domain holds what it is given here and nothing else: a part of the spawner's zone RAM and of
 * its general RAM (copies that carry
 * the domain's tag, so that a child can revoke what is its own and nothing above), a scheduling
 * context, the channel to its
 * spawner, the archive if asked for, and `grant`. domain_end takes everything back, however the
 * domain ended.
 * Context: threads only. The struct domain must stay where it is until domain_end. */
#ifndef RT_SPAWN_H
#define RT_SPAWN_H

#include <rt/arguments.h>
#include <rt/parent.h>
#include <rt/ram.h>

enum spawn_flag {
    SPAWN_VECTOR = 1,  /* may use the vector unit */
    SPAWN_FOREIGN = 2, /* foreign system calls go to its foreign entry */
    SPAWN_ARCHIVE = 4, /* gets the boot archive, read and execute */
};

#define SPAWN_ZONE_BYTES_MIN 0x20000u
#define SPAWN_RAM_BYTES_MIN 0x80000u

/* A capability to copy into the child's slot `to` (SLOT_GRANT_FIRST .. SLOT_GRANT_LIMIT - 1).
 * rights 0: all. tag 0: the domain's own tag
 * where the source is untagged. */
struct spawn_grant {
    capref_t from, to;
    uint32_t rights;
    uint32_t tag;
};

struct domain;

/* Memory lent on demand (rt/lend.h): the program asks by a same-core call when a pool of its is
 * empty. Pages, page tables and capability tables count alike. */
#define LEND_PARTS_MAX 96u

struct lend {
    /* the spawner's choice */
    uint64_t limit_bytes;                /* of all that it is given, the first parts included */
    uint64_t keep_bytes[RAM_KIND_COUNT]; /* stay with the lender */
    /* what came of it */
    uint64_t granted_bytes[RAM_KIND_COUNT]; /* it only grows: the peak */
    uint64_t refused_bytes;                 /* of the last request that was refused; 0: none was */
    bool refused_by_limit;                  /* else the lender has no more */
    uint64_t served_ticks;                  /* of the lender's time */
    uint32_t part_count;
    struct ram_object part[LEND_PARTS_MAX];
};

struct spawn_request {
    const char *image; /* path in the archive */
    const char *name;
    int argc;
    const char *const *argv;
    uint64_t zone_bytes, ram_bytes; /* 0: the least */
    uint64_t stack_bytes;           /* 0: LAYOUT_STACK_BYTES */
    uint32_t priority;              /* 0..63, at most the own */
    uint32_t flags;                 /* enum spawn_flag */
    struct lend *lend;              /* NULL: it has its parts and no more. Stays until domain_end */
    uint32_t poll, node;
    uint64_t seed[2];
    const struct spawn_grant *grant;
    uint32_t grant_count;
    /* May be NULL. message: notes and texts (PARENT_NOTE, PARENT_TEXT). log: a whole line without
     * its \n; NULL: logged here with the name before
     * it. ended: once, when it has exited or stopped; domain_end may be called from there. */
    void (*message)(void *arg, struct domain *d, const struct urpc_message *m);
    void (*log)(void *arg, struct domain *d, const char *line);
    void (*ended)(void *arg, struct domain *d);
    void *arg;
};

enum domain_state { DOMAIN_NONE, DOMAIN_RUNNING, DOMAIN_EXITED, DOMAIN_STOPPED };

struct domain {
    char name[DOMAIN_NAME_BYTES];
    enum domain_state state;
    uint32_t exit_status; /* EXITED */
    uint32_t exit_cause;  /* EXITED: enum exit_cause */
    char reason[48];
    uint32_t tag;
    capref_t dispatcher, bell, cspace; /* ours to use until domain_end; cspace: its CNODE_L1 */
    struct ram_object zone, ram, tx, rx;
    struct channel channel; /* to send: msg_parent_*_send(&d->channel, ..) */
    void *tx_at;
    const void *rx_at;
    struct argument_page *arguments; /* the child's, mapped here until domain_end */
    uint64_t private_bytes;
    struct lend *lend;
    struct domain *next;
    void (*message)(void *arg, struct domain *d, const struct urpc_message *m);
    void (*log)(void *arg, struct domain *d, const char *line);
    void (*ended)(void *arg, struct domain *d);
    void *arg;
    uint64_t messages_received; /* from it, on its channel */
    uint32_t line_bytes;
    char line[200];
};

struct domain_account {
    uint64_t state, stop_reason; /* enum dispatcher_state, enum stop_reason */
    uint64_t pc, fault_address;
    uint64_t cpu_ticks, syscalls, faults, upcalls;
    uint64_t foreign_calls, calls, doorbells, waits;
    uint64_t zone_peak_bytes,
        ram_peak_bytes; /* what was lent; without lending as the child reports them, at most what it
                           was given */
};

/* E_NOT_FOUND: no such image. E_FORMAT, E_TYPE, E_LIMIT: it cannot be run. E_NO_MEMORY, E_NO_SLOT:
 * nothing was kept. */
NODISCARD enum status spawn_domain(const struct spawn_request *request, struct domain *out);

/* It runs no more and says no more; what it holds stays until domain_end. */
void domain_stop(struct domain *d);

/* Stops it if it runs, revokes all that it was given, takes the memory back. Afterwards nothing of
 * it is left on this core. */
void domain_end(struct domain *d);

NODISCARD enum status domain_inspect(const struct domain *d, struct domain_account *out);

/* Ticks that dispatchers of lower priority than ours have had on this core, all together, also those
 * that a domain made for itself. */
uint64_t domain_below_ticks(void);

/* Asks it to end by itself (PARENT_QUIT). */
NODISCARD enum status domain_quit(struct domain *d);

#endif
