/* case_registers.c: no register carries anything to whom it does not belong: results of system
 * calls, entries, preemption, foreign system calls (DESIGN 12.1, 12.4), vector registers (12.6). */
#include "conform.h"

static uint64_t in[PROBE_WORDS], out[PROBE_WORDS];

#define PATTERN 0x1111000000000000ull
#define OTHER_PATTERN 0x2222000000000000ull

static void system_call(enum syscall op, uint64_t a0, uint64_t a1, uint64_t a2)
{
    registers_fill(in, PATTERN);
    in[PROBE_OPERATION] = PROBE_SYSCALL_BASE + op;
    in[PROBE_ARGUMENT_0] = a0;
    in[PROBE_ARGUMENT_1] = a1;
    in[PROBE_ARGUMENT_2] = a2;
    probe_system(in, out);
}

/* The results are as they should be, and nothing else came back but what we had. */
static bool came(enum status status, uint64_t r1, uint64_t r2)
{
    uint32_t results = 1u << PROBE_STATUS | 1u << PROBE_RESULT_1 | 1u << PROBE_RESULT_2;

    return expect_status(status, out[PROBE_STATUS], "the call") &&
           expect_equal(r1, out[PROBE_RESULT_1], "first result") &&
           expect_equal(r2, out[PROBE_RESULT_2], "second result") &&
           registers_clean(in, out, PROBE_OWN_LOST | results);
}

/* ---- System calls ---- */

CASE(registers, null_call)
{
    system_call(SYS_NULL, 1, 2, 3);
    MET(came(OK, 0, 0));
}

CASE(registers, call_with_results)
{
    struct cap_description d = lab_describe(SLOT_RAM);

    system_call(SYS_CAP_IDENTIFY, SLOT_RAM, 0, 3);
    MET(came(OK, d.base, d.bytes));
}

CASE(registers, call_without_results)
{
    system_call(SYS_CAP_COPY, lab_make(CAP_FRAME), lab_slot(), 3);
    MET(came(OK, 0, 0));
}

CASE(registers, refused_call)
{
    system_call(SYS_CAP_IDENTIFY, lab_slot(), 0, 3);
    MET(came(E_NO_CAP, 0, 0));
    system_call(SYS_DISPATCHER_INSPECT, lab_make(CAP_FRAME), 0, 3);
    MET(came(E_TYPE, 0, 0));
}

CASE(registers, no_such_call)
{
    system_call(SYS_COUNT, 1, 2, 3);
    MET(came(E_SYSCALL, 0, 0));
}

CASE(registers, wait_that_ends)
{
    rt.page->disabled = 1;
    system_call(SYS_WAIT, lab_after_ms(2), 2, 3);
    rt.page->disabled = 0;
    MET(came(E_TIMEOUT, 0, 0));
}

CASE(registers, preempted_call)
{
    capref_t frame = lab_make(CAP_FRAME);

    MET(lab_copies(frame, 3000) == 3000);
    system_call(SYS_CAP_REVOKE, frame, 0, 3);
    MET(came(E_AGAIN, 0, 0));
}

/* ---- Between dispatchers ---- */

static void fill_and_yield(struct subject *s)
{
    uint64_t mine[PROBE_WORDS], theirs[PROBE_WORDS];

    while (!s->stop) {
        registers_fill(mine, OTHER_PATTERN);
        mine[PROBE_OPERATION] = PROBE_SYSCALL_BASE + SYS_YIELD;
        probe_system(mine, theirs);
        for (uint32_t i = 0; i < PROBE_WORDS; i++)
            s->value[0] += (theirs[i] & PATTERN) == PATTERN;
        s->steps++;
    }
}

CASE(registers, yield_to_another)
{
    struct subject *s = subject_make(40, fill_and_yield);

    MET(s && subject_start(s));
    for (uint32_t i = 0; i < 5; i++) {
        rt.page->disabled = 1;
        system_call(SYS_YIELD, 1, 2, 3);
        rt.page->disabled = 0;
        MET(came(OK, 0, 0));
    }
    TRUE(s->steps >= 4);
    EQUAL(0, s->value[0]);
    s->stop = true;
    MET(subject_join(s));
}

