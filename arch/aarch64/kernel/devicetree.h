/* What the kernel itself needs of a flattened device tree (Devicetree Specification 0.4, chapter
 * 5). User level reads the rest. The tree comes from firmware and is trusted, but every offset in
 * it is checked. */
#ifndef ARCH_DEVICETREE_H
#define ARCH_DEVICETREE_H

#include <skerry/base.h>

#define MEMORY_BANKS_MAX 32u
#define GICR_REGIONS_MAX 2u

struct memory_range {
    uint64_t base, bytes;
    uint32_t node;
};

struct devicetree {
    uint64_t bytes; /* of the whole tree */
    struct memory_range bank[MEMORY_BANKS_MAX];
    uint32_t bank_count;
    uint32_t cpu_count;
    struct memory_range gicd, gicr[GICR_REGIONS_MAX], uart; /* bytes 0: not there */
    uint64_t initrd_begin, initrd_end;                      /* equal: none */
    const char *command; /* zero-terminated, in the tree; or "" */
    bool psci_smc;
};

/* Read the tree at `address` (identity or physical). False: not a tree, or damaged. Safe with the
 * MMU off. */
NODISCARD bool devicetree_read(uint64_t address, struct devicetree *out);

#endif
