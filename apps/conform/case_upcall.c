/* case_upcall.c: upcalls and faults in each state a dispatcher can be in, what each fault is said to
 * be, `resume` of each save area, and what stops a dispatcher (DESIGN 12.3). */
#include "conform.h"

static void nothing(struct subject *s)
{
    (void)s;
}

/* ---- Start and `run` ---- */

static void note_entry(struct subject *s)
{
    s->value[0] = s->page->disabled;
    s->value[1] = s->page->self;
    s->value[2] = s->page->core_id;
    s->value[3] = s->page->tick_hz;
    s->value[4] = (uint64_t)arch_shared_page();
}

CASE(upcall, start_is_disabled_and_filled_in)
{
    struct subject *s = subject_make(PRIORITY_LOW, note_entry);

    MET(s && subject_run(s));
    TRUE(s->done);
    EQUAL(1, s->value[0]);
    EQUAL((uint64_t)s->page, s->value[1]);
    EQUAL(0, s->value[2]);
    EQUAL(rt.page->tick_hz, s->value[3]);
    EQUAL((uint64_t)s->page, s->value[4]);
    EQUAL(1, s->runs);
}

CASE(upcall, start_word)
{
    struct subject *s = subject_make(PRIORITY_LOW, NULL);

    MET(s != NULL);
    EXPECT(OK, sys_dispatcher_entry(s->dispatcher, ENTRY_RUN, (uint64_t)probe_entry, 0));
    EXPECT(OK, sys_dispatcher_start(s->dispatcher, 0xabcdef0123456789));
    MET(subject_join(s));
    EQUAL((uint64_t)s->page, entered[PROBE_ARGUMENT_0]);
    EQUAL(0xabcdef0123456789, entered[PROBE_ARGUMENT_1]);
}

static void spin(struct subject *s)
{
    subject_enable(s);
    while (!s->stop)
        s->steps++;
}

/* Preempted while enabled: `run` again, which resumes area ENABLED. */
CASE(upcall, preempted_enabled)
{
    struct subject *s = subject_make(PRIORITY_LOW, spin);

    MET(s && subject_start(s));
    sleep_ms(3);
    uint64_t steps = s->steps;
    sleep_ms(3);
    TRUE(s->steps > steps);
    TRUE(s->runs >= 2);
    s->stop = true;
    MET(subject_join(s));
    TRUE(s->done);
}

static void spin_disabled(struct subject *s)
{
    while (!s->stop)
        s->steps++;
}

/* Preempted while disabled: it goes on where it was, and nobody is told. */
CASE(upcall, preempted_disabled)
{
    struct subject *s = subject_make(PRIORITY_LOW, spin_disabled);

    MET(s && subject_start(s));
    sleep_ms(3);
    uint64_t steps = s->steps;
    sleep_ms(3);
    TRUE(s->steps > steps);
    EQUAL(1, s->runs);
    s->stop = true;
    MET(subject_join(s));
    TRUE(s->done);
}

static volatile uint64_t go;

static void spin_critical(struct subject *s)
{
    subject_enable(s);
    probe_critical(&go);
}

/* The flag says enabled, the pc lies in the critical range. */
CASE(upcall, preempted_in_the_critical_range)
{
    struct subject *s = subject_make(PRIORITY_LOW, spin_critical);

    go = 0;
    MET(s != NULL);
    EXPECT(OK, sys_dispatcher_entry(s->dispatcher, ENTRY_CRITICAL, (uint64_t)probe_critical,
                                    (uint64_t)probe_critical_end));
    MET(subject_start(s));
    sleep_ms(3);
    sleep_ms(3);
    EQUAL(1, s->runs);
    go = 1;
    MET(subject_join(s));
    TRUE(s->done);
}

CASE(upcall, critical_range_is_half_open)
{
    struct subject *s = subject_make(PRIORITY_LOW, spin_critical);

    go = 0;
    MET(s != NULL);
    EXPECT(OK, sys_dispatcher_entry(s->dispatcher, ENTRY_CRITICAL, (uint64_t)probe_critical_end,
                                    (uint64_t)probe_critical_end + 64));
    MET(subject_start(s));
    sleep_ms(3);
    sleep_ms(3);
    TRUE(s->runs > 1);
    go = 1;
    MET(subject_join(s));
}

