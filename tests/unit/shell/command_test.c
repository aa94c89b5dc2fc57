/* command_test.c: the shell's commands on a machine of three cores that the test makes up (core 2
 * never answers), and the words of a command line. */
#include "shell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { OUT_BYTES = 16384, HZ = 1000000000 };

struct fake {
    struct shell shell;
    struct machine_link link;
    char out[OUT_BYTES];
    size_t out_bytes;
    char text[REMOTE_TEXT_BYTES + 1];
    uint32_t text_core;
    uint64_t run_flags, run_bytes;
    uint32_t killed, waits, last_tag;
    bool interrupt; /* the next wait is stopped by the user */
    enum remote_end end;
    uint64_t exit_status;
    int ended_code; /* of the machine, -1: it goes on */
};

static void end_tell(struct fake *f, uint32_t request)
{
    uint64_t word[6] = {f->exit_status | (uint64_t)f->end << 32, HZ / 4};

    strcpy((char *)&word[2], "so it was");
    shell_ended(&f->shell, request, word);
}

static enum status domain_fake(uint32_t core, uint64_t index, struct told *t)
{
    if (index > 1)
        return E_NOT_FOUND;
    t->next = index + 1;
    strcpy((char *)t->word, index ? "busybox" : "monitor");
    t->word[3] = core << REMOTE_TAG_SHIFT | (index ? 7u : 0u);
    return OK;
}

static enum status fake_ask(void *arg, uint32_t core, enum remote_ask what, uint64_t a, uint64_t b,
                            struct told *t)
{
    struct fake *f = arg;

    f->shell.request = (f->shell.request + 1) & 0xffff;
    if (core >= 2)
        return E_PEER;
    memset(t, 0, sizeof *t);
    switch (what) {
    case ASK_CORE:
        *t = (struct told){.word = {0x80 + core, 1, 3, 99, HZ + HZ / 2}};
        return OK;
    case ASK_MEMORY:
        *t = (struct told){.word = {8 << 20, 1024, 2048, 4096, 8192}};
        return OK;
    case ASK_DOMAIN:
        return domain_fake(core, a, t);
    case ASK_ACCOUNT:
        *t = (struct told){.word = {2, HZ, 5, 1024, 2048}};
        return OK;
    case ASK_CAP:
        if (a != 7)
            return E_NOT_FOUND;
        *t = (struct told){.next = b < 600 ? b + 200 : 0,
                           .word = {0x1000, 0x2000, 3, 0x402 | 5ull << 32, b == 1 ? 0 : b}};
        return OK;
    case ASK_RUN:
        f->run_flags = a;
        f->run_bytes = b;
        t->word[0] = ++f->last_tag | core << REMOTE_TAG_SHIFT;
        return OK;
    case ASK_KILL:
        f->killed = (uint32_t)a;
        f->end = END_KILLED;
        return (a & 0xfffff) ? OK : E_RIGHTS;
    case REMOTE_ASK_COUNT:
        break;
    }
    return E_ARGUMENT;
}

static enum status fake_text(void *arg, uint32_t core, const char *text, size_t bytes)
{
    struct fake *f = arg;

    f->text_core = core;
    memcpy(f->text, text, bytes);
    f->text[bytes] = 0;
    return OK;
}

static bool fake_wait(void *arg)
{
    struct fake *f = arg;
    bool stop = f->interrupt;

    f->interrupt = false;
    if (++f->waits % 3 == 0)
        for (uint32_t i = 0; i < JOBS_MAX; i++)
            if (f->shell.job[i].tag)
                end_tell(f, f->shell.job[i].request);
    return !stop;
}

static void fake_put(void *arg, const char *text, size_t bytes)
{
    struct fake *f = arg;

    assert_true(f->out_bytes + bytes < OUT_BYTES);
    memcpy(f->out + f->out_bytes, text, bytes);
    f->out_bytes += bytes;
    f->out[f->out_bytes] = 0;
}

static bool fake_file_is(void *arg, const char *path)
{
    (void)arg;
    return !strcmp(path, "/skerry/hello") || !strcmp(path, "/usr/bin/tachyon") ||
           !strcmp(path, "/bin/busybox");
}

static void fake_end_machine(void *arg, uint32_t code)
{
    ((struct fake *)arg)->ended_code = (int)code;
}

static struct fake *fake_new(void)
{
    struct fake *f = calloc(1, sizeof *f);

    assert_non_null(f);
    f->link = (struct machine_link){.ask = fake_ask,
                                    .text = fake_text,
                                    .wait = fake_wait,
                                    .put = fake_put,
                                    .file_is = fake_file_is,
                                    .end_machine = fake_end_machine,
                                    .arg = f};
    f->shell.machine = &f->link;
    f->shell.core_count = 3;
    f->shell.tick_hz = HZ;
    f->ended_code = -1;
    return f;
}

static const char *says(struct fake *f, const char *line)
{
    f->out_bytes = 0;
    f->out[0] = 0;
    shell_line(&f->shell, line);
    return f->out;
}

static void expect(struct fake *f, const char *line, const char *part)
{
    const char *out = says(f, line);

    if (!strstr(out, part))
        fail_msg("\"%s\" says \"%s\" without \"%s\"", line, out, part);
}

