/* hostile.c: the command `skerry hostile`: one boot of 8 cores, rounds of 8 jobs. The first round
 * is 7 honest jobs alone; each later one is the same seven beside one job that misbehaves
 * (apps/hostile). Each hostile job must end in its own way, the honest pictures must stay what
 * they are, byte for byte, and the honest programs' own instructions within 2 % of the first
 * round's. */
#include "hostile.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "count_file.h"
#include "dump.h"
#include "farm.h"
#include "files.h"
#include "guest.h"
#include "image.h"
#include "machine.h"
#include "options.h"
#include "process.h"
#include "reference.h"
#include "report.h"
#include "run.h"
#include "say.h"
#include "scenes.h"

enum { HONEST = 7, CORES = 8, NODES = 2, WIDTH = 32, HEIGHT = 24, SILENCE_S = 240, PERCENT = 2 };

/* Cheap ones: what counts is how often they run. */
static const char *const scenes[HONEST] = {"2balls",    "clipplanes", "fisheye", "goblet",
                                           "lavablobs", "smallballs", "texfree"};

/* One round: `kind` is NULL for the first. */
struct round {
    const struct hostile_kind *kind;
    size_t hostile, honest; /* jobs, by number; honest: the first of seven */
    bool said;
};

struct session {
    const struct options *options;
    struct farm farm;
    struct round *round;
    size_t round_count;
    unsigned int failed;
    struct dump_source source;
    struct guest_memory memory;
    struct dump before;
    bool dumped; /* before and after, and they were compared */
};

static bool kind_asked(const struct options *o, const char *name)
{
    return o->words.count == 0 || list_has(&o->words, name);
}

static void honest_add(struct session *s, struct job_list *jobs, struct cargo *cargo)
{
    char *packages = image_packages(s->options->arch);
    struct round *r = &s->round[s->round_count - 1];

    r->honest = jobs->count;
    for (unsigned int i = 0; i < HONEST; i++) {
        struct job_list one = {0};

        scenes_add_job(&one, packages, scenes[i], WIDTH, HEIGHT, 0, cargo);
        const struct list *words = &one.job[0].command[0].words;
        char *name = r->kind != NULL ? text_format("%s-%u", r->kind->name, i + 1)
                                     : text_format("%s", scenes[i]);
        struct job *j = jobs_add(jobs, name);
        struct list *to = &job_run(j, words->item[0])->words;

        for (size_t w = 1; w + 1 < words->count; w++)
            list_add(to, "%s", words->item[w]);
        list_add(to, "%s.tga", name);
        list_add(&j->outputs, "%s.tga", name);
        jobs_free(&one);
        free(name);
    }
    free(packages);
}

static void rounds_make(struct session *s, struct job_list *jobs, struct cargo *cargo)
{
    s->round = calloc(hostile_kind_count + 1, sizeof(*s->round));
    s->round_count = 1;
    honest_add(s, jobs, cargo);
    for (size_t k = 0; k < hostile_kind_count; k++) {
        if (!kind_asked(s->options, hostile_kinds[k].name))
            continue;
        struct round *r = &s->round[s->round_count++];

        r->kind = &hostile_kinds[k];
        r->hostile = jobs->count;
        struct job *j = jobs_add(jobs, r->kind->name);

        j->barrier = true;
        j->wall_ms = r->kind->wall_ms;
        j->memory_bytes = r->kind->memory_bytes;
        list_add(&job_run(j, "/skerry/hostile")->words, "%s", r->kind->name);
        honest_add(s, jobs, cargo);
    }
    if (s->round_count == 1)
        say_fail("there is no such kind: see skerry hostile --list");
}

static void wrong(struct session *s, const struct round *r, const char *what, const char *more)
{
    printf("  %-16s WRONG: %s%s\n", r->kind != NULL ? r->kind->name : "alone", what, more);
    s->failed++;
}

