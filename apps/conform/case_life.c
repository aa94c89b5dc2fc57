/* case_life.c: `resume` of each save area, and the life of a dispatcher: started, stopped, inspected,
 * supervised, and what happens to it when what it runs with is deleted. */
#include "conform.h"

static void nothing(struct subject *s)
{
    (void)s;
}

static void spin(struct subject *s)
{
    subject_enable(s);
    while (!s->stop)
        s->steps++;
}

static void resume_area(struct subject *s, enum save_area area)
{
    enum status ignored = sys_resume(area);
    (void)ignored;
    s->value[5] = 99;
}

static uint64_t first_privileged(void)
{
    return probe_privileged(0);
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
    EXPECT_FAULT(FAULT_INSTRUCTION, try_call(first_privileged));
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
