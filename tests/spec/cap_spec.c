/* The specification of the capability core's operations on one core: see cap_spec.h. */
#include "internal.h"

#include <string.h>

bool is_kernel_object(uint8_t type)
{
    return (type >= CAP_PAGE_TABLE_4 && type <= CAP_SCHED_CONTEXT) || type == CAP_ENDPOINT;
}

bool is_holder(uint8_t type)
{
    return type >= CAP_PAGE_TABLE_4 && type <= CAP_DISPATCHER;
}

bool is_copyable(uint8_t type)
{
    return type != CAP_NULL && type != CAP_MAPPING && type != CAP_MARKER;
}

bool is_divisible(uint8_t type)
{
    return type == CAP_FRAME || type == CAP_DEVICE_FRAME || type == CAP_IO_PORTS;
}

bool may_leave(uint8_t type)
{
    return is_copyable(type) && !is_kernel_object(type) && type != CAP_MONITOR;
}

uint64_t fixed_bytes(uint8_t type)
{
    static const uint64_t bytes[CAP_TYPE_COUNT] = {
#define T(name, space, bytes, text) bytes,
#include <skerry/cap_type.def>
#undef T
    };
    return bytes[type];
}

uint64_t alignment(uint8_t type)
{
    if (type == CAP_RAM || type == CAP_CNODE_L1 || type == CAP_CNODE_L2 ||
        type == CAP_SCHED_CONTEXT)
        return 64;
    return type <= CAP_MAPPING ? 4096 : 1;
}

unsigned level_of(uint8_t type)
{
    return type >= CAP_PAGE_TABLE_4 && type <= CAP_PAGE_TABLE_1 ? 8u - type : 0;
}

static enum cap_space space_of_type(uint8_t type)
{
    static const enum cap_space spaces[CAP_TYPE_COUNT] = {
#define T(name, space, bytes, text) SPACE_##space,
#include <skerry/cap_type.def>
#undef T
    };
    return spaces[type];
}

enum cap_space spec_space_of(const struct spec_cap *c)
{
    return space_of_type(c->type == CAP_MARKER ? c->marked : c->type);
}

bool same_object(const struct spec_cap *a, const struct spec_cap *b)
{
    return a->base == b->base && a->bytes == b->bytes && a->type == b->type &&
           a->marked == b->marked;
}

bool lies_in(const struct spec_cap *a, uint64_t base, uint64_t bytes, enum cap_space space)
{
    return spec_space_of(a) == space && a->base >= base && end_of(a) <= base + bytes;
}

bool in_zone(const struct spec *s, uint64_t base, uint64_t bytes)
{
    return base >= s->zone_base && base + bytes <= s->zone_base + s->zone_bytes;
}

bool touches_zone(const struct spec *s, uint64_t base, uint64_t bytes)
{
    return base < s->zone_base + s->zone_bytes && base + bytes > s->zone_base;
}

bool is_descendant(const struct spec_cap *a, const struct spec_cap *b)
{
    return a->type != CAP_MARKER && lies_in(a, b->base, b->bytes, spec_space_of(b)) &&
           (a->bytes < b->bytes || a->type > b->type);
}

struct spec_cap *spec_find(struct spec *s, uint32_t slot)
{
    for (uint32_t i = 0; i < s->count; i++) {
        if (s->caps[i].slot == slot)
            return &s->caps[i];
    }
    return NULL;
}

struct spec_cap *spec_add(struct spec *s, uint32_t slot, const struct spec_cap *like)
{
    struct spec_cap *c = &s->caps[s->count++];

    *c = *like;
    c->slot = slot;
    return c;
}

/* Does the object that h names hold c? */
static bool holds(const struct spec *s, const struct spec_cap *h, const struct spec_cap *c)
{
    uint64_t line = s->zone_base + (uint64_t)c->slot * 64;

    if (level_of(h->type) != 0)
        return c->type == CAP_MAPPING && c->table == h->base;
    uint64_t bytes = h->type == CAP_DISPATCHER ? 4 * 64 : h->bytes;
    return line >= h->base && line < h->base + bytes;
}

void spec_remove(struct spec *s, uint32_t slot)
{
    struct spec_cap *c = spec_find(s, slot);
    bool last = true;

    if (c == NULL || c->dying)
        return;
    struct spec_cap gone = *c;
    for (uint32_t i = 0; i < s->count; i++)
        last = last && (&s->caps[i] == c || !same_object(&s->caps[i], c));
    if (last && is_holder(gone.type)) {
        c->dying = true;
        for (uint32_t i = 0; i < s->count; i++) {
            struct spec_cap *x = &s->caps[i];
            if (!x->dying && (is_descendant(x, &gone) || holds(s, &gone, x))) {
                spec_remove(s, x->slot);
                i = UINT32_MAX; /* look from the start again */
            }
        }
    }
    c = spec_find(s, slot);
    *c = s->caps[s->count - 1];
    s->count--;
}

