/* case_sched.c: who runs when: priorities, round robin, deadlines of WAIT, wake-ups, bells. The
 * suite itself is above its subjects, so it sees them only when it sleeps. */
#include "conform.h"

static void traced(struct subject *s)
{
    trace_add((char)s->value[0]);
}

static struct subject *tracer(uint32_t priority, char c, void (*body)(struct subject *s))
{
    struct subject *s = subject_make(priority, body);

    if (s)
        s->value[0] = (uint64_t)c;
    return s;
}

CASE(sched, highest_first)
{
    struct subject *l = tracer(PRIORITY_LOW, 'l', traced);
    struct subject *m = tracer(PRIORITY_MIDDLE, 'm', traced);
    struct subject *h = tracer(PRIORITY_HIGH, 'h', traced);

    MET(l && m && h && subject_start(l) && subject_start(m) && subject_start(h));
    TEXT("", trace());
    MET(subject_join(l));
    TEXT("hml", trace());
}

CASE(sched, first_come_first_served)
{
    struct subject *a = tracer(PRIORITY_LOW, 'a', traced);
    struct subject *b = tracer(PRIORITY_LOW, 'b', traced);
    struct subject *c = tracer(PRIORITY_LOW, 'c', traced);

    MET(a && b && c && subject_start(b) && subject_start(c) && subject_start(a));
    MET(subject_join(a));
    TEXT("bca", trace());
}

CASE(sched, every_priority_there_is)
{
    struct subject *low = tracer(0, '0', traced), *high = tracer(39, '3', traced);

    MET(low && high && subject_start(low) && subject_start(high) && subject_join(low));
    TEXT("30", trace());
}

static void yielder(struct subject *s)
{
    for (unsigned i = 0; i < 3; i++) {
        trace_add((char)s->value[0]);
        sys_yield();
    }
}

CASE(sched, yield_alternates)
{
    struct subject *a = tracer(PRIORITY_LOW, 'a', yielder);
    struct subject *b = tracer(PRIORITY_LOW, 'b', yielder);

    MET(a && b && subject_start(a) && subject_start(b) && subject_join(a) && subject_join(b));
    TEXT("ababab", trace());
}

CASE(sched, yield_to_nobody_below)
{
    struct subject *h = tracer(PRIORITY_HIGH, 'h', yielder);
    struct subject *l = tracer(PRIORITY_LOW, 'l', traced);

    MET(h && l && subject_start(l) && subject_start(h) && subject_join(l) && subject_join(h));
    TEXT("hhhl", trace());
}

static void spin(struct subject *s)
{
    subject_enable(s);
    while (!s->stop)
        s->steps++;
}

CASE(sched, round_robin)
{
    struct subject *a = subject_make(PRIORITY_LOW, spin), *b = subject_make(PRIORITY_LOW, spin);

    MET(a && b && subject_start(a) && subject_start(b));
    sleep_ms(60); /* three turns each, of 10 ms */
    TRUE(a->steps > 0 && b->steps > 0);
    TRUE(a->steps < 4 * b->steps && b->steps < 4 * a->steps);
    a->stop = b->stop = true;
    MET(subject_join(a) && subject_join(b));
}

/* Somebody above sleeps and wakes often: the two below share the rest all the same. */
static void sleeper(struct subject *s)
{
    while (!s->stop) {
        enum status ignored = sys_wait(lab_after_ms(1));
        (void)ignored;
        s->steps++;
    }
}

CASE(sched, round_robin_under_interruptions)
{
    struct subject *a = subject_make(PRIORITY_LOW, spin), *b = subject_make(PRIORITY_LOW, spin);
    struct subject *s = subject_make(PRIORITY_HIGH, sleeper);

    MET(a && b && s && subject_start(s) && subject_start(a) && subject_start(b));
    sleep_ms(60);
    TRUE(s->steps > 30);
    TRUE(a->steps > 0 && b->steps > 0);
    a->stop = b->stop = s->stop = true;
    MET(subject_join(a) && subject_join(b) && subject_join(s));
}

