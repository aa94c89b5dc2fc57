/* Core 0's boot record, made from what PVH tells (struct hvm_start_info; Xen's
 * public/arch-x86/hvm/start_info.h).
 *
 * Runs once, before the final page tables, at physical addresses with the first 4 GiB
 * identity-mapped: this file is compiled position-independent and has no table of pointers. What
 * it finds wrong it cannot report yet: it writes one letter to COM1 and stops. */
#include "x86.h"

#define START_INFO_MAGIC 0x336ec578u
#define MEMORY_TYPE_RAM 1u
#define ADDRESS_LIMIT (1ull << 40)
#define ZONE_BYTES_DEFAULT (8ull << 20)
#define RAM_RANGES_MAX 40u
#define HOLES_MAX 4u

struct start_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules, command, rsdp;
    uint64_t memory_map; /* version 1 */
    uint32_t memory_map_count, reserved;
};

struct start_module {
    uint64_t base, bytes, command, reserved;
};

struct start_memory {
    uint64_t base, bytes;
    uint32_t type, reserved;
};

struct range {
    uint64_t base, end;
};

/* hole[]: sorted ranges that no region may cover (zone, archive, local APIC). */
struct layout {
    struct range ram[RAM_RANGES_MAX];
    uint32_t ram_count;
    struct range hole[HOLES_MAX];
    uint32_t hole_count;
};

static void boot_stop(char reason) NORETURN;
static void boot_stop(char reason)
{
    port_write8(0x3f8, (uint8_t)'!');
    port_write8(0x3f8, (uint8_t)reason);
    for (;;)
        __asm__ volatile("cli; hlt");
}

/* The text behind `name=` in the command line, or NULL. */
static const char *word_find(const char *command, const char *name)
{
    const char *p = command;

    while (*p) {
        const char *n = name;
        while (*p == ' ')
            p++;
        while (*n && *p == *n) {
            p++;
            n++;
        }
        if (!*n && *p == '=')
            return p + 1;
        while (*p && *p != ' ')
            p++;
    }
    return NULL;
}

/* Decimal, with K, M or G behind it; `fallback` if the word is not there. */
static uint64_t word_number(const char *command, const char *name, uint64_t fallback)
{
    const char *p = word_find(command, name);
    uint64_t value = 0;

    if (!p || *p < '0' || *p > '9')
        return fallback;
    for (; *p >= '0' && *p <= '9'; p++)
        value = value * 10 + (uint64_t)(*p - '0');
    if (*p == 'K')
        return value << 10;
    if (*p == 'M')
        return value << 20;
    if (*p == 'G')
        return value << 30;
    return value;
}

/* seed=HEX, up to 64 digits; the last digit is the lowest of seed[3]. */
static void seed_read(struct boot_record *r)
{
    const char *p = word_find(r->command, "seed");

    for (uint32_t i = 0; p && i < 64; i++, p++) {
        uint64_t digit;
        if (*p >= '0' && *p <= '9')
            digit = (uint64_t)(*p - '0');
        else if (*p >= 'a' && *p <= 'f')
            digit = (uint64_t)(*p - 'a') + 10;
        else
            return;
        for (uint32_t k = 0; k < 3; k++)
            r->seed[k] = r->seed[k] << 4 | r->seed[k + 1] >> 60;
        r->seed[3] = r->seed[3] << 4 | digit;
    }
}

static void ranges_insert(struct range *list, uint32_t *count, uint32_t limit, struct range add)
{
    uint32_t at = *count;

    if (add.base >= add.end)
        return;
    if (*count == limit)
        boot_stop('R');
    for (; at > 0 && list[at - 1].base > add.base; at--)
        list[at] = list[at - 1];
    list[at] = add;
    (*count)++;
}

/* RAM in whole pages, in order, without page 0. */
static void ram_gather(struct layout *l, const struct start_info *info)
{
    const struct start_memory *map = (const struct start_memory *)info->memory_map;

    for (uint32_t i = 0; i < info->memory_map_count; i++) {
        struct range r = {round_up(map[i].base, PAGE_BYTES),
                          round_down(map[i].base + map[i].bytes, PAGE_BYTES)};
        if (map[i].type != MEMORY_TYPE_RAM)
            continue;
        if (r.base == 0)
            r.base = PAGE_BYTES;
        if (r.end > ADDRESS_LIMIT)
            r.end = ADDRESS_LIMIT;
        ranges_insert(l->ram, &l->ram_count, RAM_RANGES_MAX, r);
    }
}

