/* pages.c: the page slab behind rt/pages.h: an array of chunks, two 64-bit masks each. */
#include "rt/pages.h"
#include "rt/heap.h"
#include "rt/string.h"

enum { CHUNKS_FIRST = 16 };

void pages_init(struct pages *p, struct ram *ram, struct heap *heap)
{
    *p = (struct pages){.ram = ram, .heap = heap};
}

static enum status chunks_reserve(struct pages *p)
{
    if (p->count < p->capacity)
        return OK;
    uint32_t capacity = p->capacity ? p->capacity * 2 : CHUNKS_FIRST;
    struct page_chunk *chunk = heap_alloc(p->heap, capacity * sizeof *chunk);
    if (!chunk)
        return E_NO_MEMORY;
    if (p->chunk)
        memcpy(chunk, p->chunk, p->count * sizeof *chunk);
    heap_free(p->heap, p->chunk);
    p->chunk = chunk;
    p->capacity = capacity;
    return OK;
}

/* When memory is short, a smaller frame is better than none. */
static enum status chunk_add(struct pages *p)
{
    struct ram_object frame;
    uint64_t bytes = PAGES_A_CHUNK * PAGE_BYTES;
    enum status s = chunks_reserve(p);

    if (s != OK)
        return s;
    while ((s = ram_alloc_frame(p->ram, bytes, &frame)) == E_NO_MEMORY && bytes > PAGE_BYTES)
        bytes /= 4;
    if (s != OK)
        return s;
    uint64_t count = bytes / PAGE_BYTES;
    p->hint = p->count;
    p->chunk[p->count++] =
        (struct page_chunk){.frame = frame, .used = count == PAGES_A_CHUNK ? 0 : ~0ull << count};
    return OK;
}

/* The lowest `count` bits. */
static inline uint64_t bits_low(uint64_t count)
{
    return count == PAGES_A_CHUNK ? UINT64_MAX : (1ull << count) - 1;
}

static inline void run_take(struct page_chunk *c, uint64_t limit, struct page_run *out)
{
    unsigned first = (unsigned)__builtin_ctzll(~c->used);
    bool dirty = c->dirty >> first & 1;
    uint64_t alike = ~c->used & (dirty ? c->dirty : ~c->dirty), other = ~(alike >> first);
    uint64_t count = other ? (uint64_t)__builtin_ctzll(other) : PAGES_A_CHUNK;

    count = count < limit ? count : limit;
    c->used |= bits_low(count) << first;
    *out = (struct page_run){.frame = c->frame.cap,
                             .offset = (uint64_t)first * PAGE_BYTES,
                             .bytes = count * PAGE_BYTES,
                             .dirty = dirty};
}

enum status pages_alloc(struct pages *p, uint64_t bytes, struct page_run *out)
{
    if (!bytes || bytes % PAGE_BYTES)
        return E_ALIGN;
    for (uint32_t n = 0, i = p->hint; n < p->count; n++, i++) {
        i = i < p->count ? i : 0;
        if (p->chunk[i].used == UINT64_MAX)
            continue;
        p->hint = i;
        run_take(&p->chunk[i], bytes / PAGE_BYTES, out);
        return OK;
    }
    enum status s = chunk_add(p);
    if (s == OK)
        run_take(&p->chunk[p->hint], bytes / PAGE_BYTES, out);
    return s;
}

void pages_free(struct pages *p, capref_t frame, uint64_t offset, uint64_t bytes)
{
    uint32_t i = 0;

    while (i < p->count && p->chunk[i].frame.cap != frame)
        i++;
    if (i == p->count || offset + bytes > p->chunk[i].frame.bytes)
        return;
    struct page_chunk *c = &p->chunk[i];
    uint64_t count = bytes / PAGE_BYTES, chunk_pages = c->frame.bytes / PAGE_BYTES;
    uint64_t mask = bits_low(count) << offset / PAGE_BYTES;
    c->used &= ~mask;
    c->dirty |= mask;
    p->hint = i;
    if ((c->used & bits_low(chunk_pages)) == 0) {
        ram_free(p->ram, &c->frame);
        p->chunk[i] = p->chunk[--p->count];
        p->hint = 0;
    }
}