static void resume_area(struct subject *s, enum save_area area)
{
    enum status ignored = sys_resume(area);
    (void)ignored;
    s->value[5] = 99;
}

/* ---- Faults ---- */

static void fault_enabled(struct subject *s)
{
    subject_enable(s);
    s->value[0] = probe_load(0x1230);
    s->value[1] = s->page->disabled;
}

static bool recover(struct subject *s)
{
    s->value[2] = s->page->disabled;
    probe_pc_set(&s->page->area[AREA_TRAP], (uint64_t)probe_recover);
    return true;
}

CASE(fault, enabled_is_an_upcall)
{
    struct subject *s = subject_make(PRIORITY_LOW, fault_enabled);

    MET(s != NULL);
    s->fault = recover;
    MET(subject_run(s));
    TRUE(s->done);
    EQUAL(1, s->faults);
    EQUAL(FAULT_READ, s->fault_kind);
    EQUAL(0x1230, s->fault_address);
    EQUAL((uint64_t)probe_load, s->fault_pc);
    EQUAL(1, s->value[2]); /* disabled inside of it */
    EQUAL(1, s->value[0]); /* and back where the handler said, */
    EQUAL(0, s->value[1]); /* enabled */
}

static void fault_disabled(struct subject *s)
{
    s->value[0] = probe_load(0x1230);
}

static void stopped_by_fault(struct subject *s, enum stop_reason reason)
{
    uint64_t pc = 0, address = 0;

    EQUAL(false, s->done);
    EQUAL(0, s->faults);
    EQUAL(reason, subject_reason(s));
    EXPECT(OK, sys_dispatcher_inspect(s->dispatcher, 1, &pc, &address));
    EQUAL(0x1230, address);
    TRUE(pc == (uint64_t)probe_load || pc == (uint64_t)probe_critical_load);
}

CASE(fault, disabled_stops)
{
    struct subject *s = subject_make(PRIORITY_LOW, fault_disabled);

    MET(s && subject_run(s));
    stopped_by_fault(s, STOP_FAULT_DISABLED);
    EQUAL(FAULT_READ, s->page->fault_kind);
    EQUAL(0x1230, s->page->fault_address);
    EQUAL((uint64_t)probe_load, arch_context_pc(&s->page->area[AREA_TRAP]));
}

static void fault_critical(struct subject *s)
{
    subject_enable(s);
    s->value[0] = probe_critical_load(0x1230);
}

CASE(fault, critical_stops)
{
    struct subject *s = subject_make(PRIORITY_LOW, fault_critical);

    MET(s != NULL);
    EXPECT(OK, sys_dispatcher_entry(s->dispatcher, ENTRY_CRITICAL, (uint64_t)probe_critical_load,
                                    (uint64_t)probe_critical_load_end));
    MET(subject_run(s));
    stopped_by_fault(s, STOP_FAULT_DISABLED);
}

static bool fault_again(struct subject *s)
{
    s->value[3] = probe_load(0x1230);
    return true;
}

CASE(fault, second_stops)
{
    struct subject *s = subject_make(PRIORITY_LOW, fault_enabled);

    MET(s != NULL);
    s->fault = fault_again;
    MET(subject_run(s));
    EQUAL(1, s->faults);
    EQUAL(STOP_FAULT_DISABLED, subject_reason(s));
    EQUAL(false, s->done);
}

CASE(fault, without_an_entry_stops)
{
    struct subject *s = subject_make(PRIORITY_LOW, fault_enabled);

    MET(s != NULL);
    EXPECT(OK, sys_dispatcher_entry(s->dispatcher, ENTRY_FAULT, 0, 0));
    MET(subject_run(s));
    stopped_by_fault(s, STOP_NO_ENTRY);
}

/* The supervisor is woken when a subject stops for a fault. */
CASE(fault, wakes_the_supervisor)
{
    struct subject *s = subject_make(PRIORITY_LOW, fault_disabled);

    lab_drain();
    uint64_t wakeups = rt.page->wakeups;
    MET(s && subject_start(s));
    rt.page->disabled = 1;
    enum status status = sys_wait(lab_after_ms(1000));
    rt.page->disabled = 0;
    EXPECT(OK, status);
    EQUAL(wakeups + 1, rt.page->wakeups);
    EQUAL(STATE_STOPPED, subject_state(s));
}

