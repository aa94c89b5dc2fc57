/* The search: depth first over the choices of an execution, each execution replayed from the start.
 *
 * A fiber runs on alone through whatever has one outcome (plain memory, fences, stores with one place
 * to go). The others stop there and wait for the scheduler: loads and RMWs (what to read), stores
 * with several places, bells. A choice is taken up only if no earlier execution had the same graph:
 * a graph tells where all threads are, so its future has been seen. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fiber.h"
#include "graph.h"

enum { DEPTH_MAX = 2000, CHOICES_MAX = EVENTS_MAX };
enum state { RUNNING, WAITING, PARKED, ENDED };

struct choice {
    uint16_t thread, argument;
};

struct thread {
    enum state state;
    struct c11_op *op;
    bool looked;             /* has loaded something */
    uint16_t location, from; /* what its last load read */
    uint64_t ticks;
};

struct frame {
    unsigned first, count, now; /* in pool */
};

static struct {
    const struct c11_program *program;
    struct thread thread[C11_THREADS_MAX];
    unsigned current;
    bool inside; /* a fiber runs */
    unsigned frame_count;
    struct frame frame[DEPTH_MAX];
    struct choice pool[DEPTH_MAX * 8 + CHOICES_MAX];
    unsigned pool_count;
    bool pending[C11_BELLS];
    unsigned bell_events[C11_BELLS], spurious;
    enum c11_verdict failed;
    char what[160];
    bool redundant;
} x;

static struct {
    uint64_t *slot;
    size_t size, used;
} visited;

/* True if the key is new. */
static bool visited_add(uint64_t key)
{
    key += key == 0;
    if (visited.used * 2 >= visited.size) {
        size_t size = visited.size == 0 ? 1 << 12 : visited.size * 4;
        uint64_t *old = visited.slot;
        uint64_t *slot = calloc(size, sizeof(*slot));
        if (slot == NULL)
            abort();
        for (size_t i = 0; i < visited.size; i++) {
            size_t at = old[i] % size;
            while (old[i] != 0 && slot[at] != 0)
                at = (at + 1) % size;
            if (old[i] != 0)
                slot[at] = old[i];
        }
        free(old);
        visited.slot = slot;
        visited.size = size;
    }
    size_t at = key % visited.size;
    while (visited.slot[at] != 0 && visited.slot[at] != key)
        at = (at + 1) % visited.size;
    bool fresh = visited.slot[at] == 0;
    visited.slot[at] = key;
    visited.used += fresh;
    return fresh;
}

static void visited_clear(void)
{
    free(visited.slot);
    memset(&visited, 0, sizeof(visited));
}

void c11_fail(enum c11_verdict verdict, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(x.what, sizeof(x.what), format, list);
    va_end(list);
    if (!x.inside) {
        fprintf(stderr, "c11: outside a thread: %s\n", x.what);
        abort();
    }
    x.failed = verdict;
    fiber_back();
    abort(); /* never run again */
}

static void perform(struct thread *t, unsigned from, unsigned position)
{
    unsigned number = (unsigned)(t - x.thread);
    struct c11_op *op = t->op;
    graph_apply(number, op, from, position);
    if (op->kind == C11_LOAD) {
        t->looked = true;
        t->location = graph.event[graph.event_count - 1].location;
        t->from = (uint16_t)from;
    }
    t->op = NULL;
    t->state = RUNNING;
}

void c11_access(struct c11_op *op)
{
    struct thread *t = &x.thread[x.current];
    uint16_t position[EVENTS_MAX];
    if (graph.full)
        c11_fail(C11_BOUNDED, "an execution has too many events, locations or fences");
    if (op->kind <= C11_CAS && !race_atomic(x.current, op, x.what, sizeof(x.what)))
        c11_fail(C11_RACE, "%s", x.what);
    t->op = op;
    if (op->kind == C11_FENCE) {
        perform(t, 0, 0);
        return;
    }
    if (op->kind <= C11_CAS) {
        unsigned location = graph_location(op->address, op->size);
        if (op->kind == C11_STORE && graph_write_choices(x.current, location, position) == 1) {
            perform(t, 0, position[0]);
            return;
        }
    }
    t->state = WAITING;
    fiber_back();
}

