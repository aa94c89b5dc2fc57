/* text.h: the few string and memory functions the personality uses. The mem* family comes from the
 * runtime in the guest (the compiler calls it too) and from the C library on the host. */
#ifndef LINUX_TEXT_H
#define LINUX_TEXT_H

#include <skerry/base.h>

void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);

static inline size_t text_length(const char *t)
{
    size_t n = 0;
    while (t[n])
        n++;
    return n;
}

static inline bool text_equal(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* True if `text` begins with `head`. */
static inline bool text_begins(const char *text, const char *head)
{
    while (*head && *text == *head) {
        text++;
        head++;
    }
    return !*head;
}

/* Copies with the final NUL; false, and nothing useful in `to`, if it does not fit. */
static inline bool text_copy(char *to, size_t size, const char *from)
{
    size_t n = text_length(from);
    if (n >= size)
        return false;
    memcpy(to, from, n + 1);
    return true;
}

/* Decimal digits of v; returns how many. */
static inline size_t text_decimal(char *to, uint64_t v)
{
    char digit[20];
    size_t n = 0;
    do
        digit[n++] = (char)('0' + v % 10);
    while (v /= 10);
    for (size_t i = 0; i < n; i++)
        to[i] = digit[n - 1 - i];
    to[n] = 0;
    return n;
}

#endif
