/* A small printf for the CPU driver: %s %c %d %u %x, l for 64 bits, a width with optional
 * leading 0. */
#ifndef BOOT_FORMAT_H
#define BOOT_FORMAT_H

#include <skerry/base.h>
#include <stdarg.h>

/* Write at most `bytes` characters, not terminated; return how many. */
size_t format_list(char *out, size_t bytes, const char *format, va_list arguments);
size_t format_text(char *out, size_t bytes, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
