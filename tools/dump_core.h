#ifndef TOOLS_DUMP_CORE_H
#define TOOLS_DUMP_CORE_H

#include "dump.h"
#include "kernel.h"
#include "walk_check.h"

/* One core while it is dumped. Everything points into the guest's RAM. */
struct dump_core {
    struct dump *dump;
    const struct guest_memory *memory;
    enum table_format format;
    unsigned int number;
    struct walk_core place; /* where its image and zone lie */
    const struct kernel *kernel;
    struct cap_db db;  /* a copy whose zone_slots we can read */
    uint64_t slots_va; /* where the kernel has them */

    struct dump_cap {
        uint32_t slot;
        unsigned int tag_class; /* 0: no tag */
        bool orphan;            /* a MAPPING whose frame has no capability left here */
        char at[48];            /* where in which CSpace */
    } * cap;
    size_t cap_count;
    struct dump_holder {              /* objects that hold capabilities, by base, each once */
        uint64_t base, bytes, parent; /* parent: base of the L1 in which an L2 is attached, or 0 */
        uint32_t index;               /* at which index there */
        uint8_t type;
    } * holder;
    size_t holder_count;
};

void dump_wrong(struct dump_core *c, const char *format, ...) PRINTF_LIKE(2, 3);

static inline const struct slot *dump_slot(const struct dump_core *c, uint32_t n)
{
    return &c->db.zone_slots[n];
}

/* Physical address of something in the zone, from the kernel's pointer to it. */
static inline uint64_t dump_pa(const struct dump_core *c, const void *kernel_pointer)
{
    return (uint64_t)kernel_pointer - c->slots_va + c->db.zone_base;
}

/* dump_read.c: finds the kernel's state and its capabilities, in canonical order. False when the
 * list cannot be followed. */
bool dump_read(struct dump_core *c);
/* dump.c: stops the machine, reads one core, lets `visit` look at it, lets the machine go on. */
bool dump_visit(struct dump_source *s, unsigned int number,
                void (*visit)(void *context, struct dump_core *c), void *context);
/* dump_text.c */
void dump_print(struct dump_core *c);
/* dump_check.c: what must always hold. */
void dump_check(struct dump_core *c);
void dump_orphans(struct dump_core *c);
/* The ranges of RAM in which nothing lies: [base, end) each. The caller frees. */
struct dump_range {
    uint64_t base, end;
};
size_t dump_free_ranges(const struct dump_core *c, struct dump_range **out);

#endif