enum status spec_copy(struct spec *s, uint32_t source, uint32_t destination)
{
    const struct spec_cap *c = spec_find(s, source);

    if (c == NULL)
        return E_NO_CAP;
    if (!is_copyable(c->type))
        return E_TYPE;
    if (spec_find(s, destination) != NULL)
        return E_SLOT_USED;
    spec_add(s, destination, c);
    return OK;
}

static enum status part_status(const struct spec_cap *c, uint64_t offset, uint64_t bytes)
{
    if (offset == 0 && bytes == 0)
        return OK;
    if (!is_divisible(c->type))
        return E_TYPE;
    if (offset % alignment(c->type) || bytes % alignment(c->type))
        return E_ALIGN;
    return bytes == 0 || offset > c->bytes || bytes > c->bytes - offset ? E_RANGE : OK;
}

enum status spec_mint(struct spec *s, uint32_t source, uint32_t destination, uint8_t rights,
                      uint32_t tag, uint64_t offset, uint64_t bytes)
{
    const struct spec_cap *c = spec_find(s, source);

    if (c == NULL)
        return E_NO_CAP;
    if (!is_copyable(c->type))
        return E_TYPE;
    if (tag && c->tag && tag != c->tag)
        return E_TAGGED;
    if (tag && !c->tag && !(c->rights & RIGHT_REVOKE))
        return E_RIGHTS;
    enum status r = part_status(c, offset, bytes);
    if (r == OK && spec_find(s, destination) != NULL)
        r = E_SLOT_USED;
    if (r != OK)
        return r;
    struct spec_cap *n = spec_add(s, destination, c);
    n->rights &= rights;
    n->tag = tag ? tag : n->tag;
    n->base += offset;
    n->bytes = bytes ? bytes : n->bytes;
    return OK;
}

enum status spec_move(struct spec *s, uint32_t source, uint32_t destination)
{
    struct spec_cap *c = spec_find(s, source);

    if (c == NULL)
        return E_NO_CAP;
    if (spec_find(s, destination) != NULL)
        return E_SLOT_USED;
    c->slot = destination;
    return OK;
}

enum status spec_delete(struct spec *s, uint32_t slot)
{
    if (spec_find(s, slot) == NULL)
        return E_NO_CAP;
    spec_remove(s, slot);
    return OK;
}

enum status spec_revoke(struct spec *s, uint32_t slot, uint32_t tag)
{
    const struct spec_cap *c = spec_find(s, slot);

    if (c == NULL)
        return E_NO_CAP;
    if (!(c->rights & RIGHT_REVOKE))
        return E_RIGHTS;
    if (c->tag && tag && tag != c->tag)
        return E_TAGGED;
    struct spec_cap from = *c;
    tag = from.tag ? from.tag : tag;
    for (uint32_t i = 0; i < s->count; i++) {
        const struct spec_cap *x = &s->caps[i];
        if (x->slot != slot && (tag == 0 || x->tag == tag) &&
            (same_object(x, &from) || is_descendant(x, &from))) {
            spec_remove(s, x->slot);
            i = UINT32_MAX;
        }
    }
    return OK;
}

bool spec_revoke_is_own_end(const struct spec *s, uint32_t slot, uint32_t tag)
{
    static struct spec trial;

    memcpy(&trial, s, offsetof(struct spec, caps) + s->count * sizeof(s->caps[0]));
    return spec_revoke(&trial, slot, tag) == OK && spec_find(&trial, slot) == NULL;
}

bool spec_has_copies(struct spec *s, uint32_t slot)
{
    const struct spec_cap *c = spec_find(s, slot);

    for (uint32_t i = 0; i < s->count; i++) {
        if (s->caps[i].slot != slot && same_object(&s->caps[i], c))
            return true;
    }
    return false;
}

bool spec_has_descendants(struct spec *s, uint32_t slot)
{
    const struct spec_cap *c = spec_find(s, slot);

    for (uint32_t i = 0; i < s->count; i++) {
        if (is_descendant(&s->caps[i], c))
            return true;
    }
    return false;
}

void spec_count(struct spec *s, enum cap_space space, uint64_t base, uint64_t bytes, uint8_t type,
                uint32_t tag, uint32_t *copies, uint32_t *descendants)
{
    *copies = 0;
    *descendants = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        const struct spec_cap *c = &s->caps[i];
        bool same =
            c->base == base && c->bytes == bytes && c->type == type && spec_space_of(c) == space;
        *copies += same && c->tag == tag;
        *descendants += !same && c->type != CAP_MARKER && lies_in(c, base, bytes, space) &&
                        (c->bytes < bytes || c->type > type) && (tag == 0 || c->tag == tag);
    }
}
