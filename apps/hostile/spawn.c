/* spawn.c: kinds that make dispatchers and whole domains out of the job's own RAM, as many as
 * there is room for, and start them all. */
#include "hostile.h"

enum { TWIN_STACK_BYTES = 8192, DISPATCHERS_MAX = 1500 };

/* arch/<name>/hostile/try.S knows these by name. */
unsigned char hostile_twin_stack[TWIN_STACK_BYTES] ALIGNED(16);
void hostile_twin_run(void);
void hostile_twin(void);

static capref_t dispatcher_make(capref_t cspace, capref_t root, capref_t sched, uint64_t page_va,
                                uint64_t entry)
{
    capref_t d = object_take(CAP_DISPATCHER, 8192);

    if (!d)
        return 0;
    native(SYS_DISPATCHER_CONFIGURE, d, cspace, root, sched, page_va,
           DISPATCHER_VECTOR | DISPATCHER_FOREIGN);
    native(SYS_DISPATCHER_ENTRY, d, ENTRY_RUN, entry, 0, 0, 0);
    return d;
}

static uint64_t dispatcher_start(capref_t d)
{
    return native(SYS_DISPATCHER_START, d, 0, 0, 0, 0, 0).status == OK;
}

static capref_t made[DISPATCHERS_MAX];

/* They are started only now: after that, this one gets the core once in a while. */
static NORETURN void all_start(const char *what, unsigned count)
{
    uint64_t started = 0;

    say_number(what, count, "");
    if (!count)
        leave(3);
    for (unsigned i = 0; i < count; i++)
        started += dispatcher_start(made[i]);
    for (;;)
        native(SYS_YIELD, started, 0, 0, 0, 0, 0);
}

/* Dispatchers of this domain, each with a loop to run. */
static void spawn(void)
{
    unsigned count = 0;

    faults_take();
    while (count < DISPATCHERS_MAX &&
           (made[count] = dispatcher_make(SLOT_CSPACE, SLOT_PAGE_TABLE, SLOT_SCHED_CONTEXT,
                                          LAYOUT_SHARED_PAGE, (uint64_t)hostile_spin)))
        count++;
    all_start("dispatchers ", count);
}

/* Domains with a CSpace and an address space of their own, in which there is nothing at all. */
static void spawn_domains(void)
{
    unsigned count = 0;

    while (count < DISPATCHERS_MAX) {
        capref_t cspace = object_take(CAP_CNODE_L1, 64 * LINE_BYTES);
        capref_t root = object_take(CAP_PAGE_TABLE_4, 8192);
        capref_t sched = object_take(CAP_SCHED_CONTEXT, 128);

        if (!cspace || !root || !sched)
            break;
        native(SYS_SCHED_CONFIGURE, SLOT_SCHED_CONTEXT, sched, 0, 0, 0, 0);
        made[count] = dispatcher_make(cspace, root, sched, LAYOUT_SHARED_PAGE, LAYOUT_BASE);
        if (!made[count])
            break;
        count++;
    }
    all_start("domains ", count);
}

/* Dispatchers whose shared page, entry or stack is nowhere that user mode can be. */
static void spawn_nowhere(void)
{
    static const uint64_t where[] = {HOSTILE_BEYOND_USER,     HOSTILE_KERNEL_TEXT,
                                     HOSTILE_KERNEL_ZONE,     HOSTILE_BEYOND_USER - 1,
                                     0x8000000000000000ull,   UINT64_MAX,
                                     HOSTILE_BEYOND_USER + 1, 1};
    uint64_t count = 0;

    for (unsigned p = 0; p < sizeof where / sizeof where[0]; p++)
        for (unsigned e = 0; e < sizeof where / sizeof where[0]; e++)
            count += dispatcher_start(dispatcher_make(SLOT_CSPACE, SLOT_PAGE_TABLE,
                                                      SLOT_SCHED_CONTEXT, where[p], where[e]));
    for (unsigned i = 0; i < 1000; i++)
        native(SYS_YIELD, 0, 0, 0, 0, 0, 0);
    say_number("started ", count, "");
}

/* A second dispatcher scribbles over the first one's page while that one is preempted in a loop. */
void hostile_twin_run(void)
{
    volatile uint64_t *word = (volatile uint64_t *)LAYOUT_SHARED_PAGE;

    for (;;)
        for (unsigned i = 0; i < PAGE_BYTES / 8; i++)
            word[i] = random_next() | (i == 1);
}

static void twin(void)
{
    faults_take();
    if (!dispatcher_start(dispatcher_make(SLOT_CSPACE, SLOT_PAGE_TABLE, SLOT_SCHED_CONTEXT,
                                          (uint64_t)hostile_twin_stack, (uint64_t)hostile_twin)))
        leave(3);
    for (;;)
        native(SYS_YIELD, 0, 0, 0, 0, 0, 0);
}

const struct kind spawn_kinds[] = {
    {"spawn", spawn},
    {"spawn-domains", spawn_domains},
    {"spawn-nowhere", spawn_nowhere},
    {"twin", twin},
    {NULL, NULL},
};
