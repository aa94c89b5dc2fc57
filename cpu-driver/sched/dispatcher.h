/* The kernel's half of a DISPATCHER object (8 KiB in the zone):
 *
 *   page 0:  struct dispatcher (the first lines are capability slots of its own) ... vector state
 *   page 1:  struct dispatcher_page, which its domain maps read-write
 *
 *                  START                 scheduled
 *   STOPPED ---------------> RUNNABLE  <-----------> (current)
 *      ^  stop, end, bad fault  |  ^ wake, deadline      | WAIT
 *      +------------------------+  +---- WAITING <-------+
 *                                  +---- CALLING <-------+ CALL (until answered, deadline, server's end)
 *
 * How it goes on when it runs again is `resume`: an upcall at `run`, or the DISABLED area
 * verbatim, or (after a same-core call, or a server about to be entered) the context in `kept`,
 * which user code never sees. */
#ifndef SCHED_DISPATCHER_H
#define SCHED_DISPATCHER_H

#include <arch/kernel.h>
#include "cap/cap_core.h"

struct kernel;

enum dispatcher_slot { HIDDEN_CSPACE, HIDDEN_PAGE_TABLE, HIDDEN_SCHED_CONTEXT, HIDDEN_SUPERVISOR, HIDDEN_COUNT };
_Static_assert((unsigned)HIDDEN_COUNT == CAP_DISPATCHER_SLOTS, "the capability core deletes them with the object");

enum dispatcher_resume { RESUME_RUN_UPCALL, RESUME_DISABLED_AREA, RESUME_KEPT };

struct dispatcher {
    struct slot hidden[HIDDEN_COUNT]; /* what it runs with: real capabilities, so a revoke reaches them */

    /* run queue, deadline queue, list of all */
    struct dispatcher *next, *previous;
    struct dispatcher *wait_next, *wait_previous;
    struct dispatcher *all_next, *all_previous;
    uint8_t state;    /* enum dispatcher_state */
    uint8_t reason;   /* enum stop_reason */
    uint8_t priority; /* cached from the sched context at start; a server's while it serves: its caller's */
    uint8_t resume;   /* enum dispatcher_resume */
    uint8_t own_priority; /* the sched context's, while `priority` is a caller's */
    bool queued, has_deadline, wake_pending, listed;
    uint32_t flags; /* enum dispatcher_flag */
    uint64_t deadline_ticks;

    uint64_t page_va;
    uint64_t entry[ENTRY_COUNT];
    uint64_t critical_begin, critical_end;
    uint64_t start_word;

    /* same-core call: who it serves, whom it calls */
    struct dispatcher *caller, *server;
    uint32_t bell_count; /* doorbells of other cores bound to it */

    /* counted since its start */
    uint64_t cpu_ticks, ran_since_ticks, faults, upcalls;
    uint64_t syscalls; /* but calls, and replies, which nobody counts */
    uint64_t calls, foreign_calls, bells_rung, waits;
    uint64_t stop_pc, stop_address;
    uint64_t slice_left_ticks; /* of a turn that another interrupted; 0: a whole one */

    struct arch_context kept;
};

#define DISPATCHER_VECTOR_OFFSET 1024u
_Static_assert(sizeof(struct dispatcher) <= DISPATCHER_VECTOR_OFFSET, "state and vector area do not overlap");
_Static_assert(DISPATCHER_VECTOR_OFFSET + VECTOR_BYTES_MAX <= PAGE_BYTES, "first page holds both");

static inline struct dispatcher_page *dispatcher_page(struct dispatcher *d)
{
    return (struct dispatcher_page *)((char *)d + PAGE_BYTES);
}

static inline void *dispatcher_vector(struct dispatcher *d)
{
    return (char *)d + DISPATCHER_VECTOR_OFFSET;
}

uint64_t dispatcher_pa(struct kernel *k, const struct dispatcher *d);
/* Slot number of one of its hidden slots. */
uint32_t dispatcher_slot(struct kernel *k, const struct dispatcher *d, enum dispatcher_slot which);

/* Where its foreign system calls go; 0: nowhere. */
static inline uint64_t dispatcher_foreign_entry(const struct dispatcher *d)
{
    return d->flags & DISPATCHER_FOREIGN ? d->entry[ENTRY_FOREIGN] : 0;
}

/* Is it in disabled mode at this pc? */
bool dispatcher_disabled(struct dispatcher *d, uint64_t pc);
/* Is all there that it runs with? */
bool dispatcher_complete(struct kernel *k, const struct dispatcher *d);
/* Put it where all dispatchers of the core are found, once. */
void dispatcher_enlist(struct kernel *k, struct dispatcher *d);
/* Make it runnable at its `run` entry. E_STOPPED: it lacks a CSpace, page table, sched context,
 * page or entry. */
NODISCARD enum status dispatcher_start(struct kernel *k, struct dispatcher *d, uint64_t word);
/* Off the core for good (until START). Ends calls it is part of and wakes its supervisor. */
void dispatcher_stop(struct kernel *k, struct dispatcher *d, enum stop_reason reason);
/* Its object is about to go: stop it and remove every reference the kernel holds. */
void dispatcher_end(struct kernel *k, struct dispatcher *d);
/* A doorbell, an interrupt or a supervisor's child calls it: runnable if it waits, else
 * remembered. */
void dispatcher_wake(struct kernel *k, struct dispatcher *d);
/* Stop every dispatcher that runs with an object that is about to end. */
void dispatcher_forget(struct kernel *k, uint8_t type, uint64_t base);

#endif
