/* processor.c: kinds that use the processor: endless loops, instructions that are the kernel's,
 * states of the processor that the kernel must not inherit. */
#include "hostile.h"

static void loop(void)
{
    for (;;)
        __asm__ volatile("");
}

/* Every instruction of the architecture's list, one after the other, each caught by an entry of
 * our own; then the first once more with no entry at all. */
static void privileged(void)
{
    uint64_t refused = 0, all = 0;

    faults_take();
    for (const struct refused *r = hostile_refused; r < hostile_refused_end; r++, all++) {
        if (hostile_try(r->code)) {
            refused++;
        } else {
            say("not refused: ");
            say(r->name);
            say("\n");
        }
    }
    say_number("instructions ", all, "");
    say_number("not refused ", all - refused, "");
    faults_drop();
    hostile_refused[0].code();
}

static void undefined(void)
{
    hostile_refused[0].code();
}

static void fault_now(void)
{
    (void)*(const volatile uint64_t *)HOSTILE_KERNEL_TEXT;
}

static void call_now(void)
{
    native(SYS_NULL, 0, 0, 0, 0, 0, 0);
}

static void foreign_now(void)
{
    linux_call(LINUX_CALL_LIMIT + 1, 0, 0, 0, 0);
}

static void yield_now(void)
{
    native(SYS_YIELD, 0, 0, 0, 0, 0, 0);
}

static unsigned flag_set;
static hostile_code *flag_code;

static void flags_run(void)
{
    hostile_flags_set(flag_set);
    flag_code();
    hostile_flags_clear();
}

/* Into the kernel by every way there is, with every flag that user mode can set. */
static void flags(void)
{
    static hostile_code *const ways[] = {fault_now, call_now, foreign_now, yield_now};
    unsigned ran = 0;

    faults_take();
    for (flag_set = 0; flag_set < HOSTILE_FLAG_SETS; flag_set++)
        for (unsigned w = 0; w < sizeof ways / sizeof ways[0]; w++) {
            flag_code = ways[w];
            ran += hostile_try(flags_run) <= 1;
            hostile_flags_clear();
        }
    say_number("ways ", ran, "");
}

/* The vector unit's control registers, for whoever runs here next. */
static void vector_control(void)
{
    hostile_vector_control_spoil();
    for (unsigned i = 0; i < 100; i++)
        call_now();
    hostile_vector_divide();
}

const struct kind processor_kinds[] = {
    {"loop", loop},   {"privileged", privileged},         {"undefined", undefined},
    {"flags", flags}, {"vector-control", vector_control}, {NULL, NULL},
};
