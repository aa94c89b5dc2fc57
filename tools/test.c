/* test.c: the command `skerry test`: one row a test, each a program of its own; two run at a time,
 * because each keeps one host core busy. The last line is "N passed, N failed". */
#include "test.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "options.h"
#include "process.h"
#include "say.h"

enum { PARALLEL = 2, ROWS_MAX = 128 };

struct row {
    const char *name;
    const char *arch;    /* NULL: a host test */
    bool quick;          /* part of --quick */
    const char *command; /* words after `skerry`, or a whole command for a host test */
};

static const struct row rows[] = {
    {"unit", NULL, true, "ctest --test-dir build/host --output-on-failure -j1"},
    {"shell", NULL, false, "sh tests/boot/shell/shell.sh"},
    {"panic", NULL, false, "sh tests/boot/panic/panic.sh"},
    {"driver", NULL, false, "sh tests/boot/driver/driver.sh"},
    {"model", NULL, true, "build/host/tools/skerry model --quick"},
    {"prove", NULL, true, "build/host/tools/skerry prove --quick"},
    {"topo", NULL, true, "sh tests/unit/topo/topo.sh"},
    {"style", NULL, true, "sh tests/style/check.sh"},
    {"c11", NULL, true, "sh tests/model/c11/c11.sh"},
    {"fuzz", NULL, false,
     "build/host/tools/skerry fuzz all --seconds 10 --corpus build/test/fuzz/corpus"},
    {"sim", NULL, false,
     "build/host/tools/skerry sim caps --cores 4..64 --ops 1000000000 --seconds 60"},
    {"boot-1", "both", true, "run --mode boot --cores 1 --nodes 1 --limit 60"},
    {"boot-2", "both", true, "run --mode boot --cores 2 --nodes 1 --limit 60"},
    {"boot-4", "both", false, "run --mode boot --cores 4 --nodes 2 --limit 60"},
    {"boot-16", "both", true, "run --mode boot --cores 16 --nodes 4 --limit 90"},
    {"boot-128", "both", false, "run --mode boot --cores 128 --nodes 8 --limit 180"},
    {"walk-16", "both", true, "walk --cores 16 --nodes 4 --limit 90"},
    {"walk-farm", "both", false, "walk --mode farm --cores 8 --nodes 2 --res 64x48 --limit 120"},
    {"dump", "both", true, "dump --cores 4 --nodes 2 --limit 90"},
    {"conform", "both", true, "conform --limit 120"},
    {"dump-farm", "both", false,
     "dump --mode farm --cores 2 --nodes 1 --res 64x48 --limit 90 balls gzip cjpeg"},
    {"random", "both", false, "random --limit 300"},
    {"secrets", "both", false, "secrets --limit 120"},
    {"hostile", "both", false, "hostile --limit 240"},
    {"soak", "both", true, "soak --jobs 200 --cores 16 --nodes 4 --kill 50 --limit 150"},
    {"soak-driver", "both", false,
     "soak --jobs 200 --cores 16 --nodes 4 --kill 50 --kill-driver 5 --limit 150"},
    {"programs", "both", true, "run --cores 2 --nodes 1 --compare --limit 120 gzip cjpeg busybox"},
    {"limits", NULL, false, "sh tests/farm/limits.sh"},
    {"jobs-chain", "both", true,
     "run --cores 2 --nodes 1 --compare --limit 120 --jobs apps/examples/jobs/chain.cfg"},
    {"jobs-mixed", "both", true,
     "run --cores 4 --nodes 2 --compare --limit 120 --jobs apps/examples/jobs/mixed.cfg"},
    {"jobs-turntable", "both", false,
     "run --cores 8 --nodes 2 --compare --limit 240 --jobs apps/examples/jobs/turntable.cfg"},
    {"one-picture", "both", true,
     "run --cores 2 --nodes 1 --compare --res 64x48 --limit 120 balls"},
    {"pictures", "both", true, "run --cores 8 --nodes 2 --compare --res 64x48 --limit 300"},
    {"pictures-128", "both", false,
     "run --cores 128 --nodes 8 --jobs 128 --compare --res 32x24 --limit 400"},
};

