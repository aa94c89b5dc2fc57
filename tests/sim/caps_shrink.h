/* A failing run made small: the steps that it needs, found by leaving steps out; and its story, drawn
 * as a sequence of messages. */
#ifndef SIM_CAPS_SHRINK_H
#define SIM_CAPS_SHRINK_H

#include <stdio.h>

#include "caps.h"

struct caps_story {
    uint64_t steps, kept, replays;
    bool same; /* two replays of what is kept gave the same violation at the same step */
};

/* Replays the failing run o (a short one with every check after each step), keeps the steps that the same violation
 * needs, and draws it. At most `replays` runs. False: no memory, or it does not fail again. */
bool caps_shrink(const struct caps_options *o, uint32_t replays, FILE *to,
                 struct caps_story *story);

#endif