/* All zero but the two arguments. */
static bool entry_clean(uint32_t known)
{
    for (uint32_t i = 0; i < PROBE_WORDS; i++)
        if (!((known | PROBE_OWN_LOST) >> i & 1) && entered[i] != 0) {
            case_fail("register %u at the entry: 0x%lx", i, (unsigned long)entered[i]);
            return false;
        }
    return true;
}

#define ARGUMENTS (1u << PROBE_ARGUMENT_0 | 1u << PROBE_ARGUMENT_1)

CASE(registers, at_run)
{
    struct subject *s = subject_make(PRIORITY_LOW, NULL);

    MET(s != NULL);
    EXPECT(OK, sys_dispatcher_entry(s->dispatcher, ENTRY_RUN, (uint64_t)probe_entry, 0));
    MET(subject_run(s));
    MET(entry_clean(ARGUMENTS));
}

static void spin_filled(struct subject *s)
{
    uint64_t mine[PROBE_WORDS], theirs[PROBE_WORDS];

    if (s->value[1])
        subject_enable(s);
    registers_fill(mine, PATTERN * (s->index + 1));
    probe_spin(mine, theirs, (volatile uint64_t *)&s->value[2]);
    for (uint32_t i = 0; i < PROBE_WORDS; i++)
        s->value[0] += mine[i] != theirs[i];
}

/* Two with different patterns, preempted again and again. */
static void preempt_filled(bool enabled)
{
    struct subject *a = subject_make(PRIORITY_LOW, spin_filled);
    struct subject *b = subject_make(PRIORITY_LOW, spin_filled);

    MET(a && b);
    a->value[1] = b->value[1] = enabled;
    MET(subject_start(a) && subject_start(b));
    for (uint32_t i = 0; i < 8; i++)
        sleep_ms(5);
    a->value[2] = b->value[2] = 1;
    MET(subject_join(a) && subject_join(b));
    TRUE(a->done && b->done);
    TRUE(enabled ? a->runs > 2 && b->runs > 2 : a->runs == 1 && b->runs == 1);
    EQUAL(0, a->value[0]);
    EQUAL(0, b->value[0]);
}

CASE(registers, preempted_enabled)
{
    preempt_filled(true);
}

CASE(registers, preempted_disabled)
{
    preempt_filled(false);
}

/* `run` after a preemption shows nothing of what was preempted. */
static void spin_then_probe(struct subject *s)
{
    enum status ignored = sys_dispatcher_entry(s->dispatcher, ENTRY_RUN, (uint64_t)probe_entry, 0);
    (void)ignored;
    spin_filled(s);
}

CASE(registers, at_run_after_preemption)
{
    struct subject *s = subject_make(PRIORITY_LOW, spin_then_probe);

    MET(s != NULL);
    s->value[1] = 1;
    MET(subject_start(s));
    sleep_ms(3);
    MET(subject_join(s));
    MET(entry_clean(1u << PROBE_ARGUMENT_0));
    EQUAL((uint64_t)s->page, entered[PROBE_ARGUMENT_0]);
}

#define SECRET 0x7373000000000000ull

static void spin_secret(struct subject *s)
{
    uint64_t mine[PROBE_WORDS], theirs[PROBE_WORDS];

    registers_fill(mine, SECRET);
    probe_spin(mine, theirs, (volatile uint64_t *)&s->value[2]);
}

/* What WAIT saves of its caller holds nothing of who was preempted before. */
CASE(registers, area_after_anothers_preemption)
{
    struct subject *s = subject_make(PRIORITY_LOW, spin_secret);
    uint32_t found = 0;

    MET(s && subject_start(s));
    for (uint32_t i = 0; i < 3; i++)
        sleep_ms(3);
    for (uint32_t a = 0; a < AREA_COUNT; a++) {
        const uint64_t *word = (const uint64_t *)(const void *)&rt.page->area[a];

        for (uint32_t i = 0; i < sizeof(struct arch_context) / 8; i++)
            found += word[i] >> 48 == SECRET >> 48;
    }
    s->value[2] = 1;
    MET(subject_join(s));
    EQUAL(0, found);
}

static void fault_filled(struct subject *s)
{
    uint64_t mine[PROBE_WORDS];

    subject_enable(s);
    registers_fill(mine, PATTERN);
    probe_spin(mine, NULL, NULL); /* a load from 0, with every register filled */
}

