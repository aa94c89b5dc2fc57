/* Core 0: the output driver's domain, /skerry/files, and what it gets of the machine: the windows
 * of virtio-mmio where the firmware names some, else PCI configuration space and the addresses
 * where the firmware puts PCI devices' registers; and the right to make interrupts. The words of
 * its command line are those of apps/drivers/files/device.h, in the order of the grants.
 *
 * It is started again whenever it ends. Its memory and its capabilities are kept until the next
 * instance has reset the device (NOTE_QUIET): nothing that the device may still read or write is
 * anybody else's before.
 *
 *   now runs --ended or killed--> before: kept, now: none --pause--> now: started
 *   now: started --NOTE_QUIET--> before taken back --NOTE_WORKED--> failures = 0
 *   DRIVER_FAILURES_MAX ends in a row without NOTE_WORKED: given up; what was kept stays kept.  */
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
#define DRIVER_FAILURES_MAX 10u /* in a row without any work done */
#define KILL_START_MS 40u       /* for tests: it takes about as long to come up */
#define RESERVE_SLOTS 128u
#define DRIVER_PAUSE_MS 2ull /* before it is started again; doubled with each failure */

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
    if (s == OK && g->word_count + 2 > WORDS_MAX)
        s = E_LIMIT;
    if (s != OK)
        return s;
    g->word[g->word_count++] = "irqs";
    if (g->monitor->driver.crash_count) {
        char *text = g->text[g->word_count];
        (void)rt_snprintf(text, WORD_BYTES, "crash=%u", g->monitor->driver.crash_after);
        g->word[g->word_count++] = text;
    }
    return OK;
}

static enum status driver_spawn(struct monitor *m, struct child **child)
{
    struct gift *g = m->driver.gift;
    enum status s = E_NO_MEMORY;

    if (!g)
        return s;
    *g = (struct gift){.monitor = m};
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
        s = child_spawn(m, &r, child);
        m->driver.crash_count -= s == OK && m->driver.crash_count;
    } else {
        log_line("what the output driver needs cannot be made: %s", status_name(s));
    }
    for (uint32_t i = 0; i < g->part_count; i++)
        slot_delete(&rt.slots, g->part[i]);
    return s;
}

static uint64_t ticks_of_ms(uint64_t ms)
{
    return rt.page->tick_hz / 1000 * ms;
}

static uint32_t command_number(const struct monitor *m, const char *key)
{
    const char *at = command_value(m, key);
    uint32_t value = 0;

    for (; at && *at >= '0' && *at <= '9'; at++)
        value = value * 10 + (uint32_t)(*at - '0');
    return value;
}

/* xorshift64: for tests, and reproducible. */
static uint64_t random_next(struct driver *d)
{
    d->kill_random ^= d->kill_random << 13;
    d->kill_random ^= d->kill_random >> 7;
    d->kill_random ^= d->kill_random << 17;
    return d->kill_random >> 8;
}

/* For tests: an instance ends at an instant by chance, behind its first file; one of four while it
 * is still coming up. So it is killed under load only, and never for ever. */
static void kill_plan(struct driver *d, bool starts)
{
    uint64_t window_ms = starts ? KILL_START_MS : 2ull * d->kill_ms;

    d->kill_ticks = UINT64_MAX;
    if (d->kill_count && (!starts || random_next(d) % 4 == 0))
        d->kill_ticks = arch_user_ticks() + random_next(d) % ticks_of_ms(window_ms);
}

bool driver_is(const struct monitor *m, const struct child *c)
{
    return m->driver.now == c;
}

/* The one that runs is over. Nothing that it shares with the device is given to anybody until the
 * next instance has found the device quiet; an instance that never got so far shares nothing. */
