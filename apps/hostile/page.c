/* page.c: kinds that write into the shared page of their dispatcher what the kernel does not
 * expect there. */
#include "hostile.h"

static struct dispatcher_page *page(void)
{
    return (struct dispatcher_page *)LAYOUT_SHARED_PAGE;
}

static void page_spoil(void)
{
    volatile uint64_t *word = (volatile uint64_t *)LAYOUT_SHARED_PAGE;

    for (unsigned i = 0; i < PAGE_BYTES / 8; i++)
        word[i] = random_next() | (i == 1); /* word 1 holds `disabled` */
}

/* Disabled, the page full of nonsense, then a fault. */
static void page_fault(void)
{
    page_spoil();
    (void)*(const volatile uint64_t *)HOSTILE_KERNEL_TEXT;
}

/* The same for ever, while timer interrupts save and restore it. */
static void page_loop(void)
{
    for (;;)
        page_spoil();
}

static void areas_forge(uint64_t pc, uint64_t sp)
{
    page()->disabled = 1;
    for (unsigned i = 0; i < AREA_COUNT; i++)
        hostile_context_make(&page()->area[i], pc, sp);
}

/* Contexts that nobody saved. */
static void resume_kernel(void)
{
    areas_forge(HOSTILE_KERNEL_TEXT, HOSTILE_KERNEL_ZONE + 0x10000);
    native(SYS_RESUME, AREA_ENABLED, 0, 0, 0, 0, 0);
}

static void resume_beyond(void)
{
    areas_forge(HOSTILE_BEYOND_USER, HOSTILE_BEYOND_USER);
    native(SYS_RESUME, AREA_TRAP, 0, 0, 0, 0, 0);
}

static unsigned char flags_stack[8192] ALIGNED(16);

/* All flags were asked for: those of user mode came, the others did not. */
static NORETURN void flags_look(void)
{
    uint64_t refused = 0;

    hostile_flags_clear();
    faults_take();
    for (const struct refused *r = hostile_refused; r < hostile_refused + 3; r++)
        refused += hostile_try(r->code);
    say_number("refused ", refused, " of 3");
    leave(0);
}

static void resume_flags(void)
{
    areas_forge((uint64_t)flags_look, (uint64_t)flags_stack + sizeof flags_stack - 8);
    native(SYS_RESUME, AREA_ENABLED, 0, 0, 0, 0, 0);
}

/* No such area. */
static void resume_range(void)
{
    uint64_t refused = 0;

    for (uint64_t area = AREA_COUNT; area < 1000; area++)
        refused += native(SYS_RESUME, area, 0, 0, 0, 0, 0).status == E_ARGUMENT;
    refused += native(SYS_RESUME, UINT64_MAX, 0, 0, 0, 0, 0).status == E_ARGUMENT;
    say_number("refused ", refused, " of 998");
}

static void entry_set(enum dispatcher_entry entry, uint64_t begin, uint64_t end)
{
    native(SYS_DISPATCHER_ENTRY, SLOT_DISPATCHER, (uint64_t)entry, begin, end, 0, 0);
}

/* Entries in the kernel's half: they are entered in user mode, or not at all. */
static void entry_fault(void)
{
    entry_set(ENTRY_FAULT, HOSTILE_KERNEL_TEXT, 0);
    (void)*(const volatile uint64_t *)HOSTILE_KERNEL_TEXT;
}

static void entry_run(void)
{
    entry_set(ENTRY_RUN, HOSTILE_BEYOND_USER, 0);
    for (;;)
        native(SYS_YIELD, 0, 0, 0, 0, 0, 0);
}

static void entry_foreign(void)
{
    entry_set(ENTRY_FOREIGN, HOSTILE_KERNEL_TEXT, 0);
    linux_call(LINUX_write, 1, 0, 0, 0);
}

static void entry_foreign_beyond(void)
{
    entry_set(ENTRY_FOREIGN, HOSTILE_BEYOND_USER, 0);
    linux_call(LINUX_write, 1, 0, 0, 0);
}

/* The upcall's stack is the kernel's: what is pushed there is pushed in user mode. */
static void stack_kernel(void)
{
    page()->entry_stack = HOSTILE_KERNEL_ZONE + 0x10000;
    (void)*(const volatile uint64_t *)HOSTILE_KERNEL_TEXT;
}

static void stack_foreign(void)
{
    page()->foreign_stack = HOSTILE_KERNEL_ZONE + 0x10000;
    linux_call(LINUX_write, 1, 0, 0, 0);
}

/* Everything is critical: no upcall can ever be made. */
static void critical_all(void)
{
    entry_set((enum dispatcher_entry)ENTRY_CRITICAL, 0, UINT64_MAX);
    (void)*(const volatile uint64_t *)HOSTILE_KERNEL_TEXT;
}

const struct kind page_kinds[] = {
    {"page-fault", page_fault},       {"page-loop", page_loop},
    {"resume-kernel", resume_kernel}, {"resume-beyond", resume_beyond},
    {"resume-flags", resume_flags},   {"resume-range", resume_range},
    {"entry-fault", entry_fault},     {"entry-run", entry_run},
    {"entry-foreign", entry_foreign}, {"entry-beyond", entry_foreign_beyond},
    {"stack-kernel", stack_kernel},   {"stack-foreign", stack_foreign},
    {"critical", critical_all},       {NULL, NULL},
};
