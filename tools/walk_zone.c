/* walk_zone.c: reads a core's boot record and its capabilities out of the guest's RAM. Trusts
 * nothing there: a number that leads outside the zone is no slot. */
#include "walk_zone.h"

#include <skerry/boot.h>
#include <stdlib.h>

#include "cap/cap_core.h"

#define X86_IMAGE_VA 0xffffffff80000000ull /* arch/x86_64/kernel/layout.h */
#define ARM_IMAGE_VA 0xffffff8000000000ull /* arch/aarch64/kernel/layout.h */
#define OBJECT_BYTES 8192u

bool zone_find(const struct walk *w, struct walk_core *c)
{
    uint64_t va = w->format == TABLES_X86_64 ? X86_IMAGE_VA : ARM_IMAGE_VA;
    const struct image_header *header;
    const struct boot_record *r;
    struct leaf leaf;

    if (!tables_find(w->memory, w->format, c->kernel_root, va, &leaf))
        return false;
    header = guest_memory_at(w->memory, leaf.pa + IMAGE_HEADER_OFFSET, sizeof(*header));
    if (header == NULL || header->magic != IMAGE_MAGIC || header->image_bytes > 1 << 24)
        return false;
    r = guest_memory_at(w->memory, leaf.pa + header->image_bytes, sizeof(*r));
    if (r == NULL || r->magic != BOOT_MAGIC || r->zone_base != leaf.pa ||
        r->zone_base % PAGE_BYTES != 0 || r->zone_bytes % PAGE_BYTES != 0 ||
        guest_memory_at(w->memory, r->zone_base, r->zone_bytes) == NULL)
        return false;
    c->image_pa = leaf.pa;
    c->image_bytes = header->image_bytes;
    c->zone_base = r->zone_base;
    c->zone_bytes = r->zone_bytes;
    return header->image_bytes + BOOT_RECORD_BYTES < r->zone_bytes;
}

static bool is_slot(const struct slot *slots, uint64_t count, uint64_t i, uint16_t type)
{
    const struct slot *s = &slots[i];

    if (s->type != type || s->space != SPACE_MEMORY || s->rank != type ||
        s->bytes != OBJECT_BYTES || s->base % PAGE_BYTES != 0 || s->next >= count ||
        s->prev >= count || s->next == s->prev)
        return false;
    return (s->next == 0 || slots[s->next].prev == i) && (s->prev == 0 || slots[s->prev].next == i);
}

/* Copies stand side by side in the list: only the first of them counts. */
static bool is_first_copy(const struct slot *slots, uint64_t i)
{
    const struct slot *s = &slots[i], *before = &slots[s->prev];

    return s->prev == 0 || before->type != s->type || before->base != s->base;
}

void zone_objects(const struct walk *w, const struct walk_core *c, void *context,
                  void (*on_object)(void *context, const struct zone_object *o))
{
    const struct slot *slots = guest_memory_at(w->memory, c->zone_base, c->zone_bytes);
    uint64_t count = c->zone_bytes / LINE_BYTES;

    for (uint64_t i = (c->image_bytes + BOOT_RECORD_BYTES) / LINE_BYTES; slots && i < count; i++) {
        bool root = is_slot(slots, count, i, CAP_PAGE_TABLE_4);

        if ((root || is_slot(slots, count, i, CAP_DISPATCHER)) && is_first_copy(slots, i) &&
            slots[i].base >= c->zone_base && slots[i].base < c->zone_base + c->zone_bytes)
            on_object(context, &(struct zone_object){slots[i].base, !root});
    }
}
