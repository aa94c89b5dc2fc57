/* jobs.c: the list of jobs: what each should do, and what became of it. */
#include "jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

static const char *const status_names[] = {
    [JOB_WAITING] = "waiting",
    [JOB_RUNNING] = "running",
    [JOB_OK] = "ok",
    [JOB_FAULT] = "fault",
    [JOB_MEMORY] = "memory",
    [JOB_TIME] = "time",
    [JOB_UNSUPPORTED] = "unsupported",
    [JOB_KILLED] = "killed",
};

/* The array with room for one more. */
static void *grown(void *old, size_t count, size_t bytes)
{
    void *p = realloc(old, (count + 1) * bytes);

    if (p == NULL)
        say_fail("out of memory on the host");
    return p;
}

struct job *jobs_add(struct job_list *jobs, const char *name)
{
    jobs->job = grown(jobs->job, jobs->count, sizeof(jobs->job[0]));
    struct job *j = &jobs->job[jobs->count++];

    *j = (struct job){.name = text_format("%s", name), .status = JOB_WAITING};
    return j;
}

struct job *jobs_find(const struct job_list *jobs, const char *name)
{
    for (size_t i = 0; i < jobs->count; i++)
        if (strcmp(jobs->job[i].name, name) == 0)
            return &jobs->job[i];
    return NULL;
}

size_t jobs_count(const struct job_list *jobs, enum job_status status)
{
    size_t n = 0;

    for (size_t i = 0; i < jobs->count; i++)
        if (jobs->job[i].status == status)
            n++;
    return n;
}

void job_figures_free(struct job_figures *figures)
{
    for (size_t i = 0; i < figures->count; i++)
        free(figures->item[i].key);
    free(figures->item);
    *figures = (struct job_figures){0};
}

static void job_free(struct job *j)
{
    for (size_t i = 0; i < j->command_count; i++) {
        list_free(&j->command[i].words);
        free(j->command[i].in);
        free(j->command[i].out);
    }
    for (size_t i = 0; i < j->input_count; i++) {
        free(j->input[i].path);
        free(j->input[i].name);
    }
    free(j->command);
    free(j->input);
    free(j->name);
    free(j->directory);
    free(j->group);
    free(j->reason);
    free(j->calls_missing);
    free(j->earlier);
    list_free(&j->outputs);
    list_free(&j->sums);
    job_figures_free(&j->account);
    job_figures_free(&j->calls);
}

void jobs_free(struct job_list *jobs)
{
    for (size_t i = 0; i < jobs->count; i++)
        job_free(&jobs->job[i]);
    free(jobs->job);
    *jobs = (struct job_list){0};
}

struct job_command *job_run(struct job *j, const char *words)
{
    j->command = grown(j->command, j->command_count, sizeof(j->command[0]));
    struct job_command *c = &j->command[j->command_count++];

    *c = (struct job_command){0};
    list_add_split(&c->words, words, ' ');
    return c;
}

void job_input(struct job *j, const char *path, const char *name)
{
    j->input = grown(j->input, j->input_count, sizeof(j->input[0]));
    j->input[j->input_count++] =
        (struct job_input){.path = text_format("%s", path), .name = text_format("%s", name)};
}

void job_figure(struct job_figures *figures, const char *key, uint64_t value)
{
    figures->item = grown(figures->item, figures->count, sizeof(figures->item[0]));
    figures->item[figures->count++] =
        (struct job_figure){.key = text_format("%s", key), .value = value};
}

bool job_ended(const struct job *j)
{
    return j->status != JOB_WAITING && j->status != JOB_RUNNING;
}

/* One word of a line. */
static void word_write(struct text *t, const char *word)
{
    text_add(t, " ");
    for (; *word != 0; word++) {
        unsigned char c = (unsigned char)*word;

        if (c <= 0x20 || c >= 0x7f || c == '%')
            text_add(t, "%%%02X", c);
        else
            text_add(t, "%c", c);
    }
}

static void line_write(struct text *t, const char *key, const char *first, const char *second)
{
    text_add(t, "%s", key);
    word_write(t, first);
    if (second != NULL)
        word_write(t, second);
    text_add(t, "\n");
}

static void number_write(struct text *t, const char *key, uint64_t value)
{
    if (value != 0)
        text_add(t, "%s %llu\n", key, (unsigned long long)value);
}

/* Redirections hold until they are changed. */
static void redirection_write(struct text *t, const char *key, const char *before, const char *now)
{
    if (now != NULL && (before == NULL || strcmp(before, now) != 0))
        line_write(t, key, now, NULL);
    else if (now == NULL && before != NULL)
        line_write(t, key, "-", NULL);
}

static void command_write(struct text *t, const struct job_command *before,
                          const struct job_command *c)
{
    redirection_write(t, "stdin", before != NULL ? before->in : NULL, c->in);
    redirection_write(t, "stdout", before != NULL ? before->out : NULL, c->out);
    text_add(t, "run");
    for (size_t i = 0; i < c->words.count; i++)
        word_write(t, c->words.item[i]);
    text_add(t, "\n");
}

static void job_write(const struct job *j, struct text *t)
{
    char limit[16];

    if (j->barrier)
        text_add(t, "barrier\n");
    line_write(t, "job", j->name, NULL);
    number_write(t, "memory", j->memory_bytes);
    number_write(t, "wall_ms", j->wall_ms);
    number_write(t, "cpu_ms", j->cpu_ms);
    number_write(t, "tries", j->tries);
    number_write(t, "grow", j->grow_percent);
    if (j->group != NULL) {
        snprintf(limit, sizeof(limit), "%u", j->group_limit);
        line_write(t, "group", j->group, limit);
    }
    for (size_t i = 0; i < j->input_count; i++)
        line_write(t, "input", j->input[i].path, j->input[i].name);
    for (size_t i = 0; i < j->outputs.count; i++)
        line_write(t, "output", j->outputs.item[i], NULL);
    if (j->directory != NULL)
        line_write(t, "directory", j->directory, NULL);
    for (size_t i = 0; i < j->command_count; i++)
        command_write(t, i > 0 ? &j->command[i - 1] : NULL, &j->command[i]);
    text_add(t, "end\n");
}

void jobs_write(const struct job_list *jobs, struct text *t)
{
    text_add(t, "skerry-jobs 2\n");
    for (size_t i = 0; i < jobs->count; i++)
        if (jobs->job[i].earlier == NULL)
            job_write(&jobs->job[i], t);
}

const char *job_status_name(enum job_status status)
{
    return status_names[status];
}

enum job_status job_status_of(const char *name)
{
    for (size_t i = JOB_OK; i < sizeof(status_names) / sizeof(status_names[0]); i++)
        if (strcmp(status_names[i], name) == 0)
            return (enum job_status)i;
    return JOB_FAULT;
}