void c11_plain(uintptr_t address, size_t bytes, bool write)
{
    char what[160];
    if (!x.inside || fiber_owns(address))
        return;
    if (!race_plain(x.current, address, bytes, write, what, sizeof(what)))
        c11_fail(C11_RACE, "%s", what);
}

/* Parks for good: see parked_look. */
void c11_await(void)
{
    struct thread *t = &x.thread[x.current];
    if (!t->looked)
        c11_fail(C11_BOUNDED, "a thread awaits without having looked at anything");
    t->state = PARKED;
    fiber_back();
    abort();
}

static void bell_access(enum c11_kind kind, unsigned bell)
{
    struct c11_op op = {.kind = kind, .operand = bell};
    c11_access(&op);
}

void c11_ring(unsigned bell)
{
    bell_access(C11_RING, bell);
}

void c11_sleep(unsigned bell)
{
    bell_access(C11_SLEEP, bell);
}

bool c11_inside(void)
{
    return x.inside;
}

uint64_t c11_ticks(void)
{
    return x.inside ? x.thread[x.current].ticks++ : 0;
}

static void thread_body(unsigned number)
{
    x.program->thread(x.program->arg, number);
}

static void thread_run(unsigned number, bool fresh)
{
    struct thread *t = &x.thread[number];
    x.current = number;
    x.inside = true;
    t->state = RUNNING;
    if (fiber_run(number, fresh, thread_body))
        t->state = ENDED;
    x.inside = false;
}

static void choice_add(unsigned thread, unsigned argument)
{
    x.pool[x.pool_count++] = (struct choice){(uint16_t)thread, (uint16_t)argument};
}

/* Of a compare-and-swap only failures may read what another RMW took. */
static void cas_choices(unsigned number, unsigned location)
{
    const struct c11_op *op = x.thread[number].op;
    uint16_t list[EVENTS_MAX];
    unsigned count = graph_read_choices(number, location, false, list);
    for (unsigned i = 0; i < count; i++)
        if (graph.event[list[i]].value != op->expected)
            choice_add(number, list[i]);
    count = graph_read_choices(number, location, true, list);
    for (unsigned i = 0; i < count; i++)
        if (graph.event[list[i]].value == op->expected)
            choice_add(number, list[i]);
}

static void choices_of(unsigned number)
{
    const struct c11_op *op = x.thread[number].op;
    uint16_t list[EVENTS_MAX];
    unsigned count = 0;
    switch (op->kind) {
    case C11_STORE:
        count = graph_write_choices(number, graph_location(op->address, op->size), list);
        break;
    case C11_LOAD:
    case C11_RMW:
        count = graph_read_choices(number, graph_location(op->address, op->size),
                                   op->kind == C11_RMW, list);
        break;
    case C11_CAS:
        cas_choices(number, graph_location(op->address, op->size));
        break;
    case C11_RING:
        list[count++] = false;
        break;
    case C11_SLEEP:
        if (x.pending[op->operand])
            list[count++] = false;
        else if (x.spurious < x.program->spurious)
            list[count++] = true;
        break;
    case C11_FENCE:
        break;
    }
    for (unsigned i = 0; i < count; i++)
        choice_add(number, list[i]);
}

static bool is_spurious(const struct choice *c)
{
    return x.thread[c->thread].op->kind == C11_SLEEP && c->argument != 0;
}

/* The choices here. A store goes alone: it takes nothing from the others. False: nothing happens
 * any more, unless somebody wakes for no reason. */
static bool frame_make(void)
{
    struct frame *f = &x.frame[x.frame_count];
    bool moves = false, store = false;
    f->first = x.pool_count;
    f->now = 0;
    for (unsigned i = 0; i < x.program->thread_count && !store; i++) {
        if (x.thread[i].state != WAITING || x.thread[i].op->kind != C11_STORE)
            continue;
        choices_of(i);
        store = true;
    }
    for (unsigned i = 0; i < x.program->thread_count && !store; i++)
        if (x.thread[i].state == WAITING)
            choices_of(i);
    for (unsigned i = f->first; i < x.pool_count; i++)
        moves |= !is_spurious(&x.pool[i]);
    f->count = x.pool_count - f->first;
    return moves;
}

