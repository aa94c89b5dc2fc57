/* jobfile_test.c: the jobs file: what a good one means, and each thing that can be wrong with its
 * line and key. Programs and packages are not looked for here (tests/farm/resume.sh does). */
#include "jobfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guest_read.h"
#include "template.h"

static const char *folder = "."; /* of this file's own inputs */

struct taken {
    struct settings settings;
    struct jobfile file;
    char *path;
    bool good;
};

/* Lines 1 and 2 are the format and `jobs = (`: the text begins in line 3. */
static struct taken *take(const char *jobs)
{
    struct taken *t = calloc(1, sizeof(*t));
    char *text = text_format("format = \"skerry-jobs 1\";\njobs = (\n%s\n);\n", jobs);

    assert_non_null(t);
    t->path = text_format("%s/test.cfg", folder);
    t->file.arch = "aarch64";
    t->good = settings_open_text(&t->settings, t->path, text, strlen(text), JOBFILE_FORMAT);
    t->good = t->good && jobfile_read(&t->file, &t->settings);
    free(text);
    return t;
}

static void drop(struct taken *t)
{
    jobfile_free(&t->file);
    settings_close(&t->settings);
    free(t->path);
    free(t);
}

static bool said(const struct taken *t, unsigned int line, const char *what)
{
    char *start = text_format("%s:%u: %s", t->path, line, what);
    bool found = false;

    for (size_t i = 0; i < t->settings.problems.count; i++)
        found = found || strncmp(t->settings.problems.item[i], start, strlen(start)) == 0;
    free(start);
    return found;
}

static void a_whole_job(void **state)
{
    struct taken *t = take(
        "{ name = \"one\"; memory = \"64M\"; time = \"90s\"; cpu_time = \"250ms\";\n"
        "  tries = 3; memory_growth = 150; directory = \"/work\"; group = \"g\"; at_once = 2;\n"
        "  output = [ \"a\", \"b/c\" ]; input = ( { package = \"/usr/x\"; as = \"y\"; } );\n"
        "  run = ( \"prog 'two words' a\\\\ b\", [ \"p\", \"-\" ],\n"
        "          { command = \"q\"; stdin = \"y\"; stdout = \"a\"; } ); }");
    struct text written = {0};

    (void)state;
    settings_print(&t->settings);
    assert_true(t->good);
    assert_int_equal(t->file.jobs.count, 1);
    jobs_write(&t->file.jobs, &written);
    assert_string_equal(written.data, "skerry-jobs 2\njob one\nmemory 67108864\nwall_ms 90000\n"
                                      "cpu_ms 250\ntries 3\ngrow 150\ngroup g 2\n"
                                      "input /usr/x y\noutput a\noutput b/c\ndirectory /work\n"
                                      "run prog two%20words a%20b\nrun p -\nstdin y\nstdout a\n"
                                      "run q\nend\n");
    assert_int_equal(guest_read(written.data, written.length), 1);
    text_free(&written);
    drop(t);
}

static void frames_are_spread(void **state)
{
    struct taken *t =
        take("{ name = \"f-{frame:03}\"; frames = [ 2, 8, 3 ]; at_once = 2;\n"
             "  each = { word = [ \"a\", \"b\", \"c\" ]; x = ( 1, 2.5, -3 ); };\n"
             "  input = ( { file = \"template.txt\"; as = \"in\"; template = true; } );\n"
             "  run = \"prog {arch} {word} {x} {{frame} { }\"; output = \"{frame}.out\"; }");

    (void)state;
    settings_print(&t->settings);
    assert_true(t->good);
    assert_int_equal(t->file.jobs.count, 3);
    const struct job *j = &t->file.jobs.job[1];

    assert_string_equal(j->name, "f-005");
    assert_string_equal(j->outputs.item[0], "5.out");
    assert_string_equal(j->group, "line-3");
    assert_int_equal(j->group_limit, 2);
    assert_int_equal(j->command[0].words.count, 7);
    assert_string_equal(j->command[0].words.item[1], "aarch64");
    assert_string_equal(j->command[0].words.item[2], "b");
    assert_string_equal(j->command[0].words.item[3], "2.5");
    assert_string_equal(j->command[0].words.item[4], "{frame}");
    assert_string_equal(cargo_find(&t->file.cargo, j->input[0].path)->text,
                        "frame 005 b {unknown} {\n");
    assert_string_not_equal(j->input[0].path, t->file.jobs.job[0].input[0].path);
    drop(t);
}

