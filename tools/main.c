/* main.c: the host program `skerry`: finds the command and hands over. The launcher ./skerry at the
 * top of the tree installs and builds what is missing and then starts this. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "check.h"
#include "conform.h"
#include "dump.h"
#include "files.h"
#include "fuzz.h"
#include "hostile.h"
#include "model.h"
#include "options.h"
#include "place.h"
#include "prove.h"
#include "random.h"
#include "reference.h"
#include "run.h"
#include "say.h"
#include "secrets.h"
#include "shell.h"
#include "sim.h"
#include "soak.h"
#include "test.h"
#include "topo.h"
#include "walk.h"

#define VERSION "0.1.0"

static int version_command(int argc, char **argv)
{
    struct text t = {0};
    struct options o;

    options_read(&o, FOR_VERSION, "version", argc, argv);
    printf("skerry " VERSION "\n");
    if (o.json != NULL) {
        text_add(&t, "{\"format\":\"skerry-version 1\",\"version\":\"" VERSION "\"}\n");
        files_write(o.json, &t);
        text_free(&t);
    }
    return EXIT_OK;
}

static int help_command(int argc, char **argv);

static const struct {
    const char *name, *text;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"run", "boot the machine and run jobs on every core", run_command},
    {"check", "say what is wrong with jobs files", check_command},
    {"test", "run the tests", test_command},
    {"bench", "count what the system's operations cost", bench_command},
    {"conform", "try what the kernel promises, case by case", conform_command},
    {"shell", "boot the machine and talk to its shell", shell_command},
    {"walk", "prove from the page tables that no core can touch another's kernel", walk_command},
    {"fuzz", "feed mutated bytes to every reader of foreign bytes", fuzz_command},
    {"dump", "write down what every core's kernel holds, so that two states can be compared",
     dump_command},
    {"random", "make random system calls, compare every answer with the specification",
     random_command},
    {"hostile", "run misbehaving jobs beside honest ones", hostile_command},
    {"secrets", "search all memory for what an ended job knew", secrets_command},
    {"soak", "run and kill many jobs in one boot, and show that nothing is left behind",
     soak_command},
    {"model", "check the models of the capability protocol", model_command},
    {"prove", "prove the contracts of the capability core", prove_command},
    {"sim", "simulate capability operations on many cores", sim_command},
    {"reference", "render scenes with Debian's own program on this host", reference_command},
    {"topo", "say, measure and draw what a machine is", topo_command},
    {"place", "lay a system out on a machine, and say why", place_command},
    {"version", "print the version", version_command},
    {"help", "print this", help_command},
};

static int help_command(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("usage: skerry COMMAND [OPTIONS]\n\n");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].text);
    printf("\nskerry COMMAND --help says what a command can do. Exit codes: 0 all well, 1 "
           "something failed,\n"
           "2 it could not start, 130 stopped by Ctrl-C.\n");
    return EXIT_OK;
}

/* Where nothing has to be brought to an end in order: children die with us, folders of dead
 * processes are removed by the next run. While a guest runs, guest.c takes these signals. */
static void interrupted(int signal)
{
    static const char text[] = "\nskerry: interrupted\n";

    (void)signal;
    if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
        _exit(EXIT_FAILED);
    _exit(EXIT_INTERRUPTED);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "help";
    struct sigaction action = {.sa_handler = interrupted};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0)
        name = "version";
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].run(argc > 1 ? argc - 1 : argc, argc > 1 ? argv + 1 : argv);
    say_fail("unknown command %s: see skerry help", name);
}
