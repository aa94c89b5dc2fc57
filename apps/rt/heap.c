/* heap.c: the allocator behind rt/heap.h.
 *
 * A block begins with its own size; a free one also has a link. What is free is listed by address,
 * so that neighbours
 * are found and joined when one comes back. Growing maps without records (space_map_permanent),
 * which never needs the heap. */
#include "rt/heap.h"
#include "rt/ram.h"
#include "rt/space.h"
#include "rt/string.h"
#include <skerry/syscall.h>

struct heap_block {
    uint64_t bytes;          /* with this head; a multiple of 16 */
    struct heap_block *next; /* while free */
};

enum { HEAD_BYTES = 16, SMALLEST = 32 };
_Static_assert(sizeof(struct heap_block) == HEAD_BYTES, "blocks stay aligned");

void heap_init(struct heap *h, struct ram *ram, struct space *space)
{
    *h = (struct heap){.ram = ram, .space = space, .limit_bytes = UINT64_MAX};
}

static void block_insert(struct heap *h, struct heap_block *block)
{
    struct heap_block *before = NULL, *behind = h->free;

    while (behind && behind < block) {
        before = behind;
        behind = behind->next;
    }
    block->next = behind;
    if (before)
        before->next = block;
    else
        h->free = block;
    if (behind && (char *)block + block->bytes == (char *)behind) {
        block->bytes += behind->bytes;
        block->next = behind->next;
    }
    if (before && (char *)before + before->bytes == (char *)block) {
        before->bytes += block->bytes;
        before->next = block->next;
    }
}

void heap_add(struct heap *h, void *memory, size_t bytes)
{
    struct heap_block *block = memory;

    block->bytes = round_down(bytes, HEAD_BYTES);
    block_insert(h, block);
}

static bool heap_grow(struct heap *h, uint64_t bytes)
{
    struct ram_object frame;

    bytes = round_up(bytes, PAGE_BYTES);
    if (bytes < HEAP_STEP_BYTES)
        bytes = HEAP_STEP_BYTES;
    struct heap_area *area = h->area[0].end - h->area[0].next >= bytes ? &h->area[0] : &h->area[1];
    if (area->end - area->next < bytes || h->limit_bytes - h->grown_bytes < bytes)
        return false;
    if (ram_alloc_frame(h->ram, bytes, &frame) != OK)
        return false;
    if (space_map_permanent(h->space, area->next, frame.cap, 0, bytes, MAP_READ | MAP_WRITE) !=
        OK) {
        ram_free(h->ram, &frame);
        return false;
    }
    heap_add(h, (void *)area->next, bytes);
    area->next += bytes;
    h->grown_bytes += bytes;
    return true;
}

static struct heap_block *block_take(struct heap *h, uint64_t bytes)
{
    struct heap_block *before = NULL;

    for (struct heap_block *b = h->free; b; before = b, b = b->next) {
        if (b->bytes < bytes)
            continue;
        struct heap_block *rest = b->next;
        if (b->bytes - bytes >= SMALLEST) {
            rest = (struct heap_block *)(void *)((char *)b + bytes);
            rest->bytes = b->bytes - bytes;
            rest->next = b->next;
            b->bytes = bytes;
        }
        if (before)
            before->next = rest;
        else
            h->free = rest;
        return b;
    }
    return NULL;
}

void *heap_alloc(struct heap *h, size_t bytes)
{
    if (bytes > SIZE_MAX / 2)
        return NULL;
    uint64_t need = round_up(bytes + HEAD_BYTES, HEAD_BYTES);
    if (need < SMALLEST)
        need = SMALLEST;
    struct heap_block *b = block_take(h, need);
    if (!b && heap_grow(h, need))
        b = block_take(h, need);
    return b ? b + 1 : NULL;
}

void *heap_alloc_zeroed(struct heap *h, size_t bytes)
{
    void *block = heap_alloc(h, bytes);

    return block ? memset(block, 0, bytes) : NULL;
}

void heap_free(struct heap *h, void *block)
{
    if (block)
        block_insert(h, (struct heap_block *)block - 1);
}
