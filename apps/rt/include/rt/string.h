/* string.h: the handful of C library functions that freestanding programs need (the compiler calls
 * the mem* family too), and a small
 * snprintf: %d %u %x %c %s %p %% with l, ll, z; width, 0, -, and .precision for %s. No floating
 * point. */
#ifndef RT_STRING_H
#define RT_STRING_H

#include <skerry/base.h>
#include <stdarg.h>

void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
void *memchr(const void *text, int byte, size_t bytes);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t limit);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t limit);
char *strchr(const char *text, int c);
char *strrchr(const char *text, int c);

/* Copies as much as fits with the final zero; true if that was all. */
bool text_set(char *to, size_t room, const char *from);

/* Both return the length that the whole text would have, like the C library's; room 0 writes
 * nothing. */
int rt_vsnprintf(char *to, size_t room, const char *format, va_list arguments) PRINTF_LIKE(3, 0);
int rt_snprintf(char *to, size_t room, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
