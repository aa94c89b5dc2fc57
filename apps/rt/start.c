/* start.c: from the first instruction of a program to main, and from its end to the parent. See
 * rt/rt.h and rt/layout.h.
 *
 * rt_main_entry runs disabled on the stack that the starter put into the shared page; that stack
 * belongs to the upcalls afterwards. */
#include "rt/event.h"
#include "rt/log.h"
#include "rt/memory.h"
#include "rt/rt.h"
#include "rt/string.h"
#include "rt/syscall.h"
#include "rt/thread.h"
#include "runtime.h"
#include "space_table.h"
#include <skerry/first.h>

enum {
    FIRST_RAM_BYTES =
        4 << 20, /* the first program takes the first RAM region that is at least this long */
    ARGUMENTS_MAX = 64,
    ARCHIVE_TABLE_BYTES = 1 << 30, /* that one level 2 table covers */
    POLLS_A_SECOND = 50000,        /* a poll lasts a fiftieth of a millisecond */
};

/* The CPU driver and the spawner lay programs out alike. */
_Static_assert(FIRST_BASE == LAYOUT_BASE && FIRST_SHARED_PAGE == LAYOUT_SHARED_PAGE, "layout");
_Static_assert(FIRST_STACK_TOP == LAYOUT_STACK_TOP &&
                   FIRST_ENTRY_STACK_TOP == LAYOUT_ENTRY_STACK_TOP,
               "layout");
_Static_assert(FIRST_WORD == START_FIRST, "layout");

struct runtime rt;

static void addresses_init(void)
{
    range_init(&rt.addresses, rt.address_room, RT_ADDRESSES_MAX);
    range_put(&rt.addresses, LAYOUT_DYNAMIC, LAYOUT_DYNAMIC_END - LAYOUT_DYNAMIC, 0);
    range_put(&rt.addresses, LAYOUT_WIDE, LAYOUT_WIDE_END - LAYOUT_WIDE, 1);
}

static void parts_init(void)
{
    ram_init(&rt.ram, &rt.slots);
    space_init(&rt.space, &rt.slots, &rt.ram, &rt.heap, SLOT_PAGE_TABLE);
    heap_init(&rt.heap, &rt.ram, &rt.space);
    rt.heap.area[0] =
        (struct heap_area){round_up((uint64_t)program_end, PAGE_BYTES), LAYOUT_FIXED_BOTTOM};
    rt.heap.area[1] = (struct heap_area){LAYOUT_HEAP, LAYOUT_HEAP_END};
    pages_init(&rt.pages, &rt.ram, &rt.heap);
    addresses_init();
}

static enum status first_ram_add(void)
{
    capref_t best = 0;
    uint64_t best_bytes = 0;

    for (capref_t ref = SLOT_REGION_FIRST; ref < SLOT_MONITOR_FREE && best_bytes < FIRST_RAM_BYTES;
         ref++) {
        struct cap_description d;
        if (sys_cap_identify(capref_in(0, ref), &d) == OK && d.type == CAP_RAM &&
            d.bytes > best_bytes) {
            best = ref;
            best_bytes = d.bytes;
        }
    }
    return best ? ram_region_add(&rt.ram, RAM_GENERAL, best, 0) : E_NO_MEMORY;
}

/* The first program: slots as in skerry/cap.h, memory as in skerry/first.h. */
static enum status setup_first(void **stack_top)
{
    rt.name = "monitor";
    slots_init(&rt.slots, &rt.ram, 1, CAP_L1_SLOTS_DEFAULT, SLOT_MONITOR_FREE);
    parts_init();
    enum status s = ram_region_add(&rt.ram, RAM_ZONE, SLOT_ZONE_RAM, 0);
    for (unsigned level = 3; s == OK && level >= 1; level--)
        s = space_table_add(&rt.space, level, LAYOUT_BASE, FIRST_SLOT_TABLE_3 + (3 - level));
    if (s == OK)
        s = first_ram_add();
    *stack_top = (void *)LAYOUT_STACK_TOP;
    return s;
}

static enum status setup_child(void **stack_top)
{
    struct argument_page *a = (struct argument_page *)LAYOUT_ARGUMENTS;

