/* pages.h: cheap pages: frames of up to 64 pages are taken from ram, and handed out by offset.
 *
 * Context: as ram.h. A run of pages is named by (frame, offset, bytes). A page that was never used
 * is zero; `dirty` says
 * that the run was used before and holds old bytes: whoever shows it to a program that expects
 * zeros clears it first. A frame whose
 * pages are all free goes back to ram, so the pool's use stays close to the truth (within 256
 * KiB). */
#ifndef RT_PAGES_H
#define RT_PAGES_H

#include <rt/ram.h>

#define PAGES_A_CHUNK 64u

struct heap;

struct page_chunk {
    struct ram_object frame;
    uint64_t used, dirty; /* one bit a page; pages that the frame does not have are used */
};

struct pages {
    struct ram *ram;
    struct heap *heap;
    struct page_chunk *chunk;
    uint32_t count, capacity;
    uint32_t hint; /* chunk in which pages were free last */
};

struct page_run {
    capref_t frame;
    uint64_t offset, bytes;
    bool dirty;
};

void pages_init(struct pages *p, struct ram *ram, struct heap *heap);

/* Between one page and `bytes` (whole pages), as many as lie together. E_NO_MEMORY. */
NODISCARD enum status pages_alloc(struct pages *p, uint64_t bytes, struct page_run *out);

/* Part of a run may be given back. The pages are mapped nowhere any more. A frame that is not ours
 * is ignored. */
void pages_free(struct pages *p, capref_t frame, uint64_t offset, uint64_t bytes);

#endif