CASE(sched, lower_does_not_run)
{
    struct subject *h = subject_make(PRIORITY_HIGH, spin), *l = subject_make(PRIORITY_LOW, spin);

    MET(h && l && subject_start(l) && subject_start(h));
    sleep_ms(25);
    TRUE(h->steps > 0);
    EQUAL(0, l->steps);
    h->stop = true;
    MET(subject_join(h));
    sleep_ms(2);
    TRUE(l->steps > 0);
    l->stop = true;
    MET(subject_join(l));
}

CASE(sched, higher_takes_over_when_it_wakes)
{
    struct subject *l = subject_make(PRIORITY_LOW, spin);
    struct subject *h = subject_make(PRIORITY_HIGH, sleeper);

    MET(h && l && subject_start(h) && subject_start(l));
    sleep_ms(10);
    TRUE(h->steps >= 5);
    TRUE(l->steps > 0);
    h->stop = l->stop = true;
    MET(subject_join(l) && subject_join(h));
}

CASE(sched, priority_counts_from_the_next_start)
{
    struct subject *a = tracer(PRIORITY_LOW, 'a', traced);
    struct subject *b = tracer(PRIORITY_MIDDLE, 'b', traced);

    MET(a && b);
    EXPECT(OK, sys_sched_configure(SLOT_SCHED_CONTEXT, a->sched, PRIORITY_HIGH, 0, 0));
    MET(subject_start(b) && subject_start(a) && subject_join(b));
    TEXT("ab", trace());
}

CASE(sched, grants_only_what_one_has)
{
    capref_t low = lab_make(CAP_SCHED_CONTEXT), other = lab_make(CAP_SCHED_CONTEXT);

    EXPECT(OK, sys_sched_configure(SLOT_SCHED_CONTEXT, low, 10, 0, 0));
    EXPECT(E_ARGUMENT, sys_sched_configure(low, other, 11, 0, 0));
    EXPECT(OK, sys_sched_configure(low, other, 10, 0, 0));
    EXPECT(E_ARGUMENT, sys_sched_configure(SLOT_SCHED_CONTEXT, other, 41, 0, 0));
}

/* ---- WAIT ---- */

static void wait_traced(struct subject *s)
{
    s->value[1] = sys_wait(s->value[2]);
    s->value[3] = lab_now();
    trace_add((char)s->value[0]);
}

CASE(wait, deadlines_in_their_order)
{
    struct subject *a = tracer(PRIORITY_LOW, 'a', wait_traced);
    struct subject *b = tracer(PRIORITY_LOW, 'b', wait_traced);
    struct subject *c = tracer(PRIORITY_LOW, 'c', wait_traced);

    MET(a && b && c);
    a->value[2] = lab_after_ms(9);
    b->value[2] = lab_after_ms(3);
    c->value[2] = lab_after_ms(6);
    MET(subject_start(a) && subject_start(b) && subject_start(c));
    sleep_ms(15);
    TEXT("bca", trace());
    for (unsigned i = 0; i < 3; i++) {
        EQUAL(E_TIMEOUT, subjects[i].value[1]);
        TRUE(subjects[i].value[3] >= subjects[i].value[2]);
        TRUE(subjects[i].value[3] < subjects[i].value[2] + rt.page->tick_hz / 1000);
    }
}

CASE(wait, deadline_has_passed)
{
    lab_drain();
    EXPECT(E_TIMEOUT, sys_wait(0));
    EXPECT(E_TIMEOUT, sys_wait(lab_now() - 1));
}

static void wait_twice(struct subject *s)
{
    if (s->value[0])
        subject_enable(s);
    s->value[1] = sys_wait(s->value[2]);
    s->value[3] = sys_wait(lab_after_ms(2));
    s->value[4] = s->page->disabled;
}

