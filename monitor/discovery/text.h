/* A line under construction: what does not fit is dropped, the zero at the end always fits. Private
 * to discovery. */
#ifndef DISCOVERY_TEXT_H
#define DISCOVERY_TEXT_H

#include <skerry/base.h>

#define TEXT_BYTES 1400u /* a row of distances of 256 nodes */

struct text {
    uint32_t used;
    char line[TEXT_BYTES];
};

static inline void text_add(struct text *t, const char *s)
{
    for (; *s != 0 && t->used + 1 < TEXT_BYTES; s++)
        t->line[t->used++] = *s;
    t->line[t->used] = 0;
}

static inline void text_start(struct text *t, const char *s)
{
    t->used = 0;
    text_add(t, s);
}

/* `base` is 10 or 16; hexadecimal gets its 0x. */
static inline void text_number(struct text *t, uint64_t value, uint32_t base)
{
    char digits[24];
    uint32_t at = sizeof digits - 1;
    digits[at] = 0;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    text_add(t, base == 16 ? "0x" : "");
    text_add(t, digits + at);
}

static inline void text_pad(struct text *t, uint32_t column)
{
    do
        text_add(t, " ");
    while (t->used < column && t->used + 1 < TEXT_BYTES);
}

#endif
