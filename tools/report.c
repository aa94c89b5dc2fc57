/* report.c: what a farm's run came to: a table for a person, JSON for a program. */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "say.h"

static const char *status_shown(const struct job *j)
{
    return job_status_name(job_ended(j) ? j->status : JOB_KILLED);
}

static const char *match_shown(enum job_match match)
{
    switch (match) {
    case MATCH_NOT_ASKED:
        return "";
    case MATCH_SAME:
        return "  same";
    case MATCH_DIFFERENT:
        return "  DIFFERENT";
    case MATCH_NO_REFERENCE:
        return "  no reference";
    }
    return "";
}

static const char *sum_shown(const struct job *j)
{
    if (j->sums.count == 0)
        return "-";
    return j->sums.item[0][0] != 0 ? j->sums.item[0] : "(no file)";
}

void report_sums(struct job *j, const char *folder)
{
    char hex[65];

    list_free(&j->sums);
    for (size_t i = 0; j->status == JOB_OK && i < j->outputs.count; i++) {
        char *path = text_format("%s/%s", folder, j->outputs.item[i]);

        list_add(&j->sums, "%s", files_sha256(path, hex) ? hex : "");
        free(path);
    }
}

/* A second table, since these numbers are long. */
static void instructions_print(const struct farm *f)
{
    for (size_t i = 0; i < f->jobs->count; i++)
        if (f->jobs->job[i].counted)
            printf("%-16s %20llu instructions of the program in user mode\n", f->jobs->job[i].name,
                   (unsigned long long)f->jobs->job[i].instructions);
}

void report_table(const struct farm *f)
{
    printf("%-16s %4s %4s %-11s %9s %9s  %s\n", "job", "core", "node", "status", "time", "peak",
           "sha256");
    for (size_t i = 0; i < f->jobs->count; i++) {
        const struct job *j = &f->jobs->job[i];

        if (j->earlier != NULL) {
            printf("%-16s %37s  %.16s\n", j->name, "ok, done by an earlier run", sum_shown(j));
            continue;
        }
        printf("%-16s %4u %4u %-11s %7.2f s %7.1f M  %.16s%s%s%s", j->name, j->core, j->node,
               status_shown(j), (double)j->wall_us / 1e6, (double)j->peak_bytes / (1 << 20),
               sum_shown(j), match_shown(j->match), j->reason != NULL ? "  " : "",
               j->reason != NULL ? j->reason : "");
        printf(j->tried > 1 ? "  (try %u)\n" : "\n", j->tried);
    }
    if (f->options->count)
        instructions_print(f);
    printf("%zu of %zu jobs ok, %u cores, boot %.2f s", jobs_count(f->jobs, JOB_OK), f->jobs->count,
           f->cores_up, f->boot_wall_s);
    if (f->ended_s > 0)
        printf(", all %.1f s, %llu objects leaked", f->ended_s - f->started_s,
               (unsigned long long)f->leaked_objects);
    printf("\n");
}

void report_accounting(const struct farm *f)
{
    for (size_t i = 0; i < f->jobs->count; i++) {
        const struct job *j = &f->jobs->job[i];

        if (j->earlier != NULL)
            continue;
        printf("%s:", j->name);
        for (size_t k = 0; k < j->account.count; k++)
            printf("%s %s %llu", k > 0 ? "," : "", j->account.item[k].key,
                   (unsigned long long)j->account.item[k].value);
        printf(j->calls.count > 0 ? "\n    calls:" : "");
        for (size_t k = 0; k < j->calls.count; k++)
            printf("%s %s %llu", k > 0 ? "," : "", j->calls.item[k].key,
                   (unsigned long long)j->calls.item[k].value);
        printf("\n");
    }
}

static void figures_json(const struct job_figures *figures, struct text *t)
{
    for (size_t i = 0; i < figures->count; i++) {
        text_add(t, i > 0 ? "," : "");
        text_add_json(t, figures->item[i].key);
        text_add(t, ":%llu", (unsigned long long)figures->item[i].value);
    }
}

static void accounting_json(const struct job *j, struct text *t)
{
    text_add(t, "\"accounting\":{");
    figures_json(&j->account, t);
    text_add(t, "%s\"syscalls\":{", j->account.count > 0 ? "," : "");
    figures_json(&j->calls, t);
    text_add(t, "}},");
}

static void files_json(const struct job *j, struct text *t)
{
    const char *separator = "";

    text_add(t, "[");
    for (size_t i = 0; i < j->sums.count; i++) {
        if (j->sums.item[i][0] == 0)
            continue;
        text_add(t, "%s{\"name\":", separator);
        text_add_json(t, j->outputs.item[i]);
        text_add(t, ",\"sha256\":\"%s\"}", j->sums.item[i]);
        separator = ",";
    }
    text_add(t, "]");
}

static void job_json(const struct job *j, struct text *t)
{
    const char *reason = j->reason != NULL ? j->reason : "";

    if (!job_ended(j))
        reason = j->status == JOB_WAITING ? "never started" : "the run was cut short";
    text_add(t, "{\"name\":");
    text_add_json(t, j->name);
    text_add(t, ",\"status\":\"%s\",\"reason\":", status_shown(j));
    text_add_json(t, reason);
    text_add(t, ",\"try\":%u,\"tries\":%u", j->tried, j->tries != 0 ? j->tries : 1);
    text_add(t,
             ",\"core\":%u,\"node\":%u,\"wall_s\":%.6f,\"cpu_ns\":%llu,\"instructions\":", j->core,
             j->node, (double)j->wall_us / 1e6, (unsigned long long)j->cpu_us * 1000);
    if (j->counted)
        text_add(t, "%llu,", (unsigned long long)j->instructions);
    else
        text_add(t, "null,");
    text_add(t, "\"peak_bytes\":%llu,", (unsigned long long)j->peak_bytes);
    if (j->calls_missing != NULL) {
        text_add(t, "\"syscalls_missing\":");
        text_add_json(t, j->calls_missing);
        text_add(t, ",");
    }
    accounting_json(j, t);
    if (j->match != MATCH_NOT_ASKED)
        text_add(t, "\"compare\":\"%s\",", match_shown(j->match) + 2);
    text_add(t, "\"files\":");
    files_json(j, t);
    text_add(t, "}");
}

void report_json(const struct farm *f, struct text *t)
{
    const struct options *o = f->options;

    text_add(t, "{\"format\":\"skerry-report 2\",\n");
    text_add(t, "\"machine\":{\"arch\":\"%s\",\"cores\":%u,\"nodes\":%u,\"memory_bytes\":%llu},\n",
             o->arch, o->cores, o->nodes, (unsigned long long)f->memory_bytes);
    text_add(t, "\"boot\":{\"wall_s\":%.3f,\"cores_up\":%u},\n\"jobs\":[", f->boot_wall_s,
             f->cores_up);
    for (size_t i = 0; i < f->jobs->count; i++) {
        text_add(t, i > 0 ? ",\n" : "\n");
        if (f->jobs->job[i].earlier != NULL)
            text_add(t, "%s", f->jobs->job[i].earlier);
        else
            job_json(&f->jobs->job[i], t);
    }
    text_add(t, "],\n\"retries\":%u,\"cores_lost\":%u,\"leaked_objects\":%llu}\n", f->retries,
             f->cores_lost, (unsigned long long)f->leaked_objects);
}

void report_save(const struct farm *f, const char *folder)
{
    struct text t = {0};
    char *path = text_format("%s/report.json", folder);

    report_json(f, &t);
    files_replace(path, &t);
    text_free(&t);
    free(path);
}
