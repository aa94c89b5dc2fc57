/* For libfdt.h in freestanding builds: the functions of libfdt_libc.c. */
#ifndef LIBFDT_STRING_H
#define LIBFDT_STRING_H

#include <stddef.h>

void *memmove(void *to, const void *from, size_t n);
void *memcpy(void *to, const void *from, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strnlen(const char *s, size_t max);
size_t strlen(const char *s);
char *strrchr(const char *s, int c);

#endif