    if (a->format != ARGUMENTS_FORMAT)
        return E_FORMAT;
    rt.arguments = a;
    rt.name = a->name;
    slots_init(&rt.slots, &rt.ram, 1, a->cspace_l2_limit, a->first_free);
    parts_init();
    rt.ram.peak_report[RAM_ZONE] = &a->report.zone_peak_bytes;
    rt.ram.peak_report[RAM_GENERAL] = &a->report.ram_peak_bytes;
    enum status s = ram_region_add(&rt.ram, RAM_ZONE, SLOT_ZONE_RAM, a->zone_used);
    if (s == OK && a->ram_bytes)
        s = ram_region_add(&rt.ram, RAM_GENERAL, SLOT_RAM, a->ram_used);
    if (a->memory_limit_bytes)
        rt.ram.grow = runtime_grow;
    for (uint32_t i = 0; s == OK && i < a->table_count; i++)
        s = space_table_add(&rt.space, a->table[i].level, a->table[i].va, a->table[i].cap);
    if (s == OK)
        s = runtime_parent_open();
    *stack_top = (void *)LAYOUT_STACK_TOP;
    return s;
}

static enum status entries_register(void)
{
    enum status s = sys_dispatcher_entry(SLOT_DISPATCHER, ENTRY_RUN, (uint64_t)rt_entry_run, 0);

    if (s == OK)
        s = sys_dispatcher_entry(SLOT_DISPATCHER, ENTRY_FAULT, (uint64_t)rt_entry_fault, 0);
    if (s == OK)
        s = sys_dispatcher_entry(SLOT_DISPATCHER, ENTRY_FOREIGN, (uint64_t)rt_entry_foreign, 0);
    return s;
}

static void main_thread(void *arg)
{
    static char *argv[ARGUMENTS_MAX + 1];
    struct argument_page *a = rt.arguments;
    int argc = 0;

    (void)arg;
    if (a && a->poll)
        event_poll_set(rt.page->tick_hz / POLLS_A_SECOND);
    if (a) {
        char *text = a->text, *end = a->text + a->text_bytes;
        for (; argc < (int)a->argc && argc < ARGUMENTS_MAX && text < end;
             text += strnlen(text, (size_t)(end - text)) + 1)
            argv[argc++] = text;
    } else {
        argv[argc++] = (char *)(uintptr_t)rt.name;
    }
    int status = main(argc, argv);
    rt_exit(status, status ? "main returned an error" : "");
}

void rt_main_entry(struct dispatcher_page *page, uint64_t word)
{
    void *stack_top = NULL;

    rt.page = page;
    enum status s = word == START_CHILD ? setup_child(&stack_top) : setup_first(&stack_top);
    if (s == OK)
        s = entries_register();
    if (s != OK) {
        log_line("%s: the runtime cannot start: %s", rt.name ? rt.name : "program", status_name(s));
        runtime_end(EXIT_START, (uint32_t)s, status_name(s));
    }
    thread_boot(stack_top, main_thread, NULL);
}

void rt_exit(int status, const char *reason)
{
    if (!rt.has_parent)
        log_line("%s: ended with status %d %s", rt.name, status, reason);
    runtime_end(EXIT_PROGRAM, (uint32_t)status, reason);
}

capref_t rt_archive_frame(void)
{
    if (rt.arguments)
        return rt.arguments->archive_bytes ? (capref_t)SLOT_ARCHIVE_COPY : 0;
    return SLOT_ARCHIVE;
}

capref_t rt_archive_table(void)
{
    const struct archive *archive;

    if (rt.arguments && rt.arguments->archive_mapped)
        return SLOT_ARCHIVE_TABLE;
    if (rt_archive(&archive) != OK || archive->bytes > ARCHIVE_TABLE_BYTES)
        return 0;
    struct space_table *t = space_table_find(&rt.space, 2, LAYOUT_ARCHIVE);
    return t ? t->cap : 0;
}

enum status rt_archive(const struct archive **out)
{
    struct cap_description d;
    capref_t frame = rt_archive_frame();
    enum status s = OK;

    if (!frame || sys_cap_identify(capref_in(0, frame), &d) != OK ||
        d.bytes > LAYOUT_ARCHIVE_END - LAYOUT_ARCHIVE)
        return E_NOT_FOUND;
    if (!rt.archive_open) {
        if (!rt.arguments || !rt.arguments->archive_mapped)
            s = space_map(&rt.space, LAYOUT_ARCHIVE, frame, 0, d.bytes, MAP_READ);
        if (s == OK)
            s = archive_open(&rt.archive, (const void *)LAYOUT_ARCHIVE, d.bytes);
        rt.archive_open = s == OK;
    }
    if (s == OK)
        *out = &rt.archive;
    return s;
}
