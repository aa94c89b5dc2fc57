/* scenes.c: which pictures can be asked for, and the command line that renders each. The program is
 * Debian's tachyon, unmodified; one thread, 24-bit Targa, so that a picture is only its pixels. */
#include "scenes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "say.h"

static const struct {
    const char *name, *why;
} excluded[] = {
    {"texture", "tachyon itself refuses it: syntax error in the scene file"},
};

/* Programs other than tachyon, on inputs that every archive has. */
static const struct {
    const char *name, *output, *command;
} programs[] = {
    {"gzip", "sample.txt.gz", "/bin/gzip -9 -n -k sample.txt"},
    {"cjpeg", "teapot.jpg", "/usr/bin/cjpeg -outfile teapot.jpg imaps/teapot.ppm"},
    {"busybox", "sorted.txt", "/bin/busybox sort -r -o sorted.txt sample.txt"},
};

const char *scenes_excluded(const char *name)
{
    for (size_t i = 0; i < sizeof(excluded) / sizeof(excluded[0]); i++)
        if (strcmp(excluded[i].name, name) == 0)
            return excluded[i].why;
    return NULL;
}

void scenes_list(const char *packages, struct list *names)
{
    char *folder = text_format("%s%s", packages, SCENES_FOLDER);
    struct list all = {0};

    files_list(folder, ".dat,.ac", &all);
    for (size_t i = 0; i < all.count; i++) {
        *strrchr(all.item[i], '.') = 0;
        if (scenes_excluded(all.item[i]) == NULL)
            list_add(names, "%s", all.item[i]);
    }
    list_free(&all);
    free(folder);
}

/* The scene's path inside the archive, or NULL; a host file is noted in `cargo`. */
static char *scene_find(const char *packages, const char *scene, struct cargo *cargo)
{
    static const char *const suffixes[] = {".dat", ".ac"};

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char *inside = text_format("%s/%s%s", SCENES_FOLDER, scene, suffixes[i]);
        char *host = text_format("%s%s", packages, inside);
        bool found = strchr(scene, '/') == NULL && files_exist(host);

        free(host);
        if (found)
            return inside;
        free(inside);
    }
    if (!files_exist(scene) || strchr(scene, '.') == NULL)
        return NULL;
    const char *base = strrchr(scene, '/') != NULL ? strrchr(scene, '/') + 1 : scene;

    char *inside = text_format("/job/%s", base);

    if (!cargo_add(cargo, scene, inside))
        say_fail("scene %s: another file of this name is in the same run", scene);
    return inside;
}

static bool program_add(struct job_list *jobs, const char *name)
{
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        if (strcmp(programs[i].name, name) != 0)
            continue;
        struct job *j = jobs_add(jobs, name);

        list_add(&j->outputs, "%s", programs[i].output);
        job_run(j, programs[i].command);
        return true;
    }
    return false;
}

void scenes_add_job(struct job_list *jobs, const char *packages, const char *scene,
                    unsigned int width, unsigned int height, unsigned int round,
                    struct cargo *cargo)
{
    char name[64];

    if (round == 0 && program_add(jobs, scene))
        return;
    if (scenes_excluded(scene) != NULL)
        say_fail("scene %s is left out: %s", scene, scenes_excluded(scene));
    char *path = scene_find(packages, scene, cargo);

    if (path == NULL)
        say_fail("unknown scene %s: give a name that `skerry run --list` prints, or a scene file",
                 scene);
    const char *base = strrchr(path, '/') + 1;
    int stem = (int)(strrchr(base, '.') - base);

    if (stem <= 0 || stem > JOB_NAME_BYTES - 5)
        say_fail("scene %s: the file name must be 1 to %d letters and a suffix", scene,
                 JOB_NAME_BYTES - 5);
    if (round == 0)
        snprintf(name, sizeof(name), "%.*s", stem, base);
    else
        snprintf(name, sizeof(name), "%.*s-%u", stem, base, round);
    if (jobs_find(jobs, name) != NULL)
        say_fail("scene %s is named twice", name);
    struct job *j = jobs_add(jobs, name);

    list_add(&j->outputs, "%s.tga", name);
    struct list *words = &job_run(j, "/usr/bin/tachyon")->words;

    list_add(words, "%s", path);
    list_add_split(words, "-numthreads 1 -res", ' ');
    list_add(words, "%u", width + 8 * round);
    list_add(words, "%u", height);
    list_add_split(words, "-format TARGA -o", ' ');
    list_add(words, "%s.tga", name);
    free(path);
}
