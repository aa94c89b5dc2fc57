/* terminal.c: the program `shell`: a person's or a script's way into the machine, on the serial
 * line of core 0.
 *
 *   shell cores=N uart=port:3f8|uart=pl011:9000000        (SLOT_GRANT_FIRST: the line, see uart.h)
 *
 * The line is polled: every 2 ms while somebody types, every 20 ms otherwise. Keys that come while
 * a command runs are kept for the next one; Ctrl-C ends the wait for a job. */
#include <rt/event.h>
#include <rt/log.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>

#include "guest.h"

enum { TYPING_MS = 2, IDLE_MS = 20, TYPING_LASTS_MS = 300, KEY_CTRL_C = 3 };

static struct terminal the_terminal;
static struct machine_link the_link;

static void key_keep(struct terminal *t, unsigned char key)
{
    if (key == KEY_CTRL_C)
        t->interrupted = true;
    if (t->keys_end - t->keys_first < KEYS_MAX)
        t->keys[t->keys_end++ % KEYS_MAX] = key;
}

bool terminal_poll(struct terminal *t)
{
    int key;

    while (t->keys_end - t->keys_first < KEYS_MAX && (key = uart_get(&t->uart)) >= 0) {
        t->last_key_ticks = arch_user_ticks();
        key_keep(t, (unsigned char)key);
    }
    return t->keys_end != t->keys_first;
}

void terminal_sleep(struct terminal *t)
{
    uint64_t now = arch_user_ticks(), ms = rt.page->tick_hz / 1000;
    bool typing = now - t->last_key_ticks < TYPING_LASTS_MS * ms;

    enum status ignored = event_wait(now + (typing ? TYPING_MS : IDLE_MS) * ms);
    (void)ignored; /* the caller looks at everything anew */
}

static void screen_put(void *arg, const char *text, size_t bytes)
{
    struct terminal *t = arg;

    uart_put(&t->uart, text, bytes);
}

static void key_take(struct terminal *t, unsigned char key)
{
    switch (editor_key(&t->editor, key)) {
    case EDITOR_MORE:
        return;
    case EDITOR_LINE:
        t->interrupted = false;
        shell_line(&t->shell, t->editor.line);
        break;
    case EDITOR_CANCEL:
        t->interrupted = false;
        break;
    case EDITOR_END:
        screen_put(t, "exit\n", 5);
        shell_line(&t->shell, "exit");
        break;
    }
    editor_begin(&t->editor);
}

static const char *argument(int argc, char **argv, const char *key)
{
    size_t bytes = strlen(key);

    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], key, bytes) == 0 && argv[i][bytes] == '=')
            return argv[i] + bytes + 1;
    return "";
}

static enum status terminal_open(struct terminal *t, int argc, char **argv)
{
    uint64_t cores;
    enum status s;

    if (!number_read(argument(argc, argv, "cores"), CORE_COUNT_MAX, &cores) || cores == 0)
        return E_ARGUMENT;
    t->shell.core_count = (uint32_t)cores;
    t->shell.tick_hz = rt.page->tick_hz;
    t->shell.machine = &the_link;
    t->editor.prompt = "skerry> ";
    t->editor.put = screen_put;
    t->editor.candidate = archive_candidate;
    t->editor.arg = t;
    s = link_open(t, &the_link);
    if (s == OK)
        s = uart_open(&t->uart, argument(argc, argv, "uart"), SLOT_GRANT_FIRST);
    return s;
}

int main(int argc, char **argv)
{
    struct terminal *t = &the_terminal;
    enum status s = terminal_open(t, argc, argv);

    if (s != OK) {
        log_line("no serial line to read from: %s", status_text(s));
        return 1;
    }
    shell_print(&t->shell, "\nSkerry, %u cores. `help` lists the commands.\n", t->shell.core_count);
    editor_begin(&t->editor);
    while (!rt.parent_quit) {
        if (terminal_poll(t))
            key_take(t, t->keys[t->keys_first++ % KEYS_MAX]);
        else
            terminal_sleep(t);
    }
    return 0;
}
