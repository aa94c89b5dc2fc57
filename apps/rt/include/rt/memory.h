/* memory.h: anonymous memory of the own address space at addresses of the caller's choice (what a
 * Linux program maps), and windows
 * on frames at addresses that the runtime chooses.
 *
 * Context: any thread; also the fault entry, provided the interrupted thread was not inside rt.
 * Whole pages. flags: enum map_flag. */
#ifndef RT_MEMORY_H
#define RT_MEMORY_H

#include <rt/ram.h>
#include <skerry/syscall.h>

/* Fresh zeroed pages at [va, va + bytes). E_NO_MEMORY, E_MAPPED: nothing of the range is mapped
 * then. */
NODISCARD enum status memory_map(uint64_t va, uint64_t bytes, uint32_t flags);

/* Takes pages away; anonymous ones are free again. Frames that were mapped by others are only
 * unmapped. */
NODISCARD enum status memory_unmap(uint64_t va, uint64_t bytes);

/* flags 0: the bytes stay, nobody may touch them. */
NODISCARD enum status memory_protect(uint64_t va, uint64_t bytes, uint32_t flags);

/* Part of a frame, somewhere. *out: its address. */
NODISCARD enum status frame_map(capref_t frame, uint64_t offset, uint64_t bytes, uint32_t flags,
                                void **out);
void frame_unmap(const void *at, uint64_t bytes);

/* A fresh zeroed frame, mapped read-write: for rings, DMA, file buffers. */
NODISCARD enum status frame_make(uint64_t bytes, struct ram_object *frame, void **out);
void frame_end(struct ram_object *frame, const void *at);

/* Addresses without anything behind them. */
NODISCARD enum status address_take(uint64_t bytes, uint64_t *va);
void address_put(uint64_t va, uint64_t bytes);

#endif
