/* place_fit.c: which cpus and whose memory each partition gets. Isolation comes first: a partition
 * takes whole groups of the level that it asked for, and nobody else may be in them, nor may it go
 * where another is. The strictest and largest choose first. From every group that is free a set is
 * grown by the policy's measure; the best set is taken. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"
#include "say.h"

/* What a partition's choice is tried in. */
struct fit {
    const struct place *p;
    const struct place_partition *want;
    enum topo_level level;
    const int *owner;
    bool *taken;    /* by group of `level`: in the set, or not to be had */
    uint32_t *size; /* cpus by group */
    double *crowd;  /* by group */
    double *pull;   /* by group: sum of latencies to the cpus of the set */
    uint32_t *set, set_count;
    uint32_t cpus;
    double spread_ns; /* sum of latencies between groups of the set */
};

static void *zeroed(size_t count, size_t bytes)
{
    void *p = calloc(count > 0 ? count : 1, bytes);

    if (p == NULL)
        say_fail("out of memory on the host");
    return p;
}

static uint32_t group_of(const struct fit *f, uint32_t cpu)
{
    return f->p->t->cpu[cpu].group[f->level];
}

/* A group's first cpu stands for it: within a group latencies differ little against those between. */
static uint32_t group_first(const struct fit *f, uint32_t group)
{
    uint32_t i = 0;

    while (i < f->p->t->cpu_count && group_of(f, i) != group)
        i++;
    return i;
}

static void fit_begin(struct fit *f, const uint32_t *first)
{
    const struct topo *t = f->p->t;

    memset(f->size, 0, t->group_count[f->level] * sizeof(*f->size));
    memset(f->pull, 0, t->group_count[f->level] * sizeof(*f->pull));
    memset(f->taken, 0, t->group_count[f->level] * sizeof(*f->taken));
    f->set_count = f->cpus = 0;
    f->spread_ns = 0;
    for (uint32_t i = 0; i < t->cpu_count; i++) {
        f->size[group_of(f, i)]++;
        f->taken[group_of(f, i)] |= f->owner[i] >= 0;
    }
    for (uint32_t g = 0; g < t->group_count[f->level]; g++)
        f->taken[g] |= first[g] == t->cpu_count; /* a node without cpus */
}

static void group_take(struct fit *f, uint32_t g, const uint32_t *first)
{
    f->taken[g] = true;
    f->spread_ns += f->pull[g];
    f->set[f->set_count++] = g;
    f->cpus += f->size[g];
    for (uint32_t o = 0; o < f->p->t->group_count[f->level]; o++)
        if (!f->taken[o])
            f->pull[o] += topo_latency(f->p->t, first[g], first[o]) * f->size[g];
}

/* How much of the cache around that group is others' already: pack wants much, spread none. */
static double crowd(const struct fit *f, uint32_t first)
{
    const struct topo *t = f->p->t;
    unsigned int used = 0, all = 0;

    for (uint32_t i = 0; i < t->cpu_count; i++) {
        enum topo_level shared = topo_shared(t, i, first);

        if (shared != TOPO_PACKAGE && shared != TOPO_LEVELS) {
            all++;
            used += f->owner[i] >= 0;
        }
    }
    return all > 0 ? (double)used / all : 0;
}

/* Less is better. */
static double group_worth(const struct fit *f, uint32_t g)
{
    double near = f->cpus > 0 ? f->pull[g] / f->cpus : 0;

    switch (f->p->policy) {
    case PLACE_CLOSEST:
        return near;
    case PLACE_PACK:
        return near - 1000 * f->crowd[g];
    case PLACE_SPREAD:
        return 1000 * f->crowd[g] - near;
    }
    return near;
}

static bool fit_grow(struct fit *f, uint32_t seed, const uint32_t *first)
{
    uint32_t groups = f->p->t->group_count[f->level];

    fit_begin(f, first);
    if (f->taken[seed])
        return false;
    group_take(f, seed, first);
    while (f->cpus < f->want->cores) {
        uint32_t best = UINT32_MAX;
        double best_worth = HUGE_VAL;

        for (uint32_t g = 0; g < groups; g++) {
            double worth = f->taken[g] ? HUGE_VAL : group_worth(f, g);

            if (worth < best_worth) {
                best_worth = worth;
                best = g;
            }
        }
        if (best == UINT32_MAX)
            return false;
        group_take(f, best, first);
    }
    return true;
}

