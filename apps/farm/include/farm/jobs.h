/* jobs.h: reads /skerry/jobs of the boot archive, format 2: lines of words with single spaces
 * between them; in a word each byte outside 0x21..0x7e, and `%`, is %XX. A job is a block:
 *
 *   skerry-jobs 2
 *   job NAME                 no `=` and no %XX in it
 *   memory BYTES             0 or absent: as much as the core can give
 *   wall_ms N | cpu_ms N     0 or absent: none
 *   tries N                  absent: 1
 *   grow PERCENT             of its memory for the try after status `memory`; absent: 100
 *   group NAME LIMIT         at most LIMIT of the group run at once
 *   input PATH NAME          the archive's file PATH is NAME in the working directory
 *   output NAME              reaches the host; all must be there at the end
 *   directory PATH           working directory; absent: /job
 *   stdin NAME | stdout NAME of the commands that follow; `-`: none
 *   run WORD...              a command; the first one that fails ends the job
 *   end
 *
 * A line `barrier` before a block: all jobs before it end before it begins.
 *
 * Context: any; nothing is copied or allocated, so the text must stay. Texts are not NUL-terminated.
 * E_FORMAT: not in that form; E_LIMIT: more of something than is taken; E_RANGE: no job there. */
#ifndef FARM_JOBS_H
#define FARM_JOBS_H

#include <skerry/base.h>
#include <skerry/status.h>

#define JOBS_PATH "/skerry/jobs"
#define JOB_NAME_MAX 39u
#define JOB_WORDS_MAX 1024u
#define JOB_OUTPUTS_MAX 64u
#define JOB_INPUTS_MAX 64u
#define JOB_RUNS_MAX 255u
#define JOB_TRIES_MAX 100u
#define JOB_GROW_MAX 10000u

struct jobs_file {
    const char *text;
    size_t bytes;
};

struct job_text {
    const char *at;
    size_t bytes;
};

struct job_spec {
    char name[JOB_NAME_MAX + 1];
    bool barrier;
    uint64_t memory_bytes;
    uint32_t wall_ms, cpu_ms, tries, grow_percent;
    struct job_text group; /* as it is spelled; empty: none */
    uint32_t group_limit;
    uint32_t input_count, output_count, run_count;
    struct job_text lines; /* between `job` and `end` */
};

enum job_key {
    JOB_MEMORY,
    JOB_WALL_MS,
    JOB_CPU_MS,
    JOB_TRIES,
    JOB_GROW,
    JOB_GROUP,
    JOB_INPUT,
    JOB_OUTPUT,
    JOB_DIRECTORY,
    JOB_STDIN,
    JOB_STDOUT,
    JOB_RUN,
    JOB_KEY_COUNT
};

/* One line of a block: its key, and the words behind it as they are spelled. */
struct job_item {
    enum job_key key;
    struct job_text words;
};

/* Only the head line is looked at. */
NODISCARD enum status jobs_open(struct jobs_file *jobs, const void *text, size_t bytes);

/* The job whose block begins at *offset (0: the first), read and checked whole. OK: *offset is the
 * next one's. E_RANGE: there is none. */
NODISCARD enum status jobs_next(const struct jobs_file *jobs, uint64_t *offset,
                                struct job_spec *out);

/* Takes the next line off `lines`, a copy of spec.lines. False: there is none. Of a block that
 * jobs_next has read. */
bool job_item_next(struct job_text *lines, struct job_item *out);

/* Takes one word off the front, as it is spelled. False: there is none. */
bool job_word_next(struct job_text *words, struct job_text *out);

/* The word without %XX, ended by NUL. Its length; 0: it does not fit (a word is never empty). */
size_t job_word_copy(const struct job_text *word, char *to, size_t size);

/* The number of the output of that name; JOB_OUTPUTS_MAX: the job has none such. */
uint32_t job_output_find(const struct job_spec *spec, const char *name);

#endif
