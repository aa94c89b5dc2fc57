/* topo_machines.c: machines that are known but not here. Levels of one-way latency, measured by
 * others on the real ones, with a seeded jitter of 8 %, make a matrix to place on and to test with.
 * On a mesh latency grows with the square root of the steps between two cores, within the limits given:
 * so the published mean (46 of 30..58) comes out. Memory (16 GiB a node) and, where no SLIT is given,
 * distances (10, 12, 32) are assumed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "topo.h"

/* Core number = ((package * caches + cache) * clusters + cluster) * cores + core. */
struct known {
    const char *name, *text;
    unsigned int packages, caches, clusters, cores;
    unsigned int nodes_per_package;
    /* One way, ns: in a cluster, in a cache, in a package, across packages. */
    double cluster_ns, cache_ns, package_ns, across_ns;
    unsigned int mesh_columns; /* 0: no mesh; else a package's cores lie in rows of so many */
    double mesh_ns_min, mesh_ns_max;
    const unsigned int *slit; /* or NULL: 10, within a package 12, across 32 */
};

static const unsigned int kunpeng_slit[] = {10, 16, 32, 33, 16, 10, 25, 32,
                                            32, 25, 10, 16, 33, 32, 16, 10};

static const struct known machines[] = {
    {"epyc-9654x2", "2 x EPYC 9654", 2, 12, 1, 8, 1, 27.1, 27.1, 99.3, 191.6, 0, 0, 0, NULL},
    {"epyc-9654x2-24", "2 x EPYC 9654, each complex a node", 2, 12, 1, 8, 12, 27.1, 27.1, 99.3,
     191.6, 0, 0, 0, NULL},
    {"epyc-7742x2", "2 x EPYC 7742", 2, 16, 1, 4, 1, 25, 25, 120, 267, 0, 0, 0, NULL},
    {"epyc-9754", "EPYC 9754", 1, 16, 1, 8, 1, 33, 33, 109.8, 109.8, 0, 0, 0, NULL},
    {"kunpeng-920-6426", "Kunpeng 920-6426", 1, 2, 8, 4, 2, 34.5, 35.7, 80.5, 80.5, 0, 0, 0, NULL},
    {"kunpeng-920x2", "2 x Kunpeng 920 in 4 nodes, across packages scaled by SLIT", 2, 2, 8, 4, 2,
     34.5, 35.7, 80.5, 0, 0, 0, 0, kunpeng_slit},
    {"altra-q80-30", "Ampere Altra Q80-30", 1, 1, 40, 2, 1, 83, 157, 157, 157, 0, 0, 0, NULL},
    {"altra-max-128", "Ampere Altra Max, 128 cores", 1, 1, 64, 2, 1, 83, 157, 157, 157, 0, 0, 0,
     NULL},
    {"graviton3", "Graviton3", 1, 1, 64, 1, 1, 46, 46, 46, 46, 8, 30, 58, NULL},
    {"graviton4x2", "2 x Graviton4", 2, 1, 96, 1, 1, 45, 45, 45, 138.6, 12, 30, 60, NULL},
    {"xeon-8358x2", "2 x Xeon 8358", 2, 1, 32, 1, 1, 51, 51, 51, 111, 0, 0, 0, NULL},
    {"xeon-6242x2", "2 x Xeon 6242", 2, 1, 16, 1, 1, 48, 48, 48, 141, 0, 0, 0, NULL},
};

enum { MACHINES = sizeof(machines) / sizeof(machines[0]), NODE_BYTES_SHIFT = 34 };

void topo_machines_print(struct text *out)
{
    for (size_t i = 0; i < MACHINES; i++) {
        const struct known *k = &machines[i];

        text_add(out, "%-18s %s: %u cores, %u nodes\n", k->name, k->text,
                 k->packages * k->caches * k->clusters * k->cores,
                 k->packages * k->nodes_per_package);
    }
}

/* splitmix64: its whole state is the counter, so a pair's jitter depends on nothing but the pair. */
static double jitter(uint64_t seed, uint64_t pair)
{
    uint64_t x = seed + (pair + 1) * UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    return 0.92 + 0.16 * ((double)(x >> 11) / (double)(UINT64_C(1) << 53));
}

