/* Scenarios: the shipped channels between two or three threads of the model. */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "c11.h"

enum scenario_kind { ONE_WAY, BOTH_WAYS, CALLS, TWO_CLIENTS, CLOSING, LATE };

struct scenario {
    const char *name;
    enum scenario_kind kind;
    unsigned lines;    /* of each ring; 2 and 4 are set behind channel_init's back */
    unsigned messages; /* from each sender; calls */
    unsigned asleep;   /* bit i: thread i sleeps when it has to wait, else it polls */
    unsigned burst;    /* messages sent quietly before one channel_notify; 0: channel_send */
    bool eager;        /* looks for credits before every message, not only when there are none */
    unsigned polls;    /* further looks before a sleep */
    unsigned spurious; /* sleeps that end for no reason */
    uint64_t limit;    /* replays; only scenarios that are known not to finish have one */
    bool long_one;     /* left out of the usual run */
};

extern const struct scenario scenarios[];
extern const unsigned scenario_count;

void scenario_explore(const struct scenario *s, bool story, struct c11_result *r);

#endif
