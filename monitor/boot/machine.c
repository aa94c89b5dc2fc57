/* Core 0: what the machine is. Firmware tables are read through mappings of the device regions
 * (ACPI) or of the device tree's frame (arm64); both are let go again afterwards. */
#include <rt/log.h>
#include <rt/memory.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>

#include "monitor.h"

/* Windows on physical memory, one a capability that was asked for. */
#define WINDOWS_MAX 16u
struct window {
    uint64_t base, bytes;
    void *at;
};

struct access {
    struct monitor *monitor;
    struct window window[WINDOWS_MAX];
    uint32_t count;
};

/* The capability that covers [pa, pa + bytes): a device region, or a shared frame. */
static capref_t cover_find(uint64_t pa, uint64_t bytes, struct cap_description *d)
{
    for (capref_t ref = SLOT_SHARED_FIRST; ref < SLOT_MONITOR_FREE; ref++)
        if (sys_cap_identify(capref_in(0, ref), d) == OK &&
            (d->type == CAP_DEVICE_FRAME || d->type == CAP_FRAME) && pa >= d->base &&
            bytes <= d->bytes && pa - d->base <= d->bytes - bytes)
            return ref;
    return 0;
}

static const void *physical_map(void *arg, uint64_t pa, uint64_t bytes)
{
    struct access *a = arg;
    uint64_t begin = round_down(pa, PAGE_BYTES), end = round_up(pa + bytes, PAGE_BYTES);
    struct cap_description d;
    struct window *w;
    capref_t ref;

    for (uint32_t i = 0; i < a->count; i++)
        if (begin >= a->window[i].base && end <= a->window[i].base + a->window[i].bytes)
            return (const char *)a->window[i].at + (pa - a->window[i].base);
    ref = cover_find(begin, end - begin, &d);
    if (!ref || a->count == WINDOWS_MAX)
        return NULL;
    w = &a->window[a->count];
    if (frame_map(ref, begin - d.base, end - begin, MAP_READ, &w->at) != OK)
        return NULL;
    w->base = begin;
    w->bytes = end - begin;
    a->count++;
    return (const char *)w->at + (pa - begin);
}

static void table_line(void *arg, const char *text)
{
    (void)arg;
    log_line("%s", text);
}

/* Number the cores: ours is 0; what the launcher did not ask for stays off. */
static enum status cores_number(struct monitor *m)
{
    enum status s = machine_boot_core_set(m->machine, m->record->hardware_id);

    if (s != OK)
        return s;
    if (m->machine->core_count < m->core_count) {
        log_line("the command line asks for %u cores, the machine has %u", m->core_count,
                 m->machine->core_count);
        return E_ARGUMENT;
    }
    for (uint32_t c = 0; c < m->core_count; c++) {
        m->cores[c].hardware_id = m->machine->cores[c].hardware_id;
        m->cores[c].node = m->machine->cores[c].node;
    }
    return OK;
}

enum status machine_find(struct monitor *m)
{
    struct machine_limits limits = MACHINE_LIMITS_DEFAULT;
    struct access access = {.monitor = m};
    struct machine_access by = {.map = physical_map, .arg = &access};
    uint64_t bytes = machine_bytes(&limits);
    void *room = heap_alloc_zeroed(&rt.heap, bytes);
    enum status s;

    m->machine = heap_alloc_zeroed(&rt.heap, sizeof(*m->machine));
    if (!room || !m->machine)
        return E_NO_MEMORY;
    s = machine_init(m->machine, &limits, room, bytes);
    if (s == OK)
        s = machine_read(m->machine, &by, m->record->firmware_table, m->record->firmware_bytes);
    for (uint32_t i = 0; i < access.count; i++)
        frame_unmap(access.window[i].at, access.window[i].bytes);
    if (s == OK)
        s = cores_number(m);
    if (s == OK)
        machine_table(m->machine, table_line, NULL);
    else
        log_line("discovery failed: %s", status_name(s));
    return s;
}
