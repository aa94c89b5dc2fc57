/* Steps of the start that are shared between start.c and first.c. Boot time only. */
#ifndef BOOT_START_H
#define BOOT_START_H

#include "kernel.h"

/* Panic if the condition does not hold. */
void start_require(bool condition, const char *what);
/* Zeroed memory of the zone, for good. Panics when the zone is full. */
void *zone_allocate(struct kernel *k, uint64_t bytes, uint64_t align);
/* Enter a capability that descends from nothing. */
void start_insert(struct kernel *k, uint32_t slot, const struct cap_description *d);

#endif
