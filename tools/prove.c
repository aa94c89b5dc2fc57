/* prove.c: the command `skerry prove`: gives the shipped sources of the capability core to Frama-C's
 * WP with Z3 and CVC4, and counts by function what was proved. The table tests/proof/functions.txt
 * says which functions; functions of one group go to one run. A goal that is not proved fails, and
 * so do a function without a goal, and an axiom, an admitted claim or a lemma in the sources. */
#include "prove.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "options.h"
#include "process.h"
#include "say.h"

#define SOURCES "cpu-driver/cap"
#define TABLE "tests/proof/functions.txt"

/* A goal that is proved takes under 3 s on a free core; the rest is for a loaded host. */
enum { ROWS_MAX = 256, GOAL_SECONDS = 60, GROUP_SECONDS = 900 };

/* One line of the table. */
struct row {
    char files[128]; /* of SOURCES, with + between: the group */
    char function[64];
    char flags[64]; /* quick: also with --quick; wrap: unsigned arithmetic may wrap here */
    bool chosen;
    unsigned int goals, proved;
};

static size_t table_read(struct row *rows)
{
    char *path = text_format("%s/" TABLE, files_root()), *text = files_text(path);
    struct list lines = {0};
    size_t count = 0;

    if (text == NULL)
        say_fail("cannot read %s", path);
    list_add_split(&lines, text, '\n');
    for (size_t i = 0; i < lines.count; i++) {
        struct row *r = &rows[count];
        if (lines.item[i][0] == '#')
            continue;
        if (count == ROWS_MAX)
            say_fail("%s: more than %d functions", path, ROWS_MAX);
        *r = (struct row){0};
        if (sscanf(lines.item[i], "%127s %63s %63s", r->files, r->function, r->flags) < 2)
            say_fail("%s: no FILES FUNCTION [FLAGS]: %s", path, lines.item[i]);
        count++;
    }
    list_free(&lines);
    free(text);
    free(path);
    return count;
}

static bool is_in_group(const struct row *r, const struct row *head)
{
    return r->chosen && strcmp(r->files, head->files) == 0 &&
           (strstr(r->flags, "wrap") == NULL) == (strstr(head->flags, "wrap") == NULL);
}

/* What would make a proof worth nothing. The word must begin an annotation's clause. */
static bool sources_are_honest(void)
{
    static const char *const words[] = {"axiom ", "axiom:",  "lemma ",
                                        "admit ", "\\admit", "check lemma"};
    char *folder = text_format("%s/" SOURCES, files_root());
    struct list names = {0};
    bool honest = true;

    files_list(folder, ".c,.h", &names);
    for (size_t i = 0; i < names.count; i++) {
        char *path = text_format("%s/%s", folder, names.item[i]), *text = files_text(path);
        for (size_t w = 0; text != NULL && w < sizeof(words) / sizeof(words[0]); w++) {
            const char *at = strstr(text, words[w]);
            if (at == NULL || (at > text && at[-1] != ' ' && at[-1] != '\n'))
                continue;
            printf("%s: \"%s\": nothing may be taken for granted\n", path, words[w]);
            honest = false;
        }
        free(text);
        free(path);
    }
    list_free(&names);
    free(folder);
    return honest;
}

/* "[wp] [Z3 4.8.12] Goal typed_list_link_ensures_2 : Valid (...)": the function is the longest of
 * the group's that fits. */
static void goal_count(struct row *rows, size_t count, const struct row *head, const char *line)
{
    static const char goal[] = "] Goal typed_";
    const char *at = strstr(line, goal);
    struct row *best = NULL;

    if (at == NULL)
        return;
    at += sizeof(goal) - 1;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(rows[i].function);
        if (is_in_group(&rows[i], head) && strncmp(at, rows[i].function, length) == 0 &&
            at[length] == '_' && (best == NULL || length > strlen(best->function)))
            best = &rows[i];
    }
    if (best == NULL)
        return;
    best->goals++;
    if (strstr(at, " : Valid") != NULL)
        best->proved++;
    else
        printf("    not proved: %.*s\n", (int)strcspn(at, " :\n"), at);
}

static void group_argv(struct list *argv, const struct row *rows, size_t count,
                       const struct row *head, unsigned int seconds)
{
    struct list files = {0};
    struct text functions = {0};

    list_add_split(&files, head->files, '+');
    for (size_t i = 0; i < count; i++)
        if (is_in_group(&rows[i], head))
            text_add(&functions, "%s%s", functions.length > 0 ? "," : "", rows[i].function);
    list_add(argv, "timeout");
    list_add(argv, "%d", GROUP_SECONDS);
    list_add(argv, "frama-c");
    list_add(argv, "-c11");
    list_add(argv, "-machdep=gcc_x86_64");
    list_add(argv, "-cpp-extra-args=-Icpu-driver -Icpu-driver/include -Iarch/include "
                   "-Iarch/host/include");
    for (size_t i = 0; i < files.count; i++)
        list_add(argv, SOURCES "/%s", files.item[i]);
    list_add_split(argv, "-wp -wp-rte -wp-prover=z3,cvc4 -wp-par=2", ' ');
    list_add(argv, "-wp-timeout=%u", seconds);
    if (strstr(head->flags, "wrap") == NULL)
        list_add(argv, "-warn-unsigned-overflow");
    list_add(argv, "-wp-fct=%s", functions.data);
    list_free(&files);
    text_free(&functions);
}