bool driver_over(struct monitor *m, const struct child *c)
{
    struct driver *d = &m->driver;
    bool keep = driver_is(m, c) && !d->before, asked = d->asked;

    if (!driver_is(m, c))
        return false;
    if (keep)
        d->before = d->now;
    d->now = NULL;
    d->asked = false;
    if (!asked && ++d->failures > DRIVER_FAILURES_MAX) {
        d->given_up = true;
        log_line("the output driver ended %u times without any work done: it is given up",
                 DRIVER_FAILURES_MAX);
        return keep;
    }
    d->due_ticks =
        arch_user_ticks() + (d->failures > 1 ? ticks_of_ms(DRIVER_PAUSE_MS << d->failures) : 0);
    return keep;
}

void driver_quiet(struct child *c, uint32_t request)
{
    struct driver *d = &c->monitor->driver;
    struct msg_parent_note n = {.kind = NOTE_QUIET_TAKEN, .number = request, .word = {OK}};

    if (!driver_is(c->monitor, c))
        n.word[0] = E_RIGHTS;
    else if (d->before) {
        child_take_back(d->before);
        d->before = NULL;
    }
    child_tell(c, &n);
}

void driver_worked(struct child *c)
{
    if (driver_is(c->monitor, c)) {
        c->monitor->driver.failures = 0;
        kill_plan(&c->monitor->driver, false);
    }
}

void drivers_start(struct monitor *m)
{
    struct driver *d = &m->driver;

    d->wanted = true;
    d->gift = heap_alloc_zeroed(&rt.heap, sizeof(*d->gift)); /* for good */
    d->kill_count = command_number(m, "kill_files_count");
    d->kill_ms = command_number(m, "kill_files_ms");
    d->kill_random = command_number(m, "kill_files_seed") * 2ull + 1;
    d->crash_after = command_number(m, "crash_files_after");
    d->crash_count = command_number(m, "crash_files_count");
    if (!d->kill_ms)
        d->kill_count = 0;
    d->kill_ticks = UINT64_MAX;
    drivers_tick(m);
}

/* One that is told to end has not failed. */
void driver_end(struct monitor *m)
{
    m->driver.asked = true;
    child_end(m->driver.now);
}

/* Two instances are there at once for a moment: what this program needs for a second one grows now,
 * behind everything else that the boot takes, so that later nothing grows. */
void drivers_reserve(struct monitor *m)
{
    capref_t first;
    void *room = heap_alloc(&rt.heap, CHILD_TABLES_BYTES(m->core_count));

    heap_free(&rt.heap, room);
    if (slot_alloc_run(&rt.slots, RESERVE_SLOTS, &first) != OK)
        return;
    for (uint32_t i = 0; i < RESERVE_SLOTS; i++)
        slot_free(&rt.slots, first + i);
}

static void driver_kill(struct monitor *m)
{
    struct driver *d = &m->driver;

    d->kill_ticks = UINT64_MAX;
    if (!d->now)
        return; /* it has ended by itself */
    d->kill_count--;
    log_line("the output driver is killed, %u more to come", d->kill_count);
    driver_end(m);
}

void drivers_tick(struct monitor *m)
{
    struct driver *d = &m->driver;
    enum status s;

    if (!d->wanted || d->given_up)
        return;
    if (d->kill_count && arch_user_ticks() >= d->kill_ticks)
        driver_kill(m);
    if (d->now || arch_user_ticks() < d->due_ticks)
        return;
    s = driver_spawn(m, &d->now);
    if (s == OK) {
        kill_plan(d, true);
        return;
    }
    d->now = NULL;
    d->due_ticks = arch_user_ticks() + ticks_of_ms(DRIVER_PAUSE_MS << d->failures);
    if (++d->failures > DRIVER_FAILURES_MAX) {
        d->given_up = true;
        log_line("no output driver (%s): nothing can be written to the host", status_name(s));
    }
}

uint64_t drivers_due(const struct monitor *m)
{
    const struct driver *d = &m->driver;
    uint64_t due = UINT64_MAX;

    if (!d->wanted || d->given_up)
        return due;
    if (!d->now)
        due = d->due_ticks;
    if (d->kill_count && d->kill_ticks < due)
        due = d->kill_ticks;
    return due;
}
