/* ram.c: the allocator over RAM capabilities. See rt/ram.h.
 *
 * The free ranges say what was never retyped or was given back after a revoke; the kernel checks
 * the same thing again at
 * every retype, so a mistake here costs a status (E_RETYPED), never a shared page. */
#include "rt/ram.h"
#include "rt/slots.h"
#include "rt/syscall.h"

static const uint32_t object_bytes[CAP_TYPE_COUNT] = {
#define T(name, space, bytes, text) [CAP_##name] = bytes,
#include <skerry/cap_type.def>
#undef T
};

void ram_init(struct ram *r, struct slots *slots)
{
    r->slots = slots;
    r->region_count = 0;
    r->grow = NULL;
    for (unsigned kind = 0; kind < RAM_KIND_COUNT; kind++) {
        struct ram_pool *pool = &r->pool[kind];
        range_init(&pool->free, pool->array, RAM_RANGES_MAX);
        pool->total_bytes = pool->used_bytes = pool->peak_bytes = 0;
        r->peak_report[kind] = NULL;
        r->growing[kind] = false;
    }
}

static void used_add(struct ram *r, enum ram_kind kind, uint64_t bytes)
{
    struct ram_pool *pool = &r->pool[kind];

    pool->used_bytes += bytes;
    if (pool->used_bytes <= pool->peak_bytes)
        return;
    pool->peak_bytes = pool->used_bytes;
    if (r->peak_report[kind])
        *r->peak_report[kind] = pool->peak_bytes;
}

enum status ram_region_add(struct ram *r, enum ram_kind kind, capref_t cap, uint64_t skip_bytes)
{
    struct cap_description d;
    enum status s = sys_cap_identify(capref_in(0, cap), &d);

    if (s != OK)
        return s;
    if (d.type != CAP_RAM)
        return E_TYPE;
    if (r->region_count == RAM_REGIONS_MAX)
        return E_LIMIT;
    if (skip_bytes > d.bytes)
        return E_RANGE;
    r->region[r->region_count] = (struct ram_region){cap, kind, d.base, d.bytes};
    if (d.bytes > skip_bytes)
        range_put(&r->pool[kind].free, d.base + skip_bytes, d.bytes - skip_bytes, r->region_count);
    r->pool[kind].total_bytes += d.bytes;
    used_add(r, kind, skip_bytes);
    r->region_count++;
    return OK;
}

/* Objects lie at multiples of a page (small ones: of their size), so that the kernel can give page
 * tables to the machine. */
static uint64_t alignment(uint64_t bytes)
{
    if (bytes >= LARGE_PAGE_BYTES)
        return LARGE_PAGE_BYTES;
    return bytes < PAGE_BYTES ? 128 : PAGE_BYTES;
}

static enum status part_take(struct ram *r, struct ram_object *object)
{
    struct range_set *set = &r->pool[object->kind].free;
    enum status s =
        range_take(set, object->bytes, alignment(object->bytes), &object->base, &object->region);

    /* A part of RAM need not be aligned to be useful. */
    if (s != OK && object->bytes >= LARGE_PAGE_BYTES)
        s = range_take(set, object->bytes, PAGE_BYTES, &object->base, &object->region);
    return s;
}

/* Asking may itself need memory of this kind, for which nobody is asked again. */
static enum status pool_grow(struct ram *r, enum ram_kind kind, uint64_t bytes)
{
    if (!r->grow || r->growing[kind])
        return E_NO_MEMORY;
    r->growing[kind] = true;
    enum status s = r->grow(r, kind, bytes);
    r->growing[kind] = false;
    return s;
}

static enum status make(struct ram *r, enum ram_kind kind, enum cap_type type, uint64_t bytes,
                        uint64_t place, struct ram_object *out)
{
    struct ram_object object = {.kind = kind, .bytes = bytes};
    enum status s = part_take(r, &object);

    if (s != OK && pool_grow(r, kind, bytes) == OK)
        s = part_take(r, &object);
    if (s != OK)
        return s;
    const struct ram_region *region = &r->region[object.region];
    s = sys_cap_retype(capref_in(0, region->cap), object.base - region->base, type, bytes, 1,
                       place);
    if (s != OK) {
        range_put(&r->pool[kind].free, object.base, bytes, object.region);
        return s;
    }
    used_add(r, kind, bytes);
    *out = object;
    return OK;
}

static bool is_plain(enum cap_type type)
{
    return type == CAP_FRAME || type == CAP_RAM;
}

enum status ram_alloc_at(struct ram *r, enum cap_type type, uint64_t bytes, uint64_t place,
                         struct ram_object *out)
{
    if (!bytes)
        bytes = object_bytes[type];
    if (!bytes || (is_plain(type) && bytes % PAGE_BYTES))
        return E_ARGUMENT;
    return make(r, is_plain(type) ? RAM_GENERAL : RAM_ZONE, type, bytes, place, out);
}

enum status ram_alloc_object(struct ram *r, enum cap_type type, uint64_t bytes,
                             struct ram_object *out)
{
    capref_t ref;
    enum status s = slot_alloc(r->slots, &ref);

    if (s != OK)
        return s;
    s = ram_alloc_at(r, type, bytes, capref_in(0, ref), out);
    if (s != OK)
        slot_free(r->slots, ref);
    else
        out->cap = ref;
    return s;
}

enum status ram_alloc_frame(struct ram *r, uint64_t bytes, struct ram_object *out)
{
    return ram_alloc_object(r, CAP_FRAME, round_up(bytes, PAGE_BYTES), out);
}

enum status ram_alloc_part(struct ram *r, enum ram_kind kind, uint64_t bytes,
                           struct ram_object *out)
{
    capref_t ref;
    enum status s = slot_alloc(r->slots, &ref);

    if (s != OK)
        return s;
    s = make(r, kind, CAP_RAM, round_up(bytes, PAGE_BYTES), capref_in(0, ref), out);
    if (s != OK)
        slot_free(r->slots, ref);
    else
        out->cap = ref;
    return s;
}

void ram_give_back(struct ram *r, struct ram_object *object)
{
    if (!object->bytes)
        return;
    range_put(&r->pool[object->kind].free, object->base, object->bytes, object->region);
    r->pool[object->kind].used_bytes -= object->bytes;
    object->bytes = 0;
    object->cap = 0;
}

void ram_free(struct ram *r, struct ram_object *object)
{
    if (!object->bytes)
        return;
    /* Both may find the capability gone: a granter above us revoked it. */
    enum status ignored = sys_cap_revoke(capref_in(0, object->cap), 0);
    (void)ignored;
    slot_delete(r->slots, object->cap);
    ram_give_back(r, object);
}

uint64_t ram_free_bytes(const struct ram *r, enum ram_kind kind)
{
    return r->pool[kind].free.free_bytes;
}
