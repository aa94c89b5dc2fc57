/* presence.c: which pages of the program are present, so that no page is mapped twice and none is
 * touched before it is there. One leaf of 512 bits for each 2 MiB that was ever touched, sorted, in
 * the last part of the window, which grows by the page. Leaves stay when they become empty:
 * programs come back to the same places. */
#include "personality.h"

enum { LEAF_SHIFT = 21, PAGE_SHIFT = 12, LEAF_PAGES = 512, LEAVES_MAX = 1 << 20 };

static uint64_t leaf_search(const struct presence *t, uint64_t key)
{
    uint64_t low = 0, high = t->count;

    if (t->last < t->count && t->leaf[t->last].key == key)
        return t->last;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (t->leaf[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static inline struct presence_leaf *leaf_find(struct presence *t, uint64_t key)
{
    if (t->last < t->count && t->leaf[t->last].key == key)
        return &t->leaf[t->last];
    uint64_t i = leaf_search(t, key);
    if (i == t->count || t->leaf[i].key != key)
        return NULL;
    t->last = i;
    return &t->leaf[i];
}

static bool leaf_make(struct linux_process *p, uint64_t key)
{
    struct presence *t = &p->presence;
    uint64_t i = leaf_search(t, key);

    if (i < t->count && t->leaf[i].key == key)
        return true;
    if (t->count == LEAVES_MAX)
        return false;
    if (t->count == t->capacity) {
        uint64_t base = window_at(p, WINDOW_PRESENCE);
        uint64_t used = t->capacity * sizeof *t->leaf;
        uint64_t end = round_up(used, PAGE);
        if (linux_host_map(p->host, base + end, PAGE, LINUX_READ | LINUX_WRITE) != OK)
            return false;
        t->leaf = (struct presence_leaf *)base;
        t->capacity = (end + PAGE) / sizeof *t->leaf;
    }
    memmove(&t->leaf[i + 1], &t->leaf[i], (t->count - i) * sizeof *t->leaf);
    memset(&t->leaf[i], 0, sizeof *t->leaf);
    t->leaf[i].key = key;
    t->count++;
    return true;
}

/* Makes sure that presence_set on this range cannot fail. */
bool presence_reserve(struct linux_process *p, uint64_t start, uint64_t end)
{
    for (uint64_t key = start >> LEAF_SHIFT; key <= (end - 1) >> LEAF_SHIFT; key++)
        if (!leaf_make(p, key))
            return false;
    return true;
}

void presence_set(struct linux_process *p, uint64_t start, uint64_t end, bool value)
{
    for (uint64_t at = start, next; at < end; at = next) {
        struct presence_leaf *l = leaf_find(&p->presence, at >> LEAF_SHIFT);
        unsigned i = (at >> PAGE_SHIFT) % LEAF_PAGES;
        uint64_t pages = 64 - i % 64, left = (end - at) >> PAGE_SHIFT;
        if (pages > left)
            pages = left;
        next = at + pages * PAGE;
        uint64_t mask = (pages == 64 ? UINT64_MAX : (1ull << pages) - 1) << i % 64;
        if (!l)
            continue;
        if (value)
            l->bits[i / 64] |= mask;
        else
            l->bits[i / 64] &= ~mask;
    }
}

bool presence_has(struct linux_process *p, uint64_t address)
{
    const struct presence_leaf *l = leaf_find(&p->presence, address >> LEAF_SHIFT);
    unsigned i = (address >> PAGE_SHIFT) % LEAF_PAGES;

    return l && l->bits[i / 64] >> i % 64 & 1;
}

/* Is the page at address present, and how many directly below it are, and directly above: as far as
 * one word of its leaf tells, which is enough to see which way a program goes. */
struct presence_look presence_look(struct linux_process *p, uint64_t address)
{
    struct presence_leaf *l = leaf_find(&p->presence, address >> LEAF_SHIFT);
    unsigned i = (address >> PAGE_SHIFT) % LEAF_PAGES;

    if (!l)
        return (struct presence_look){0};
    struct presence_look look = {.word = &l->bits[i / 64], .bit = 1ull << i % 64};
    look.present = *look.word & look.bit;
    if (i > 0) {
        unsigned bits = (i - 1) % 64 + 1;
        uint64_t absent = ~(l->bits[(i - 1) / 64] << (64 - bits));
        look.below = absent ? (unsigned)__builtin_clzll(absent) : 64;
    }
    if (i + 1 < LEAF_PAGES) {
        uint64_t absent = ~(l->bits[(i + 1) / 64] >> (i + 1) % 64);
        look.above = absent ? (unsigned)__builtin_ctzll(absent) : 64;
    }
    return look;
}

/* How many pages of a leaf, from `bit` on and within its word, are as the first of them. */
static unsigned run_in_word(const struct presence_leaf *l, unsigned bit, bool present)
{
    uint64_t word = (present ? ~l->bits[bit / 64] : l->bits[bit / 64]) >> bit % 64;
    unsigned rest = 64 - bit % 64, run = word ? (unsigned)__builtin_ctzll(word) : 64;

    return run < rest ? run : rest;
}

/* How far, from address on and at most to end, all pages are as the first one is; *present is how
 * that one is. */
static uint64_t run_end_find(struct linux_process *p, uint64_t address, uint64_t end, bool *present)
{
    struct presence *t = &p->presence;
    bool first = true;

    while (address < end) {
        uint64_t i = leaf_search(t, address >> LEAF_SHIFT);
        bool leaf = i < t->count && t->leaf[i].key == address >> LEAF_SHIFT;
        unsigned bit = (address >> PAGE_SHIFT) % LEAF_PAGES;
        bool here = leaf && t->leaf[i].bits[bit / 64] >> bit % 64 & 1;
        t->last = leaf ? i : t->last;
        if (first)
            *present = here;
        else if (here != *present)
            return address;
        first = false;
        if (leaf)
            address = round_down(address, PAGE) + run_in_word(&t->leaf[i], bit, here) * PAGE;
        else
            address = i < t->count ? t->leaf[i].key << LEAF_SHIFT : end;
    }
    return end;
}

/* The next run of pages in [*start, end) that are present (or absent): moves *start to it. False:
 * there is none. */
bool presence_run(struct linux_process *p, uint64_t *start, uint64_t end, bool value,
                  uint64_t *run_end)
{
    while (*start < end) {
        bool present = false;
        *run_end = run_end_find(p, *start, end, &present);
        if (present == value)
            return true;
        *start = *run_end;
    }
    return false;
}
