/* c11: the checker's command. Without options: litmus cases, 300 random programs, the usual
 * scenarios. Exit 0: all as it must be; 1: not; 2: usage. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instrument.h"
#include "litmus.h"
#include "scenario.h"

enum { RANDOM_USUAL = 300 };

static const char usage[] =
    "usage: c11 [--litmus] [--random N [SEED]] [--explore [NAME | all]] [--expect VERDICT NAME]\n";

/* A scenario without a limit must finish; one with a limit may say bounded, which is no pass. */
static unsigned explore_one(const struct scenario *s)
{
    struct c11_result r;
    uint64_t before = instrument_counts.atomics;
    scenario_explore(s, true, &r);
    bool blind = instrument_counts.atomics - before < 2 * r.runs;
    bool good = !blind && (r.verdict == C11_PASS || (r.verdict == C11_BOUNDED && s->limit != 0));
    printf("%-18s %u lines, %u messages: %s, %" PRIu64 " executions, %" PRIu64 " replays%s%s%s\n",
           s->name, s->lines, s->messages, c11_verdict_name(r.verdict), r.executions, r.runs,
           r.what[0] != 0 ? ": " : "", r.what, blind ? ": too few atomics seen" : "");
    if (!good)
        printf("FAILED %s\n", s->name);
    fflush(stdout);
    return !good;
}

/* NULL: the usual ones; "all": with the long ones. */
static unsigned explore_run(const char *name)
{
    unsigned failures = 0, found = 0;
    for (unsigned i = 0; i < scenario_count; i++) {
        const struct scenario *s = &scenarios[i];
        if (name == NULL ? s->long_one : strcmp(name, "all") != 0 && strcmp(name, s->name) != 0)
            continue;
        found++;
        failures += explore_one(s);
    }
    if (found == 0)
        printf("FAILED: no scenario %s\n", name);
    return failures + (found == 0);
}

/* For planted mistakes: the scenario must end with this verdict. */
static unsigned expect_run(const char *verdict, const char *name)
{
    for (unsigned i = 0; i < scenario_count; i++) {
        struct c11_result r;
        if (strcmp(scenarios[i].name, name) != 0)
            continue;
        scenario_explore(&scenarios[i], false, &r);
        printf("%s: %s after %" PRIu64 " replays: %s\n", name, c11_verdict_name(r.verdict), r.runs,
               r.what);
        return strcmp(c11_verdict_name(r.verdict), verdict) != 0;
    }
    printf("no scenario %s\n", name);
    return 1;
}

static bool option_word(int argc, char **argv, int i)
{
    return i + 1 < argc && argv[i + 1][0] != '-';
}

int main(int argc, char **argv)
{
    unsigned failures = 0;
    if (argc == 1)
        failures = litmus_run() + random_run(RANDOM_USUAL, 1) + explore_run(NULL);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--litmus") == 0) {
            failures += litmus_run();
        } else if (strcmp(argv[i], "--random") == 0 && option_word(argc, argv, i)) {
            unsigned count = (unsigned)strtoul(argv[++i], NULL, 0);
            bool seeded = option_word(argc, argv, i);
            failures += count == 0 || random_run(count, seeded ? strtoull(argv[++i], NULL, 0) : 1);
        } else if (strcmp(argv[i], "--explore") == 0) {
            failures += explore_run(option_word(argc, argv, i) ? argv[++i] : NULL);
        } else if (strcmp(argv[i], "--expect") == 0 && i + 2 < argc) {
            failures += expect_run(argv[i + 1], argv[i + 2]);
            i += 2;
        } else {
            fputs(usage, stderr);
            return 2;
        }
    }
    return failures != 0;
}
