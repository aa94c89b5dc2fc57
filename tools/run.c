/* run.c: the command `skerry run`: jobs, boot archive, one QEMU, comparison, table, report. */
#include "run.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "count_file.h"
#include "farm.h"
#include "files.h"
#include "guest.h"
#include "image.h"
#include "machine.h"
#include "process.h"
#include "reference.h"
#include "report.h"
#include "resume.h"
#include "say.h"
#include "scenes.h"

enum { SILENCE_S = 240 };

static void packages_check(const char *packages)
{
    char *stamp = text_format("%s/usr/bin/tachyon", packages);

    if (!files_exist(stamp))
        say_fail(
            "Debian's programs are missing in build/packages: run ./skerry, which fetches them");
    free(stamp);
}

static void scenes_make(const struct options *o, struct jobfile *f)
{
    struct list all = {0};
    const struct list *names = &o->words;

    if (names->count == 0 && o->mode[0] == 'f')
        scenes_list(f->packages, &all), names = &all;
    for (size_t i = 0; i < names->count && o->jobs == 0; i++)
        scenes_add_job(&f->jobs, f->packages, names->item[i], o->width, o->height, 0, &f->cargo);
    for (unsigned int i = 0; i < o->jobs && names->count > 0; i++)
        scenes_add_job(&f->jobs, f->packages, names->item[i % names->count], o->width, o->height,
                       (unsigned int)(i / names->count), &f->cargo);
    list_free(&all);
}

static void machine_take(struct options *o, const struct jobfile *f)
{
    if (f->cores != 0 && !options_given(o, "cores"))
        o->cores = f->cores;
    if (f->nodes != 0 && !options_given(o, "nodes"))
        o->nodes = f->nodes;
    if (f->memory_bytes != 0 && !options_given(o, "memory"))
        o->memory_bytes = f->memory_bytes;
    if (o->nodes > o->cores)
        o->nodes = o->cores;
}

/* Ends the program when the file has problems. */
static void file_take(struct options *o, struct jobfile *f, const char *path)
{
    struct settings s;
    bool good = settings_open(&s, path, JOBFILE_FORMAT);

    if (good && !options_given(o, "arch") && jobfile_arch(&s) != NULL)
        f->arch = o->arch = jobfile_arch(&s);
    f->packages = image_packages(f->arch);
    packages_check(f->packages);
    good = good && jobfile_read(f, &s);
    size_t problems = settings_print(&s);

    if (!good)
        say_fail("%zu problem%s in %s: nothing was run", problems, problems == 1 ? "" : "s", path);
    machine_take(o, f);
    settings_close(&s);
}

void run_jobs_make(struct options *o, struct jobfile *f)
{
    *f = (struct jobfile){.arch = o->arch};
    if (o->resume != NULL) {
        char *path = text_format("%s/jobs.cfg", o->resume);

        if (!files_exist(path))
            say_fail("--resume %s: no run was begun there (it has no jobs.cfg)", o->resume);
        file_take(o, f, path);
        o->out = o->resume;
        free(path);
    } else if (o->jobs_file != NULL) {
        file_take(o, f, o->jobs_file);
    } else {
        f->packages = image_packages(o->arch);
        packages_check(f->packages);
        scenes_make(o, f);
    }
}

/* What makes the run one that can be resumed. */
static void jobs_keep(const struct options *o, struct jobfile *f, const char *folder)
{
    char *input = text_format("%s/jobs.input", folder);
    char *path = text_format("%s/jobs.cfg", folder);
    struct text t = {0};

    cargo_materialize(&f->cargo, input);
    if (f->jobs.count > 0) {
        f->cores = o->cores;
        f->nodes = o->nodes;
        f->memory_bytes = o->memory_bytes;
        jobfile_write(f, &t);
        files_replace(path, &t);
    }
    text_free(&t);
    free(path);
    free(input);
}

static int scenes_print(const struct options *o)
{
    char *packages = image_packages(o->arch);
    struct list names = {0};

    packages_check(packages);
    scenes_list(packages, &names);
    for (size_t i = 0; i < names.count; i++)
        printf("%s\n", names.item[i]);
    list_free(&names);
    free(packages);
    return EXIT_OK;
}

