/* Core 0: the output driver's domain, /skerry/files, and what it gets of the machine: the windows
 * of virtio-mmio where the firmware names some, else PCI configuration space and the addresses
 * where the firmware puts PCI devices' registers; and the right to make interrupts. The words of
 * its command line are those of apps/drivers/files/device.h, in the order of the grants. */
#include <rt/log.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>

#include "monitor.h"

#define FILES_PRIORITY 40u
#define FILES_ZONE_BYTES (512u << 10) /* and for each client's mappings and slots: */
#define FILES_ZONE_CLIENT_BYTES (2u << 10)
#define FILES_RAM_BYTES (1u << 20)
#define FILES_CLIENTS_SPARE 1u /* besides each core's worker: the shell */
#define GRANTS_MAX 16u
#define WORDS_MAX 96u
#define WORD_BYTES 48u
#define HOLES_MAX 4u
#define BELOW_4_GIB (1ull << 32)

/* What the domain is given, put together before it is spawned. */
struct gift {
    struct monitor *monitor;
    struct spawn_grant grant[GRANTS_MAX];
    capref_t part[GRANTS_MAX]; /* made for it, and let go again when it has its copy */
    uint32_t grant_count, part_count;
    const char *word[WORDS_MAX];
    char text[WORDS_MAX][WORD_BYTES];
    uint32_t word_count;
};

static enum status word_add(struct gift *g, const char *key, uint64_t first, uint64_t second)
{
    if (g->word_count == WORDS_MAX)
        return E_LIMIT;
    char *text = g->text[g->word_count];
    (void)rt_snprintf(text, WORD_BYTES, "%s=%lx:%lx", key, (unsigned long)first,
                      (unsigned long)second);
    g->word[g->word_count++] = text;
    return OK;
}

static enum status grant_add(struct gift *g, capref_t from)
{
    if (g->grant_count == GRANTS_MAX)
        return E_LIMIT;
    g->grant[g->grant_count] = (struct spawn_grant){
        .from = from, .to = SLOT_GRANT_FIRST + g->grant_count, .rights = RIGHT_READ | RIGHT_WRITE};
    g->grant_count++;
    return OK;
}

/* Part of one device region as a grant, and its word. */
static enum status part_add(struct gift *g, const char *key, capref_t region, uint64_t region_base,
                            uint64_t base, uint64_t bytes)
{
    capref_t part;
    enum status s = slot_alloc(&rt.slots, &part);

    if (s != OK)
        return s;
    s = sys_cap_mint(capref_in(0, region), capref_in(0, part), RIGHTS_ALL, 0, base - region_base,
                     bytes);
    if (s == OK)
        s = grant_add(g, part);
    if (s != OK) {
        slot_delete(&rt.slots, part);
        return s;
    }
    g->part[g->part_count++] = part;
    return word_add(g, key, base, bytes);
}

/* The device region that covers a range. */
static enum status range_add(struct gift *g, const char *key, uint64_t begin, uint64_t end)
{
    struct cap_description d;

    for (capref_t ref = SLOT_REGION_FIRST; ref < SLOT_MONITOR_FREE; ref++)
        if (sys_cap_identify(capref_in(0, ref), &d) == OK && d.type == CAP_DEVICE_FRAME &&
            begin >= d.base && end - d.base <= d.bytes)
            return part_add(g, key, ref, d.base, begin, end - begin);
    return E_NOT_FOUND;
}

static enum status slots_add(struct gift *g)
{
    const struct machine *m = g->monitor->machine;
    uint64_t begin = m->slots[0].base, end = 0;
    enum status s = OK;

    for (uint32_t i = 0; i < m->slot_count; i++)
        if (m->slots[i].base + m->slots[i].bytes > end)
            end = m->slots[i].base + m->slots[i].bytes;
    s = range_add(g, "slots", round_down(begin, PAGE_BYTES), round_up(end, PAGE_BYTES));
    for (uint32_t i = 0; s == OK && i < m->slot_count; i++)
        s = word_add(g, "slot", m->slots[i].base, m->slots[i].interrupt);
    return s;
}

