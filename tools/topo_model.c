/* topo_model.c: a machine being put together and looked at. Readers add cpus and nodes with whatever
 * numbers their source uses; topo_finish makes one shape of it and refuses what cannot be. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "topo.h"

static void *room(void *old, size_t bytes)
{
    void *p = realloc(old, bytes);

    if (p == NULL)
        say_fail("out of memory on the host");
    return p;
}

void topo_free(struct topo *t)
{
    free(t->name);
    free(t->source);
    free(t->cpu);
    free(t->node);
    free(t->distance);
    free(t->latency_ns);
    free(t->latency_source);
    free(t->problem);
    memset(t, 0, sizeof(*t));
}

bool topo_fail(struct topo *t, const char *format, ...)
{
    va_list args;

    free(t->problem);
    va_start(args, format);
    if (vasprintf(&t->problem, format, args) < 0)
        say_fail("out of memory on the host");
    va_end(args);
    return false;
}

struct topo_cpu *topo_cpu_add(struct topo *t, uint32_t id)
{
    if (t->cpu_count == TOPO_CPUS_MAX) {
        topo_fail(t, "more than %d cpus: that is the most this program takes", TOPO_CPUS_MAX);
        return NULL;
    }
    if ((t->cpu_count & (t->cpu_count - 1)) == 0)
        t->cpu = room(t->cpu, sizeof(*t->cpu) * (t->cpu_count == 0 ? 1 : 2 * t->cpu_count));
    struct topo_cpu *c = &t->cpu[t->cpu_count++];

    *c = (struct topo_cpu){.id = id};
    for (unsigned int l = 0; l < TOPO_LEVELS; l++)
        c->group[l] = (uint32_t)TOPO_UNKNOWN;
    return c;
}

struct topo_node *topo_node_add(struct topo *t, uint32_t id)
{
    if (topo_node_find(t, id) >= 0) {
        topo_fail(t, "node %u is described twice: remove one", id);
        return NULL;
    }
    if (t->node_count == TOPO_NODES_MAX) {
        topo_fail(t, "more than %d nodes: that is the most this program takes", TOPO_NODES_MAX);
        return NULL;
    }
    if ((t->node_count & (t->node_count - 1)) == 0)
        t->node = room(t->node, sizeof(*t->node) * (t->node_count == 0 ? 1 : 2 * t->node_count));
    t->node[t->node_count] = (struct topo_node){.id = id};
    return &t->node[t->node_count++];
}

int topo_node_find(const struct topo *t, uint32_t id)
{
    for (uint32_t i = 0; i < t->node_count; i++)
        if (t->node[i].id == id)
            return (int)i;
    return -1;
}

int topo_cpu_find(const struct topo *t, uint32_t id)
{
    for (uint32_t i = 0; i < t->cpu_count; i++)
        if (t->cpu[i].id == id)
            return (int)i;
    return -1;
}

bool topo_distance_set(struct topo *t, uint32_t from_id, uint32_t to_id, uint32_t distance)
{
    int from = topo_node_find(t, from_id), to = topo_node_find(t, to_id);
    size_t n = t->node_count;

    if (from < 0 || to < 0)
        return topo_fail(t, "a distance names node %u, which there is not",
                         from < 0 ? from_id : to_id);
    if (distance == 0 || distance > 1000000)
        return topo_fail(t, "the distance from node %u to node %u is %u: give 1 to 1000000",
                         from_id, to_id, distance);
    if (t->distance == NULL) {
        t->distance = room(NULL, n * n * sizeof(*t->distance));
        memset(t->distance, 0, n * n * sizeof(*t->distance));
    }
    t->distance[(size_t)from * n + (size_t)to] = distance;
    return true;
}

static int cpu_order(const void *a, const void *b)
{
    const struct topo_cpu *x = a, *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

static int node_order(const void *a, const void *b)
{
    const struct topo_node *x = a, *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

/* Brings the nodes, and the distances with them, into ascending order. What is said in one direction
 * only holds for the other, too. */