/* References are rendered in a process of their own while the guest works: the guest's emulator
 * keeps one host core busy, this the other. */
static pid_t references_start(const struct image *image, const struct options *o,
                              const struct job_list *jobs, const char *folder)
{
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_IGN); /* the terminal's Ctrl-C is for the parent, which then stops this */
    if (getppid() != parent)
        _exit(EXIT_FAILED);
    _exit(reference_render(image, o->arch, jobs, folder, 1, false) == 0 ? EXIT_OK : EXIT_FAILED);
}

static unsigned int references_compare(struct job_list *jobs, const char *pictures,
                                       const char *references)
{
    unsigned int wrong = 0;

    for (size_t i = 0; i < jobs->count; i++) {
        struct job *j = &jobs->job[i];

        if (j->status != JOB_OK || j->earlier != NULL)
            continue;
        j->match = MATCH_SAME;
        for (size_t k = 0; k < j->outputs.count; k++) {
            char *ours = text_format("%s/%s", pictures, j->outputs.item[k]);
            char *theirs = text_format("%s/%s", references, j->outputs.item[k]);

            if (!files_exist(theirs))
                j->match = MATCH_NO_REFERENCE;
            else if (!files_equal(ours, theirs))
                j->match = MATCH_DIFFERENT;
            free(ours);
            free(theirs);
        }
        if (j->match != MATCH_SAME)
            wrong++;
    }
    return wrong;
}

/* Files of an earlier run must not pass for ours; folders are there before the guest needs them. */
static void outputs_clear(const struct job_list *jobs, const char *folder)
{
    for (size_t i = 0; i < jobs->count; i++) {
        for (size_t k = 0; jobs->job[i].earlier == NULL && k < jobs->job[i].outputs.count; k++) {
            char *path = text_format("%s/%s", folder, jobs->job[i].outputs.item[k]);

            files_make_parent(path);
            unlink(path);
            free(path);
        }
    }
}

static enum guest_end guest_follow(struct farm *f, const struct machine *m, const char *folder)
{
    struct list argv = {0};
    char *console = text_format("%s/console.log", folder);
    char *qemu = text_format("%s/qemu.log", folder);
    struct guest g = {.argv = &argv,
                      .console_log = console,
                      .qemu_log = qemu,
                      .limit_s = f->options->limit_s,
                      .silence_s = SILENCE_S,
                      .verbose = f->options->verbose,
                      .context = f,
                      .on_line = farm_line,
                      .on_tick = farm_tick};

    machine_arguments(m, &argv);
    if (f->options->verbose)
        for (size_t i = 0; i < argv.count; i++)
            fprintf(stderr, "%s%c", argv.item[i], i + 1 < argv.count ? ' ' : '\n');
    f->started_s = process_seconds();
    enum guest_end end = guest_run(&g);

    if (end == GUEST_EXITED)
        say_line("%s (QEMU's exit code %d): see %s and %s", guest_end_text(end), g.code, console,
                 qemu);
    else if (end != GUEST_DONE)
        say_line("%s: see %s", guest_end_text(end), console);
    if (files_size(qemu) == 0)
        unlink(qemu);
    list_free(&argv);
    free(console);
    free(qemu);
    return end;
}

static void counts_read(struct farm *f, const char *path)
{
    struct count_file counts;

    if (!count_file_read(&counts, path))
        say_line("the counting plugin left no counts in %s", path);
    else if (farm_counts_take(f, &counts) == 0)
        say_line("--count: the machine marked no job, so nothing can be told of one");
    count_file_free(&counts);
}

/* Sums are taken and the report is written when a job has ended, so that this program may die. */
static void job_kept(struct farm *f, struct job *j)
{
    report_sums(j, f->folder);
    report_save(f, f->folder);
}

static void result_write(const struct farm *f, const char *json)
{
    struct text t = {0};

    report_save(f, f->folder);
    report_json(f, &t);
    if (json != NULL)
        files_write(json, &t);
    text_free(&t);
}

