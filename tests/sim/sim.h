/* N monitors' capability operations (monitor/ops) over N real capability cores (cpu-driver/cap) in
 * one process, with channels that keep order and nothing else. Who moves next is the caller's
 * choice (transfer_sim.c); what must hold is in check.c.
 *
 * Each core owns SIM_REGIONS frames; its monitor keeps an untagged root capability of each, as on
 * the machine. Domains' copies lie in further slots. Tags: each core has one, core << 20 | 1. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "cap/cap_core.h"
#include "ops/ops.h"
#include "proto/monitor_messages.h"

#define SIM_CORES_MAX 16u
#define SIM_REGIONS 3u
#define SIM_REGIONS_MAX (SIM_CORES_MAX * SIM_REGIONS)
#define SIM_LINES 512u
#define SIM_HOLDERS 7u /* less than could be wanted: some transfers find no marker */
#define SIM_FOREIGN 40u
#define SIM_TRANSFERS 12u
#define SIM_QUEUE 256u
#define SIM_MARKER_FIRST 16u
#define SIM_ROOT_FIRST (SIM_MARKER_FIRST + SIM_HOLDERS)
#define SIM_FREE_FIRST (SIM_ROOT_FIRST + SIM_REGIONS)
#define SIM_FRAME_BYTES 8192ull
#define SIM_STORY 48u

/* Besides the monitors' messages: an own revoke request and its answer, which is all of revoke
 * that rules 4 and 5 need. */
#define SIM_REQUEST 0x7000u
#define SIM_ANSWER 0x7001u

/* One rule left out, by what the simulator does to messages and sets; the shipped sources stay
 * as they are. */
enum omission {
    OMIT_NOTHING,
    OMIT_2,        /* the bit is not set before the answer */
    OMIT_3_LOSE,   /* "refused" counts as "holds nothing" */
    OMIT_3_LEAK,   /* "refused" counts as "holds" */
    OMIT_4,        /* holds does not count an open request */
    OMIT_5,        /* RELEASE goes out while a request is open */
    OMIT_6_CLEAR,  /* RELEASE clears the bit though a transfer is open */
    OMIT_6_REGION, /* RELEASE is ignored if a transfer of any key of the region is open */
    OMIT_8,        /* the owner forgets that others hold the region */
    OMIT_18,       /* an answer counts for any open transfer */
    OMIT_PARTS,    /* parts of a frame do not count as copies */
    OMISSION_COUNT
};

struct sim_core {
    struct sim *sim;
    uint32_t core;
    struct cap_db db;
    struct slot zone[SIM_LINES];
    struct ops ops;
    void *memory;
    /* By region and tag index: copies were deleted and the monitor does not know yet; an own
     * request is open. */
    bool due[SIM_REGIONS_MAX][SIM_CORES_MAX + 1];
    bool requested[SIM_REGIONS_MAX][SIM_CORES_MAX + 1];
};

struct sim_queue {
    struct urpc_message m[SIM_QUEUE];
    uint32_t first, end;
};

struct sim {
    uint32_t cores, refuse_one_in;
    uint64_t random, steps;
    enum omission omit;
    const char *violation; /* the first */
    uint32_t violation_core, violation_region;
    struct sim_core core[SIM_CORES_MAX];
    struct sim_queue queue[SIM_CORES_MAX][SIM_CORES_MAX];
    uint32_t in_flight;
    uint64_t delivered, taken, refused, asked, released, renewed, dropped, no_marker, crossed;
    char story[SIM_STORY][112];
    uint64_t story_count;
};

/* sim.c */
void sim_init(struct sim *s, uint32_t cores, uint64_t seed);
void sim_free(struct sim *s);
uint32_t sim_below(struct sim *s, uint32_t limit);
void sim_tell(struct sim *s, const char *format, ...) PRINTF_LIKE(2, 3);
void sim_fail(struct sim *s, const char *what, uint32_t core, uint32_t region);
struct region_key sim_key(uint32_t region, uint32_t tag);
uint32_t sim_region(uint64_t base);
static inline uint32_t sim_tag(uint32_t core)
{
    return core << 20 | 1;
}
/* 0: untagged; 1 + core: that core's tag. */
static inline uint32_t sim_tag_index(uint32_t tag)
{
    return tag ? 1 + tag_minting_core(tag) : 0;
}
/* A free slot for a copy, or 0. */
uint32_t sim_slot_free(const struct sim_core *c);
/* A random slot that holds a frame other than a root, or 0. foreign: of another owner. */
uint32_t sim_slot_random(struct sim *s, const struct sim_core *c, bool foreign);
/* Copies and parts of a region on a core, by tag index; own roots are not counted. */
void sim_copies(const struct sim_core *c, uint32_t region, uint32_t count[SIM_CORES_MAX + 1]);
enum status sim_root_make(struct sim_core *c, uint32_t i);
/* Deliver the head of one queue. */
void sim_deliver(struct sim *s, uint32_t from, uint32_t to);
void sim_request_send(struct sim *s, uint32_t from, const struct region_key *k);

/* check.c: set s->violation. One region, now; and everything, when nothing is in flight or owed. */
void check_region(struct sim *s, uint32_t region);
void check_quiet(struct sim *s);

#endif
