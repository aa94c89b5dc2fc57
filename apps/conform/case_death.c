/* case_death.c: same-core calls when one side ends, whose priority counts, and wake-ups meanwhile. */
#include "conform.h"

static enum status call(struct subject *server, uint64_t ms)
{
    uint64_t word[4] = {0};

    rt.page->disabled = 1;
    uint64_t status = arch_call(server->endpoint, lab_after_ms(ms), word);
    rt.page->disabled = 0;
    return (enum status)status;
}

static uint64_t turn(struct subject *s, uint64_t badge, uint64_t word[4])
{
    uint64_t w[4] = {word[0], word[1], word[2], word[3]};

    s->steps++;
    for (unsigned i = 0; i < 4; i++)
        word[i] = w[3 - i];
    word[0] += badge;
    s->value[0] = s->page->disabled;
    return w[0];
}

static struct subject *could_serve(void (*body)(struct subject *s))
{
    struct subject *s = subject_make(PRIORITY_LOW, body);

    if (!s)
        return NULL;
    s->call = turn;
    enum status status =
        sys_dispatcher_entry(s->dispatcher, ENTRY_CALL, (uint64_t)rt_entry_call, 0);
    if (status == OK)
        status = sys_endpoint_make(s->dispatcher, s->endpoint, 1);
    return expect_status(OK, status, "a call entry") ? s : NULL;
}

static void spin(struct subject *s)
{
    subject_enable(s);
    while (!s->stop)
        s->steps++;
}

static uint64_t serve_long(struct subject *s, uint64_t badge, uint64_t word[4])
{
    (void)badge, (void)word;
    s->value[1] = 1;
    while (!s->stop)
        s->steps++;
    s->value[2]++;
    return OK;
}

static void call_other(struct subject *s)
{
    uint64_t word[4] = {0};

    s->value[0] = 99;
    s->value[0] =
        arch_call(s->other->endpoint, s->value[5] ? lab_after_ms(s->value[5]) : UINT64_MAX, word);
    s->value[4] = lab_now();
}

/* ---- Death ---- */

static void server_dies(void (*kill)(struct subject *server), enum dispatcher_state left)
{
    struct subject *server = subject_server(PRIORITY_LOW, serve_long, 1);
    struct subject *a = subject_make(PRIORITY_LOW, call_other);

    MET(server && a);
    a->other = server;
    MET(subject_start(a));
    sleep_ms(2);
    EQUAL(STATE_CALLING, subject_state(a));
    kill(server);
    MET(subject_join(a));
    EQUAL(E_PEER, a->value[0]);
    if (left == STATE_STOPPED)
        EQUAL(STATE_STOPPED, subject_state(server));
}

static void kill_stop(struct subject *s)
{
    expect_status(OK, sys_dispatcher_stop(s->dispatcher), "stopping the server");
}

static void kill_delete(struct subject *s)
{
    expect_status(OK, sys_cap_delete(s->dispatcher), "deleting the server");
    if (!case_failed() && lab_type(s->endpoint) != CAP_NULL)
        case_fail("the endpoint outlives its dispatcher");
}

static void kill_time(struct subject *s)
{
    expect_status(OK, sys_cap_revoke(s->sched, 0), "revoking its time");
    expect_status(OK, sys_cap_delete(s->sched), "deleting its time");
}

CASE(call, server_stopped)
{
    server_dies(kill_stop, STATE_STOPPED);
}

CASE(call, server_deleted)
{
    server_dies(kill_delete, STATE_RUNNABLE);
}

CASE(call, server_loses_its_time)
{
    server_dies(kill_time, STATE_STOPPED);
}

static uint64_t serve_fault(struct subject *s, uint64_t badge, uint64_t word[4])
{
    (void)s, (void)badge, (void)word;
    return probe_load(0x1230);
}

CASE(call, server_faults)
{
    struct subject *s = subject_server(PRIORITY_LOW, serve_fault, 1);

    MET(s != NULL);
    EXPECT(E_PEER, call(s, 1000));
    EQUAL(STOP_FAULT_DISABLED, subject_reason(s));
    EXPECT(E_STOPPED, call(s, 1000));
}

CASE(call, caller_stopped)
{
    struct subject *server = subject_server(PRIORITY_LOW, serve_long, 1);
    struct subject *a = subject_make(PRIORITY_LOW, call_other);

    MET(server && a);
    a->other = server;
    MET(subject_start(a));
    sleep_ms(2);
    EXPECT(OK, sys_dispatcher_stop(a->dispatcher));
    EQUAL(STATE_RUNNABLE, subject_state(server));
    server->stop = true;
    MET(subject_await(server, STATE_WAITING));
    EQUAL(1, server->value[2]);
    EQUAL(99, a->value[0]); /* nothing came back to it */
    EXPECT(OK, call(server, 1000));
}

CASE(call, caller_deleted)
{
    struct subject *server = subject_server(PRIORITY_LOW, serve_long, 1);
    struct subject *a = subject_make(PRIORITY_LOW, call_other);

    MET(server && a);
    a->other = server;
    MET(subject_start(a));
    sleep_ms(2);
    EXPECT(OK, sys_cap_delete(a->dispatcher));
    server->stop = true;
    MET(subject_await(server, STATE_WAITING));
    EXPECT(OK, call(server, 1000));
}

CASE(call, endpoint_revoked_while_served)
{
    struct subject *server = subject_server(PRIORITY_LOW, serve_long, 1);
    struct subject *a = subject_make(PRIORITY_LOW, call_other);

    MET(server && a);
    a->other = server;
    MET(subject_start(a));
    sleep_ms(2);
    EXPECT(OK, sys_cap_delete(server->endpoint));
    server->stop = true; /* the call that is under way comes to its end */
    MET(subject_join(a));
    EQUAL(OK, a->value[0]);
    EXPECT(E_NO_CAP, call(server, 1000));
}

