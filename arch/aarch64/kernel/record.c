/* Core 0's boot record, made from the device tree: zone, archive, RAM that is left over, and the
 * gaps in the physical address space as device regions (without the interrupt controller, which
 * stays with the kernels). */
#include "devicetree.h"
#include "early.h"

#define ZONE_BYTES_DEFAULT (8ull << 20)
#define ZONE_BYTES_MIN (1ull << 20)
#define PHYSICAL_END (1ull << 40)
#define TAKEN_MAX 4u
#define SPANS_MAX (MEMORY_BANKS_MAX + 3u)

struct span {
    uint64_t begin, end;
};

static uint64_t digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return (uint64_t)(c - '0');
    if ((c | 32) >= 'a' && (c | 32) <= 'f')
        return (uint64_t)((c | 32) - 'a' + 10);
    return 99;
}

static uint64_t number_read(const char *p)
{
    uint64_t base = 10, value = 0;

    if (p[0] == '0' && (p[1] | 32) == 'x') {
        base = 16;
        p += 2;
    }
    for (; digit_of(*p) < base; p++)
        value = value * base + digit_of(*p);
    if ((*p | 32) == 'k')
        return value << 10;
    if ((*p | 32) == 'm')
        return value << 20;
    return (*p | 32) == 'g' ? value << 30 : value;
}

uint64_t command_number(const char *command, const char *name, uint64_t otherwise)
{
    for (const char *p = command; *p; p++) {
        unsigned i = 0;
        if (p != command && p[-1] != ' ')
            continue;
        while (name[i] && p[i] == name[i])
            i++;
        if (!name[i] && p[i] == '=')
            return number_read(p + i + 1);
    }
    return otherwise;
}

static void region_add(struct boot_record *r, struct span s, enum boot_region_kind kind,
                       uint32_t node)
{
    if (s.begin >= s.end || r->region_count == BOOT_REGIONS_MAX)
        return;
    r->region[r->region_count++] = (struct boot_region){s.begin, s.end - s.begin, kind, node};
}

/* RAM of one bank, without what is taken. `taken` is sorted and disjoint. */
static void bank_add(struct boot_record *r, const struct memory_range *bank,
                     const struct span *taken, unsigned count)
{
    struct span s = {round_up(bank->base, PAGE_BYTES),
                     round_down(bank->base + bank->bytes, PAGE_BYTES)};

    for (unsigned i = 0; i < count; i++) {
        if (taken[i].end <= s.begin || taken[i].begin >= s.end)
            continue;
        region_add(r, (struct span){s.begin, taken[i].begin}, REGION_RAM, bank->node);
        s.begin = taken[i].end;
    }
    region_add(r, s, REGION_RAM, bank->node);
}

/* Insertion sort; empty spans stay out. */
static unsigned span_insert(struct span *list, unsigned count, uint64_t begin, uint64_t end)
{
    unsigned i = count;

    if (begin >= end)
        return count;
    for (; i > 0 && list[i - 1].begin > begin; i--)
        list[i] = list[i - 1];
    list[i] = (struct span){begin, end};
    return count + 1;
}

static void devices_add(struct boot_record *r, const struct devicetree *t)
{
    struct span used[SPANS_MAX];
    unsigned count = 0;
    uint64_t at = 0;

    for (unsigned i = 0; i < t->bank_count; i++)
        count = span_insert(used, count, t->bank[i].base, t->bank[i].base + t->bank[i].bytes);
    count = span_insert(used, count, t->gicd.base, t->gicd.base + t->gicd.bytes);
    for (unsigned i = 0; i < GICR_REGIONS_MAX; i++)
        count = span_insert(used, count, t->gicr[i].base, t->gicr[i].base + t->gicr[i].bytes);
    for (unsigned i = 0; i < count; i++) {
        region_add(r, (struct span){at, round_down(used[i].begin, PAGE_BYTES)}, REGION_DEVICE, 0);
        at = round_up(used[i].end, PAGE_BYTES);
    }
    region_add(r, (struct span){at, PHYSICAL_END}, REGION_DEVICE, 0);
}