static void region_add(struct boot_record *r, enum boot_region_kind kind, uint64_t base,
                       uint64_t end)
{
    if (base >= end)
        return;
    if (r->region_count == BOOT_REGIONS_MAX)
        boot_stop('G');
    r->region[r->region_count] =
        (struct boot_region){.base = base, .bytes = end - base, .kind = (uint32_t)kind};
    r->region_count++;
}

/* [base, end) less the holes. */
static void region_add_around(struct boot_record *r, const struct layout *l,
                              enum boot_region_kind kind, uint64_t base, uint64_t end)
{
    for (uint32_t i = 0; i < l->hole_count && base < end; i++) {
        struct range hole = l->hole[i];
        if (hole.end <= base || hole.base >= end)
            continue;
        region_add(r, kind, base, hole.base);
        base = hole.end;
    }
    region_add(r, kind, base, end);
}

static void regions_make(struct boot_record *r, const struct layout *l)
{
    uint64_t at = PAGE_BYTES;

    for (uint32_t i = 0; i < l->ram_count; i++) {
        struct range ram = l->ram[i];
        if (ram.base < at)
            ram.base = at; /* overlapping entries count once */
        if (ram.base >= ram.end)
            continue;
        region_add_around(r, l, REGION_DEVICE, at, ram.base);
        region_add_around(r, l, REGION_RAM, ram.base, ram.end);
        at = ram.end;
    }
    region_add_around(r, l, REGION_DEVICE, at, ADDRESS_LIMIT);
}

static bool ram_contains(const struct layout *l, uint64_t base, uint64_t end)
{
    for (uint32_t i = 0; i < l->ram_count; i++) {
        if (l->ram[i].base <= base && end <= l->ram[i].end)
            return true;
    }
    return false;
}

static void command_copy(struct boot_record *r, const struct start_info *info)
{
    const char *text = (const char *)info->command;

    for (uint32_t i = 0; text && text[i] && i < BOOT_COMMAND_BYTES - 1; i++)
        r->command[i] = text[i];
}

struct boot_record *boot_record_make(uint64_t image_pa, uint64_t start_info_pa)
{
    const struct start_info *info = (const struct start_info *)start_info_pa;
    uint64_t image_bytes_here = (uint64_t)(image_end - image_begin);
    struct boot_record *r = (struct boot_record *)(image_pa + image_bytes_here);
    struct layout l;

    if (info->magic != START_INFO_MAGIC || info->version < 1)
        boot_stop('I');
    __builtin_memset(r, 0, BOOT_RECORD_BYTES);
    __builtin_memset(&l, 0, sizeof(l));
    command_copy(r, info);
    r->magic = BOOT_MAGIC;
    r->core_count = (uint32_t)word_number(r->command, "cores", 1);
    if (r->core_count == 0 || r->core_count > CORE_COUNT_MAX)
        r->core_count = CORE_COUNT_MAX;
    r->hardware_id = cpuid_read(1, 0).b >> 24;
    r->parent_hardware_id = r->hardware_id; /* core 0 is its own parent, and the console */
    r->console_hardware_id = r->hardware_id;
    r->zone_base = image_pa;
    r->zone_bytes = round_up(word_number(r->command, "zone", ZONE_BYTES_DEFAULT), LARGE_PAGE_BYTES);
    r->firmware_table = info->rsdp;
    r->tick_hz = word_number(r->command, "tick_hz", 0);
    r->device[DEVICE_UART] = 0x3f8;
    r->device[DEVICE_LAPIC_HZ] = word_number(r->command, "lapic_hz", 0);
    seed_read(r);
    if (info->module_count > 0) {
        const struct start_module *module = (const struct start_module *)info->modules;
        r->archive_base = module->base;
        r->archive_bytes = round_up(module->bytes, PAGE_BYTES);
    }
    if (r->archive_base % PAGE_BYTES != 0)
        boot_stop('A');

    ram_gather(&l, info);
    if (!ram_contains(&l, r->zone_base, r->zone_base + r->zone_bytes))
        boot_stop('Z');
    ranges_insert(l.hole, &l.hole_count, HOLES_MAX,
                  (struct range){r->zone_base, r->zone_base + r->zone_bytes});
    ranges_insert(l.hole, &l.hole_count, HOLES_MAX,
                  (struct range){r->archive_base, r->archive_base + r->archive_bytes});
    ranges_insert(l.hole, &l.hole_count, HOLES_MAX,
                  (struct range){LAPIC_PA, LAPIC_PA + PAGE_BYTES});
    if (r->archive_bytes > 0 && r->archive_base < r->zone_base + r->zone_bytes &&
        r->zone_base < r->archive_base + r->archive_bytes)
        boot_stop('O');
    regions_make(r, &l);
    return r;
}
