/* words.h: a command line taken apart: commands are separated by ';', words by blanks; '...' and
 * "..." hold blanks, a backslash takes the next byte as it is (not inside '...'). */
#ifndef SHELL_WORDS_H
#define SHELL_WORDS_H

#include <skerry/base.h>
#include <skerry/status.h>

enum { WORDS_MAX = 40, WORDS_BYTES = 512 };

struct words {
    int count;
    bool background;                 /* a last word of its own, '&' */
    const char *word[WORDS_MAX + 1]; /* [count] is NULL */
    char text[WORDS_BYTES];
};

/* Takes the first command of *line and moves *line behind it. E_EMPTY: there is none left.
 * E_FORMAT: a quote is not closed. E_LIMIT: too many words. After an error *line is at its end. */
NODISCARD enum status words_next(const char **line, struct words *out);

/* A whole number, decimal or 0x; false: that is none, or it is more than limit. */
bool number_read(const char *text, uint64_t limit, uint64_t *out);

/* A domain as people name it, CORE.NUMBER, as its tag (monitor/remote.h). */
bool domain_read(const char *text, uint32_t *tag);

#endif
