/* complete.c: the Tab key: the word before the cursor is completed as far as all candidates agree;
 * when they agree on no more than is there, they are listed. */
#include <rt/string.h>

#include "editor_line.h"

struct choice {
    uint32_t count, agreed; /* agreed: leading bytes that all candidates have in common */
    char first[EDITOR_LINE_BYTES];
};

static uint32_t agreed_bytes(const char *a, const char *b, uint32_t limit)
{
    uint32_t n = 0;

    while (n < limit && a[n] && a[n] == b[n])
        n++;
    return n;
}

static const char *next_candidate(struct editor *e, uint32_t word_at, uint32_t *index)
{
    const char *text = e->candidate(e->arg, e->line, word_at, (*index)++);
    size_t have = e->cursor - word_at;

    while (text && strncmp(text, e->line + word_at, have) != 0)
        text = e->candidate(e->arg, e->line, word_at, (*index)++);
    return text;
}

static void choice_make(struct editor *e, uint32_t word_at, struct choice *c)
{
    uint32_t index = 0;
    const char *text;

    c->count = 0;
    while ((text = next_candidate(e, word_at, &index)) != NULL) {
        if (c->count++ == 0) {
            c->agreed = (uint32_t)strnlen(text, sizeof c->first - 1);
            memcpy(c->first, text, c->agreed);
            c->first[c->agreed] = 0;
        } else {
            c->agreed = agreed_bytes(c->first, text, c->agreed);
        }
    }
}

static void choices_list(struct editor *e, uint32_t word_at, uint32_t count)
{
    uint32_t index = 0;
    const char *text;

    editor_show(e, "\n");
    for (uint32_t n = 0; n < EDITOR_SHOWN_MAX; n++) {
        text = next_candidate(e, word_at, &index);
        if (!text)
            break;
        editor_show(e, text);
        editor_show(e, "  ");
    }
    if (count > EDITOR_SHOWN_MAX)
        editor_show(e, "...");
    editor_show(e, "\n");
    editor_redraw(e);
}

void editor_complete(struct editor *e)
{
    uint32_t word_at = e->cursor;
    struct choice c;

    e->line[e->length] = 0;
    while (word_at > 0 && e->line[word_at - 1] != ' ' && e->line[word_at - 1] != ';')
        word_at--;
    c.count = 0;
    c.agreed = 0;
    if (e->candidate)
        choice_make(e, word_at, &c);
    uint32_t have = e->cursor - word_at;
    if (c.count == 0)
        editor_show(e, "\a");
    else if (c.agreed > have)
        editor_insert(e, c.first + have, c.agreed - have);
    else if (c.count > 1)
        choices_list(e, word_at, c.count);
    if (c.count == 1 && c.agreed > 0 && c.first[c.agreed - 1] != '/')
        editor_insert(e, " ", 1);
}
