/* options.c: the command line of every command, one row an option. */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

enum kind { JOBS, NUMBER, TEXT, SIZE, FLAG, PICTURE_SIZE };

struct row {
    const char *name, *value, *help;
    int commands;
    enum kind kind;
    size_t offset;
    unsigned int low, high;
};

#define AT(field) offsetof(struct options, field)

static const struct row rows[] = {
    {"arch", "ARCH", "x86_64 (default) or aarch64; bench: both (default)",
     ~(FOR_VERSION | FOR_FUZZ | FOR_MODEL | FOR_PROVE | FOR_TOPO | FOR_PLACE), TEXT, AT(arch), 0,
     0},
    {"cores", "N", "cores of the machine, 1 to 128",
     FOR_RUN | FOR_SOAK | FOR_SHELL | FOR_WALK | FOR_DUMP, NUMBER, AT(cores), 1, 128},
    {"nodes", "M", "NUMA nodes, 1 to 8", FOR_RUN | FOR_SOAK | FOR_SHELL | FOR_WALK | FOR_DUMP,
     NUMBER, AT(nodes), 1, 8},
    {"memory", "SIZE", "memory of the machine, such as 2G",
     FOR_RUN | FOR_SOAK | FOR_SHELL | FOR_WALK | FOR_DUMP | FOR_HOSTILE | FOR_SECRETS, SIZE,
     AT(memory_bytes), 0, 0},
    {"out", "DIR", "folder for pictures, report.json and console.log (default: out)",
     FOR_RUN | FOR_SOAK | FOR_RANDOM | FOR_SHELL | FOR_REFERENCE | FOR_WALK | FOR_DUMP |
         FOR_CONFORM | FOR_HOSTILE | FOR_SECRETS,
     TEXT, AT(out), 0, 0},
    {"json", "FILE", "write the result for a program, too", ~0, TEXT, AT(json), 0, 0},
    {"res", "WxH", "size of the pictures (default 160x120)",
     FOR_RUN | FOR_REFERENCE | FOR_WALK | FOR_DUMP, PICTURE_SIZE, 0, 8, 4096},
    {"jobs", "FILE|N",
     "FILE: the jobs of a jobs file; N: N distinct jobs, the scenes again and again, each round 8 "
     "pixels wider",
     FOR_RUN | FOR_SOAK | FOR_REFERENCE, JOBS, AT(jobs), 1, 4096},
    {"resume", "DIR", "do what is missing of the run that wrote DIR", FOR_RUN, TEXT, AT(resume), 0,
     0},
    {"compare", NULL, "render each picture with Debian's program here, too, and compare the bytes",
     FOR_RUN, FLAG, AT(compare), 0, 0},
    {"count", NULL, "count each job's user instructions", FOR_RUN, FLAG, AT(count), 0, 0},
    {"accounting", NULL, "print what each job used: time, memory, calls, messages, bytes", FOR_RUN,
     FLAG, AT(accounting), 0, 0},
    {"list", NULL, "print the names of the scenes, cases or known machines, and stop",
     FOR_RUN | FOR_CONFORM | FOR_HOSTILE | FOR_MODEL | FOR_TOPO, FLAG, AT(list), 0, 0},
    {"filter", "GLOB", "only the cases whose names match, such as 'call.*'", FOR_CONFORM, TEXT,
     AT(filter), 0, 0},
    {"limit", "SECONDS", "give up after this wall time (default 900)",
     FOR_RUN | FOR_SOAK | FOR_RANDOM | FOR_SHELL | FOR_WALK | FOR_DUMP | FOR_BENCH | FOR_CONFORM |
         FOR_HOSTILE | FOR_SECRETS,
     NUMBER, AT(limit_s), 1, 100000},
    {"mode", "MODE", "what the machine does: farm, boot, idle", FOR_RUN | FOR_WALK | FOR_DUMP, TEXT,
     AT(mode), 0, 0},
    {"seed", "HEX", "16 hex digits from which all randomness in the machine comes",
     FOR_RUN | FOR_SOAK | FOR_SHELL | FOR_WALK | FOR_DUMP | FOR_RANDOM | FOR_TOPO | FOR_PLACE, TEXT,
     AT(seed), 0, 0},
    {"xml", "FILE", "a machine that hwloc described", FOR_TOPO, TEXT, AT(xml), 0, 0},
    {"synthetic", "STRING", "counts from the outside in: 'package:2 numa:4 l3:1 core:8 pu:1'",
     FOR_TOPO, TEXT, AT(synthetic), 0, 0},
    {"table", "FILE", "a plain table, such as this command prints", FOR_TOPO, TEXT, AT(table), 0,
     0},
    {"boot", "FILE", "what a Skerry boot said of its machine: its export, or its console's log",
     FOR_TOPO, TEXT, AT(boot), 0, 0},
    {"machine", "NAME", "one of the known machines (--list), with latencies made from its levels",
     FOR_TOPO, TEXT, AT(machine), 0, 0},
    {"latency", "FILE", "join one-way latencies: CSV, ns, full or lower triangle",
     FOR_TOPO | FOR_PLACE, TEXT, AT(latency), 0, 0},
    {"measure", NULL, "measure the latencies of this machine", FOR_TOPO, FLAG, AT(measure), 0, 0},
    {"svg", "FILE", "draw the machine, or the plan on it", FOR_TOPO | FOR_PLACE, TEXT, AT(svg), 0,
     0},
    {"on", "MACHINE", "here (default), a known machine (topo --list), or a file that describes one",
     FOR_PLACE, TEXT, AT(on), 0, 0},
    {"explain", NULL, "say for each domain why it is there and what the next best would cost",
     FOR_PLACE, FLAG, AT(explain), 0, 0},
    {"csv", "FILE", "write the latencies, such as --latency reads", FOR_TOPO, TEXT, AT(csv), 0, 0},
    {"parallel", NULL, "one host thread a core in the emulator instead of one for all",
     FOR_RUN | FOR_SHELL, FLAG, AT(parallel), 0, 0},
    {"keep", NULL, "keep the boot archive under build/run",
     FOR_RUN | FOR_SOAK | FOR_RANDOM | FOR_SHELL | FOR_REFERENCE | FOR_WALK | FOR_DUMP |
         FOR_HOSTILE | FOR_SECRETS,
     FLAG, AT(keep), 0, 0},
    {"verbose", NULL, "show the machine's console; check: show the jobs",
     FOR_CHECK | FOR_RANDOM | FOR_RUN | FOR_SOAK | FOR_TEST | FOR_WALK | FOR_DUMP | FOR_BENCH |
         FOR_CONFORM | FOR_HOSTILE | FOR_SECRETS,
     FLAG, AT(verbose), 0, 0},
    {"qemu", "PROGRAM", "start this in QEMU's place (tests use it)", FOR_RUN | FOR_SHELL, TEXT,
     AT(qemu), 0, 0},
    {"kernel", "FILE", "boot this kernel (tests use it)",
     FOR_RUN | FOR_SHELL | FOR_WALK | FOR_DUMP | FOR_RANDOM, TEXT, AT(kernel), 0, 0},
    {"words", "TEXT",
     "further words of the machine's command line, with commas between (tests use it)", FOR_RUN,
     TEXT, AT(boot_words), 0, 0},
    {"kill", "N", "about so many jobs are ended by force at random instants", FOR_SOAK, NUMBER,
     AT(kill), 0, 4096},
    {"kill-driver", "N", "the output driver is ended by force so many times", FOR_SOAK, NUMBER,
     AT(kill_driver), 0, 1000},
    {"plant", "RULE",
     "plant a violation of this rule (shared, wx, text, zone, leftover, copy): must fail", FOR_WALK,
     TEXT, AT(plant), 0, 0},
    {"at", "TEXT",
     "when a console line begins so (default @boot; in mode farm @job end, for dump @quiet "
     "point=end)",
     FOR_WALK | FOR_DUMP, TEXT, AT(at), 0, 0},
    {"calls", "N", "how many system calls (default 2000000)", FOR_RANDOM, NUMBER, AT(calls), 1,
     1000000000},
    {"trace", "N", "print 1000 calls from this one on", FOR_RANDOM, NUMBER, AT(trace), 1,
     1000000000},
    {"twice", NULL, "count everything again: the figures must be the same", FOR_BENCH, FLAG,
     AT(twice), 0, 0},
    {"wall", NULL, "also real time: 128 cores booted, and idle for a minute", FOR_BENCH, FLAG,
     AT(wall), 0, 0},
    {"seconds", "N", "run each fuzzer (default 10), or each prover on a goal (60), for so long",
     FOR_FUZZ | FOR_PROVE, NUMBER, AT(seconds), 1,
     1000000},
    {"corpus", "DIR", "where inputs are collected and failures kept (default: build/fuzz)",
     FOR_FUZZ, TEXT, AT(out), 0, 0},
    {"profile", "WINDOW", "show by function where the instructions of this window went", FOR_BENCH,
     NUMBER, AT(profile), 1, 4095},
    {"rows", "GROUP", "only these rows: pair, calls, memory, messages, caps, jobs, faults or boot",
     FOR_BENCH, TEXT, AT(rows), 0, 0},
    {"quick", NULL, "the short ones only", FOR_TEST | FOR_MODEL | FOR_PROVE, FLAG, AT(quick), 0, 0},
    {"all", NULL, "runs that must pass, and omissions", FOR_MODEL, FLAG, AT(all), 0, 0},
    {"omissions", NULL, "leave out each rule in turn: each must be caught", FOR_MODEL, FLAG,
     AT(omissions), 0, 0},
    {"function", "NAME", "prove this function only", FOR_PROVE, TEXT, AT(filter), 0, 0},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

_Static_assert(ROWS <= 64, "options.given has a bit for each row");

static const struct {
    int command;
    const char *usage, *text;
} heads[] = {
    {FOR_RUN, "skerry run [OPTIONS] [SCENE... | --jobs FILE | --resume DIR]",
     "Boot the machine and run jobs, one isolated job at a time on every core: those of a jobs\n"
     "file (examples: apps/examples/jobs; the language: tools/JOBS.md), or scenes to render.\n"
     "SCENE: a name of tachyon-doc, the path of a scene file, or gzip, cjpeg, busybox.\n"
     "Default: all scenes that Debian's own tachyon renders."},
    {FOR_CHECK, "skerry check [OPTIONS] FILE...",
     "Say what is wrong with jobs files, each line FILE:LINE: KEY: what; what to do. Nothing is "
     "run."},
    {FOR_TEST, "skerry test [OPTIONS]", "Run the tests: units on the host, then both machines."},
    {FOR_BENCH, "skerry bench [OPTIONS]", "Count instructions of the system's operations."},
    {FOR_SHELL, "skerry shell [OPTIONS] [-c 'COMMAND; COMMAND']",
     "Boot the machine and talk to its shell. Ctrl-] ends the machine."},
    {FOR_VERSION, "skerry version [OPTIONS]", "Print the version."},
    {FOR_WALK, "skerry walk [OPTIONS] [SCENE...]",
     "Boot the machine, stop it, read the page tables of all cores out of its memory and prove "
     "that\n"
     "no RAM page is mapped writable by two CPU drivers, nothing is both writable and executable,\n"
     "and no user space can write a zone. Then plant violations in a copy: each must be found."},
    {FOR_FUZZ, "skerry fuzz [OPTIONS] NAME... | all",
     "Feed mutated bytes to what reads them from outside, on this host under sanitizers, "
     "beginning\n"
     "with the inputs of tests/fuzz/seeds and those that earlier runs found. Without a name: list\n"
     "them."},
    {FOR_DUMP, "skerry dump [OPTIONS] [SCENE...]",
     "Boot the machine, stop it, and write what every CPU driver holds into DIR/dump.txt: equal\n"
     "states give equal bytes. Checks what must hold; then breaks things in a copy: each must be "
     "found."},
    {FOR_SOAK, "skerry soak [OPTIONS]",
     "Run many short jobs in one boot, end some of them and the output driver by force, and "
     "compare\n"
     "dumps of all databases from before and after: nothing may be left behind."},
    {FOR_CONFORM, "skerry conform [OPTIONS]",
     "Try what the kernel promises its programs, case by case, from inside the machine."},
    {FOR_RANDOM, "skerry random [OPTIONS]",
     "Boot a core on which an unprivileged program makes random system calls, half of them with\n"
     "capabilities of the right type. Every answer must be the specification's, and afterwards "
     "the\n"
     "kernel's database must be, too; a domain beside it must not notice anything."},
    {FOR_HOSTILE, "skerry hostile [OPTIONS] [KIND...]",
     "Boot 8 cores and run one misbehaving job after the other, each beside seven honest ones: it "
     "must\nend in its own way, and the honest ones must not notice. Default: all kinds (--list)."},
    {FOR_SECRETS, "skerry secrets [OPTIONS]",
     "Run jobs that put a secret everywhere they can, then look for it in later jobs and in the "
     "whole\nmemory of the machine."},
    {FOR_MODEL, "skerry model [OPTIONS] [NAME...]",
     "Check the models of the capability protocol with Spin (tests/model/runs.txt), by default all "
     "that\nmust hold. What a run leaves lies in build/model/NAME."},
    {FOR_PROVE, "skerry prove [OPTIONS]",
     "Prove that the shipped sources of the capability core keep their contracts and never run "
     "into\n"
     "undefined behaviour (Frama-C WP, Z3, CVC4). Which functions: tests/proof/functions.txt."},
    {FOR_TOPO, "skerry topo [OPTIONS]",
     "Say what a machine is: this one, or one that is described somewhere. Prints it as a table "
     "that\n--table reads; joins or measures latencies between its cpus; draws it."},
    {FOR_PLACE, "skerry place [OPTIONS] MANIFEST",
     "Lay a system out on a machine: cpus, memory of nodes, a cpu for each domain. What cannot fit "
     "is\nrefused with what would."},
    {FOR_REFERENCE, "skerry reference [OPTIONS] [SCENE...]",
     "Render scenes on this host with Debian's own program for ARCH."},
};

bool options_size(const char *s, uint64_t *bytes)
{
    static const char units[] = "KMGT";
    char *end;

    errno = 0;
    unsigned long long n = strtoull(s, &end, 10);

    if (end == s || errno != 0 || n == 0 || !isdigit((unsigned char)s[0]))
        return false;
    const char *unit = *end != 0 ? strchr(units, toupper((unsigned char)*end)) : NULL;

    if (unit == NULL || end[1] != 0 || n > (1ull << 20))
        return false;
    *bytes = (uint64_t)n << (10 * (unit - units + 1));
    return true;
}

static _Noreturn void help_print(int command)
{
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        if (heads[i].command == command)
            printf("usage: %s\n\n%s\n\n", heads[i].usage, heads[i].text);
    if (command == FOR_SHELL)
        printf("  %-20s %s\n", "-c 'COMMANDS'",
               "run these, separated by ;, print what they say, end");
    for (size_t i = 0; i < ROWS; i++) {
        char name[40];

        if ((rows[i].commands & command) == 0)
            continue;
        snprintf(name, sizeof(name), "--%s%s%s", rows[i].name, rows[i].value ? " " : "",
                 rows[i].value ? rows[i].value : "");
        printf("  %-20s %s\n", name, rows[i].help);
    }
    printf("  %-20s %s\n", "--help", "this text");
    exit(EXIT_OK);
}

static unsigned int number_read(const struct row *row, const char *s)
{
    char *end;
    unsigned long n = strtoul(s, &end, 10);

    if (!isdigit((unsigned char)s[0]) || *end != 0 || n < row->low || n > row->high)
        say_fail("--%s %s: give a number from %u to %u", row->name, s, row->low, row->high);
    return (unsigned int)n;
}

static void picture_size_read(struct options *o, const struct row *row, const char *s)
{
    char *x = strchr(s, 'x');

    if (x == NULL)
        say_fail("--res %s: give WIDTHxHEIGHT, such as 160x120", s);
    char *width = text_format("%.*s", (int)(x - s), s);

    o->width = number_read(row, width);
    o->height = number_read(row, x + 1);
    free(width);
}

static void option_take(struct options *o, const struct row *row, const char *value)
{
    char *field = (char *)o + row->offset;

    switch (row->kind) {
    case JOBS:
        if (value[strspn(value, "0123456789")] != 0 || value[0] == 0)
            o->jobs_file = value;
        else
            o->jobs = number_read(row, value);
        break;
    case NUMBER:
        *(unsigned int *)(void *)field = number_read(row, value);
        break;
    case TEXT:
        *(const char **)(void *)field = value;
        break;
    case SIZE:
        if (!options_size(value, &o->memory_bytes))
            say_fail("--%s %s: give a size such as 512M or 4G", row->name, value);
        break;
    case FLAG:
        *(bool *)(void *)field = true;
        break;
    case PICTURE_SIZE:
        picture_size_read(o, row, value);
        break;
    }
}

bool options_given(const struct options *o, const char *name)
{
    for (unsigned int i = 0; i < ROWS; i++)
        if (strcmp(rows[i].name, name) == 0 && (o->given >> i & 1) != 0)
            return true;
    return false;
}

static void options_check(const struct options *o, const char *name)
{
    if (strcmp(o->arch, "x86_64") != 0 && strcmp(o->arch, "aarch64") != 0 &&
        (strcmp(name, "bench") != 0 || strcmp(o->arch, "both") != 0))
        say_fail("--arch %s: give x86_64 or aarch64", o->arch);
    if (o->nodes > o->cores)
        say_fail("--nodes %u: not more nodes than cores (%u)", o->nodes, o->cores);
    if (o->seed != NULL && (strlen(o->seed) != 16 || strspn(o->seed, "0123456789abcdef") != 16))
        say_fail("--seed %s: give 16 hex digits", o->seed);
    if (strcmp(o->mode, "farm") != 0 && strcmp(o->mode, "boot") != 0 &&
        strcmp(o->mode, "idle") != 0 && strcmp(o->mode, "random") != 0 &&
        strcmp(o->mode, "shell") != 0)
        say_fail("--mode %s: give farm, boot or idle", o->mode);
    if ((o->jobs_file != NULL) + (o->resume != NULL) > 1 ||
        ((o->jobs_file != NULL || o->resume != NULL) && (o->words.count > 0 || o->jobs > 0)))
        say_fail("give one of --jobs FILE, --resume DIR, and scenes");
    if (o->resume != NULL && options_given(o, "out"))
        say_fail("--resume %s writes there, too: leave --out away", o->resume);
    if (o->count && o->parallel)
        say_fail("--count and --parallel: one host thread must run all cores to be counted");
    if ((strcmp(name, "test") == 0 || strcmp(name, "bench") == 0 || strcmp(name, "shell") == 0 ||
         strcmp(name, "conform") == 0 || strcmp(name, "version") == 0) &&
        o->words.count > 0)
        say_fail("skerry %s takes no argument \"%s\": see skerry %s --help", name, o->words.item[0],
                 name);
}

void options_read(struct options *o, int command, const char *name, int argc, char **argv)
{
    struct option table[ROWS + 2] = {{0}};
    int n = 0, found;

    *o = (struct options){.arch = command == FOR_BENCH ? "both" : "x86_64",
                          .cores = command == FOR_BENCH ? 2 : 8,
                          .nodes = 2,
                          .out = command == FOR_FUZZ ? NULL : "out",
                          .width = 160,
                          .height = 120,
                          .limit_s = 900,
                          .calls = 2000000,
                          .seconds = 10,
                          .mode = command == FOR_RANDOM                        ? "random"
                                  : command == FOR_WALK || command == FOR_DUMP ? "boot"
                                                                               : "farm"};
    for (int i = 0; i < ROWS; i++)
        if ((rows[i].commands & command) != 0)
            table[n++] = (struct option){rows[i].name, rows[i].kind != FLAG, NULL, 1000 + i};
    table[n] = (struct option){"help", no_argument, NULL, 'h'};
    opterr = 0;
    optind = 1;
    while ((found = getopt_long(argc, argv, command == FOR_SHELL ? ":hc:" : ":h", table, NULL)) !=
           -1) {
        if (found == 'h')
            help_print(command);
        else if (found == 'c')
            o->commands = optarg;
        else if (found == ':')
            say_fail("%s needs a value: see skerry %s --help", argv[optind - 1], name);
        else if (found < 1000)
            say_fail("unknown option %s: see skerry %s --help", argv[optind - 1], name);
        else
            option_take(o, &rows[found - 1000], optarg);
        if (found >= 1000)
            o->given |= UINT64_C(1) << (found - 1000);
    }
    for (int i = optind; i < argc; i++)
        list_add(&o->words, "%s", argv[i]);
    if (!options_given(o, "nodes") && o->nodes > o->cores)
        o->nodes = o->cores;
    options_check(o, name);
}
