/* The farm's reader of /skerry/jobs in the boot archive: any bytes. What it accepts it must be able
 * to take apart again, line by line and word by word, without a surprise. */
#include "fuzz.h"

#include <farm/jobs.h>

enum { JOBS_SEEN_MAX = 1000, WORD_BYTES = 256 };

static void spec_check(const struct job_spec *spec)
{
    struct job_text lines = spec->lines;
    struct job_item item;
    uint32_t seen[JOB_KEY_COUNT] = {0};

    FUZZ_CHECK(memchr(spec->name, 0, sizeof spec->name) != NULL && spec->name[0] != 0);
    while (job_item_next(&lines, &item)) {
        struct job_text word;
        char copy[WORD_BYTES];
        FUZZ_CHECK(item.key < JOB_KEY_COUNT);
        seen[item.key]++;
        while (job_word_next(&item.words, &word))
            FUZZ_CHECK(job_word_copy(&word, copy, sizeof copy) < sizeof copy);
    }
    FUZZ_CHECK(seen[JOB_INPUT] == spec->input_count && seen[JOB_OUTPUT] == spec->output_count);
    FUZZ_CHECK(seen[JOB_RUN] == spec->run_count && spec->run_count >= 1);
    FUZZ_CHECK(spec->tries >= 1 && spec->tries <= JOB_TRIES_MAX);
    FUZZ_CHECK(spec->output_count <= JOB_OUTPUTS_MAX && spec->input_count <= JOB_INPUTS_MAX);
    FUZZ_CHECK(job_output_find(spec, "no such file of anybody") <= JOB_OUTPUTS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    void *text = fuzz_copy(data, bytes);
    struct jobs_file jobs;
    struct job_spec spec;
    uint64_t offset = 0, before = 0;

    if (jobs_open(&jobs, text, bytes) == OK) {
        for (unsigned i = 0; i < JOBS_SEEN_MAX && jobs_next(&jobs, &offset, &spec) == OK; i++) {
            FUZZ_CHECK(offset > before && offset <= bytes);
            before = offset;
            spec_check(&spec);
        }
    }
    free(text);
    return 0;
}
