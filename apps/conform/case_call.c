/* case_call.c: same-core call and reply (DESIGN 12.7): words, badges, deadlines, depth, who is busy,
 * and what the death of either side does to the other. */
#include "conform.h"

/* Answers with its words turned round, the badge added to the first, its status the caller's. */
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

static enum status call(struct subject *server, uint64_t ms)
{
    uint64_t word[4] = {0};

    rt.page->disabled = 1;
    uint64_t status = arch_call(server->endpoint, lab_after_ms(ms), word);
    rt.page->disabled = 0;
    return (enum status)status;
}

CASE(call, words_badge_and_status)
{
    struct subject *s = subject_server(PRIORITY_LOW, turn, 1000);
    uint64_t word[4] = {77, 2, 3, 4};

    MET(s != NULL);
    EQUAL(77, arch_call(s->endpoint, UINT64_MAX, word));
    EQUAL(1004, word[0]);
    EQUAL(3, word[1]);
    EQUAL(2, word[2]);
    EQUAL(77, word[3]);
    EQUAL(1, s->value[0]); /* it serves disabled */
    EQUAL(STATE_WAITING, subject_state(s));
}

CASE(call, many)
{
    struct subject *s = subject_server(PRIORITY_LOW, turn, 1);
    uint64_t word[4] = {0};

    MET(s != NULL);
    for (uint64_t i = 0; i < 100; i++) {
        word[0] = i;
        word[3] = 2 * i;
        EQUAL(i, arch_call(s->endpoint, UINT64_MAX, word));
        EQUAL(2 * i + 1, word[0]);
    }
    EQUAL(100, s->steps);
}

CASE(call, each_endpoint_has_its_badge)
{
    struct subject *s = subject_server(PRIORITY_LOW, turn, 1);
    capref_t other = lab_slot(), copy = lab_slot();
    uint64_t word[4] = {0};

    MET(s != NULL);
    EXPECT(OK, sys_endpoint_make(s->dispatcher, other, UINT64_MAX - 5));
    EXPECT(OK, sys_cap_copy(other, copy));
    EXPECT(OK, arch_call(copy, UINT64_MAX, word));
    EQUAL(UINT64_MAX - 5, word[0]);
    EQUAL(UINT64_MAX - 5, lab_describe(copy).aux);
}

CASE(call, bell_cannot_be_called)
{
    struct subject *s = subject_server(PRIORITY_LOW, turn, 1);
    capref_t bell = lab_slot();
    uint64_t word[4] = {0};

    MET(s != NULL);
    EXPECT(OK, sys_bell_local(s->dispatcher, bell));
    EXPECT(E_RIGHTS, arch_call(bell, UINT64_MAX, word));
    EXPECT(OK, sys_doorbell_ring(bell));
}

CASE(call, entry_registers)
{
    struct subject *s = subject_server(PRIORITY_LOW, turn, 42);
    uint64_t in[PROBE_WORDS], out[PROBE_WORDS];

    MET(s != NULL);
    EXPECT(OK, sys_dispatcher_entry(s->dispatcher, ENTRY_CALL, (uint64_t)probe_entry, 0));
    registers_fill(in, 0x3333000000000000ull);
    in[PROBE_OPERATION] = PROBE_SYSCALL_BASE + SYS_CALL;
    in[PROBE_ARGUMENT_0] = s->endpoint;
    in[PROBE_ARGUMENT_1] = UINT64_MAX;
    probe_system(in, out);
    EXPECT(E_PEER, out[PROBE_STATUS]); /* probe_entered stops */
    EQUAL(0, out[PROBE_RESULT_1] | out[PROBE_RESULT_2]);
    EQUAL(42, entered[PROBE_ARGUMENT_0]);
    for (uint32_t i = 0; i < PROBE_WORDS; i++)
        if (!(PROBE_OWN_LOST >> i & 1) && i != PROBE_ARGUMENT_0)
            EQUAL(PROBE_CALL_WORDS >> i & 1 ? in[i] : 0, entered[i]);
}

