/* queue.h: which job comes next: the farm's order of work, with tries and groups. A job waits, runs
 * on one worker, and is over or waits again. Pure bookkeeping, so that it has host tests.
 *
 * Context: the farm's one thread. The jobs file must stay. */
#ifndef FARM_QUEUE_H
#define FARM_QUEUE_H

#include <farm/jobs.h>
#include <farm/worker.h>

#define QUEUE_GROUPS_MAX 64u

enum queue_state { QUEUE_WAITS, QUEUE_RUNS, QUEUE_OVER };

struct queue_job {
    uint64_t offset;       /* of its block in the jobs file */
    uint64_t memory_bytes; /* of its next try */
    uint32_t try;          /* the last one that was begun, from 1 */
    uint8_t state;         /* enum queue_state */
    uint8_t group;         /* index + 1; 0: none */
    bool barrier;          /* all before it end first */
};

struct queue_group {
    struct job_text name;
    uint32_t limit, running;
};

struct queue {
    const struct jobs_file *jobs;
    struct queue_job *job; /* [count] */
    uint32_t count, first; /* all before first are over or run */
    uint32_t over, retries;
    uint32_t barriers; /* that were passed */
    uint32_t group_count;
    struct queue_group group[QUEUE_GROUPS_MAX];
};

/* How many jobs the file has. Every block of it is well-formed if this is OK. */
NODISCARD enum status queue_count(const struct jobs_file *jobs, uint32_t *count);

/* job: room for as many as queue_count said. E_LIMIT: too many groups. E_ARGUMENT: the jobs of one
 * group name different limits. */
NODISCARD enum status queue_fill(struct queue *q, const struct jobs_file *jobs,
                                 struct queue_job *job);

/* The next job that may run now, which runs from now on. False: none. */
bool queue_take(struct queue *q, uint32_t *index);

/* Nothing can run before all that runs has ended, and that is so now: the next job's barrier may be
 * passed. True: it was passed now. */
bool queue_barrier_pass(struct queue *q);

/* The worker did not take it: it waits as before. */
void queue_return(struct queue *q, uint32_t index);

/* It has ended. True: it will be tried again. */
bool queue_end(struct queue *q, uint32_t index, enum job_status status);

/* A job that waits, whatever it waits for, is over. False: none waits. */
bool queue_drop(struct queue *q, uint32_t *index);

/* Its block. */
NODISCARD enum status queue_spec(const struct queue *q, uint32_t index, struct job_spec *out);

#endif