/* What all kernels hold before the first round and behind the last: the same. */
static void dump_at(struct session *s, bool end)
{
    struct dump d = {0};
    struct list notes = {0};

    if (!dump_settled(&s->source, &d))
        wrong(s, &s->round[0], "the kernels' state does not settle: ", end ? "end" : "begin");
    if (!end) {
        s->before = d;
        return;
    }
    s->dumped = true;
    if (dump_compare(&s->before, &d, &notes) > 0)
        wrong(s, &s->round[0], "the dumps of begin and end differ", "");
    for (size_t i = 0; i < notes.count; i++)
        printf("    %s\n", notes.item[i]);
    list_free(&notes);
    dump_free(&d);
    dump_free(&s->before);
}

static bool line_take(void *context, const char *line)
{
    struct session *s = context;
    bool done = farm_line(&s->farm, line);

    if (strcmp(line, "@quiet point=begin") == 0)
        dump_at(s, false);
    else if (strcmp(line, "@quiet point=end") == 0)
        dump_at(s, true);

    for (size_t i = 1; i < s->round_count; i++) {
        struct round *r = &s->round[i];
        char *say = text_format("%s: %s", r->kind->name, r->kind->says ? r->kind->says : "");
        const char *at = r->kind->says != NULL ? strstr(line, say) : NULL;

        r->said = r->said || (at != NULL && line[0] != '@');
        free(say);
    }
    return done;
}

static void tick(void *context)
{
    farm_tick(&((struct session *)context)->farm);
}

static void hostile_check(struct session *s, const struct round *r)
{
    const struct job *j = &s->farm.jobs->job[r->hostile];
    const char *reason = j->reason != NULL ? j->reason : "";

    if (j->status != r->kind->status)
        wrong(s, r, "it should have ended as ", job_status_name(r->kind->status));
    else if (r->kind->reason != NULL &&
             strncmp(reason, r->kind->reason, strlen(r->kind->reason)) != 0)
        wrong(s, r, "its reason should begin with: ", r->kind->reason);
    if (r->kind->says != NULL && !r->said)
        wrong(s, r, "it should have said: ", r->kind->says);
}

/* The largest change of an honest job's instructions, in thousandths. */
static unsigned int honest_check(struct session *s, const struct round *r, const char *folder)
{
    unsigned int change = 0;

    for (unsigned int i = 0; i < HONEST; i++) {
        if (s->farm.jobs->job[r->honest + i].status <= JOB_RUNNING) {
            wrong(s, r, "never ended: ", s->farm.jobs->job[r->honest + i].name);
            return 0;
        }
        const struct job *j = &s->farm.jobs->job[r->honest + i];
        const struct job *alone = &s->farm.jobs->job[s->round[0].honest + i];
        char *ours = text_format("%s/%s", folder, j->outputs.item[0]);
        char *theirs = text_format("%s/reference/%s", folder, alone->outputs.item[0]);

        if (j->status != JOB_OK)
            wrong(s, r, "not ok: ", j->name);
        else if (!files_equal(ours, theirs))
            wrong(s, r, "another picture: ", j->name);
        if (!j->counted || !alone->counted || alone->instructions == 0) {
            wrong(s, r, "not counted: ", j->name);
        } else {
            uint64_t a = j->instructions, b = alone->instructions;
            uint64_t moved = (a > b ? a - b : b - a) * 1000 / b;

            change = moved > change ? (unsigned int)moved : change;
            if (moved >= PERCENT * 10)
                wrong(s, r, "its instructions changed by 2 % or more: ", j->name);
        }
        free(ours);
        free(theirs);
    }
    return change;
}

static void result_print(struct session *s, const char *folder)
{
    for (size_t i = 0; i < s->round_count; i++) {
        const struct round *r = &s->round[i];
        unsigned int change = honest_check(s, r, folder);
        const struct job *j = r->kind != NULL ? &s->farm.jobs->job[r->hostile] : NULL;

        printf("%-16s %-8s %-52s 7 pictures, instructions +-%u.%u %%\n",
               j != NULL ? j->name : "alone", j != NULL ? job_status_name(j->status) : "",
               j != NULL && j->reason != NULL ? j->reason : "", change / 10, change % 10);
        if (j != NULL)
            hostile_check(s, r);
    }
}

