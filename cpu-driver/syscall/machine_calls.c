/* System calls for the monitor and for drivers: other cores, remote capabilities, interrupts,
 * ports, log, the machine. */
#include "syscall/syscalls.h"

#define HANDLER(name)                                                                              \
    struct sysret syscall_##name(struct kernel *k, struct arch_context *ctx, const uint64_t *a)

static struct sysret answer(enum status s)
{
    return (struct sysret){s, 0, 0};
}

static enum status check_monitor(struct kernel *k, const uint64_t *a)
{
    uint32_t slot;
    return syscall_cap(k, (capref_t)a[0], CAP_MONITOR, 0, &slot);
}

/* CORE with the range of all cores: the right over the machine itself. */
static enum status check_machine(struct kernel *k, const uint64_t *a)
{
    uint32_t slot;
    enum status s = syscall_cap(k, (capref_t)a[0], CAP_CORE, RIGHT_WRITE, &slot);

    if (s == OK && k->db.zone_slots[slot].bytes < k->record->core_count)
        s = E_RANGE;
    return s;
}

HANDLER(IRQ_MAKE)
{
    uint32_t control, destination, i = IRQ_DEVICES_MAX;
    struct cap_description irq = {.type = CAP_IRQ, .rights = RIGHTS_ALL, .bytes = 1};
    enum status s = syscall_cap(k, a[0], CAP_IRQ_CONTROL, RIGHT_WRITE, &control);

    (void)ctx;
    if (s == OK)
        s = syscall_place(k, a[2], &destination);
    if (s != OK)
        return answer(s);
    for (uint32_t n = IRQ_DEVICES_MAX; n-- > 0;) {
        if (!k->irq[n].enabled)
            i = n;
        else if (a[1] != IRQ_LINE_MSI && k->irq[n].line == a[1])
            return answer(E_EXISTS);
    }
    if (i == IRQ_DEVICES_MAX)
        return answer(E_NO_SLOT);
    irq.base = i;
    irq.aux = a[1];
    irq.owner = (uint16_t)k->record->core_id;
    s = cap_insert(&k->db, destination, &irq);
    if (s != OK)
        return answer(s);
    k->irq[i] = (struct irq_binding){.line = a[1], .enabled = true};
    s = arch_irq_enable(a[1], &k->irq[i].index, &k->irq[i].msi_address, &k->irq[i].msi_data);
    if (s != OK) {
        k->irq[i].enabled = false;
        return answer(cap_delete(&k->db, destination) == OK ? s : E_IO);
    }
    return answer(OK);
}

HANDLER(IRQ_BIND)
{
    uint32_t irq, dispatcher;
    struct irq_binding *b;
    enum status s = syscall_cap(k, a[0], CAP_IRQ, RIGHT_WRITE, &irq);

    (void)ctx;
    if (s == OK)
        s = syscall_cap(k, a[1], CAP_DISPATCHER, RIGHT_WRITE, &dispatcher);
    if (s == OK && a[2] > 63)
        s = E_ARGUMENT;
    if (s != OK)
        return answer(s);
    b = &k->irq[k->db.zone_slots[irq].base];
    b->target = dispatcher_at(k, k->db.zone_slots[dispatcher].base);
    dispatcher_enlist(k, b->target);
    b->bit = (uint32_t)a[2];
    arch_irq_unmask(b->index);
    return (struct sysret){OK, b->msi_address, b->msi_data};
}

HANDLER(IRQ_ACK)
{
    uint32_t irq;
    enum status s = syscall_cap(k, a[0], CAP_IRQ, RIGHT_WRITE, &irq);

    (void)ctx;
    if (s == OK)
        arch_irq_unmask(k->irq[k->db.zone_slots[irq].base].index);
    return answer(s);
}

/* The IO_PORTS capability covers this access. */
static enum status check_port(struct kernel *k, const uint64_t *a, unsigned right)
{
    uint32_t slot;
    const struct slot *ports;
    enum status s = syscall_cap(k, a[0], CAP_IO_PORTS, right, &slot);

    if (s != OK)
        return s;
    ports = &k->db.zone_slots[slot];
    if (a[2] != 1 && a[2] != 2 && a[2] != 4)
        return E_ARGUMENT;
    if (a[1] < ports->base || a[1] >= ports->base + ports->bytes ||
        a[2] > ports->base + ports->bytes - a[1])
        return E_RANGE;
    return OK;
}

