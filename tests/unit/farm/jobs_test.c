/* jobs_test.c: the jobs file's reader (what is malformed, cut off, or over a limit is refused) and
 * the queue: order, tries with more memory, groups, barriers. */
#include "queue.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "skerry-jobs 2\n"

static const char two_jobs[] = HEAD "job balls\n"
                                    "memory 33554432\n"
                                    "wall_ms 60000\n"
                                    "cpu_ms 50000\n"
                                    "tries 3\n"
                                    "grow 150\n"
                                    "group frames 2\n"
                                    "input /usr/share/a%20b.dat scene.dat\n"
                                    "output balls.tga\n"
                                    "output sub/log.txt\n"
                                    "directory /job\n"
                                    "stdout sub/log.txt\n"
                                    "run /usr/bin/tachyon scene.dat -o balls.tga\n"
                                    "stdout -\n"
                                    "run busybox echo 100%25 a%0Ab\n"
                                    "end\n"
                                    "job last\n"
                                    "run true\n"
                                    "end\n";

static enum status open_text(struct jobs_file *jobs, const char *text)
{
    return jobs_open(jobs, text, strlen(text));
}

static void jobs_are_read(void **state)
{
    struct jobs_file jobs;
    struct job_spec spec;
    uint64_t offset = 0;

    (void)state;
    assert_int_equal(open_text(&jobs, two_jobs), OK);
    assert_int_equal(jobs_next(&jobs, &offset, &spec), OK);
    assert_string_equal(spec.name, "balls");
    assert_int_equal(spec.memory_bytes, 33554432);
    assert_int_equal(spec.wall_ms, 60000);
    assert_int_equal(spec.cpu_ms, 50000);
    assert_int_equal(spec.tries, 3);
    assert_int_equal(spec.grow_percent, 150);
    assert_int_equal(spec.group_limit, 2);
    assert_int_equal(spec.input_count, 1);
    assert_int_equal(spec.output_count, 2);
    assert_int_equal(spec.run_count, 2);
    assert_false(spec.barrier);
    assert_int_equal(job_output_find(&spec, "balls.tga"), 0);
    assert_int_equal(job_output_find(&spec, "sub/log.txt"), 1);
    assert_int_equal(job_output_find(&spec, "balls.tg"), JOB_OUTPUTS_MAX);
    assert_int_equal(job_output_find(&spec, ""), JOB_OUTPUTS_MAX);
    assert_int_equal(jobs_next(&jobs, &offset, &spec), OK);
    assert_string_equal(spec.name, "last");
    assert_int_equal(spec.tries, 1);
    assert_int_equal(spec.grow_percent, 100);
    assert_int_equal(spec.memory_bytes, 0);
    assert_int_equal(spec.group.bytes, 0);
    assert_int_equal(jobs_next(&jobs, &offset, &spec), E_RANGE);
    offset = UINT64_MAX;
    assert_int_equal(jobs_next(&jobs, &offset, &spec), E_RANGE);
}

/* The lines in their order, the words without %XX. */
static void lines_are_walked(void **state)
{
    static const enum job_key order[] = {
        JOB_MEMORY, JOB_WALL_MS, JOB_CPU_MS,    JOB_TRIES,  JOB_GROW, JOB_GROUP,  JOB_INPUT,
        JOB_OUTPUT, JOB_OUTPUT,  JOB_DIRECTORY, JOB_STDOUT, JOB_RUN,  JOB_STDOUT, JOB_RUN};
    struct jobs_file jobs;
    struct job_spec spec;
    struct job_item item;
    struct job_text word;
    char text[32];
    uint64_t offset = 0;
    unsigned n = 0;

    (void)state;
    assert_int_equal(open_text(&jobs, two_jobs), OK);
    assert_int_equal(jobs_next(&jobs, &offset, &spec), OK);
    for (struct job_text lines = spec.lines; job_item_next(&lines, &item); n++) {
        assert_true(n < sizeof order / sizeof order[0]);
        assert_int_equal(item.key, order[n]);
    }
    assert_int_equal(n, sizeof order / sizeof order[0]);
    static const char *const words[] = {"busybox", "echo", "100%", "a\nb"};
    for (n = 0; job_word_next(&item.words, &word); n++) {
        assert_int_equal(job_word_copy(&word, text, sizeof text), strlen(words[n]));
        assert_string_equal(text, words[n]);
    }
    assert_int_equal(n, 4);
    assert_int_equal(job_word_copy(&(struct job_text){"abc", 3}, text, 3), 0);
    assert_int_equal(job_word_copy(&(struct job_text){"abc", 3}, text, 4), 3);
}

