/* model.c: the command `skerry model`: the runs of tests/model/runs.txt, each a model, its bounds and
 * what must come of it: `all` and `test` must find no error in any state, `ends` no behaviour that
 * goes on for ever, `bits` is a bitstate run (not exhaustive, and called so), `omit` leaves a rule
 * out and must find an error, told as the shortest story.
 *
 * Per run: cpp, spin -a, gcc, ./pan, in build/model/NAME, where log and story stay. */
#include "model.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "options.h"
#include "process.h"
#include "say.h"

enum { RUN_SECONDS = 240, MEMORY_MIB = 3000, DEPTH = 200000, DEPTH_OMIT = 20000 };

struct run {
    char kind[8], name[32], model[32];
    char *defines;
};

struct result {
    bool complete; /* pan looked at everything it was to look at, without an error */
    bool found;    /* an error, with its trail */
    unsigned long long states;
    unsigned int story; /* lines */
    double seconds;     /* of pan alone */
};

/* One of the four programs. False: it failed; its output is in `log`. */
static bool tool_run(const char *folder, const char *line, const char *words, const char *log,
                     int limit_s)
{
    struct list argv = {0};

    list_add_split(&argv, line, ' ');
    if (words != NULL)
        list_add_split(&argv, words, ' ');
    int code = process_run(&(struct process_start){.argv = argv.item,
                                                   .directory = folder,
                                                   .log = log,
                                                   .in = -1,
                                                   .out = -1,
                                                   .limit_s = limit_s});

    list_free(&argv);
    return code == 0;
}

/* "TRANSFERS=2 LENDS=1" as -D words. */
static char *defines_words(const char *defines)
{
    struct list given = {0};
    struct text t = {0};

    list_add_split(&given, defines, ' ');
    text_add(&t, "-P");
    for (size_t i = 0; i < given.count; i++)
        text_add(&t, " -D%s", given.item[i]);
    list_free(&given);
    return t.data;
}

static const char *compile_words(const struct run *r)
{
    if (strcmp(r->kind, "ends") == 0)
        return "-DNP -DNOFAIR -DCOLLAPSE";
    if (strcmp(r->kind, "omit") == 0)
        return "-DSAFETY -DCOLLAPSE -DREACH";
    return strcmp(r->kind, "bits") == 0 ? "-DSAFETY -DBITSTATE" : "-DSAFETY -DCOLLAPSE";
}

/* States, whether it was complete, from what pan printed. */
static void log_read(const char *log, struct result *out)
{
    char *text = files_text(log);
    const char *errors = text != NULL ? strstr(text, "errors: ") : NULL;

    if (text == NULL)
        return;
    const char *stored = errors != NULL ? strchr(errors, '\n') : NULL;

    if (stored != NULL)
        out->states = strtoull(stored, NULL, 10);
    out->complete = errors != NULL && strncmp(errors, "errors: 0", 9) == 0 &&
                    strstr(text, "too small") == NULL && strstr(text, "not completed") == NULL &&
                    strstr(text, "out of memory") == NULL && out->states > 0;
    free(text);
}

/* The steps of the error, a line each, from spin's replay of the trail. */
static unsigned int story_write(const char *folder, const char *replay)
{
    char *text = files_text(replay);
    char *path = text_format("%s/story.txt", folder);
    struct list lines = {0};
    struct text t = {0};
    unsigned int count = 0;

    list_add_split(&lines, text != NULL ? text : "", '\n');
    for (size_t i = 0; i < lines.count; i++) {
        const char *at = strstr(lines.item[i], "@ ");

        if (at == NULL && strstr(lines.item[i], "assert") == NULL)
            continue;
        count += at != NULL;
        text_add(&t, "%s\n", at != NULL ? at + 2 : lines.item[i]);
    }
    if (t.data != NULL)
        files_write(path, &t);
    text_free(&t);
    list_free(&lines);
    free(text);
    free(path);
    return count;
}