static void nodes_sort(struct topo *t)
{
    size_t n = t->node_count;
    struct topo old = {.node = room(NULL, n * sizeof(*t->node)), .node_count = t->node_count};
    uint32_t *distance = room(NULL, n * n * sizeof(*distance));

    memcpy(old.node, t->node, n * sizeof(*t->node));
    qsort(t->node, n, sizeof(*t->node), node_order);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            size_t a = (size_t)topo_node_find(&old, t->node[i].id);
            size_t b = (size_t)topo_node_find(&old, t->node[j].id);
            uint32_t d = t->distance != NULL ? t->distance[a * n + b] : 0;

            if (d == 0 && t->distance != NULL)
                d = t->distance[b * n + a];
            if (d == 0)
                d = i == j ? TOPO_DISTANCE_LOCAL : TOPO_DISTANCE_REMOTE;
            distance[i * n + j] = d;
        }
    }
    free(t->distance);
    t->distance = distance;
    free(old.node);
}

/* What was not said: everything is one package; a package is one cache; a core is its own cluster; a
 * cpu is its own core. A cache not known means that tenants may share it: the careful reading. */
static void groups_fill(struct topo *t)
{
    uint32_t core_next = 1u << 30;

    for (uint32_t i = 0; i < t->cpu_count; i++) {
        uint32_t *g = t->cpu[i].group;

        if (g[TOPO_PACKAGE] == (uint32_t)TOPO_UNKNOWN)
            g[TOPO_PACKAGE] = 0;
        if (g[TOPO_CACHE] == (uint32_t)TOPO_UNKNOWN)
            g[TOPO_CACHE] = (1u << 30) + g[TOPO_PACKAGE];
        if (g[TOPO_CORE] == (uint32_t)TOPO_UNKNOWN)
            g[TOPO_CORE] = core_next++;
        if (g[TOPO_CLUSTER] == (uint32_t)TOPO_UNKNOWN)
            g[TOPO_CLUSTER] = (1u << 31) | g[TOPO_CORE];
    }
}