CASE(fault, counted)
{
    struct subject *s = subject_make(PRIORITY_LOW, fault_enabled);
    uint64_t faults = 0, upcalls = 0;

    MET(s != NULL);
    s->fault = recover;
    MET(subject_run(s));
    EXPECT(OK, sys_dispatcher_inspect(s->dispatcher, 3, &faults, &upcalls));
    EQUAL(1, faults);
    TRUE(upcalls >= 1);
}

/* ---- What each is said to be ---- */

CASE(kind, illegal_instruction)
{
    EXPECT_FAULT(FAULT_INSTRUCTION, try_call(probe_illegal));
    EQUAL((uint64_t)probe_illegal, probe_seen.address);
}

CASE(kind, breakpoint)
{
    EXPECT_FAULT(FAULT_BREAKPOINT, try_call(probe_breakpoint));
}

CASE(kind, arithmetic)
{
    EXPECT_FAULT(PROBE_HAS_ARITHMETIC ? FAULT_ARITHMETIC : FAULT_NONE, try_call(probe_divide));
}

CASE(kind, alignment)
{
    EXPECT_FAULT(PROBE_HAS_ALIGNMENT ? FAULT_ALIGNMENT : FAULT_NONE, try_call(probe_align));
}

CASE(kind, vector)
{
    EXPECT_FAULT(FAULT_VECTOR, try_call(probe_vector));
}

static uint64_t privileged_number;

static uint64_t privileged(void)
{
    return probe_privileged(privileged_number);
}

/* Each architecture's list, in probe.S: none may do what it says. */
CASE(kind, privileged_instructions)
{
    for (privileged_number = 0; privileged_number < 24; privileged_number++) {
        enum fault_kind kind = try_call(privileged);
        if (!expect_equal(FAULT_INSTRUCTION, kind, "kind of fault")) {
            case_fail("privileged instruction %lu", (unsigned long)privileged_number);
            return;
        }
    }
    EQUAL(2, probe_privileged(privileged_number));
}

/* ---- Resume ---- */

static void resume_other(struct subject *s)
{
    enum save_area area = (enum save_area)s->value[1];

    s->page->area[area] = (struct arch_context){0};
    probe_pc_set(&s->page->area[area], s->value[0]);
    probe_sp_set(&s->page->area[area], s->page->entry_stack - 64);
    resume_area(s, area);
}

static void resumed_here(void)
{
    struct subject *s = &subjects[0];

    s->value[2] = s->page->disabled;
    s->done = true;
    subject_end(s);
}

CASE(resume, enabled)
{
    struct subject *s = subject_make(PRIORITY_LOW, resume_other);

    MET(s != NULL);
    s->value[0] = (uint64_t)resumed_here;
    s->value[2] = 77;
    MET(subject_run(s));
    TRUE(s->done);
    EQUAL(0, s->value[2]); /* upcalls are on, in the same step */
}

CASE(resume, disabled_area)
{
    struct subject *s = subject_make(PRIORITY_LOW, resume_other);

    MET(s != NULL);
    s->value[0] = (uint64_t)resumed_here;
    s->value[1] = AREA_DISABLED;
    MET(subject_run(s));
    TRUE(s->done);
    EQUAL(0, s->value[2]);
}

CASE(resume, trap_area)
{
    struct subject *s = subject_make(PRIORITY_LOW, resume_other);

    MET(s != NULL);
    s->value[0] = (uint64_t)resumed_here;
    s->value[1] = AREA_TRAP;
    MET(subject_run(s));
    TRUE(s->done);
}

static void resume_no_area(struct subject *s)
{
    s->value[0] = sys_resume((enum save_area)AREA_COUNT);
    s->value[1] = sys_resume((enum save_area)0xffff);
}

CASE(resume, area_that_there_is_not)
{
    struct subject *s = subject_make(PRIORITY_LOW, resume_no_area);

    MET(s && subject_run(s));
    EQUAL(E_ARGUMENT, s->value[0]);
    EQUAL(E_ARGUMENT, s->value[1]);
    TRUE(s->done);
}

