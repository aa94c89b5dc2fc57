/* place_solve.c: which cpu of its partition each domain gets: the least sum of traffic x latency.
 * Several starts (compact, scattered, shuffled from the seed); from each, moves to idle cpus and swaps
 * on the matrix itself until none gains; the best end is kept. So the plan is never worse than compact
 * or scatter. */
#include <stdlib.h>
#include <string.h>

#include "place.h"
#include "say.h"

enum { STARTS = 8, ROUNDS_MAX = 64 };

/* Channels by domain: those of d are edge[first[d]] .. edge[first[d + 1]]. */
struct graph {
    uint32_t *first;
    struct edge {
        uint32_t other;
        double out, in; /* traffic to and from it */
    } * edge;
};

static void *zeroed(size_t count, size_t bytes)
{
    void *p = calloc(count > 0 ? count : 1, bytes);

    if (p == NULL)
        say_fail("out of memory on the host");
    return p;
}

static void graph_make(const struct place *p, struct graph *g)
{
    uint32_t *at = zeroed(p->domain_count + 1, sizeof(*at));

    g->first = zeroed(p->domain_count + 1, sizeof(*g->first));
    g->edge = zeroed(2 * (size_t)p->channel_count, sizeof(*g->edge));
    for (uint32_t i = 0; i < p->channel_count; i++) {
        g->first[p->channel[i].from + 1]++;
        g->first[p->channel[i].to + 1]++;
    }
    for (uint32_t d = 0; d < p->domain_count; d++)
        g->first[d + 1] += g->first[d];
    memcpy(at, g->first, (p->domain_count + 1) * sizeof(*at));
    for (uint32_t i = 0; i < p->channel_count; i++) {
        const struct place_channel *c = &p->channel[i];

        g->edge[at[c->from]++] = (struct edge){c->to, c->traffic, 0};
        g->edge[at[c->to]++] = (struct edge){c->from, 0, c->traffic};
    }
    free(at);
}

static double domain_cost(const struct place *p, const struct graph *g, const uint32_t *cpu_of,
                          uint32_t d, uint32_t cpu)
{
    double sum = 0;

    for (uint32_t e = g->first[d]; e < g->first[d + 1]; e++) {
        uint32_t other = cpu_of[g->edge[e].other];

        sum += g->edge[e].out * topo_latency(p->t, cpu, other) +
               g->edge[e].in * topo_latency(p->t, other, cpu);
    }
    return sum;
}

double place_cost(const struct place *p, const uint32_t *cpu_of)
{
    double sum = 0;

    for (uint32_t i = 0; i < p->channel_count; i++)
        sum += p->channel[i].traffic *
               topo_latency(p->t, cpu_of[p->channel[i].from], cpu_of[p->channel[i].to]);
    return sum;
}

double place_cost_at(const struct place *p, const uint32_t *cpu_of, uint32_t d, uint32_t cpu)
{
    double sum = 0;

    for (uint32_t i = 0; i < p->channel_count; i++) {
        const struct place_channel *c = &p->channel[i];

        if (c->from == d)
            sum += c->traffic * topo_latency(p->t, cpu, cpu_of[c->to]);
        else if (c->to == d)
            sum += c->traffic * topo_latency(p->t, cpu_of[c->from], cpu);
    }
    return sum;
}

/* What changes if d goes to `cpu` and, where somebody is there, that one to d's. */
static double swap_gain(const struct place *p, const struct graph *g, uint32_t *cpu_of,
                        const int *domain_at, uint32_t d, uint32_t cpu)
{
    int other = domain_at[cpu];
    uint32_t from = cpu_of[d];
    double before, after;

    before = domain_cost(p, g, cpu_of, d, from);
    if (other >= 0)
        before += domain_cost(p, g, cpu_of, (uint32_t)other, cpu);
    cpu_of[d] = cpu;
    if (other >= 0)
        cpu_of[other] = from;
    after = domain_cost(p, g, cpu_of, d, cpu);
    if (other >= 0)
        after += domain_cost(p, g, cpu_of, (uint32_t)other, from);
    cpu_of[d] = from;
    if (other >= 0)
        cpu_of[other] = cpu;
    return before - after;
}

/* Takes every change that gains, in order, until a whole round gains nothing. */
static void descend(const struct place *p, const struct graph *g, uint32_t *cpu_of)
{
    int *domain_at = zeroed(p->t->cpu_count, sizeof(*domain_at));
    bool changed = true;

    memset(domain_at, 0xff, p->t->cpu_count * sizeof(*domain_at));
    for (uint32_t d = 0; d < p->domain_count; d++)
        domain_at[cpu_of[d]] = (int)d;
    for (unsigned int round = 0; changed && round < ROUNDS_MAX; round++) {
        changed = false;
        for (uint32_t d = 0; d < p->domain_count; d++) {
            const struct place_partition *own = &p->partition[p->domain[d].partition];

            for (uint32_t i = 0; i < own->cores; i++) {
                uint32_t to = own->cpu[i], from = cpu_of[d];

                if (to == from || swap_gain(p, g, cpu_of, domain_at, d, to) <= 1e-6)
                    continue;
                int other = domain_at[to];

                cpu_of[d] = to;
                domain_at[to] = (int)d;
                domain_at[from] = other;
                if (other >= 0)
                    cpu_of[other] = from;
                changed = true;
            }
        }
    }
    free(domain_at);
}

/* splitmix64 */
static uint64_t random_next(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* 0: compact, the cpus in their order; 1: scattered, as far apart in that order as can be; else
 * shuffled. */
static void start_make(const struct place *p, unsigned int start, uint64_t *state, uint32_t *cpu_of)
{
    for (uint32_t i = 0; i < p->partition_count; i++) {
        const struct place_partition *own = &p->partition[i];
        uint32_t n = own->domain_count;
        uint32_t *cpu = zeroed(own->cores, sizeof(*cpu));

        memcpy(cpu, own->cpu, own->cores * sizeof(*cpu));
        for (uint32_t k = own->cores; start > 1 && k > 1; k--) {
            uint32_t other = (uint32_t)(random_next(state) % k), swap = cpu[k - 1];

            cpu[k - 1] = cpu[other];
            cpu[other] = swap;
        }
        /* A stride of half the cores, rounded up, visits each of them once in two sweeps. */
        for (uint32_t k = 0, half = (own->cores + 1) / 2; k < n; k++)
            cpu_of[own->domain_first + k] = cpu[start == 1 ? k / 2 + (k % 2) * half : k];
        free(cpu);
    }
}

void place_domains(struct place *p)
{
    struct graph g;
    uint64_t state = p->seed;
    uint32_t *cpu_of = zeroed(p->domain_count, sizeof(*cpu_of));

    graph_make(p, &g);
    for (unsigned int start = 0; start < STARTS; start++) {
        start_make(p, start, &state, cpu_of);
        if (start == 0)
            p->compact_cost = place_cost(p, cpu_of);
        if (start == 1)
            p->scatter_cost = place_cost(p, cpu_of);
        descend(p, &g, cpu_of);
        double cost = place_cost(p, cpu_of);

        if (start > 0 && cost >= p->cost)
            continue;
        p->cost = cost;
        for (uint32_t d = 0; d < p->domain_count; d++)
            p->domain[d].cpu = cpu_of[d];
    }
    free(g.first);
    free(g.edge);
    free(cpu_of);
}
