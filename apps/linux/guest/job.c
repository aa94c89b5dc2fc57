/* job.c: what this domain has to do, from the archive's /skerry/jobs (farm/jobs.h): input files,
 * commands one after the other, output files. */
#include "guest.h"
#include <farm/jobs.h>
#include <rt/archive.h>
#include <rt/log.h>
#include <rt/rt.h>
#include <rt/string.h>

enum { NAME_BYTES = 256 };

static struct {
    bool present;
    struct job_spec spec;
    struct job_text lines; /* behind the last command */
    uint32_t begun;        /* commands */
    void *words;           /* of the last command */
    char directory[NAME_BYTES], input[NAME_BYTES], output[NAME_BYTES], failed[NAME_BYTES];
    bool output_used; /* a command wrote there before */
} job;

/* The last line of that key, copied. */
static enum status directory_find(void)
{
    struct job_text lines = job.spec.lines;
    struct job_item item;

    while (job_item_next(&lines, &item))
        if (item.key == JOB_DIRECTORY &&
            !job_word_copy(&item.words, job.directory, sizeof job.directory))
            return E_LIMIT;
    return OK;
}

enum status job_open(const struct archive *archive, uint64_t offset)
{
    struct archive_node node;
    struct jobs_file jobs;
    uint64_t at;
    enum status s = archive_path(archive, JOBS_PATH, true, &node);

    if (s == OK)
        s = archive_data(archive, &node, &at);
    if (s == OK)
        s = jobs_open(&jobs, archive->base + at, node.bytes);
    if (s == OK)
        s = jobs_next(&jobs, &offset, &job.spec);
    if (s != OK)
        return s;
    job.lines = job.spec.lines;
    job.present = true;
    return directory_find();
}

bool job_is(void)
{
    return job.present;
}

const char *job_directory(void)
{
    return job.directory[0] ? job.directory : NULL;
}

uint32_t job_command(void)
{
    return job.begun ? job.begun - 1 : 0;
}

/* `-` is none. */
static enum status stream_take(const struct job_text *word, char to[NAME_BYTES])
{
    if (!job_word_copy(word, to, NAME_BYTES))
        return E_LIMIT;
    if (!strcmp(to, "-"))
        to[0] = '\0';
    return OK;
}

/* Pointers, then texts, in one piece of the heap: they go to the program's stack and then back. */
static enum status words_take(struct job_text words, struct linux_config *c)
{
    struct job_text rest = words, word;
    size_t count = 0, used = 0;

    while (job_word_next(&rest, &word))
        count++;
    const char **argument = heap_alloc(&rt.heap, (count + 1) * sizeof *argument + words.bytes + 1);
    if (!argument)
        return E_NO_MEMORY;
    char *text = (char *)(argument + count + 1);
    job.words = argument;
    for (size_t i = 0; i < count && job_word_next(&words, &word); i++) {
        argument[i] = text + used;
        used += job_word_copy(&word, text + used, word.bytes + 1) + 1;
    }
    argument[count] = NULL;
    c->program = argument[0];
    c->arguments = argument;
    return OK;
}

enum status job_command_take(struct linux_config *c)
{
    struct job_item item;
    enum status s = OK;

    while (s == OK && job_item_next(&job.lines, &item)) {
        if (item.key == JOB_STDIN) {
            s = stream_take(&item.words, job.input);
        } else if (item.key == JOB_STDOUT) {
            s = stream_take(&item.words, job.output);
            job.output_used = false;
        } else if (item.key == JOB_RUN) {
            job.begun++;
            c->input = job.input[0] ? job.input : NULL;
            c->output = job.output[0] ? job.output : NULL;
            c->output_append = job.output_used;
            job.output_used = true;
            return words_take(item.words, c);
        }
    }
    return s == OK ? E_RANGE : s;
}

void job_command_put(void)
{
    heap_free(&rt.heap, job.words);
    job.words = NULL;
}

static enum status input_make(struct linux_process *p, struct job_text words)
{
    struct job_text path_word, name_word;
    char path[NAME_BYTES];

    if (!job_word_next(&words, &path_word) || !job_word_next(&words, &name_word) ||
        !job_word_copy(&path_word, path, sizeof path) ||
        !job_word_copy(&name_word, job.failed, sizeof job.failed))
        return E_LIMIT;
    return linux_input(p, path, job.failed);
}

enum status job_inputs(struct linux_process *p, const char **what)
{
    struct job_text lines = job.spec.lines;
    struct job_item item;
    enum status s = OK;

    *what = job.failed;
    while (s == OK && job_item_next(&lines, &item)) {
        if (item.key == JOB_INPUT)
            s = input_make(p, item.words);
        else if (item.key == JOB_OUTPUT)
            s = job_word_copy(&item.words, job.failed, sizeof job.failed)
                    ? linux_parents(p, job.failed)
                    : E_LIMIT;
    }
    return s;
}

/* One that is not there is no matter of ours: the worker misses it. */
void job_outputs(struct linux_process *p)
{
    struct job_text lines = job.spec.lines;
    struct job_item item;
    char name[NAME_BYTES];

    while (job_item_next(&lines, &item))
        if (item.key == JOB_OUTPUT && job_word_copy(&item.words, name, sizeof name)) {
            enum status s = linux_file(p, name);
            if (s != OK)
                log_line("linux: output %s: %s", name, status_text(s));
        }
}