/* ---- Page tables that go ---- */

/* An address space of its own, with all of ours in it. */
static capref_t own_space(struct subject *s)
{
    capref_t root = lab_make(CAP_PAGE_TABLE_4);
    enum status status =
        sys_table_map(root, lab.table_3_own, lab_slot(), (uint32_t)(LAYOUT_BASE >> 39) & 511);

    if (status == OK)
        status = sys_table_map(root, lab.table_3, lab_slot(), LAB_ROOT_ENTRY);
    if (status == OK)
        status = sys_dispatcher_configure(s->dispatcher, 0, root, 0, 0, 0);
    return expect_status(OK, status, "an address space") ? root : 0;
}

/* Only the copy that it runs with is revoked: nobody stops it before it is to run. */
CASE(call, server_without_an_address_space)
{
    struct subject *s = subject_make(PRIORITY_LOW, NULL);

    MET(s != NULL);
    s->call = turn;
    capref_t root = own_space(s);
    EXPECT(OK, sys_dispatcher_entry(s->dispatcher, ENTRY_RUN, (uint64_t)rt_call_wait, 0));
    EXPECT(OK, sys_dispatcher_entry(s->dispatcher, ENTRY_CALL, (uint64_t)rt_entry_call, 0));
    EXPECT(OK, sys_endpoint_make(s->dispatcher, s->endpoint, 1));
    MET(subject_start(s) && subject_await(s, STATE_WAITING));
    EXPECT(OK, call(s, 1000));
    EXPECT(OK, sys_cap_revoke(root, 0));
    EXPECT(E_PEER, call(s, 1000));
    EQUAL(STATE_STOPPED, subject_state(s));
    EQUAL(STOP_ENDED, subject_reason(s));
}

CASE(call, caller_without_an_address_space)
{
    struct subject *server = subject_server(PRIORITY_LOW, serve_long, 1);
    struct subject *a = subject_make(PRIORITY_LOW, call_other);

    MET(server && a);
    a->other = server;
    capref_t root = own_space(a);
    MET(subject_start(a));
    sleep_ms(2);
    EQUAL(STATE_CALLING, subject_state(a));
    EXPECT(OK, sys_cap_revoke(root, 0));
    server->stop = true;
    MET(subject_join(a));
    EQUAL(STOP_ENDED, subject_reason(a));
    MET(subject_await(server, STATE_WAITING));
    EXPECT(OK, call(server, 1000));
}

/* ---- Priority and wake-ups ---- */

static uint64_t serve_traced(struct subject *s, uint64_t badge, uint64_t word[4])
{
    (void)badge, (void)word;
    trace_add('s');
    if (s->other && subject_state(s->other) == STATE_STOPPED && !s->other->done)
        s->value[0] = sys_dispatcher_start(s->other->dispatcher, 1);
    trace_add('S');
    return OK;
}

static void traced_call(struct subject *s)
{
    call_other(s);
    trace_add('c');
}

static void traced(struct subject *s)
{
    (void)s;
    trace_add('m');
}

/* The server runs at its caller's priority: one in between does not come in between. */
CASE(call, priority_is_lent)
{
    struct subject *server = subject_server(PRIORITY_LOW, serve_traced, 1);
    struct subject *middle = subject_make(PRIORITY_MIDDLE, traced);
    struct subject *high = subject_make(PRIORITY_HIGH, traced_call);

    MET(server && middle && high);
    server->other = middle;
    high->other = server;
    MET(subject_start(high) && subject_join(high) && subject_join(middle));
    TEXT("sScm", trace());
}

CASE(call, priority_is_given_back)
{
    struct subject *server = could_serve(spin);
    struct subject *middle = subject_make(PRIORITY_MIDDLE, spin);

    MET(server && middle);
    MET(subject_start(server));
    sleep_ms(1);
    MET(subject_start(middle));
    sleep_ms(1);
    uint64_t steps = server->steps;
    sleep_ms(5);
    EQUAL(steps, server->steps);
    middle->stop = server->stop = true;
    MET(subject_join(server));
}

static uint64_t serve_and_wake(struct subject *s, uint64_t badge, uint64_t word[4])
{
    (void)badge, (void)word;
    s->steps++;
    s->value[0] = sys_doorbell_ring(s->endpoint);
    return OK;
}

/* Rung while it serves: it goes on at `run` behind the answer, and comes to rest again. */
CASE(call, server_woken_while_it_serves)
{
    struct subject *s = subject_server(PRIORITY_LOW, serve_and_wake, 1);
    uint64_t faults, before = 0, after = 0;

    MET(s != NULL);
    EXPECT(OK, sys_dispatcher_inspect(s->dispatcher, 3, &faults, &before));
    EXPECT(OK, call(s, 1000));
    EQUAL(OK, s->value[0]);
    MET(subject_await(s, STATE_WAITING));
    EXPECT(OK, sys_dispatcher_inspect(s->dispatcher, 3, &faults, &after));
    EQUAL(before + 1, after);
    EXPECT(OK, call(s, 1000));
}

CASE(call, counted)
{
    struct subject *server = subject_server(PRIORITY_LOW, turn, 1);
    struct subject *a = subject_make(PRIORITY_LOW, call_other);
    uint64_t foreign = 99, calls = 0;

    MET(server && a);
    a->other = server;
    MET(subject_run(a));
    EXPECT(OK, sys_dispatcher_inspect(a->dispatcher, 4, &foreign, &calls));
    EQUAL(0, foreign);
    EQUAL(1, calls);
}