static void counts_take(struct session *s, const char *path)
{
    struct count_file counts;

    if (!count_file_read(&counts, path))
        say_line("the counting plugin left no counts in %s", path);
    else
        farm_counts_take(&s->farm, &counts);
    count_file_free(&counts);
}

static int machine_run(struct session *s, struct machine *m, const char *folder)
{
    struct list argv = {0};
    char *console = text_format("%s/console.log", folder);
    char *qemu = text_format("%s/qemu.log", folder);
    char *counts = text_format("%s/count.txt", folder);
    char *plugin = count_plugin(counts, s->options->arch);
    struct guest g = {.argv = &argv,
                      .console_log = console,
                      .qemu_log = qemu,
                      .limit_s = s->options->limit_s,
                      .silence_s = SILENCE_S,
                      .verbose = s->options->verbose,
                      .context = s,
                      .on_line = line_take,
                      .on_tick = tick};

    m->plugin = plugin;
    machine_settle(m);
    guest_memory_make(&s->memory, NODES, m->memory_bytes / NODES);
    s->source = (struct dump_source){.options = s->options, .gdb = m->gdb, .memory = &s->memory};
    machine_arguments(m, &argv);
    s->farm.started_s = process_seconds();
    enum guest_end end = guest_run(&g);

    if (end != GUEST_DONE)
        say_line("%s: see %s and %s", guest_end_text(end), console, qemu);
    counts_take(s, counts);
    result_print(s, folder);
    printf("%zu kinds, %u wrong, %llu objects leaked, %zu panics, %.1f s\n", s->round_count - 1,
           s->failed, (unsigned long long)s->farm.leaked_objects, s->farm.panics.count,
           process_seconds() - s->farm.started_s);
    list_free(&argv);
    free(console);
    free(qemu);
    free(counts);
    free(plugin);
    if (end == GUEST_DONE && !s->dumped)
        wrong(s, &s->round[0], "no dump of the end", "");
    return end == GUEST_INTERRUPTED ? EXIT_INTERRUPTED
           : end == GUEST_DONE && s->failed == 0 && s->farm.leaked_objects == 0 &&
                   s->farm.panics.count == 0 && s->farm.cores_up == CORES
               ? EXIT_OK
               : EXIT_FAILED;
}

static int kinds_print(void)
{
    for (size_t k = 0; k < hostile_kind_count; k++)
        printf("%-16s %s\n", hostile_kinds[k].name, job_status_name(hostile_kinds[k].status));
    return EXIT_OK;
}

int hostile_command(int argc, char **argv)
{
    struct job_list jobs = {0};
    struct cargo cargo = {0};
    struct image image = {0};
    struct options o;
    char folder[PATH_MAX];

    options_read(&o, FOR_HOSTILE, "hostile", argc, argv);
    if (o.list)
        return kinds_print();
    o.cores = CORES;
    o.nodes = NODES;
    struct session s = {.options = &o};

    rounds_make(&s, &jobs, &cargo);
    files_make_directory(o.out);
    if (realpath(o.out, folder) == NULL || strchr(folder, ',') != NULL)
        say_fail("--out %s: no commas in the path, please", o.out);
    image_make(&image, o.arch, &jobs, &cargo);
    char *references = text_format("%s/reference", folder);
    struct job_list alone = {.job = jobs.job, .count = HONEST};

    files_remove_tree(references);
    reference_render(&image, o.arch, &alone, references, 2, false);
    char *gdb = text_format("%s/gdb", image.folder);
    struct machine m = {.options = &o,
                        .archive = image.archive,
                        .share = folder,
                        .gdb = gdb,
                        .memory = &s.memory,
                        .words = "quiet_ms=500"};

    s.farm = (struct farm){.options = &o, .jobs = &jobs};
    int code = machine_run(&s, &m, folder);

    guest_memory_close(&s.memory);
    unlink(gdb);
    free(gdb);
    free(references);
    if (!o.keep)
        image_remove(&image);
    return code;
}
