/* topo_boot.c: what a Skerry boot says of its machine: the export `skerry-topology 1`
 * (monitor/discovery/print.c; from ACPI or the device tree), alone or amid a console's log; or, where
 * a log has no export, the table that every boot prints. Neither knows caches: a node is taken as one
 * package with one cache, so that isolation errs on the careful side. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topo.h"

#define EXPORT "skerry-topology 1"
#define TABLE "node  cores           memory       distances"

static bool wrong(struct topo *t, const char *path, unsigned int line, const char *what)
{
    return topo_fail(t, "%s:%u: %s", path, line, what);
}

static bool located(struct topo *t, const char *path, unsigned int line)
{
    char *what = t->problem;

    t->problem = NULL;
    wrong(t, path, line, what);
    free(what);
    return false;
}

static bool cpu_take(struct topo *t, uint32_t id, uint32_t node)
{
    struct topo_cpu *c = topo_cpu_add(t, id);

    if (c == NULL)
        return false;
    c->group[TOPO_NODE] = c->group[TOPO_PACKAGE] = node;
    return true;
}

/* Numbers behind `distances FROM`, one a node in the order of their numbers. */
static bool distances_take(struct topo *t, uint32_t from, const char *list)
{
    for (uint32_t i = 0; i < t->node_count; i++) {
        char *end;
        unsigned long d = strtoul(list, &end, 10);

        if (end == list)
            return topo_fail(t, "node %u has %u distances: %u are needed", from, i, t->node_count);
        if (!topo_distance_set(t, from, t->node[i].id, d > UINT32_MAX ? UINT32_MAX : (uint32_t)d))
            return false;
        list = end;
    }
    return true;
}

static bool memory_take(struct topo *t, uint32_t node, unsigned long long bytes)
{
    int i = topo_node_find(t, node);

    if (i < 0)
        return topo_fail(t, "memory of node %u, which there is not", node);
    t->node[i].memory_bytes += bytes;
    return true;
}

struct counts {
    unsigned int cores, nodes;
};

/* Lines of other devices are left alone: placement does not ask for them. */
static bool export_line(struct topo *t, const char *line, struct counts *said)
{
    unsigned int a, b;
    unsigned long long base, bytes;
    int n = 0;

    if (sscanf(line, "cores %u", &a) == 1)
        said->cores = a;
    else if (sscanf(line, "nodes %u", &a) == 1)
        said->nodes = a;
    else if (sscanf(line, "core %u node %u", &a, &b) == 2)
        return cpu_take(t, a, b);
    else if (sscanf(line, "node %u firmware %u", &a, &b) == 2)
        return topo_node_add(t, a) != NULL;
    else if (sscanf(line, "distances %u%n", &a, &n) == 1)
        return distances_take(t, a, line + n);
    else if (sscanf(line, "memory %llx bytes %llx node %u", &base, &bytes, &a) == 3)
        return memory_take(t, a, bytes);
    return true;
}

static bool core_runs(struct topo *t, uint32_t node, const char *runs)
{
    if (strcmp(runs, "none") == 0)
        return true;
    for (const char *p = runs; *p != 0;) {
        unsigned int first, last;
        int n = 0;

        if (sscanf(p, "%u%n", &first, &n) != 1)
            return topo_fail(t, "node %u: the cores \"%s\" are no runs of numbers", node, runs);
        p += n;
        last = first;
        if (*p == '-' && sscanf(p + 1, "%u%n", &last, &n) == 1)
            p += n + 1;
        for (uint64_t id = first; id <= last; id++)
            if (!cpu_take(t, (uint32_t)id, node))
                return false;
        if (*p != ',' && *p != 0)
            return topo_fail(t, "node %u: the cores \"%s\" are no runs of numbers", node, runs);
        p += *p == ',';
    }
    return true;
}

/* NODE RUNS MEMORY MiB DISTANCES...; nodes first, since distances name them all. 0: no such line. */
static int table_line(struct topo *t, const char *line, bool distances)
{
    unsigned int node;
    unsigned long long mib;
    char runs[4096];
    int n = 0;

    if (sscanf(line, "%u %4095s %llu MiB%n", &node, runs, &mib, &n) != 3 || n == 0)
        return 0;
    if (distances)
        return distances_take(t, node, line + n) ? 1 : -1;
    struct topo_node *new = topo_node_add(t, node);

    if (new == NULL)
        return -1;
    new->memory_bytes = (uint64_t)mib << 20;
    return core_runs(t, node, runs) ? 1 : -1;
}

static bool table_read(struct topo *t, const struct list *lines, size_t first, const char *path)
{
    for (int pass = 0; pass < 2; pass++) {
        int more = 1;

        for (size_t i = first; i < lines->count && more > 0; i++) {
            more = table_line(t, lines->item[i], pass == 1);
            if (more < 0)
                return located(t, path, (unsigned int)i + 1);
        }
    }
    return true;
}

static bool export_read(struct topo *t, const struct list *lines, size_t first, const char *path)
{
    struct counts said = {0, 0};

    for (size_t i = first; i < lines->count; i++)
        if (!export_line(t, lines->item[i], &said))
            return located(t, path, (unsigned int)i + 1);
    if (said.cores != t->cpu_count || said.nodes != t->node_count)
        return topo_fail(t,
                         "%s: says %u cores and %u nodes, and describes %u and %u: it is cut short",
                         path, said.cores, said.nodes, t->cpu_count, t->node_count);
    return true;
}

/* Empty lines count, too. */
static void lines_split(struct list *lines, const char *text)
{
    while (*text != 0) {
        size_t n = strcspn(text, "\n"), shown = n > 0 && text[n - 1] == '\r' ? n - 1 : n;

        list_add(lines, "%.*s", (int)(shown < TOPO_LINE_MAX ? shown : TOPO_LINE_MAX), text);
        text += n + (text[n] != 0);
    }
}

static size_t line_find(const struct list *lines, const char *what)
{
    size_t i = 0;

    while (i < lines->count && strcmp(lines->item[i], what) != 0)
        i++;
    return i;
}

bool topo_read_boot(struct topo *t, const char *path, const char *text)
{
    struct list lines = {0};
    bool good;

    lines_split(&lines, text);
    size_t export = line_find(&lines, EXPORT), table = line_find(&lines, TABLE);

    t->source = text_format("Skerry boot %s", path);
    if (export < lines.count)
        good = export_read(t, &lines, export + 1, path);
    else if (table < lines.count)
        good = table_read(t, &lines, table + 1, path);
    else
        good =
            topo_fail(t, "%s: neither \"" EXPORT "\" nor a boot's table of nodes is in it", path);
    list_free(&lines);
    if (good && !topo_finish(t)) {
        char *what = t->problem;

        t->problem = NULL;
        good = topo_fail(t, "%s: %s", path, what);
        free(what);
    }
    return good;
}
