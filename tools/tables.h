#ifndef TOOLS_TABLES_H
#define TOOLS_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "guest_memory.h"

/* Whose page tables: Intel SDM volume 3 section 4.5 (4-level paging), or Arm ARM D8.3 (VMSAv8-64,
 * 4 KiB granule, 48 bits). */
enum table_format { TABLES_X86_64, TABLES_AARCH64 };

/* One translation, with what all levels above it allow. */
struct leaf {
    uint64_t va, pa, bytes;
    uint64_t entry_pa; /* where its last entry lies */
    bool user;         /* user mode may read it */
    bool write;        /* kernel mode may write it */
    bool user_write;
    bool kernel_execute, user_execute;
};

struct table_walk {
    const struct guest_memory *memory;
    enum table_format format;
    void *context;
    void (*on_leaf)(void *context, const struct leaf *leaf);
    /* A page that holds a table; in_ram is false when it lies outside RAM (it is not entered). */
    void (*on_table)(void *context, uint64_t pa, bool in_ram);
};

/* Every present translation under entries [first, end) of the root, in order; the first covered
 * address is base + first * 512 GiB. */
void tables_walk(const struct table_walk *w, uint64_t root, unsigned int first, unsigned int end,
                 uint64_t base);

/* The translation of one address (all 48 bits of it); false when there is none. */
bool tables_find(const struct guest_memory *memory, enum table_format format, uint64_t root,
                 uint64_t va, struct leaf *leaf);

/* What one entry of a table of this level says by itself. */
enum table_entry { TABLE_ENTRY_NONE, TABLE_ENTRY_TABLE, TABLE_ENTRY_LEAF };
enum table_entry tables_entry(enum table_format format, uint64_t entry, unsigned int level,
                              struct leaf *leaf);

/* Changes of one leaf's entry, to plant a violation: its physical address, or a right. */
enum table_change { CHANGE_ADDRESS, CHANGE_EXECUTABLE, CHANGE_NOT_USER };
uint64_t tables_change(enum table_format format, uint64_t entry, enum table_change change,
                       uint64_t pa);

#endif