static void defaults_hold(void **state)
{
    static const char text[] =
        "format = \"skerry-jobs 1\"; machine = { arch = \"aarch64\"; cores = "
        "3; };\ndefaults = { memory = \"1M\"; run = \"p\"; };\n"
        "jobs = ( { name = \"a\"; }, { name = \"b\"; memory = \"2M\"; } );";
    struct jobfile f = {.arch = "aarch64"};
    struct settings s;

    (void)state;
    assert_true(settings_open_text(&s, "d.cfg", text, sizeof(text) - 1, JOBFILE_FORMAT));
    assert_string_equal(jobfile_arch(&s), "aarch64");
    assert_true(jobfile_read(&f, &s));
    assert_int_equal(f.cores, 3);
    assert_int_equal(f.jobs.job[0].memory_bytes, 1 << 20);
    assert_int_equal(f.jobs.job[1].memory_bytes, 2 << 20);
    jobfile_free(&f);
    settings_close(&s);
}

/* What is written out means the same. */
static void written_jobs_are_read(void **state)
{
    struct taken *t =
        take("{ name = \"r-{frame}\"; frames = [ 0, 1 ]; at_once = 1; memory = \"3G\";\n"
             "  run = { command = [ \"p\", \"a\\\"b\\\\{{x}\\n\" ]; stdout = \"o\"; };\n"
             "  input = [ \"template.txt\" ]; output = \"o{frame}\"; time = \"1h\"; }");
    struct text first = {0}, second = {0}, expanded = {0};
    struct jobfile again = {.arch = "aarch64"};
    struct settings s;

    (void)state;
    assert_true(t->good);
    jobs_write(&t->file.jobs, &first);
    jobfile_write(&t->file, &expanded);
    assert_true(settings_open_text(&s, "w.cfg", expanded.data, expanded.length, JOBFILE_FORMAT));
    assert_true(jobfile_read(&again, &s));
    jobs_write(&again.jobs, &second);
    assert_string_equal(first.data, second.data);
    assert_int_equal(guest_read(first.data, first.length), 2);
    text_free(&first);
    text_free(&second);
    text_free(&expanded);
    jobfile_free(&again);
    settings_close(&s);
    drop(t);
}

