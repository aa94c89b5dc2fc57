#ifndef TOOLS_LATENCY_H
#define TOOLS_LATENCY_H

#include "topo.h"

/* Joins a matrix of one-way latencies (ns) in comma-separated values: a row a cpu in ascending order
 * of their numbers, full or only the lower triangle, with or without diagonal, with or without a
 * heading row and column. False: t->problem says where and why; the machine is unchanged. */
bool latency_join(struct topo *t, const char *path, const char *text);
/* The full matrix in that form. */
void latency_print(const struct topo *t, struct text *out);

/* What one pair's batches were. */
struct latency_pair {
    double ns;            /* of the largest class, one way, median */
    unsigned int batches, /* in that class */
        classes;          /* classes of at least a fifth of all batches */
    double other_ns;      /* of the second largest of those, or 0 */
};
/* Sorts the batches (one-way ns each) into classes, where a neighbour is 1.35 times larger a new one
 * begins, and takes the largest (of equals the faster). */
struct latency_pair latency_classify(double *batch_ns, unsigned int count);

/* Measures all pairs of this machine's cpus that we may run on; `say` gets remarks, a line each: what
 * contradicts the topology, what was unsteady. */
bool latency_measure(struct topo *t, struct text *say);
/* Where the matrix contradicts the levels: lines for a person. How many. */
unsigned int latency_contradictions(const struct topo *t, struct text *say);

#endif
