/* Run queues: 64 priorities, first in first out within one; and the order of deadlines. Every
 * operation is O(1) but wait_insert, which is bounded by the number of dispatchers that wait
 * with a deadline. */
#ifndef SCHED_QUEUE_H
#define SCHED_QUEUE_H

#include <skerry/base.h>

struct dispatcher;
struct kernel;

#define PRIORITY_COUNT 64u

struct run_queue {
    uint64_t used; /* bit p: priority p is not empty */
    struct dispatcher *head[PRIORITY_COUNT], *tail[PRIORITY_COUNT];
};

void queue_append(struct run_queue *q, struct dispatcher *d);
/* Before all others of its priority. */
void queue_prepend(struct run_queue *q, struct dispatcher *d);
void queue_remove(struct run_queue *q, struct dispatcher *d);
/* The first of the highest priority, or NULL; stays queued. */
struct dispatcher *queue_first(const struct run_queue *q);

void wait_insert(struct kernel *k, struct dispatcher *d, uint64_t deadline_ticks);
void wait_remove(struct kernel *k, struct dispatcher *d);

#endif
