#ifndef TOOLS_SAY_H
#define TOOLS_SAY_H

/* Exit codes of every command: all well; something ran and failed; it could not start (bad
 * argument, missing tool, too little room); stopped by Ctrl-C. */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_INTERRUPTED = 130 };

/* One line on stderr that says what to do, then exit 2. */
_Noreturn void say_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line on stderr. A progress line that is still on the screen is wiped first. */
void say_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Replace the progress line. On a terminal it is redrawn at each call; elsewhere it is printed at
 * most every 10 s, so that a log stays short. */
void say_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Wipe the progress line, if one is on the screen. */
void say_progress_end(void);

#endif
