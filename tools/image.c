/* image.c: the boot archive. A tree is linked together from the build and the unpacked packages,
 * then mkfs.erofs makes the image; the same inputs give the same bytes. */
#include "image.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "closure.h"
#include "files.h"
#include "packages.h"
#include "process.h"
#include "say.h"
#include "scenes.h"

static const char *const debian_programs[] = {
    "/usr/bin/tachyon", "/bin/gzip", "/usr/bin/cjpeg", "/usr/bin/djpeg", "/bin/busybox",
};

char *image_packages(const char *arch)
{
    return text_format("%s/build/packages/%s", files_root(),
                       strcmp(arch, "x86_64") == 0 ? "amd64" : "arm64");
}

static void folders_of_the_dead_remove(const char *runs)
{
    DIR *d = opendir(runs);

    if (d == NULL)
        return;
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        if (!isdigit((unsigned char)e->d_name[0]) || kill((pid_t)atol(e->d_name), 0) == 0 ||
            errno != ESRCH)
            continue;
        char *folder = text_format("%s/%s", runs, e->d_name);

        files_remove_tree(folder);
        free(folder);
    }
    closedir(d);
}

/* Shares every regular file of `from` whose name ends in a suffix. */
static void folder_share(const char *from, const char *to, const char *suffixes)
{
    struct list names = {0};

    files_list(from, suffixes, &names);
    for (size_t i = 0; i < names.count; i++) {
        char *source = text_format("%s/%s", from, names.item[i]);
        char *copy = text_format("%s/%s", to, names.item[i]);

        files_share(source, copy);
        free(source);
        free(copy);
    }
    list_free(&names);
}

static void scenes_share(const char *packages, const char *tree)
{
    static const struct {
        const char *folder, *suffixes;
    } parts[] = {
        {"", ".dat,.ac,README"},
        {"/imaps", ".ppm,.tga"},
        {"/tpoly", ".tpoly"},
        {"/vol", ".256x256x109,.256x256x110"},
    };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        char *from = text_format("%s%s%s", packages, SCENES_FOLDER, parts[i].folder);
        char *to = text_format("%s%s%s", tree, SCENES_FOLDER, parts[i].folder);

        files_make_directory(to);
        folder_share(from, to, parts[i].suffixes);
        free(from);
        free(to);
    }
}

static void job_folder_make(const char *packages, const char *tree)
{
    static const char *const data[] = {"imaps", "tpoly", "vol"};
    char *from = text_format("%s%s/README", packages, SCENES_FOLDER);
    char *to = text_format("%s/job/sample.txt", tree);

    files_make_parent(to);
    files_copy(from, to); /* gzip refuses a file that has a second link */
    free(from);
    free(to);
    for (size_t i = 0; i < sizeof(data) / sizeof(data[0]); i++) {
        char *target = text_format("..%s/%s", SCENES_FOLDER, data[i]);
        char *path = text_format("%s/job/%s", tree, data[i]);

        files_link(target, path);
        free(target);
        free(path);
    }
}

static void package_share(const char *packages, const char *tree, const char *arch,
                          const char *name)
{
    struct list paths = {0};

    packages_files(name, arch, &paths);
    for (size_t i = 0; i < paths.count; i++) {
        char *from = text_format("%s%s", packages, paths.item[i]);
        char *to = text_format("%s%s", tree, paths.item[i]);

        files_share(from, to);
        free(from);
        free(to);
    }
    list_free(&paths);
}

static void cargo_share(const char *packages, const char *tree, const char *arch,
                        const struct cargo *cargo)
{
    for (size_t i = 0; i < cargo->packages.count; i++)
        package_share(packages, tree, arch, cargo->packages.item[i]);
    for (size_t i = 0; i < cargo->count; i++) {
        char *path = text_format("%s%s", tree, cargo->item[i].inside);

        files_make_parent(path);
        unlink(path); /* it may be a package's own file */
        files_copy(cargo->item[i].host, path);
        free(path);
    }
}

