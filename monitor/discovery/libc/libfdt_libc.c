/* What Debian's prebuilt libfdt asks of a C library, for guests that have none. Every symbol is
 * weak: a runtime that has its own takes precedence. The stack guard is a constant, since the
 * archive was compiled with stack protection; its failure stops the program by a trap. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WEAK __attribute__((weak))

void __stack_chk_fail(void);
extern const uintptr_t __stack_chk_guard;

WEAK const uintptr_t __stack_chk_guard = 0x5cedbead00ff0aULL;

WEAK void __stack_chk_fail(void)
{
    __builtin_trap();
}

WEAK void *memmove(void *to, const void *from, size_t n)
{
    unsigned char *t = to;
    const unsigned char *f = from;
    if ((uintptr_t)t < (uintptr_t)f) {
        for (size_t i = 0; i < n; i++)
            t[i] = f[i];
    } else {
        for (size_t i = n; i > 0; i--)
            t[i - 1] = f[i - 1];
    }
    return to;
}

WEAK void *memcpy(void *to, const void *from, size_t n)
{
    unsigned char *t = to;
    const unsigned char *f = from;
    for (size_t i = 0; i < n; i++)
        t[i] = f[i];
    return to;
}

WEAK int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *p = a, *q = b;
    for (size_t i = 0; i < n; i++)
        if (p[i] != q[i])
            return p[i] < q[i] ? -1 : 1;
    return 0;
}

WEAK void *memchr(const void *s, int c, size_t n)
{
    const unsigned char *p = s;
    for (size_t i = 0; i < n; i++)
        if (p[i] == (unsigned char)c)
            return (void *)(uintptr_t)(p + i);
    return NULL;
}

WEAK size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;
    while (n < max && s[n] != 0)
        n++;
    return n;
}

WEAK size_t strlen(const char *s)
{
    return strnlen(s, SIZE_MAX);
}

WEAK char *strrchr(const char *s, int c)
{
    const char *found = NULL;
    for (;; s++) {
        if (*s == (char)c)
            found = s;
        if (*s == 0)
            return (char *)(uintptr_t)found;
    }
}