static const struct {
    const char *text;
    enum status status;
} bad_rows[] = {
    {"", E_RANGE},
    {"job a\n", E_FORMAT},
    {"job a\nrun x\n", E_FORMAT},
    {"job a\nrun x\nend", E_FORMAT},
    {"job a\nend\n", E_FORMAT},
    {"job\nrun x\nend\n", E_FORMAT},
    {"job a b\nrun x\nend\n", E_FORMAT},
    {"job a \nrun x\nend\n", E_FORMAT},
    {"job a=b\nrun x\nend\n", E_FORMAT},
    {"job a%20\nrun x\nend\n", E_FORMAT},
    {"job 0123456789012345678901234567890123456789\nrun x\nend\n", E_LIMIT},
    {"job 012345678901234567890123456789012345678\nrun x\nend\n", OK},
    {"job a\nrun x\nend\njob b\n", OK},
    {"barrier\nbarrier\njob a\nrun x\nend\n", OK},
    {"barrier\n", E_FORMAT},
    {"job a\nbarrier\nrun x\nend\n", E_FORMAT},
    {"job a\ncolour red\nrun x\nend\n", E_FORMAT},
    {"job a\n\nrun x\nend\n", E_FORMAT},
    {"job a\nrun\nend\n", E_FORMAT},
    {"job a\nrun \nend\n", E_FORMAT},
    {"job a\nrun x  y\nend\n", E_FORMAT},
    {"job a\nrun x \nend\n", E_FORMAT},
    {"job a\nrun x%\nend\n", E_FORMAT},
    {"job a\nrun x%4\nend\n", E_FORMAT},
    {"job a\nrun x%4g\nend\n", E_FORMAT},
    {"job a\nrun x%00\nend\n", E_FORMAT},
    {"job a\nrun x\ty\nend\n", E_FORMAT},
    {"job a\nrun x\377\nend\n", E_FORMAT},
    {"job a\nmemory 1 2\nrun x\nend\n", E_LIMIT},
    {"job a\nmemory -1\nrun x\nend\n", E_FORMAT},
    {"job a\nmemory 99999999999999999999\nrun x\nend\n", E_LIMIT},
    {"job a\nwall_ms 4294967296\nrun x\nend\n", E_LIMIT},
    {"job a\nwall_ms 4294967295\nrun x\nend\n", OK},
    {"job a\ntries 0\nrun x\nend\n", E_FORMAT},
    {"job a\ntries 101\nrun x\nend\n", E_LIMIT},
    {"job a\ngrow 99\nrun x\nend\n", E_FORMAT},
    {"job a\ngroup g\nrun x\nend\n", E_FORMAT},
    {"job a\ngroup g 0\nrun x\nend\n", E_FORMAT},
    {"job a\ninput x y\nrun x\nend\n", E_FORMAT},
    {"job a\ninput /x /y\nrun x\nend\n", E_FORMAT},
    {"job a\ninput /x ../y\nrun x\nend\n", E_FORMAT},
    {"job a\ninput /x y/%2E%2E/z\nrun x\nend\n", E_FORMAT},
    {"job a\noutput a//b\nrun x\nend\n", E_FORMAT},
    {"job a\noutput a/\nrun x\nend\n", E_FORMAT},
    {"job a\noutput ./a\nrun x\nend\n", E_FORMAT},
    {"job a\noutput a/.b/..c\nrun x\nend\n", OK},
    {"job a\ndirectory job\nrun x\nend\n", E_FORMAT},
    {"job a\nstdin /etc/passwd\nrun x\nend\n", E_FORMAT},
    {"job a\nstdin -\nrun x\nend\n", OK},
};

