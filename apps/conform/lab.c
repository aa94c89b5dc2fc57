/* lab.c: where a case makes its objects. Two regions of RAM are ours for good; what a case makes
 * is cut from them one behind the other, and goes with one revoke of each. The slots of a case lie
 * in a CNode that is cut from there, too, so whatever else lies in them goes with it. */
#include "conform.h"
#include <rt/memory.h>
#include <rt/string.h>

enum {
    LAB_ZONE_BYTES = 0x180000,
    LAB_RAM_BYTES = 24 << 20,
    MARK_COPIES = 3000, /* deleting them takes longer than a system call may */
    FOREIGN_CORE = 1,
};
/* Memory that is nobody's: never mapped but where a case looks at entries alone. */
#define FOREIGN_BASE (1ull << 38)

struct lab lab;

static bool table_enter(capref_t upper, enum cap_type type, uint32_t index, capref_t *out)
{
    struct ram_object table;
    capref_t mapping;

    return expect_status(OK, ram_alloc_object(&rt.ram, type, 0, &table), "a table of the lab") &&
           expect_status(OK, slot_alloc(&rt.slots, &mapping), "a slot of the lab") &&
           expect_status(OK, sys_table_map(upper, table.cap, mapping, index), "entering a table") &&
           (*out = table.cap) != 0;
}

bool lab_begin(void)
{
    const struct argument_page *a = rt.arguments;

    for (uint32_t i = 0; i < a->table_count; i++)
        if (a->table[i].level == 3)
            lab.table_3_own = a->table[i].cap;
    return expect_status(OK, ram_alloc_part(&rt.ram, RAM_ZONE, LAB_ZONE_BYTES, &lab.zone),
                         "zone of the lab") &&
           expect_status(OK, ram_alloc_part(&rt.ram, RAM_GENERAL, LAB_RAM_BYTES, &lab.ram),
                         "memory of the lab") &&
           table_enter(SLOT_PAGE_TABLE, CAP_PAGE_TABLE_3, LAB_ROOT_ENTRY, &lab.table_3) &&
           table_enter(lab.table_3, CAP_PAGE_TABLE_2, 0, &lab.table_2) &&
           table_enter(lab.table_2, CAP_PAGE_TABLE_1, 0, &lab.table_1);
}

void lab_reset(void)
{
    lab.zone_used = lab.ram_used = 0;
    lab.slots_used = 1; /* a place for what the CNode is made in */
    lab.subjects = lab.irqs = 0;
    capref_t at;
    enum status s = slot_alloc(&rt.slots, &at);

    if (s == OK)
        s = sys_cap_retype(lab.zone.cap, 0, CAP_CNODE_L2, 0, 1, at);
    lab.zone_used = CAP_L2_SLOTS * LINE_BYTES;
    if (s == OK)
        s = sys_cnode_attach(SLOT_CSPACE, LAB_CNODE, at);
    slot_free(&rt.slots, at);
    if (s != OK)
        case_fail("lab: the CNode: %s", status_name(s));
}

void lab_clean(void)
{
    enum status s = sys_cap_revoke(lab.zone.cap, 0);

    if (s == OK)
        s = sys_cap_revoke(lab.ram.cap, 0);
    if (s != OK)
        case_fail("lab: cleaning up: %s", status_name(s));
    lab_drain();
}

uint64_t lab_cap_count(void)
{
    uint64_t count = 0;
    enum status s = sys_statistics(GRANT_MONITOR, 0, &count, NULL);

    if (s != OK)
        case_fail("lab: counting capabilities: %s", status_name(s));
    return count;
}

capref_t lab_slots(uint32_t count)
{
    if (lab.slots_used + count > CAP_L2_SLOTS) {
        case_fail("lab: no slot is left");
        return 0;
    }
    lab.slots_used += count;
    return LAB_CAP(lab.slots_used - count);
}

capref_t lab_slot(void)
{
    return lab_slots(1);
}

/* Cut from one of the two regions. */
static capref_t cut(const struct ram_object *from, uint64_t *used, enum cap_type type,
                    uint64_t bytes)
{
    capref_t to = lab_slot();
    uint64_t align = bytes >= LARGE_PAGE_BYTES ? LARGE_PAGE_BYTES : PAGE_BYTES;
    uint64_t at = round_up(from->base + *used, align) - from->base;

    if (!to)
        return 0;
    enum status s = sys_cap_retype(from->cap, at, type, bytes, 1, to);
    if (s != OK) {
        case_fail("lab: making type %u of %lu bytes: %s", (unsigned)type, (unsigned long)bytes,
                  status_name(s));
        return 0;
    }
    *used = round_up(at + bytes, PAGE_BYTES);
    return to;
}

