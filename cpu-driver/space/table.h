/* What the files of space/ share: where a MAPPING's entries are, and the two halves of a PAGE_TABLE
 * object. */
#ifndef SPACE_TABLE_H
#define SPACE_TABLE_H

#include "space/space.h"

/* A run of entries of one table: what a MAPPING's aux says. */
struct run {
    uint64_t table; /* physical address of the PAGE_TABLE object */
    uint32_t first, count;
    unsigned level; /* of the table, 1..4 */
    unsigned flags; /* enum map_flag, as they are now */
    bool device, is_table;
};

uint64_t run_pack(const struct cap_db *db, const struct run *r);
struct run run_unpack(const struct cap_db *db, uint64_t aux);

uint64_t *table_entries(struct cap_db *db, uint64_t table);
uint32_t *table_shadow(struct cap_db *db, uint64_t table);
/* Level 1..4 of a page-table type, else 0. */
unsigned table_level(uint8_t type);
/* Bytes that one entry of a table of this level covers. */
uint64_t entry_bytes(unsigned level);

/* Is every entry of the run free? E_ARGUMENT: not all are entries for users. E_MAPPED. */
NODISCARD enum status run_check(struct cap_db *db, const struct run *r);
/* Write the run's entries for memory from `base` on, owned by `mapping`. */
void run_write(struct cap_db *db, const struct run *r, uint64_t base, uint32_t mapping);
/* Clear entries and shadow. */
void run_clear(struct cap_db *db, const struct run *r);
/* No translation through entries that the run had before is left in the TLB. */
void run_flush(const struct cap_db *db, const struct run *r);

#endif