static double set_worth(const struct fit *f)
{
    double sum = 0, waste = f->cpus - f->want->cores;

    for (uint32_t i = 0; i < f->set_count; i++)
        sum += f->crowd[f->set[i]];
    switch (f->p->policy) {
    case PLACE_CLOSEST:
        return f->spread_ns + 1000 * waste - sum;
    case PLACE_PACK:
        return 1000 * waste - 1000 * sum / f->set_count + f->spread_ns / 1000;
    case PLACE_SPREAD:
        return 1000 * waste + 1000 * sum / f->set_count - f->spread_ns / 1000;
    }
    return 0;
}

/* Marks all cpus of the chosen groups in owner[], and the first `cores` of them in cpu[]. */
static bool fit_one(const struct place *p, uint32_t index, const struct place_partition *want,
                    int *owner, uint32_t *cpu)
{
    uint32_t groups = p->t->group_count[want->alone], n = 0;
    struct fit f = {.p = p, .want = want, .level = want->alone, .owner = owner};
    uint32_t *first = zeroed(groups, sizeof(*first)), *best = zeroed(groups, sizeof(*best));
    double best_worth = HUGE_VAL;
    uint32_t best_count = 0;

    f.taken = zeroed(groups, sizeof(*f.taken));
    f.size = zeroed(groups, sizeof(*f.size));
    f.pull = zeroed(groups, sizeof(*f.pull));
    f.set = zeroed(groups, sizeof(*f.set));
    f.crowd = zeroed(groups, sizeof(*f.crowd));
    for (uint32_t g = 0; g < groups; g++) {
        first[g] = group_first(&f, g);
        if (first[g] < p->t->cpu_count)
            f.crowd[g] = crowd(&f, first[g]);
    }
    for (uint32_t g = 0; g < groups; g++) {
        double worth = fit_grow(&f, g, first) ? set_worth(&f) : HUGE_VAL;

        if (worth < best_worth) {
            best_worth = worth;
            best_count = f.set_count;
            memcpy(best, f.set, best_count * sizeof(*best));
        }
    }
    for (uint32_t i = 0; i < p->t->cpu_count; i++) {
        for (uint32_t k = 0; k < best_count; k++) {
            if (group_of(&f, i) != best[k])
                continue;
            owner[i] = (int)index;
            if (n < want->cores && cpu != NULL)
                cpu[n++] = i;
        }
    }
    free(first);
    free(best);
    free(f.taken);
    free(f.size);
    free(f.pull);
    free(f.crowd);
    free(f.set);
    return best_count > 0;
}

/* The strictest level first, then the largest, then as written. */
static bool goes_before(const struct place_partition *a, const struct place_partition *b)
{
    static const int strict[TOPO_LEVELS] = {5, 4, 3, 2, 1};

    if (a->alone != b->alone)
        return strict[a->alone] > strict[b->alone];
    return a->cores > b->cores;
}

static void order_make(const struct place *p, uint32_t *order)
{
    for (uint32_t i = 0; i < p->partition_count; i++) {
        uint32_t j = i;

        for (; j > 0 && goes_before(&p->partition[i], &p->partition[order[j - 1]]); j--)
            order[j] = order[j - 1];
        order[j] = i;
    }
}

/* The whole placement with another wish of one partition; nothing is kept. */
static bool all_fit(const struct place *p, uint32_t changed, uint32_t cores, enum topo_level alone)
{
    struct place *other = zeroed(1, sizeof(*other));
    uint32_t order[PLACE_PARTITIONS_MAX];
    int *owner = zeroed(p->t->cpu_count, sizeof(*owner));
    bool good = true;

    *other = *p;
    other->partition[changed].cores = cores;
    other->partition[changed].alone = alone;
    memset(owner, 0xff, p->t->cpu_count * sizeof(*owner));
    order_make(other, order);
    for (uint32_t i = 0; i < p->partition_count && good; i++)
        good = fit_one(other, order[i], &other->partition[order[i]], owner, NULL);
    free(owner);
    free(other);
    return good;
}

