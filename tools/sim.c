/* sim.c: the command `skerry sim caps`: many simulated cores, each with the real capability core and
 * the real monitors' operations (tests/sim), under a seeded scheduler, in rounds: each of its own
 * seed and number of cores. A round that fails is replayed with every check, made small and drawn. */
#include "sim.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "caps.h"
#include "caps_shrink.h"
#include "files.h"
#include "process.h"
#include "say.h"
#include "text.h"

enum { ROUND_OPERATIONS = 200000, SHRINK_REPLAYS = 2000 };

struct sim_options {
    struct caps_options caps;
    uint32_t cores_low, cores_high;
    uint64_t operations, seed;
    double seconds; /* 0: no limit */
    const char *json, *fault_names;
};

struct totals {
    uint64_t rounds, operations, violations, failed_seed;
    uint32_t failed_cores;
    char violation[128];
    struct sim sum; /* counters only */
    struct caps_story story;
};

static const char *const omissions[OMISSION_COUNT] = {
#define O(name, text) [OMIT_##name] = text,
    SIM_OMISSIONS(O)
#undef O
};

static void help(void)
{
    printf(
        "usage: skerry sim caps [OPTIONS]\n\n"
        "Capability operations across cores, simulated: each core runs the kernel's capability "
        "core\nand the monitors' operations as they are; who moves next is drawn from a seed.\n\n"
        "  --cores N[..M]       how many cores; of a range, another number each round (4..64)\n"
        "  --ops N              operations in all (1000000)\n"
        "  --seconds N          end after so long, though operations are left\n"
        "  --seed N             decimal (default: drawn from the host)\n"
        "  --faults LIST        of slots,hang,garbage,stale,death; all (default); none\n"
        "  --omit RULE          leave a rule of PROTOCOL out: must fail\n"
        "  --json FILE          also write the counts there\n"
        "  --help               this text\n");
    exit(EXIT_OK);
}

static uint64_t number(const char *name, const char *s, uint64_t low, uint64_t high, char **end)
{
    unsigned long long n = strtoull(s, end, 10);

    if (*end == s || n < low || n > high)
        say_fail("--%s %s: give a number from %llu to %llu", name, s, (unsigned long long)low,
                 (unsigned long long)high);
    return n;
}

static void cores_take(struct sim_options *o, const char *s)
{
    char *end;

    o->cores_low = o->cores_high = (uint32_t)number("cores", s, 3, SIM_CORES_MAX, &end);
    if (strncmp(end, "..", 2) == 0)
        o->cores_high = (uint32_t)number("cores", end + 2, o->cores_low, SIM_CORES_MAX, &end);
    if (*end)
        say_fail("--cores %s: give N or N..M", s);
}

static void omission_take(struct sim_options *o, const char *s)
{
    for (uint32_t i = 0; i < OMISSION_COUNT; i++)
        if (strcmp(omissions[i], s) == 0) {
            o->caps.omit = (enum omission)i;
            return;
        }
    say_fail("--omit %s: no such omission", s);
}

static void option_take(struct sim_options *o, int option, const char *value)
{
    char *end = NULL;

    if (option == 'c')
        cores_take(o, value);
    else if (option == 'o')
        o->operations = number("ops", value, 1, UINT64_MAX / 2, &end);
    else if (option == 't')
        o->seconds = (double)number("seconds", value, 1, 1000000, &end);
    else if (option == 's')
        o->seed = number("seed", value, 0, UINT64_MAX, &end);
    else if (option == 'x')
        omission_take(o, value);
    else if (option == 'j')
        o->json = value;
    else if (!caps_faults_parse(value, &o->caps.faults))
        say_fail("--faults %s: of slots,hang,garbage,stale,death; all; none", value);
    if (option == 'f')
        o->fault_names = value;
    if (end && *end)
        say_fail("%s is no number", value);
}