struct test {
    char name[64];
    struct list argv;
    char *folder, *log;
    pid_t pid; /* 0: not started; -1: ended */
    double started_s, took_s;
    bool passed;
};

static void test_make(struct test *t, const struct row *row, const char *arch)
{
    snprintf(t->name, sizeof(t->name), "%s%s%s", row->name, arch != NULL ? " " : "",
             arch != NULL ? arch : "");
    t->folder = text_format("%s/build/test/%s%s%s", files_root(), row->name,
                            arch != NULL ? "-" : "", arch != NULL ? arch : "");
    t->log = text_format("%s/test.log", t->folder);
    if (arch != NULL) {
        list_add(&t->argv, "/proc/self/exe");
        list_add_split(&t->argv, row->command, ' ');
        list_add(&t->argv, "--arch=%s", arch);
        list_add(&t->argv, "--out=%s", t->folder);
    } else {
        list_add_split(&t->argv, row->command, ' ');
    }
}

static size_t tests_make(struct test *tests, bool quick)
{
    size_t n = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (quick && !rows[i].quick)
            continue;
        if (rows[i].arch == NULL) {
            test_make(&tests[n++], &rows[i], NULL);
            continue;
        }
        test_make(&tests[n++], &rows[i], "x86_64");
        test_make(&tests[n++], &rows[i], "aarch64");
    }
    return n;
}

static void test_start(struct test *t)
{
    files_remove_tree(t->folder);
    files_make_directory(t->folder);
    t->started_s = process_seconds();
    t->pid = process_start(&(struct process_start){
        .argv = t->argv.item, .directory = files_root(), .log = t->log, .in = -1, .out = -1});
}

static void test_finish(struct test *t, int status)
{
    t->took_s = process_seconds() - t->started_s;
    t->passed = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    t->pid = -1;
    printf("%-24s %7.1f s  %s\n", t->name, t->took_s, t->passed ? "ok" : "FAILED");
    if (!t->passed)
        printf("    see %s\n", t->log);
    fflush(stdout);
}

static void tests_run(struct test *tests, size_t count)
{
    size_t next = 0, alive = 0;

    while (next < count || alive > 0) {
        while (alive < PARALLEL && next < count) {
            test_start(&tests[next++]);
            alive++;
        }
        int status;
        pid_t pid = waitpid(-1, &status, 0);

        if (pid < 0 && errno == EINTR)
            continue;
        for (size_t i = 0; i < count; i++) {
            if (pid > 0 && tests[i].pid == pid) {
                test_finish(&tests[i], status);
                alive--;
            }
        }
    }
}

static void result_write(const struct test *tests, size_t count, const char *path)
{
    struct text t = {0};

    text_add(&t, "{\"format\":\"skerry-test 1\",\"rows\":[");
    for (size_t i = 0; i < count; i++)
        text_add(&t, "%s{\"name\":\"%s\",\"seconds\":%.1f,\"passed\":%s}", i > 0 ? ",\n" : "\n",
                 tests[i].name, tests[i].took_s, tests[i].passed ? "true" : "false");
    text_add(&t, "]}\n");
    files_write(path, &t);
    text_free(&t);
}

int test_command(int argc, char **argv)
{
    static struct test tests[ROWS_MAX];
    struct options o;
    size_t passed = 0;

    options_read(&o, FOR_TEST, "test", argc, argv);
    size_t count = tests_make(tests, o.quick);

    setenv("SKERRY_ROOT", files_root(), 1);
    tests_run(tests, count);
    for (size_t i = 0; i < count; i++)
        passed += tests[i].passed;
    if (o.json != NULL)
        result_write(tests, count, o.json);
    printf("%zu passed, %zu failed\n", passed, count - passed);
    return passed == count && count > 0 ? EXIT_OK : EXIT_FAILED;
}