/* Each change is tried before it is proposed. */
static void remedy_say(const struct place *p, uint32_t index, struct settings *s)
{
    static const enum topo_level weaker[] = {TOPO_PACKAGE, TOPO_NODE, TOPO_CACHE, TOPO_CLUSTER,
                                             TOPO_CORE};
    const struct place_partition *want = &p->partition[index];
    uint32_t low = want->domain_count > 0 ? want->domain_count : 1, high = want->cores - 1,
             most = 0;
    struct text remedy = {0};

    while (low <= high && want->cores > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (all_fit(p, index, middle, want->alone)) {
            most = middle;
            low = middle + 1;
        } else if (middle == 0) {
            break;
        } else {
            high = middle - 1;
        }
    }
    if (most > 0)
        text_add(&remedy, "cores = %u", most);
    for (unsigned int i = 0, below = 0; i < 5; i++) {
        if (below != 0 && all_fit(p, index, want->cores, weaker[i])) {
            text_add(&remedy, "%salone = \"%s\"", remedy.length > 0 ? ", or with " : "",
                     topo_level_name(weaker[i]));
            break;
        }
        below |= weaker[i] == want->alone;
    }
    settings_problem(s, want->at, NULL, "%u cores alone in their %s cannot be had; %s%s",
                     want->cores, topo_level_name(want->alone),
                     remedy.length > 0 ? "all fits with "
                                       : "no change of this partition alone "
                                         "makes all fit: give others fewer",
                     remedy.length > 0 ? remedy.data : " cores");
    text_free(&remedy);
}

/* Who asked to be alone in a node, or in a package, has its memory to itself, too. */
static bool node_reserved(const struct place *p, const struct place_partition *want, uint32_t node)
{
    for (uint32_t i = 0; i < p->t->cpu_count; i++) {
        const struct place_partition *own = p->owner[i] >= 0 ? &p->partition[p->owner[i]] : NULL;

        if (own != NULL && own != want && own->alone <= TOPO_NODE &&
            p->t->cpu[i].group[TOPO_NODE] == node)
            return true;
    }
    return false;
}

/* Memory of the partition's own nodes first, then in the order of distance from its first cpu. */
static bool memory_fit(const struct place *p, struct place_partition *want, uint64_t *free_bytes,
                       struct settings *s)
{
    const struct topo *t = p->t;
    uint32_t home = t->cpu[want->cpu[0]].group[TOPO_NODE];
    uint64_t missing = want->memory_bytes, had = 0;

    while (missing > 0) {
        uint32_t best = UINT32_MAX, best_distance = UINT32_MAX;

        for (uint32_t n = 0; n < t->node_count; n++) {
            uint32_t distance = topo_distance(t, home, n);

            for (uint32_t i = 0; i < want->cores; i++)
                if (t->cpu[want->cpu[i]].group[TOPO_NODE] == n)
                    distance = 0;
            if (free_bytes[n] > 0 && distance < best_distance && !node_reserved(p, want, n)) {
                best_distance = distance;
                best = n;
            }
        }
        if (best == UINT32_MAX)
            break;
        uint64_t some = missing < free_bytes[best] ? missing : free_bytes[best];

        want->node_bytes[best] += some;
        free_bytes[best] -= some;
        missing -= some;
        had += some;
    }
    if (missing > 0)
        settings_problem(s, want->at, "memory",
                         "only %lluM are left to it; give memory = \"%lluM\"",
                         (unsigned long long)had >> 20, (unsigned long long)had >> 20);
    return missing == 0;
}

bool place_partitions(struct place *p, struct settings *s)
{
    uint32_t order[PLACE_PARTITIONS_MAX];
    uint64_t *free_bytes = zeroed(p->t->node_count, sizeof(*free_bytes));
    bool good = true;

    p->owner = zeroed(p->t->cpu_count, sizeof(*p->owner));
    memset(p->owner, 0xff, p->t->cpu_count * sizeof(*p->owner));
    for (uint32_t n = 0; n < p->t->node_count; n++)
        free_bytes[n] = p->t->node[n].memory_bytes;
    order_make(p, order);
    for (uint32_t i = 0; i < p->partition_count && good; i++) {
        struct place_partition *want = &p->partition[order[i]];

        want->cpu = zeroed(want->cores, sizeof(*want->cpu));
        want->node_bytes = zeroed(p->t->node_count, sizeof(*want->node_bytes));
        good = fit_one(p, order[i], want, p->owner, want->cpu);
        if (!good)
            remedy_say(p, order[i], s);
        else
            good = memory_fit(p, want, free_bytes, s);
    }
    free(free_bytes);
    return good;
}
