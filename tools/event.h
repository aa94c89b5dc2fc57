#ifndef TOOLS_EVENT_H
#define TOOLS_EVENT_H

#include <stdbool.h>
#include <stdint.h>

/* A line of the guest's console that is meant for a program: "@WORD [WORD] key=value key=value
 * ...", such as `@job end name=balls status=ok core=3`. Everything else on the console is log text.
 */
enum { EVENT_BYTES = 1024, EVENT_PAIRS = 24 };

struct event {
    char text[EVENT_BYTES];  /* cut in place at spaces and '=' */
    const char *word, *part; /* "@job", "end"; part is "" where there is none */
    const char *key[EVENT_PAIRS], *value[EVENT_PAIRS];
    unsigned int pairs;
};

/* False when the line is log text, or too long, or has too many words: such a line is only logged.
 */
bool event_read(struct event *e, const char *line);
bool event_is(const struct event *e, const char *word, const char *part);
/* The value of a key, or `missing`. */
const char *event_text(const struct event *e, const char *key, const char *missing);
/* The number of a key, or 0 when it is not there or not a number. */
uint64_t event_number(const struct event *e, const char *key);

#endif