static int number_order(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Dense numbers by first appearance: pairs (number, first cpu) sorted, then numbered by first cpu. */
static void level_renumber(struct topo *t, enum topo_level level)
{
    uint32_t n = t->cpu_count, count = 0;
    uint64_t *key = room(NULL, n * sizeof(*key));
    uint32_t *fresh = room(NULL, n * sizeof(*fresh));

    for (uint32_t i = 0; i < n; i++)
        key[i] = (uint64_t)t->cpu[i].group[level] << 32 | i;
    qsort(key, n, sizeof(*key), number_order);
    /* fresh[i]: the first cpu of i's group */
    for (uint32_t i = 0, first = 0; i < n; i++) {
        if (i > 0 && key[i] >> 32 != key[i - 1] >> 32)
            first = i;
        fresh[(uint32_t)key[i]] = (uint32_t)key[first];
    }
    for (uint32_t i = 0; i < n; i++)
        t->cpu[i].group[level] = fresh[i] == i ? count++ : t->cpu[fresh[i]].group[level];
    t->group_count[level] = count;
    free(key);
    free(fresh);
}

/* Each inner group lies in one outer group. */
static bool level_nests(struct topo *t, enum topo_level inner, enum topo_level outer)
{
    uint32_t *first = room(NULL, t->cpu_count * sizeof(*first));
    bool good = true;

    memset(first, 0xff, t->cpu_count * sizeof(*first));
    for (uint32_t i = 0; i < t->cpu_count && good; i++) {
        const struct topo_cpu *c = &t->cpu[i];
        uint32_t *f = &first[c->group[inner]];

        if (*f == UINT32_MAX)
            *f = i;
        else if (t->cpu[*f].group[outer] != c->group[outer])
            good =
                topo_fail(t, "cpus %u and %u are in one %s but not in one %s: correct one of them",
                          t->cpu[*f].id, c->id, topo_level_name(inner), topo_level_name(outer));
    }
    free(first);
    return good;
}

static bool nodes_finish(struct topo *t)
{
    if (t->node_count == 0 && topo_node_add(t, 0) == NULL)
        return false;
    nodes_sort(t);
    for (uint32_t i = 0; i < t->cpu_count; i++) {
        uint32_t *g = &t->cpu[i].group[TOPO_NODE];

        if (*g == (uint32_t)TOPO_UNKNOWN && t->node_count > 1)
            return topo_fail(t, "cpu %u has no node: there are %u, say which", t->cpu[i].id,
                             t->node_count);
        if (*g == (uint32_t)TOPO_UNKNOWN)
            *g = t->node[0].id;
        int node = topo_node_find(t, *g);

        if (node < 0)
            return topo_fail(t, "cpu %u is of node %u, which there is not: describe the node",
                             t->cpu[i].id, *g);
        *g = (uint32_t)node;
    }
    t->group_count[TOPO_NODE] = t->node_count;
    return true;
}

bool topo_finish(struct topo *t)
{
    if (t->cpu_count == 0)
        return topo_fail(t, "there is no cpu in it");
    qsort(t->cpu, t->cpu_count, sizeof(*t->cpu), cpu_order);
    for (uint32_t i = 1; i < t->cpu_count; i++)
        if (t->cpu[i].id == t->cpu[i - 1].id)
            return topo_fail(t, "cpu %u is described twice: remove one", t->cpu[i].id);
    if (!nodes_finish(t))
        return false;
    groups_fill(t);
    for (unsigned int l = 0; l < TOPO_LEVELS; l++)
        if (l != TOPO_NODE)
            level_renumber(t, (enum topo_level)l);
    return level_nests(t, TOPO_CORE, TOPO_CLUSTER) && level_nests(t, TOPO_CLUSTER, TOPO_CACHE) &&
           level_nests(t, TOPO_CACHE, TOPO_PACKAGE) && level_nests(t, TOPO_CORE, TOPO_NODE);
}

uint32_t topo_distance(const struct topo *t, uint32_t from, uint32_t to)
{
    return t->distance[(size_t)from * t->node_count + to];
}

enum topo_level topo_shared(const struct topo *t, uint32_t a, uint32_t b)
{
    static const enum topo_level inward[] = {TOPO_CORE, TOPO_CLUSTER, TOPO_CACHE, TOPO_NODE,
                                             TOPO_PACKAGE};

    for (size_t i = 0; i < sizeof(inward) / sizeof(inward[0]); i++)
        if (t->cpu[a].group[inward[i]] == t->cpu[b].group[inward[i]])
            return inward[i];
    return TOPO_LEVELS;
}

const char *topo_level_name(enum topo_level level)
{
    static const char *const names[] = {"package", "node", "cache", "cluster", "core", "machine"};

    return names[level];
}

/* Orders of magnitude of today's machines, where nobody measured: FACTS' nine machines have 25..35
 * within a complex, 45..120 within a socket, 110..270 across. */
static double estimate(const struct topo *t, uint32_t a, uint32_t b)
{
    double far = topo_distance(t, t->cpu[a].group[TOPO_NODE], t->cpu[b].group[TOPO_NODE]);

    switch (topo_shared(t, a, b)) {
    case TOPO_CORE:
        return 10;
    case TOPO_CLUSTER:
        return 25;
    case TOPO_CACHE:
        return t->group_count[TOPO_CACHE] > t->group_count[TOPO_PACKAGE] ? 30 : 50;
    case TOPO_NODE:
        return 80;
    case TOPO_PACKAGE:
        return 80 * far / TOPO_DISTANCE_LOCAL < 110 ? 80 * far / TOPO_DISTANCE_LOCAL : 110;
    case TOPO_LEVELS:
        break;
    }
    return 80 * far / TOPO_DISTANCE_LOCAL;
}

double topo_latency(const struct topo *t, uint32_t from, uint32_t to)
{
    if (from == to)
        return 0;
    if (t->latency_ns != NULL)
        return t->latency_ns[(size_t)from * t->cpu_count + to];
    return estimate(t, from, to);
}