static void bad_jobs_are_refused(void **state)
{
    struct jobs_file jobs;
    struct job_spec spec;

    (void)state;
    assert_int_equal(open_text(&jobs, "skerry-jobs 1\n"), E_FORMAT);
    assert_int_equal(open_text(&jobs, "skerry-jobs 2"), E_FORMAT);
    assert_int_equal(jobs_open(&jobs, NULL, 0), E_FORMAT);
    for (unsigned i = 0; i < sizeof bad_rows / sizeof bad_rows[0]; i++) {
        char text[256];
        uint64_t offset = 0;
        snprintf(text, sizeof text, HEAD "%s", bad_rows[i].text);
        assert_int_equal(open_text(&jobs, text), OK);
        if (jobs_next(&jobs, &offset, &spec) != bad_rows[i].status)
            fail_msg("row %u: %s", i, bad_rows[i].text);
        assert_true(bad_rows[i].status == OK || !offset);
    }
}

/* Every shorter file is refused or has fewer jobs; no byte behind the end is read (ASan). */
static void truncated_jobs_are_refused(void **state)
{
    size_t whole = sizeof two_jobs - 1, first = (size_t)(strstr(two_jobs, "job last") - two_jobs);

    (void)state;
    for (size_t bytes = 0; bytes <= whole; bytes++) {
        char *text = malloc(bytes + !bytes);
        struct jobs_file jobs;
        uint32_t count = 0;
        memcpy(text, two_jobs, bytes);
        enum status s = jobs_open(&jobs, text, bytes);
        if (s == OK)
            s = queue_count(&jobs, &count);
        bool good = bytes == sizeof HEAD - 1 || bytes == first || bytes == whole;
        assert_int_equal(s, good ? OK : E_FORMAT);
        assert_int_equal(count, bytes < first ? 0 : bytes < whole ? 1 : 2);
        free(text);
    }
}

static void counts_are_limited(void **state)
{
    static const struct {
        const char *line;
        unsigned most;
    } rows[] = {{"input /a b\n", JOB_INPUTS_MAX},
                {"output b\n", JOB_OUTPUTS_MAX},
                {"run x\n", JOB_RUNS_MAX - 1}};
    static char text[32768];
    struct jobs_file jobs;
    struct job_spec spec;

    (void)state;
    for (unsigned row = 0; row < sizeof rows / sizeof rows[0]; row++)
        for (unsigned more = 0; more < 2; more++) {
            uint64_t offset = 0;
            int n = sprintf(text, HEAD "job a\n");
            for (unsigned i = 0; i < rows[row].most + more; i++)
                n += sprintf(text + n, "%s", rows[row].line);
            sprintf(text + n, "run x\nend\n");
            assert_int_equal(open_text(&jobs, text), OK);
            assert_int_equal(jobs_next(&jobs, &offset, &spec), more ? E_LIMIT : OK);
        }
    for (unsigned more = 0; more < 2; more++) {
        uint64_t offset = 0;
        int n = sprintf(text, HEAD "job a\nrun");
        for (unsigned i = 0; i < JOB_WORDS_MAX + more; i++)
            n += sprintf(text + n, " w");
        sprintf(text + n, "\nend\n");
        assert_int_equal(open_text(&jobs, text), OK);
        assert_int_equal(jobs_next(&jobs, &offset, &spec), more ? E_LIMIT : OK);
    }
}

struct stage {
    struct jobs_file jobs;
    struct queue queue;
    struct queue_job job[16];
};

static void stage_open(struct stage *g, const char *text)
{
    memset(g, 0, sizeof *g);
    assert_int_equal(open_text(&g->jobs, text), OK);
    assert_int_equal(queue_fill(&g->queue, &g->jobs, g->job), OK);
}

static int take(struct stage *g)
{
    uint32_t index;
    return queue_take(&g->queue, &index) ? (int)index : -1;
}

static void tries_are_counted(void **state)
{
    static struct stage g;

    (void)state;
    stage_open(&g, HEAD "job a\nmemory 1000\ntries 3\ngrow 150\nrun x\nend\njob b\nrun x\nend\n");
    assert_int_equal(take(&g), 0);
    assert_int_equal(g.job[0].try, 1);
    assert_true(queue_end(&g.queue, 0, JOB_STATUS_MEMORY));
    assert_int_equal(g.job[0].memory_bytes, 1500);
    /* It goes before what comes behind it. */
    assert_int_equal(take(&g), 0);
    assert_true(queue_end(&g.queue, 0, JOB_STATUS_FAULT));
    assert_int_equal(g.job[0].memory_bytes, 1500);
    assert_int_equal(take(&g), 0);
    assert_int_equal(g.job[0].try, 3);
    assert_false(queue_end(&g.queue, 0, JOB_STATUS_TIME));
    assert_int_equal(take(&g), 1);
    queue_return(&g.queue, 1);
    assert_int_equal(take(&g), 1);
    assert_int_equal(g.job[1].try, 1);
    assert_false(queue_end(&g.queue, 1, JOB_STATUS_KILLED));
    assert_int_equal(take(&g), -1);
    assert_int_equal(g.queue.over, 2);
    assert_int_equal(g.queue.retries, 2);
    stage_open(&g, HEAD "job a\ntries 9\nrun x\nend\n");
    assert_int_equal(take(&g), 0);
    assert_false(queue_end(&g.queue, 0, JOB_STATUS_UNSUPPORTED));
    stage_open(&g, HEAD "job a\ntries 9\nrun x\nend\n");
    assert_int_equal(take(&g), 0);
    assert_false(queue_end(&g.queue, 0, JOB_STATUS_OK));
}

