/* editor_test.c: the line editor against a terminal of one row: after every key, what the terminal
 * shows must be the prompt and the line, with the cursor where the editor believes it. Keys come
 * as written tests and as seeded random ones. */
#include "editor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { COLUMNS = 600 };

#define PROMPT "skerry> "
#define UP "\x1b[A"
#define DOWN "\x1b[B"
#define RIGHT "\x1b[C"
#define LEFT "\x1b[D"

/* The row on which the cursor is; a line feed begins a fresh one. */
struct screen {
    char row[COLUMNS + 1];
    unsigned column, rows, bells;
    char sequence[16];
    unsigned sequence_bytes; /* 0: none is under way */
    char echo[4096];         /* everything, to check what a script would see */
    unsigned echo_bytes;
};

struct test {
    struct editor e;
    struct screen s;
};

static void sequence_end(struct screen *s, char final)
{
    unsigned n = (unsigned)strtoul(s->sequence + 1, NULL, 10);

    s->sequence_bytes = 0;
    if (final == 'D') {
        assert_true(n > 0 && n <= s->column);
        s->column -= n;
    } else {
        assert_int_equal(final, 'K');
        memset(s->row + s->column, 0, COLUMNS - s->column);
    }
}

static void screen_byte(struct screen *s, char c)
{
    if (s->sequence_bytes > 0) {
        if (s->sequence_bytes > 1 && c >= '@') {
            s->sequence[s->sequence_bytes - 1] = 0;
            sequence_end(s, c);
            return;
        }
        assert_true(s->sequence_bytes < sizeof s->sequence);
        s->sequence[s->sequence_bytes++ - 1] = c;
    } else if (c == 0x1b) {
        s->sequence_bytes = 1;
    } else if (c == '\n') {
        memset(s->row, 0, sizeof s->row);
        s->column = 0;
        s->rows++;
    } else if (c == '\r') {
        s->column = 0;
    } else if (c == '\a') {
        s->bells++;
    } else {
        assert_true(c >= ' ' && c < 0x7f && s->column < COLUMNS);
        s->row[s->column++] = c;
    }
}

static void screen_put(void *arg, const char *text, size_t bytes)
{
    struct test *t = arg;

    for (size_t i = 0; i < bytes; i++) {
        screen_byte(&t->s, text[i]);
        if (t->s.echo_bytes < sizeof t->s.echo - 1)
            t->s.echo[t->s.echo_bytes++] = text[i];
    }
}

static const char *candidate(void *arg, const char *line, uint32_t word_at, uint32_t index)
{
    static const char *const first[] = {"cores", "caps", "domains", "run"};
    static const char *const second[] = {"/usr/", "hello"};

    (void)arg;
    (void)line;
    if (word_at == 0)
        return index < 4 ? first[index] : NULL;
    return index < 2 ? second[index] : NULL;
}

static void screen_check(const struct test *t)
{
    char want[COLUMNS];

    snprintf(want, sizeof want, PROMPT "%.*s", (int)t->e.length, t->e.line);
    assert_string_equal(t->s.row, want);
    assert_int_equal(t->s.column, strlen(PROMPT) + t->e.cursor);
    assert_true(t->e.cursor <= t->e.length && t->e.length < EDITOR_LINE_BYTES);
}

static struct test *test_new(void)
{
    struct test *t = calloc(1, sizeof *t);

    assert_non_null(t);
    t->e.prompt = PROMPT;
    t->e.put = screen_put;
    t->e.candidate = candidate;
    t->e.arg = t;
    editor_begin(&t->e);
    screen_check(t);
    return t;
}

static enum editor_event keys(struct test *t, const char *text)
{
    enum editor_event event = EDITOR_MORE;

    for (; *text; text++) {
        event = editor_key(&t->e, (unsigned char)*text);
        if (event == EDITOR_MORE)
            screen_check(t);
    }
    return event;
}

static void expect_line(struct test *t, const char *typed, const char *line)
{
    assert_int_equal(keys(t, typed), EDITOR_LINE);
    assert_string_equal(t->e.line, line);
    editor_begin(&t->e);
    screen_check(t);
}

static void test_typing(void **state)
{
    struct test *t = test_new();

    (void)state;
    expect_line(t, "cores\r", "cores");
    t->s.echo[t->s.echo_bytes] = 0;
    assert_string_equal(t->s.echo, PROMPT "cores\n" PROMPT);
    expect_line(t, "\r", "");
    assert_int_equal(keys(t, "\n"), EDITOR_MORE); /* of a CR LF pair */
    expect_line(t, "mem\n", "mem");
    expect_line(t, "\n", "");
    free(t);
}

