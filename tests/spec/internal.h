/* Shared by the files of the specification. */
#ifndef SPEC_INTERNAL_H
#define SPEC_INTERNAL_H

#include "cap_spec.h"

static inline uint64_t end_of(const struct spec_cap *c)
{
    return c->base + c->bytes;
}

/* For each type, in words. */
bool is_kernel_object(uint8_t type); /* the kernel uses its memory itself */
bool is_holder(uint8_t type);        /* holds capabilities */
bool is_copyable(uint8_t type);
bool is_divisible(uint8_t type);
bool may_leave(uint8_t type);
uint64_t fixed_bytes(uint8_t type);
uint64_t alignment(uint8_t type);
unsigned level_of(uint8_t type);

bool same_object(const struct spec_cap *a, const struct spec_cap *b);
bool lies_in(const struct spec_cap *a, uint64_t base, uint64_t bytes, enum cap_space space);
bool in_zone(const struct spec *s, uint64_t base, uint64_t bytes);
bool touches_zone(const struct spec *s, uint64_t base, uint64_t bytes);
/* a is something that was made of what b is. */
bool is_descendant(const struct spec_cap *a, const struct spec_cap *b);

struct spec_cap *spec_add(struct spec *s, uint32_t slot, const struct spec_cap *like);
void spec_remove(struct spec *s, uint32_t slot);

#endif
