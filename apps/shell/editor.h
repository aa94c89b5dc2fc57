/* editor.h: a line editor for a serial terminal (VT100 control sequences), byte by byte.
 *
 * Context: pure: it never reads and never waits; what the terminal is to show goes through put, so
 * it runs on the host as it does here. Typing at the end of the line shows just what was typed, so
 * a program can read the echo too. Printable ASCII only; a line wider than the terminal may be
 * edited but is not redrawn well. */
#ifndef SHELL_EDITOR_H
#define SHELL_EDITOR_H

#include <skerry/base.h>

enum { EDITOR_LINE_BYTES = 256, EDITOR_HISTORY = 32, EDITOR_SHOWN_MAX = 64 };

enum editor_event {
    EDITOR_MORE,   /* nothing to do */
    EDITOR_LINE,   /* editor.line is a whole line, zero-terminated */
    EDITOR_CANCEL, /* Ctrl-C: the line is dropped */
    EDITOR_END,    /* Ctrl-D on an empty line */
};

struct editor {
    const char *prompt;
    void (*put)(void *arg, const char *text, size_t bytes);
    /* The index-th word that could stand where line[word_at] begins, NULL: no more. The answer
     * stays until the next call. NULL: nothing is ever completed. */
    const char *(*candidate)(void *arg, const char *line, uint32_t word_at, uint32_t index);
    void *arg;

    char line[EDITOR_LINE_BYTES];
    uint32_t length, cursor;
    enum { ESCAPE_NONE, ESCAPE_BEGUN, ESCAPE_BRACKET, ESCAPE_LETTER } escape;
    uint32_t escape_number;
    bool after_return; /* the line feed of a CR LF pair is no line of its own */

    char history[EDITOR_HISTORY][EDITOR_LINE_BYTES]; /* a ring */
    uint32_t history_end;                            /* lines ever entered */
    uint32_t history_back;                           /* 0: the line itself; 1: the last one */
    char kept[EDITOR_LINE_BYTES];                    /* the line itself, while browsing */
};

/* Everything but what the caller sets (prompt, put, candidate, arg) must be zero. Shows the prompt
 * and begins an empty line. */
void editor_begin(struct editor *e);

enum editor_event editor_key(struct editor *e, unsigned char key);

#endif