/* The end of the RAM below 4 GiB. */
static uint64_t low_ram_end(const struct boot_record *r)
{
    uint64_t end = 0;

    for (uint32_t i = 0; i < r->region_count; i++) {
        const struct boot_region *g = &r->region[i];
        if (g->kind == REGION_RAM && g->base < BELOW_4_GIB && g->base + g->bytes > end)
            end = g->base + g->bytes;
    }
    return end;
}

/* [begin, end) of one device region, less the holes (ascending). */
static enum status window_add(struct gift *g, const struct machine_region *hole, uint64_t begin,
                              uint64_t end)
{
    enum status s = OK;

    for (uint32_t i = 0; s == OK && i < HOLES_MAX && begin < end; i++) {
        uint64_t hole_end = hole[i].base + round_up(hole[i].bytes, PAGE_BYTES);
        if (!hole[i].bytes || hole_end <= begin || hole[i].base >= end)
            continue;
        if (hole[i].base > begin)
            s = range_add(g, "window", begin, hole[i].base);
        begin = hole_end;
    }
    if (s == OK && begin < end)
        s = range_add(g, "window", begin, end);
    return s;
}

static void holes_sort(struct machine_region *hole)
{
    for (uint32_t i = 1; i < HOLES_MAX; i++)
        for (uint32_t k = i; k > 0 && hole[k - 1].base > hole[k].base; k--) {
            struct machine_region swap = hole[k];
            hole[k] = hole[k - 1];
            hole[k - 1] = swap;
        }
}

static enum status pci_add(struct gift *g)
{
    const struct machine *m = g->monitor->machine;
    const struct boot_record *r = g->monitor->record;
    struct machine_region hole[HOLES_MAX] = {m->ecam, m->local_apic, m->io_apic};
    uint64_t low = low_ram_end(r);
    enum status s = range_add(g, "ecam", m->ecam.base, m->ecam.base + m->ecam.bytes);

    holes_sort(hole);
    for (uint32_t i = 0; s == OK && i < r->region_count; i++) {
        const struct boot_region *region = &r->region[i];
        uint64_t begin = region->base < low ? low : region->base;
        if (region->kind == REGION_DEVICE)
            s = window_add(g, hole, begin, region->base + region->bytes);
    }
    return s;
}

static enum status gift_make(struct gift *g)
{
    const struct machine *m = g->monitor->machine;
    uint32_t clients = g->monitor->core_count + FILES_CLIENTS_SPARE;
    enum status s;

    g->word[0] = "files";
    (void)rt_snprintf(g->text[1], WORD_BYTES, "clients=%u", clients);
    g->word[1] = g->text[1];
    g->word_count = 2;
    s = OK;
    if (m->slot_count)
        s = slots_add(g);
    else if (m->ecam.bytes)
        s = pci_add(g);
    if (s == OK)
        s = grant_add(g, SLOT_IRQ_CONTROL);
    if (s == OK && g->word_count == WORDS_MAX)
        s = E_LIMIT;
    if (s == OK)
        g->word[g->word_count++] = "irqs";
    return s;
}

enum status drivers_spawn(struct monitor *m)
{
    struct gift *g = heap_alloc_zeroed(&rt.heap, sizeof(*g));
    struct child *child;
    enum status s = E_NO_MEMORY;

    if (!g)
        return s;
    g->monitor = m;
    s = gift_make(g);
    if (s == OK) {
        struct spawn_request r = {
            .image = "/skerry/files",
            .name = "files",
            .argc = (int)g->word_count,
            .argv = g->word,
            .zone_bytes = FILES_ZONE_BYTES + m->core_count * FILES_ZONE_CLIENT_BYTES,
            .ram_bytes = FILES_RAM_BYTES,
            .priority = FILES_PRIORITY,
            .grant = g->grant,
            .grant_count = g->grant_count,
        };
        s = child_spawn(m, &r, &child);
    } else {
        log_line("what the output driver needs cannot be made: %s", status_name(s));
    }
    for (uint32_t i = 0; i < g->part_count; i++)
        slot_delete(&rt.slots, g->part[i]);
    heap_free(&rt.heap, g);
    return s;
}