HANDLER(PORT_READ)
{
    uint32_t value = 0;
    enum status s = check_port(k, a, RIGHT_READ);

    (void)ctx;
    if (s == OK)
        s = arch_port_read((uint32_t)a[1], (uint32_t)a[2], &value);
    return (struct sysret){s, value, 0};
}

HANDLER(PORT_WRITE)
{
    enum status s = check_port(k, a, RIGHT_WRITE);

    (void)ctx;
    return answer(s == OK ? arch_port_write((uint32_t)a[1], (uint32_t)a[2], (uint32_t)a[3]) : s);
}

HANDLER(MONITOR_BELL_BIND)
{
    uint32_t slot;
    struct dispatcher *d = NULL;
    enum status s = check_monitor(k, a);

    (void)ctx;
    if (s == OK && a[3]) {
        s = syscall_cap(k, a[3], CAP_DISPATCHER, 0, &slot);
        if (s == OK) {
            d = dispatcher_at(k, k->db.zone_slots[slot].base);
            dispatcher_enlist(k, d);
        }
    }
    if (s == OK && (a[1] > UINT32_MAX || a[2] > UINT32_MAX))
        s = E_ARGUMENT;
    return answer(s == OK ? doorbell_bind(k, (uint32_t)a[1], (uint32_t)a[2], d) : s);
}

HANDLER(MONITOR_BELL_MAKE)
{
    uint32_t destination;
    struct cap_description bell = {.type = CAP_DOORBELL, .rights = RIGHTS_ALL, .bytes = 4};
    enum status s = check_monitor(k, a);

    (void)ctx;
    if (s == OK && (a[1] >= k->bells.core_count || a[2] >= BELLS_PER_LINE))
        s = E_ARGUMENT;
    if (s == OK)
        s = syscall_place(k, a[3], &destination);
    if (s != OK)
        return answer(s);
    bell.base = a[1] * LINE_BYTES + a[2] * 4;
    bell.aux = a[2];
    bell.owner = (uint16_t)a[1];
    return answer(cap_insert(&k->db, destination, &bell));
}

HANDLER(MONITOR_PEER)
{
    enum status s = check_monitor(k, a);

    (void)ctx;
    if (s == OK && a[1] >= CORE_COUNT_MAX)
        s = E_ARGUMENT;
    return answer(s == OK ? doorbell_peer_add(k, (uint32_t)a[1], a[2], a[3]) : s);
}

HANDLER(MONITOR_ACCEPT)
{
    uint32_t destination;
    struct cap_description d = {.base = a[2],
                                .bytes = a[3],
                                .aux = a[5],
                                .tag = (uint32_t)(a[4] >> 32),
                                .owner = (uint16_t)(a[4] >> 16),
                                .rights = (uint8_t)(a[4] >> 8),
                                .type = (uint8_t)a[4]};
    enum status s = check_monitor(k, a);

    (void)ctx;
    if (s == OK)
        s = syscall_place(k, a[1], &destination);
    if (s == OK && d.type != CAP_FRAME && d.type != CAP_DEVICE_FRAME)
        s = E_TYPE;
    if (s == OK && (d.rights & ~RIGHTS_ALL || d.owner == k->record->core_id))
        s = E_ARGUMENT;
    return answer(s == OK ? cap_insert(&k->db, destination, &d) : s);
}

HANDLER(MONITOR_MARK)
{
    uint32_t destination, source;
    enum status s = check_monitor(k, a);

    (void)ctx;
    if (s == OK)
        s = syscall_place(k, a[1], &destination);
    if (s == OK)
        s = syscall_place(k, a[2], &source);
    return answer(s == OK ? cap_insert_marker(&k->db, destination, source, a[3]) : s);
}

HANDLER(MONITOR_COUNT)
{
    uint32_t copies = 0, descendants = 0;
    enum status s = check_monitor(k, a);

    (void)ctx;
    if (s == OK)
        s = cap_find_region(&k->db, SPACE_MEMORY, a[1], a[2], (uint8_t)a[3], (uint32_t)(a[3] >> 32),
                            &copies, &descendants);
    return (struct sysret){s, copies, descendants};
}