/* False: a program failed that must not. */
static bool run_do(const struct run *r, const char *folder, struct result *out)
{
    bool omit = strcmp(r->kind, "omit") == 0;
    char *words = defines_words(r->defines);
    char *source = text_format("cpp %s/tests/model/%s.pml -o model.pml", files_root(), r->model);
    char *compile =
        text_format("gcc -w -O%d -DMEMLIM=%d %s -o pan pan.c",
                    omit || strcmp(r->kind, "test") == 0 ? 0 : 1, MEMORY_MIB, compile_words(r));
    char *log = text_format("%s/pan.log", folder), *tools = text_format("%s/tools.log", folder);
    char *replay = text_format("%s/replay.txt", folder);
    char *trail = text_format("%s/model.pml.trail", folder);
    char *pan = text_format("./pan -m%d%s%s", omit ? DEPTH_OMIT : DEPTH,
                            strcmp(r->kind, "ends") == 0 ? " -l" : "", omit ? " -i" : "");
    bool made = false;

    files_remove_tree(folder);
    files_make_directory(folder);
    made = tool_run(folder, source, words, tools, 0) &&
           tool_run(folder, "spin -a model.pml", NULL, tools, 0) &&
           tool_run(folder, compile, NULL, tools, 0);
    if (made) {
        double started = process_seconds();
        bool ended = tool_run(folder, pan, NULL, log, RUN_SECONDS);

        out->seconds = process_seconds() - started;
        log_read(log, out);
        out->complete = out->complete && ended;
        out->found = files_exist(trail);
        if (out->found && tool_run(folder, "spin -t model.pml", NULL, replay, 60))
            out->story = story_write(folder, replay);
    }
    free(words);
    free(source);
    free(compile);
    free(log);
    free(tools);
    free(replay);
    free(trail);
    free(pan);
    return made;
}

/* Prints the line of a run; true: it came out as it must. */
static bool run_judge(const struct run *r, struct text *json)
{
    char *folder = text_format("%s/build/model/%s", files_root(), r->name);
    bool omit = strcmp(r->kind, "omit") == 0;
    struct result out = {0};
    bool made = run_do(r, folder, &out);
    bool ok = made && (omit ? out.found && out.story > 0 : out.complete && !out.found);

    if (omit)
        printf("%-14s %-6s %-64s story of %2u steps  %s\n", r->name, r->model, r->defines,
               out.story, ok ? "caught" : "NOT CAUGHT");
    else
        printf("%-14s %-6s %-64s %9llu states%s, %5.1f s  %s\n", r->name, r->model, r->defines,
               out.states, strcmp(r->kind, "bits") == 0 ? " (bitstate, not exhaustive)" : "",
               out.seconds, ok ? "ok" : "FAILED");
    if (!ok || !made)
        printf("    see %s\n", folder);
    fflush(stdout);
    text_add(json,
             "%s{\"kind\":\"%s\",\"name\":\"%s\",\"model\":\"%s\",\"defines\":\"%s\","
             "\"states\":%llu,\"story\":%u,\"seconds\":%.1f,\"passed\":%s}",
             json->length > 0 ? ",\n" : "", r->kind, r->name, r->model, r->defines, out.states,
             out.story, out.seconds, ok ? "true" : "false");
    free(folder);
    return ok;
}

/* Which runs: those named; else of the kind that is asked for; else all that must pass. */
static bool run_wanted(const struct run *r, const struct options *o)
{
    if (o->words.count > 0)
        return list_has(&o->words, r->name);
    if (o->quick)
        return strcmp(r->kind, "test") == 0 || strcmp(r->name, "omit-4") == 0;
    return o->all || o->list || o->omissions == (strcmp(r->kind, "omit") == 0);
}

/* A line `KIND NAME MODEL DEFINE=N...`; false: it is empty or a comment. */
static bool run_read(const char *line, struct run *r)
{
    int at = 0;

    if (line[0] == '#' || sscanf(line, "%7s %31s %31s %n", r->kind, r->name, r->model, &at) != 3)
        return false;
    r->defines = (char *)(line + at);
    return true;
}

int model_command(int argc, char **argv)
{
    char *path = text_format("%s/tests/model/runs.txt", files_root());
    struct text json = {0}, file = {0};
    struct list lines = {0};
    struct options o;
    struct run r;
    unsigned int passed = 0, failed = 0;

    options_read(&o, FOR_MODEL, "model", argc, argv);
    char *runs = files_text(path);

    if (runs == NULL)
        say_fail("cannot read %s", path);
    list_add_split(&lines, runs, '\n');
    for (size_t i = 0; i < lines.count; i++) {
        if (!run_read(lines.item[i], &r) || !run_wanted(&r, &o))
            continue;
        if (o.list)
            printf("%-5s %-14s %-6s %s\n", r.kind, r.name, r.model, r.defines);
        else if (run_judge(&r, &json))
            passed++;
        else
            failed++;
    }
    if (o.json != NULL) {
        text_add(&file, "{\"format\":\"skerry-model 1\",\"runs\":[\n%s]}\n",
                 json.data != NULL ? json.data : "");
        files_write(o.json, &file);
        text_free(&file);
    }
    if (!o.list)
        printf("%u passed, %u failed\n", passed, failed);
    text_free(&json);
    list_free(&lines);
    free(runs);
    free(path);
    return o.list || (failed == 0 && passed > 0) ? EXIT_OK : EXIT_FAILED;
}
