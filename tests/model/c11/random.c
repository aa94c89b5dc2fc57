/* Random litmus programs: the checker and the oracle must find the same executions, or both a race.
 * A program is its seed. */
#include <stdatomic.h>
#include <stdio.h>

#include "litmus.h"

static uint64_t state;

static unsigned pick(unsigned n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state * 0x2545f4914f6cdd1du) >> 33) % n;
}

static int order_pick(enum lit_kind kind)
{
    static const int load[] = {memory_order_relaxed, memory_order_acquire};
    static const int store[] = {memory_order_relaxed, memory_order_release};
    static const int rmw[] = {memory_order_relaxed, memory_order_acquire, memory_order_release,
                              memory_order_acq_rel};
    static const int fence[] = {memory_order_seq_cst, memory_order_seq_cst, memory_order_seq_cst,
                                memory_order_acquire, memory_order_release, memory_order_acq_rel};
    switch (kind) {
    case LIT_LOAD:
        return load[pick(2)];
    case LIT_STORE:
        return store[pick(2)];
    case LIT_ADD:
    case LIT_XCHG:
    case LIT_CAS:
        return rmw[pick(4)];
    case LIT_FENCE:
    case LIT_IF:
        break;
    }
    return fence[pick(6)];
}

static struct lit_instruction instruction_make(uint8_t *value, unsigned locations, bool plain)
{
    static const enum lit_kind kinds[] = {LIT_STORE, LIT_STORE, LIT_STORE, LIT_LOAD,
                                          LIT_LOAD,  LIT_LOAD,  LIT_FENCE, LIT_FENCE,
                                          LIT_ADD,   LIT_XCHG,  LIT_CAS,   LIT_IF};
    struct lit_instruction in = {.kind = kinds[pick(12)]};
    in.order = order_pick(in.kind);
    in.location = (uint8_t)pick(locations);
    if (plain && in.kind <= LIT_LOAD && pick(3) == 0) {
        in.location = LIT_ATOMIC;
        in.order = 0;
    }
    in.value = (uint8_t)(in.kind == LIT_ADD ? 1 : ++*value);
    if (in.kind == LIT_CAS || in.kind == LIT_IF)
        in.expected = (uint8_t)(pick(2) * (1 + pick(*value)));
    if (in.kind == LIT_FENCE || in.kind == LIT_IF)
        in.location = in.value = 0;
    return in;
}

static void program_make(struct lit_program *p)
{
    unsigned locations = 2 + pick(2), budget = 8, reads = 0, writes = 0;
    bool plain = pick(3) == 0;
    uint8_t value = 0;
    *p = (struct lit_program){.thread_count = 2 + pick(2)};
    for (unsigned t = 0; t < p->thread_count; t++) {
        unsigned length = 2 + pick(3);
        for (unsigned i = 0; i < length && budget > 0; i++, budget--) {
            struct lit_instruction in = instruction_make(&value, locations, plain);
            reads += in.kind == LIT_LOAD || (in.kind >= LIT_ADD && in.kind <= LIT_CAS);
            writes += in.kind == LIT_STORE || (in.kind >= LIT_ADD && in.kind <= LIT_CAS);
            if (reads > 5 || writes > 6)
                return; /* the oracle is exponential in both */
            p->code[t][p->count[t]++] = in;
        }
    }
}

unsigned random_run(unsigned count, uint64_t seed)
{
    unsigned failures = 0, races = 0;
    uint64_t executions = 0;
    for (unsigned i = 0; i < count; i++) {
        struct lit_program p;
        struct lit_set checker, oracle;
        state = (seed + i) * 0x9e3779b97f4a7c15u + 1;
        program_make(&p);
        lit_check(&p, &checker);
        lit_oracle(&p, &oracle);
        if (checker.bounded || !lit_set_equal(&checker, &oracle)) {
            printf("FAILED random %llu: checker %zu executions%s, oracle %zu%s\n",
                   (unsigned long long)(seed + i), checker.count, checker.race ? ", race" : "",
                   oracle.count, oracle.race ? ", race" : "");
            lit_print(&p);
            failures++;
        }
        races += oracle.race;
        executions += oracle.race ? 0 : oracle.count;
        lit_set_free(&checker);
        lit_set_free(&oracle);
    }
    printf("random: %u programs from seed %llu, %u of them race, %llu executions, %u failed\n",
           count, (unsigned long long)seed, races, (unsigned long long)executions, failures);
    return failures;
}