static double mesh_ns(const struct known *k, uint32_t a, uint32_t b, unsigned int per_package)
{
    int columns = (int)k->mesh_columns, rows = (int)per_package / columns;
    int p = (int)(a % per_package), q = (int)(b % per_package);
    int steps = abs(p % columns - q % columns) + abs(p / columns - q / columns);
    int most = columns + rows - 2;

    return k->mesh_ns_min +
           (k->mesh_ns_max - k->mesh_ns_min) * sqrt((double)(steps - 1) / (double)(most - 1));
}

static double level_ns(const struct known *k, const struct topo *t, uint32_t a, uint32_t b)
{
    const uint32_t *x = t->cpu[a].group, *y = t->cpu[b].group;

    if (x[TOPO_PACKAGE] != y[TOPO_PACKAGE] && k->slit != NULL)
        return k->package_ns * topo_distance(t, x[TOPO_NODE], y[TOPO_NODE]) / k->slit[1];
    if (x[TOPO_PACKAGE] != y[TOPO_PACKAGE])
        return k->across_ns;
    if (k->mesh_columns != 0)
        return mesh_ns(k, a, b, k->caches * k->clusters * k->cores);
    if (x[TOPO_CLUSTER] == y[TOPO_CLUSTER])
        return k->cluster_ns;
    return x[TOPO_CACHE] == y[TOPO_CACHE] ? k->cache_ns : k->package_ns;
}

static void matrix_make(struct topo *t, const struct known *k, uint64_t seed)
{
    size_t n = t->cpu_count;

    t->latency_ns = calloc(n * n, sizeof(*t->latency_ns));
    if (t->latency_ns == NULL)
        say_fail("out of memory on the host");
    for (uint32_t a = 0; a < n; a++)
        for (uint32_t b = 0; b < a; b++)
            t->latency_ns[a * n + b] = t->latency_ns[b * n + a] =
                level_ns(k, t, a, b) * jitter(seed, (uint64_t)a << 32 | b);
    t->latency_source =
        text_format("levels of %s, jitter 8 %%, seed %llx", k->name, (unsigned long long)seed);
}

static bool nodes_make(struct topo *t, const struct known *k)
{
    uint32_t nodes = k->packages * k->nodes_per_package;

    for (uint32_t i = 0; i < nodes; i++) {
        struct topo_node *n = topo_node_add(t, i);

        if (n == NULL)
            return false;
        n->memory_bytes = UINT64_C(1) << NODE_BYTES_SHIFT;
    }
    for (uint32_t i = 0; i < nodes; i++) {
        for (uint32_t j = 0; j < nodes; j++) {
            bool near = i / k->nodes_per_package == j / k->nodes_per_package;
            uint32_t d = i == j ? TOPO_DISTANCE_LOCAL : near ? 12 : 32;

            if (!topo_distance_set(t, i, j, k->slit != NULL ? k->slit[i * nodes + j] : d))
                return false;
        }
    }
    return true;
}

bool topo_read_machine(struct topo *t, const char *name, uint64_t seed)
{
    const struct known *k = NULL;

    for (size_t i = 0; i < MACHINES && k == NULL; i++)
        if (strcmp(machines[i].name, name) == 0)
            k = &machines[i];
    if (k == NULL)
        return topo_fail(t, "no machine is called %s: skerry topo --list says which there are",
                         name);
    uint32_t per_cache = k->clusters * k->cores, per_package = k->caches * per_cache;
    uint32_t per_node = per_package / k->nodes_per_package;

    if (!nodes_make(t, k))
        return false;
    for (uint32_t i = 0; i < k->packages * per_package; i++) {
        struct topo_cpu *c = topo_cpu_add(t, i);

        if (c == NULL)
            return false;
        c->group[TOPO_PACKAGE] = i / per_package;
        c->group[TOPO_NODE] = i / per_node;
        c->group[TOPO_CACHE] = i / per_cache;
        if (k->clusters > 1 && k->cores > 1)
            c->group[TOPO_CLUSTER] = i / k->cores;
        c->group[TOPO_CORE] = i;
    }
    t->name = text_format("%s", k->text);
    t->source = text_format("known machine %s", name);
    if (!topo_finish(t))
        return false;
    matrix_make(t, k, seed);
    return true;
}
