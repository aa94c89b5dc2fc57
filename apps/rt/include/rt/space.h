/* space.h: an address space: its page tables, and which run of which frame is mapped where.
 *
 * Context: any thread; also the fault entry, provided the interrupted thread was not inside rt.
 * Addresses, offsets and sizes are
 * whole pages. One MAPPING capability stands for one run of entries of one page table, so a
 * request is cut at table
 * boundaries. 2 MiB pages are used where address, frame and length allow. flags: enum map_flag; 0
 * keeps the pages
 * booked but lets nobody touch them. The own space keeps a record of every run (undo, protect);
 * the space of a child that is being
 * made (`records` false) does not. Costs: a run 24 bytes of heap and a slot; a table 40 bytes, 8
 * KiB of zone, two slots. */
#ifndef RT_SPACE_H
#define RT_SPACE_H

#include <skerry/cap.h>
#include <skerry/status.h>

struct heap;
struct ram;
struct slots;

#define SPACE_TABLES_FIRST 24u

/* Entries [first, first + count) of a table: 4 KiB each in level 1, 2 MiB each in level 2. */
struct ALIGNED(8) space_run { /* moved about by words */
    uint16_t first, count;
    capref_t mapping; /* 0: booked, not mapped */
    capref_t frame;
    uint32_t frame_page; /* of the first entry, in units of 4 KiB */
    uint32_t flags;
};

struct space_table {
    uint64_t va; /* first address that it covers */
    capref_t cap;
    uint8_t level; /* 4 (root) .. 1 */
    uint16_t run_count, run_capacity;
    struct space_run *run; /* ascending */
};

struct space {
    struct slots *slots; /* of the caller: tables' capabilities, and mappings' of the own space */
    struct ram *ram;     /* whose zone pool gives tables, unless table_make is set */
    struct heap *heap;   /* runs, and tables past the first; may be NULL without records */
    bool records;
    bool growing;
    capref_t child_cspace; /* not 0: mappings go to this CSpace, from next_slot on */
    capref_t next_slot;
    enum status (*table_make)(void *arg, enum cap_type type, capref_t *out);
    void *table_make_arg;
    uint32_t count, capacity;
    uint32_t last;             /* index of the table that was found last */
    struct space_table *table; /* by (va, level) */
    struct space_table first[SPACE_TABLES_FIRST];
};

/* The page table `root` (level 4) is the only one known. */
void space_init(struct space *s, struct slots *slots, struct ram *ram, struct heap *heap,
                capref_t root);

/* A table that somebody else made and entered already. E_LIMIT. */
NODISCARD enum status space_table_add(struct space *s, unsigned level, uint64_t va, capref_t table);

/* Makes sure of the level 1 table of va and returns its capability. */
NODISCARD enum status space_table_get(struct space *s, uint64_t va, capref_t *out);

/* A slot for one more MAPPING: as a place, and as a capref of the own or of the child's CSpace. */
NODISCARD enum status space_place_take(struct space *s, uint64_t *place, capref_t *ref);

/* E_MAPPED: something is there already; nothing of the request remains mapped after an error. */
NODISCARD enum status space_map(struct space *s, uint64_t va, capref_t frame, uint64_t offset,
                                uint64_t bytes, uint32_t flags);

/* The same without a record and without the heap: for what is never unmapped one by one. */
NODISCARD enum status space_map_permanent(struct space *s, uint64_t va, capref_t frame,
                                          uint64_t offset, uint64_t bytes, uint32_t flags);

/* Unmaps what is mapped in the range; holes are skipped. gone (NULL: nobody) is told each piece.
 * Cutting a 2 MiB page in two is E_ALIGN; then and when
 * the rest of a cut run cannot be mapped again (E_NO_SLOT, E_NO_MEMORY) the statuses say so. */
NODISCARD enum status
space_unmap(struct space *s, uint64_t va, uint64_t bytes,
            void (*gone)(void *arg, capref_t frame, uint64_t offset, uint64_t bytes), void *arg);

/* Changes the rights of what is mapped in the range; holes are skipped. Never more than the
 * frame's. */
NODISCARD enum status space_protect(struct space *s, uint64_t va, uint64_t bytes, uint32_t flags);

/* What is recorded at va. E_NOT_MAPPED. */
NODISCARD enum status space_find(struct space *s, uint64_t va, capref_t *frame, uint64_t *offset,
                                 uint32_t *flags);

/* Forgets records; the capabilities stay where they are. */
void space_forget(struct space *s);

#endif
