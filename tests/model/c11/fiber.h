/* Fibers for the explorer: started again for every execution, left behind wherever they stand. */
#ifndef FIBER_H
#define FIBER_H

#include <stdbool.h>
#include <stdint.h>

/* Runs fiber `number` until it calls fiber_back, or its function returned (then true). `fresh`: from
 * the beginning. */
bool fiber_run(unsigned number, bool fresh, void (*fn)(unsigned number));
void fiber_back(void);
bool fiber_owns(uintptr_t address);

#endif
