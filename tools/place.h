#ifndef TOOLS_PLACE_H
#define TOOLS_PLACE_H

#include "settings.h"
#include "topo.h"

/* A system to be laid out: tenants' partitions, their domains (each wants a cpu of its own), and the
 * traffic between domains. Domains of all partitions are numbered through. */
#define PLACE_FORMAT "skerry-system 1"

enum { PLACE_PARTITIONS_MAX = 256, PLACE_DOMAINS_MAX = 4096, PLACE_CHANNELS_MAX = 1 << 20 };
enum place_policy { PLACE_CLOSEST, PLACE_PACK, PLACE_SPREAD };

struct place_partition {
    const char *name;
    const config_setting_t *at;
    uint32_t cores;        /* cpus that it wants */
    enum topo_level alone; /* no other tenant in the same group of this level */
    uint64_t memory_bytes;
    uint32_t domain_first, domain_count;
    /* what it got; cpu[] has `cores` of them, in ascending order */
    uint32_t *cpu;
    uint64_t *node_bytes; /* by node */
};

struct place_domain {
    char *name; /* PARTITION.NAME, with .N where there are several */
    uint32_t partition;
    uint32_t cpu; /* index */
};

struct place_channel {
    uint32_t from, to; /* domains */
    double traffic;    /* messages in a unit of time of the writer's choice */
};

struct place {
    const struct topo *t;
    enum place_policy policy;
    uint64_t seed;
    struct place_partition partition[PLACE_PARTITIONS_MAX];
    uint32_t partition_count;
    struct place_domain *domain;
    uint32_t domain_count;
    struct place_channel *channel;
    uint32_t channel_count;
    int *owner; /* by cpu: the partition that nobody else may be beside, or -1 */
    double cost, compact_cost, scatter_cost;
};

/* Reads and checks the manifest; problems go to `s`. */
bool place_read(struct place *p, struct settings *s);
void place_free(struct place *p);

/* Cpus and memory for each partition. What cannot fit is a problem in `s` at the partition, with the
 * smallest changes of one key that make it fit. */
bool place_partitions(struct place *p, struct settings *s);
/* A cpu of its partition for each domain: the least sum of traffic x latency that is found. The same
 * inputs give the same plan. */
void place_domains(struct place *p);
double place_cost(const struct place *p, const uint32_t *cpu_of);
/* What domain d's channels cost when it is on that cpu and the others where they are. */
double place_cost_at(const struct place *p, const uint32_t *cpu_of, uint32_t d, uint32_t cpu);

/* For each domain why it is there: its cost, and what the best other cpu would add. */
void place_explain(const struct place *p, struct text *out);
void place_print(const struct place *p, struct text *out);
void place_json(const struct place *p, struct text *out);

int place_command(int argc, char **argv);

#endif
