#ifndef TOOLS_TOPO_H
#define TOOLS_TOPO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

/* A machine as placement sees it, wherever it was read from. A cpu is what runs one program at a
 * time: a hardware thread (in Skerry: a core). cpus are in ascending order of their numbers, which
 * need not be dense; everywhere else they are named by index. The same for nodes. */

/* Each group of CORE lies in one of CLUSTER, that in one of CACHE, that in one of PACKAGE. A NODE
 * may be smaller or larger than those, but never splits a CORE. */
enum topo_level { TOPO_PACKAGE, TOPO_NODE, TOPO_CACHE, TOPO_CLUSTER, TOPO_CORE, TOPO_LEVELS };

enum {
    TOPO_CPUS_MAX = 4096,
    TOPO_NODES_MAX = 1024,
    TOPO_LINE_MAX = 1 << 20,
    TOPO_DISTANCE_LOCAL = 10,  /* ACPI 6.4, 5.2.17: a node to itself */
    TOPO_DISTANCE_REMOTE = 20, /* assumed where nothing is said */
    TOPO_UNKNOWN = -1,
};

struct topo_cpu {
    uint32_t id;
    uint32_t kind; /* cores of different kinds: 0 is the slowest */
    /* While reading: any numbers, or TOPO_UNKNOWN; NODE a node's id. After topo_finish: dense from
     * 0 in order of first appearance; NODE an index into node[]. */
    uint32_t group[TOPO_LEVELS];
};

struct topo_node {
    uint32_t id;
    uint64_t memory_bytes; /* 0: a node without memory, or not known */
};

struct topo {
    char *name, *source;
    struct topo_cpu *cpu;
    struct topo_node *node;
    uint32_t cpu_count, node_count;
    uint32_t group_count[TOPO_LEVELS];
    /* Row-major, node_count x node_count, 10: local; 0 while reading: not said. */
    uint32_t *distance;
    /* Row-major, cpu_count x cpu_count, one way, nanoseconds, from row to column; or NULL. */
    double *latency_ns;
    char *latency_source;
    char *problem; /* why the last function that returned false did */
};

/* All zero is an empty machine. */
void topo_free(struct topo *t);
/* Notes why, returns false. */
bool topo_fail(struct topo *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* While reading. NULL, with a problem: too many, or a number that is there already. The pointer
 * holds until the next is added. Nodes must all be added before the first distance is set. */
struct topo_cpu *topo_cpu_add(struct topo *t, uint32_t id);
struct topo_node *topo_node_add(struct topo *t, uint32_t id);
bool topo_distance_set(struct topo *t, uint32_t from_id, uint32_t to_id, uint32_t distance);
/* Sorts, numbers, fills in what was not said and checks. */
bool topo_finish(struct topo *t);

/* Index, or -1. */
int topo_node_find(const struct topo *t, uint32_t id);
int topo_cpu_find(const struct topo *t, uint32_t id);
uint32_t topo_distance(const struct topo *t, uint32_t from, uint32_t to);
/* One way, nanoseconds: of the matrix, or an estimate from levels and distances. */
double topo_latency(const struct topo *t, uint32_t from, uint32_t to);
/* The innermost of core, cluster, cache, node, package that both cpus are in; TOPO_LEVELS: none. */
enum topo_level topo_shared(const struct topo *t, uint32_t a, uint32_t b);
const char *topo_level_name(enum topo_level level);

/* Readers. Each begins with an empty machine and ends with topo_finish. */
bool topo_read_here(struct topo *t);
bool topo_read_xml(struct topo *t, const char *path);
bool topo_read_xml_text(struct topo *t, const char *text, size_t bytes);
bool topo_read_synthetic(struct topo *t, const char *description);
bool topo_read_table(struct topo *t, const char *path, const char *text);
/* `skerry-topology 1`, or the console's log of a boot. */
bool topo_read_boot(struct topo *t, const char *path, const char *text);
/* One of the known machines, with a latency matrix made from its levels. */
bool topo_read_machine(struct topo *t, const char *name, uint64_t seed);
/* "here", a known machine's name, or a file of any of these kinds, told apart by content. */
bool topo_read_any(struct topo *t, const char *what, uint64_t seed);
/* Names and what they are, a line each. */
void topo_machines_print(struct text *out);

/* The form that topo_read_table reads; the latency matrix is not part of it. */
void topo_print(const struct topo *t, struct text *out);
void topo_json(const struct topo *t, struct text *out);
/* What a plan wants to see in the drawing: a colour number and a label for each cpu, or NULL. */
struct topo_paint {
    const int *colour; /* by cpu; -1: plain */
    const char *const *legend;
    unsigned int legend_count;
};
void topo_svg(const struct topo *t, const struct topo_paint *paint, struct text *out);

int topo_command(int argc, char **argv);

#endif
