/* shell.c: the command `skerry shell`. Interactive: the terminal goes raw, bytes pass both ways,
 * Ctrl-] ends the machine. With -c each command is typed when the prompt "skerry> " is there; what
 * comes back is printed without prompt and echo. Everything the machine says also goes to
 * DIR/console.log. */
#include "shell.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "files.h"
#include "image.h"
#include "machine.h"
#include "process.h"
#include "run.h"
#include "say.h"

#define PROMPT "skerry> "

enum { ESCAPE_KEY = 0x1d, ANSWER_LIMIT_S = 60 };

struct session {
    int to, from; /* the machine's keyboard and screen */
    bool ended;   /* the machine is gone */
    FILE *log;
    char tail[sizeof(PROMPT)]; /* the last bytes seen, to find the prompt */
    struct text answer;
};

static struct termios terminal_before;

static void terminal_restore(void)
{
    tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
}

static void terminal_make_raw(void)
{
    struct termios raw;

    if (tcgetattr(STDIN_FILENO, &terminal_before) != 0)
        return;
    atexit(terminal_restore);
    raw = terminal_before;
    cfmakeraw(&raw);
    raw.c_oflag |= OPOST;
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static void interactive(struct session *s)
{
    struct pollfd fds[2] = {{STDIN_FILENO, POLLIN, 0}, {s->from, POLLIN, 0}};
    char data[1024];

    terminal_make_raw();
    for (;;) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return;
        if (fds[1].revents != 0) {
            ssize_t n = read(s->from, data, sizeof(data));

            if (n <= 0 || write(STDOUT_FILENO, data, (size_t)n) != n)
                return;
            fwrite(data, 1, (size_t)n, s->log);
        }
        if (fds[0].revents != 0) {
            ssize_t n = read(STDIN_FILENO, data, sizeof(data));

            if (n == 0)
                fds[0].fd = -1;
            if (n < 0 || memchr(data, ESCAPE_KEY, (size_t)n) != NULL)
                return;
            if (n > 0 && write(s->to, data, (size_t)n) != n)
                return;
        }
    }
}

/* Collects what the machine says until the prompt; false when it ends or stays silent. */
static bool prompt_wait(struct session *s)
{
    struct pollfd fd = {s->from, POLLIN, 0};
    size_t prompt = strlen(PROMPT);

    text_free(&s->answer);
    while (poll(&fd, 1, ANSWER_LIMIT_S * 1000) > 0) {
        char c;

        if (read(s->from, &c, 1) != 1) {
            s->ended = true;
            return false;
        }
        fputc(c, s->log);
        if (c == '\r' || c == 0)
            continue;
        text_add(&s->answer, "%c", c);
        if (s->answer.length >= prompt &&
            strcmp(s->answer.data + s->answer.length - prompt, PROMPT) == 0) {
            s->answer.length -= prompt;
            s->answer.data[s->answer.length] = 0;
            return true;
        }
    }
    return false;
}

static int scripted(struct session *s, const char *commands)
{
    struct list lines = {0};

    if (!prompt_wait(s)) {
        say_line("the machine's shell did not come up");
        return EXIT_FAILED;
    }
    list_add_split(&lines, commands, ';');
    for (size_t i = 0; i < lines.count; i++) {
        const char *line = lines.item[i] + strspn(lines.item[i], " \t\n");

        if (line[0] == 0)
            continue;
        if (dprintf(s->to, "%s\r", line) < 0 || !prompt_wait(s)) {
            if (s->ended && strncmp(line, "exit", 4) == 0)
                break;
            fputs(s->answer.data != NULL ? s->answer.data : "", stdout);
            say_line("the machine ended or fell silent at \"%s\"", line);
            return EXIT_FAILED;
        }
        const char *answer = s->answer.data;

        if (strncmp(answer, line, strlen(line)) == 0) /* the echo of what was typed */
            answer = strchrnul(answer, '\n');
        fputs(answer[0] == '\n' ? answer + 1 : answer, stdout);
        fflush(stdout);
    }
    list_free(&lines);
    return EXIT_OK;
}

static int session_run(const struct machine *m, const char *folder)
{
    struct session s = {0};
    struct list argv = {0};
    char *console = text_format("%s/console.log", folder);
    char *qemu = text_format("%s/qemu.log", folder);
    int keys[2], screen[2], code = EXIT_OK;

    s.log = fopen(console, "we");
    if (s.log == NULL || pipe2(keys, O_CLOEXEC) != 0 || pipe2(screen, O_CLOEXEC) != 0)
        say_fail("cannot write %s: %s", console, strerror(errno));
    machine_arguments(m, &argv);
    pid_t pid = process_start(
        &(struct process_start){.argv = argv.item, .log = qemu, .in = keys[0], .out = screen[1]});

    close(keys[0]);
    close(screen[1]);
    s.to = keys[1];
    s.from = screen[0];
    if (m->options->commands != NULL)
        code = scripted(&s, m->options->commands);
    else
        interactive(&s);
    process_stop(pid);
    fclose(s.log);
    list_free(&argv);
    free(console);
    free(qemu);
    return code;
}

int shell_command(int argc, char **argv)
{
    struct job_list jobs = {0};
    struct cargo cargo = {0};
    struct image image = {0};
    struct options o;

    options_read(&o, FOR_SHELL, "shell", argc, argv);
    o.mode = "shell";
    files_make_directory(o.out);
    char *folder = realpath(o.out, NULL);

    image_make(&image, o.arch, &jobs, &cargo);
    struct machine m = {.options = &o, .archive = image.archive, .share = folder};

    machine_settle(&m);
    if (o.commands == NULL)
        say_line("booting %u cores; Ctrl-] ends the machine", o.cores);
    int code = session_run(&m, folder);

    if (!o.keep)
        image_remove(&image);
    free(folder);
    return code;
}
