/* latency_measure.c: measures how long a cache line takes from cpu to cpu: two pinned threads hand a
 * word to and fro by compare-and-swap, in batches. On a virtual machine the pair is not always the
 * same pair of real cores, so batches are sorted into classes, and the largest class is the answer:
 * a median over all of them would mean nothing. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "latency.h"
#include "say.h"

enum {
    BATCHES_FEW = 15,   /* pairs are many */
    BATCHES_MANY = 101, /* pairs are few */
    ROUNDS = 2000,      /* round trips in a batch: about 100 us */
    LINE_BYTES = 128,   /* also where lines are fetched in twos */
};

#define CLASS_STEP 1.35

/* Who writes what: `word` is handed over: even values are the answerer's to make odd, odd ones the
 * asker's to make even. `ready` counts threads that stand on their cpus. */
struct court {
    _Alignas(LINE_BYTES) _Atomic uint64_t word;
    _Alignas(LINE_BYTES) _Atomic int ready;
    _Atomic bool failed;
    unsigned int answerer_id, asker_id, batches;
    double *batch_ns;
};

static bool pin(unsigned int id)
{
    size_t bytes = CPU_ALLOC_SIZE(id + 1);
    cpu_set_t *set = CPU_ALLOC(id + 1);
    bool good = false;

    if (set != NULL) {
        CPU_ZERO_S(bytes, set);
        CPU_SET_S(id, bytes, set);
        good = sched_setaffinity(0, bytes, set) == 0;
        CPU_FREE(set);
    }
    return good;
}

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Both threads arrive, or both go: where one could not be pinned nothing is waited for. */
static bool court_enter(struct court *c, unsigned int id)
{
    if (!pin(id))
        atomic_store(&c->failed, true);
    atomic_fetch_add(&c->ready, 1);
    while (atomic_load(&c->ready) < 2)
        sched_yield();
    return !atomic_load(&c->failed);
}

static void word_take(_Atomic uint64_t *word, uint64_t expected)
{
    uint64_t seen = expected;
    unsigned int spins = 0;

    while (!atomic_compare_exchange_weak_explicit(word, &seen, expected + 1, memory_order_acq_rel,
                                                  memory_order_relaxed)) {
        seen = expected;
        /* The other one may want this very cpu: on a loaded machine it was taken off its own. */
        if (++spins > 100000) {
            spins = 0;
            sched_yield();
        }
    }
}

static void *answerer_main(void *arg)
{
    struct court *c = arg;

    if (court_enter(c, c->answerer_id))
        for (uint64_t i = 0; i < (uint64_t)c->batches * ROUNDS; i++)
            word_take(&c->word, 2 * i + 1);
    return NULL;
}

static void *asker_main(void *arg)
{
    struct court *c = arg;

    if (!court_enter(c, c->asker_id))
        return NULL;
    for (unsigned int b = 0; b < c->batches; b++) {
        double begin = now_ns();

        for (uint64_t i = 0; i < ROUNDS; i++)
            word_take(&c->word, 2 * ((uint64_t)b * ROUNDS + i));
        c->batch_ns[b] = (now_ns() - begin) / (2.0 * ROUNDS);
    }
    return NULL;
}

static int double_order(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

struct latency_pair latency_classify(double *batch_ns, unsigned int count)
{
    struct latency_pair pair = {0};
    unsigned int other = 0;

    qsort(batch_ns, count, sizeof(*batch_ns), double_order);
    for (unsigned int first = 0, i = 1; i <= count; i++) {
        if (i < count && batch_ns[i] <= batch_ns[i - 1] * CLASS_STEP)
            continue;
        unsigned int size = i - first;
        double median = batch_ns[first + size / 2];

        pair.classes += size * 5 >= count;
        if (size > pair.batches) {
            other = pair.batches;
            pair.other_ns = pair.ns;
            pair.ns = median;
            pair.batches = size;
        } else if (size > other) {
            other = size;
            pair.other_ns = median;
        }
        first = i;
    }
    if (pair.classes < 2)
        pair.other_ns = 0;
    return pair;
}

/* False: one of the two may not be used. */
static bool pair_measure(unsigned int a, unsigned int b, unsigned int batches,
                         struct latency_pair *pair)
{
    double ns[BATCHES_MANY];
    struct court *c = aligned_alloc(LINE_BYTES, sizeof(*c));
    pthread_t answerer, asker;

    if (c == NULL)
        say_fail("out of memory on the host");
    memset(c, 0, sizeof(*c));
    c->answerer_id = b;
    c->asker_id = a;
    c->batches = batches;
    c->batch_ns = ns;
    if (pthread_create(&answerer, NULL, answerer_main, c) != 0 ||
        pthread_create(&asker, NULL, asker_main, c) != 0)
        say_fail("cannot start a thread to measure with: %s", strerror(errno));
    pthread_join(asker, NULL);
    pthread_join(answerer, NULL);
    bool good = !atomic_load(&c->failed);

    if (good)
        *pair = latency_classify(ns, batches);
    free(c);
    return good;
}

bool latency_measure(struct topo *t, struct text *say)
{
    size_t n = t->cpu_count;
    double *ns = calloc(n * n, sizeof(*ns));
    unsigned int batches = n <= 8 ? BATCHES_MANY : BATCHES_FEW, mixed = 0;

    if (ns == NULL)
        say_fail("out of memory on the host");
    for (uint32_t a = 0; a < n; a++) {
        for (uint32_t b = 0; b < a; b++) {
            struct latency_pair p;

            if (!pair_measure(t->cpu[a].id, t->cpu[b].id, batches, &p)) {
                free(ns);
                return topo_fail(t,
                                 "cpus %u and %u cannot both be used by this process: give it "
                                 "all cpus (taskset, cgroup)",
                                 t->cpu[a].id, t->cpu[b].id);
            }
            ns[a * n + b] = ns[b * n + a] = p.ns;
            if (p.classes > 1 && mixed++ < 10)
                text_add(say,
                         "cpus %u and %u: %u of %u batches take %.0f ns, others %.0f ns: the "
                         "host moves them\n",
                         t->cpu[b].id, t->cpu[a].id, p.batches, batches, p.ns, p.other_ns);
        }
        say_progress("measured cpu %u of %zu", a + 1, n);
    }
    say_progress_end();
    if (mixed > 10)
        text_add(say, "and %u more pairs of several classes\n", mixed - 10);
    free(t->latency_ns);
    free(t->latency_source);
    t->latency_ns = ns;
    t->latency_source = text_format("measured here");
    latency_contradictions(t, say);
    return true;
}
