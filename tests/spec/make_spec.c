/* The specification of retype, insert, markers and names. */
#include "internal.h"

/* Does anything lie in [base, end) but copies, ancestors and markers of the source? */
static bool is_taken(const struct spec *s, const struct spec_cap *source, uint64_t base,
                     uint64_t end)
{
    for (uint32_t i = 0; i < s->count; i++) {
        const struct spec_cap *c = &s->caps[i];
        bool is_copy = c->base == source->base && c->bytes == source->bytes &&
                       (c->type == CAP_MARKER ? c->marked : c->type) == source->type;
        bool is_ancestor = c->base <= source->base && end_of(c) >= end_of(source) &&
                           (c->bytes > source->bytes || c->type < source->type);
        /* Parts of device memory may overlap as they like. */
        bool is_sibling = source->type == CAP_DEVICE_FRAME && c->base < source->base;
        if (spec_space_of(c) == spec_space_of(source) && c->base < end && end_of(c) > base &&
            !is_copy && !is_ancestor && !is_sibling)
            return true;
    }
    return false;
}

static enum status retype_place(const struct spec *s, const struct spec_cap *source,
                                uint64_t offset, uint8_t type, uint64_t bytes, uint32_t count)
{
    if (bytes == 0 || count == 0 || count > 256 || (type == source->type && bytes == source->bytes))
        return E_ARGUMENT;
    if (fixed_bytes(type) && bytes != fixed_bytes(type))
        return E_ARGUMENT;
    if (type == CAP_CNODE_L1 && __builtin_popcountll(bytes) != 1)
        return E_ARGUMENT;
    if (bytes > source->bytes ||
        (unsigned __int128)offset + (unsigned __int128)bytes * count > source->bytes)
        return E_RANGE;
    if ((source->base + offset) % alignment(type) || bytes % alignment(type))
        return E_ALIGN;
    if (is_kernel_object(type) && !in_zone(s, source->base + offset, bytes * count))
        return E_RANGE;
    if (type == CAP_FRAME && touches_zone(s, source->base + offset, bytes * count))
        return E_RANGE;
    return OK;
}

enum status spec_retype(struct spec *s, uint32_t source_slot, uint64_t offset, uint8_t type,
                        uint64_t bytes, uint32_t count, uint32_t destination)
{
    const struct spec_cap *found = spec_find(s, source_slot);

    if (found == NULL)
        return E_NO_CAP;
    struct spec_cap source = *found;
    bool from_ram = source.type == CAP_RAM && type >= CAP_RAM && type <= CAP_SCHED_CONTEXT &&
                    type != CAP_DEVICE_FRAME;
    if (!from_ram && !(source.type == CAP_DEVICE_FRAME && type == CAP_DEVICE_FRAME))
        return E_TYPE;
    if (!(source.rights & RIGHT_WRITE))
        return E_RIGHTS;
    if (source.owner != s->core)
        return E_NOT_OWNER;
    if (bytes == 0)
        bytes = fixed_bytes(type);
    enum status r = retype_place(s, &source, offset, type, bytes, count);
    for (uint32_t i = 0; r == OK && i < count; i++)
        r = spec_find(s, destination + i) != NULL ? E_SLOT_USED : OK;
    if (r == OK && is_taken(s, &source, source.base + offset, source.base + offset + bytes * count))
        r = E_RETYPED;
    for (uint32_t i = 0; r == OK && i < count; i++) {
        struct spec_cap *n = spec_add(s, destination + i, &source);
        n->type = type;
        n->base = source.base + offset + i * bytes;
        n->bytes = bytes;
        n->aux = 0;
    }
    return r;
}

enum status spec_insert(struct spec *s, uint32_t destination, const struct cap_description *d)
{
    struct spec_cap n = {.base = d->base,
                         .bytes = d->bytes,
                         .aux = d->aux,
                         .tag = d->tag,
                         .owner = d->owner,
                         .type = d->type,
                         .rights = d->rights};

