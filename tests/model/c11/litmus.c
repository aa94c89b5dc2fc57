/* Litmus cases: the well-known ones, each with the answer that RC11 gives. The checker's set of
 * executions must be the oracle's, and the case's condition must be met in one of them or in none.
 * A condition is a conjunction: T.I=V (instruction I of thread T read V), or x=V (last value). */
#include "litmus.h"

#include <stdio.h>
#include <string.h>

enum answer { ALLOWED, FORBIDDEN, RACE };

static const struct {
    const char *name, *text, *condition;
    enum answer answer;
} cases[] = {
    /* Message passing. */
    {"MP", "Wx1n Wy1n | Ryn Rxn", "1.0=1 1.1=0", ALLOWED},
    {"MP rel", "Wx1n Wy1r | Ryn Rxn", "1.0=1 1.1=0", ALLOWED},
    {"MP acq", "Wx1n Wy1n | Rya Rxn", "1.0=1 1.1=0", ALLOWED},
    {"MP rel acq", "Wx1n Wy1r | Rya Rxn", "1.0=1 1.1=0", FORBIDDEN},
    {"MP fences", "Wx1n Fr Wy1n | Ryn Fa Rxn", "1.0=1 1.2=0", FORBIDDEN},
    {"MP fence rel, acq", "Wx1n Fr Wy1n | Rya Rxn", "1.0=1 1.1=0", FORBIDDEN},
    {"MP rel, fence acq", "Wx1n Wy1r | Ryn Fa Rxn", "1.0=1 1.2=0", FORBIDDEN},
    {"MP fence too late", "Wx1n Wy1n Fr | Rya Rxn", "1.0=1 1.1=0", ALLOWED},
    {"MP fence too early", "Fr Wx1n Wy1n | Rya Rxn", "1.0=1 1.1=0", ALLOWED},
    {"MP acquire fence too early", "Wx1n Wy1r | Fa Ryn Rxn", "1.1=1 1.2=0", ALLOWED},
    {"MP sc fences", "Wx1n Fs Wy1n | Ryn Fs Rxn", "1.0=1 1.2=0", FORBIDDEN},
    {"MP sc fence, relaxed", "Wx1n Fs Wy1n | Ryn Rxn", "1.0=1 1.1=0", ALLOWED},
    {"MP wrong fences", "Wx1n Fa Wy1n | Ryn Fr Rxn", "1.0=1 1.2=0", ALLOWED},
    {"MP plain", "Wp1 Wx1r | Rxa =1 Rp", "1.0=1 1.2=0", FORBIDDEN},
    {"MP plain, seen", "Wp1 Wx1r | Rxa =1 Rp", "1.0=1 1.2=1", ALLOWED},
    {"MP plain, relaxed store", "Wp1 Wx1n | Rxa =1 Rp", "", RACE},
    {"MP plain, relaxed load", "Wp1 Wx1r | Rxn =1 Rp", "", RACE},
    {"MP plain, header first", "Wx1r Wp1 | Rxa =1 Rp", "", RACE},
    {"MP plain, unconditional", "Wp1 Wx1r | Rxa Rp", "", RACE},
    {"MP plain, used again", "Wp1 Wx1r Wp2 | Rxa =1 Rp", "", RACE},
    {"MP plain, credit", "Wp1 Wx1r Rya =1 Wp2 | Rxa =1 Rp Wy1r", "1.2=1", ALLOWED},
    {"MP plain, credit relaxed", "Wp1 Wx1r Rya =1 Wp2 | Rxa =1 Rp Wy1n", "", RACE},
    {"MP plain, credit early", "Wp1 Wx1r Rya =1 Wp2 | Rxa =1 Wy1r Rp", "", RACE},
    {"MP plain, acquire fence", "Wp1 Wx1r | Rxn =1 Fa Rp", "1.0=1 1.3=0", FORBIDDEN},
    {"two plain writers", "Wp1 | Wp2", "", RACE},
    /* Release sequences. */
    {"RS rmw between", "Wx1n Wy1r | Ay1n | Rya Rxn", "2.0=2 2.1=0", FORBIDDEN},
    {"RS store between", "Wx1n Wy1r | Wy2n | Rya Rxn", "2.0=2 2.1=0", ALLOWED},
    {"RS own relaxed store, C++20", "Wx1n Wy1r Wy2n | Rya Rxn", "1.0=2 1.1=0", ALLOWED},
    {"RS of a failed cas", "Wx1n Wy1r | Cy52a | Rya Rxn", "2.0=1 2.1=0", FORBIDDEN},
    {"RS exchange", "Wx1n Wy1r | Xy3n | Rya Rxn", "2.0=3 1.0=1 2.1=0", FORBIDDEN},
    {"RS exchange read the first", "Wx1n Wy1r | Xy3n | Rya Rxn", "2.0=3 1.0=0 2.1=0", ALLOWED},
    /* Store buffering. */
    {"SB", "Wx1n Ryn | Wy1n Rxn", "0.1=0 1.1=0", ALLOWED},
    {"SB rel acq", "Wx1r Rya | Wy1r Rxa", "0.1=0 1.1=0", ALLOWED},
    {"SB sc fences", "Wx1n Fs Ryn | Wy1n Fs Rxn", "0.2=0 1.2=0", FORBIDDEN},
    {"SB one fence", "Wx1n Fs Ryn | Wy1n Rxn", "0.2=0 1.1=0", ALLOWED},
    {"SB acq_rel fences", "Wx1n Fb Ryn | Wy1n Fb Rxn", "0.2=0 1.2=0", ALLOWED},
    {"SB rmw", "Ax1b Ryn | Ay1b Rxn", "0.1=0 1.1=0", ALLOWED},
    {"SB fence first", "Fs Wx1n Ryn | Wy1n Fs Rxn", "0.2=0 1.2=0", ALLOWED},
    {"SB three threads", "Wx1n Fs Ryn | Wy1n Fs Rzn | Wz1n Fs Rxn", "0.2=0 1.2=0 2.2=0", FORBIDDEN},
    {"sleep flag", "Wx1r Fs Ryn | Wy1n Fs Rxa", "0.2=0 1.2=0", FORBIDDEN},
    /* Load buffering. */
    {"LB", "Rxn Wy1n | Ryn Wx1n", "0.0=1 1.0=1", FORBIDDEN},
    {"LB one side", "Rxn Wy1n | Ryn Wx1n", "0.0=1 1.0=0", ALLOWED},
    /* Independent reads, write to read causality. */
    {"IRIW acq", "Wx1n | Wy1n | Rxa Rya | Rya Rxa", "2.0=1 2.1=0 3.0=1 3.1=0", ALLOWED},
    {"IRIW rel acq", "Wx1r | Wy1r | Rxa Rya | Rya Rxa", "2.0=1 2.1=0 3.0=1 3.1=0", ALLOWED},
    {"IRIW sc fences", "Wx1n | Wy1n | Rxn Fs Ryn | Ryn Fs Rxn", "2.0=1 2.2=0 3.0=1 3.2=0",
     FORBIDDEN},
    {"WRC rel acq", "Wx1r | Rxa Wy1r | Rya Rxn", "1.0=1 2.0=1 2.1=0", FORBIDDEN},
    {"WRC relaxed", "Wx1n | Rxn Wy1r | Rya Rxn", "1.0=1 2.0=1 2.1=0", FORBIDDEN},
    {"WRC no release", "Wx1n | Rxn Wy1n | Rya Rxn", "1.0=1 2.0=1 2.1=0", ALLOWED},
    {"RWC sc fences", "Wx1n | Rxn Fs Ryn | Wy1n Fs Rxn", "1.0=1 1.2=0 2.2=0", FORBIDDEN},
    {"RWC one fence", "Wx1n | Rxa Ryn | Wy1n Fs Rxn", "1.0=1 1.1=0 2.2=0", ALLOWED},
    {"W+RWC", "Wx1n Wz1r | Rza Fs Ryn | Wy1n Fs Rxn", "1.0=1 1.2=0 2.2=0", FORBIDDEN},
    {"ISA2", "Wx1n Wy1r | Rya Wz1r | Rza Rxn", "1.0=1 2.0=1 2.1=0", FORBIDDEN},
    {"ISA2 broken", "Wx1n Wy1r | Rya Wz1n | Rza Rxn", "1.0=1 2.0=1 2.1=0", ALLOWED},
    {"Z6", "Wx1n Wy1r | Wy2n Wz1r | Rza Rxn", "y=2 2.0=1 2.1=0", ALLOWED},
    /* Coherence. */
    {"CoRR", "Wx1n | Rxn Rxn", "1.0=1 1.1=0", FORBIDDEN},
    {"CoRR two writers", "Wx1n | Wx2n | Rxn Rxn | Rxn Rxn", "2.0=1 2.1=2 3.0=2 3.1=1", FORBIDDEN},
    {"CoWW", "Wx1n Wx2n", "x=1", FORBIDDEN},
    {"CoWR", "Wx1n Rxn | Wx2n", "0.1=2 x=1", FORBIDDEN},
    {"CoRW", "Rxn Wx2n | Wx1n", "0.0=1 x=1", FORBIDDEN},
    {"CoRW1", "Rxn Wx1n", "0.0=1", FORBIDDEN},
    {"CoRR across hb", "Wx1n Wx2n Wy1r | Rya Rxn", "1.0=1 1.1=1", FORBIDDEN},
    {"CoWW across hb", "Wx1n Wy1r | Rya Wx2n", "1.0=1 x=1", FORBIDDEN},
    {"CoWW without hb", "Wx1n Wy1n | Ryn Wx2n", "1.0=1 x=1", ALLOWED},
    /* Two writes each. */
    {"2+2W", "Wx1n Wy2n | Wy1n Wx2n", "x=1 y=1", ALLOWED},
    {"2+2W rel", "Wx1r Wy2r | Wy1r Wx2r", "x=1 y=1", ALLOWED},
    {"2+2W sc fences", "Wx1n Fs Wy2n | Wy1n Fs Wx2n", "x=1 y=1", FORBIDDEN},
    {"R", "Wx1n Wy1n | Wy2n Rxn", "y=2 1.1=0", ALLOWED},
    {"R sc fences", "Wx1n Fs Wy1n | Wy2n Fs Rxn", "y=2 1.2=0", FORBIDDEN},
    {"S rel acq", "Wx2n Wy1r | Rya Wx1n", "1.0=1 x=2", FORBIDDEN},
    {"S relaxed", "Wx2n Wy1n | Ryn Wx1n", "1.0=1 x=2", ALLOWED},
    /* Atomicity. */
    {"two adds", "Ax1n | Ax1n", "x=1", FORBIDDEN},
    {"three adds", "Ax1n | Ax1n | Ax1n", "x=3", ALLOWED},
    {"add and store", "Ax1n | Wx5n", "x=1", FORBIDDEN},
    {"add between", "Ax1n | Wx5n", "0.0=0 x=5", ALLOWED},
    {"one cas wins", "Cx01n | Cx02n", "0.0=0 1.0=0", FORBIDDEN},
    {"lock by cas", "Cx01a =0 Wp1 Wx0r | Cx01a =0 Wp2 Wx0r", "0.0=0 1.0=0", ALLOWED},
    {"lock without acquire", "Cx01n =0 Wp1 Wx0r | Cx01a =0 Wp2 Wx0r", "", RACE},
    {"lock without release", "Cx01a =0 Wp1 Wx0n | Cx01a =0 Wp2 Wx0r", "", RACE},
};