static void test_editing(void **state)
{
    struct test *t = test_new();

    (void)state;
    expect_line(t,
                "ores\x01"
                "c\r",
                "cores");
    expect_line(t, "abd" LEFT "c" RIGHT "e\r", "abcde");
    expect_line(t,
                "abc\x7f\x7f"
                "x\r",
                "ax");
    expect_line(t, "abc" LEFT LEFT "\b\r", "bc");
    expect_line(t,
                "abc\x1b[H\x1b[3~\x1b[F"
                "d\r",
                "bcd");
    expect_line(t, "abc\x1b[1~x\x1b[4~y\x1bOHz\x1bOF!\r", "zxabcy!");
    expect_line(t, "run hello\x17mem\r", "run mem");
    expect_line(t, "run hello" LEFT LEFT "\x15\r", "lo");
    expect_line(t, "run hello" LEFT LEFT "\x0b\r", "run hel");
    expect_line(t,
                "abc\x02\x02\x04\x06"
                "d\r",
                "acd");
    expect_line(t,
                "ab\x0c"
                "c\r",
                "abc");
    expect_line(t, "a\x1b[99;5~b\x1b[200~c\x1bxd\r", "abcd");
    expect_line(t, "caf\xc3\xa9\r", "caf");
    free(t);
}

static void test_history(void **state)
{
    struct test *t = test_new();
    char line[32];

    (void)state;
    assert_int_equal(keys(t, UP DOWN), EDITOR_MORE);
    assert_int_equal(t->s.bells, 2);
    expect_line(t, "one\r", "one");
    expect_line(t, "two\r", "two");
    expect_line(t, "two\r", "two");
    expect_line(t, UP UP "\r", "one");
    expect_line(t, UP UP UP UP "\r", "one");
    expect_line(t, "half" UP UP DOWN DOWN "way\r", "halfway");
    expect_line(t, "\x10\x10\x0e!\r", "halfway!");
    for (int i = 0; i < 3 * EDITOR_HISTORY; i++) {
        snprintf(line, sizeof line, "line %d\r", i);
        assert_int_equal(keys(t, line), EDITOR_LINE);
        editor_begin(&t->e);
    }
    for (int i = 0; i < EDITOR_HISTORY + 5; i++)
        keys(t, UP);
    snprintf(line, sizeof line, "line %d", 2 * EDITOR_HISTORY);
    expect_line(t, "\r", line);
    free(t);
}

static void test_complete(void **state)
{
    struct test *t = test_new();

    (void)state;
    expect_line(t, "co\t\r", "cores ");
    expect_line(t, "d\t2\r", "domains 2");
    unsigned rows = t->s.rows;
    expect_line(t, "c\to\t\r", "cores ");
    assert_true(t->s.rows > rows + 2); /* the list came between */
    expect_line(t, "run h\tx\r", "run hello x");
    expect_line(t, "run /\tbin\r", "run /usr/bin");
    expect_line(t, "xx\t\r", "xx");
    expect_line(t, "do 1" LEFT LEFT "\t\r", "domains  1");
    free(t);
}

static void test_limits(void **state)
{
    struct test *t = test_new();

    (void)state;
    for (int i = 0; i < EDITOR_LINE_BYTES + 20; i++)
        keys(t, "a");
    assert_int_equal(t->e.length, EDITOR_LINE_BYTES - 1);
    assert_int_equal(t->s.bells, 21);
    assert_int_equal(keys(t, "\r"), EDITOR_LINE);
    editor_begin(&t->e);
    assert_int_equal(keys(t, "abc\x03"), EDITOR_CANCEL);
    editor_begin(&t->e);
    screen_check(t);
    assert_int_equal(keys(t, "\x04"), EDITOR_END);
    free(t);
}

/* Anything may come down a serial line. */
static void test_random(void **state)
{
    static const char *const often[] = {UP,   DOWN,   LEFT,   RIGHT,     "\x7f", "\x01",
                                        "\t", "\x17", "\x0b", "\x1b[3~", "a",    " "};
    struct test *t = test_new();

    (void)state;
    srand(3);
    for (int i = 0; i < 30000; i++) {
        char any[2] = {(char)(rand() % 255 + 1), 0};
        const char *text =
            rand() % 4 ? often[(size_t)rand() % (sizeof often / sizeof often[0])] : any;
        for (; *text; text++)
            if (editor_key(&t->e, (unsigned char)*text) != EDITOR_MORE) {
                if (t->s.column > 0) /* Ctrl-D, which the caller answers */
                    screen_byte(&t->s, '\n');
                editor_begin(&t->e);
            }
        screen_check(t);
    }
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_typing),  cmocka_unit_test(test_editing),
        cmocka_unit_test(test_history), cmocka_unit_test(test_complete),
        cmocka_unit_test(test_limits),  cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
