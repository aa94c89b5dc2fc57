/* Run queues and the deadline list: plain doubly linked lists through the dispatchers. See
 * queue.h. */
#include "kernel.h"

void queue_append(struct run_queue *q, struct dispatcher *d)
{
    unsigned p = d->priority;

    if (d->queued)
        return;
    d->next = NULL;
    d->previous = q->tail[p];
    if (q->tail[p])
        q->tail[p]->next = d;
    else
        q->head[p] = d;
    q->tail[p] = d;
    q->used |= 1ull << p;
    d->queued = true;
}

void queue_prepend(struct run_queue *q, struct dispatcher *d)
{
    unsigned p = d->priority;

    if (d->queued)
        return;
    d->previous = NULL;
    d->next = q->head[p];
    if (q->head[p])
        q->head[p]->previous = d;
    else
        q->tail[p] = d;
    q->head[p] = d;
    q->used |= 1ull << p;
    d->queued = true;
}

void queue_remove(struct run_queue *q, struct dispatcher *d)
{
    unsigned p = d->priority;

    if (!d->queued)
        return;
    if (d->previous)
        d->previous->next = d->next;
    else
        q->head[p] = d->next;
    if (d->next)
        d->next->previous = d->previous;
    else
        q->tail[p] = d->previous;
    if (!q->head[p])
        q->used &= ~(1ull << p);
    d->next = d->previous = NULL;
    d->queued = false;
}

struct dispatcher *queue_first(const struct run_queue *q)
{
    if (!q->used)
        return NULL;
    return q->head[63 - __builtin_clzll(q->used)];
}

void wait_insert(struct kernel *k, struct dispatcher *d, uint64_t deadline_ticks)
{
    struct dispatcher *after = NULL, *at = k->waiting;

    d->deadline_ticks = deadline_ticks;
    d->has_deadline = true;
    while (at && at->deadline_ticks <= deadline_ticks) {
        after = at;
        at = at->wait_next;
    }
    d->wait_previous = after;
    d->wait_next = at;
    if (after)
        after->wait_next = d;
    else
        k->waiting = d;
    if (at)
        at->wait_previous = d;
}

void wait_remove(struct kernel *k, struct dispatcher *d)
{
    if (!d->has_deadline)
        return;
    if (d->wait_previous)
        d->wait_previous->wait_next = d->wait_next;
    else
        k->waiting = d->wait_next;
    if (d->wait_next)
        d->wait_next->wait_previous = d->wait_previous;
    d->wait_next = d->wait_previous = NULL;
    d->has_deadline = false;
}
