/* A core without a machine, for tests: a zone in host memory, hooks that count and preempt at will,
 * an architecture whose entries are plain words, and a TLB that remembers everything it may. Any
 * number of operations, one core. */
#ifndef UNIT_CAP_MACHINE_H
#define UNIT_CAP_MACHINE_H

#include "cap/cap_core.h"
#include "space/space.h"
#include <arch/kernel.h>

#define ZONE_BASE 0x100000ull
#define ZONE_LINES 4096u /* 256 KiB */
#define ZONE_RAM_BASE (ZONE_BASE + 0x4000)
#define ZONE_RAM_BYTES (ZONE_LINES * 64ull - 0x4000)
#define RAM_BASE 0x40000000ull
#define RAM_BYTES (8ull << 20)
#define DEVICE_BASE 0xf0000000ull
/* Lines of the zone's head that stand for a boot CNode: slots in no object. */
#define BOOT_SLOT 16u
#define BOOT_SLOTS 240u
#define ROOT_LIMIT 256u /* entries of a root that users may set */

struct machine {
    struct cap_db db;
    struct slot zone[ZONE_LINES];
    uint64_t random;
    unsigned preempt_one_in; /* 0: never preempted */
    uint64_t preempted, ended, ended_of_type[CAP_TYPE_COUNT], zeroed_bytes;
    uint64_t flushes;
    const char *broken;
};
extern struct machine machine;

/* Everything as after power-on; the random sequence starts at seed. */
void machine_reset(uint64_t seed);
uint64_t machine_random(void);
static inline uint32_t machine_below(uint32_t limit)
{
    return (uint32_t)(machine_random() % limit);
}

/* The roots that every test begins with, in BOOT_SLOT.. in this order. */
enum root {
    ROOT_ZONE_RAM,
    ROOT_RAM,
    ROOT_DEVICE,
    ROOT_PORTS,
    ROOT_IRQ,
    ROOT_CORE,
    ROOT_MONITOR,
    ROOT_FOREIGN,
    ROOT_COUNT
};
extern const struct cap_description machine_roots[ROOT_COUNT];
void machine_enter_roots(void);

/* Entries as this architecture has them. */
#define ENTRY_TABLE 1ull
#define ENTRY_PAGE 2ull

/* Every translation that page tables allow now may be in the TLB: put it there. Then: is everything
 * in the TLB still allowed, with these rights? NULL or what is wrong. */
void tlb_fill(void);
const char *tlb_check(void);

#endif
