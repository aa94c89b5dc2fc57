/* A litmus program in the checker: each thread interprets its code by the same calls that
 * instrumented code makes. */
#include <string.h>

#include "c11.h"
#include "litmus.h"

static struct {
    const struct lit_program *program;
    struct lit_set *set;
    struct lit_outcome outcome;
    uint8_t event_of[LIT_THREADS][LIT_CODE + 1]; /* instruction of a thread's event, from 1 */
    uint8_t events[LIT_THREADS];
    uint8_t memory[LIT_LOCATIONS];
} run;

static void begin(void *arg)
{
    (void)arg;
    memset(run.memory, 0, sizeof(run.memory));
    memset(run.events, 0, sizeof(run.events));
    memset(&run.outcome, 0, sizeof(run.outcome));
    memset(run.outcome.read, LIT_UNREAD, sizeof(run.outcome.read));
}

static uint8_t plain(const struct lit_instruction *in)
{
    uint8_t *at = &run.memory[in->location];
    c11_plain((uintptr_t)at, 1, in->kind == LIT_STORE);
    if (in->kind == LIT_STORE)
        *at = in->value;
    return *at;
}

static uint8_t atomic(const struct lit_instruction *in)
{
    static const enum c11_kind kind[] = {C11_STORE, C11_LOAD, C11_RMW, C11_RMW, C11_CAS, C11_FENCE};
    struct c11_op op = {.kind = kind[in->kind],
                        .rmw = in->kind == LIT_ADD ? C11_ADD : C11_XCHG,
                        .order = in->order,
                        .order_failed = 0,
                        .address = (uintptr_t)&run.memory[in->location],
                        .size = 1,
                        .operand = in->value,
                        .expected = in->expected};
    c11_access(&op);
    return (uint8_t)op.result;
}

static void thread(void *arg, unsigned number)
{
    (void)arg;
    uint8_t seen = 0;
    for (unsigned i = 0; i < run.program->count[number]; i++) {
        const struct lit_instruction *in = &run.program->code[number][i];
        if (in->kind == LIT_IF) {
            if (seen != in->expected)
                return;
            continue;
        }
        bool is_atomic = in->kind == LIT_FENCE || in->location < LIT_ATOMIC;
        if (is_atomic)
            run.event_of[number][++run.events[number]] = (uint8_t)i;
        uint8_t got = is_atomic ? atomic(in) : plain(in);
        if (in->kind == LIT_STORE || in->kind == LIT_FENCE)
            continue;
        seen = got;
        run.outcome.read[number][i] = got;
    }
}

static void end(void *arg)
{
    (void)arg;
    for (unsigned l = 0; l < LIT_ATOMIC; l++) {
        uint8_t writer[LIT_WRITES];
        uint64_t last;
        uintptr_t at = (uintptr_t)&run.memory[l];
        unsigned count = c11_modification_order(at, writer, LIT_WRITES, &last);
        memset(run.outcome.order[l], 0, LIT_WRITES);
        for (unsigned i = 0; i < count; i++) {
            unsigned t = writer[i] / 16;
            run.outcome.order[l][i] = (uint8_t)(1 + 16 * t + run.event_of[t][writer[i] % 16]);
        }
        run.outcome.last[l] = (uint8_t)last;
    }
    lit_set_add(run.set, &run.outcome);
}

void lit_check(const struct lit_program *p, struct lit_set *set)
{
    struct c11_program program = {.name = "litmus",
                                  .thread_count = p->thread_count,
                                  .begin = begin,
                                  .thread = thread,
                                  .end = end,
                                  .runs_limit = 2000000};
    struct c11_result result;
    memset(set, 0, sizeof(*set));
    run.program = p;
    run.set = set;
    c11_explore(&program, false, &result);
    set->race = result.verdict == C11_RACE;
    set->bounded = result.verdict != C11_RACE && result.verdict != C11_PASS;
    set->executions = result.executions;
    lit_set_finish(set);
}