/* Woken by its bell while it waits; what comes back, enabled or disabled. */
static void wait_woken(bool enabled)
{
    struct subject *s = subject_make(PRIORITY_LOW, wait_twice);
    capref_t bell = lab_slot();

    MET(s != NULL);
    s->value[0] = enabled;
    s->value[2] = UINT64_MAX;
    EXPECT(OK, sys_bell_local(s->dispatcher, bell));
    MET(subject_start(s) && subject_await(s, STATE_WAITING));
    uint64_t wakeups = s->page->wakeups;
    EXPECT(OK, sys_doorbell_ring(bell));
    EQUAL(STATE_RUNNABLE, subject_state(s));
    EQUAL(wakeups + 1, s->page->wakeups);
    MET(subject_join(s));
    EQUAL(OK, s->value[1]);
    EQUAL(E_TIMEOUT, s->value[3]);
    EQUAL(enabled ? 0 : 1, s->value[4]);
    TRUE(enabled ? s->runs > 1 : s->runs == 1);
}

CASE(wait, woken_enabled)
{
    wait_woken(true);
}

CASE(wait, woken_disabled)
{
    wait_woken(false);
}

/* Rung before it waits: remembered, once. */
CASE(wait, woken_before)
{
    struct subject *s = subject_make(PRIORITY_LOW, wait_twice);

    MET(s && subject_start(s));
    EXPECT(OK, sys_endpoint_make(s->dispatcher, s->endpoint, 0));
    EXPECT(OK, sys_doorbell_ring(s->endpoint));
    EXPECT(OK, sys_doorbell_ring(s->endpoint));
    EQUAL(2, s->page->wakeups);
    s->value[2] = UINT64_MAX;
    MET(subject_join(s));
    EQUAL(OK, s->value[1]);
    EQUAL(E_TIMEOUT, s->value[3]);
}

CASE(wait, woken_before_its_deadline)
{
    struct subject *s = tracer(PRIORITY_LOW, 'a', wait_traced);

    MET(s != NULL);
    s->value[2] = lab_after_ms(1000);
    EXPECT(OK, sys_endpoint_make(s->dispatcher, s->endpoint, 0));
    MET(subject_start(s) && subject_await(s, STATE_WAITING));
    EXPECT(OK, sys_doorbell_ring(s->endpoint));
    MET(subject_join(s));
    EQUAL(OK, s->value[1]);
    TRUE(s->value[3] < s->value[2]);
}

CASE(wait, stopped_while_it_waits)
{
    struct subject *s = tracer(PRIORITY_LOW, 'a', wait_traced);

    MET(s != NULL);
    s->value[2] = lab_after_ms(3);
    MET(subject_start(s) && subject_await(s, STATE_WAITING));
    EXPECT(OK, sys_dispatcher_stop(s->dispatcher));
    sleep_ms(6);
    EQUAL(STATE_STOPPED, subject_state(s));
    TEXT("", trace());
}

CASE(wait, deleted_while_it_waits)
{
    struct subject *s = tracer(PRIORITY_LOW, 'a', wait_traced);

    MET(s != NULL);
    s->value[2] = lab_after_ms(3);
    MET(subject_start(s) && subject_await(s, STATE_WAITING));
    EXPECT(OK, sys_cap_delete(s->dispatcher));
    sleep_ms(6);
    TEXT("", trace());
}

CASE(wait, bell_of_a_stopped_one)
{
    struct subject *s = subject_make(PRIORITY_LOW, spin);

    MET(s != NULL);
    EXPECT(OK, sys_endpoint_make(s->dispatcher, s->endpoint, 0));
    EXPECT(OK, sys_doorbell_ring(s->endpoint));
    EQUAL(STATE_STOPPED, subject_state(s));
    sleep_ms(1);
    EQUAL(0, s->steps);
}

CASE(wait, counted)
{
    struct subject *s = subject_make(PRIORITY_LOW, wait_twice);
    uint64_t rung = 99, waits = 0;

    MET(s != NULL);
    s->value[2] = lab_after_ms(1);
    MET(subject_run(s));
    EXPECT(OK, sys_dispatcher_inspect(s->dispatcher, 5, &rung, &waits));
    EQUAL(0, rung);
    EQUAL(2, waits);
}
