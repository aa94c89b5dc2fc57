/* The kernel half of this core's address space, made before it is in use: in the zone, behind the
 * boot record.
 *
 * Runs at physical addresses (identity map), so it is compiled position-independent. Order of the
 * pages: layout.h, TABLE_*. Nothing is mapped both writable and executable; the image's text and
 * rodata are read-only in the zone's linear map, too. */
#include "x86.h"

/* Builder: next is the physical address of the next free page. */
struct builder {
    uint64_t root, next;
};

static uint64_t *table_make(struct builder *b)
{
    uint64_t *table = (uint64_t *)b->next;

    __builtin_memset(table, 0, PAGE_BYTES);
    b->next += PAGE_BYTES;
    return table;
}

/* The table below entry `index`, made if missing. */
static uint64_t *table_below(struct builder *b, uint64_t *table, uint64_t index)
{
    if (!(table[index] & PTE_PRESENT))
        table[index] = (uint64_t)table_make(b) | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
    return (uint64_t *)(table[index] & PTE_ADDRESS);
}

static uint64_t *directory_of(struct builder *b, uint64_t va)
{
    uint64_t *upper = table_below(b, (uint64_t *)b->root, va >> 39 & 511);
    return table_below(b, upper, va >> 30 & 511);
}

static void page_enter(struct builder *b, uint64_t va, uint64_t pa, uint64_t bits)
{
    uint64_t *table = table_below(b, directory_of(b, va), va >> 21 & 511);
    table[va >> 12 & 511] = pa | bits | PTE_PRESENT | PTE_GLOBAL | PTE_ACCESSED;
}

static void image_map(struct builder *b, uint64_t image_pa)
{
    uint64_t text_end = (uint64_t)(image_text_end - image_begin);
    uint64_t rodata_end = (uint64_t)(image_rodata_end - image_begin);
    uint64_t end = (uint64_t)(image_end - image_begin);

    for (uint64_t at = 0; at < end; at += PAGE_BYTES) {
        uint64_t bits = PTE_NX | PTE_WRITE | PTE_DIRTY;
        if (at < text_end)
            bits = 0;
        else if (at < rodata_end)
            bits = PTE_NX;
        page_enter(b, IMAGE_VA + at, image_pa + at, bits);
    }
}

static void zone_map(struct builder *b, const struct boot_record *r, uint64_t image_pa)
{
    uint64_t fixed_end = image_pa + (uint64_t)(image_rodata_end - image_begin);
    uint64_t offset = ZONE_VA + (r->zone_base & ((1ull << 30) - 1)) - r->zone_base;
    uint64_t end = r->zone_base + r->zone_bytes;
    uint64_t at = r->zone_base;

    while (at < end) {
        uint64_t va = at + offset;
        bool fixed = at < fixed_end;
        if (at % LARGE_PAGE_BYTES == 0 && end - at >= LARGE_PAGE_BYTES && !fixed) {
            directory_of(b, va)[va >> 21 & 511] = at | PTE_PRESENT | PTE_WRITE | PTE_LARGE |
                                                  PTE_NX | PTE_GLOBAL | PTE_ACCESSED | PTE_DIRTY;
            at += LARGE_PAGE_BYTES;
        } else {
            page_enter(b, va, at, fixed ? PTE_NX : PTE_NX | PTE_WRITE | PTE_DIRTY);
            at += PAGE_BYTES;
        }
    }
}

uint64_t boot_tables_make(struct boot_record *record, uint64_t image_pa)
{
    struct builder b = {.next = (uint64_t)record + BOOT_RECORD_BYTES};
    uint64_t *directory;

    b.root = (uint64_t)table_make(&b);
    directory = directory_of(&b, DEVICE_VA);
    page_enter(&b, LAPIC_VA, LAPIC_PA, PTE_NX | PTE_WRITE | PTE_DIRTY | PTE_UNCACHED);
    for (uint64_t peer = 0; peer < 2 * record->core_count; peer += 512)
        table_below(&b, directory, (PEER_VA + peer * PAGE_BYTES) >> 21 & 511);
    image_map(&b, image_pa);
    zone_map(&b, record, image_pa);
    record->device[DEVICE_ZONE_NEXT] = b.next;
    return b.root;
}
