#ifndef TOOLS_TEMPLATE_H
#define TOOLS_TEMPLATE_H

#include <stdbool.h>

#include "text.h"

/* What stands for what: {KEY} becomes the value, {KEY:0N} the value (a whole number) with leading
 * zeros up to N digits, {{ becomes {. */
struct template
{
    struct list keys, values;
};

void template_set(struct template *t, const char *key, const char *value);
void template_free(struct template *t);

/* The text with everything replaced, to be freed. NULL when it names a key that is not there (only
 * if `strict`; else that stays as it is) or a width that cannot be used; `wrong` is then the name, to
 * be freed. */
char *template_expand(const struct template *t, const char *text, bool strict, char **wrong);

/* Cuts a command into words as a shell does with '...', "..." and \; nothing else is special. False
 * when it cannot be meant so; `why` says what to do. */
bool template_words(const char *command, struct list *words, const char **why);

#endif
