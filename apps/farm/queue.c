/* queue.c: see queue.h. Jobs go in the order of the file; one that is tried again goes before all
 * that come behind it; one whose group is full is passed over. */
#include "queue.h"

enum status queue_count(const struct jobs_file *jobs, uint32_t *count)
{
    struct job_spec spec;
    uint64_t offset = 0;
    enum status s;

    *count = 0;
    while ((s = jobs_next(jobs, &offset, &spec)) == OK)
        ++*count;
    return s == E_RANGE ? OK : s;
}

static bool same(const struct job_text *a, const struct job_text *b)
{
    size_t i = 0;

    while (a->bytes == b->bytes && i < a->bytes && a->at[i] == b->at[i])
        i++;
    return a->bytes == b->bytes && i == a->bytes;
}

static enum status group_find(struct queue *q, const struct job_spec *spec, uint8_t *out)
{
    uint32_t i = 0;

    *out = 0;
    if (!spec->group.bytes)
        return OK;
    while (i < q->group_count && !same(&q->group[i].name, &spec->group))
        i++;
    if (i == QUEUE_GROUPS_MAX)
        return E_LIMIT;
    if (i == q->group_count)
        q->group[q->group_count++] = (struct queue_group){spec->group, spec->group_limit, 0};
    *out = (uint8_t)(i + 1);
    return q->group[i].limit == spec->group_limit ? OK : E_ARGUMENT;
}

enum status queue_fill(struct queue *q, const struct jobs_file *jobs, struct queue_job *job)
{
    struct job_spec spec;
    uint64_t offset = 0;
    enum status s = OK;

    *q = (struct queue){.jobs = jobs, .job = job};
    while (s == OK) {
        struct queue_job *j = &job[q->count];
        uint64_t at = offset;
        s = jobs_next(jobs, &offset, &spec);
        if (s != OK)
            break;
        *j = (struct queue_job){
            .offset = at, .memory_bytes = spec.memory_bytes, .barrier = spec.barrier && q->count};
        s = group_find(q, &spec, &j->group);
        q->count++;
    }
    return s == E_RANGE ? OK : s;
}

static struct queue_group *group_of(struct queue *q, uint32_t index)
{
    return q->job[index].group ? &q->group[q->job[index].group - 1] : NULL;
}

bool queue_take(struct queue *q, uint32_t *index)
{
    while (q->first < q->count && q->job[q->first].state != QUEUE_WAITS)
        q->first++;
    for (uint32_t i = q->first; i < q->count; i++) {
        struct queue_group *group = group_of(q, i);
        if (q->job[i].barrier)
            return false;
        if (q->job[i].state != QUEUE_WAITS || (group && group->running >= group->limit))
            continue;
        q->job[i].state = QUEUE_RUNS;
        q->job[i].try++;
        if (group)
            group->running++;
        *index = i;
        return true;
    }
    return false;
}

bool queue_barrier_pass(struct queue *q)
{
    if (q->over == q->count || !q->job[q->over].barrier)
        return false;
    q->job[q->over].barrier = false;
    q->barriers++;
    return true;
}

static void job_leave(struct queue *q, uint32_t index, enum queue_state state)
{
    struct queue_group *group = group_of(q, index);

    q->job[index].state = (uint8_t)state;
    if (group)
        group->running--;
    if (state == QUEUE_WAITS && index < q->first)
        q->first = index;
}

void queue_return(struct queue *q, uint32_t index)
{
    job_leave(q, index, QUEUE_WAITS);
    q->job[index].try--;
}

bool queue_drop(struct queue *q, uint32_t *index)
{
    for (uint32_t i = 0; i < q->count; i++)
        if (q->job[i].state == QUEUE_WAITS) {
            q->job[i].state = QUEUE_OVER;
            q->over++;
            *index = i;
            return true;
        }
    return false;
}

enum status queue_spec(const struct queue *q, uint32_t index, struct job_spec *out)
{
    uint64_t offset = q->job[index].offset;
    return jobs_next(q->jobs, &offset, out);
}

/* What missing support ends would end so again. */
static bool worth_trying(enum job_status status)
{
    switch (status) {
    case JOB_STATUS_FAULT:
    case JOB_STATUS_MEMORY:
    case JOB_STATUS_TIME:
    case JOB_STATUS_KILLED:
        return true;
    case JOB_STATUS_OK:
    case JOB_STATUS_UNSUPPORTED:
    case JOB_STATUS_COUNT:
        break;
    }
    return false;
}

bool queue_end(struct queue *q, uint32_t index, enum job_status status)
{
    struct queue_job *j = &q->job[index];
    struct job_spec spec;

    if (worth_trying(status) && queue_spec(q, index, &spec) == OK && j->try < spec.tries) {
        if (status == JOB_STATUS_MEMORY && j->memory_bytes <= UINT64_MAX / JOB_GROW_MAX)
            j->memory_bytes = j->memory_bytes * spec.grow_percent / 100;
        q->retries++;
        job_leave(q, index, QUEUE_WAITS);
        return true;
    }
    q->over++;
    job_leave(q, index, QUEUE_OVER);
    return false;
}
