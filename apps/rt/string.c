/* string.c: memory and text functions, plain C. See rt/string.h.
 *
 * Copies go by words where both ends can be aligned to them: what is copied may be device memory,
 * where arm64 refuses any other access. Compiled without loop-to-call conversion, or memcpy would
 * call itself. */
#include "rt/string.h"

/* May alias anything. */
typedef uint64_t __attribute__((may_alias)) word_t;

enum { WORD = 8, LINE = 8 * WORD };

/* Eight words, all loaded before the first is stored. */
static inline void line_copy(void *to, const void *from)
{
    word_t *t = to;
    const word_t *f = from;
    uint64_t a = f[0], b = f[1], c = f[2], d = f[3], e = f[4], g = f[5], h = f[6], i = f[7];

    t[0] = a, t[1] = b, t[2] = c, t[3] = d, t[4] = e, t[5] = g, t[6] = h, t[7] = i;
}

static bool is_alike(const void *a, const void *b)
{
    return (((uintptr_t)a ^ (uintptr_t)b) & (WORD - 1)) == 0;
}

void *memcpy(void *to, const void *from, size_t bytes)
{
    unsigned char *t = to;
    const unsigned char *f = from;

    if (bytes >= WORD && is_alike(t, f)) {
        for (; (uintptr_t)t & (WORD - 1); bytes--)
            *t++ = *f++;
        for (; bytes >= LINE; bytes -= LINE, t += LINE, f += LINE)
            line_copy(t, f);
        for (; bytes >= WORD; bytes -= WORD, t += WORD, f += WORD)
            *(word_t *)(void *)t = *(const word_t *)(const void *)f;
    }
    while (bytes-- > 0)
        *t++ = *f++;
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    unsigned char *t = to;
    const unsigned char *f = from;

    if ((uintptr_t)t - (uintptr_t)f >= bytes)
        return memcpy(to, from, bytes);
    if (bytes >= WORD && is_alike(t, f)) {
        for (; (uintptr_t)(t + bytes) & (WORD - 1); bytes--)
            t[bytes - 1] = f[bytes - 1];
        for (; bytes >= LINE; bytes -= LINE)
            line_copy(t + bytes - LINE, f + bytes - LINE);
        for (; bytes >= WORD; bytes -= WORD)
            *(word_t *)(void *)(t + bytes - WORD) =
                *(const word_t *)(const void *)(f + bytes - WORD);
    }
    while (bytes-- > 0)
        t[bytes] = f[bytes];
    return to;
}

void *memset(void *to, int byte, size_t bytes)
{
    unsigned char *t = to;
    uint64_t word = 0x0101010101010101ull * (unsigned char)byte;

    for (; bytes > 0 && ((uintptr_t)t & (WORD - 1)); bytes--)
        *t++ = (unsigned char)byte;
    for (; bytes >= LINE; bytes -= LINE, t += LINE) {
        word_t *l = (word_t *)(void *)t;
        l[0] = l[1] = l[2] = l[3] = l[4] = l[5] = l[6] = l[7] = word;
    }
    for (; bytes >= WORD; bytes -= WORD, t += WORD)
        *(word_t *)(void *)t = word;
    while (bytes-- > 0)
        *t++ = (unsigned char)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const unsigned char *x = a, *y = b;

    for (size_t i = 0; i < bytes; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

void *memchr(const void *text, int byte, size_t bytes)
{
    const unsigned char *t = text;

    for (size_t i = 0; i < bytes; i++)
        if (t[i] == (unsigned char)byte)
            return (void *)(uintptr_t)(t + i);
    return NULL;
}

size_t strnlen(const char *text, size_t limit)
{
    size_t n = 0;

    while (n < limit && text[n])
        n++;
    return n;
}

size_t strlen(const char *text)
{
    return strnlen(text, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t limit)
{
    for (size_t i = 0; i < limit; i++) {
        unsigned char x = (unsigned char)a[i], y = (unsigned char)b[i];
        if (x != y)
            return x < y ? -1 : 1;
        if (!x)
            break;
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

char *strrchr(const char *text, int c)
{
    const char *found = NULL;

    for (;; text++) {
        if (*text == (char)c)
            found = text;
        if (!*text)
            return (char *)(uintptr_t)found;
    }
}

char *strchr(const char *text, int c)
{
    for (;; text++) {
        if (*text == (char)c)
            return (char *)(uintptr_t)text;
        if (!*text)
            return NULL;
    }
}

bool text_set(char *to, size_t room, const char *from)
{
    size_t n = strnlen(from, room - 1);

    memcpy(to, from, n);
    to[n] = 0;
    return !from[n];
}