/* Each: a job, and the problem of line 3 that it must have. */
static const char *const wrong[][2] = {
    {"7", "jobs[0]: must be a job"},
    {"{ run = \"p\"; }", "jobs[0].name: is missing"},
    {"{ name = \"a b\"; run = \"p\"; }", "jobs[0].name: \"a b\" is no name"},
    {"{ name = \"1234567890123456789012345678901234567890\"; run = \"p\"; }",
     "jobs[0].name: \"1234"},
    {"{ name = 7; run = \"p\"; }", "jobs[0].name: must be a string"},
    {"{ name = \"a\"; }", "jobs[0].run: is missing"},
    {"{ name = \"a\"; run = 5; }", "jobs[0].run: is no command"},
    {"{ name = \"a\"; run = (); }", "jobs[0].run: has 0 commands"},
    {"{ name = \"a\"; run = ( \"p\", 5 ); }", "jobs[0].run[1]: is no command"},
    {"{ name = \"a\"; run = \"\"; }", "jobs[0].run: names no program"},
    {"{ name = \"a\"; run = ( [ \"p\", \"x\" ], ( \"p\", 5 ) ); }", "jobs[0].run[1]: must hold"},
    {"{ name = \"a\"; run = \"p | q\"; }", "jobs[0].run: no shell reads this"},
    {"{ name = \"a\"; run = \"p 'x\"; }", "jobs[0].run: a quote is open"},
    {"{ name = \"a\"; run = ( [ \"p\", \"\" ] ); }", "jobs[0].run[0]: has an empty word"},
    {"{ name = \"a\"; run = { command = \"p\"; stdin = \"-\"; }; }", "jobs[0].run.stdin: \"-\""},
    {"{ name = \"a\"; run = \"p\"; memory = \"9999T\"; }", "jobs[0].memory: is more than"},
    {"{ name = \"a\"; run = { stdin = \"x\"; }; }", "jobs[0].run.command: is missing"},
    {"{ name = \"a\"; run = { command = \"p\"; stdout = \"/x\"; }; }",
     "jobs[0].run.stdout: \"/x\" must be a name relative"},
    {"{ name = \"a\"; run = \"p\"; memroy = \"1M\"; }",
     "jobs[0].memroy: unknown key; did you mean memory"},
    {"{ name = \"a\"; run = \"p\"; memory = \"1X\"; }", "jobs[0].memory: is not a size"},
    {"{ name = \"a\"; run = \"p\"; memory = 64; }", "jobs[0].memory: is not a size"},
    {"{ name = \"a\"; run = \"p\"; time = \"1\"; }", "jobs[0].time: is not a time"},
    {"{ name = \"a\"; run = \"p\"; time = \"99999999999h\"; }", "jobs[0].time: is not a time"},
    {"{ name = \"a\"; run = \"p\"; cpu_time = \"0s\"; }", "jobs[0].cpu_time: is not a time"},
    {"{ name = \"a\"; run = \"p\"; tries = 0; }", "jobs[0].tries: must be a number"},
    {"{ name = \"a\"; run = \"p\"; memory_growth = 200; }", "jobs[0].memory_growth: needs memory"},
    {"{ name = \"a\"; run = \"p\"; frames = [ 3, 1 ]; }", "jobs[0].frames: must be"},
    {"{ name = \"a\"; run = \"p\"; frames = [ 0, 5000 ]; }", "jobs[0].frames: are 5001"},
    {"{ name = \"a\"; run = \"p\"; frames = 3; }", "jobs[0].frames: must be a list"},
    {"{ name = \"a\"; run = \"p {frame}\"; }", "jobs[0].run: {frame} needs frames"},
    {"{ name = \"a{frame:99}\"; run = \"p\"; frames = [ 1, 2 ]; }", "jobs[0].name: {frame:99}"},
    {"{ name = \"a{fram}\"; run = \"p\"; frames = [ 1, 2 ]; }", "jobs[0].name: {fram} stands for"},
    {"{ name = \"a\"; run = \"p\"; frames = [ 1, 2 ]; }", "jobs[0].name: a is the name of another"},
    {"{ name = \"a{frame}\"; run = \"p\"; frames = [ 1, 2 ]; each = { x = [ 1 ]; }; }",
     "jobs[0].each.x: has 1 values for 2"},
    {"{ name = \"a{frame}\"; run = \"p\"; frames = [ 1, 2 ]; each = { arch = [ 1, 2 ]; }; }",
     "jobs[0].each.arch: must hold"},
    {"{ name = \"a\"; run = \"p\"; each = { x = [ 1 ]; }; }", "jobs[0].each: must be"},
    {"{ name = \"a\"; run = \"p\"; at_once = 2; }", "jobs[0].at_once: needs frames or group"},
    {"{ name = \"a\"; run = \"p\"; group = \"g\"; }", "jobs[0].group: needs at_once"},
    {"{ name = \"a\"; run = \"p\"; output = \"../x\"; }", "jobs[0].output: \"../x\" may not"},
    {"{ name = \"a\"; run = \"p\"; output = \"x//y\"; }", "jobs[0].output: \"x//y\" may not"},
    {"{ name = \"a\"; run = \"p\"; output = \"\"; }", "jobs[0].output: \"\" must be a name"},
    {"{ name = \"a\"; run = \"p\"; output = [ 1 ]; }", "jobs[0].output: must hold strings"},
    {"{ name = \"a\"; run = \"p\"; output = [ \"x\", \"x/y\" ]; }", "jobs[0].output: x/y is also"},
    {"{ name = \"a\"; run = \"p\"; output = \"report.json\"; }",
     "jobs[0].output: report.json is skerry's own"},
    {"{ name = \"a\"; run = \"p\"; input = [ \"nosuch\" ]; }", "jobs[0].input[0]: no file "},
    {"{ name = \"a\"; run = \"p\"; input = ( { file = \"x\"; package = \"/y\"; } ); }",
     "jobs[0].input[0]: give one of"},
    {"{ name = \"a\"; run = \"p\"; input = ( { package = \"y\"; } ); }",
     "jobs[0].input[0]: \"y\": give the absolute path"},
    {"{ name = \"a\"; run = \"p\"; input = ( \"template.txt\", \"template.txt\" ); }",
     "jobs[0].input: two files get the name"},
    {"{ name = \"a\"; run = \"p\"; files = ( { from = \"template.txt\"; to = \"x\"; } ); }",
     "jobs[0].files[0].to: \"x\" must be absolute"},
    {"{ name = \"a\"; run = \"p\"; files = ( { from = \"template.txt\"; } ); }",
     "jobs[0].files[0]: must have from and to"},
    {"{ name = \"a\"; run = \"p\"; directory = \"x\"; }", "jobs[0].directory: must be absolute"},
    {"{ name = \"a\"; run = \"p\"; packages = \"A b\"; }", "jobs[0].packages: \"A b\" is no name"},
    {"{ name = \"a\"; run = \"p\"; output = \"o\"; }, { name = \"b\"; run = \"p\"; output = \"o\"; "
     "}",
     "jobs[0].output: o is also written by job a (line 3)"},
    {"{ name = \"a\"; run = \"p\"; group = \"g\"; at_once = 1; },"
     "{ name = \"b\"; run = \"p\"; group = \"g\"; at_once = 2; }",
     "jobs[0].at_once: is 2, but 1"},
};