/* A pc that no user can be at: the dispatcher stops, the kernel lives. */
CASE(resume, bad_pc_stops)
{
    struct subject *s = subject_make(PRIORITY_LOW, resume_other);

    MET(s != NULL);
    s->value[0] = PROBE_KERNEL_IMAGE;
    s->value[1] = AREA_TRAP;
    MET(subject_run(s));
    EQUAL(STOP_BAD_CONTEXT, subject_reason(s));
    EQUAL(0, s->value[5]);
}

static void resume_spoiled(struct subject *s)
{
    struct arch_context *c = &s->page->area[AREA_TRAP];

    *c = (struct arch_context){0};
    probe_flags_spoil(c);
    probe_pc_set(c, (uint64_t)resumed_here);
    probe_sp_set(c, s->page->entry_stack - 64);
    resume_area(s, AREA_TRAP);
}

/* Flags that no user may have do not come through: it runs on, unprivileged and preemptible. */
CASE(resume, flags_are_filtered)
{
    struct subject *s = subject_make(PRIORITY_LOW, resume_spoiled);

    MET(s && subject_run(s));
    TRUE(s->done);
    privileged_number = 0;
    EXPECT_FAULT(FAULT_INSTRUCTION, try_call(privileged));
}

static void spoil_own_area(struct subject *s)
{
    while (!s->stop)
        s->steps++;
}

/* Preempted while disabled, and the area spoilt by somebody who has the page mapped. */
CASE(resume, disabled_area_spoilt_meanwhile)
{
    struct subject *s = subject_make(PRIORITY_LOW, spoil_own_area);

    MET(s && subject_start(s));
    sleep_ms(2);
    TRUE(s->steps > 0);
    probe_pc_set(&s->page->area[AREA_DISABLED], PROBE_NOT_CANONICAL);
    MET(subject_join(s));
    EQUAL(STOP_BAD_CONTEXT, subject_reason(s));
}

/* ---- Life ---- */

CASE(life, stop_and_inspect)
{
    struct subject *s = subject_make(PRIORITY_LOW, spin);

    MET(s != NULL);
    EQUAL(STATE_STOPPED, subject_state(s));
    EQUAL(STOP_ASKED, subject_reason(s));
    MET(subject_start(s));
    EQUAL(STATE_RUNNABLE, subject_state(s));
    EXPECT(OK, sys_dispatcher_stop(s->dispatcher));
    EQUAL(STATE_STOPPED, subject_state(s));
    EQUAL(STOP_ASKED, subject_reason(s));
    EXPECT(OK, sys_dispatcher_stop(s->dispatcher));
}

CASE(life, started_twice)
{
    struct subject *s = subject_make(PRIORITY_LOW, spin);

    MET(s && subject_start(s));
    EXPECT(E_BUSY, sys_dispatcher_start(s->dispatcher, 1));
    EXPECT(E_BUSY, sys_dispatcher_configure(s->dispatcher, 0, 0, 0, 0, 0));
}

CASE(life, started_again)
{
    struct subject *s = subject_make(PRIORITY_LOW, nothing);

    MET(s && subject_run(s));
    EQUAL(1, s->runs);
    s->done = false;
    MET(subject_run(s));
    TRUE(s->done);
    EQUAL(2, s->runs);
}

CASE(life, lacks_something)
{
    capref_t d = lab_make(CAP_DISPATCHER), sched = lab_make(CAP_SCHED_CONTEXT);

    EXPECT(E_STOPPED, sys_dispatcher_start(d, 1));
    EXPECT(OK, sys_dispatcher_configure(d, SLOT_CSPACE, 0, 0, 0, 0));
    EXPECT(E_STOPPED, sys_dispatcher_start(d, 1));
    EXPECT(OK, sys_dispatcher_configure(d, 0, SLOT_PAGE_TABLE, 0, 0, 0));
    EXPECT(E_STOPPED, sys_dispatcher_start(d, 1));
    EXPECT(OK, sys_dispatcher_configure(d, 0, 0, sched, 0, 0));
    EXPECT(E_STOPPED, sys_dispatcher_start(d, 1));
    EXPECT(OK, sys_dispatcher_configure(d, 0, 0, 0, LAB_PAGES, 0));
    EXPECT(E_STOPPED, sys_dispatcher_start(d, 1));
    EXPECT(OK, sys_dispatcher_entry(d, ENTRY_RUN, (uint64_t)probe_entry, 0));
    EXPECT(OK, sys_dispatcher_start(d, 1));
    EXPECT(OK, sys_dispatcher_stop(d));
}

