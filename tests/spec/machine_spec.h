/* What must be true of the whole machine: which core may hold what. Every capability has a birth:
 * the time when it was minted from something larger (the untagged, or the whole), or given by its
 * owner out of its own; copies and transfers inherit it. A revoke that returned forbids for ever
 * all it covers that was born before it was asked for, but for the slot it was asked through. That
 * is all: one number a region and tag.
 *
 * Places: regions are numbered; part 0 is the whole region, others lie inside it and apart. Tag
 * index 0: untagged; else the tag. */
#ifndef SPEC_MACHINE_SPEC_H
#define SPEC_MACHINE_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#define MACHINE_PARTS 3u

struct machine_copy {
    uint32_t region, part, tag;
    uint64_t birth;
};

struct machine_spec {
    uint32_t regions, tags;
    uint64_t *forbidden; /* [region][part][tag]: born until then */
};

bool machine_spec_init(struct machine_spec *m, uint32_t regions, uint32_t tags);
void machine_spec_free(struct machine_spec *m);
/* May any core hold it, now? */
bool machine_may_hold(const struct machine_spec *m, const struct machine_copy *c);
/* A revoke of this, asked for at that time, has returned. */
void machine_revoked(struct machine_spec *m, uint32_t region, uint32_t part, uint32_t tag,
                     uint64_t asked);
/* Does a revoke of (part, tag) cover (inner_part, inner_tag) of the same region? */
bool machine_covers(uint32_t part, uint32_t tag, uint32_t inner_part, uint32_t inner_tag);

#endif
