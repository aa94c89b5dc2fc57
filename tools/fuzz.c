/* fuzz.c: the command `skerry fuzz`: runs the fuzzers of tests/fuzz, one after the other, each for
 * so many seconds, beginning with its committed seeds. What a fuzzer finds worth keeping stays in
 * the corpus for the next run; an input that fails is kept beside it, and replayed by giving it to
 * the fuzzer as its only argument. */
#include "fuzz.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "options.h"
#include "process.h"
#include "say.h"

#define PREFIX "fuzz_"

/* Wall time after which libFuzzer calls an input a hang: on a busy host the process may starve. */
enum { INPUT_SECONDS = 60, INPUT_BYTES_MAX = 65536 };

static char *fuzzers_folder(void)
{
    return text_format("%s/build/host/tests/fuzz", files_root());
}

static int is_fuzzer(const struct dirent *d)
{
    return strncmp(d->d_name, PREFIX, sizeof(PREFIX) - 1) == 0 && strchr(d->d_name, '.') == NULL;
}

static void fuzzers_list(struct list *names)
{
    char *folder = fuzzers_folder();
    struct dirent **entry;
    int count = scandir(folder, &entry, is_fuzzer, alphasort);

    for (int i = 0; i < count; i++) {
        list_add(names, "%s", entry[i]->d_name + sizeof(PREFIX) - 1);
        free(entry[i]);
    }
    if (count > 0)
        free(entry);
    else
        say_fail("no fuzzers in %s: run ./skerry, which builds them", folder);
    free(folder);
}

/* "stat::number_of_executed_units: 123" and the like, out of the log's end; 0: it is not there. */
static unsigned long long statistic(const char *log, const char *key)
{
    unsigned long long value = 0;
    char line[4096];
    FILE *f = fopen(log, "r");

    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        const char *at = strstr(line, key);
        if (at != NULL)
            value = strtoull(at + strlen(key), NULL, 10);
    }
    if (f != NULL)
        fclose(f);
    return value;
}

/* True: no input failed. */
static bool fuzzer_run(const char *name, const char *corpus_root, unsigned int seconds)
{
    char *program = text_format("%s/build/host/tests/fuzz/" PREFIX "%s", files_root(), name);
    char *corpus = text_format("%s/%s", corpus_root, name);
    char *failures = text_format("%s/%s-failed", corpus_root, name);
    char *log = text_format("%s/%s.log", corpus_root, name);
    struct list argv = {0};

    files_make_directory(corpus);
    unlink(log);
    list_add(&argv, "%s", program);
    list_add(&argv, "-max_total_time=%u", seconds);
    list_add(&argv, "-timeout=%d", INPUT_SECONDS);
    list_add(&argv, "-max_len=%d", INPUT_BYTES_MAX);
    list_add(&argv, "-print_final_stats=1");
    list_add(&argv, "-artifact_prefix=%s-", failures);
    list_add(&argv, "%s", corpus);
    list_add(&argv, "%s/tests/fuzz/seeds/%s", files_root(), name);
    int code =
        process_run(&(struct process_start){.argv = argv.item, .log = log, .in = -1, .out = -1});
    printf("%-10s %4u s %12llu inputs, %5llu edges covered  %s\n", name, seconds,
           statistic(log, "stat::number_of_executed_units:"), statistic(log, " cov: "),
           code == 0 ? "ok" : "FAILED");
    if (code != 0)
        printf("    see %s; the input is %s-*; replay: %s INPUT\n", log, failures, program);
    fflush(stdout);
    list_free(&argv);
    free(program);
    free(corpus);
    free(failures);
    free(log);
    return code == 0;
}

int fuzz_command(int argc, char **argv)
{
    struct list known = {0};
    struct options o;
    unsigned int failed = 0;

    options_read(&o, FOR_FUZZ, "fuzz", argc, argv);
    fuzzers_list(&known);
    if (o.words.count == 0) {
        for (size_t i = 0; i < known.count; i++)
            printf("%s\n", known.item[i]);
        return EXIT_OK;
    }
    char *corpus =
        o.out != NULL ? text_format("%s", o.out) : text_format("%s/build/fuzz", files_root());
    const struct list *names = strcmp(o.words.item[0], "all") == 0 ? &known : &o.words;

    for (size_t i = 0; i < names->count; i++) {
        bool found = false;
        for (size_t k = 0; k < known.count; k++)
            found = found || strcmp(names->item[i], known.item[k]) == 0;
        if (!found)
            say_fail("no fuzzer %s: `skerry fuzz` lists them", names->item[i]);
    }
    for (size_t i = 0; i < names->count; i++)
        failed += !fuzzer_run(names->item[i], corpus, o.seconds);
    list_free(&known);
    free(corpus);
    return failed == 0 ? EXIT_OK : EXIT_FAILED;
}
