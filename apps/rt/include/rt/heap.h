/* heap.h: malloc for our own programs: first fit in one list of free blocks, joined with their
 * neighbours. Memory is not zeroed.
 *
 * Context: any thread; not the fault entry while the interrupted thread is inside the heap. Blocks
 * are 16-byte aligned. It grows by
 * frames of at least HEAP_STEP_BYTES up to limit_bytes and gives nothing back to ram. NULL: no
 * memory, or the limit. */
#ifndef RT_HEAP_H
#define RT_HEAP_H

#include <skerry/base.h>
#include <skerry/status.h>

#define HEAP_STEP_BYTES 0x8000u

struct ram;
struct space;
struct heap_block;

struct heap_area {
    uint64_t next, end; /* virtual: the part that is not mapped yet */
};

struct heap {
    struct ram *ram;
    struct space *space;
    struct heap_area area[2]; /* used in this order */
    struct heap_block *free;  /* by address */
    uint64_t grown_bytes, limit_bytes;
};

void heap_init(struct heap *h, struct ram *ram, struct space *space);
void *heap_alloc(struct heap *h, size_t bytes);
void *heap_alloc_zeroed(struct heap *h, size_t bytes);
void heap_free(struct heap *h, void *block);

/* Gives the heap memory that is mapped already. */
void heap_add(struct heap *h, void *memory, size_t bytes);

#endif
