/* range.c: free ranges in one sorted array, best fit, joined with their neighbours when they come
 * back. See rt/range.h.
 *
 * A set seldom holds more than a few dozen ranges, so every operation walks the array. */
#include "rt/range.h"

void range_init(struct range_set *set, struct range *array, uint32_t capacity)
{
    *set = (struct range_set){.range = array, .capacity = capacity};
}

static void entry_remove(struct range_set *set, uint32_t at)
{
    set->count--;
    for (uint32_t i = at; i < set->count; i++)
        set->range[i] = set->range[i + 1];
}

static void entry_insert(struct range_set *set, uint32_t at, struct range entry)
{
    for (uint32_t i = set->count; i > at; i--)
        set->range[i] = set->range[i - 1];
    set->range[at] = entry;
    set->count++;
}

/* Taking from the middle leaves two ranges: there must be a place for the second. */
static bool entry_fits(const struct range_set *set, const struct range *r, uint64_t bytes,
                       uint64_t align)
{
    uint64_t begin = round_up(r->begin, align);

    if (begin < r->begin || begin >= r->end || r->end - begin < bytes)
        return false;
    return begin == r->begin || begin + bytes == r->end || set->count < set->capacity;
}

enum status range_take(struct range_set *set, uint64_t bytes, uint64_t align, uint64_t *begin,
                       uint32_t *owner)
{
    struct range *best = NULL;

    for (uint32_t i = 0; i < set->count; i++) {
        struct range *r = &set->range[i];
        if (entry_fits(set, r, bytes, align) &&
            (!best || r->end - r->begin < best->end - best->begin))
            best = r;
    }
    if (!best || !bytes)
        return E_NO_MEMORY;

    struct range whole = *best;
    uint32_t at = (uint32_t)(best - set->range);
    uint64_t from = round_up(whole.begin, align);
    if (from == whole.begin && from + bytes == whole.end) {
        entry_remove(set, at);
    } else if (from == whole.begin) {
        best->begin = from + bytes;
    } else {
        best->end = from;
        if (from + bytes != whole.end)
            entry_insert(set, at + 1, (struct range){from + bytes, whole.end, whole.owner});
    }
    set->free_bytes -= bytes;
    *begin = from;
    if (owner)
        *owner = whole.owner;
    return OK;
}

void range_put(struct range_set *set, uint64_t begin, uint64_t bytes, uint32_t owner)
{
    uint32_t at = 0;

    while (at < set->count && set->range[at].begin < begin)
        at++;
    struct range *before = at > 0 ? &set->range[at - 1] : NULL;
    struct range *behind = at < set->count ? &set->range[at] : NULL;
    bool joins_before = before && before->end == begin && before->owner == owner;
    bool joins_behind = behind && behind->begin == begin + bytes && behind->owner == owner;

    if (joins_before && joins_behind) {
        before->end = behind->end;
        entry_remove(set, at);
    } else if (joins_before) {
        before->end += bytes;
    } else if (joins_behind) {
        behind->begin = begin;
    } else if (set->count < set->capacity) {
        entry_insert(set, at, (struct range){begin, begin + bytes, owner});
    } else {
        set->lost_bytes += bytes;
        return;
    }
    set->free_bytes += bytes;
}

uint64_t range_largest(const struct range_set *set)
{
    uint64_t largest = 0;

    for (uint32_t i = 0; i < set->count; i++)
        if (set->range[i].end - set->range[i].begin > largest)
            largest = set->range[i].end - set->range[i].begin;
    return largest;
}
