/* reference.c: the pictures that Debian's own binary makes here, to compare with. The program is
 * the one in the guest's archive, with the libraries of the archive; its folder has the same links
 * as /job. */
#include "reference.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "closure.h"
#include "files.h"
#include "process.h"
#include "run.h"
#include "say.h"

enum { CPU_LIMIT_S = 900, PARALLEL_MAX = 16 };

struct render {
    const struct job *job; /* NULL: free */
    size_t command;        /* the one that runs */
    bool emulated;         /* x86_64: natively it failed, so once more with the tree as its root */
    pid_t pid;
    char *folder;
    double started_s;
};

/* Where a word that is a path of the guest lies here: in the job's folder, in the tree, or as it
 * is. */
static char *word_here(const struct image *image, const struct render *r, const char *word)
{
    const char *directory = r->job->directory != NULL ? r->job->directory : "/job";
    size_t bytes = strlen(directory);

    if (strncmp(word, directory, bytes) == 0 && word[bytes] == '/')
        return text_format("%s%s", r->folder, word + bytes);
    char *inside = text_format("%s%s", image->tree, word);

    if (word[0] == '/' && files_exist(inside))
        return inside;
    free(inside);
    return text_format("%s", word);
}

static void command_make(const struct image *image, const char *arch, const struct render *r,
                         struct list *argv)
{
    const struct list *words = &r->job->command[r->command].words;
    char *program = word_here(image, r, words->item[0]);

    if (strcmp(arch, "aarch64") == 0 || r->emulated) {
        list_add_split(argv,
                       r->emulated ? "qemu-x86_64-static -cpu max -L"
                                   : "qemu-aarch64-static -cpu neoverse-n1 -L",
                       ' ');
        list_add(argv, "%s", image->tree);
    } else if (closure_is_dynamic(program)) {
        list_add(argv, "%s/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", image->tree);
        list_add(argv, "--library-path");
        list_add(argv, "%s/lib/x86_64-linux-gnu:%s/usr/lib/x86_64-linux-gnu", image->tree,
                 image->tree);
    }
    list_add(argv, "%s", program);
    for (size_t i = 1; i < words->count; i++) {
        char *here = word_here(image, r, words->item[i]);

        list_add(argv, "%s", here);
        free(here);
    }
    free(program);
}

/* A folder that looks like the job's in the guest: plain files are copied (gzip insists), folders
 * linked, folders for outputs made. */
static void folder_make(const struct image *image, const struct render *r)
{
    const struct job *job = r->job;
    struct list names = {0};
    char *directory =
        text_format("%s%s", image->tree, job->directory != NULL ? job->directory : "/job");

    files_make_directory(r->folder);
    files_list(directory, NULL, &names);
    for (size_t i = 0; i < names.count; i++) {
        char *from = text_format("%s/%s", directory, names.item[i]);
        char *to = text_format("%s/%s", r->folder, names.item[i]);

        if (files_plain(from))
            files_copy(from, to);
        else
            files_link(from, to);
        free(from);
        free(to);
    }
    for (size_t i = 0; i < job->input_count; i++) {
        char *from = text_format("%s%s", image->tree, job->input[i].path);
        char *to = text_format("%s/%s", r->folder, job->input[i].name);

        files_make_parent(to);
        files_copy(from, to);
        free(from);
        free(to);
    }
    for (size_t i = 0; i < job->outputs.count; i++) {
        char *to = text_format("%s/%s", r->folder, job->outputs.item[i]);

        files_make_parent(to);
        free(to);
    }
    list_free(&names);
    free(directory);
}

/* A file of the job's folder as a descriptor, or -1 when none is named. */
static int redirection_open(const struct render *r, const char *name, int flags)
{
    if (name == NULL)
        return -1;
    char *path = text_format("%s/%s", r->folder, name);
    int fd = open(path, flags | O_CLOEXEC, 0666);

    if (fd < 0)
        say_line("reference of %s: cannot open %s: %s", r->job->name, name, strerror(errno));
    free(path);
    return fd;
}

