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

void run_jobs_make(const struct options *o, struct job_list *jobs, struct cargo *cargo)
{
    char *packages = image_packages(o->arch);
    struct list all = {0};
    const struct list *names = &o->words;

    packages_check(packages);
    if (names->count == 0 && o->mode[0] == 'f')
        scenes_list(packages, &all), names = &all;
    for (size_t i = 0; i < names->count && o->jobs == 0; i++)
        scenes_add_job(jobs, packages, names->item[i], o->width, o->height, 0, cargo);
    for (unsigned int i = 0; i < o->jobs && names->count > 0; i++)
        scenes_add_job(jobs, packages, names->item[i % names->count], o->width, o->height,
                       (unsigned int)(i / names->count), cargo);
    list_free(&all);
    free(packages);
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

int run_command(int argc, char **argv)
{
    struct job_list jobs = {0};
    struct cargo cargo = {0};
    struct image image = {0};
    struct options o;
    char folder[PATH_MAX];
    unsigned int wrong = 0;
    pid_t references = -1;

    options_read(&o, FOR_RUN, "run", argc, argv);
    if (o.list)
        return scenes_print(&o);
    run_jobs_make(&o, &jobs, &cargo);
    files_make_directory(o.out);
    if (realpath(o.out, folder) == NULL || strchr(folder, ',') != NULL)
        say_fail("--out %s: no commas in the path, please", o.out);
    outputs_clear(&jobs, folder);
    image_make(&image, o.arch, &jobs, &cargo);
    struct machine m = {.options = &o, .archive = image.archive, .share = folder};

    char *counts = text_format("%s/count.txt", folder);
    char *plugin = o.count ? count_plugin(counts, o.arch) : NULL;

    m.plugin = plugin;
    unlink(counts);
    machine_settle(&m);
    struct farm f = {.options = &o,
                     .jobs = &jobs,
                     .folder = folder,
                     .memory_bytes = m.memory_bytes,
                     .on_end = job_kept};
    char *reference_folder = text_format("%s/reference", image.folder);

    if (o.compare)
        references = references_start(&image, &o, &jobs, reference_folder);
    enum guest_end end = guest_follow(&f, &m, folder);

    if (o.count)
        counts_read(&f, counts);
    result_write(&f, o.json); /* for good, even if the rest is interrupted */
    if (references > 0 && end == GUEST_DONE) {
        say_progress("waiting for the references");
        process_wait(references);
        say_progress_end();
        wrong = references_compare(&jobs, folder, reference_folder);
        result_write(&f, o.json);
    } else if (references > 0) {
        process_stop(references);
    }
    result_print(&f, end);
    free(reference_folder);
    free(counts);
    free(plugin);
    if (!o.keep)
        image_remove(&image);
    return verdict(&f, end, wrong);
}
