/* format.c: rt_snprintf. One pass over the format; what does not fit is counted and dropped. See
 * rt/string.h for what it knows. */
#include "rt/string.h"

struct sink {
    char *to;
    size_t room, length;
};

struct field {
    bool left, zero;
    int width, precision; /* precision -1: none */
    int longs;            /* 0 int, 1 long or size_t, 2 long long */
};

static void sink_put(struct sink *s, char c)
{
    if (s->length + 1 < s->room)
        s->to[s->length] = c;
    s->length++;
}

static void sink_fill(struct sink *s, char c, int count)
{
    while (count-- > 0)
        sink_put(s, c);
}

static void text_put(struct sink *s, const struct field *f, const char *text, int length,
                     const char *sign)
{
    int sign_length = (int)strlen(sign);
    int pad = f->width - length - sign_length;

    if (!f->left && !f->zero)
        sink_fill(s, ' ', pad);
    for (int i = 0; i < sign_length; i++)
        sink_put(s, sign[i]);
    if (!f->left && f->zero)
        sink_fill(s, '0', pad);
    for (int i = 0; i < length; i++)
        sink_put(s, text[i]);
    if (f->left)
        sink_fill(s, ' ', pad);
}

static void number_put(struct sink *s, const struct field *f, uint64_t value, unsigned base,
                       const char *sign)
{
    char digit[24];
    int at = (int)sizeof digit;

    do
        digit[--at] = "0123456789abcdef"[value % base];
    while ((value /= base) != 0);
    text_put(s, f, digit + at, (int)sizeof digit - at, sign);
}

static const char *field_read(const char *p, struct field *f)
{
    *f = (struct field){.precision = -1};
    for (; *p == '-' || *p == '0'; p++)
        *(*p == '-' ? &f->left : &f->zero) = true;
    for (; *p >= '0' && *p <= '9'; p++)
        f->width = f->width * 10 + (*p - '0');
    if (*p == '.')
        for (p++, f->precision = 0; *p >= '0' && *p <= '9'; p++)
            f->precision = f->precision * 10 + (*p - '0');
    for (; *p == 'l' || *p == 'z'; p++)
        f->longs++;
    return p;
}

static void string_put(struct sink *s, struct field *f, const char *text)
{
    size_t limit = f->precision >= 0 ? (size_t)f->precision : 1u << 20;

    if (!text)
        text = "(null)";
    f->zero = false;
    text_put(s, f, text, (int)strnlen(text, limit), "");
}

int rt_vsnprintf(char *to, size_t room, const char *format, va_list arguments)
{
    struct sink s = {to, room, 0};
    struct field f;

    for (const char *p = format; *p; p++) {
        if (*p != '%') {
            sink_put(&s, *p);
            continue;
        }
        p = field_read(p + 1, &f);
        if (*p == 'd' || *p == 'i') {
            int64_t v = f.longs ? va_arg(arguments, long) : va_arg(arguments, int);
            number_put(&s, &f, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10, v < 0 ? "-" : "");
        } else if (*p == 'u' || *p == 'x') {
            uint64_t v = f.longs ? va_arg(arguments, unsigned long) : va_arg(arguments, unsigned);
            number_put(&s, &f, v, *p == 'x' ? 16 : 10, "");
        } else if (*p == 'p') {
            number_put(&s, &f, (uintptr_t)va_arg(arguments, void *), 16, "0x");
        } else if (*p == 's') {
            string_put(&s, &f, va_arg(arguments, const char *));
        } else if (*p == 'c') {
            sink_put(&s, (char)va_arg(arguments, int));
        } else if (*p == '%') {
            sink_put(&s, '%');
        } else {
            break;
        }
    }
    if (room)
        to[s.length < room ? s.length : room - 1] = 0;
    return (int)s.length;
}

int rt_snprintf(char *to, size_t room, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = rt_vsnprintf(to, room, format, arguments);
    va_end(arguments);
    return length;
}