static void each_problem_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct taken *t = take(wrong[i][0]);

        /* the setting of the second of two jobs in one line is found as the first */
        if (t->good || !said(t, 3, wrong[i][1])) {
            settings_print(&t->settings);
            fail_msg("%s: not told \"%s\"", wrong[i][0], wrong[i][1]);
        }
        drop(t);
    }
}

static void all_problems_are_told(void **state)
{
    struct taken *t = take("{ name = \"a\"; run = \"p\"; tries = 0; },\n{ nam = \"b\"; },\n"
                           "{ name = \"c\"; time = \"x\"; run = \"p\"; }");

    (void)state;
    assert_false(t->good);
    assert_int_equal(t->settings.problems.count, 5);
    assert_true(said(t, 3, "jobs[0].tries"));
    assert_true(said(t, 4, "jobs[1].nam: unknown key; did you mean name?"));
    assert_true(said(t, 4, "jobs[1].name: is missing"));
    assert_true(said(t, 4, "jobs[1].run: is missing"));
    assert_true(said(t, 5, "jobs[2].time"));
    drop(t);
}

static void no_jobs_file(void **state)
{
    static const struct {
        const char *text;
        size_t more; /* bytes behind a 0 */
        const char *problem;
    } files[] = {
        {"", 0, "x.cfg:1: format: must be the first setting"},
        {"format = \"skerry-jobs 9\";", 0, "x.cfg:1: format: must be the first setting"},
        {"jobs = ();\nformat = \"skerry-jobs 1\";", 0, "x.cfg:1: format: must be"},
        {"format = \"skerry-jobs 1\";\njobs = (", 0, "x.cfg:2: syntax error"},
        {"format = \"skerry-jobs 1\";\na = 1; a = 2;", 0, "x.cfg:2: duplicate setting name"},
        {"format\0x", 2, "x.cfg:1: not a text file"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct settings s;

        assert_false(settings_open_text(&s, "x.cfg", files[i].text,
                                        strlen(files[i].text) + files[i].more, JOBFILE_FORMAT));
        assert_int_equal(s.problems.count, 1);
        if (strncmp(s.problems.item[0], files[i].problem, strlen(files[i].problem)) != 0)
            fail_msg("%s instead of %s", s.problems.item[0], files[i].problem);
        settings_close(&s);
    }
}

/* Too many problems are counted, not printed. */
static void problems_are_limited(void **state)
{
    struct text text = {0};

    (void)state;
    for (int i = 0; i < 200; i++)
        text_add(&text, "%s{ name = \"a%d\"; tries = 0; run = \"p\"; }", i > 0 ? ",\n" : "", i);
    struct taken *t = take(text.data);

    assert_int_equal(t->settings.problems.count, SETTINGS_PROBLEMS);
    assert_true(t->settings.more > 0);
    text_free(&text);
    drop(t);
}

static void words_are_cut(void **state)
{
    static const char *const good[][4] = {
        {"a b", "a", "b", NULL},
        {"  a\t'b c'  ", "a", "b c", NULL},
        {"a\"b 'c\"d", "ab 'cd", NULL, NULL},
        {"a '' \\|", "a", "", "|"},
        {"'|' a\\\\", "|", "a\\", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct list words = {0};
        const char *why = NULL;

        assert_true(template_words(good[i][0], &words, &why));
        for (size_t k = 1; k < 4 && good[i][k] != NULL; k++)
            assert_string_equal(words.item[k - 1], good[i][k]);
        list_free(&words);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_job),           cmocka_unit_test(frames_are_spread),
        cmocka_unit_test(defaults_hold),         cmocka_unit_test(written_jobs_are_read),
        cmocka_unit_test(each_problem_is_named), cmocka_unit_test(all_problems_are_told),
        cmocka_unit_test(no_jobs_file),          cmocka_unit_test(problems_are_limited),
        cmocka_unit_test(words_are_cut),
    };

    if (argc > 1)
        folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
