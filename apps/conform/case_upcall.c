/* case_upcall.c: upcalls and faults in each state a dispatcher can be in, what each fault is said to
 * be, and what stops it (DESIGN 12.3). */
#include "conform.h"

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
