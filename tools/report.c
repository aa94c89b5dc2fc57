/* report.c: what a farm's run came to: a table for a person, JSON for a program. */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "say.h"

static bool job_ended(const struct job *j)
{
    return j->status != JOB_WAITING && j->status != JOB_RUNNING;
}

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

static void checksum_shown(const struct job *j, const char *folder, char hex[65])
{
    strcpy(hex, "-");
    if (j->status != JOB_OK || j->outputs.count == 0)
        return;
    char *path = text_format("%s/%s", folder, j->outputs.item[0]);

    if (!files_sha256(path, hex))
        strcpy(hex, "(no file)");
    else
        hex[16] = 0;
    free(path);
}

/* A second table, since these numbers are long. */
static void instructions_print(const struct farm *f)
{
    for (size_t i = 0; i < f->jobs->count; i++)
        if (f->jobs->job[i].counted)
            printf("%-16s %20llu instructions of the program in user mode\n", f->jobs->job[i].name,
                   (unsigned long long)f->jobs->job[i].instructions);
}

void report_table(const struct farm *f, const char *folder)
{
    char hex[65];

    printf("%-16s %4s %4s %-11s %9s %9s  %s\n", "job", "core", "node", "status", "time", "peak",
           "sha256");
    for (size_t i = 0; i < f->jobs->count; i++) {
        const struct job *j = &f->jobs->job[i];

        checksum_shown(j, folder, hex);
        printf("%-16s %4u %4u %-11s %7.2f s %7.1f M  %s%s%s%s\n", j->name, j->core, j->node,
               status_shown(j), (double)j->wall_us / 1e6, (double)j->peak_bytes / (1 << 20), hex,
               match_shown(j->match), j->reason != NULL ? "  " : "",
               j->reason != NULL ? j->reason : "");
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

static void files_json(const struct job *j, const char *folder, struct text *t)
{
    const char *separator = "";
    char hex[65];

    text_add(t, "[");
    for (size_t i = 0; i < j->outputs.count; i++) {
        char *path = text_format("%s/%s", folder, j->outputs.item[i]);

        if (j->status == JOB_OK && files_sha256(path, hex)) {
            text_add(t, "%s{\"name\":", separator);
            text_add_json(t, j->outputs.item[i]);
            text_add(t, ",\"sha256\":\"%s\"}", hex);
            separator = ",";
        }
        free(path);
    }
    text_add(t, "]");
}

static void job_json(const struct job *j, const char *folder, struct text *t)
{
    const char *reason = j->reason != NULL ? j->reason : "";

    if (!job_ended(j))
        reason = j->status == JOB_WAITING ? "never started" : "the run was cut short";
    text_add(t, "{\"name\":");
    text_add_json(t, j->name);
    text_add(t, ",\"status\":\"%s\",\"reason\":", status_shown(j));
    text_add_json(t, reason);
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
    text_add(t, "\"files\":");
    files_json(j, folder, t);
    text_add(t, "}");
}

void report_json(const struct farm *f, const char *folder, struct text *t)
{
    const struct options *o = f->options;

    text_add(t, "{\"format\":\"skerry-report 1\",\n");
    text_add(t, "\"machine\":{\"arch\":\"%s\",\"cores\":%u,\"nodes\":%u,\"memory_bytes\":%llu},\n",
             o->arch, o->cores, o->nodes, (unsigned long long)f->memory_bytes);
    text_add(t, "\"boot\":{\"wall_s\":%.3f,\"cores_up\":%u},\n\"jobs\":[", f->boot_wall_s,
             f->cores_up);
    for (size_t i = 0; i < f->jobs->count; i++) {
        text_add(t, i > 0 ? ",\n" : "\n");
        job_json(&f->jobs->job[i], folder, t);
    }
    text_add(t, "],\n\"leaked_objects\":%llu}\n", (unsigned long long)f->leaked_objects);
}
