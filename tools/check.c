/* check.c: the command `skerry check`: reads jobs files as `skerry run --jobs` does and says all that
 * is wrong with them, without starting a machine. Packages that are not here are fetched. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "image.h"
#include "jobfile.h"
#include "options.h"
#include "say.h"

static void job_print(const struct job *j)
{
    printf("%s:", j->name);
    for (size_t i = 0; i < j->input_count; i++)
        printf("%s %s", i > 0 ? "," : " reads", j->input[i].name);
    for (size_t i = 0; i < j->outputs.count; i++)
        printf("%s %s",
               i > 0                ? ","
               : j->input_count > 0 ? "; leaves"
                                    : " leaves",
               j->outputs.item[i]);
    printf("\n");
    for (size_t i = 0; i < j->command_count; i++) {
        const struct job_command *c = &j->command[i];

        printf("   ");
        for (size_t k = 0; k < c->words.count; k++)
            printf(" %s", c->words.item[k]);
        if (c->in != NULL)
            printf("   (input from %s)", c->in);
        if (c->out != NULL)
            printf("   (output to %s)", c->out);
        printf("\n");
    }
    if (j->memory_bytes + j->wall_ms + j->cpu_ms + j->tries == 0)
        return;
    printf("    limits:");
    if (j->memory_bytes != 0)
        printf(" memory %llu bytes", (unsigned long long)j->memory_bytes);
    if (j->wall_ms != 0)
        printf(" time %llu ms", (unsigned long long)j->wall_ms);
    if (j->cpu_ms != 0)
        printf(" cpu_time %llu ms", (unsigned long long)j->cpu_ms);
    if (j->tries > 1)
        printf(" tries %u", j->tries);
    printf("\n");
}

static void strings_json(const struct list *strings, struct text *t)
{
    text_add(t, "[");
    for (size_t i = 0; i < strings->count; i++) {
        text_add(t, i > 0 ? "," : "");
        text_add_json(t, strings->item[i]);
    }
    text_add(t, "]");
}

static void file_json(const char *path, const struct jobfile *f, const struct settings *s,
                      struct text *t)
{
    text_add(t, "{\"file\":");
    text_add_json(t, path);
    text_add(t, ",\"problems\":");
    strings_json(&s->problems, t);
    text_add(t, ",\"jobs\":[");
    for (size_t i = 0; i < f->jobs.count && s->problems.count == 0; i++) {
        const struct job *j = &f->jobs.job[i];

        text_add(t, "%s\n{\"name\":", i > 0 ? "," : "");
        text_add_json(t, j->name);
        text_add(t, ",\"commands\":[");
        for (size_t k = 0; k < j->command_count; k++) {
            text_add(t, k > 0 ? "," : "");
            strings_json(&j->command[k].words, t);
        }
        text_add(t, "],\"output\":");
        strings_json(&j->outputs, t);
        text_add(t, ",\"memory_bytes\":%llu,\"wall_ms\":%llu,\"cpu_ms\":%llu,\"tries\":%u}",
                 (unsigned long long)j->memory_bytes, (unsigned long long)j->wall_ms,
                 (unsigned long long)j->cpu_ms, j->tries != 0 ? j->tries : 1);
    }
    text_add(t, "]}");
}

static bool file_check(const char *path, const struct options *o, struct text *json)
{
    struct settings s;
    struct jobfile f = {.arch = o->arch};
    bool good = settings_open(&s, path, JOBFILE_FORMAT);

    if (good && !options_given(o, "arch") && jobfile_arch(&s) != NULL)
        f.arch = jobfile_arch(&s);
    char *packages = image_packages(f.arch);

    f.packages = packages;
    if (good)
        good = jobfile_read(&f, &s);
    settings_print(&s);
    if (good)
        printf("%s: %zu jobs, ok\n", path, f.jobs.count);
    for (size_t i = 0; good && o->verbose && i < f.jobs.count; i++)
        job_print(&f.jobs.job[i]);
    file_json(path, &f, &s, json);
    jobfile_free(&f);
    settings_close(&s);
    free(packages);
    return good;
}

int check_command(int argc, char **argv)
{
    struct text json = {0};
    struct options o;
    bool good = true;

    options_read(&o, FOR_CHECK, "check", argc, argv);
    if (o.words.count == 0)
        say_fail("name the jobs files to check: see skerry check --help");
    text_add(&json, "{\"format\":\"skerry-check 1\",\"files\":[\n");
    for (size_t i = 0; i < o.words.count; i++) {
        text_add(&json, i > 0 ? ",\n" : "");
        good = file_check(o.words.item[i], &o, &json) && good;
    }
    text_add(&json, "]}\n");
    if (o.json != NULL)
        files_write(o.json, &json);
    text_free(&json);
    return good ? EXIT_OK : EXIT_FAILED;
}
