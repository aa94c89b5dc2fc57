/* text.c: growing strings and lists of strings. Running out of memory ends the program: every
 * caller is a short-lived command and has no better answer. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

static void *grow(void *old, size_t bytes)
{
    void *p = realloc(old, bytes);

    if (p == NULL)
        say_fail("out of memory on the host");
    return p;
}

static void text_add_list(struct text *t, const char *format, va_list args)
{
    va_list again;
    int n;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, args);
    if (n < 0)
        say_fail("cannot format a line");
    if (t->length + (size_t)n + 1 > t->room) {
        t->room = (t->length + (size_t)n + 1) * 2;
        t->data = grow(t->data, t->room);
    }
    vsnprintf(t->data + t->length, (size_t)n + 1, format, again);
    va_end(again);
    t->length += (size_t)n;
}

void text_add(struct text *t, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_add_list(t, format, args);
    va_end(args);
}

void text_add_json(struct text *t, const char *s)
{
    text_add(t, "\"");
    for (; *s != 0; s++) {
        unsigned char c = (unsigned char)*s;

        if (c == '"' || c == '\\')
            text_add(t, "\\%c", c);
        else if (c < 0x20)
            text_add(t, "\\u%04x", c);
        else
            text_add(t, "%c", c);
    }
    text_add(t, "\"");
}

void text_free(struct text *t)
{
    free(t->data);
    *t = (struct text){0};
}

char *text_format(const char *format, ...)
{
    struct text t = {0};
    va_list args;

    va_start(args, format);
    text_add_list(&t, format, args);
    va_end(args);
    return t.data;
}

static void list_take(struct list *l, char *s)
{
    if (l->count + 2 > l->room) {
        l->room = l->room * 2 + 8;
        l->item = grow(l->item, l->room * sizeof(l->item[0]));
    }
    l->item[l->count++] = s;
    l->item[l->count] = NULL;
}

void list_add(struct list *l, const char *format, ...)
{
    struct text t = {0};
    va_list args;

    va_start(args, format);
    text_add_list(&t, format, args);
    va_end(args);
    list_take(l, t.data);
}

void list_add_split(struct list *l, const char *s, char separator)
{
    while (*s != 0) {
        const char *end = strchrnul(s, separator);

        if (end > s)
            list_add(l, "%.*s", (int)(end - s), s);
        s = *end != 0 ? end + 1 : end;
    }
}

bool list_has(const struct list *l, const char *s)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->item[i], s) == 0)
            return true;
    return false;
}

static int item_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void list_sort(struct list *l)
{
    if (l->count > 1)
        qsort(l->item, l->count, sizeof(l->item[0]), item_compare);
}

void list_free(struct list *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->item[i]);
    free(l->item);
    *l = (struct list){0};
}
