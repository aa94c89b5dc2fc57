/* Start of one core's CPU driver: arch/ has built the address space and calls kernel_start with
 * the boot record. A dozen steps later the monitor runs. Nothing here may fail but by a panic:
 * there is nobody to tell yet. */
#include "boot/start.h"
#include "boot/first.h"
#include "sched/schedule.h"
#include "syscall/syscalls.h"

struct kernel this_core;

void start_require(bool condition, const char *what)
{
    if (!condition)
        kernel_panic(what, (uint64_t)__builtin_return_address(0), 0, 0);
}

void *zone_allocate(struct kernel *k, uint64_t bytes, uint64_t align)
{
    uint64_t pa = round_up(k->zone_free, align);
    char *at = (char *)(pa + arch_zone_offset());

    start_require(pa + bytes <= k->record->zone_base + k->record->zone_bytes, "zone too small");
    k->zone_free = pa + bytes;
    for (uint64_t i = 0; i < bytes; i++)
        at[i] = 0;
    return at;
}

/* Doorbell lines, then the log ring right behind them: one address tells a peer both. */
static void start_lines(struct kernel *k)
{
    struct boot_record *r = k->record;
    uint64_t line_bytes = round_up(r->core_count * LINE_BYTES, PAGE_BYTES);

    k->bells.core_count = r->core_count;
    k->bells.vectors = arch_doorbell_vectors();
    k->bells.own = zone_allocate(k, line_bytes, PAGE_BYTES);
    for (uint32_t c = 0; c < r->core_count; c++)
        atomic_store_explicit(&k->bells.own[c].epoch, (uint32_t)r->epoch, memory_order_release);
    k->log = zone_allocate(k, LOG_RING_BYTES, PAGE_BYTES);
    r->doorbell_lines = (uint64_t)k->bells.own - arch_zone_offset();
}

static void start_tables(struct kernel *k)
{
    k->bells.peer =
        zone_allocate(k, sizeof(struct doorbell_peer) * k->record->core_count, LINE_BYTES);
    log_start(k, zone_allocate(k, log_reader_bytes(k->record->core_count), LINE_BYTES));
    k->timer_ticks = UINT64_MAX;
    k->budget_end_ticks = UINT64_MAX;
    k->preempt_ticks = UINT64_MAX;
}

void start_insert(struct kernel *k, uint32_t slot, const struct cap_description *d)
{
    enum status s = cap_insert(&k->db, slot, d);

    start_require(s == OK, status_name(s));
}

static void insert_simple(struct kernel *k, capref_t ref, enum cap_type type, uint64_t base,
                          uint64_t bytes, unsigned rights)
{
    struct cap_description d = {.type = (uint8_t)type,
                                .rights = (uint8_t)rights,
                                .base = base,
                                .bytes = bytes,
                                .owner = (uint16_t)k->record->core_id};

    start_insert(k, first_slot(k, ref), &d);
}

static void start_database(struct kernel *k)
{
    struct boot_record *r = k->record;

    cap_db_init(&k->db, (struct slot *)(r->zone_base + arch_zone_offset()), r->zone_base,
                (uint32_t)(r->zone_bytes / LINE_BYTES), (uint16_t)r->core_id);
}

/* Roots of the kinds that are not memory. */
static void insert_roots(struct kernel *k)
{
    struct boot_record *r = k->record;

    insert_simple(k, SLOT_MONITOR, CAP_MONITOR, 0, 1, RIGHTS_ALL);
    insert_simple(k, SLOT_IRQ_CONTROL, CAP_IRQ_CONTROL, 0, IRQ_DEVICES_MAX, RIGHTS_ALL);
    if (r->core_id == 0) {
        insert_simple(k, SLOT_IO_PORTS, CAP_IO_PORTS, 0, 65536, RIGHTS_ALL);
        insert_simple(k, SLOT_CORE_ROOT, CAP_CORE, 0, CORE_COUNT_MAX, RIGHTS_ALL);
    } else if (r->core_limit > r->core_first) {
        insert_simple(k, SLOT_CORE_ROOT, CAP_CORE, r->core_first, r->core_limit - r->core_first,
                      RIGHTS_ALL);
    }
}

static void insert_frame(struct kernel *k, capref_t ref, uint64_t base, uint64_t bytes,
                         unsigned rights, uint32_t owner)
{
    struct cap_description d = {.type = CAP_FRAME,
                                .rights = (uint8_t)rights,
                                .base = base,
                                .bytes = bytes,
                                .owner = (uint16_t)owner};

    if (bytes)
        start_insert(k, first_slot(k, ref), &d);
}

/* What the record lists: shared frames, RAM, device regions. */
static void insert_record(struct kernel *k)
{
    struct boot_record *r = k->record;
    uint64_t record_pa = (uint64_t)r - arch_zone_offset();

    insert_frame(k, SLOT_BOOT_RECORD, record_pa, BOOT_RECORD_BYTES, RIGHT_READ, r->core_id);
    insert_frame(k, SLOT_LOG_RING, (uint64_t)k->log - arch_zone_offset(), LOG_RING_BYTES,
                 RIGHT_READ | RIGHT_GRANT, r->core_id);
    insert_frame(k, SLOT_ARCHIVE, r->archive_base, round_up(r->archive_bytes, PAGE_BYTES),
                 RIGHT_READ | RIGHT_EXECUTE | RIGHT_GRANT | RIGHT_REVOKE,
                 (uint32_t)r->archive_owner);
    for (uint32_t i = 0; i < r->shared_count && i < BOOT_SHARED_MAX; i++)
        insert_frame(k, SLOT_SHARED_FIRST + i, r->shared[i].base, r->shared[i].bytes,
                     r->shared[i].rights, r->shared[i].owner);
    for (uint32_t i = 0; i < r->region_count && i < BOOT_REGIONS_MAX; i++)
        if (r->region[i].bytes)
            insert_simple(k, SLOT_REGION_FIRST + i,
                          r->region[i].kind == REGION_RAM ? CAP_RAM : CAP_DEVICE_FRAME,
                          r->region[i].base, r->region[i].bytes, RIGHTS_ALL);
}

/* All that is left of the zone becomes the monitor's. */
static void insert_zone(struct kernel *k)
{
    uint64_t base = round_up(k->zone_free, 2 * PAGE_BYTES);
    uint64_t end = k->record->zone_base + k->record->zone_bytes;

    k->zone_free = base;
    insert_simple(k, SLOT_ZONE_RAM, CAP_RAM, base, end - base, RIGHTS_ALL);
}

void kernel_start(struct boot_record *record)
{
    struct kernel *k = &this_core;

    k->record = record;
    k->zone_free = record->device[5];
    start_lines(k);
    start_tables(k);
    start_database(k);
    first_cspace(k);
    first_program(k);
    insert_roots(k);
    insert_record(k);
    insert_zone(k);
    log_line(k, "skerry %s: core %u of %u, node %lu, zone %lu KiB, used %lu KiB", SKERRY_VERSION,
             record->core_id, record->core_count, record->node, record->zone_bytes / 1024,
             (k->zone_free - record->zone_base) / 1024);
    arch_return_to_user(schedule_exit(k, NULL));
}
