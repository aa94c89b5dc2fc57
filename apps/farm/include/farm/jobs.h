/* jobs.h: reads /skerry/jobs of the boot archive.
 *
 *   skerry-jobs 1
 *   NAME<TAB>OUTPUT,OUTPUT,...<TAB>ARGV0 ARGV1 ...
 *
 * Context: any; nothing is copied or allocated, so the text must stay. Fields are not NUL-
 * terminated. E_FORMAT: it is no jobs file; E_RANGE: no such job; E_LIMIT: a name, a command or
 * its number of words is too long. */
#ifndef FARM_JOBS_H
#define FARM_JOBS_H

#include <skerry/base.h>
#include <skerry/status.h>

#define JOBS_PATH "/skerry/jobs"
#define JOB_NAME_MAX 39u
#define JOB_WORDS_MAX 60
#define JOB_COMMAND_BYTES 4096u

struct jobs_file {
    const char *text; /* behind the head line */
    size_t bytes;
    uint32_t count;
};

struct job_text {
    const char *at;
    size_t bytes;
};

struct job_line {
    struct job_text name, outputs, command;
};

NODISCARD enum status jobs_open(struct jobs_file *jobs, const void *text, size_t bytes);

NODISCARD enum status jobs_line(const struct jobs_file *jobs, uint32_t index, struct job_line *out);

/* The name with its ending NUL. */
void job_name_copy(const struct job_line *line, char to[JOB_NAME_MAX + 1]);

/* Splits the command at its spaces. word[0..*count) point into buffer. */
NODISCARD enum status job_words(const struct job_line *line, char buffer[JOB_COMMAND_BYTES],
                                const char *word[JOB_WORDS_MAX], int *count);

/* True if the job may leave a file of that name. */
bool job_output_listed(const struct job_line *line, const char *name);

#endif