CASE(call, reply_registers)
{
    struct subject *s = subject_server(PRIORITY_LOW, turn, 0);
    uint64_t in[PROBE_WORDS], out[PROBE_WORDS];

    MET(s != NULL);
    registers_fill(in, 0x3333000000000000ull);
    in[PROBE_OPERATION] = PROBE_SYSCALL_BASE + SYS_CALL;
    in[PROBE_ARGUMENT_0] = s->endpoint;
    in[PROBE_ARGUMENT_1] = UINT64_MAX;
    probe_system(in, out);
    MET(registers_clean(in, out, PROBE_OWN_LOST | PROBE_CALL_WORDS | 1u << PROBE_STATUS));
}

/* ---- Who cannot take a call ---- */

static void wait_disabled(struct subject *s)
{
    s->value[0] = sys_wait(UINT64_MAX);
}

static void wait_enabled(struct subject *s)
{
    subject_enable(s);
    s->value[0] = sys_wait(UINT64_MAX);
    s->value[1] = s->page->disabled;
}

/* A dispatcher with a call entry that does something else. */
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

CASE(call, stopped_server)
{
    struct subject *s = could_serve(wait_disabled);

    MET(s != NULL);
    EXPECT(E_STOPPED, call(s, 1000));
}

CASE(call, server_without_an_entry)
{
    struct subject *s = could_serve(wait_enabled);

    MET(s != NULL);
    EXPECT(OK, sys_dispatcher_entry(s->dispatcher, ENTRY_CALL, 0, 0));
    MET(subject_start(s) && subject_await(s, STATE_WAITING));
    EXPECT(E_STOPPED, call(s, 1000));
}

CASE(call, server_that_waits_disabled)
{
    struct subject *s = could_serve(wait_disabled);

    MET(s && subject_start(s) && subject_await(s, STATE_WAITING));
    EXPECT(E_BUSY, call(s, 1000));
}

CASE(call, server_that_waits_enabled)
{
    struct subject *s = could_serve(wait_enabled);

    MET(s && subject_start(s) && subject_await(s, STATE_WAITING));
    EXPECT(OK, call(s, 1000));
    EQUAL(1, s->steps);
}

static void spin(struct subject *s)
{
    subject_enable(s);
    while (!s->stop)
        s->steps++;
}

CASE(call, server_that_runs)
{
    struct subject *s = could_serve(spin);

    MET(s && subject_start(s));
    EXPECT(E_BUSY, call(s, 1000));
    sleep_ms(2);
    EXPECT(E_BUSY, call(s, 1000));
}

CASE(call, oneself)
{
    capref_t self = lab_slot();
    uint64_t word[4] = {0};

    EXPECT(OK, sys_endpoint_make(SLOT_DISPATCHER, self, 1));
    enum status status = (enum status)arch_call(self, UINT64_MAX, word);
    TRUE(status == E_BUSY || status == E_STOPPED);
}

/* Serves until it is told to stop. */
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

CASE(call, server_that_serves_another)
{
    struct subject *server = subject_server(PRIORITY_LOW, serve_long, 1);
    struct subject *a = subject_make(PRIORITY_LOW, call_other);

    MET(server && a);
    a->other = server;
    MET(subject_start(a));
    sleep_ms(2);
    EQUAL(STATE_CALLING, subject_state(a));
    EQUAL(STATE_RUNNABLE, subject_state(server));
    EXPECT(E_BUSY, call(server, 1000));
    server->stop = true;
    MET(subject_join(a));
    EQUAL(OK, a->value[0]);
    EXPECT(OK, call(server, 1000));
}

/* ---- Deadlines ---- */

CASE(call, deadline_has_passed)
{
    struct subject *s = subject_server(PRIORITY_LOW, turn, 1);
    uint64_t word[4] = {0};

    MET(s != NULL);
    EXPECT(E_TIMEOUT, arch_call(s->endpoint, 0, word));
    EXPECT(E_TIMEOUT, arch_call(s->endpoint, lab_now() - 1, word));
    EQUAL(0, s->steps);
}

