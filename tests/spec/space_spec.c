/* The specification of mappings: a MAPPING is a capability that names a run of entries of a table.
 */
#include "internal.h"

/* Enter a MAPPING, if its entries are entries for users and nobody else's. */
static enum status enter(struct spec *s, struct spec_cap *m, uint32_t destination)
{
    uint32_t limit = m->level == 4 ? s->user_limit_root : 512;

    if (m->count == 0 || m->first + (uint64_t)m->count > limit)
        return E_ARGUMENT;
    for (uint32_t i = 0; i < s->count; i++) {
        const struct spec_cap *c = &s->caps[i];
        if (c->type == CAP_MAPPING && c->table == m->table && c->first < m->first + m->count &&
            c->first + c->count > m->first)
            return E_MAPPED;
    }
    if (spec_find(s, destination) != NULL)
        return E_SLOT_USED;
    m->type = CAP_MAPPING;
    m->owner = s->core;
    spec_add(s, destination, m);
    return OK;
}

static enum status usable_table(struct spec *s, uint32_t slot)
{
    const struct spec_cap *c = spec_find(s, slot);

    if (c == NULL)
        return E_NO_CAP;
    if (level_of(c->type) == 0)
        return E_TYPE;
    return c->rights & RIGHT_WRITE ? OK : E_RIGHTS;
}

enum status spec_table_map(struct spec *s, uint32_t upper, uint32_t lower, uint32_t destination,
                           uint64_t index)
{
    enum status r = usable_table(s, upper);
    const struct spec_cap *up = spec_find(s, upper), *low = spec_find(s, lower);

    if (r == OK && low == NULL)
        r = E_NO_CAP;
    if (r != OK)
        return r;
    if (level_of(up->type) == 1 || level_of(low->type) != level_of(up->type) - 1)
        return E_TYPE;
    if (index > 511)
        return E_ARGUMENT;
    struct spec_cap m = {.base = low->base,
                         .bytes = low->bytes,
                         .tag = low->tag,
                         .table = up->base,
                         .first = (uint32_t)index,
                         .count = 1,
                         .level = level_of(up->type),
                         .is_table = true};
    return enter(s, &m, destination);
}

static enum status flags_status(unsigned flags, unsigned rights, bool device)
{
    bool r = flags & MAP_READ, w = flags & MAP_WRITE, x = flags & MAP_EXECUTE;

    if (flags > 15 || ((w || x) && !r))
        return E_ARGUMENT;
    if ((r && !(rights & RIGHT_READ)) || (w && !(rights & RIGHT_WRITE)) ||
        (x && !(rights & RIGHT_EXECUTE)) || (w && x))
        return E_RIGHTS;
    return (flags & MAP_UNCACHED) && !device ? E_UNSUPPORTED : OK;
}

enum status spec_frame_map(struct spec *s, uint32_t table, uint32_t frame, uint32_t destination,
                           uint32_t index, uint32_t count, uint64_t offset, unsigned flags)
{
    enum status r = usable_table(s, table);
    const struct spec_cap *t = spec_find(s, table), *f = spec_find(s, frame);

    if (r == OK && level_of(t->type) > 2)
        r = E_TYPE;
    if (r == OK && f == NULL)
        r = E_NO_CAP;
    if (r == OK && f->type != CAP_FRAME && f->type != CAP_DEVICE_FRAME)
        r = E_TYPE;
    if (r == OK)
        r = flags_status(flags, f->rights, f->type == CAP_DEVICE_FRAME);
    if (r == OK && (count == 0 || count > 512 || index > 511))
        r = E_ARGUMENT;
    if (r != OK)
        return r;
    uint64_t page = level_of(t->type) == 1 ? 4096 : 2u << 20;
    if (offset > f->bytes || count * page > f->bytes - offset)
        return E_RANGE;
    if ((f->base + offset) % page)
        return E_ALIGN;
    struct spec_cap m = {.base = f->base + offset,
                         .bytes = count * page,
                         .tag = f->tag,
                         .rights = f->rights & 7,
                         .table = t->base,
                         .first = index,
                         .count = count,
                         .level = level_of(t->type),
                         .flags = flags,
                         .device = f->type == CAP_DEVICE_FRAME};
    return enter(s, &m, destination);
}

enum status spec_dispatcher_map(struct spec *s, uint32_t dispatcher, uint32_t table,
                                uint32_t destination, uint64_t index)
{
    const struct spec_cap *d = spec_find(s, dispatcher), *t = spec_find(s, table);
    enum status r = d == NULL ? E_NO_CAP : usable_table(s, table);

    if (r == OK && (d->type != CAP_DISPATCHER || t->type != CAP_PAGE_TABLE_1))
        r = E_TYPE;
    if (r == OK && index > 511)
        r = E_ARGUMENT;
    if (r != OK)
        return r;
    struct spec_cap m = {.base = d->base + 4096,
                         .bytes = 4096,
                         .tag = d->tag,
                         .rights = 3,
                         .table = t->base,
                         .first = (uint32_t)index,
                         .count = 1,
                         .level = 1,
                         .flags = 3};
    return enter(s, &m, destination);
}

enum status spec_protect(struct spec *s, uint32_t mapping, unsigned flags)
{
    struct spec_cap *m = spec_find(s, mapping);

    if (m == NULL)
        return E_NO_CAP;
    if (m->type != CAP_MAPPING || m->is_table)
        return E_TYPE;
    enum status r = flags_status(flags, m->rights, m->device);
    if (r == OK)
        m->flags = flags;
    return r;
}
