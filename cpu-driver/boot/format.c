/* The kernel's printf. No state, no allocation; output that does not fit is cut. */
#include "boot/format.h"

struct sink {
    char *out;
    size_t bytes, used;
};

static void put(struct sink *s, char c)
{
    if (s->used < s->bytes)
        s->out[s->used++] = c;
}

static void put_number(struct sink *s, uint64_t value, unsigned base, unsigned width, char fill)
{
    char digits[20];
    unsigned count = 0;

    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (width > count) {
        put(s, fill);
        width--;
    }
    while (count)
        put(s, digits[--count]);
}

static void put_string(struct sink *s, const char *text)
{
    while (*text)
        put(s, *text++);
}

struct conversion {
    char kind, fill;
    unsigned width;
    bool is_long;
};

static const char *parse(const char *format, struct conversion *c)
{
    c->fill = ' ';
    c->width = 0;
    c->is_long = false;
    if (*format == '0')
        c->fill = *format++;
    while (*format >= '0' && *format <= '9')
        c->width = c->width * 10 + (unsigned)(*format++ - '0');
    while (*format == 'l') {
        c->is_long = true;
        format++;
    }
    c->kind = *format;
    return *format ? format + 1 : format;
}

static uint64_t take_number(const struct conversion *c, va_list *arguments, bool *negative)
{
    int64_t value;

    if (c->kind != 'd')
        return c->is_long ? va_arg(*arguments, uint64_t) : va_arg(*arguments, uint32_t);
    value = c->is_long ? va_arg(*arguments, int64_t) : va_arg(*arguments, int32_t);
    *negative = value < 0;
    return *negative ? 0 - (uint64_t)value : (uint64_t)value;
}

size_t format_list(char *out, size_t bytes, const char *format, va_list arguments)
{
    struct sink s = {out, bytes, 0};
    struct conversion c;
    va_list list;

    va_copy(list, arguments);
    while (*format) {
        bool negative = false;
        if (*format != '%') {
            put(&s, *format++);
            continue;
        }
        format = parse(format + 1, &c);
        if (c.kind == 's') {
            put_string(&s, va_arg(list, const char *));
        } else if (c.kind == 'c') {
            put(&s, (char)va_arg(list, int));
        } else if (c.kind == 'd' || c.kind == 'u' || c.kind == 'x') {
            uint64_t value = take_number(&c, &list, &negative);
            if (negative)
                put(&s, '-');
            put_number(&s, value, c.kind == 'x' ? 16 : 10, c.width, c.fill);
        } else {
            put(&s, c.kind);
        }
    }
    va_end(list);
    return s.used;
}

size_t format_text(char *out, size_t bytes, const char *format, ...)
{
    va_list arguments;
    size_t used;

    va_start(arguments, format);
    used = format_list(out, bytes, format, arguments);
    va_end(arguments);
    return used;
}