capref_t lab_zone(uint64_t bytes)
{
    return cut(&lab.zone, &lab.zone_used, CAP_RAM, bytes);
}

capref_t lab_ram(uint64_t bytes)
{
    return cut(&lab.ram, &lab.ram_used, CAP_RAM, bytes);
}

capref_t lab_frame(uint64_t bytes)
{
    return cut(&lab.ram, &lab.ram_used, CAP_FRAME, bytes);
}

static capref_t object(enum cap_type type, uint64_t bytes)
{
    return cut(&lab.zone, &lab.zone_used, type, bytes);
}

/* A capability that a call of its own makes: `s` is what it said. */
static capref_t made(enum status s, capref_t ref, const char *what)
{
    if (s != OK)
        case_fail("lab: %s: %s", what, status_name(s));
    return s == OK ? ref : 0;
}

capref_t lab_weaker(capref_t ref, uint32_t rights)
{
    capref_t to = lab_slot();
    return made(sys_cap_mint(ref, to, rights, 0, 0, 0), to, "a copy with fewer rights");
}

capref_t lab_foreign_frame(uint32_t pages)
{
    struct cap_description d = {.base = FOREIGN_BASE,
                                .bytes = pages * PAGE_BYTES,
                                .owner = FOREIGN_CORE,
                                .type = CAP_FRAME,
                                .rights = RIGHTS_ALL};
    capref_t to = lab_slot();
    return made(sys_monitor_accept(GRANT_MONITOR, to, &d), to, "a frame of another core");
}

capref_t lab_table(uint32_t index, capref_t *mapping)
{
    capref_t table = object(CAP_PAGE_TABLE_1, 8192), at = lab_slot();

    if (mapping)
        *mapping = at;
    return made(sys_table_map(lab.table_2, table, at, index), table, "entering a table");
}

capref_t lab_map(capref_t frame, uint32_t page, uint32_t flags)
{
    capref_t to = lab_slot();
    return made(sys_frame_map(lab.table_1, frame, to, page, 1, 0, flags), to, "mapping a page");
}

/* With an L2 CNode at index 0. */
static capref_t make_cspace(void)
{
    capref_t root = object(CAP_CNODE_L1, 16 * LINE_BYTES), cnode = object(CAP_CNODE_L2, 16384);
    return made(sys_cnode_attach(root, 0, cnode), root, "a CSpace");
}

static capref_t make_sched(void)
{
    capref_t sched = object(CAP_SCHED_CONTEXT, 128);
    return made(sys_sched_configure(SLOT_SCHED_CONTEXT, sched, 5, 0, 0), sched, "a sched context");
}

static capref_t make_endpoint(void)
{
    capref_t dispatcher = object(CAP_DISPATCHER, 8192), to = lab_slot();
    return made(sys_endpoint_make(dispatcher, to, 7), to, "an endpoint");
}

static capref_t make_marker(void)
{
    capref_t frame = lab_frame(PAGE_BYTES), to = lab_slot();
    return made(sys_monitor_mark(GRANT_MONITOR, to, frame, 5), to, "a marker");
}

static capref_t copy_of(capref_t ref)
{
    capref_t to = lab_slot();
    return made(sys_cap_copy(ref, to), to, "a copy");
}

static capref_t make_irq(void)
{
    capref_t to = lab_slot();
    return made(sys_irq_make(GRANT_IRQ_CONTROL, PROBE_IRQ_LINE(lab.irqs++), to), to,
                "an interrupt");
}

static capref_t make_bell(void)
{
    capref_t to = lab_slot();
    return made(sys_monitor_bell_make(GRANT_MONITOR, FOREIGN_CORE, 14, to), to, "a doorbell");
}

static capref_t make_device(void)
{
    capref_t to = lab_slot();
    return made(sys_cap_mint(GRANT_DEVICE, to, RIGHTS_ALL, 0, 0, PAGE_BYTES), to, "a device page");
}

static capref_t make_ports(void)
{
    capref_t to = lab_slot();
    return made(sys_cap_mint(GRANT_IO_PORTS, to, RIGHTS_ALL, 0, 0x80, 16), to, "some ports");
}

