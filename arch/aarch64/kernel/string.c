/* memcpy and its kin: GCC calls them for struct copies. Weak, so that a better one may take their
 * place. This file is compiled so that GCC does not turn the loops into calls of themselves. */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);

#define WORDWISE(a, b, n) ((((uintptr_t)(a) | (uintptr_t)(b) | (n)) & 7) == 0)

void words_copy(uint64_t *to, const uint64_t *from, size_t count); /* lines.S */

__attribute__((weak)) void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    if (WORDWISE(to, from, bytes)) {
        words_copy(to, from, bytes / 8);
        return to;
    }
    for (size_t i = 0; i < bytes; i++)
        ((char *)to)[i] = ((const char *)from)[i];
    return to;
}

__attribute__((weak)) void *memmove(void *to, const void *from, size_t bytes)
{
    if ((uintptr_t)to <= (uintptr_t)from) {
        for (size_t i = 0; i < bytes; i++)
            ((char *)to)[i] = ((const char *)from)[i];
        return to;
    }
    for (size_t i = bytes; i > 0; i--)
        ((char *)to)[i - 1] = ((const char *)from)[i - 1];
    return to;
}

__attribute__((weak)) void *memset(void *to, int value, size_t bytes)
{
    uint64_t word = 0x0101010101010101ull * (uint8_t)value;

    if (WORDWISE(to, 0, bytes)) {
        for (size_t i = 0; i < bytes / 8; i++)
            ((uint64_t *)to)[i] = word;
        return to;
    }
    for (size_t i = 0; i < bytes; i++)
        ((char *)to)[i] = (char)value;
    return to;
}

__attribute__((weak)) int memcmp(const void *a, const void *b, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        int difference = ((const uint8_t *)a)[i] - ((const uint8_t *)b)[i];
        if (difference)
            return difference;
    }
    return 0;
}
