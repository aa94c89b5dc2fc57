/* subject.c: bare dispatchers that cases make as subjects, and probes of memory by this program's
 * own thread. A subject is one C function on a stack of its own, in our address space, without any
 * runtime: its entries are the functions below. */
#include "conform.h"
#include <rt/fault.h>
#include <rt/string.h>

enum {
    STACK_BYTES = 8192,
    JOIN_MS = 10000, /* of guest time: nothing that a case does takes a second */
    WAIT_MS = 1,
    TRACE_MAX = 64,
    SUBJECT_PAGE_FIRST = (LAB_PAGES - LAB_VA) / PAGE_BYTES,
};

struct subject subjects[SUBJECTS_MAX];
static ALIGNED(16) unsigned char stacks[SUBJECTS_MAX][2][STACK_BYTES];

static struct {
    char text[TRACE_MAX + 1];
    uint32_t length;
} order;

static uint64_t stack_top(const struct subject *s, unsigned which)
{
    return (uint64_t)stacks[s->index][which] + STACK_BYTES;
}

static struct subject *subject_of(const struct dispatcher_page *page)
{
    return &subjects[((uint64_t)page - LAB_PAGES) / PAGE_BYTES];
}

void subject_enable(struct subject *s)
{
    __atomic_store_n(&s->page->disabled, 0, __ATOMIC_RELEASE);
}

void subject_disable(struct subject *s)
{
    __atomic_store_n(&s->page->disabled, 1, __ATOMIC_RELEASE);
}

void subject_end(struct subject *s)
{
    for (;;) {
        enum status ignored = sys_dispatcher_stop(s->dispatcher);
        (void)ignored; /* it does not come back */
    }
}

/* `run`: its start, or the core again after it was preempted while enabled. */
static NORETURN void subject_run_entry(struct dispatcher_page *page, uint64_t word)
{
    struct subject *s = subject_of(page);

    s->runs++;
    if (!word) {
        enum status ignored = sys_resume(AREA_ENABLED);
        (void)ignored; /* it comes back only where it cannot be done, and then we are stopped */
    } else {
        page->entry_stack = stack_top(s, 1);
        s->body(s);
        s->done = true;
    }
    subject_end(s);
}

static NORETURN void subject_fault_entry(struct dispatcher_page *page, uint64_t word)
{
    struct subject *s = subject_of(page);

    (void)word;
    s->faults++;
    s->fault_kind = page->fault_kind;
    s->fault_address = page->fault_address;
    s->fault_pc = arch_context_pc(&page->area[AREA_TRAP]);
    if (s->fault && s->fault(s)) {
        enum status ignored = sys_resume(AREA_TRAP);
        (void)ignored;
    }
    subject_end(s);
}

/* Both the server's stub (arch/<name>/user/call.S) and its shared page say which subject it is. */
uint64_t rt_call(uint64_t badge, uint64_t word[4])
{
    struct subject *s = subject_of(arch_shared_page());
    return s->call(s, badge, word);
}

static bool subject_prepare(struct subject *s, uint32_t priority, uint32_t flags)
{
    capref_t mapping = lab_slot();

    s->dispatcher = lab_make(CAP_DISPATCHER);
    s->sched = lab_make(CAP_SCHED_CONTEXT);
    s->endpoint = lab_slot();
    s->page = (struct dispatcher_page *)(LAB_PAGES + s->index * PAGE_BYTES);
    if (case_failed())
        return false;
    enum status status = sys_sched_configure(SLOT_SCHED_CONTEXT, s->sched, priority, 0, 0);
    if (status == OK)
        status = sys_dispatcher_configure(s->dispatcher, SLOT_CSPACE, SLOT_PAGE_TABLE, s->sched,
                                          (uint64_t)s->page, flags);
    if (status == OK)
        status = sys_dispatcher_entry(s->dispatcher, ENTRY_RUN, (uint64_t)subject_run_entry, 0);
    if (status == OK)
        status = sys_dispatcher_entry(s->dispatcher, ENTRY_FAULT, (uint64_t)subject_fault_entry, 0);
    if (status == OK)
        status = sys_dispatcher_map(s->dispatcher, lab.table_1, mapping,
                                    (uint32_t)SUBJECT_PAGE_FIRST + s->index);
    if (status == OK)
        status = sys_dispatcher_supervise(s->dispatcher, SLOT_DISPATCHER);
    if (status == OK)
        s->page->entry_stack = stack_top(s, 0);
    return expect_status(OK, status, "making a subject");
}

struct subject *subject_make_flags(uint32_t priority, uint32_t flags,
                                   void (*body)(struct subject *s))
{
    struct subject *s = &subjects[lab.subjects];

    if (lab.subjects == SUBJECTS_MAX) {
        case_fail("lab: too many subjects");
        return NULL;
    }
    if (lab.subjects == 0) {
        order.length = 0;
        order.text[0] = 0;
    }
    *s = (struct subject){.index = lab.subjects++, .body = body};
    return subject_prepare(s, priority, flags) ? s : NULL;
}

struct subject *subject_make(uint32_t priority, void (*body)(struct subject *s))
{
    return subject_make_flags(priority, 0, body);
}

