/* From entry to the linked address, MMU off: fills in the boot record (core 0), finds the own
 * redistributor, builds the kernel half's page tables behind the record, and says what goes in the
 * translation registers. Then, at the linked address, late_start sets up the core's own devices and
 * hands over to kernel_start. */
#include "early.h"
#include "frame.h"

#define GICR_FRAME_BYTES 0x20000ull
#define GICR_TYPER 8u
#define GICR_TYPER_VLPIS 2u
#define GICR_TYPER_LAST 16u
#define GICR_SCAN_MAX 1024u
#define GICD_BYTES 0x10000ull

/* TCR_EL1, Arm ARM D17.2.139: 48 bits each half, 4 KiB pages, walks write-back inner shareable. */
#define TCR_BASE                                                                                   \
    (16ull | 1ull << 8 | 1ull << 10 | 3ull << 12 | 16ull << 16 | 1ull << 24 | 1ull << 26 |         \
     3ull << 28 | 2ull << 30)
#define TCR_SIZE_SHIFT 32
#define PHYSICAL_SIZE_MAX 5u /* 48 bits: larger ones need another table format */
#define MAIR_VALUE 0x04ffull /* 0: write-back, 1: device nGnRE */
/* SCTLR_EL1, D17.2.118. SPAN (23) stays 0: PAN is set at each exception. */
#define SCTLR_VALUE                                                                                \
    (1ull << 0 /* M */ | 1ull << 2 /* C */ | 1ull << 3 /* SA */ | 1ull << 4 /* SA0 */ |            \
     1ull << 11 | 1ull << 12 /* I */ | 1ull << 14 /* DZE */ | 1ull << 15 /* UCT */ |               \
     1ull << 16 /* nTWI */ | 1ull << 18 /* nTWE */ | 1ull << 19 /* WXN */ | 1ull << 20 |           \
     1ull << 22 | 1ull << 26 /* UCI */ | 1ull << 28 | 1ull << 29)

struct early_registers early_registers;
static uint64_t empty_root[512] ALIGNED(4096);

/* Page tables in the making: pages come from the zone, one after the other. */
struct table_maker {
    uint64_t *root;
    uint64_t next; /* physical */
};

void early_die(uint64_t uart, const char *text)
{
    volatile uint32_t *data = (volatile uint32_t *)uart;

    for (unsigned i = 0; uart && text[i]; i++)
        *data = (uint8_t)text[i];
    if (uart)
        *data = '\n';
    arch_halt();
}

static uint64_t *table_new(struct table_maker *m)
{
    uint64_t *table = (uint64_t *)m->next;

    m->next += PAGE_BYTES;
    for (unsigned i = 0; i < 512; i++)
        table[i] = 0;
    return table;
}

/* The entry for va in the table of `level` (4..1), making tables on the way. */
static uint64_t *entry_find(struct table_maker *m, uint64_t va, unsigned level)
{
    uint64_t *table = m->root;

    for (unsigned l = 4; l > level; l--) {
        uint64_t *entry = &table[va >> (12 + 9 * (l - 1)) & 511];
        if (!*entry)
            *entry = (uint64_t)table_new(m) | ENTRY_TABLE;
        table = (uint64_t *)(*entry & ENTRY_ADDRESS);
    }
    return &table[va >> (12 + 9 * (level - 1)) & 511];
}

static void range_map(struct table_maker *m, uint64_t va, uint64_t pa, uint64_t bytes,
                      uint64_t attributes)
{
    uint64_t end = va + bytes;

    while (va < end) {
        bool large = ((va | pa) & (LARGE_PAGE_BYTES - 1)) == 0 && end - va >= LARGE_PAGE_BYTES;
        uint64_t step = large ? LARGE_PAGE_BYTES : PAGE_BYTES;
        *entry_find(m, va, large ? 2 : 1) = pa | attributes | (large ? ENTRY_BLOCK : ENTRY_PAGE);
        va += step;
        pa += step;
    }
}

/* Physical address of this core's redistributor in a region, 0: not there. */
static uint64_t redistributor_find(uint64_t base, uint64_t hardware_id)
{
    uint64_t affinity = (hardware_id >> 32 & 0xff) << 24 | (hardware_id & 0xffffff);

    for (unsigned i = 0; base && i < GICR_SCAN_MAX; i++) {
        uint32_t low = *(volatile uint32_t *)(base + GICR_TYPER);
        uint32_t high = *(volatile uint32_t *)(base + GICR_TYPER + 4);
        if (high == affinity)
            return base;
        if (low & GICR_TYPER_LAST)
            return 0;
        base += low & GICR_TYPER_VLPIS ? 2 * GICR_FRAME_BYTES : GICR_FRAME_BYTES;
    }
    return 0;
}

static void devices_map(struct table_maker *m, const struct boot_record *r)
{
    uint64_t gicr = redistributor_find(r->device[DEVICE_GICR], machine.hardware_id);

    if (!gicr)
        gicr = redistributor_find(r->device[DEVICE_GICR_2], machine.hardware_id);
    if (!gicr)
        early_die(machine.owns_devices ? r->device[DEVICE_UART] : 0,
                  "no redistributor for this core");
    range_map(m, KERNEL_GICR_VA, gicr, GICR_FRAME_BYTES, KERNEL_DEVICE);
    if (machine.owns_devices) {
        range_map(m, KERNEL_GICD_VA, r->device[DEVICE_GICD], GICD_BYTES, KERNEL_DEVICE);
        if (r->device[DEVICE_UART])
            range_map(m, KERNEL_UART_VA, round_down(r->device[DEVICE_UART], PAGE_BYTES), PAGE_BYTES,
                      KERNEL_DEVICE);
    }
}

