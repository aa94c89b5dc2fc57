/* lend_step.c: how much a domain gets when it asks. See rt/lend.h. */
#include "rt/lend.h"

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t lend_step(uint64_t granted, uint64_t limit, uint64_t wanted, uint64_t least,
                   uint64_t free_bytes)
{
    uint64_t left = granted < limit ? round_down(limit - granted, PAGE_BYTES) : 0;
    uint64_t step = larger(least, round_down(granted / 8, least));

    if (!wanted || wanted > left || wanted > free_bytes)
        return 0;
    /* Near the limit small steps: what lies idle in one pool is missing in the other. */
    step = smaller(step, left / 4);
    if (step >= LARGE_PAGE_BYTES)
        step = round_down(step, LARGE_PAGE_BYTES);
    step = larger(round_down(step, PAGE_BYTES), round_up(wanted, PAGE_BYTES));
    return smaller(step, smaller(left, round_down(free_bytes, PAGE_BYTES)));
}