/* A RAM capability that is whole and unused: no copy, no descendant. */
static enum status check_sole_ram(struct kernel *k, uint64_t place, uint32_t *slot)
{
    enum status s = syscall_cap(k, place, CAP_RAM, RIGHT_WRITE, slot);

    if (s != OK)
        return s;
    if (k->db.zone_slots[*slot].owner != k->record->core_id)
        return E_NOT_OWNER;
    return cap_has_copies(&k->db, *slot) || cap_has_descendants(&k->db, *slot) ? E_RETYPED : OK;
}

/* The image header and boot record at the head of a zone-to-be, read through the window. */
static enum status read_start(const struct slot *zone, const struct slot *core, uint64_t *start_pa,
                              uint64_t *record_pa)
{
    const struct image_header *header;
    const struct boot_record *record;
    uint64_t image_bytes;

    header = (const struct image_header *)((const char *)arch_window_map(zone->base) +
                                           IMAGE_HEADER_OFFSET);
    image_bytes = header->image_bytes;
    *start_pa = zone->base + header->start_offset;
    if (header->magic != IMAGE_MAGIC || image_bytes % PAGE_BYTES ||
        zone->bytes < BOOT_RECORD_BYTES || image_bytes > zone->bytes - BOOT_RECORD_BYTES ||
        header->start_offset >= image_bytes)
        return E_FORMAT;
    *record_pa = zone->base + image_bytes;
    record = arch_window_map(*record_pa);
    if (record->magic != BOOT_MAGIC || record->zone_base != zone->base ||
        record->zone_bytes != zone->bytes)
        return E_FORMAT;
    return record->core_id >= core->base && record->core_id - core->base < core->bytes ? OK
                                                                                       : E_RANGE;
}

HANDLER(CORE_START)
{
    uint32_t core, zone = 0, ram = 0, low = 0;
    uint64_t start_pa = 0, record_pa = 0, low_pa = 0;
    enum status s = syscall_cap(k, a[0], CAP_CORE, RIGHT_WRITE, &core);

    (void)ctx;
    if (s == OK)
        s = check_sole_ram(k, a[1], &zone);
    if (s == OK && a[2])
        s = check_sole_ram(k, a[2], &ram);
    if (s == OK && a[2] && zone == ram)
        s = E_ARGUMENT;
    if (s == OK && a[3]) {
        s = syscall_cap(k, a[3], CAP_RAM, RIGHT_WRITE, &low);
        low_pa = s == OK ? k->db.zone_slots[low].base : 0;
    }
    if (s == OK)
        s = read_start(&k->db.zone_slots[zone], &k->db.zone_slots[core], &start_pa, &record_pa);
    if (s == OK)
        s = arch_core_start(a[4], start_pa, record_pa, low_pa);
    if (s == OK)
        s = cap_give(&k->db, zone, a[4]);
    if (s == OK && a[2])
        s = cap_give(&k->db, ram, a[4]);
    return answer(s);
}

HANDLER(LOG_WRITE)
{
    enum status s = check_monitor(k, a);
    char text[32];

    (void)ctx;
    if (s == OK && (a[1] == 0 || a[1] > sizeof(text)))
        s = E_ARGUMENT;
    if (s != OK)
        return answer(s);
    for (unsigned i = 0; i < a[1]; i++)
        text[i] = (char)(a[2 + i / 8] >> (i % 8 * 8));
    log_text(k, text, a[1]);
    return answer(OK);
}

HANDLER(MACHINE_EXIT)
{
    enum status s = check_machine(k, a);

    (void)ctx;
    if (s != OK)
        return answer(s);
    log_drain(k);
    arch_machine_exit((uint32_t)a[1] & 127u);
}

HANDLER(STATISTICS)
{
    enum status s = check_monitor(k, a);

    (void)ctx;
    if (s != OK)
        return answer(s);
    switch (a[1]) {
    case 0:
        return (struct sysret){OK, k->db.cap_count, k->db.region_count};
    case 1:
        return (struct sysret){OK, k->record->zone_bytes, k->zone_free - k->record->zone_base};
    case 2:
        return (struct sysret){OK, k->interrupt_count, k->doorbell_count};
    default:
        return answer(E_ARGUMENT);
    }
}