static void choice_take(const struct choice *c)
{
    struct thread *t = &x.thread[c->thread];
    struct c11_op *op = t->op;
    unsigned from = 0, position = 0;
    if (op->kind == C11_STORE)
        position = c->argument;
    else
        from = c->argument;
    if (op->kind == C11_RING || op->kind == C11_SLEEP) {
        unsigned bell = (unsigned)op->operand;
        from = 0;
        position = x.bell_events[bell]++;
        x.pending[bell] = op->kind == C11_RING;
        x.spurious += c->argument;
        op->operand |= (uint64_t)c->argument << 8;
    }
    perform(t, from, position);
    thread_run(c->thread, false);
}

static bool over(void)
{
    return x.failed != C11_PASS || x.redundant;
}

/* A load that found nothing and will be made again may as well be made later only: an execution in
 * which something newer is there for who waits is the same, but for that load, as one where it read
 * that in the first place. What remains of waiting is waiting for ever. */
static void parked_look(void)
{
    for (unsigned i = 0; i < x.program->thread_count; i++) {
        const struct thread *t = &x.thread[i];
        if (t->state == PARKED &&
            graph.event[t->from].position + 1u < graph.location[t->location].count)
            x.redundant = true;
    }
}

/* At a state that no earlier execution has seen. */
static void stuck_or_complete(struct c11_result *r)
{
    unsigned i = 0;
    while (i < x.program->thread_count && x.thread[i].state == ENDED)
        i++;
    if (i < x.program->thread_count) {
        x.failed = C11_STUCK;
        snprintf(x.what, sizeof(x.what), "thread %u %s for ever", i,
                 x.thread[i].state == PARKED ? "polls the newest values" : "sleeps unrung");
        return;
    }
    r->executions++;
    if (x.program->end != NULL)
        x.program->end(x.program->arg);
}

static void execution_begin(void)
{
    graph_reset();
    memset(x.thread, 0, sizeof(x.thread));
    memset(x.pending, 0, sizeof(x.pending));
    memset(x.bell_events, 0, sizeof(x.bell_events));
    x.spurious = 0;
    x.failed = C11_PASS;
    x.redundant = false;
    x.program->begin(x.program->arg);
    for (unsigned i = 0; i < x.program->thread_count && !over(); i++)
        thread_run(i, true);
}

static void execution_run(struct c11_result *r)
{
    execution_begin();
    for (unsigned depth = 0;; depth++) {
        parked_look();
        if (over())
            return;
        if (depth == x.frame_count) {
            if (!visited_add(graph_key()) || !graph_consistent())
                return;
            if (depth == DEPTH_MAX || x.pool_count > DEPTH_MAX * 8) {
                x.failed = C11_BOUNDED;
                snprintf(x.what, sizeof(x.what), "an execution has too many choices");
                return;
            }
            if (!frame_make()) {
                x.pool_count = x.frame[depth].first;
                stuck_or_complete(r);
                return;
            }
            x.frame_count++;
        }
        const struct frame *f = &x.frame[depth];
        choice_take(&x.pool[f->first + f->now]);
    }
}

/* False: all was seen. */
static bool frames_advance(void)
{
    while (x.frame_count > 0) {
        struct frame *f = &x.frame[x.frame_count - 1];
        if (++f->now < f->count)
            return true;
        x.pool_count = f->first;
        x.frame_count--;
    }
    return false;
}

void c11_explore(const struct c11_program *p, bool story, struct c11_result *r)
{
    memset(r, 0, sizeof(*r));
    x.program = p;
    x.frame_count = x.pool_count = 0;
    visited_clear();
    do {
        execution_run(r);
        r->runs++;
        if (x.failed != C11_PASS && (x.failed == C11_BOUNDED || graph_consistent())) {
            r->verdict = x.failed;
            memcpy(r->what, x.what, sizeof(r->what));
            if (story && x.failed != C11_BOUNDED)
                graph_print();
            return;
        }
        if (p->runs_limit != 0 && r->runs >= p->runs_limit) {
            r->verdict = C11_BOUNDED;
            snprintf(r->what, sizeof(r->what), "stopped at %llu replays",
                     (unsigned long long)r->runs);
            return;
        }
    } while (frames_advance());
}
