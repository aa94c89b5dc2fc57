/* case_call.c: same-core call and reply (DESIGN 12.7): words, badges, deadlines, depth, and who is
 * busy. What the death of either side does to the other is case_death.c. */
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
    struct subject *caller = chain(9);

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