static bool term_holds(const struct lit_outcome *o, const char *term)
{
    if (term[0] >= 'x' && term[0] <= 'z')
        return o->last[term[0] - 'x'] == term[2] - '0';
    return o->read[term[0] - '0'][term[2] - '0'] == term[4] - '0';
}

/* Every T.I must be a read, else a condition would be impossible for the wrong reason. */
static bool condition_good(const struct lit_program *p, const char *condition)
{
    for (const char *at = condition; *at != 0;) {
        if (at[1] == '.') {
            unsigned t = (unsigned)(at[0] - '0'), i = (unsigned)(at[2] - '0');
            if (t >= p->thread_count || i >= p->count[t])
                return false;
            enum lit_kind kind = p->code[t][i].kind;
            if (kind == LIT_STORE || kind == LIT_FENCE || kind == LIT_IF)
                return false;
        }
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    return true;
}

static bool condition_holds(const struct lit_outcome *o, const char *condition)
{
    for (const char *at = condition; *at != 0;) {
        if (!term_holds(o, at))
            return false;
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    return true;
}

static enum answer answer_of(const struct lit_set *set, const char *condition)
{
    if (set->race)
        return RACE;
    for (size_t i = 0; i < set->count; i++)
        if (condition_holds(&set->item[i], condition))
            return ALLOWED;
    return FORBIDDEN;
}

unsigned litmus_run(void)
{
    static const char *const answer[] = {"allowed", "forbidden", "race"};
    unsigned failures = 0, count = sizeof(cases) / sizeof(cases[0]);
    uint64_t executions = 0;
    for (unsigned i = 0; i < count; i++) {
        struct lit_program p;
        struct lit_set checker, oracle;
        if (!lit_read(&p, cases[i].text) || !condition_good(&p, cases[i].condition)) {
            printf("FAILED litmus %s: cannot be read\n", cases[i].name);
            failures++;
            continue;
        }
        lit_check(&p, &checker);
        lit_oracle(&p, &oracle);
        enum answer by_checker = answer_of(&checker, cases[i].condition);
        enum answer by_oracle = answer_of(&oracle, cases[i].condition);
        bool same = !checker.bounded && lit_set_equal(&checker, &oracle);
        if (by_checker != cases[i].answer || by_oracle != cases[i].answer || !same) {
            printf("FAILED litmus %s: checker %s (%zu), oracle %s (%zu), must be %s\n",
                   cases[i].name, answer[by_checker], checker.count, answer[by_oracle],
                   oracle.count, answer[cases[i].answer]);
            failures++;
        }
        executions += checker.count;
        lit_set_free(&checker);
        lit_set_free(&oracle);
    }
    printf("litmus: %u cases, %llu executions, %u failed\n", count, (unsigned long long)executions,
           failures);
    return failures;
}
