/* jobfile_write.c: a run's jobs in the language of the jobs file, one by one, so that the run can be
 * resumed when its own file, its frames or its templates have changed since. */
#include <stdlib.h>
#include <string.h>

#include "jobfile.h"

static void string_write(struct text *t, const char *s)
{
    text_add(t, "\"");
    for (; *s != 0; s++) {
        unsigned char c = (unsigned char)*s;

        if (c == '"' || c == '\\')
            text_add(t, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            text_add(t, "\\x%02x", c);
        else if (c == '{')
            text_add(t, "{{"); /* a mark otherwise */
        else
            text_add(t, "%c", c);
    }
    text_add(t, "\"");
}

static void key_write(struct text *t, const char *key, const char *value)
{
    if (value == NULL)
        return;
    text_add(t, "    %s = ", key);
    string_write(t, value);
    text_add(t, ";\n");
}

/* In the largest unit that leaves nothing over: sizes in the language have at most seven digits. */
static void size_write(struct text *t, const char *key, uint64_t bytes)
{
    static const char units[] = "KMGT";
    unsigned int unit = 0;

    if (bytes == 0)
        return;
    for (bytes >>= 10; unit < 3 && bytes % 1024 == 0; bytes >>= 10)
        unit++;
    text_add(t, "    %s = \"%llu%c\";\n", key, (unsigned long long)bytes, units[unit]);
}

static void time_write(struct text *t, const char *key, uint64_t ms)
{
    if (ms != 0)
        text_add(t, "    %s = \"%llums\";\n", key, (unsigned long long)ms);
}

static void number_write(struct text *t, const char *key, unsigned int value)
{
    if (value != 0)
        text_add(t, "    %s = %u;\n", key, value);
}

static void inputs_write(const struct jobfile *f, const struct job *j, struct text *t)
{
    if (j->input_count == 0)
        return;
    text_add(t, "    input = (");
    for (size_t i = 0; i < j->input_count; i++) {
        const struct cargo_item *c = cargo_find(&f->cargo, j->input[i].path);

        text_add(t, "%s\n        { %s = ", i > 0 ? "," : "", c != NULL ? "file" : "package");
        string_write(t, c != NULL ? c->host : j->input[i].path);
        text_add(t, "; as = ");
        string_write(t, j->input[i].name);
        text_add(t, "; }");
    }
    text_add(t, " );\n");
}

static bool is_input(const struct job *j, const char *path)
{
    for (size_t i = 0; i < j->input_count; i++)
        if (strcmp(j->input[i].path, path) == 0)
            return true;
    return false;
}

/* All other cargo goes with every job: paths in the archive are shared. Once, with the first. */
static void files_write_all(const struct jobfile *f, struct text *t)
{
    const char *before = "    files = (";

    for (size_t i = 0; i < f->cargo.count; i++) {
        const struct cargo_item *c = &f->cargo.item[i];
        bool input = false;

        for (size_t k = 0; k < f->jobs.count && !input; k++)
            input = is_input(&f->jobs.job[k], c->inside);
        if (input)
            continue;
        text_add(t, "%s\n        { from = ", before);
        string_write(t, c->host);
        text_add(t, "; to = ");
        string_write(t, c->inside);
        text_add(t, "; }");
        before = ",";
    }
    if (before[0] == ',')
        text_add(t, " );\n");
}

static void commands_write(const struct job *j, struct text *t)
{
    text_add(t, "    run = (");
    for (size_t i = 0; i < j->command_count; i++) {
        const struct job_command *c = &j->command[i];

        text_add(t, "%s\n        { command = [", i > 0 ? "," : "");
        for (size_t k = 0; k < c->words.count; k++) {
            text_add(t, k > 0 ? ", " : " ");
            string_write(t, c->words.item[k]);
        }
        text_add(t, " ];");
        if (c->in != NULL) {
            text_add(t, " stdin = ");
            string_write(t, c->in);
            text_add(t, ";");
        }
        if (c->out != NULL) {
            text_add(t, " stdout = ");
            string_write(t, c->out);
            text_add(t, ";");
        }
        text_add(t, " }");
    }
    text_add(t, " );\n");
}

static void job_write(const struct jobfile *f, const struct job *j, bool first, struct text *t)
{
    text_add(t, "  {\n");
    key_write(t, "name", j->name);
    if (first && f->cargo.packages.count > 0) {
        text_add(t, "    packages = [");
        for (size_t i = 0; i < f->cargo.packages.count; i++)
            text_add(t, "%s \"%s\"", i > 0 ? "," : "", f->cargo.packages.item[i]);
        text_add(t, " ];\n");
    }
    if (first)
        files_write_all(f, t);
    inputs_write(f, j, t);
    if (j->outputs.count > 0) {
        text_add(t, "    output = [");
        for (size_t i = 0; i < j->outputs.count; i++) {
            text_add(t, i > 0 ? ", " : " ");
            string_write(t, j->outputs.item[i]);
        }
        text_add(t, " ];\n");
    }
    key_write(t, "directory", j->directory);
    size_write(t, "memory", j->memory_bytes);
    time_write(t, "time", j->wall_ms);
    time_write(t, "cpu_time", j->cpu_ms);
    number_write(t, "tries", j->tries);
    number_write(t, "memory_growth", j->grow_percent);
    key_write(t, "group", j->group);
    if (j->group != NULL)
        number_write(t, "at_once", j->group_limit);
    commands_write(j, t);
    text_add(t, "  }");
}

void jobfile_write(const struct jobfile *f, struct text *t)
{
    text_add(t, "format = \"" JOBFILE_FORMAT "\";\n"
                "# Written by skerry: what a run was asked for. `skerry run --resume` reads it.\n");
    text_add(t, "machine = { arch = \"%s\";", f->arch);
    if (f->cores != 0)
        text_add(t, " cores = %u;", f->cores);
    if (f->nodes != 0)
        text_add(t, " nodes = %u;", f->nodes);
    size_write(t, "memory", f->memory_bytes);
    text_add(t, " };\njobs = (\n");
    for (size_t i = 0; i < f->jobs.count; i++) {
        job_write(f, &f->jobs.job[i], i == 0, t);
        text_add(t, i + 1 < f->jobs.count ? ",\n" : "\n");
    }
    text_add(t, ");\n");
}
