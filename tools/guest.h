#ifndef TOOLS_GUEST_H
#define TOOLS_GUEST_H

#include <stdbool.h>
#include <sys/types.h>

#include "text.h"

/* How a guest's run ended. */
enum guest_end {
    GUEST_DONE,        /* on_line said so */
    GUEST_EXITED,      /* QEMU ended by itself; see code */
    GUEST_TOO_LONG,    /* limit_s passed */
    GUEST_SILENT,      /* nothing on the console for silence_s */
    GUEST_INTERRUPTED, /* Ctrl-C, SIGTERM or SIGHUP */
};

struct guest {
    /* set by the caller */
    const struct list *argv;
    const char *console_log; /* every line the guest printed */
    const char *qemu_log;    /* QEMU's own complaints */
    double limit_s, silence_s;
    bool verbose;
    void *context;
    bool (*on_line)(void *context, const char *line); /* true: nothing more is expected */
    void (*on_tick)(void *context);                   /* a few times a second */
    /* set while it runs */
    pid_t pid; /* QEMU */
    bool stop; /* on_tick may set this: the run is done */
    /* results */
    int code; /* QEMU's exit code */
};

/* Runs QEMU from start to end. When it returns, no QEMU of this run is left. */
enum guest_end guest_run(struct guest *g);

/* What to tell a person, for an end that is not GUEST_DONE. */
const char *guest_end_text(enum guest_end end);

#endif