/* Consecutive commands with one output go on writing at its end, as in the guest. */
static void command_start(struct render *r, const struct image *image, const char *arch)
{
    const struct job_command *c = &r->job->command[r->command];
    const struct job_command *before = r->command > 0 ? c - 1 : NULL;
    bool goes_on =
        before != NULL && c->out != NULL && before->out != NULL && strcmp(c->out, before->out) == 0;
    struct list argv = {0};
    char *log = text_format("%s.log", r->folder);
    int in = redirection_open(r, c->in, O_RDONLY);
    int out = redirection_open(r, c->out, O_WRONLY | O_CREAT | (goes_on ? O_APPEND : O_TRUNC));

    command_make(image, arch, r, &argv);
    r->pid = process_start(&(struct process_start){.argv = argv.item,
                                                   .directory = r->folder,
                                                   .log = log,
                                                   .in = in,
                                                   .out = out,
                                                   .limit_s = CPU_LIMIT_S});
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    list_free(&argv);
    free(log);
}

static void render_start(struct render *r, const struct image *image, const char *arch,
                         const struct job *job, bool emulated)
{
    *r = (struct render){.job = job, .emulated = emulated, .started_s = process_seconds()};
    r->folder = text_format("%s/reference-work/%s", image->folder, job->name);
    folder_make(image, r);
    command_start(r, image, arch);
}

/* True when all files are there. */
static bool render_finish(struct render *r, const char *out, bool good)
{
    for (size_t i = 0; i < r->job->outputs.count; i++) {
        char *from = text_format("%s/%s", r->folder, r->job->outputs.item[i]);
        char *to = text_format("%s/%s", out, r->job->outputs.item[i]);

        if (good && files_exist(from))
            files_share(from, to);
        else
            good = false;
        free(from);
        free(to);
    }
    files_remove_tree(r->folder);
    free(r->folder);
    r->folder = NULL;
    return good;
}

/* A command has ended: the next one, or the job's end. True when the job is over. A program that
 * looks for its own data at absolute paths finds them only under the emulator's user mode. */
static bool render_advance(struct render *r, const struct image *image, const char *arch,
                           const char *out, int status, bool *good)
{
    const struct job *job = r->job;

    *good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (*good && r->command + 1 < job->command_count) {
        r->command++;
        command_start(r, image, arch);
        return false;
    }
    *good = render_finish(r, out, *good);
    if (*good || r->emulated || strcmp(arch, "x86_64") != 0)
        return true;
    render_start(r, image, arch, job, true);
    return false;
}

unsigned int reference_render(const struct image *image, const char *arch,
                              const struct job_list *jobs, const char *out, unsigned int parallel,
                              bool report)
{
    struct render running[PARALLEL_MAX] = {{0}};
    unsigned int failed = 0, alive = 0;
    size_t next = 0;

    files_make_directory(out);
    while (next < jobs->count || alive > 0) {
        for (unsigned int i = 0; i < parallel && next < jobs->count; i++) {
            if (running[i].job != NULL)
                continue;
            if (jobs->job[next].earlier == NULL) {
                render_start(&running[i], image, arch, &jobs->job[next], false);
                alive++;
            }
            next++;
        }
        int status;
        pid_t pid = alive > 0 ? waitpid(-1, &status, 0) : 0;

        if (pid < 0 && errno != EINTR)
            break;
        for (unsigned int i = 0; i < parallel; i++) {
            struct render *r = &running[i];
            bool good;

            if (r->job == NULL || r->pid != pid ||
                !render_advance(r, image, arch, out, status, &good))
                continue;
            if (report)
                printf("%-16s %-7s %8.2f s\n", r->job->name, good ? "ok" : "FAILED",
                       process_seconds() - r->started_s);
            *r = (struct render){0};
            failed += !good;
            alive--;
        }
    }
    return failed;
}

int reference_command(int argc, char **argv)
{
    struct jobfile jobs;
    struct image image = {0};
    struct options o;

    options_read(&o, FOR_REFERENCE, "reference", argc, argv);
    run_jobs_make(&o, &jobs);
    cargo_materialize(&jobs.cargo, o.out);
    image_make_tree(&image, o.arch, &jobs.jobs, &jobs.cargo);
    double started_s = process_seconds();
    unsigned int failed = reference_render(&image, o.arch, &jobs.jobs, o.out, 2, true);

    printf("%zu rendered, %u failed, %.1f s\n", jobs.jobs.count - failed, failed,
           process_seconds() - started_s);
    if (!o.keep)
        image_remove(&image);
    return failed == 0 ? EXIT_OK : EXIT_FAILED;
}
