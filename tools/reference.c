/* reference.c: the pictures that Debian's own binary makes here, to compare with. The program is
 * the one in the guest's archive, with the libraries of the archive; its folder has the same links
 * as /job. */
#include "reference.h"

#include <errno.h>
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
    pid_t pid;
    char *folder;
    double started_s;
};

static void command_make(const struct image *image, const char *arch, const struct job *job,
                         struct list *argv)
{
    char *program = text_format("%s%s", image->tree, job->argv.item[0]);

    if (strcmp(arch, "aarch64") == 0) {
        list_add_split(argv, "qemu-aarch64-static -cpu neoverse-n1 -L", ' ');
        list_add(argv, "%s", image->tree);
    } else if (closure_is_dynamic(program)) {
        list_add(argv, "%s/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", image->tree);
        list_add(argv, "--library-path");
        list_add(argv, "%s/lib/x86_64-linux-gnu:%s/usr/lib/x86_64-linux-gnu", image->tree,
                 image->tree);
    }
    list_add(argv, "%s", program);
    for (size_t i = 1; i < job->argv.count; i++) {
        char *inside = text_format("%s%s", image->tree, job->argv.item[i]);
        bool ours = job->argv.item[i][0] == '/' && files_exist(inside);

        list_add(argv, "%s", ours ? inside : job->argv.item[i]);
        free(inside);
    }
    free(program);
}

/* A folder that looks like /job in the guest: plain files are copied (gzip insists), folders
 * linked. */
static void folder_make(const struct image *image, const char *folder)
{
    static const char *const links[] = {"imaps", "tpoly", "vol"};

    files_make_directory(folder);
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        char *target = text_format("%s/job/%s", image->tree, links[i]);
        char *path = text_format("%s/%s", folder, links[i]);

        files_link(target, path);
        free(target);
        free(path);
    }
    char *from = text_format("%s/job/sample.txt", image->tree);
    char *to = text_format("%s/sample.txt", folder);

    files_copy(from, to);
    free(from);
    free(to);
}

static void render_start(struct render *r, const struct image *image, const char *arch,
                         const struct job *job)
{
    struct list argv = {0};

    r->job = job;
    r->folder = text_format("%s/reference-work/%s", image->folder, job->name);
    r->started_s = process_seconds();
    folder_make(image, r->folder);
    command_make(image, arch, job, &argv);
    char *log = text_format("%s/log", r->folder);

    r->pid = process_start(&(struct process_start){.argv = argv.item,
                                                   .directory = r->folder,
                                                   .log = log,
                                                   .in = -1,
                                                   .out = -1,
                                                   .limit_s = CPU_LIMIT_S});
    list_free(&argv);
    free(log);
}

/* True when all files are there. */
static bool render_finish(struct render *r, const char *out, bool report)
{
    bool good = true;

    for (size_t i = 0; i < r->job->outputs.count; i++) {
        char *from = text_format("%s/%s", r->folder, r->job->outputs.item[i]);
        char *to = text_format("%s/%s", out, r->job->outputs.item[i]);

        if (files_size(from) > 0)
            files_share(from, to);
        else
            good = false;
        free(from);
        free(to);
    }
    if (report)
        printf("%-16s %-7s %8.2f s\n", r->job->name, good ? "ok" : "FAILED",
               process_seconds() - r->started_s);
    files_remove_tree(r->folder);
    free(r->folder);
    *r = (struct render){0};
    return good;
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
            render_start(&running[i], image, arch, &jobs->job[next++]);
            alive++;
        }
        pid_t pid = waitpid(-1, NULL, 0);

        if (pid < 0 && errno != EINTR)
            break;
        for (unsigned int i = 0; i < parallel; i++) {
            if (running[i].job == NULL || running[i].pid != pid)
                continue;
            if (!render_finish(&running[i], out, report))
                failed++;
            alive--;
        }
    }
    return failed;
}

int reference_command(int argc, char **argv)
{
    struct job_list jobs = {0};
    struct list extra = {0};
    struct image image = {0};
    struct options o;

    options_read(&o, FOR_REFERENCE, "reference", argc, argv);
    run_jobs_make(&o, &jobs, &extra);
    image_make_tree(&image, o.arch, &jobs, &extra);
    double started_s = process_seconds();
    unsigned int failed = reference_render(&image, o.arch, &jobs, o.out, 2, true);

    printf("%zu rendered, %u failed, %.1f s\n", jobs.count - failed, failed,
           process_seconds() - started_s);
    if (!o.keep)
        image_remove(&image);
    return failed == 0 ? EXIT_OK : EXIT_FAILED;
}
