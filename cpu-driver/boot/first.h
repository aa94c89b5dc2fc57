/* The first program of the core, its CSpace and its address space. Boot time only. */
#ifndef BOOT_FIRST_H
#define BOOT_FIRST_H

#include "kernel.h"

/* Make the CSpace of the first program: L1, and one L2 in its slot 0. */
void first_cspace(struct kernel *k);
/* The slot of that L2. */
uint32_t first_slot(struct kernel *k, capref_t ref);
/* Make dispatcher, sched context and address space, map the program, start it. */
void first_program(struct kernel *k);

#endif
