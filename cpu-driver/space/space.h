/* Address spaces: page tables are objects, and each run of entries in one belongs to a MAPPING
 * capability.
 *
 * A PAGE_TABLE object is 8 KiB in the zone: 4 KiB of entries as the architecture defines them
 * (arch_entry_*), then 512 slot numbers, the shadow: which MAPPING owns the entry, 0 none. The
 * MAPPING's aux says where its entries are. So each finds the other at once. A MAPPING's region is
 * what it maps (part of the frame, the lower table, the dispatcher's page), its tag the frame's: a
 * revoke of the frame finds it as a descendant. Its rights are the most that its entries may ever
 * have.
 *
 *   MAPPING deleted -> space_mapping_end: entries and shadow cleared, TLB flushed
 *   table ends      -> the capability core deletes the MAPPINGs that enter it above (below its
 * region in the list), then those it holds
 *
 * Flags are enum map_flag: at most the frame's rights, never MAP_WRITE and MAP_EXECUTE together,
 * neither without MAP_READ; without any the pages are there but every access faults. */
#ifndef SPACE_SPACE_H
#define SPACE_SPACE_H

#include "cap/cap_core.h"
#include <arch/kernel.h>

/* Where in a DISPATCHER object the page lies that its domain may map. */
#define SPACE_DISPATCHER_PAGE_OFFSET PAGE_BYTES

/* Enter the table in slot `lower` at `index` of the table one level above in slot `upper`.
 * E_NO_CAP, E_TYPE (levels), E_MARKED, E_RIGHTS (RIGHT_WRITE on upper), E_ARGUMENT (index),
 * E_MAPPED, then those of cap_insert. */
NODISCARD enum status space_table_map(struct cap_db *db, uint32_t upper, uint32_t lower,
                                      uint32_t destination, uint64_t index);

struct frame_map_args {
    uint32_t table;        /* slot of a PAGE_TABLE_1 (4 KiB pages) or PAGE_TABLE_2 (2 MiB pages) */
    uint32_t frame;        /* slot of a FRAME or DEVICE_FRAME */
    uint32_t destination;  /* slot for the MAPPING */
    uint32_t index, count; /* entries: count 1.. to the end of the table */
    uint64_t offset;       /* in the frame, bytes */
    unsigned flags;        /* enum map_flag */
};
/* Map a run of pages. As space_table_map, and E_UNSUPPORTED (MAP_UNCACHED of RAM), E_RIGHTS (more
 * than the frame's, or write and execute), E_ARGUMENT (flags), E_ALIGN (2 MiB pages), E_RANGE (not
 * in the frame). */
NODISCARD enum status space_frame_map(struct cap_db *db, const struct frame_map_args *a);

/* Map the dispatcher's shared page, read-write, at `index` of a PAGE_TABLE_1. */
NODISCARD enum status space_dispatcher_map(struct cap_db *db, uint32_t dispatcher, uint32_t table,
                                           uint32_t destination, uint64_t index);

/* Change the flags of a whole run. E_NO_CAP, E_TYPE (no MAPPING, or one of a table), E_MARKED, and
 * the flag errors of space_frame_map. */
NODISCARD enum status space_mapping_protect(struct cap_db *db, uint32_t mapping, unsigned flags);

/* For cap_hook_object_end: a MAPPING is about to go. When it returns no translation through it is
 * left on this core. */
void space_mapping_end(struct cap_db *db, uint32_t mapping);

/* space/ also provides cap_hook_table_mapping, cap_hook_mapping_moved and cap_hook_object_made. */

#endif
