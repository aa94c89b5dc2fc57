/* shell.h: the shell's state, and the machine as its commands see it. Private to apps/shell.
 *
 * Commands ask through struct machine_link, so that they run on the host against a machine that a
 * test makes up. */
#ifndef SHELL_SHELL_H
#define SHELL_SHELL_H

#include <monitor/remote.h>
#include <skerry/cap.h>
#include <skerry/status.h>

#include "words.h"

enum { JOBS_MAX = 64, JOB_TEXT_BYTES = 64 };

struct told {
    uint64_t next;
    uint64_t word[5]; /* words 1..5 of NOTE_TOLD */
};

struct shell_job {
    uint32_t tag; /* 0: free */
    uint32_t request;
    bool ended;
    enum remote_end end;
    uint32_t exit_status;
    uint64_t cpu_ticks;
    char reason[32];
    char text[JOB_TEXT_BYTES];
};

struct shell;

struct machine_link {
    /* Waits for the answer: its status; E_TIMEOUT: none came. */
    enum status (*ask)(void *arg, uint32_t core, enum remote_ask what, uint64_t a, uint64_t b,
                       struct told *out);
    /* Sends a command line for ASK_RUN ahead. */
    enum status (*text)(void *arg, uint32_t core, const char *text, size_t bytes);
    /* Waits a while for keys and messages. False: the user has asked to stop (Ctrl-C). */
    bool (*wait)(void *arg);
    void (*put)(void *arg, const char *text, size_t bytes);
    /* There is such a file in the boot archive, not a folder. */
    bool (*file_is)(void *arg, const char *path);
    void (*end_machine)(void *arg, uint32_t code);
    void *arg;
};

struct shell {
    const struct machine_link *machine;
    uint32_t core_count;
    uint64_t tick_hz;
    uint32_t request; /* of the last question */
    struct shell_job job[JOBS_MAX];
};

struct command {
    const char *name, *usage, *help;
    void (*run)(struct shell *s, const struct words *w);
};

extern const struct command commands[];
extern const uint32_t command_count;

/* Every command of the line, one after the other. */
void shell_line(struct shell *s, const char *line);

/* A NOTE_ENDED came. */
void shell_ended(struct shell *s, uint32_t request, const uint64_t word[6]);

/* Text for the person. At most 240 bytes a call. */
void shell_print(struct shell *s, const char *format, ...) PRINTF_LIKE(2, 3);

/* Says so and is false, unless OK. */
bool shell_ok(struct shell *s, const char *what, enum status status);

/* The same for an answer about a domain. */
bool shell_domain_ok(struct shell *s, const char *name, enum status status);

/* report.c */
void command_cores(struct shell *s, const struct words *w);
void command_mem(struct shell *s, const struct words *w);
void command_domains(struct shell *s, const struct words *w);
void command_caps(struct shell *s, const struct words *w);

/* job.c */
void command_run(struct shell *s, const struct words *w);
void command_kill(struct shell *s, const struct words *w);
void command_jobs(struct shell *s, const struct words *w);

#endif
