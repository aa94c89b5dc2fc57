/* The specification of the whole machine: see machine_spec.h. */
#include "machine_spec.h"

#include <stdlib.h>

static uint64_t *place(const struct machine_spec *m, uint32_t region, uint32_t part, uint32_t tag)
{
    return &m->forbidden[((uint64_t)region * MACHINE_PARTS + part) * m->tags + tag];
}

bool machine_spec_init(struct machine_spec *m, uint32_t regions, uint32_t tags)
{
    m->regions = regions;
    m->tags = tags;
    m->forbidden = calloc((size_t)regions * MACHINE_PARTS * tags, sizeof(uint64_t));
    return m->forbidden != NULL;
}

void machine_spec_free(struct machine_spec *m)
{
    free(m->forbidden);
}

bool machine_covers(uint32_t part, uint32_t tag, uint32_t inner_part, uint32_t inner_tag)
{
    return (part == 0 || part == inner_part) && (tag == 0 || tag == inner_tag);
}

bool machine_may_hold(const struct machine_spec *m, const struct machine_copy *c)
{
    for (uint32_t part = 0; part < MACHINE_PARTS; part++)
        for (uint32_t i = 0; i < 2; i++) {
            uint32_t tag = i ? c->tag : 0;
            if (machine_covers(part, tag, c->part, c->tag) &&
                c->birth <= *place(m, c->region, part, tag))
                return false;
        }
    return true;
}

void machine_revoked(struct machine_spec *m, uint32_t region, uint32_t part, uint32_t tag,
                     uint64_t asked)
{
    uint64_t *at = place(m, region, part, tag);

    if (asked > *at)
        *at = asked;
}