CASE(life, time_that_was_never_granted)
{
    struct subject *s = subject_make(PRIORITY_LOW, nothing);
    capref_t empty = lab_slot(), ram = lab_zone(PAGE_BYTES);

    MET(s != NULL);
    EXPECT(OK, sys_cap_retype(ram, 0, CAP_SCHED_CONTEXT, 0, 1, empty));
    EXPECT(OK, sys_dispatcher_configure(s->dispatcher, 0, 0, empty, 0, 0));
    EXPECT(E_STOPPED, sys_dispatcher_start(s->dispatcher, 1));
    EXPECT(E_RIGHTS, sys_sched_configure(empty, s->sched, 1, 0, 0));
}

/* What it runs with is deleted under it. */
static void ends_with(enum cap_type type)
{
    struct subject *s = subject_make(PRIORITY_LOW, spin);
    capref_t own = lab_make(type);
    uint64_t root = type == CAP_PAGE_TABLE_4 ? own : 0, cspace = type == CAP_CNODE_L1 ? own : 0;
    uint64_t sched = type == CAP_SCHED_CONTEXT ? own : 0;

    MET(s != NULL);
    if (root) { /* with our own memory in it */
        EXPECT(OK, sys_table_map((capref_t)root, lab.table_3_own, lab_slot(),
                                 (uint32_t)(LAYOUT_BASE >> 39) & 511));
        EXPECT(OK, sys_table_map((capref_t)root, lab.table_3, lab_slot(), LAB_ROOT_ENTRY));
    }
    EXPECT(OK, sys_dispatcher_configure(s->dispatcher, cspace, root, sched, 0, 0));
    MET(subject_start(s));
    sleep_ms(2);
    TRUE(s->steps > 0);
    EQUAL(STATE_RUNNABLE, subject_state(s));
    EXPECT(OK, sys_cap_revoke(own, 0)); /* the dispatcher's copy goes */
    EXPECT(OK, sys_cap_delete(own));
    MET(subject_join(s));
    EQUAL(STOP_ENDED, subject_reason(s));
    EXPECT(E_STOPPED, sys_dispatcher_start(s->dispatcher, 1));
}

CASE(life, cspace_deleted)
{
    ends_with(CAP_CNODE_L1);
}

CASE(life, address_space_deleted)
{
    ends_with(CAP_PAGE_TABLE_4);
}

CASE(life, time_deleted)
{
    ends_with(CAP_SCHED_CONTEXT);
}

CASE(life, deleted_while_it_runs)
{
    struct subject *s = subject_make(PRIORITY_LOW, spin);

    MET(s && subject_start(s));
    sleep_ms(2);
    TRUE(s->steps > 0);
    EXPECT(OK, sys_cap_delete(s->dispatcher));
    EXPECT(E_NO_CAP, sys_dispatcher_stop(s->dispatcher));
    uint64_t steps = s->steps;
    sleep_ms(2);
    EQUAL(steps, s->steps);
}

CASE(life, inspect_counts)
{
    struct subject *s = subject_make(PRIORITY_LOW, spin);
    uint64_t ticks = 0, more = 0, calls = 0;

    MET(s && subject_start(s));
    sleep_ms(2);
    EXPECT(OK, sys_dispatcher_inspect(s->dispatcher, 2, &ticks, &calls));
    TRUE(ticks > 0);
    sleep_ms(2);
    EXPECT(OK, sys_dispatcher_inspect(s->dispatcher, 2, &more, &calls));
    TRUE(more > ticks);
    TRUE(more - ticks <= rt.page->tick_hz / 1000 * 4);
}

CASE(life, not_supervised)
{
    struct subject *s = subject_make(PRIORITY_LOW, nothing);
    struct subject *boss = subject_make(PRIORITY_LOW, nothing);

    MET(s && boss);
    EXPECT(OK, sys_dispatcher_supervise(s->dispatcher, boss->dispatcher));
    lab_drain();
    uint64_t wakeups = rt.page->wakeups, others = boss->page->wakeups;
    MET(subject_start(s));
    sleep_ms(5);
    EQUAL(STATE_STOPPED, subject_state(s));
    EQUAL(wakeups, rt.page->wakeups);
    EQUAL(others + 1, boss->page->wakeups);
}