CASE(registers, at_fault)
{
    struct subject *s = subject_make(PRIORITY_LOW, fault_filled);

    MET(s != NULL);
    EXPECT(OK, sys_dispatcher_entry(s->dispatcher, ENTRY_FAULT, (uint64_t)probe_entry, 0));
    MET(subject_run(s));
    EQUAL(FAULT_READ, s->page->fault_kind);
    EQUAL((uint64_t)s->page, entered[PROBE_ARGUMENT_0]);
    MET(entry_clean(1u << PROBE_ARGUMENT_0));
}

/* ---- Foreign system calls ---- */

static long foreign_seen;

long rt_foreign(long number, long arg[6])
{
    foreign_seen = number;
    return number + arg[0];
}

CASE(foreign, registers_survive)
{
    static uint64_t stack[512] ALIGNED(16);

    rt.page->foreign_stack = (uint64_t)(stack + 512);
    registers_fill(in, PATTERN);
    in[PROBE_OPERATION] = 39;
    in[PROBE_ARGUMENT_0] = 1000;
    probe_foreign(in, out);
    EQUAL(39, foreign_seen);
    EQUAL(1039, out[PROBE_STATUS]);
    for (uint32_t i = 0; i < PROBE_WORDS; i++)
        if (!(PROBE_FOREIGN_LOST >> i & 1))
            EQUAL(in[i], out[i]);
}

static void foreign_filled(struct subject *s)
{
    uint64_t theirs[PROBE_WORDS];

    if (s->value[1])
        subject_enable(s);
    registers_fill(in, PATTERN);
    in[PROBE_OPERATION] = 39;
    probe_foreign(in, theirs);
}

/* What the kernel itself does: a jump, with every register as it was. */
CASE(foreign, entry_sees_all_registers)
{
    struct subject *s = subject_make_flags(PRIORITY_LOW, DISPATCHER_FOREIGN, foreign_filled);

    MET(s != NULL);
    s->value[1] = 1;
    EXPECT(OK, sys_dispatcher_entry(s->dispatcher, ENTRY_FOREIGN, (uint64_t)probe_entry, 0));
    MET(subject_run(s));
    TRUE(s->done);
    for (uint32_t i = 0; i < PROBE_WORDS; i++)
        if (!(PROBE_FOREIGN_ENTRY_LOST >> i & 1))
            EQUAL(in[i], entered[i]);
    TRUE(probe_scratch_keeps(s->page->foreign_scratch, in));
    EQUAL(0, s->faults);
}

static void foreign_refused(uint32_t flags, uint64_t entry, bool enabled, enum stop_reason reason)
{
    struct subject *s = subject_make_flags(PRIORITY_LOW, flags, foreign_filled);

    MET(s != NULL);
    s->value[1] = enabled;
    EXPECT(OK, sys_dispatcher_entry(s->dispatcher, ENTRY_FOREIGN, entry, 0));
    MET(subject_run(s));
    EQUAL(false, s->done);
    EQUAL(FAULT_INSTRUCTION, s->page->fault_kind);
    EQUAL(enabled, s->faults);
    EQUAL(reason, subject_reason(s));
}

CASE(foreign, without_the_flag)
{
    foreign_refused(0, (uint64_t)probe_entry, true, STOP_ASKED);
}

CASE(foreign, without_an_entry)
{
    foreign_refused(DISPATCHER_FOREIGN, 0, true, STOP_ASKED);
}

CASE(foreign, while_disabled)
{
    foreign_refused(DISPATCHER_FOREIGN, (uint64_t)probe_entry, false, STOP_FAULT_DISABLED);
}

/* ---- Vector registers ---- */

static void vector_touch(struct subject *s)
{
    subject_enable(s);
    s->value[0] = probe_vector();
}

CASE(vector, refused_without_the_flag)
{
    struct subject *s = subject_make(PRIORITY_LOW, vector_touch);

    MET(s && subject_run(s));
    EQUAL(false, s->done);
    EQUAL(FAULT_VECTOR, s->fault_kind);
}

/* Zero at the start; ours in between, whoever else runs. */
static void vector_mine(struct subject *s)
{
    uint64_t pattern = PATTERN * (s->index + 1) + 7;

    s->value[0] = probe_vector_differs(0);
    if (s->value[2])
        subject_enable(s);
    while (!s->stop) {
        probe_vector_fill(pattern);
        for (volatile uint32_t i = 0; i < 2000; i++) {
        }
        arch_pause();
        s->value[1] += probe_vector_differs(pattern);
        s->steps++;
    }
}