/* Where jobs begin. */
static void directories_make(const char *tree, const struct job_list *jobs)
{
    for (size_t i = 0; i < jobs->count; i++) {
        char *path = text_format("%s%s", tree,
                                 jobs->job[i].directory != NULL ? jobs->job[i].directory : "/job");

        files_make_directory(path);
        free(path);
    }
}

/* The programs that jobs name and packages have, with their libraries. */
static void programs_share(const char *packages, const char *tree, const struct job_list *jobs)
{
    struct list done = {0};

    for (size_t i = 0; i < jobs->count; i++) {
        for (size_t k = 0; k < jobs->job[i].command_count; k++) {
            const char *program = jobs->job[i].command[k].words.item[0];
            char *host = text_format("%s%s", packages, program);

            if (!list_has(&done, program) && files_exist(host))
                closure_share(packages, tree, program);
            if (!list_has(&done, program))
                list_add(&done, "%s", program);
            free(host);
        }
    }
    list_free(&done);
}

static void ours_share(const char *arch, const char *tree)
{
    char *programs = text_format("%s/build/%s/programs", files_root(), arch);
    char *kernel = text_format("%s/build/%s/cpu-driver/kernel.bin", files_root(), arch);
    char *to = text_format("%s/skerry", tree);
    DIR *d = opendir(programs);

    for (struct dirent *e = d != NULL ? readdir(d) : NULL; e != NULL; e = readdir(d)) {
        if (e->d_name[0] == '.' || strchr(e->d_name, '.') != NULL)
            continue;
        char *from = text_format("%s/%s", programs, e->d_name);
        char *copy = text_format("%s/%s", to, e->d_name);

        files_share(from, copy);
        free(from);
        free(copy);
    }
    if (d != NULL)
        closedir(d);
    if (files_exist(kernel)) {
        char *copy = text_format("%s/kernel.bin", to);

        files_share(kernel, copy);
        free(copy);
    }
    free(programs);
    free(kernel);
    free(to);
}

void image_make_tree(struct image *image, const char *arch, const struct job_list *jobs,
                     const struct cargo *cargo)
{
    char *runs = text_format("%s/build/run", files_root());
    char *packages = image_packages(arch);
    struct text text = {0};

    folders_of_the_dead_remove(runs);
    image->folder = text_format("%s/%ld", runs, (long)getpid());
    image->tree = text_format("%s/tree", image->folder);
    image->archive = text_format("%s/archive.erofs", image->folder);
    files_remove_tree(image->folder);
    char *ours = text_format("%s/skerry", image->tree);

    files_make_directory(ours);
    ours_share(arch, image->tree);
    for (size_t i = 0; i < sizeof(debian_programs) / sizeof(debian_programs[0]); i++)
        closure_share(packages, image->tree, debian_programs[i]);
    scenes_share(packages, image->tree);
    job_folder_make(packages, image->tree);
    programs_share(packages, image->tree, jobs);
    cargo_share(packages, image->tree, arch, cargo);
    directories_make(image->tree, jobs);
    jobs_write(jobs, &text);
    char *path = text_format("%s/jobs", ours);

    files_write(path, &text);
    text_free(&text);
    free(path);
    free(ours);
    free(packages);
    free(runs);
}

void image_make(struct image *image, const char *arch, const struct job_list *jobs,
                const struct cargo *cargo)
{
    struct list argv = {0};

    image_make_tree(image, arch, jobs, cargo);
    char *log = text_format("%s/mkfs.log", image->folder);

    list_add_split(&argv,
                   "mkfs.erofs --quiet -x-1 -T0 --all-root -Enoinline_data,force-inode-compact "
                   "-U5ce77905-0000-4000-8000-000000000001",
                   ' ');
    list_add(&argv, "%s", image->archive);
    list_add(&argv, "%s", image->tree);
    if (process_run(&(struct process_start){.argv = argv.item, .log = log, .in = -1, .out = -1}))
        say_fail("mkfs.erofs cannot make the boot archive (disk full?): see %s", log);
    list_free(&argv);
    free(log);
}

void image_remove(struct image *image)
{
    if (image->folder != NULL)
        files_remove_tree(image->folder);
    free(image->folder);
    free(image->tree);
    free(image->archive);
    *image = (struct image){0};
}
