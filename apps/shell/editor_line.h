/* editor_line.h: what editor.c and complete.c do to the line on the screen. */
#ifndef SHELL_EDITOR_LINE_H
#define SHELL_EDITOR_LINE_H

#include "editor.h"

void editor_show(struct editor *e, const char *text);

/* At the cursor. What does not fit is left out and rings the bell. */
void editor_insert(struct editor *e, const char *text, size_t bytes);

/* Prompt and line anew, on the screen's present line. */
void editor_redraw(struct editor *e);

/* complete.c: the Tab key. */
void editor_complete(struct editor *e);

#endif
