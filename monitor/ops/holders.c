/* The table of holders: see holders.h. Rows are found by region, in chains, so that all tags of a
 * region lie in one chain. */
#include "ops/holders.h"

#define WORD_BITS 64u

struct region_key key_counted(const struct region_key *k, uint32_t core)
{
    struct region_key counted = *k;

    if (tag_minting_core(k->tag) == core)
        counted.tag = 0;
    return counted;
}

static uint32_t bucket_count(uint32_t limit)
{
    uint32_t count = 1;

    while (count < limit)
        count *= 2;
    return count;
}

static uint32_t set_words(uint32_t core_count)
{
    return (core_count + WORD_BITS - 1) / WORD_BITS;
}

uint64_t holders_bytes(uint32_t limit, uint32_t core_count)
{
    return (uint64_t)limit * (sizeof(struct holder) + 2 * 8ull * set_words(core_count)) +
           round_up(bucket_count(limit) * sizeof(uint32_t), 8);
}

void holders_init(struct holders *h, void *memory, uint32_t limit, uint32_t core_count)
{
    uint32_t words = set_words(core_count);

    *h = (struct holders){.limit = limit, .words = words, .bucket_mask = bucket_count(limit) - 1};
    h->held = memory;
    h->open = h->held + (uint64_t)limit * words;
    h->row = (struct holder *)(void *)(h->open + (uint64_t)limit * words);
    h->bucket = (uint32_t *)(void *)(h->row + limit);
    for (uint32_t i = 0; i < limit; i++)
        h->row[i].next = i + 1 < limit ? i + 2 : 0;
    h->free = limit ? 1 : 0;
}

/* Multiplication spreads page numbers over the high bits. */
static uint32_t *chain_of(const struct holders *h, const struct region_key *k)
{
    uint64_t spread = (k->base / PAGE_BYTES + k->type) * 0x9e3779b97f4a7c15ull;

    return &h->bucket[(uint32_t)(spread >> 40) & h->bucket_mask];
}

static bool region_same(const struct region_key *a, const struct region_key *b)
{
    return a->base == b->base && a->bytes == b->bytes && a->type == b->type;
}

struct holder *holders_find(const struct holders *h, const struct region_key *k)
{
    for (uint32_t i = *chain_of(h, k); i; i = h->row[i - 1].next)
        if (region_same(&h->row[i - 1].key, k) && h->row[i - 1].key.tag == k->tag)
            return &h->row[i - 1];
    return NULL;
}

enum status holders_add(struct holders *h, const struct region_key *k, struct holder **out)
{
    uint32_t *chain = chain_of(h, k), i = h->free;

    if (!i)
        return E_NO_MARKER;
    h->free = h->row[i - 1].next;
    h->row[i - 1] = (struct holder){.key = *k, .next = *chain, .used = true};
    *chain = i;
    h->used_count++;
    *out = &h->row[i - 1];
    return OK;
}

void holders_drop(struct holders *h, struct holder *row)
{
    uint32_t i = (uint32_t)(row - h->row) + 1, *at = chain_of(h, &row->key);

    while (*at != i)
        at = &h->row[*at - 1].next;
    *at = row->next;
    *row = (struct holder){.next = h->free};
    h->free = i;
    h->used_count--;
}

static uint64_t *set_word(const struct holders *h, uint64_t *sets, const struct holder *row,
                          uint32_t core)
{
    return &sets[(uint64_t)(row - h->row) * h->words + core / WORD_BITS];
}

static bool set_has(const struct holders *h, uint64_t *sets, const struct holder *row,
                    uint32_t core)
{
    return *set_word(h, sets, row, core) >> core % WORD_BITS & 1;
}

static void set_put(const struct holders *h, uint64_t *sets, const struct holder *row,
                    uint32_t core, bool in, uint32_t *count)
{
    uint64_t bit = 1ull << core % WORD_BITS, *word = set_word(h, sets, row, core);

    if (in && !(*word & bit))
        (*count)++;
    if (!in && (*word & bit))
        (*count)--;
    *word = in ? *word | bit : *word & ~bit;
}

bool holders_held(const struct holders *h, const struct holder *row, uint32_t core)
{
    return set_has(h, h->held, row, core);
}

void holders_set_held(struct holders *h, struct holder *row, uint32_t core, bool held)
{
    set_put(h, h->held, row, core, held, &row->held_count);
}

bool holders_open(const struct holders *h, const struct holder *row, uint32_t core)
{
    return set_has(h, h->open, row, core);
}

void holders_set_open(struct holders *h, struct holder *row, uint32_t core, bool open)
{
    set_put(h, h->open, row, core, open, &row->open_count);
}

bool holders_region_open(const struct holders *h, const struct region_key *k, uint32_t core)
{
    for (uint32_t i = *chain_of(h, k); i; i = h->row[i - 1].next)
        if (region_same(&h->row[i - 1].key, k) && holders_open(h, &h->row[i - 1], core))
            return true;
    return false;
}

bool holders_region_shared(const struct holders *h, const struct region_key *k)
{
    for (uint32_t i = *chain_of(h, k); i; i = h->row[i - 1].next)
        if (region_same(&h->row[i - 1].key, k))
            return true;
    return false;
}
