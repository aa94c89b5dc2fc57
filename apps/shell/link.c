/* link.c: struct machine_link over the channel to the own monitor (monitor/remote.h). One question
 * is open at a time; while it waits for the answer, other messages are handled as they come. */
#include <monitor/service.h>
#include <rt/event.h>
#include <rt/parent.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>

#include "guest.h"

enum { ANSWER_LIMIT_S = 10 };

static void note_take(void *arg, const struct urpc_message *m)
{
    struct terminal *t = arg;
    struct msg_parent_note n;

    if (m->type != MSG_PARENT_NOTE || msg_parent_note_get(m, &n) != OK)
        return;
    if (n.kind == NOTE_ENDED) {
        shell_ended(&t->shell, n.number, n.word);
    } else if (n.kind == NOTE_TOLD && t->asked && n.number == t->shell.request) {
        t->asked = false;
        t->told_status = (enum status)(uint32_t)n.word[0];
        t->told.next = n.word[0] >> 32;
        memcpy(t->told.word, &n.word[1], sizeof t->told.word);
    }
}

static enum status link_ask(void *arg, uint32_t core, enum remote_ask what, uint64_t a, uint64_t b,
                            struct told *out)
{
    struct terminal *t = arg;
    uint64_t deadline = arch_user_ticks() + ANSWER_LIMIT_S * rt.page->tick_hz;

    t->shell.request = (t->shell.request + 1) & 0xffff;
    struct msg_parent_note n = {
        .kind = NOTE_ASK, .number = t->shell.request, .word = {core | (uint64_t)what << 32, a, b}};
    t->asked = true;
    enum status s = parent_note(&n);
    while (s == OK && t->asked && !rt.parent_quit)
        s = event_wait(deadline); /* E_TIMEOUT ends the wait */
    t->asked = false;
    if (s == OK && rt.parent_quit)
        s = E_PEER;
    if (s != OK)
        return s;
    if (t->told_status == OK)
        *out = t->told;
    return t->told_status;
}

static enum status link_text(void *arg, uint32_t core, const char *text, size_t bytes)
{
    struct msg_parent_text m = {.kind = NOTE_TEXT};
    uint32_t piece = 0;
    enum status s;

    (void)arg;
    do {
        size_t n = bytes < sizeof m.text - 1 ? bytes : sizeof m.text - 1;
        memset(m.text, 0, sizeof m.text);
        memcpy(m.text, text, n);
        m.number = core | piece++ << 16;
        s = parent_text(&m);
        text += n;
        bytes -= n;
    } while (s == OK && bytes > 0);
    return s;
}

static bool link_wait(void *arg)
{
    struct terminal *t = arg;

    terminal_sleep(t);
    (void)terminal_poll(t);
    bool stop = t->interrupted;
    t->interrupted = false;
    if (stop)
        t->keys_first = t->keys_end; /* what was typed ahead goes too */
    return !stop;
}

static void link_put(void *arg, const char *text, size_t bytes)
{
    struct terminal *t = arg;

    uart_put(&t->uart, text, bytes);
}

static void link_end_machine(void *arg, uint32_t code)
{
    struct msg_parent_note n = {.kind = NOTE_END_MACHINE, .word = {code}};

    (void)arg;
    enum status s = parent_note(&n);
    while (s == OK && !rt.parent_quit)
        s = event_wait(UINT64_MAX);
}

enum status link_open(struct terminal *t, struct machine_link *link)
{
    *link = (struct machine_link){.ask = link_ask,
                                  .text = link_text,
                                  .wait = link_wait,
                                  .put = link_put,
                                  .file_is = archive_file_is,
                                  .end_machine = link_end_machine,
                                  .arg = t};
    return parent_listen(note_take, t);
}
