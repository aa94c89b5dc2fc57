/* topo_json.c: a machine for programs, `skerry-topo 1`. Groups are numbered as in the table; cpus,
 * distances and latencies are in the order of the cpus' and nodes' numbers. */
#include "topo.h"

static void text_field(struct text *out, const char *key, const char *value)
{
    text_add(out, ",\n\"%s\":", key);
    if (value != NULL)
        text_add_json(out, value);
    else
        text_add(out, "null");
}

static void cpus_json(const struct topo *t, struct text *out)
{
    text_add(out, ",\n\"cpus\":[");
    for (uint32_t i = 0; i < t->cpu_count; i++) {
        const struct topo_cpu *c = &t->cpu[i];

        text_add(out,
                 "%s\n{\"id\":%u,\"package\":%u,\"node\":%u,\"cache\":%u,\"cluster\":%u,"
                 "\"core\":%u,\"kind\":%u}",
                 i > 0 ? "," : "", c->id, c->group[TOPO_PACKAGE], t->node[c->group[TOPO_NODE]].id,
                 c->group[TOPO_CACHE], c->group[TOPO_CLUSTER], c->group[TOPO_CORE], c->kind);
    }
    text_add(out, "]");
}

static void nodes_json(const struct topo *t, struct text *out)
{
    text_add(out, ",\n\"nodes\":[");
    for (uint32_t i = 0; i < t->node_count; i++) {
        text_add(out, "%s\n{\"id\":%u,\"memory_bytes\":%llu,\"distances\":[", i > 0 ? "," : "",
                 t->node[i].id, (unsigned long long)t->node[i].memory_bytes);
        for (uint32_t j = 0; j < t->node_count; j++)
            text_add(out, "%s%u", j > 0 ? "," : "", topo_distance(t, i, j));
        text_add(out, "]}");
    }
    text_add(out, "]");
}

void topo_json(const struct topo *t, struct text *out)
{
    text_add(out, "{\"format\":\"skerry-topo 1\"");
    text_field(out, "name", t->name);
    text_field(out, "source", t->source);
    cpus_json(t, out);
    nodes_json(t, out);
    text_field(out, "latency_source", t->latency_source);
    text_add(out, ",\n\"latency_ns\":");
    if (t->latency_ns == NULL)
        text_add(out, "null");
    for (uint32_t a = 0; t->latency_ns != NULL && a < t->cpu_count; a++) {
        text_add(out, a > 0 ? ",\n[" : "[\n[");
        for (uint32_t b = 0; b < t->cpu_count; b++)
            text_add(out, "%s%.1f", b > 0 ? "," : "", topo_latency(t, a, b));
        text_add(out, a + 1 == t->cpu_count ? "]]" : "]");
    }
    text_add(out, "}\n");
}
