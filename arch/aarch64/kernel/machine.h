/* What one core's architecture layer remembers after start: filled with the MMU off (early.c), read
 * ever after. Private to the core, since each core has its own copy of the image. */
#ifndef ARCH_MACHINE_H
#define ARCH_MACHINE_H

#include <arch/kernel.h>

/* boot_record.device[]. A starting monitor copies rows 0..4 unchanged; row 5 is written anew by
 * each core. */
enum machine_device {
    DEVICE_GICD, /* physical address of the distributor */
    DEVICE_GICR, /* of the first region of redistributors; a core finds its own there by affinity */
    DEVICE_UART, /* PL011 */
    DEVICE_FLAGS,  /* enum machine_flag */
    DEVICE_GICR_2, /* second region of redistributors, 0: none */
    DEVICE_FREE,   /* OUT: physical address of the zone's first byte that is still free */
};

enum machine_flag { MACHINE_PSCI_SMC = 1, MACHINE_SEMIHOSTING = 2 };

struct machine {
    struct boot_record *record; /* address in the zone's linear map */
    uint64_t zone_offset;
    uint64_t empty_root;     /* physical: a page of zeroes */
    uint64_t hardware_id;    /* MPIDR affinity fields */
    uint64_t flags;          /* enum machine_flag */
    uint64_t *window_entry;  /* the window's page-table entry */
    uint64_t *peer_table[4]; /* 512 entries each */
    bool owns_devices;       /* core 0: distributor and UART are mapped */
};

extern struct machine machine;
extern uint64_t zero_block; /* bytes that DC ZVA clears, 0: it may not be used (lines.S) */

#define MPIDR_AFFINITY_MASK 0xff00ffffffull

/* Registers that entry.S loads to turn the MMU on. Order is known there. */
struct early_registers {
    uint64_t mair, tcr, ttbr0, ttbr1, sctlr;
    uint64_t dirty_begin, dirty_end; /* physical: written with caches off */
};

/* Values of DEVICE memory pages etc. shared by early.c and memory.c: Arm ARM D8.3 (VMSAv8-64
 * descriptors). */
#define ENTRY_VALID 1ull
#define ENTRY_TABLE 3ull
#define ENTRY_PAGE 3ull
#define ENTRY_BLOCK 1ull
#define ENTRY_DEVICE (1ull << 2) /* MAIR index 1 */
#define ENTRY_USER (1ull << 6)
#define ENTRY_READ_ONLY (1ull << 7)
#define ENTRY_INNER (3ull << 8)
#define ENTRY_ACCESSED (1ull << 10)
#define ENTRY_NOT_GLOBAL (1ull << 11)
#define ENTRY_PXN (1ull << 53)
#define ENTRY_UXN (1ull << 54)
#define ENTRY_PXN_TABLE (1ull << 59)
#define ENTRY_ADDRESS 0x0000fffffffff000ull

#define KERNEL_RW (ENTRY_INNER | ENTRY_ACCESSED | ENTRY_PXN | ENTRY_UXN)
#define KERNEL_RO (KERNEL_RW | ENTRY_READ_ONLY)
#define KERNEL_RX (ENTRY_INNER | ENTRY_ACCESSED | ENTRY_READ_ONLY | ENTRY_UXN)
#define KERNEL_DEVICE (ENTRY_DEVICE | ENTRY_ACCESSED | ENTRY_PXN | ENTRY_UXN)

void gic_start(void);
void time_start(void);

#endif
