/* jobs.c: the list of jobs: what each should do, and what became of it. */
#include "jobs.h"

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

struct job *jobs_add(struct job_list *jobs, const char *name)
{
    jobs->job = realloc(jobs->job, (jobs->count + 1) * sizeof(jobs->job[0]));
    if (jobs->job == NULL)
        say_fail("out of memory on the host");
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

static void words_write(struct text *t, const struct list *words, const char *separator)
{
    for (size_t i = 0; i < words->count; i++) {
        if (words->item[i][0] == 0 || strpbrk(words->item[i], " \t\n,") != NULL)
            say_fail("\"%s\": no spaces or commas in the words of a job", words->item[i]);
        text_add(t, "%s%s", i > 0 ? separator : "", words->item[i]);
    }
}

void jobs_write(const struct job_list *jobs, struct text *t)
{
    text_add(t, "skerry-jobs 1\n");
    for (size_t i = 0; i < jobs->count; i++) {
        const struct job *j = &jobs->job[i];

        text_add(t, "%s\t", j->name);
        words_write(t, &j->outputs, ",");
        text_add(t, "\t");
        words_write(t, &j->argv, " ");
        text_add(t, "\n");
    }
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
