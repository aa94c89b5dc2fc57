/* walk_text.c: whether the jobs of a node share one copy of each program and library: collects the
 * pages that Linux programs execute and looks for two that lie in different places of one node and
 * hold the same. They are found by content, so it does not matter where a copy came from. */
#include "walk_text.h"

#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "walk_check.h"

/* apps/rt/include/rt/layout.h: LAYOUT_BASE .. WIDE_END are programs of ours. */
#define OURS_BEGIN 0x600000000000ull
#define OURS_END (OURS_BEGIN + (256ull << 30))

enum { BYTES = 4096 };

bool walk_text_is(const struct leaf *l)
{
    return l->user && l->user_execute && (l->va < OURS_BEGIN || l->va >= OURS_END);
}

static uint64_t hash_of(const struct walk *w, uint64_t pa)
{
    const uint64_t *word = guest_memory_at(w->memory, pa, BYTES);
    uint64_t hash = 0xcbf29ce484222325;

    for (size_t i = 0; word != NULL && i < BYTES / sizeof(*word); i++)
        hash = (hash ^ word[i]) * 0x100000001b3;
    return hash;
}

bool walk_text_note(struct walk *w, uint64_t pa)
{
    struct walk_text *t = &w->text;

    t->mappings++;
    for (size_t i = 0; i < t->count; i++)
        if (t->page[i].pa == pa)
            return true;
    t->page = realloc(t->page, (t->count + 1) * sizeof(t->page[0]));
    if (t->page == NULL)
        say_fail("out of memory on the host");
    t->page[t->count++] = (struct text_page){pa, hash_of(w, pa), guest_memory_node(w->memory, pa)};
    return false;
}

static int page_compare(const void *a, const void *b)
{
    const struct text_page *x = a, *y = b;

    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->pa < y->pa ? -1 : x->pa > y->pa;
}

void walk_text_check(struct walk *w, void (*twice)(struct walk *w, uint64_t pa, uint64_t other))
{
    struct walk_text *t = &w->text;

    if (t->count == 0)
        return;
    qsort(t->page, t->count, sizeof(t->page[0]), page_compare);
    for (size_t i = 1; i < t->count; i++) {
        const struct text_page *a = &t->page[i - 1], *b = &t->page[i];

        if (a->node != b->node || a->hash != b->hash)
            continue;
        const void *x = guest_memory_at(w->memory, a->pa, BYTES),
                   *y = guest_memory_at(w->memory, b->pa, BYTES);
        if (x != NULL && y != NULL && memcmp(x, y, BYTES) == 0)
            twice(w, b->pa, a->pa);
    }
}

void walk_text_free(struct walk_text *t)
{
    free(t->page);
    *t = (struct walk_text){0};
}
