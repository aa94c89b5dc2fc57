/* log.h: lines for people. The first program of a core writes to its CPU driver's log ring; every
 * other one sends them to its parent, who
 * puts the domain's name before it. Longer lines than LOG_LINE_BYTES are cut. Context: any, also
 * the fault entry. */
#ifndef RT_LOG_H
#define RT_LOG_H

#include <skerry/base.h>

#define LOG_LINE_BYTES 240u

void log_line(const char *format, ...) PRINTF_LIKE(1, 2);

/* Raw text: whole lines with their \n, or pieces of them. */
void log_text(const char *text, size_t bytes);

/* Send text elsewhere from now on (a monitor that has the console to itself). */
void log_hook_set(void (*hook)(const char *text, size_t bytes));

#endif
