#ifndef TOOLS_WALK_TEXT_H
#define TOOLS_WALK_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct leaf;
struct walk;

/* Pages that Linux programs execute, by whichever address space of the machine. */
struct walk_text {
    struct text_page {
        uint64_t pa, hash;
        unsigned int node;
    } * page;
    size_t count, mappings; /* distinct pages; how often they are mapped */
};

/* Is this a page of a Linux program's text, or of a library's? */
bool walk_text_is(const struct leaf *l);
/* Notes one page of a user mapping for which that holds; true: an earlier mapping had it, too. */
bool walk_text_note(struct walk *w, uint64_t pa);
/* Calls twice(pa, other) for each page that its node has in another place, too. */
void walk_text_check(struct walk *w, void (*twice)(struct walk *w, uint64_t pa, uint64_t other));
void walk_text_free(struct walk_text *t);

#endif
