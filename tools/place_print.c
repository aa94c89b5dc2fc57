/* place_print.c: a plan as text, `skerry-plan 1`, as JSON, and explained: for each domain what it costs
 * where it is, and what the best other cpu of its partition would add. */
#include <math.h>
#include <stdlib.h>

#include "place.h"
#include "say.h"

static void cpus_print(const struct place *p, const struct place_partition *own, struct text *out)
{
    for (uint32_t i = 0, first = 0; i < own->cores; i++) {
        uint32_t id = p->t->cpu[own->cpu[i]].id;

        if (i + 1 < own->cores && p->t->cpu[own->cpu[i + 1]].id == id + 1)
            continue;
        text_add(out, "%s%u", first > 0 ? "," : "", p->t->cpu[own->cpu[first]].id);
        if (i > first)
            text_add(out, "-%u", id);
        first = i + 1;
    }
}

void place_print(const struct place *p, struct text *out)
{
    text_add(out, "skerry-plan 1\n");
    for (uint32_t i = 0; i < p->partition_count; i++) {
        const struct place_partition *own = &p->partition[i];

        text_add(out, "partition %s cpus ", own->name);
        cpus_print(p, own, out);
        text_add(out, " alone %s\n", topo_level_name(own->alone));
        for (uint32_t n = 0; n < p->t->node_count; n++)
            if (own->node_bytes[n] > 0)
                text_add(out, "memory %s node %u bytes %llu\n", own->name, p->t->node[n].id,
                         (unsigned long long)own->node_bytes[n]);
    }
    for (uint32_t d = 0; d < p->domain_count; d++)
        text_add(out, "domain %s cpu %u\n", p->domain[d].name, p->t->cpu[p->domain[d].cpu].id);
    if (p->channel_count > 0)
        text_add(out, "# traffic x latency %.0f (compact %.0f, scatter %.0f)\n", p->cost,
                 p->compact_cost, p->scatter_cost);
}

/* The cost of the whole after d has gone to `cpu` (and who is there to d's). */
static double cost_after(const struct place *p, uint32_t *cpu_of, uint32_t d, uint32_t cpu,
                         int *other)
{
    uint32_t from = cpu_of[d];

    *other = -1;
    for (uint32_t o = 0; o < p->domain_count; o++)
        if (cpu_of[o] == cpu)
            *other = (int)o;
    cpu_of[d] = cpu;
    if (*other >= 0)
        cpu_of[*other] = from;
    double cost = place_cost(p, cpu_of);

    cpu_of[d] = from;
    if (*other >= 0)
        cpu_of[*other] = cpu;
    return cost;
}

static void domain_explain(const struct place *p, uint32_t *cpu_of, uint32_t d, struct text *out)
{
    const struct place_partition *own = &p->partition[p->domain[d].partition];
    double best = HUGE_VAL;
    uint32_t best_cpu = 0;
    int best_other = -1;

    for (uint32_t i = 0; i < own->cores; i++) {
        int other;

        if (own->cpu[i] == cpu_of[d])
            continue;
        double cost = cost_after(p, cpu_of, d, own->cpu[i], &other);

        if (cost < best) {
            best = cost;
            best_cpu = own->cpu[i];
            best_other = other;
        }
    }
    text_add(out, "%s on cpu %u: its channels cost %.0f here; ", p->domain[d].name,
             p->t->cpu[cpu_of[d]].id, place_cost_at(p, cpu_of, d, cpu_of[d]));
    if (isinf(best))
        text_add(out, "the partition has no other cpu\n");
    else
        text_add(out, "next best is cpu %u%s%s, which adds %.0f\n", p->t->cpu[best_cpu].id,
                 best_other >= 0 ? ", in exchange with " : "",
                 best_other >= 0 ? p->domain[best_other].name : "", best - p->cost);
}

void place_explain(const struct place *p, struct text *out)
{
    uint32_t *cpu_of = calloc(p->domain_count + 1, sizeof(*cpu_of));

    if (cpu_of == NULL)
        say_fail("out of memory on the host");
    for (uint32_t d = 0; d < p->domain_count; d++)
        cpu_of[d] = p->domain[d].cpu;
    for (uint32_t d = 0; d < p->domain_count; d++)
        domain_explain(p, cpu_of, d, out);
    free(cpu_of);
}

void place_json(const struct place *p, struct text *out)
{
    text_add(out,
             "{\"format\":\"skerry-plan 1\",\"cost\":%.1f,\"compact\":%.1f,\"scatter\":%.1f,\n"
             "\"partitions\":[",
             p->cost, p->compact_cost, p->scatter_cost);
    for (uint32_t i = 0; i < p->partition_count; i++) {
        const struct place_partition *own = &p->partition[i];

        text_add(out, "%s\n{\"name\":", i > 0 ? "," : "");
        text_add_json(out, own->name);
        text_add(out, ",\"alone\":\"%s\",\"cpus\":[", topo_level_name(own->alone));
        for (uint32_t k = 0; k < own->cores; k++)
            text_add(out, "%s%u", k > 0 ? "," : "", p->t->cpu[own->cpu[k]].id);
        text_add(out, "],\"memory\":{");
        for (uint32_t n = 0, some = 0; n < p->t->node_count; n++)
            if (own->node_bytes[n] > 0)
                text_add(out, "%s\"%u\":%llu", some++ > 0 ? "," : "", p->t->node[n].id,
                         (unsigned long long)own->node_bytes[n]);
        text_add(out, "}}");
    }
    text_add(out, "],\n\"domains\":[");
    for (uint32_t d = 0; d < p->domain_count; d++) {
        text_add(out, "%s\n{\"name\":", d > 0 ? "," : "");
        text_add_json(out, p->domain[d].name);
        text_add(out, ",\"cpu\":%u}", p->t->cpu[p->domain[d].cpu].id);
    }
    text_add(out, "]}\n");
}