static int verdict(const struct farm *f, enum guest_end end, unsigned int wrong)
{
    if (end == GUEST_INTERRUPTED)
        return EXIT_INTERRUPTED;
    if (end != GUEST_DONE || wrong > 0 || f->leaked_objects > 0 || f->panics.count > 0 ||
        f->cores_up != f->options->cores)
        return EXIT_FAILED;
    return jobs_count(f->jobs, JOB_OK) == f->jobs->count ? EXIT_OK : EXIT_FAILED;
}

static void result_print(const struct farm *f, enum guest_end end)
{
    if (f->jobs->count > 0) {
        report_table(f);
        if (f->options->accounting)
            report_accounting(f);
        printf("pictures and report.json in %s\n", f->folder);
    } else if (end == GUEST_DONE) {
        printf("%u of %u cores up in %u nodes after %.2f s\n", f->cores_up, f->options->cores,
               f->nodes, f->boot_wall_s);
    }
}

/* Runs the machine and compares; how it ended, and how many jobs compared ill in `wrong`. */
static enum guest_end machine_follow(struct farm *f, struct machine *m, const struct image *image,
                                     unsigned int *wrong)
{
    const struct options *o = f->options;
    char *references = text_format("%s/reference", image->folder);
    char *counts = text_format("%s/count.txt", f->folder);
    pid_t pid = -1;

    unlink(counts);
    if (o->compare)
        pid = references_start(image, o, f->jobs, references);
    enum guest_end end = guest_follow(f, m, f->folder);

    if (o->count)
        counts_read(f, counts);
    result_write(f, o->json); /* for good, even if the rest is interrupted */
    if (pid > 0 && end == GUEST_DONE) {
        say_progress("waiting for the references");
        process_wait(pid);
        say_progress_end();
        *wrong = references_compare(f->jobs, f->folder, references);
        result_write(f, o->json);
    } else if (pid > 0) {
        process_stop(pid);
    }
    free(references);
    free(counts);
    return end;
}

/* Nothing is missing: the report of the earlier run stands. */
static int resume_end(struct farm *f)
{
    result_write(f, f->options->json);
    printf("all %zu jobs were done by an earlier run\n", f->jobs->count);
    return EXIT_OK;
}

/* --words, which has commas in place of blanks. */
static char *words_make(const struct options *o)
{
    char *words = o->boot_words != NULL ? text_format("%s", o->boot_words) : NULL;

    for (char *c = words; c != NULL && *c != 0; c++)
        if (*c == ',')
            *c = ' ';
    return words;
}

static int jobs_run(const struct options *o, struct jobfile *jobs, const char *folder)
{
    struct image image = {0};
    struct farm f = {.options = o, .jobs = &jobs->jobs, .folder = folder, .on_end = job_kept};
    unsigned int wrong = 0;

    if (o->resume != NULL && resume_apply(jobs, folder) == jobs->jobs.count)
        return resume_end(&f);
    outputs_clear(&jobs->jobs, folder);
    image_make(&image, o->arch, &jobs->jobs, &jobs->cargo);
    char *words = words_make(o);
    struct machine m = {.options = o, .archive = image.archive, .share = folder, .words = words};
    char *counts = text_format("%s/count.txt", folder);
    char *plugin = o->count ? count_plugin(counts, o->arch) : NULL;

    m.plugin = plugin;
    machine_settle(&m);
    f.memory_bytes = m.memory_bytes;
    if (jobs->jobs.count > 0)
        report_save(&f,
                    folder); /* or an earlier run's would be taken for ours when we are killed */
    enum guest_end end = machine_follow(&f, &m, &image, &wrong);

    result_print(&f, end);
    free(counts);
    free(plugin);
    free(words);
    if (!o->keep)
        image_remove(&image);
    return verdict(&f, end, wrong);
}

int run_command(int argc, char **argv)
{
    struct jobfile jobs;
    struct options o;
    char folder[PATH_MAX];

    options_read(&o, FOR_RUN, "run", argc, argv);
    if (o.list)
        return scenes_print(&o);
    run_jobs_make(&o, &jobs);
    files_make_directory(o.out);
    if (realpath(o.out, folder) == NULL || strchr(folder, ',') != NULL)
        say_fail("--out %s: no commas in the path, please", o.out);
    if (o.resume == NULL)
        jobs_keep(&o, &jobs, folder);
    return jobs_run(&o, &jobs, folder);
}
