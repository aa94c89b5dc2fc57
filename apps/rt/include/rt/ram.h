/* ram.h: memory: objects made from RAM capabilities by retype, and given back by revoke and delete.
 *
 * Two pools: the zone (kernel objects: page tables, CNodes, dispatchers) and general RAM (frames).
 * A pool has any number of
 * RAM capabilities. Context: any thread; not the fault entry while the interrupted thread is
 * inside rt. Nothing here allocates
 * from the heap. Fresh frames are zero. E_NO_MEMORY: the pool has no range of that size; the
 * statuses of CAP_RETYPE pass through. */
#ifndef RT_RAM_H
#define RT_RAM_H

#include <rt/range.h>
#include <skerry/cap.h>

#define RAM_REGIONS_MAX 128u
#define RAM_RANGES_MAX 256u

struct slots;

enum ram_kind { RAM_ZONE, RAM_GENERAL, RAM_KIND_COUNT };

struct ram_region {
    capref_t cap;
    enum ram_kind kind;
    uint64_t base, bytes; /* physical */
};

struct ram_pool {
    struct range_set free; /* by physical address; owner = index of the region */
    struct range array[RAM_RANGES_MAX];
    uint64_t total_bytes, used_bytes, peak_bytes;
};

struct ram {
    struct slots *slots; /* where capabilities of new objects go */
    uint32_t region_count;
    struct ram_region region[RAM_REGIONS_MAX];
    struct ram_pool pool[RAM_KIND_COUNT];
    uint64_t *peak_report[RAM_KIND_COUNT]; /* where peaks are published too; NULL: nowhere */
    /* Asked when a pool has no range of that size: adds a region that has, or says why not. May use
     * slots, and so the zone. NULL: nobody to ask. */
    enum status (*grow)(struct ram *r, enum ram_kind kind, uint64_t bytes);
    bool growing[RAM_KIND_COUNT];
};

/* What was made: keep it, it is needed to give the memory back. A value to copy freely. */
struct ram_object {
    capref_t cap; /* 0: the capability went to a place that the caller named */
    uint32_t region;
    uint64_t base, bytes; /* physical */
    enum ram_kind kind;
};

void ram_init(struct ram *r, struct slots *slots);

/* The RAM capability `cap` is ours to use, less its first `skip_bytes`. E_TYPE, E_LIMIT. */
NODISCARD enum status ram_region_add(struct ram *r, enum ram_kind kind, capref_t cap,
                                     uint64_t skip_bytes);

/* A frame of whole pages, aligned to 2 MiB if it is at least that long. */
NODISCARD enum status ram_alloc_frame(struct ram *r, uint64_t bytes, struct ram_object *out);

/* A kernel object, or a FRAME or RAM (any multiple of 4 KiB; RAM from the pool `kind`). bytes 0:
 * the type's own size. */
NODISCARD enum status ram_alloc_object(struct ram *r, enum cap_type type, uint64_t bytes,
                                       struct ram_object *out);
NODISCARD enum status ram_alloc_part(struct ram *r, enum ram_kind kind, uint64_t bytes,
                                     struct ram_object *out);

/* The same, and its capability goes to a place of the caller's choice. out->cap is 0. */
NODISCARD enum status ram_alloc_at(struct ram *r, enum cap_type type, uint64_t bytes,
                                   uint64_t place, struct ram_object *out);

/* Revokes, deletes, and takes the memory back. Whoever had a copy or a mapping has it no more. */
void ram_free(struct ram *r, struct ram_object *object);

/* Takes the memory back when its capabilities are known to be gone. Frees no slot. */
void ram_give_back(struct ram *r, struct ram_object *object);

uint64_t ram_free_bytes(const struct ram *r, enum ram_kind kind);

#endif