static void vector_isolated(bool enabled)
{
    struct subject *a = subject_make_flags(PRIORITY_LOW, DISPATCHER_VECTOR, vector_mine);
    struct subject *b = subject_make_flags(PRIORITY_LOW, DISPATCHER_VECTOR, vector_mine);
    struct subject *c = subject_make(PRIORITY_LOW, vector_touch);

    MET(a && b && c);
    a->value[2] = b->value[2] = enabled;
    MET(subject_start(a) && subject_start(b));
    for (uint32_t i = 0; i < 8; i++)
        sleep_ms(5);
    MET(subject_run(c)); /* in between them, without the right */
    EQUAL(FAULT_VECTOR, c->fault_kind);
    EQUAL(false, c->done);
    sleep_ms(30);
    a->stop = b->stop = true;
    MET(subject_join(a) && subject_join(b));
    TRUE(a->steps > 0 && b->steps > 0);
    EQUAL(0, a->value[0] | b->value[0]);
    EQUAL(0, a->value[1] | b->value[1]);
}

CASE(vector, isolated_enabled)
{
    vector_isolated(true);
}

CASE(vector, isolated_disabled)
{
    vector_isolated(false);
}

/* Through a same-core call, both ways, and to a server that has no right to them. */
static uint64_t vector_serve(struct subject *s, uint64_t badge, uint64_t word[4])
{
    (void)badge, (void)word;
    s->value[0] += probe_vector_differs(s->steps ? OTHER_PATTERN : 0);
    probe_vector_fill(OTHER_PATTERN);
    s->steps++;
    return OK;
}

static void vector_call(struct subject *s)
{
    uint64_t word[4] = {0};

    probe_vector_fill(PATTERN);
    for (uint32_t i = 0; i < 3; i++) {
        s->value[0] += arch_call(s->other->endpoint, lab_after_ms(1000), word) != OK;
        s->value[1] += probe_vector_differs(PATTERN) != 0;
        probe_vector_fill(PATTERN);
    }
}

CASE(vector, isolated_in_a_call)
{
    struct subject *server = subject_make_flags(PRIORITY_LOW, DISPATCHER_VECTOR, NULL);
    struct subject *s = subject_make_flags(PRIORITY_LOW, DISPATCHER_VECTOR, vector_call);

    MET(server && s);
    server->call = vector_serve;
    s->other = server;
    EXPECT(OK, sys_dispatcher_entry(server->dispatcher, ENTRY_RUN, (uint64_t)rt_call_wait, 0));
    EXPECT(OK, sys_dispatcher_entry(server->dispatcher, ENTRY_CALL, (uint64_t)rt_entry_call, 0));
    EXPECT(OK, sys_endpoint_make(server->dispatcher, server->endpoint, 1));
    MET(subject_start(server) && subject_await(server, STATE_WAITING) && subject_run(s));
    TRUE(s->done);
    EQUAL(0, s->value[0]);
    EQUAL(0, s->value[1]);
    EQUAL(3, server->steps);
    EQUAL(0, server->value[0]);
}

static uint64_t vector_serve_without(struct subject *s, uint64_t badge, uint64_t word[4])
{
    (void)badge, (void)word;
    s->value[0] = probe_vector();
    return OK;
}

static void vector_call_once(struct subject *s)
{
    uint64_t word[4] = {0};

    probe_vector_fill(PATTERN);
    s->value[0] = arch_call(s->other->endpoint, lab_after_ms(1000), word);
    s->value[1] = probe_vector_differs(PATTERN);
}

CASE(vector, refused_to_a_server_without)
{
    struct subject *server = subject_server(PRIORITY_LOW, vector_serve_without, 1);
    struct subject *s = subject_make_flags(PRIORITY_LOW, DISPATCHER_VECTOR, vector_call_once);

    MET(server && s);
    s->other = server;
    MET(subject_run(s));
    EQUAL(E_PEER, s->value[0]);
    EQUAL(0, s->value[1]);
    EQUAL(FAULT_VECTOR, server->page->fault_kind);
}