struct subject *subject_server(uint32_t priority,
                               uint64_t (*call)(struct subject *s, uint64_t badge,
                                                uint64_t word[4]),
                               uint64_t badge)
{
    struct subject *s = subject_make(priority, NULL);

    if (!s)
        return NULL;
    s->call = call;
    enum status status = sys_dispatcher_entry(s->dispatcher, ENTRY_RUN, (uint64_t)rt_call_wait, 0);
    if (status == OK)
        status = sys_dispatcher_entry(s->dispatcher, ENTRY_CALL, (uint64_t)rt_entry_call, 0);
    if (status == OK)
        status = sys_endpoint_make(s->dispatcher, s->endpoint, badge);
    if (!expect_status(OK, status, "making a server") || !subject_start(s) ||
        !subject_await(s, STATE_WAITING))
        return NULL;
    return s;
}

bool subject_start(struct subject *s)
{
    return expect_status(OK, sys_dispatcher_start(s->dispatcher, 1), "starting a subject");
}

static void inspect(const struct subject *s, uint64_t *state, uint64_t *reason)
{
    enum status status = sys_dispatcher_inspect(s->dispatcher, 0, state, reason);

    if (status != OK)
        case_fail("inspecting a subject: %s", status_name(status));
}

enum dispatcher_state subject_state(const struct subject *s)
{
    uint64_t state = STATE_STOPPED, reason;

    inspect(s, &state, &reason);
    return (enum dispatcher_state)state;
}

enum stop_reason subject_reason(const struct subject *s)
{
    uint64_t state, reason = STOP_NONE;

    inspect(s, &state, &reason);
    return (enum stop_reason)reason;
}

bool subject_await(struct subject *s, enum dispatcher_state state)
{
    uint64_t until = lab_after_ms(JOIN_MS);

    while (!case_failed() && subject_state(s) != state) {
        if (lab_now() > until) {
            case_fail("subject %u is in state %u and does not get to %u", s->index,
                      (unsigned)subject_state(s), (unsigned)state);
            break;
        }
        rt.page->disabled = 1;
        enum status ignored = sys_wait(lab_after_ms(WAIT_MS));
        rt.page->disabled = 0;
        (void)ignored; /* woken or not: look again */
    }
    return !case_failed();
}

bool subject_join(struct subject *s)
{
    return subject_await(s, STATE_STOPPED);
}

bool subject_run(struct subject *s)
{
    return subject_start(s) && subject_join(s);
}

void trace_add(char c)
{
    if (order.length < TRACE_MAX)
        order.text[order.length++] = c;
    order.text[order.length] = 0;
}

const char *trace(void)
{
    return order.text;
}

/* ---- Probes ---- */

struct probe_seen probe_seen;
static bool probing;

static bool probe_fault(void *arg, const struct fault *f)
{
    (void)arg;
    if (!probing)
        return false;
    probe_seen = (struct probe_seen){f->kind, f->address, f->code};
    probe_pc_set(&rt.page->area[AREA_TRAP], (uint64_t)probe_recover);
    return true;
}

bool probes_begin(void)
{
    return expect_status(OK, fault_handler_add(0, UINT64_MAX, probe_fault, NULL), "fault handler");
}

static enum fault_kind try(uint64_t (*probe)(uint64_t va, uint64_t value), uint64_t va)
{
    probe_seen = (struct probe_seen){FAULT_NONE, 0, 0};
    probing = true;
    uint64_t faulted = probe(va, va);
    probing = false;
    if (faulted == (probe_seen.kind == FAULT_NONE))
        case_fail("a probe of 0x%lx came back with %lu after a fault of kind %u", (unsigned long)va,
                  (unsigned long)faulted, (unsigned)probe_seen.kind);
    return probe_seen.kind;
}

static uint64_t load(uint64_t va, uint64_t value)
{
    (void)value;
    return probe_load(va);
}

static uint64_t jump(uint64_t va, uint64_t value)
{
    (void)value;
    return probe_jump(va);
}

static uint64_t (*called)(void);

static uint64_t call(uint64_t va, uint64_t value)
{
    (void)va, (void)value;
    return called();
}

enum fault_kind try_load(uint64_t va)
{
    return try(load, va);
}

enum fault_kind try_store(uint64_t va)
{
    return try(probe_store, va);
}

enum fault_kind try_jump(uint64_t va)
{
    return try(jump, va);
}

enum fault_kind try_call(uint64_t (*probe)(void))
{
    called = probe;
    return try(call, 0);
}

/* ---- Registers ---- */

uint64_t entered[PROBE_WORDS];

void probe_entered(const uint64_t word[])
{
    struct subject *s = subject_of(arch_shared_page());

    memcpy(entered, word, sizeof entered);
    s->done = true;
    subject_end(s);
}

void registers_fill(uint64_t in[], uint64_t pattern)
{
    for (uint32_t i = 0; i < PROBE_WORDS; i++)
        in[i] = pattern + i * 0x0101;
}

bool registers_clean(const uint64_t in[], const uint64_t out[], uint32_t lost)
{
    for (uint32_t i = 0; i < PROBE_WORDS; i++)
        if (!(lost >> i & 1) && out[i] != 0 && out[i] != in[i]) {
            case_fail("register %u holds 0x%lx: neither 0 nor what it held before", i,
                      (unsigned long)out[i]);
            return false;
        }
    return true;
}
