/* resume.c: what of an interrupted run is done. The report is read with jansson, since it may have
 * been touched by anyone since; what cannot be read counts as not done. */
#include "resume.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "say.h"

/* The sum that the report names for an output, or NULL. */
static const char *sum_of(const json_t *files, const char *output)
{
    size_t i;
    const json_t *file;

    json_array_foreach(files, i, file)
    {
        const char *name = json_string_value(json_object_get(file, "name"));

        if (name != NULL && strcmp(name, output) == 0)
            return json_string_value(json_object_get(file, "sha256"));
    }
    return NULL;
}

static bool outputs_there(const struct job *j, const json_t *files, const char *folder)
{
    bool good = true;

    for (size_t i = 0; i < j->outputs.count && good; i++) {
        char *path = text_format("%s/%s", folder, j->outputs.item[i]);
        const char *sum = sum_of(files, j->outputs.item[i]);
        char hex[65];

        good = sum != NULL && files_sha256(path, hex) && strcmp(hex, sum) == 0;
        free(path);
    }
    return good;
}

static bool job_apply(struct job *j, const json_t *entry, const char *folder)
{
    const char *status = json_string_value(json_object_get(entry, "status"));
    const json_t *files = json_object_get(entry, "files");

    if (status == NULL || strcmp(status, "ok") != 0 || !outputs_there(j, files, folder))
        return false;
    j->earlier = json_dumps(entry, JSON_COMPACT | JSON_PRESERVE_ORDER);
    if (j->earlier == NULL)
        return false;
    j->status = JOB_OK;
    for (size_t i = 0; i < j->outputs.count; i++)
        list_add(&j->sums, "%s", sum_of(files, j->outputs.item[i]));
    return true;
}

size_t resume_apply(struct jobfile *f, const char *folder)
{
    char *path = text_format("%s/report.json", folder);
    json_error_t error;
    json_t *report = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    const char *format = json_string_value(json_object_get(report, "format"));
    const json_t *entry;
    size_t done = 0, i;

    if (report == NULL)
        say_line("%s: %s; nothing of the earlier run counts as done", path, error.text);
    else if (format == NULL || strcmp(format, "skerry-report 2") != 0)
        say_line("%s is no report that this version reads; nothing counts as done", path);
    else
        json_array_foreach(json_object_get(report, "jobs"), i, entry)
        {
            const char *name = json_string_value(json_object_get(entry, "name"));
            struct job *j = name != NULL ? jobs_find(&f->jobs, name) : NULL;

            if (j != NULL && j->earlier == NULL)
                done += job_apply(j, entry, folder);
        }
    json_decref(report);
    free(path);
    return done;
}
