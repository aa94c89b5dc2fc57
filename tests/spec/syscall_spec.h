/* What each system call of one unprivileged domain must answer, on top of what its operation does
 * (cap_spec.h): which arguments name what, which is looked at first, and the little that a
 * dispatcher is without time: stopped, or a server at rest.
 *
 * Not specified: E_AGAIN (a call is made again until it ends otherwise), when a WAIT ends, what
 * time is counted. The dispatchers that it knows run `serve`, which answers a call with its badge,
 * or code that faults at once. */
#ifndef SPEC_SYSCALL_SPEC_H
#define SPEC_SYSCALL_SPEC_H

#include "cap_spec.h"

#include <skerry/dispatcher.h>

#define SPEC_OBJECTS_MAX 1024u

struct spec_dispatcher {
    uint64_t base; /* 0: free */
    bool resting;  /* else stopped */
    uint64_t page_va, entry[ENTRY_COUNT];
    uint64_t supervisor; /* as it was before the operation: base of another, or 0 */
};

struct spec_sched {
    uint64_t base; /* 0: free */
    bool granted;
    uint8_t priority;
};

struct spec_domain {
    struct spec caps;
    uint32_t cspace; /* slot that holds the own CSpace root */
    uint64_t serve, far;
    uint64_t hz; /* ticks a second */
    struct spec_dispatcher dispatcher[SPEC_OBJECTS_MAX];
    struct spec_sched sched[SPEC_OBJECTS_MAX];
};

struct spec_answer {
    enum status status;
    uint64_t badge; /* of a call that was answered: then this is the status, and called is true */
    bool called;
    uint64_t r1, r2;
    uint8_t invoked; /* type of the capability at a[0], where there is one */
};

struct spec_answer spec_syscall(struct spec_domain *d, uint64_t operation, const uint64_t a[6]);
/* A sched context as it is at the start. */
void spec_sched_add(struct spec_domain *d, uint64_t base, bool granted, uint8_t priority);

#endif
