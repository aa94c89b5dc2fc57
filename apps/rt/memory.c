/* memory.c: see rt/memory.h. Puts together the page slab, the address space and the free addresses
 * of this program. */
#include "rt/memory.h"
#include "rt/rt.h"
#include "rt/string.h"

static void page_gone(void *arg, capref_t frame, uint64_t offset, uint64_t bytes)
{
    pages_free(arg, frame, offset, bytes);
}

/* A run from the slab, clean, with its final rights. */
static enum status run_map(uint64_t va, const struct page_run *run, uint32_t flags)
{
    uint32_t first_flags = run->dirty ? MAP_READ | MAP_WRITE : flags;
    enum status s = space_map(&rt.space, va, run->frame, run->offset, run->bytes, first_flags);

    if (s != OK || !run->dirty)
        return s;
    memset((void *)va, 0, run->bytes);
    return flags == first_flags ? OK : space_protect(&rt.space, va, run->bytes, flags);
}

enum status memory_map(uint64_t va, uint64_t bytes, uint32_t flags)
{
    enum status s = OK;
    uint64_t done = 0;

    while (s == OK && done < bytes) {
        struct page_run run;
        s = pages_alloc(&rt.pages, bytes - done, &run);
        if (s != OK)
            break;
        s = run_map(va + done, &run, flags);
        if (s == OK)
            done += run.bytes;
        else
            pages_free(&rt.pages, run.frame, run.offset, run.bytes);
    }
    if (s != OK && done) {
        enum status undo = memory_unmap(va, done);
        (void)undo; /* whole runs: nothing to map again */
    }
    return s;
}

enum status memory_unmap(uint64_t va, uint64_t bytes)
{
    return space_unmap(&rt.space, va, bytes, page_gone, &rt.pages);
}

enum status memory_protect(uint64_t va, uint64_t bytes, uint32_t flags)
{
    return space_protect(&rt.space, va, bytes, flags);
}

enum status address_take(uint64_t bytes, uint64_t *va)
{
    uint64_t align = bytes >= LARGE_PAGE_BYTES ? LARGE_PAGE_BYTES : PAGE_BYTES;
    return range_take(&rt.addresses, round_up(bytes, PAGE_BYTES), align, va, NULL);
}

void address_put(uint64_t va, uint64_t bytes)
{
    range_put(&rt.addresses, va, round_up(bytes, PAGE_BYTES), va >= LAYOUT_WIDE);
}

enum status frame_map(capref_t frame, uint64_t offset, uint64_t bytes, uint32_t flags, void **out)
{
    uint64_t va;
    enum status s = address_take(bytes, &va);

    if (s != OK)
        return s;
    s = space_map(&rt.space, va, frame, offset, round_up(bytes, PAGE_BYTES), flags);
    if (s != OK)
        address_put(va, bytes);
    else
        *out = (void *)va;
    return s;
}

void frame_unmap(const void *at, uint64_t bytes)
{
    enum status s = space_unmap(&rt.space, (uint64_t)at, round_up(bytes, PAGE_BYTES), NULL, NULL);

    /* Addresses that could not be cleared stay taken. */
    if (s == OK)
        address_put((uint64_t)at, bytes);
}

enum status frame_make(uint64_t bytes, struct ram_object *frame, void **out)
{
    enum status s = ram_alloc_frame(&rt.ram, bytes, frame);

    if (s != OK)
        return s;
    s = frame_map(frame->cap, 0, frame->bytes, MAP_READ | MAP_WRITE, out);
    if (s != OK)
        ram_free(&rt.ram, frame);
    return s;
}

void frame_end(struct ram_object *frame, const void *at)
{
    frame_unmap(at, frame->bytes);
    ram_free(&rt.ram, frame);
}