/* The zone lies in one bank, and nothing else lies in the zone. */
static void zone_check(const struct boot_record *r, const struct devicetree *t,
                       const struct span *taken, unsigned count)
{
    uint64_t end = r->zone_base + r->zone_bytes;
    bool inside = false;

    for (unsigned i = 0; i < t->bank_count; i++)
        inside |= t->bank[i].base <= r->zone_base && end <= t->bank[i].base + t->bank[i].bytes;
    if (!inside)
        early_die(t->uart.base,
                  "the zone does not fit in its memory bank: more memory, or zone=SIZE");
    for (unsigned i = 1; i < count; i++)
        if (taken[i].begin < taken[i - 1].end)
            early_die(t->uart.base, "zone, archive and device tree overlap");
}

static void memory_fill(struct boot_record *r, const struct devicetree *t)
{
    struct span taken[TAKEN_MAX];
    unsigned count = 0;

    count = span_insert(taken, count, r->zone_base, r->zone_base + r->zone_bytes);
    count = span_insert(taken, count, r->archive_base, r->archive_base + r->archive_bytes);
    count = span_insert(taken, count, round_down(r->firmware_table, PAGE_BYTES),
                        round_up(r->firmware_table + r->firmware_bytes, PAGE_BYTES));
    zone_check(r, t, taken, count);
    for (unsigned i = 0; i < t->bank_count; i++) {
        bank_add(r, &t->bank[i], taken, count);
        if (r->zone_base >= t->bank[i].base && r->zone_base - t->bank[i].base < t->bank[i].bytes)
            r->node = t->bank[i].node;
    }
    devices_add(r, t);
    r->shared[0].base = round_down(r->firmware_table, PAGE_BYTES);
    r->shared[0].bytes =
        round_up(r->firmware_table + r->firmware_bytes, PAGE_BYTES) - r->shared[0].base;
    r->shared[0].rights = RIGHT_READ | RIGHT_GRANT;
    r->shared_count = 1;
}

/* splitmix64 (Steele, Lea, Flood 2014): spreads the launcher's one number over the seed. */
static void seed_fill(struct boot_record *r)
{
    uint64_t state = command_number(r->command, "seed", 1);

    for (unsigned i = 0; i < 4; i++) {
        uint64_t z = state += 0x9e3779b97f4a7c15ull;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
        z = (z ^ z >> 27) * 0x94d049bb133111ebull;
        r->seed[i] = z ^ z >> 31;
    }
}

void record_make(struct boot_record *r, uint64_t devicetree, uint64_t image_base,
                 uint64_t image_bytes)
{
    struct devicetree t;
    uint64_t cores;

    if (!devicetree_read(devicetree, &t))
        early_die(0, "");
    if (!t.gicd.bytes || !t.gicr[0].bytes)
        early_die(t.uart.base, "no GICv3 in the device tree");
    for (unsigned i = 0; t.command[i] && i < BOOT_COMMAND_BYTES - 1; i++)
        r->command[i] = t.command[i];
    r->magic = BOOT_MAGIC;
    cores = command_number(r->command, "cores", t.cpu_count);
    r->core_count = (uint32_t)(cores < t.cpu_count ? cores : t.cpu_count);
    if (r->core_count == 0 || r->core_count > CORE_COUNT_MAX)
        early_die(t.uart.base, "the number of cores is out of range");
    r->zone_base = image_base;
    r->zone_bytes = round_up(command_number(r->command, "zone", ZONE_BYTES_DEFAULT), PAGE_BYTES);
    if (r->zone_bytes < ZONE_BYTES_MIN || r->zone_bytes < image_bytes + ZONE_BYTES_MIN)
        early_die(t.uart.base, "zone=SIZE is too small");
    if (t.initrd_end > t.initrd_begin && t.initrd_begin % PAGE_BYTES == 0) {
        r->archive_base = t.initrd_begin;
        r->archive_bytes = round_up(t.initrd_end - t.initrd_begin, PAGE_BYTES);
    }
    r->firmware_table = devicetree;
    r->firmware_bytes = t.bytes;
    r->tick_hz = arch_tick_hz();
    r->device[DEVICE_GICD] = t.gicd.base;
    r->device[DEVICE_GICR] = t.gicr[0].base;
    r->device[DEVICE_GICR_2] = t.gicr[1].bytes ? t.gicr[1].base : 0;
    r->device[DEVICE_UART] = t.uart.bytes ? t.uart.base : 0;
    r->device[DEVICE_FLAGS] =
        (t.psci_smc ? MACHINE_PSCI_SMC : 0u) |
        (command_number(r->command, "semihosting", 0) ? MACHINE_SEMIHOSTING : 0u);
    seed_fill(r);
    memory_fill(r, &t);
}
