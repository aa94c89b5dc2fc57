/* A model of the kernel, just large enough for the runtime's bookkeeping: capabilities in one flat
 * array by capref, retype and revoke by region, page tables as arrays. Obviously right, slow. */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include <skerry/syscall.h>

/* Forgets everything; afterwards slot SLOT_CSPACE and SLOT_PAGE_TABLE are there. */
void fake_reset(void);
void fake_ram_put(capref_t slot, uint64_t base, uint64_t bytes);
uint32_t fake_cap_count(void);

/* What a walk from the root finds at va: false: nothing, or no rights. */
bool fake_walk(uint64_t va, uint64_t *pa, uint32_t *flags);

#endif
