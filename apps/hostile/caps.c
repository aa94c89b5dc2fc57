/* caps.c: kinds that turn the domain's own capabilities against it, or try to make more of them
 * than they are. */
#include "hostile.h"

enum { SLOTS = 256, PRIORITY_MAX = 63, RIGHTS_MORE = 255 };

/* Everything that a slot names is deleted, this program's own CSpace and address space too. */
static void delete_all(void)
{
    for (capref_t slot = 1; slot < SLOTS; slot++)
        if (slot != SLOT_CSPACE)
            native(SYS_CAP_DELETE, slot, 0, 0, 0, 0, 0);
    native(SYS_CAP_DELETE, SLOT_CSPACE, 0, 0, 0, 0, 0);
}

static void revoke_all(void)
{
    for (capref_t slot = 1; slot < SLOTS; slot++)
        native(SYS_CAP_REVOKE, slot, 0, 0, 0, 0, 0);
}

/* Nobody would be told when it stops. */
static void supervise(void)
{
    native(SYS_DISPATCHER_SUPERVISE, SLOT_DISPATCHER, SLOT_DISPATCHER, 0, 0, 0, 0);
    native(SYS_DISPATCHER_STOP, SLOT_DISPATCHER, 0, 0, 0, 0, 0);
}

static bool refused(struct sysret r)
{
    return r.status != OK;
}

/* More rights, a higher priority, another's memory, memory twice. */
static void grow(void)
{
    capref_t to = slot_take(), frame = frame_take(PAGE_BYTES), frame2 = slot_take();
    uint64_t count = 0, ram = native(SYS_CAP_IDENTIFY, SLOT_RAM, 0, 0, 0, 0, 0).r2;

    /* The archive is read-only and cannot be cut larger. */
    native(SYS_CAP_MINT, SLOT_ARCHIVE_COPY, to, RIGHTS_MORE, 0, 0, 0);
    count += !(native(SYS_CAP_IDENTIFY, to, 1, 0, 0, 0, 0).r1 >> 8 & RIGHT_WRITE);
    native(SYS_CAP_DELETE, to, 0, 0, 0, 0, 0);
    count += refused(native(SYS_CAP_MINT, SLOT_ARCHIVE_COPY, to, RIGHT_READ, 0, 0, UINT64_MAX));
    count += refused(
        native(SYS_CAP_MINT, SLOT_ARCHIVE_COPY, to, RIGHT_READ, 0, ~0ull << 12, 2 * PAGE_BYTES));
    count += refused(
        native(SYS_SCHED_CONFIGURE, SLOT_SCHED_CONTEXT, SLOT_SCHED_CONTEXT, PRIORITY_MAX, 0, 0, 0));
    /* Overlaps what there is; past the end; so many that the product wraps. */
    count += refused(native(SYS_CAP_RETYPE, SLOT_RAM, 0, CAP_FRAME, ram, 1, to));
    count += refused(native(SYS_CAP_RETYPE, SLOT_RAM, ram, CAP_FRAME, PAGE_BYTES, 1, to));
    count += refused(native(SYS_CAP_RETYPE, SLOT_RAM, 0, CAP_FRAME, 1ull << 52, 4096, to));
    count +=
        refused(native(SYS_CAP_RETYPE, SLOT_ZONE_RAM, 0, CAP_DISPATCHER, 8192, UINT64_MAX, to));
    /* Kernel objects outside the zone; a capability of a kind that nobody makes from RAM. */
    count += refused(native(SYS_CAP_RETYPE, SLOT_RAM, ram - 65536, CAP_PAGE_TABLE_1, 8192, 1, to));
    count += refused(native(SYS_CAP_RETYPE, SLOT_ZONE_RAM, 0, CAP_MONITOR, 4096, 1, to));
    count += refused(native(SYS_CAP_RETYPE, SLOT_ZONE_RAM, 0, CAP_CORE, 4096, 1, to));
    count += refused(native(SYS_CAP_RETYPE, SLOT_ZONE_RAM, 0, CAP_DEVICE_FRAME, 4096, 1, to));
    /* A frame with a tag stays inside its tag. */
    count += frame && refused(native(SYS_CAP_MINT, frame, frame2, RIGHTS_ALL, 12345, 0, 0));
    say_number("refused ", count, " of 13");
}

/* Write and execute at once, through the kernel's own call. */
static void map_wx(void)
{
    capref_t frame = frame_take(PAGE_BYTES), table = object_take(CAP_PAGE_TABLE_1, 8192);
    capref_t mapping = slot_take();
    const uint64_t first = 1ull << 32;
    uint64_t count = 0;

    count += refused(
        native(SYS_FRAME_MAP, table, frame, mapping, first, 0, MAP_READ | MAP_WRITE | MAP_EXECUTE));
    count +=
        refused(native(SYS_FRAME_MAP, table, frame, mapping, first, 0, MAP_WRITE | MAP_EXECUTE));
    count += !refused(native(SYS_FRAME_MAP, table, frame, mapping, first, 0, MAP_READ));
    count += refused(
        native(SYS_MAPPING_PROTECT, mapping, MAP_READ | MAP_WRITE | MAP_EXECUTE, 0, 0, 0, 0));
    count += refused(native(SYS_FRAME_MAP, table, SLOT_ARCHIVE_COPY, slot_take(), 1 | first, 0,
                            MAP_READ | MAP_WRITE));
    /* Past the table, past the frame. */
    count +=
        refused(native(SYS_FRAME_MAP, table, frame, slot_take(), 511 | 2ull << 32, 0, MAP_READ));
    count += refused(native(SYS_FRAME_MAP, table, frame, slot_take(), 2 | 2ull << 32, 0, MAP_READ));
    /* The kernel's half of the root. */
    capref_t upper = object_take(CAP_PAGE_TABLE_3, 8192);
    count += refused(
        native(SYS_TABLE_MAP, SLOT_PAGE_TABLE, upper, slot_take(), HOSTILE_ROOT_ENTRY, 0, 0));
    /* A kernel object is no frame. */
    count += refused(native(SYS_FRAME_MAP, table, SLOT_DISPATCHER, slot_take(), 5 | first, 0,
                            MAP_READ | MAP_WRITE));
    count += refused(native(SYS_FRAME_MAP, table, SLOT_ZONE_RAM, slot_take(), 5 | first, 0,
                            MAP_READ | MAP_WRITE));
    say_number("as it must be ", count, " of 10");
}

const struct kind cap_kinds[] = {
    {"delete-all", delete_all}, {"revoke-all", revoke_all},
    {"supervise", supervise},   {"grow", grow},
    {"map-wx", map_wx},         {NULL, NULL},
};