bool lab_shares(enum cap_type type)
{
    return type == CAP_IRQ_CONTROL || type == CAP_CORE || type == CAP_MONITOR;
}

bool lab_can(enum cap_type type)
{
    return type != CAP_NULL && type != CAP_IO_SPACE && type < CAP_TYPE_COUNT;
}

capref_t lab_make(enum cap_type type)
{
    switch (type) {
    case CAP_RAM:
        return lab_ram(4 * PAGE_BYTES);
    case CAP_FRAME:
        return lab_frame(PAGE_BYTES);
    case CAP_DEVICE_FRAME:
        return make_device();
    case CAP_PAGE_TABLE_4:
    case CAP_PAGE_TABLE_3:
    case CAP_PAGE_TABLE_2:
    case CAP_PAGE_TABLE_1:
    case CAP_DISPATCHER:
        return object(type, 8192);
    case CAP_CNODE_L1:
        return make_cspace();
    case CAP_CNODE_L2:
        return object(type, 16384);
    case CAP_SCHED_CONTEXT:
        return make_sched();
    case CAP_ENDPOINT:
        return make_endpoint();
    case CAP_MAPPING:
        return lab_map(lab_frame(PAGE_BYTES), 250, MAP_READ | MAP_WRITE);
    case CAP_MARKER:
        return make_marker();
    case CAP_IRQ_CONTROL:
        return copy_of(GRANT_IRQ_CONTROL);
    case CAP_IRQ:
        return make_irq();
    case CAP_IO_PORTS:
        return make_ports();
    case CAP_DOORBELL:
        return make_bell();
    case CAP_CORE:
        return copy_of(GRANT_CORE);
    case CAP_MONITOR:
        return copy_of(GRANT_MONITOR);
    case CAP_NULL:
    case CAP_IO_SPACE:
    case CAP_TYPE_COUNT:
        break;
    }
    case_fail("lab: nobody can make type %u", (unsigned)type);
    return 0;
}

/* They lie in a CSpace of their own, which is reached through its root. */
uint32_t lab_copies(capref_t ref, uint32_t count)
{
    capref_t root = object(CAP_CNODE_L1, 64 * LINE_BYTES);
    uint32_t done = 0;

    for (uint32_t l1 = 0; done < count && !case_failed(); l1++) {
        capref_t cnode = object(CAP_CNODE_L2, 16384);
        if (!made(sys_cnode_attach(root, l1, cnode), root, "a CNode of copies"))
            break;
        lab.slots_used--; /* the CNode has left its slot */
        for (uint32_t i = l1 == 0; i < CAP_L2_SLOTS && done < count; i++, done++) {
            enum status s = sys_cap_copy(ref, capref_in(root, capref_make(l1, i)));
            if (s != OK) {
                case_fail("lab: copy %u: %s", done, status_name(s));
                return done;
            }
        }
    }
    return done;
}

bool lab_mark(capref_t ref)
{
    if (lab_copies(ref, MARK_COPIES) != MARK_COPIES)
        return false;
    return expect_status(E_AGAIN, arch_syscall(SYS_CAP_REVOKE, ref, 0, 0, 0, 0, 0).status,
                         "a revoke that takes long");
}

struct cap_description lab_describe(uint64_t place)
{
    struct cap_description d = {.type = CAP_NULL};
    enum status s = sys_cap_identify(place, &d);

    if (s != OK)
        d.type = CAP_NULL;
    return d;
}

enum cap_type lab_type(uint64_t place)
{
    return (enum cap_type)lab_describe(place).type;
}

uint64_t lab_now(void)
{
    return arch_user_ticks();
}

uint64_t lab_after_ms(uint64_t ms)
{
    return arch_user_ticks() + rt.page->tick_hz / 1000 * ms;
}

/* Disabled, so that a preemption resumes right here. */
static enum status wait_until(uint64_t deadline_ticks)
{
    __atomic_store_n(&rt.page->disabled, 1, __ATOMIC_RELAXED);
    enum status s = sys_wait(deadline_ticks);
    __atomic_store_n(&rt.page->disabled, 0, __ATOMIC_RELEASE);
    return s;
}

void lab_drain(void)
{
    while (wait_until(0) == OK) {
    }
}

void sleep_ms(uint64_t ms)
{
    uint64_t until = lab_after_ms(ms);

    while (lab_now() < until) {
        enum status s = wait_until(until);
        (void)s; /* woken early: sleep on */
    }
}