    if (spec_find(s, destination) != NULL)
        return E_SLOT_USED;
    if (d->type == CAP_NULL || d->type >= CAP_TYPE_COUNT || d->type == CAP_MARKER)
        return E_TYPE;
    if (d->rights > RIGHTS_ALL || d->owner >= CORE_COUNT_MAX)
        return E_ARGUMENT;
    if (is_kernel_object(d->type) && d->owner != s->core)
        return E_ARGUMENT;
    if (is_kernel_object(d->type) && fixed_bytes(d->type) && d->bytes != fixed_bytes(d->type))
        return E_ARGUMENT;
    if (d->base % alignment(d->type) || d->bytes % alignment(d->type))
        return E_ALIGN;
    if (d->bytes == 0 || d->base + d->bytes < d->base)
        return E_RANGE;
    if (is_kernel_object(d->type) && !in_zone(s, d->base, d->bytes))
        return E_RANGE;
    for (uint32_t i = 0; i < s->count; i++) {
        const struct spec_cap *c = &s->caps[i];
        bool nested = lies_in(c, n.base, n.bytes, spec_space_of(&n)) ||
                      lies_in(&n, c->base, c->bytes, spec_space_of(c));
        bool whole = d->type < CAP_ENDPOINT;
        if (whole && spec_space_of(c) == spec_space_of(&n) && c->base < end_of(&n) &&
            end_of(c) > n.base && !nested)
            return E_RANGE;
    }
    if (d->type == CAP_FRAME && (d->rights & RIGHT_WRITE) && touches_zone(s, d->base, d->bytes))
        return E_RIGHTS;
    bool is_served = d->type != CAP_ENDPOINT;
    for (uint32_t i = 0; i < s->count; i++) {
        const struct spec_cap *c = &s->caps[i];
        is_served =
            is_served || (c->type == CAP_DISPATCHER && c->base == d->base && c->bytes == d->bytes);
    }
    if (!is_served)
        return E_RANGE;
    spec_add(s, destination, &n);
    return OK;
}

static struct spec_cap marker_of(const struct spec_cap *c, uint64_t cookie)
{
    return (struct spec_cap){.base = c->base,
                             .bytes = c->bytes,
                             .aux = cookie,
                             .tag = c->tag,
                             .owner = c->owner,
                             .type = CAP_MARKER,
                             .marked = c->type};
}

enum status spec_insert_marker(struct spec *s, uint32_t destination, uint32_t source,
                               uint64_t cookie)
{
    const struct spec_cap *c = spec_find(s, source);

    if (c == NULL)
        return E_NO_CAP;
    if (!may_leave(c->type))
        return E_TYPE;
    if (spec_find(s, destination) != NULL)
        return E_SLOT_USED;
    struct spec_cap n = marker_of(c, cookie);
    for (uint32_t i = 0; i < s->count; i++) {
        if (same_object(&s->caps[i], &n) && s->caps[i].tag == n.tag)
            return E_EXISTS;
    }
    spec_add(s, destination, &n);
    return OK;
}

enum status spec_give(struct spec *s, uint32_t slot, uint64_t cookie)
{
    struct spec_cap *c = spec_find(s, slot);

    if (c == NULL)
        return E_NO_CAP;
    if (c->type != CAP_RAM)
        return E_TYPE;
    if (c->owner != s->core)
        return E_NOT_OWNER;
    for (uint32_t i = 0; i < s->count; i++) {
        const struct spec_cap *x = &s->caps[i];
        if (x != c && lies_in(x, c->base, c->bytes, SPACE_MEMORY))
            return E_RETYPED;
    }
    struct spec_cap n = marker_of(c, cookie);
    n.slot = slot;
    *c = n;
    return OK;
}

static enum status l1_slot(struct spec *s, uint32_t root, uint64_t index, uint32_t *slot)
{
    const struct spec_cap *r = spec_find(s, root);

    if (r == NULL || r->type != CAP_CNODE_L1)
        return E_TYPE;
    if (index >= r->bytes / 64)
        return E_NO_SLOT;
    *slot = (uint32_t)((r->base - s->zone_base) / 64 + index);
    return OK;
}

enum status spec_lookup(struct spec *s, uint32_t root, capref_t ref, uint32_t *slot)
{
    uint32_t l1;
    enum status r = l1_slot(s, root, ref >> 8, &l1);

    if (r != OK)
        return r;
    const struct spec_cap *c = spec_find(s, l1);
    if (ref == 0 || c == NULL || c->type != CAP_CNODE_L2)
        return E_NO_SLOT;
    *slot = (uint32_t)((c->base - s->zone_base) / 64 + (ref & 255));
    return OK;
}

enum status spec_attach(struct spec *s, uint32_t root, uint64_t index, uint32_t source)
{
    uint32_t l1;
    enum status r = l1_slot(s, root, index, &l1);

    if (r == OK && spec_find(s, source) == NULL)
        r = E_NO_CAP;
    if (r == OK && spec_find(s, source)->type != CAP_CNODE_L2)
        r = E_TYPE;
    return r == OK ? spec_move(s, source, l1) : r;
}

enum status spec_detach(struct spec *s, uint32_t root, uint64_t index, uint32_t destination)
{
    uint32_t l1;
    enum status r = l1_slot(s, root, index, &l1);

    return r == OK ? spec_move(s, l1, destination) : r;
}
