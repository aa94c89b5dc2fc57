/* The simulator as a test program, under sanitizers: caps_sim [--cores N] [--ops N] [--seed S]
 * [--faults LIST] [--omit RULE]. Exit 1: a violation; prints the last events and the seed that
 * replays it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caps.h"

static const char *const omission_names[OMISSION_COUNT] = {
#define O(name, text) [OMIT_##name] = text,
    SIM_OMISSIONS(O)
#undef O
};

static int usage(void)
{
    fprintf(
        stderr,
        "usage: caps_sim [--cores 3..1024] [--ops N] [--seed S] [--faults LIST] [--omit RULE]\n");
    return 2;
}

static bool omission_parse(const char *text, enum omission *omit)
{
    uint32_t i = 0;

    while (i < OMISSION_COUNT && strcmp(text, omission_names[i]) != 0)
        i++;
    *omit = (enum omission)i;
    return i < OMISSION_COUNT;
}

static bool option_take(struct caps_options *o, const char *name, const char *value)
{
    if (strcmp(name, "--cores") == 0)
        o->cores = (uint32_t)strtoul(value, NULL, 10);
    else if (strcmp(name, "--ops") == 0)
        o->operations = strtoull(value, NULL, 10);
    else if (strcmp(name, "--seed") == 0)
        o->seed = strtoull(value, NULL, 10);
    else if (strcmp(name, "--faults") == 0)
        return caps_faults_parse(value, &o->faults);
    else if (strcmp(name, "--omit") == 0)
        return omission_parse(value, &o->omit);
    else
        return false;
    return true;
}

int main(int argc, char **argv)
{
    struct caps_options o = {.cores = 4, .operations = 50000, .seed = 1, .faults = CAPS_FAULTS_ALL};
    struct sim s;
    int result;

    for (int i = 1; i < argc; i += 2)
        if (i + 1 == argc || !option_take(&o, argv[i], argv[i + 1]))
            return usage();
    if (o.cores < 3 || o.cores > SIM_CORES_MAX)
        return usage();
    if (!caps_run(&s, &o)) {
        fprintf(stderr, "no memory\n");
        return 2;
    }
    caps_report(&s, &o);
    result = s.violation != NULL;
    sim_free(&s);
    return result;
}
