/* The shell's serial line: any bytes as keys, through the line editor; whole lines go to the
 * shell's commands, on a machine of two cores that answers what the first byte of the input picks.
 */
#include "fuzz.h"

#include "editor.h"
#include "shell.h"

#include <stdio.h>

struct fake {
    struct shell shell;
    struct machine_link link;
    struct editor editor;
    uint32_t mood; /* bits: refuse, long lists, jobs end at once */
    uint32_t waits;
    size_t put_bytes;
};

enum { WAITS_MAX = 20 };

static enum status fake_ask(void *arg, uint32_t core, enum remote_ask what, uint64_t a, uint64_t b,
                            struct told *t)
{
    struct fake *f = arg;

    f->shell.request = (f->shell.request + 1) & 0xffff;
    memset(t, 0, sizeof *t);
    if (core >= 2 || (f->mood & 1 && a % 3 == 2))
        return E_PEER;
    memset(t->word, (int)(f->mood >> 3 & 0x1f) * 7, sizeof t->word);
    if (what == ASK_DOMAIN || what == ASK_CAP) {
        uint64_t place = what == ASK_DOMAIN ? a : b;
        if (place > (f->mood & 2 ? 40 : 2))
            return E_NOT_FOUND;
        t->next = place + 1;
    }
    if (what == ASK_RUN)
        t->word[0] = f->shell.request | core << REMOTE_TAG_SHIFT;
    return OK;
}

static enum status fake_text(void *arg, uint32_t core, const char *text, size_t bytes)
{
    (void)arg, (void)core;
    void *copy = fuzz_copy(text, bytes);
    free(copy);
    return OK;
}

static bool fake_wait(void *arg)
{
    struct fake *f = arg;
    uint64_t word[6] = {f->mood, 12345, 0x20746920736177, 0, 0, 0};

    for (uint32_t i = 0; f->mood & 4 && i < JOBS_MAX; i++)
        if (f->shell.job[i].tag)
            shell_ended(&f->shell, f->shell.job[i].request, word);
    return ++f->waits % WAITS_MAX != 0;
}

static void fake_put(void *arg, const char *text, size_t bytes)
{
    struct fake *f = arg;
    void *copy = fuzz_copy(text, bytes);

    free(copy);
    f->put_bytes += bytes;
}

static bool fake_file_is(void *arg, const char *path)
{
    (void)arg;
    return strlen(path) % 2 == 0;
}

static void fake_end_machine(void *arg, uint32_t code)
{
    (void)arg, (void)code;
}

static const char *fake_candidate(void *arg, const char *line, uint32_t word_at, uint32_t index)
{
    static const char *const words[] = {"cores", "caps", "domains", "domain-with-a-long-name"};

    (void)arg, (void)line, (void)word_at;
    return index < 4 ? words[index] : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct fake *f = calloc(1, sizeof *f);
    struct fuzz_input in = {data, bytes};

    FUZZ_CHECK(f != NULL);
    f->mood = (uint32_t)fuzz_take(&in, 1);
    f->link = (struct machine_link){.ask = fake_ask,
                                    .text = fake_text,
                                    .wait = fake_wait,
                                    .put = fake_put,
                                    .file_is = fake_file_is,
                                    .end_machine = fake_end_machine,
                                    .arg = f};
    f->shell = (struct shell){.machine = &f->link, .core_count = 2, .tick_hz = 1000000000};
    f->editor.prompt = "> ";
    f->editor.put = fake_put;
    f->editor.candidate = fake_candidate;
    f->editor.arg = f;
    editor_begin(&f->editor);
    while (in.left > 0) {
        enum editor_event e = editor_key(&f->editor, (unsigned char)fuzz_take(&in, 1));
        FUZZ_CHECK(f->editor.length < EDITOR_LINE_BYTES);
        FUZZ_CHECK(f->editor.cursor <= f->editor.length);
        if (e == EDITOR_LINE)
            shell_line(&f->shell, f->editor.line);
        if (e != EDITOR_MORE)
            editor_begin(&f->editor);
    }
    free(f);
    return 0;
}
