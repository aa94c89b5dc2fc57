/* Private to farm.c and hand.c: the farm, and each worker as it is seen from here. */
#ifndef FARM_PRIVATE_H
#define FARM_PRIVATE_H

#include "line.h"
#include "queue.h"
#include <monitor/service.h>

enum { FARM_CALLS_MAX = 128 };

struct farm;

/* A worker, seen from here. */
struct hand {
    struct farm *farm;
    struct service_channel service;
    uint32_t core, node;
    bool bound, busy;
    bool started;       /* its job has begun */
    bool probed;        /* a WORKER_PROBE is open */
    bool served;        /* it has had a job */
    uint64_t due_ticks; /* while busy: to probe, or to give it up if it is probed */
    uint32_t serial;    /* of the last probe */
    uint32_t job, try;
    char reason[56];
    struct msg_worker_missing missing[WORKER_MISSING_MAX];
    uint32_t missing_count;
    uint64_t account[ACCOUNT_COUNT];
    bool accounted;
    uint64_t call[FARM_CALLS_MAX];
    uint32_t call_count;
};

struct farm {
    struct jobs_file jobs;
    struct queue queue;
    struct hand *hands; /* [core_count] */
    uint32_t core_count, node_count, bound_count, busy_count;
    uint32_t limit_ms; /* wall time of a job that names none */
    uint64_t probe_ticks, lost_ticks;
    uint32_t lost_count; /* workers that were there and are not any more */
    uint64_t leaked;
    uint32_t quiet_ms;                      /* how long nothing happens at a `@quiet` line */
    uint32_t kill_percent;                  /* of the tries end by force at an instant by chance */
    uint64_t random;                        /* state of that chance */
    uint64_t typical_sum_us, typical_count; /* wall time of tries that ended by themselves */
    uint64_t tries_ended, tries_killed;
    bool warming; /* each worker gets one job, no more */
};

/* Binds to the worker of each core. E_NOT_FOUND: there is none at all. */
NODISCARD enum status hands_bind(struct farm *f);

/* Gives jobs to all who have none, as far as there are jobs that may run. */
void hands_give(struct farm *f);

/* Asks the silent, gives up those who do not answer. Says when there is next something to do. */
uint64_t hands_check(struct farm *f);

/* The lines of a job's end; h says how it went. */
void hand_report(struct farm *f, const struct hand *h, const struct msg_worker_ended *end,
                 bool again);

/* Handles events for so long. */
void pause_ms(uint64_t ms);

#endif
