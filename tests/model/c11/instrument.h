/* What instrumented code has called so far. */
#ifndef INSTRUMENT_H
#define INSTRUMENT_H

#include <stdint.h>

struct instrument_counts {
    uint64_t atomics, plain;
};
extern struct instrument_counts instrument_counts;

#endif
