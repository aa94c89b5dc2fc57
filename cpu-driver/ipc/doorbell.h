/* Doorbells between cores (DESIGN section 4). A core owns one line for each other core, in pages
 * that it alone writes:
 *
 *   line[target] of core s:   epoch | counter 0 .. 14        written by s alone, mapped read-only by `target`
 *
 * Ring: counter++ (release), then an interrupt with vector s mod v to the target. Hear: for
 * every source with that vector, compare the counters with what was last seen and wake the
 * dispatcher bound to each that differs. The line is untrusted input: any value of a counter
 * only means "it differs"; a new epoch, that its core was started again and its counters with it. Pairs:  A  doorbell_ring stores a counter, release  <->
 * doorbell_hear loads it, acquire */
#ifndef IPC_DOORBELL_H
#define IPC_DOORBELL_H

#include <skerry/base.h>
#include <skerry/status.h>
#include <skerry/syscall.h>
#include <stdatomic.h>

struct dispatcher;
struct kernel;

struct doorbell_line {
    _Atomic uint32_t epoch;
    _Atomic uint32_t counter[BELLS_PER_LINE];
};
_Static_assert(sizeof(struct doorbell_line) == LINE_BYTES, "one cache line for each ordered pair of cores");

/* What this core knows of one other. */
struct doorbell_peer {
    const struct doorbell_line *line; /* its line for us, mapped read-only; NULL: not known yet */
    uint64_t hardware_id;
    uint32_t epoch; /* of that core's start, as last seen in its line */
    uint32_t seen[BELLS_PER_LINE];
    struct dispatcher *bound[BELLS_PER_LINE];
};

struct doorbell_table {
    struct doorbell_line *own; /* [core_count], in this core's zone */
    struct doorbell_peer *peer; /* [core_count] */
    uint32_t core_count, vectors;
};

/* From now on `core` can be rung, and is heard. lines_pa: physical address of its own lines. */
NODISCARD enum status doorbell_peer_add(struct kernel *k, uint32_t core, uint64_t hardware_id, uint64_t lines_pa);
/* Bind (d NULL: unbind) a bell that `core` rings to a dispatcher here. */
NODISCARD enum status doorbell_bind(struct kernel *k, uint32_t core, uint32_t bell, struct dispatcher *d);
/* Forget every binding of a dispatcher that is about to end. */
void doorbell_forget(struct kernel *k, struct dispatcher *d);
/* Ring; E_PEER: that core is not known. */
NODISCARD enum status doorbell_ring(struct kernel *k, uint32_t core, uint32_t bell);
/* Look at the lines of all sources that interrupt with this vector. */
void doorbell_hear(struct kernel *k, uint32_t vector);

#endif
