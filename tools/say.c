/* say.c: what a person reads on stderr: errors that end the command, lines, and the one progress
 * line. Usage: say_progress(...) as often as wanted, then say_progress_end() before a table is
 * printed. */
#include "say.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static struct {
    bool on_screen;
    time_t printed_s;
} progress;

void say_progress_end(void)
{
    if (progress.on_screen)
        fputs("\r\033[K", stderr);
    progress.on_screen = false;
}

_Noreturn void say_fail(const char *format, ...)
{
    va_list args;

    say_progress_end();
    fputs("skerry: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(EXIT_USAGE);
}

void say_line(const char *format, ...)
{
    va_list args;

    say_progress_end();
    fputs("skerry: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

void say_progress(const char *format, ...)
{
    struct timespec now;
    va_list args;

    if (!isatty(STDERR_FILENO)) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (progress.printed_s != 0 && now.tv_sec < progress.printed_s + 10)
            return;
        progress.printed_s = now.tv_sec;
    } else {
        fputs("\r\033[K", stderr);
        progress.on_screen = true;
    }
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    if (!progress.on_screen)
        fputc('\n', stderr);
    fflush(stderr);
}
