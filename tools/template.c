/* template.c: {frame} and the like in the texts of a jobs file, and the words of a command. */
#include "template.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void template_set(struct template *t, const char *key, const char *value)
{
    list_add(&t->keys, "%s", key);
    list_add(&t->values, "%s", value);
}

void template_free(struct template *t)
{
    list_free(&t->keys);
    list_free(&t->values);
}

/* Bytes of "{name}" or "{name:0N}" at `s`, or 0 when that is something else. */
static size_t mark_length(const char *s)
{
    size_t n = 1;

    if (s[0] != '{' || !(isalpha((unsigned char)s[1]) || s[1] == '_'))
        return 0;
    while (isalnum((unsigned char)s[n]) || s[n] == '_')
        n++;
    if (s[n] == ':')
        do
            n++;
        while (isdigit((unsigned char)s[n]));
    return s[n] == '}' ? n + 1 : 0;
}

/* False when it is not known or its width is not one. */
static bool mark_expand(const struct template *t, const char *mark, size_t bytes, struct text *out)
{
    char name[64];
    size_t at = 0;

    if (bytes - 2 >= sizeof(name))
        return false;
    memcpy(name, mark + 1, bytes - 2);
    name[bytes - 2] = 0;
    char *colon = strchr(name, ':');

    if (colon != NULL)
        *colon = 0;
    while (at < t->keys.count && strcmp(t->keys.item[at], name) != 0)
        at++;
    if (at == t->keys.count)
        return false;
    const char *value = t->values.item[at];

    if (colon == NULL) {
        text_add(out, "%s", value);
        return true;
    }
    unsigned long width = strtoul(colon + 1, NULL, 10);

    if (colon[1] != '0' || width < 1 || width > 18 ||
        strspn(value, "0123456789") != strlen(value) || strlen(value) > 18)
        return false;
    text_add(out, "%0*llu", (int)width, strtoull(value, NULL, 10));
    return true;
}

char *template_expand(const struct template *t, const char *text, bool strict, char **wrong)
{
    struct text out = {0};

    text_add(&out, "%s", "");
    while (*text != 0) {
        size_t run = strcspn(text, "{");
        size_t mark = mark_length(text + run);

        text_add(&out, "%.*s", (int)run, text);
        text += run;
        if (mark > 0 && mark_expand(t, text, mark, &out)) {
            text += mark;
        } else if (mark > 0 && strict) {
            *wrong = text_format("%.*s", (int)mark, text);
            text_free(&out);
            return NULL;
        } else if (*text == '{') {
            text_add(&out, "{");
            text += text[1] == '{' ? 2 : 1;
        }
    }
    return out.data;
}

/* What a shell would act upon, as a word of its own or at a word's start. */
static bool shell_word(const char *word)
{
    static const char *const words[] = {"|", "||", "&", "&&", ";", "<", ">", ">>", "2>", "2>&1"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return word[0] == '>' || word[0] == '<';
}

/* Adds what one piece of a word stands for; where the next begins, or NULL for an open quote. */
static const char *piece_take(const char *s, struct text *word)
{
    if (*s == '\\' && s[1] != 0) {
        text_add(word, "%c", s[1]);
        return s + 2;
    }
    if (*s != '\'' && *s != '"') {
        text_add(word, "%c", *s);
        return s + 1;
    }
    const char quote = *s++;

    for (; *s != quote; s++) {
        if (quote == '"' && *s == '\\' && (s[1] == '"' || s[1] == '\\'))
            s++;
        if (*s == 0)
            return NULL;
        text_add(word, "%c", *s);
    }
    return s + 1;
}

bool template_words(const char *command, struct list *words, const char **why)
{
    const char *s = command;

    for (;;) {
        struct text word = {0};
        bool quoted = false;

        while (*s == ' ' || *s == '\t' || *s == '\n')
            s++;
        if (*s == 0)
            break;
        text_add(&word, "%s", "");
        while (s != NULL && *s != 0 && *s != ' ' && *s != '\t' && *s != '\n') {
            quoted = quoted || *s == '\'' || *s == '"' || *s == '\\';
            s = piece_take(s, &word);
        }
        if (s == NULL)
            *why = "a quote is open; close it";
        else if (!quoted && shell_word(word.data))
            *why = "no shell reads this; give several commands as a list, redirect with stdin and "
                   "stdout, or put the word in single quotes";
        else
            list_add(words, "%s", word.data);
        bool good = s != NULL && (quoted || !shell_word(word.data));

        text_free(&word);
        if (!good)
            return false;
    }
    if (words->count == 0)
        *why = "names no program; give a command";
    return words->count > 0;
}