static void options_take(struct sim_options *o, int argc, char **argv)
{
    static const struct option table[] = {{"cores", required_argument, NULL, 'c'},
                                          {"ops", required_argument, NULL, 'o'},
                                          {"seconds", required_argument, NULL, 't'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"faults", required_argument, NULL, 'f'},
                                          {"omit", required_argument, NULL, 'x'},
                                          {"json", required_argument, NULL, 'j'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int found;

    opterr = 0;
    optind = 1;
    while ((found = getopt_long(argc, argv, ":", table, NULL)) != -1) {
        if (found == 'h')
            help();
        if (found == '?' || found == ':')
            say_fail("%s: unknown, or without its value: see skerry sim --help", argv[optind - 1]);
        option_take(o, found, optarg);
    }
    if (optind + 1 != argc || strcmp(argv[optind], "caps") != 0)
        say_fail("say what to simulate: skerry sim caps");
}

static void sum(struct totals *t, const struct sim *s)
{
    struct sim *a = &t->sum;

    t->rounds++;
    t->operations += caps_operations(s);
    a->delivered += s->delivered;
    a->given += s->given;
    a->asked += s->asked;
    a->taken += s->taken;
    a->refused += s->refused;
    a->no_marker += s->no_marker;
    a->minted += s->minted;
    a->deleted += s->deleted;
    a->released += s->released;
    a->revoked += s->revoked;
    a->revoke_refused += s->revoke_refused;
    a->revoke_gone += s->revoke_gone;
    a->revoke_asks += s->revoke_asks;
    a->renewed += s->renewed;
    a->dropped += s->dropped;
    a->hangs += s->hangs;
    a->deaths += s->deaths;
}

static void round_fail(struct totals *t, const struct caps_options *o, const struct sim *s)
{
    t->violations = 1;
    t->failed_seed = o->seed;
    t->failed_cores = o->cores;
    snprintf(t->violation, sizeof(t->violation), "%s", s->violation);
    caps_report(s, o);
    printf("replay: skerry sim caps --cores %u --ops %llu --seed %llu --omit %s\n", o->cores,
           (unsigned long long)o->operations, (unsigned long long)o->seed, omissions[o->omit]);
    if (caps_shrink(o, SHRINK_REPLAYS, stdout, &t->story))
        printf("%llu of %llu steps are needed (%llu replays); the story replays %s\n",
               (unsigned long long)t->story.kept, (unsigned long long)t->story.steps,
               (unsigned long long)t->story.replays,
               t->story.same ? "exactly" : "DIFFERENTLY each time");
    else
        printf("it shows only when everything has been deleted at the end: not made smaller\n");
}

/* False: no memory. */
static bool round_run(const struct sim_options *o, struct totals *t)
{
    struct caps_options caps = o->caps;
    uint64_t left = o->operations - t->operations;
    struct sim s;

    caps.seed = o->seed + t->rounds;
    caps.cores = o->cores_low + (uint32_t)((caps.seed * 0x9e3779b97f4a7c15ull >> 33) %
                                           (o->cores_high - o->cores_low + 1));
    caps.operations = left < ROUND_OPERATIONS ? left : ROUND_OPERATIONS;
    if (!caps_run(&s, &caps))
        return false;
    sum(t, &s);
    if (s.violation)
        round_fail(t, &caps, &s);
    sim_free(&s);
    return true;
}

static void json_write(const struct sim_options *o, const struct totals *t, double seconds)
{
    const struct sim *s = &t->sum;
    struct text x = {0};

    text_add(&x, "{\"format\":\"skerry-sim-caps 1\",\"cores\":[%u,%u],\"seed\":%llu,\"faults\":",
             o->cores_low, o->cores_high, (unsigned long long)o->seed);
    text_add_json(&x, o->fault_names);
    text_add(&x, ",\"rounds\":%llu,\"operations\":{\"all\":%llu", (unsigned long long)t->rounds,
             (unsigned long long)t->operations);
    text_add(&x, ",\"give\":%llu,\"ask\":%llu,\"mint\":%llu,\"delete\":%llu,\"renew\":%llu",
             (unsigned long long)s->given, (unsigned long long)s->asked,
             (unsigned long long)s->minted, (unsigned long long)s->deleted,
             (unsigned long long)s->renewed);
    text_add(&x, ",\"revoke\":%llu,\"revoke_refused\":%llu,\"revoke_gone\":%llu}",
             (unsigned long long)s->revoked, (unsigned long long)s->revoke_refused,
             (unsigned long long)s->revoke_gone);
    text_add(&x, ",\"deliveries\":%llu,\"taken\":%llu,\"released\":%llu,\"revoke_copies\":%llu",
             (unsigned long long)s->delivered, (unsigned long long)s->taken,
             (unsigned long long)s->released, (unsigned long long)s->revoke_asks);
    text_add(&x, ",\"fault_counts\":{\"refused\":%llu,\"no_marker\":%llu,\"bytes\":%llu",
             (unsigned long long)s->refused, (unsigned long long)s->no_marker,
             (unsigned long long)s->dropped);
    text_add(&x, ",\"hangs\":%llu,\"deaths\":%llu},\"violations\":%llu,\"violation\":",
             (unsigned long long)s->hangs, (unsigned long long)s->deaths,
             (unsigned long long)t->violations);
    text_add_json(&x, t->violation);
    text_add(&x, ",\"failed_seed\":%llu,\"failed_cores\":%u,\"seconds\":%.1f}\n",
             (unsigned long long)t->failed_seed, t->failed_cores, seconds);
    files_write(o->json, &x);
    text_free(&x);
}

static void totals_print(const struct totals *t, double seconds)
{
    const struct sim *s = &t->sum;

    printf("%llu operations, %llu deliveries in %llu rounds: %llu given, %llu asked, %llu minted, "
           "%llu deleted, %llu revoked (%llu refused, %llu gone); faults: %llu refused, %llu "
           "without marker, %llu stale or senseless, %llu hangs, %llu deaths; %llu violations, "
           "%.1f s\n",
           (unsigned long long)t->operations, (unsigned long long)s->delivered,
           (unsigned long long)t->rounds, (unsigned long long)s->given,
           (unsigned long long)s->asked, (unsigned long long)s->minted,
           (unsigned long long)s->deleted, (unsigned long long)s->revoked,
           (unsigned long long)s->revoke_refused, (unsigned long long)s->revoke_gone,
           (unsigned long long)s->refused, (unsigned long long)s->no_marker,
           (unsigned long long)s->dropped, (unsigned long long)s->hangs,
           (unsigned long long)s->deaths, (unsigned long long)t->violations, seconds);
}

int sim_command(int argc, char **argv)
{
    struct sim_options o = {.caps.faults = CAPS_FAULTS_ALL,
                            .fault_names = "all",
                            .cores_low = 4,
                            .cores_high = 64,
                            .operations = 1000000};
    struct totals *t = calloc(1, sizeof(*t));
    double began = process_seconds(), seconds = 0;
    uint32_t drawn;
    int result;

    if (!t || getrandom(&drawn, sizeof(drawn), 0) != sizeof(drawn))
        say_fail("no memory or no randomness");
    o.seed = drawn;
    options_take(&o, argc, argv);
    printf("seed %llu, cores %u..%u, faults %s\n", (unsigned long long)o.seed, o.cores_low,
           o.cores_high, o.fault_names);
    while (t->operations < o.operations && !t->violations && (!o.seconds || seconds < o.seconds)) {
        if (!round_run(&o, t))
            say_fail("not enough memory for %u cores", o.cores_high);
        seconds = process_seconds() - began;
        say_progress("%llu operations", (unsigned long long)t->operations);
    }
    say_progress_end();
    totals_print(t, seconds);
    if (o.json)
        json_write(&o, t, seconds);
    result = t->violations ? EXIT_FAILED : EXIT_OK;
    free(t);
    return result;
}
