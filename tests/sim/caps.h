/* A run of the simulator: who moves next, until so many operations are done. Used by the test
 * program caps_sim (under sanitizers) and by `skerry sim caps`. */
#ifndef SIM_CAPS_H
#define SIM_CAPS_H

#include <stdio.h>

#include "sim.h"

enum caps_fault {
    CAPS_FAULT_SLOTS = 1,   /* targets refuse: no slot */
    CAPS_FAULT_HANG = 2,    /* cores stop for a while and come back */
    CAPS_FAULT_GARBAGE = 4, /* peers send nonsense */
    CAPS_FAULT_STALE = 8,   /* answers come that nobody waits for */
    CAPS_FAULT_DEATH = 16,  /* cores stop dead, and start again when all know it */
    CAPS_FAULTS_ALL = 31
};

struct caps_options {
    uint32_t cores;
    uint64_t operations, seed;
    uint32_t faults; /* enum caps_fault, or-ed */
    enum omission omit;
    bool check_always;   /* everything after each step */
    const uint8_t *keep; /* NULL, or for each of `steps`: is it taken? No further ones are */
    uint64_t steps;
    FILE *draw; /* NULL, or where each event is drawn */
};

/* One thing that a domain, a fault or a monitor of core c does. */
void caps_act(struct sim *s, struct sim_core *c, uint32_t faults);
/* Delete all that domains hold. */
void caps_clear(struct sim *s);
/* Runs, and leaves the result in *s. sim_free is the caller's. False: no memory. */
bool caps_run(struct sim *s, const struct caps_options *o);
uint64_t caps_operations(const struct sim *s);
/* "slots,hang" or "all" or "none". False: no such fault. */
bool caps_faults_parse(const char *text, uint32_t *faults);
/* One line of counts. */
void caps_report(const struct sim *s, const struct caps_options *o);

#endif