/* One run of Frama-C for the head and all rows of its group. */
static bool group_prove(struct row *rows, size_t count, struct row *head, size_t number,
                        unsigned int seconds)
{
    char *log = text_format("%s/build/prove/%zu.log", files_root(), number), line[4096];
    struct list argv = {0};

    remove(log);
    group_argv(&argv, rows, count, head, seconds);
    int code = process_run(&(struct process_start){
        .argv = argv.item, .directory = files_root(), .log = log, .in = -1, .out = -1});
    FILE *f = fopen(log, "r");
    while (f != NULL && fgets(line, sizeof(line), f) != NULL)
        goal_count(rows, count, head, line);
    if (f != NULL)
        fclose(f);
    if (code != 0)
        printf("    frama-c ended with %d: see %s\n", code, log);
    for (size_t i = 0; i < count; i++) {
        struct row *r = &rows[i];
        if (!is_in_group(r, head))
            continue;
        bool ok = r->goals > 0 && r->proved == r->goals;
        printf("%-18s %-24s %4u of %4u goals  %s\n", r->files, r->function, r->proved, r->goals,
               ok ? "ok" : "FAILED");
    }
    fflush(stdout);
    list_free(&argv);
    free(log);
    return code == 0;
}

static void why3_configure(void)
{
    char *folder = text_format("%s/build/prove", files_root());
    char *config = text_format("%s/why3.conf", folder), *log = text_format("%s/why3.log", folder);
    struct list argv = {0};

    files_make_directory(folder);
    setenv("WHY3CONFIG", config, 1);
    list_add_split(&argv, "why3 config detect", ' ');
    if (!files_exist(config) &&
        process_run(&(struct process_start){
            .argv = argv.item, .directory = files_root(), .log = log, .in = -1, .out = -1}) != 0)
        say_fail("why3 found no prover: see %s", log);
    list_free(&argv);
    free(config);
    free(log);
    free(folder);
}

static void result_write(const struct row *rows, size_t count, const char *path)
{
    struct text t = {0};
    const char *comma = "";

    text_add(&t, "{\"format\":\"skerry-prove 1\",\"functions\":[");
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].chosen)
            continue;
        text_add(&t, "%s\n{\"name\":\"%s\",\"goals\":%u,\"proved\":%u}", comma, rows[i].function,
                 rows[i].goals, rows[i].proved);
        comma = ",";
    }
    text_add(&t, "]}\n");
    files_write(path, &t);
    text_free(&t);
}

int prove_command(int argc, char **argv)
{
    static struct row rows[ROWS_MAX];
    struct options o;
    unsigned int functions = 0, goals = 0, proved = 0;
    size_t groups = 0;

    options_read(&o, FOR_PROVE, "prove", argc, argv);
    char *program = process_find("frama-c");
    if (program == NULL)
        say_fail("frama-c is missing: ./skerry prove (without SKERRY_NO_BUILD) installs it");
    free(program);
    size_t count = table_read(rows);
    for (size_t i = 0; i < count; i++) {
        rows[i].chosen = (!o.quick || strstr(rows[i].flags, "quick") != NULL) &&
                         (o.filter == NULL || strcmp(rows[i].function, o.filter) == 0);
        functions += rows[i].chosen;
    }
    if (functions == 0)
        say_fail("no such function in " TABLE);
    bool good = sources_are_honest();
    why3_configure();
    /* Frama-C finds files by this variable, whatever folder it is started in. */
    setenv("PWD", files_root(), 1);
    for (size_t i = 0; i < count; i++) {
        size_t first = 0;
        while (first < i && !is_in_group(&rows[first], &rows[i]))
            first++;
        if (rows[i].chosen && first == i)
            good &= group_prove(rows, count, &rows[i], ++groups,
                                options_given(&o, "seconds") ? o.seconds : GOAL_SECONDS);
    }
    for (size_t i = 0; i < count; i++) {
        goals += rows[i].goals;
        proved += rows[i].proved;
        good &= !rows[i].chosen || (rows[i].goals > 0 && rows[i].proved == rows[i].goals);
    }
    if (o.json != NULL)
        result_write(rows, count, o.json);
    printf("%u functions, %u goals, %u proved\n", functions, goals, proved);
    return good ? EXIT_OK : EXIT_FAILED;
}
