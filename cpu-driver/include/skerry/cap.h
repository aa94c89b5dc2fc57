/* Capabilities as user code sees them: types, rights, caprefs, and what `identify` tells (DESIGN
 * sections 4 and 12.2). */
#ifndef SKERRY_CAP_H
#define SKERRY_CAP_H

#include <skerry/base.h>

enum cap_type {
#define T(name, space, bytes, text) CAP_##name,
#include <skerry/cap_type.def>
#undef T
    CAP_TYPE_COUNT
};

/* The spaces in which regions lie. Regions of different spaces never overlap. */
enum cap_space { SPACE_MEMORY, SPACE_IRQ, SPACE_PORT, SPACE_IOMMU, SPACE_BELL, SPACE_CORE, SPACE_MONITOR };

/* Rights. A copy has at most the rights of its source. */
enum cap_right {
    RIGHT_READ = 1,    /* map readable, read ports, inspect */
    RIGHT_WRITE = 2,   /* map writable, write ports, configure, retype */
    RIGHT_EXECUTE = 4, /* map executable */
    RIGHT_GRANT = 8,   /* be copied to another domain's CSpace through a message */
    RIGHT_REVOKE = 16, /* revoke copies and descendants; mint with a tag */
    RIGHTS_ALL = 31
};

/* A capref is the number by which user code names a slot: 24 bits of L1 index, 8 bits of L2
 * slot. 0 is null. */
typedef uint32_t capref_t;
#define CAP_L2_SLOTS 256u
#define CAP_L1_SLOTS_DEFAULT 256u

static inline capref_t capref_make(uint32_t l1_index, uint32_t l2_slot)
{
    return l1_index << 8 | l2_slot;
}

/* A place: the CSpace root (0 = the caller's own) and a capref inside it, in one register. */
static inline uint64_t capref_in(capref_t root, capref_t ref)
{
    return (uint64_t)root << 32 | ref;
}

/* A child's fixed slots (DESIGN 12.2). */
enum cap_fixed_slot {
    SLOT_CSPACE = 1,
    SLOT_DISPATCHER = 2,
    SLOT_PAGE_TABLE = 3,
    SLOT_ZONE_RAM = 4,
    SLOT_RAM = 5,
    SLOT_SCHED_CONTEXT = 6,
    SLOT_MONITOR_CHANNEL = 7, /* first of four: own ring frame, peer's ring frame, bell to ring, spare */
    SLOT_ARGUMENTS = 11,      /* a frame: struct argument_page (rt) */
    SLOT_FIRST_FREE = 12
};

/* The first monitor of a core finds these besides, put there by its CPU driver (struct boot_caps
 * tells how many). */
enum cap_monitor_slot {
    SLOT_MONITOR = 32,
    SLOT_IRQ_CONTROL = 33,
    SLOT_IO_PORTS = 34,
    SLOT_BOOT_RECORD = 35,       /* FRAME, read-only: struct boot_record of this core */
    SLOT_ARCHIVE = 36,           /* FRAME, read-only: this node's copy of the boot archive */
    SLOT_LOG_RING = 37,          /* FRAME, read-only: this core's log ring */
    SLOT_CORE_ROOT = 38,         /* CORE over all core ids; core 0 only at first */
    SLOT_SHARED_FIRST = 40,      /* FRAMEs received at start from the starting core (boot_record.shared[]) */
    SLOT_REGION_FIRST = 64,      /* one a row of boot_record.region[]: RAM or DEVICE_FRAME */
    SLOT_MONITOR_FREE = 160
};

/* What `cap_identify` returns in two result registers is packed from this. */
struct cap_description {
    uint64_t base;  /* physical address, or number in its space */
    uint64_t bytes; /* size of the region */
    uint64_t aux;
    uint32_t tag;
    uint16_t owner; /* core_id */
    uint8_t type;   /* enum cap_type */
    uint8_t rights; /* enum cap_right, or-ed */
};

#endif