CASE(call, deadline_passes)
{
    struct subject *s = subject_server(PRIORITY_LOW, serve_long, 1);
    uint64_t begin = lab_now();

    MET(s != NULL);
    EXPECT(E_TIMEOUT, call(s, 5));
    TRUE(lab_now() >= begin + rt.page->tick_hz / 1000 * 5);
    EQUAL(1, s->value[1]);
    EQUAL(STATE_RUNNABLE, subject_state(s));
    EXPECT(E_BUSY, call(s, 5));
    s->stop = true; /* its answer is for nobody */
    MET(subject_await(s, STATE_WAITING));
    EXPECT(OK, call(s, 5));
    EQUAL(2, s->value[2]);
}

static uint64_t serve_by_other(struct subject *s, uint64_t badge, uint64_t word[4])
{
    (void)badge;
    s->value[0] = arch_call(s->other->endpoint, UINT64_MAX, word);
    return s->value[0];
}

/* The outer caller's deadline counts although an inner call has none. */
CASE(call, deadline_of_the_outer_caller)
{
    struct subject *inner = subject_server(PRIORITY_LOW, serve_long, 1);
    struct subject *outer = subject_server(PRIORITY_LOW, serve_by_other, 1);

    MET(inner && outer);
    outer->other = inner;
    EXPECT(E_TIMEOUT, call(outer, 5));
    EQUAL(STATE_CALLING, subject_state(outer));
    inner->stop = true;
    MET(subject_await(outer, STATE_WAITING));
    EQUAL(OK, outer->value[0]);
}

CASE(call, deadline_while_the_server_has_lost_the_core)
{
    struct subject *server = subject_server(PRIORITY_LOW, serve_long, 1);
    struct subject *a = subject_make(PRIORITY_LOW, call_other);
    struct subject *b = subject_make(PRIORITY_MIDDLE, spin);

    MET(server && a && b);
    a->other = server;
    a->value[5] = 8;
    MET(subject_start(a));
    sleep_ms(2);
    MET(subject_start(b)); /* from here on the server does not run */
    sleep_ms(10);
    EQUAL(STATE_RUNNABLE, subject_state(a));
    b->stop = true;
    MET(subject_join(a));
    EQUAL(E_TIMEOUT, a->value[0]);
}

/* ---- Depth ---- */

static uint64_t serve_deeper(struct subject *s, uint64_t badge, uint64_t word[4])
{
    (void)badge;
    s->steps++;
    if (!s->other)
        return 1234;
    s->value[0] = arch_call(s->other->endpoint, UINT64_MAX, word);
    return s->value[0];
}

/* A chain of servers behind a caller that is a subject, too. */
static struct subject *chain(uint32_t length)
{
    struct subject *last = NULL;

    for (uint32_t i = 0; i < length; i++) {
        struct subject *s = subject_server(PRIORITY_LOW, serve_deeper, i);
        if (!s)
            return NULL;
        s->other = last;
        last = s;
    }
    struct subject *caller = subject_make(PRIORITY_LOW, call_other);
    if (caller)
        caller->other = last;
    return caller;
}

CASE(call, eight_deep)
{
    struct subject *caller = chain(8);

    MET(caller && subject_run(caller));
    EQUAL(1234, caller->value[0]);
    EQUAL(1, subjects[0].steps);
}

CASE(call, nine_deep)
{
    struct subject *caller = chain(10);

    MET(caller && subject_run(caller));
    EQUAL(E_LIMIT, caller->value[0]);
    EQUAL(0, subjects[0].steps);
}

CASE(call, in_a_circle)
{
    struct subject *a = subject_server(PRIORITY_LOW, serve_by_other, 1);
    struct subject *b = subject_server(PRIORITY_LOW, serve_by_other, 2);

    MET(a && b);
    a->other = b;
    b->other = a;
    EXPECT(E_BUSY, call(a, 1000));
    EQUAL(STATE_WAITING, subject_state(a));
    EQUAL(STATE_WAITING, subject_state(b));
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
