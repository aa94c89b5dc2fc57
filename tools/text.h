#ifndef TOOLS_TEXT_H
#define TOOLS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A growing string, always closed by a 0 byte once something was added. All zero is the empty text.
 */
struct text {
    char *data;
    size_t length, room;
};

/* A growing list of strings it owns; `item` ends with NULL, so it serves as an argv. */
struct list {
    char **item;
    size_t count, room;
};

void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds `s` as a JSON string with its quotes; bytes outside ASCII go through as they are. */
void text_add_json(struct text *t, const char *s);
void text_free(struct text *t);

void list_add(struct list *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Cuts `s` at each `separator`; empty pieces are left out. */
void list_add_split(struct list *l, const char *s, char separator);
bool list_has(const struct list *l, const char *s);
void list_sort(struct list *l);
void list_free(struct list *l);

/* A formatted string of its own, to be freed by the caller. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