/* Image, zone (its image part only as far as it is writable), devices, window, peers. Returns the
 * root. */
static uint64_t kernel_half_make(struct boot_record *r)
{
    uint64_t base = r->zone_base, text = (uint64_t)(image_text_end - image_begin);
    uint64_t rodata = (uint64_t)(image_rodata_end - image_begin),
             image = (uint64_t)(image_end - image_begin);
    struct table_maker m = {.next = (uint64_t)r + BOOT_RECORD_BYTES};
    uint64_t zone_va = KERNEL_ZONE_VA + base % LARGE_PAGE_BYTES;

    m.root = table_new(&m);
    machine.zone_offset = zone_va - base;
    range_map(&m, KERNEL_IMAGE_VA, base, text, KERNEL_RX);
    range_map(&m, KERNEL_IMAGE_VA + text, base + text, rodata - text, KERNEL_RO);
    range_map(&m, KERNEL_IMAGE_VA + rodata, base + rodata, image - rodata, KERNEL_RW);
    range_map(&m, zone_va + rodata, base + rodata, r->zone_bytes - rodata, KERNEL_RW);
    devices_map(&m, r);
    machine.window_entry =
        (uint64_t *)((uint64_t)entry_find(&m, KERNEL_WINDOW_VA, 1) + machine.zone_offset);
    for (unsigned i = 0; i * 512 < 2 * r->core_count; i++)
        machine.peer_table[i] =
            (uint64_t *)((uint64_t)entry_find(&m, KERNEL_PEER_VA + i * LARGE_PAGE_BYTES, 1) +
                         machine.zone_offset);
    r->device[DEVICE_FREE] = m.next;
    return (uint64_t)m.root;
}

static void registers_fill(struct early_registers *out, uint64_t root, uint64_t dirty_begin,
                           uint64_t dirty_end)
{
    uint64_t features;

    __asm__("mrs %0, id_aa64mmfr0_el1" : "=r"(features));
    features &= 15;
    out->mair = MAIR_VALUE;
    out->tcr = TCR_BASE | (features < PHYSICAL_SIZE_MAX ? features : PHYSICAL_SIZE_MAX)
                              << TCR_SIZE_SHIFT;
    out->ttbr0 = machine.empty_root;
    out->ttbr1 = root;
    out->sctlr = SCTLR_VALUE;
    out->dirty_begin = dirty_begin;
    out->dirty_end = dirty_end;
}

void early_start(struct early_registers *out, uint64_t argument, uint64_t second)
{
    uint64_t base = (uint64_t)image_begin, image = (uint64_t)(image_end - image_begin), root;
    struct boot_record *r = (struct boot_record *)(base + image);

    if (second) {
        if (argument != (uint64_t)r || r->magic != BOOT_MAGIC || r->zone_base != base ||
            r->core_count > CORE_COUNT_MAX)
            arch_halt();
    } else {
        for (unsigned i = 0; i < BOOT_RECORD_BYTES / 8; i++)
            ((uint64_t *)r)[i] = 0;
    }
    __asm__("mrs %0, mpidr_el1" : "=r"(machine.hardware_id));
    machine.hardware_id &= MPIDR_AFFINITY_MASK;
    machine.owns_devices = !second;
    machine.empty_root = (uint64_t)empty_root;
    if (!second)
        record_make(r, argument, base, image);
    r->hardware_id = machine.hardware_id;
    machine.flags = r->device[DEVICE_FLAGS];
    root = kernel_half_make(r);
    machine.record = (struct boot_record *)((uint64_t)r + machine.zone_offset);
    registers_fill(out, root, base, r->device[DEVICE_FREE]);
}

uint64_t zero_block;

/* User mode: no debug registers, no performance counters, no stale thread pointer, no vector unit.
 */
static void processor_start(void)
{
    uint64_t mmfr1, dfr0, dczid;

    __asm__ volatile("msr mdscr_el1, xzr\n\tmsr tpidr_el0, xzr\n\tmsr tpidrro_el0, xzr\n\tmsr "
                     "contextidr_el1, xzr");
    __asm__("mrs %0, id_aa64mmfr1_el1\n\tmrs %1, id_aa64dfr0_el1" : "=r"(mmfr1), "=r"(dfr0));
    if (mmfr1 >> 20 & 15)
        __asm__ volatile(".inst 0xd500419f"); /* msr pan, #1 */
    if ((dfr0 >> 8 & 15) && (dfr0 >> 8 & 15) != 15)
        __asm__ volatile("msr pmuserenr_el0, xzr");
    __asm__("mrs %0, dczid_el0" : "=r"(dczid));
    zero_block = dczid & 16 ? 0 : 4ull << (dczid & 15); /* DZP; BS: words of 4 bytes */
    arch_vector_disable();
    __asm__ volatile("isb");
}

void late_start(void)
{
    kernel_frame.call.partial = 1;
    processor_start();
    time_start();
    gic_start();
    kernel_start(machine.record);
}