static void groups_are_limited(void **state)
{
    static struct stage g;
    struct queue_job job[4];
    struct queue q;
    uint32_t index;

    (void)state;
    stage_open(&g, HEAD "job a\ngroup g 2\ntries 2\nrun x\nend\njob b\ngroup g 2\nrun x\nend\n"
                        "job c\ngroup g 2\nrun x\nend\njob d\nrun x\nend\n"
                        "job e\ngroup h 1\nrun x\nend\n");
    assert_int_equal(take(&g), 0);
    assert_int_equal(take(&g), 1);
    assert_int_equal(take(&g), 3);
    assert_int_equal(take(&g), 4);
    assert_int_equal(take(&g), -1);
    assert_true(queue_end(&g.queue, 0, JOB_STATUS_FAULT));
    assert_int_equal(take(&g), 0);
    assert_int_equal(take(&g), -1);
    assert_false(queue_end(&g.queue, 1, JOB_STATUS_OK));
    assert_int_equal(take(&g), 2);
    assert_int_equal(take(&g), -1);
    /* One group, one limit. */
    assert_int_equal(
        open_text(&g.jobs, HEAD "job a\ngroup g 2\nrun x\nend\njob b\ngroup g 3\nrun x\nend\n"),
        OK);
    assert_int_equal(queue_fill(&q, &g.jobs, job), E_ARGUMENT);
    stage_open(&g, HEAD "job a\nrun x\nend\n");
    assert_true(queue_drop(&g.queue, &index));
    assert_int_equal(g.queue.over, 1);
    assert_false(queue_drop(&g.queue, &index));
    assert_int_equal(take(&g), -1);
}

static void barriers_hold(void **state)
{
    static struct stage g;

    (void)state;
    stage_open(&g, HEAD "barrier\njob a\ntries 2\nrun x\nend\njob b\nrun x\nend\nbarrier\n"
                        "job c\nrun x\nend\njob d\nrun x\nend\n");
    assert_int_equal(take(&g), 0);
    assert_int_equal(take(&g), 1);
    assert_int_equal(take(&g), -1);
    assert_false(queue_end(&g.queue, 1, JOB_STATUS_OK));
    assert_true(queue_end(&g.queue, 0, JOB_STATUS_FAULT));
    assert_false(queue_barrier_pass(&g.queue));
    assert_int_equal(take(&g), 0);
    assert_int_equal(take(&g), -1);
    assert_false(queue_end(&g.queue, 0, JOB_STATUS_OK));
    assert_int_equal(take(&g), -1);
    assert_true(queue_barrier_pass(&g.queue));
    assert_false(queue_barrier_pass(&g.queue));
    assert_int_equal(g.queue.barriers, 1);
    assert_int_equal(take(&g), 2);
    assert_int_equal(take(&g), 3);
    assert_false(queue_end(&g.queue, 3, JOB_STATUS_OK));
    assert_false(queue_barrier_pass(&g.queue));
    assert_false(queue_end(&g.queue, 2, JOB_STATUS_OK));
    assert_int_equal(g.queue.over, 4);
    assert_false(queue_barrier_pass(&g.queue));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_are_read),        cmocka_unit_test(lines_are_walked),
        cmocka_unit_test(bad_jobs_are_refused), cmocka_unit_test(truncated_jobs_are_refused),
        cmocka_unit_test(counts_are_limited),   cmocka_unit_test(tries_are_counted),
        cmocka_unit_test(groups_are_limited),   cmocka_unit_test(barriers_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
