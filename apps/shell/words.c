/* words.c: see words.h. One pass, one state: the quote that is open. */
#include "words.h"

#include <monitor/remote.h>
#include <rt/string.h>

/* One word; *at moves behind it. Returns the room used in `to` with its zero, 0: a quote is open
 * at the end or there is no room. */
static size_t word_take(const char **at, char *to, size_t room)
{
    const char *p = *at;
    char quote = 0;
    size_t n = 0;

    for (; *p && (quote || (*p != ' ' && *p != '\t' && *p != ';')); p++) {
        char c = *p;
        if (c == quote) {
            quote = 0;
            continue;
        }
        if (!quote && (c == '\'' || c == '"')) {
            quote = c;
            continue;
        }
        if (c == '\\' && quote != '\'' && p[1])
            c = *++p;
        if (n + 1 >= room)
            return 0;
        to[n++] = c;
    }
    *at = p;
    if (quote || n >= room)
        return 0;
    to[n] = 0;
    return n + 1;
}

static const char *blanks_skip(const char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

static enum status words_fill(const char **line, struct words *out)
{
    size_t used = 0;

    for (*line = blanks_skip(*line); **line && **line != ';'; *line = blanks_skip(*line)) {
        bool plain = **line == '&';
        if (out->count == WORDS_MAX)
            return E_LIMIT;
        size_t n = word_take(line, out->text + used, sizeof out->text - used);
        if (n == 0)
            return E_FORMAT;
        out->word[out->count++] = out->text + used;
        out->background = plain && n == 2;
        used += n;
    }
    if (out->background)
        out->count--;
    out->word[out->count] = NULL;
    return OK;
}

enum status words_next(const char **line, struct words *out)
{
    *line = blanks_skip(*line);
    while (**line == ';')
        *line = blanks_skip(*line + 1);
    out->count = 0;
    out->background = false;
    if (!**line)
        return E_EMPTY;
    enum status s = words_fill(line, out);
    if (s != OK)
        *line += strlen(*line);
    return s;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 16;
}

bool number_read(const char *text, uint64_t limit, uint64_t *out)
{
    unsigned base = text[0] == '0' && text[1] == 'x' ? 16 : 10;
    uint64_t value = 0;

    if (base == 16)
        text += 2;
    if (!*text)
        return false;
    for (; *text; text++) {
        unsigned digit = (unsigned)digit_value(*text);
        if (digit >= base || digit > limit || value > (limit - digit) / base)
            return false;
        value = value * base + digit;
    }
    *out = value;
    return true;
}

bool domain_read(const char *text, uint32_t *tag)
{
    const char *dot = strchr(text, '.');
    uint64_t core, number;
    char left[8];

    if (!dot || (size_t)(dot - text) >= sizeof left)
        return false;
    memcpy(left, text, (size_t)(dot - text));
    left[dot - text] = 0;
    if (!number_read(left, CORE_COUNT_MAX - 1, &core) ||
        !number_read(dot + 1, (1u << REMOTE_TAG_SHIFT) - 1, &number))
        return false;
    *tag = (uint32_t)(core << REMOTE_TAG_SHIFT | number);
    return true;
}
