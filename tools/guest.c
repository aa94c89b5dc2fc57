/* guest.c: one QEMU from start to end: reads its console line by line, keeps the time limits, turns
 * Ctrl-C into an orderly stop. The child dies with this process (process.c), so no QEMU is ever
 * left behind. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "process.h"
#include "say.h"

enum { LINE_BYTES = 2048, TICK_MS = 250 };

struct console {
    struct guest *guest;
    FILE *log;
    char line[LINE_BYTES];
    size_t length;
    double heard_s;
    bool done;
};

static void line_take(struct console *c)
{
    c->line[c->length] = 0;
    fprintf(c->log, "%s\n", c->line);
    fflush(c->log);
    if (c->guest->verbose) {
        say_progress_end();
        fprintf(stderr, "%s\n", c->line);
    }
    if (c->length > 0 && c->guest->on_line(c->guest->context, c->line))
        c->done = true;
    c->length = 0;
}

static void bytes_take(struct console *c, const char *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (data[i] == '\r')
            continue;
        if (data[i] == '\n' || c->length == LINE_BYTES - 1)
            line_take(c);
        if (data[i] != '\n')
            c->line[c->length++] = data[i];
    }
    c->heard_s = process_seconds();
}

static int signals_open(sigset_t *before)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, before);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Reads until something ends the run; QEMU may still be alive then. */
static enum guest_end console_follow(struct console *c, int out, int signals)
{
    struct pollfd fds[2] = {{out, POLLIN, 0}, {signals, POLLIN, 0}};
    double started_s = process_seconds();
    char data[4096];

    c->heard_s = started_s;
    while (!c->done && !c->guest->stop) {
        int ready = poll(fds, 2, TICK_MS);
        double now_s = process_seconds();

        if (ready > 0 && fds[1].revents != 0) {
            struct signalfd_siginfo taken; /* or it would kill us when the mask is lifted */

            if (read(signals, &taken, sizeof(taken)) == sizeof(taken))
                return GUEST_INTERRUPTED;
        }
        if (ready > 0 && fds[0].revents != 0) {
            ssize_t n = read(out, data, sizeof(data));

            if (n <= 0) {
                if (c->length > 0)
                    line_take(c);
                return c->done ? GUEST_DONE : GUEST_EXITED;
            }
            bytes_take(c, data, (size_t)n);
        }
        if (now_s - started_s > c->guest->limit_s)
            return GUEST_TOO_LONG;
        if (now_s - c->heard_s > c->guest->silence_s)
            return GUEST_SILENT;
        c->guest->on_tick(c->guest->context);
    }
    return GUEST_DONE;
}

/* After the last line QEMU has a moment to end by itself: its exit flushes what 9p still holds. */
static void qemu_drain(struct console *c, int out)
{
    struct pollfd fd = {out, POLLIN, 0};
    double until_s = process_seconds() + 5;
    char data[4096];

    while (process_seconds() < until_s) {
        if (poll(&fd, 1, 200) <= 0)
            continue;
        ssize_t n = read(out, data, sizeof(data));

        if (n <= 0)
            return;
        bytes_take(c, data, (size_t)n);
    }
}

enum guest_end guest_run(struct guest *g)
{
    struct console c = {.guest = g, .log = fopen(g->console_log, "we")};
    sigset_t before;
    int pipe_out[2];

    if (c.log == NULL)
        say_fail("cannot write %s: %s", g->console_log, strerror(errno));
    if (pipe2(pipe_out, O_CLOEXEC) != 0)
        say_fail("cannot make a pipe: %s", strerror(errno));
    unlink(g->qemu_log);
    int signals = signals_open(&before);
    pid_t pid = process_start(&(struct process_start){
        .argv = g->argv->item, .log = g->qemu_log, .in = -1, .out = pipe_out[1]});

    g->pid = pid;
    close(pipe_out[1]);
    enum guest_end end = console_follow(&c, pipe_out[0], signals);

    if (end == GUEST_DONE && c.done)
        qemu_drain(&c, pipe_out[0]);
    g->code = 0;
    if (end == GUEST_EXITED)
        g->code = process_wait(pid);
    else
        process_stop(pid);
    close(pipe_out[0]);
    close(signals);
    sigprocmask(SIG_SETMASK, &before, NULL);
    fclose(c.log);
    say_progress_end();
    return end;
}

const char *guest_end_text(enum guest_end end)
{
    switch (end) {
    case GUEST_DONE:
        return "done";
    case GUEST_EXITED:
        return "the machine stopped before its work was done";
    case GUEST_TOO_LONG:
        return "the machine took longer than --limit allows";
    case GUEST_SILENT:
        return "the machine fell silent";
    case GUEST_INTERRUPTED:
        return "interrupted";
    }
    return "";
}
