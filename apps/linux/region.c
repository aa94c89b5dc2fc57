/* region.c: the sorted array of ranges behind region.h. Programs have tens of ranges, a few hundred
 * with many libraries: bisection to find, moving the tail to insert. */
#include "region.h"
#include "text.h"

struct region *region_after(struct region_list *l, uint64_t address)
{
    unsigned low = 0, high = l->count;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (l->region[middle].end > address)
            high = middle;
        else
            low = middle + 1;
    }
    return low < l->count ? &l->region[low] : NULL;
}

struct region *region_find(struct region_list *l, uint64_t address)
{
    struct region *r = region_after(l, address);
    return r && r->start <= address ? r : NULL;
}

static void entry_open(struct region_list *l, unsigned at)
{
    memmove(&l->region[at + 1], &l->region[at], (l->count - at) * sizeof l->region[0]);
    l->count++;
}

static void entries_close(struct region_list *l, unsigned at, unsigned count)
{
    memmove(&l->region[at], &l->region[at + count], (l->count - at - count) * sizeof l->region[0]);
    l->count -= count;
}

static bool region_alike(const struct region *a, const struct region *b)
{
    if (a->end != b->start || a->kind != b->kind || a->prot != b->prot)
        return false;
    return a->kind == REGION_ANONYMOUS ||
           (a->limit == b->limit && a->offset + (a->end - a->start) == b->offset);
}

void region_join(struct region_list *l, uint64_t start, uint64_t end)
{
    struct region *first = region_after(l, start ? start - 1 : 0);
    if (!first)
        return;
    unsigned i = (unsigned)(first - l->region);
    while (i + 1 < l->count && l->region[i].start <= end) {
        if (region_alike(&l->region[i], &l->region[i + 1])) {
            l->region[i].end = l->region[i + 1].end;
            entries_close(l, i + 1, 1);
        } else {
            i++;
        }
    }
}

bool region_insert(struct region_list *l, const struct region *r)
{
    if (l->count == REGION_MAX)
        return false;
    struct region *next = region_after(l, r->start);
    unsigned at = next ? (unsigned)(next - l->region) : l->count;
    entry_open(l, at);
    l->region[at] = *r;
    region_join(l, r->start, r->end);
    return true;
}

/* Splits the range that holds address strictly inside; the caller made sure of a free entry. */
static void region_split(struct region_list *l, uint64_t address)
{
    struct region *r = region_find(l, address);
    if (!r || r->start == address)
        return;
    unsigned at = (unsigned)(r - l->region);
    entry_open(l, at);
    l->region[at].end = address;
    l->region[at + 1].start = address;
    if (l->region[at].kind != REGION_ANONYMOUS)
        l->region[at + 1].offset += address - l->region[at].start;
}

bool region_cut(struct region_list *l, uint64_t start, uint64_t end)
{
    if (l->count + 2 > REGION_MAX)
        return false;
    region_split(l, start);
    region_split(l, end);
    return true;
}

bool region_remove(struct region_list *l, uint64_t start, uint64_t end)
{
    if (!region_cut(l, start, end))
        return false;
    struct region *first = region_after(l, start);
    if (!first)
        return true;
    unsigned at = (unsigned)(first - l->region), count = 0;
    while (at + count < l->count && l->region[at + count].start < end)
        count++;
    entries_close(l, at, count);
    return true;
}

bool region_covers(struct region_list *l, uint64_t start, uint64_t end)
{
    while (start < end) {
        const struct region *r = region_find(l, start);
        if (!r)
            return false;
        start = r->end;
    }
    return true;
}

uint64_t region_gap(struct region_list *l, uint64_t low, uint64_t high, uint64_t bytes)
{
    const struct region *r = region_after(l, low);
    const struct region *stop = l->region + l->count;

    for (; r && r < stop && r->start < high; r++) {
        if (r->start > low && r->start - low >= bytes)
            return low;
        if (r->end > low)
            low = r->end;
    }
    return low < high && high - low >= bytes ? low : 0;
}