static void test_look(void **state)
{
    struct fake *f = fake_new();

    (void)state;
    expect(f, "help", "caps    DOMAIN");
    expect(f, "cores", "   1     1           81        3           99       1.500 s\n");
    expect(f, "cores", "1 cores do not answer");
    expect(f, "mem", "  all         16384          2 of         4          8 of        16\n");
    expect(f, "domains", "1.7       busybox                   waits         1.000 s");
    assert_null(strstr(says(f, "domains 1"), "0.7"));
    expect(f, "domains 3", "cores are 0 to 2");
    expect(f, "caps 0.7", "    c9  FRAME         --x--          1000");
    expect(f, "caps 0.7", "3 capabilities");
    expect(f, "caps 0.9", "no such domain");
    expect(f, "caps 2.9", "that core is not up");
    expect(f, "caps frog", "name a domain");
    expect(f, "frog", "frog: no such command");
    free(f);
}

static void test_run(void **state)
{
    struct fake *f = fake_new();

    (void)state;
    expect(f, "run hello 'a b' --core 1", "1.1      done: so it was, 0.250 s of cpu");
    assert_string_equal(f->text, "/skerry/hello\x1fhello\x1f"
                                 "a b");
    assert_int_equal(f->text_core, 1);
    assert_int_equal(f->run_flags, 0);
    expect(f, "run tachyon x.dat --memory 64", "0.2      done");
    assert_string_equal(f->text,
                        "/skerry/linux\x1flinux\x1f-C\x1f/job\x1f/usr/bin/tachyon\x1fx.dat");
    assert_int_equal(f->run_flags, RUN_FOREIGN);
    assert_int_equal(f->run_bytes, 64 << 20);
    f->exit_status = 3;
    expect(f, "run /bin/busybox false", "ended with 3");
    expect(f, "run frog", "no program frog");
    expect(f, "run", "name a program");
    expect(f, "run hello --core 3", "--core wants a number from 0 to 2");
    expect(f, "run hello --core", "--core wants");
    expect(f, "run hello --core 2", "that core is not up");
    expect(f, "run hello -- --core 2", "0.");
    assert_string_equal(f->text, "/skerry/hello\x1fhello\x1f--core\x1f"
                                 "2");
    expect(f, "jobs", "no jobs");
    free(f);
}

static void test_jobs(void **state)
{
    struct fake *f = fake_new();

    (void)state;
    expect(f, "run busybox sleep 9 --core 1 &", "1.1      runs on core 1");
    expect(f, "jobs", "busybox sleep 9 --core 1                 runs");
    expect(f, "kill 1.1", "");
    assert_int_equal(f->killed, 1 << REMOTE_TAG_SHIFT | 1);
    expect(f, "jobs", "killed");
    expect(f, "jobs", "no jobs");
    expect(f, "kill 0.0", "only what `run` has started");
    expect(f, "kill", "name a domain");
    f->interrupt = true;
    expect(f, "run hello", "killed");
    for (int i = 0; i < JOBS_MAX; i++)
        says(f, "run hello &");
    expect(f, "run hello &", "64 jobs run already");
    expect(f, "exit 7", "");
    assert_int_equal(f->ended_code, 7);
    expect(f, "exit 128", "from 0 to 127");
    free(f);
}

static void test_words(void **state)
{
    const char *line = " a \"b c\"'d' e\\ f ;; x;y & ; \"open";
    struct words w;
    uint32_t tag;
    uint64_t n;

    (void)state;
    assert_int_equal(words_next(&line, &w), OK);
    assert_int_equal(w.count, 3);
    assert_string_equal(w.word[1], "b cd");
    assert_string_equal(w.word[2], "e f");
    assert_null(w.word[3]);
    assert_int_equal(words_next(&line, &w), OK);
    assert_string_equal(w.word[0], "x");
    assert_int_equal(words_next(&line, &w), OK);
    assert_true(w.count == 1 && w.background);
    assert_int_equal(words_next(&line, &w), E_FORMAT);
    assert_int_equal(words_next(&line, &w), E_EMPTY);
    assert_true(number_read("0x1F", 31, &n) && n == 31);
    assert_false(number_read("32", 31, &n) || number_read("", 9, &n) || number_read("1a", 99, &n));
    assert_true(number_read("18446744073709551615", UINT64_MAX, &n) && n == UINT64_MAX);
    assert_false(number_read("18446744073709551616", UINT64_MAX, &n));
    assert_true(domain_read("127.1048575", &tag) && tag == (127u << 20 | 1048575));
    assert_false(domain_read("1024.1", &tag) || domain_read("1.1048576", &tag) ||
                 domain_read("1", &tag) || domain_read("00000001.1", &tag));
}

/* Whatever is typed: no bad access, and an end. */
static void test_random(void **state)
{
    static const char *const piece[] = {"run ", "hello ", "--core ", "1 ",  ";", "'", "\"", "\\",
                                        "&",    " & ",    "caps ",   "0.7", " ", "a", "--"};
    struct fake *f = fake_new();

    (void)state;
    srand(5);
    for (int i = 0; i < 3000; i++) {
        char line[512] = "";
        for (int n = rand() % 60; n > 0; n--)
            strcat(line, piece[(size_t)rand() % (sizeof piece / sizeof piece[0])]);
        says(f, line);
    }
    free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_look),  cmocka_unit_test(test_run),    cmocka_unit_test(test_jobs),
        cmocka_unit_test(test_words), cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
