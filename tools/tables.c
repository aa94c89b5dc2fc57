/* tables.c: reads page tables of either architecture out of a guest's RAM. Knows the formats as
 * data of a foreign machine; nothing here depends on the processor this program runs on. */
#include "tables.h"

#include <string.h>

#define ADDRESS_MASK 0x0000fffffffff000ull
#define X86_PRESENT 1ull
#define X86_WRITE 2ull
#define X86_USER 4ull
#define X86_LARGE 0x80ull
#define X86_NO_EXECUTE (1ull << 63)
#define ARM_VALID 1ull
#define ARM_TABLE 2ull /* on the last level: page */
#define ARM_USER (1ull << 6)
#define ARM_READ_ONLY (1ull << 7)
#define ARM_PXN (1ull << 53)
#define ARM_UXN (1ull << 54)
#define ARM_TABLE_PXN (1ull << 59)
#define ARM_TABLE_UXN (1ull << 60)
#define ARM_TABLE_NO_USER (1ull << 61)
#define ARM_TABLE_READ_ONLY (1ull << 62)

/* What the entries on the way down have left. */
struct allowed {
    bool user, write, user_execute, kernel_execute;
};

enum entry_kind { ENTRY_NOTHING, ENTRY_TABLE_BELOW, ENTRY_LEAF };

static enum entry_kind x86_entry(uint64_t e, unsigned int level, struct allowed *a)
{
    if ((e & X86_PRESENT) == 0)
        return ENTRY_NOTHING;
    a->user = a->user && (e & X86_USER) != 0;
    a->write = a->write && (e & X86_WRITE) != 0;
    a->user_execute = a->user_execute && (e & X86_NO_EXECUTE) == 0;
    a->kernel_execute = a->user_execute;
    return level == 1 || (level < 4 && (e & X86_LARGE) != 0) ? ENTRY_LEAF : ENTRY_TABLE_BELOW;
}

static enum entry_kind arm_entry(uint64_t e, unsigned int level, struct allowed *a)
{
    bool table = (e & ARM_TABLE) != 0;

    if ((e & ARM_VALID) == 0 || (level == 1 && !table) || (level == 4 && !table))
        return ENTRY_NOTHING;
    if (level > 1 && table) {
        a->user = a->user && (e & ARM_TABLE_NO_USER) == 0;
        a->write = a->write && (e & ARM_TABLE_READ_ONLY) == 0;
        a->user_execute = a->user_execute && (e & ARM_TABLE_UXN) == 0;
        a->kernel_execute = a->kernel_execute && (e & ARM_TABLE_PXN) == 0;
        return ENTRY_TABLE_BELOW;
    }
    a->user = a->user && (e & ARM_USER) != 0;
    a->write = a->write && (e & ARM_READ_ONLY) == 0;
    a->user_execute = a->user_execute && (e & ARM_UXN) == 0;
    a->kernel_execute = a->kernel_execute && (e & ARM_PXN) == 0;
    return ENTRY_LEAF;
}

static enum entry_kind entry_decode(enum table_format format, uint64_t e, unsigned int level,
                                    struct allowed *a)
{
    switch (format) {
    case TABLES_X86_64:
        return x86_entry(e, level, a);
    case TABLES_AARCH64:
        return arm_entry(e, level, a);
    }
    return ENTRY_NOTHING;
}

static uint64_t span_of(unsigned int level)
{
    return 1ull << (12 + 9 * (level - 1));
}

/* The supervisor never executes user pages on x86: SMEP, which the check asks of every core. */
static struct leaf leaf_make(enum table_format format, uint64_t va, uint64_t e, unsigned int level,
                             uint64_t entry_pa, const struct allowed *a)
{
    bool x86_user = format == TABLES_X86_64 && a->user;

    return (struct leaf){.va = va,
                         .pa = e & ADDRESS_MASK & ~(span_of(level) - 1),
                         .bytes = span_of(level),
                         .entry_pa = entry_pa,
                         .user = a->user,
                         .write = a->write,
                         .user_write = a->user && a->write,
                         .kernel_execute = a->kernel_execute && !x86_user,
                         .user_execute = a->user_execute && a->user};
}

static void level_walk(const struct table_walk *w, uint64_t table_pa, unsigned int level,
                       unsigned int first, unsigned int end, uint64_t base, struct allowed allowed)
{
    const uint64_t *table = guest_memory_at(w->memory, table_pa, 4096);

    w->on_table(w->context, table_pa, table != NULL);
    for (unsigned int i = first; table != NULL && i < end; i++) {
        uint64_t va = base + i * span_of(level);
        struct allowed below = allowed;
        struct leaf leaf;

        switch (entry_decode(w->format, table[i], level, &below)) {
        case ENTRY_NOTHING:
            break;
        case ENTRY_TABLE_BELOW:
            level_walk(w, table[i] & ADDRESS_MASK, level - 1, 0, 512, va, below);
            break;
        case ENTRY_LEAF:
            leaf = leaf_make(w->format, va, table[i], level, table_pa + i * 8, &below);
            w->on_leaf(w->context, &leaf);
            break;
        }
    }
}

void tables_walk(const struct table_walk *w, uint64_t root, unsigned int first, unsigned int end,
                 uint64_t base)
{
    level_walk(w, root & ADDRESS_MASK, 4, first, end, base,
               (struct allowed){true, true, true, true});
}

bool tables_find(const struct guest_memory *memory, enum table_format format, uint64_t root,
                 uint64_t va, struct leaf *leaf)
{
    struct allowed allowed = {true, true, true, true};
    uint64_t table_pa = root & ADDRESS_MASK;

    for (unsigned int level = 4; level >= 1; level--) {
        const uint64_t *table = guest_memory_at(memory, table_pa, 4096);
        uint64_t i = va / span_of(level) & 511;

        if (table == NULL)
            return false;
        enum entry_kind kind = entry_decode(format, table[i], level, &allowed);

        if (kind == ENTRY_NOTHING)
            return false;
        if (kind == ENTRY_LEAF) {
            *leaf = leaf_make(format, va & ~(span_of(level) - 1), table[i], level, table_pa + i * 8,
                              &allowed);
            return true;
        }
        table_pa = table[i] & ADDRESS_MASK;
    }
    return false;
}

enum table_entry tables_entry(enum table_format format, uint64_t entry, unsigned int level,
                              struct leaf *leaf)
{
    struct allowed allowed = {true, true, true, true};

    switch (entry_decode(format, entry, level, &allowed)) {
    case ENTRY_NOTHING:
        return TABLE_ENTRY_NONE;
    case ENTRY_TABLE_BELOW:
        *leaf = (struct leaf){.pa = entry & ADDRESS_MASK};
        return TABLE_ENTRY_TABLE;
    case ENTRY_LEAF:
        *leaf = leaf_make(format, 0, entry, level, 0, &allowed);
        return TABLE_ENTRY_LEAF;
    }
    return TABLE_ENTRY_NONE;
}

uint64_t tables_change(enum table_format format, uint64_t entry, enum table_change change,
                       uint64_t pa)
{
    bool x86 = format == TABLES_X86_64;

    switch (change) {
    case CHANGE_ADDRESS:
        return (entry & ~ADDRESS_MASK) | pa;
    case CHANGE_EXECUTABLE:
        return entry & ~(x86 ? X86_NO_EXECUTE : ARM_PXN | ARM_UXN);
    case CHANGE_NOT_USER:
        return entry & ~(x86 ? X86_USER : ARM_USER);
    }
    return entry;
}
