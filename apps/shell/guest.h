/* guest.h: the parts of the shell that need the machine under them: the line, the monitor, the
 * archive. Private to apps/shell. */
#ifndef SHELL_GUEST_H
#define SHELL_GUEST_H

#include "editor.h"
#include "shell.h"
#include "uart.h"

enum { KEYS_MAX = 256 };

struct terminal {
    struct uart uart;
    struct editor editor;
    struct shell shell;
    unsigned char keys[KEYS_MAX]; /* typed while a command ran; a ring */
    uint32_t keys_first, keys_end;
    uint64_t last_key_ticks;
    bool interrupted; /* Ctrl-C came while a command ran */

    bool asked; /* a question is open: its request is shell.request */
    enum status told_status;
    struct told told;
};

/* link.c: the machine through the monitor's channel. Keeps t. */
NODISCARD enum status link_open(struct terminal *t, struct machine_link *link);

/* terminal.c: takes the bytes that have come into the ring of keys. True: there are some. */
bool terminal_poll(struct terminal *t);

/* Sleeps until a message comes or it is time to look for keys again. */
void terminal_sleep(struct terminal *t);

/* archive.c */
bool archive_file_is(void *arg, const char *path);
const char *archive_candidate(void *arg, const char *line, uint32_t word_at, uint32_t index);

#endif
