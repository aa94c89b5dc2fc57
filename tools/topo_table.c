/* topo_table.c: the plain table, `skerry-machine 1`, written and read: a line a fact, # begins a
 * comment. What cpus share is said by numbers of the writer's choice; what is not said, topo_finish
 * fills in.
 *
 *     skerry-machine 1
 *     name two sockets of four
 *     node 0 memory 64G
 *     node 1 memory 64G
 *     distances 0  10 21
 *     distances 1  21 10
 *     cpus 0-3 package 0 node 0 cache 0
 *     cpus 4-7 package 1 node 1 cache 1 kind 1                                                */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "say.h"
#include "topo.h"

#define FORMAT "skerry-machine 1"

struct reader {
    struct topo *t;
    const char *path;
    unsigned int line;
    bool named; /* a `cpus` or `distances` line was seen: nodes are all there */
};

static bool wrong(struct reader *r, const char *what, const char *word)
{
    return topo_fail(r->t, "%s:%u: %s%s%s", r->path, r->line, what, word != NULL ? ": " : "",
                     word != NULL ? word : "");
}

/* Puts FILE:LINE before a problem that the model found. */
static bool located(struct reader *r)
{
    char *what = r->t->problem;

    r->t->problem = NULL;
    topo_fail(r->t, "%s:%u: %s", r->path, r->line, what);
    free(what);
    return false;
}

static bool number(const char *word, uint32_t *value)
{
    char *end;

    if (word == NULL || word[0] < '0' || word[0] > '9')
        return false;
    errno = 0;
    unsigned long n = strtoul(word, &end, 10);

    if (*end != 0 || errno != 0 || n >= 1u << 30)
        return false;
    *value = (uint32_t)n;
    return true;
}

static bool memory(const char *word, uint64_t *bytes)
{
    if (strcmp(word, "0") == 0) {
        *bytes = 0;
        return true;
    }
    return options_size(word, bytes);
}

static bool node_line(struct reader *r, char **rest)
{
    char *word = strtok_r(NULL, " \t", rest);
    uint32_t id;

    if (r->named)
        return wrong(r, "describe all nodes before the first distances or cpus", NULL);
    if (!number(word, &id))
        return wrong(r, "node NUMBER [memory SIZE]: the number is missing or none", word);
    struct topo_node *n = topo_node_add(r->t, id);

    if (n == NULL)
        return located(r);
    word = strtok_r(NULL, " \t", rest);
    if (word == NULL)
        return true;
    if (strcmp(word, "memory") != 0)
        return wrong(r, "node NUMBER [memory SIZE]: unknown word", word);
    word = strtok_r(NULL, " \t", rest);
    if (word == NULL || !memory(word, &n->memory_bytes))
        return wrong(r, "memory is a size such as 512M or 64G, or 0", word);
    word = strtok_r(NULL, " \t", rest);
    return word == NULL || wrong(r, "unknown word behind the node's memory", word);
}

/* In the order of the nodes' lines. */
static bool distances_line(struct reader *r, char **rest)
{
    char *word = strtok_r(NULL, " \t", rest);
    uint32_t from, value;

    r->named = true;
    if (!number(word, &from))
        return wrong(r, "distances NODE DISTANCE...: the node's number is missing or none", word);
    for (uint32_t i = 0; i < r->t->node_count; i++) {
        word = strtok_r(NULL, " \t", rest);
        if (!number(word, &value))
            return wrong(r, "distances needs a number for each node, 10 for the node itself", word);
        if (!topo_distance_set(r->t, from, r->t->node[i].id, value))
            return located(r);
    }
    word = strtok_r(NULL, " \t", rest);
    return word == NULL || wrong(r, "more distances than nodes", word);
}

static bool keys_read(struct reader *r, char **rest, struct topo_cpu *c)
{
    char *word, *value;

    while ((word = strtok_r(NULL, " \t", rest)) != NULL) {
        unsigned int level = 0;
        uint32_t n;

        value = strtok_r(NULL, " \t", rest);
        while (level < TOPO_LEVELS && strcmp(word, topo_level_name((enum topo_level)level)) != 0)
            level++;
        if (level == TOPO_LEVELS && strcmp(word, "kind") != 0)
            return wrong(r, "unknown word; known are package, node, cache, cluster, core, kind",
                         word);
        if (!number(value, &n))
            return wrong(r, "a number is missing behind", word);
        if (level == TOPO_LEVELS)
            c->kind = n;
        else
            c->group[level] = n;
    }
    return true;
}

static bool cpus_line(struct reader *r, char **rest)
{
    char *word = strtok_r(NULL, " \t", rest), *dash = word != NULL ? strchr(word, '-') : NULL;
    uint32_t first, last;

    r->named = true;
    if (dash != NULL)
        *dash = 0;
    if (!number(word, &first) || !number(dash != NULL ? dash + 1 : word, &last) || last < first)
        return wrong(r, "cpus FIRST[-LAST] KEY NUMBER...: the range is missing or none", word);
    struct topo_cpu like = {0};

    memset(like.group, 0xff, sizeof(like.group));
    if (!keys_read(r, rest, &like))
        return false;
    for (uint64_t id = first; id <= last; id++) {
        struct topo_cpu *c = topo_cpu_add(r->t, (uint32_t)id);

        if (c == NULL)
            return located(r);
        like.id = (uint32_t)id;
        *c = like;
    }
    return true;
}

static bool line_read(struct reader *r, char *line)
{
    char *rest = NULL, *comment = strchr(line, '#');

    if (comment != NULL)
        *comment = 0;
    size_t blank = strspn(line, " \t");

    if (strncmp(line + blank, "name ", 5) == 0) {
        free(r->t->name);
        r->t->name = text_format("%s", line + blank + 5);
        return true;
    }
    char *word = strtok_r(line, " \t", &rest);

    if (word == NULL)
        return true;
    if (strcmp(word, "node") == 0)
        return node_line(r, &rest);
    if (strcmp(word, "distances") == 0)
        return distances_line(r, &rest);
    if (strcmp(word, "cpus") == 0 || strcmp(word, "cpu") == 0)
        return cpus_line(r, &rest);
    return wrong(r, "unknown line; known are name, node, distances, cpus", word);
}

bool topo_read_table(struct topo *t, const char *path, const char *text)
{
    struct reader r = {.t = t, .path = path};
    char *copy = text_format("%s", text), *next = copy, *line;
    bool good = true;

    while (good && (line = strsep(&next, "\n")) != NULL) {
        size_t n = strlen(line);

        if (n > 0 && line[n - 1] == '\r')
            line[n - 1] = 0;
        if (++r.line == 1)
            good = strcmp(line, FORMAT) == 0 ||
                   wrong(&r, "the first line of a machine's table is \"" FORMAT "\"", NULL);
        else
            good = line_read(&r, line);
    }
    free(copy);
    if (good && !topo_finish(t)) {
        char *what = t->problem;

        t->problem = NULL;
        good = topo_fail(t, "%s: %s", path, what);
        free(what);
    }
    if (good && t->source == NULL)
        t->source = text_format("table %s", path);
    return good;
}

/* Exact where the reader's numbers allow it: they end at 2^20 of a unit. */
static void size_print(uint64_t bytes, struct text *out)
{
    unsigned int unit = 0;

    bytes >>= 10;
    for (; unit < 3 && bytes != 0 && (bytes % 1024 == 0 || bytes > 1u << 20); unit++)
        bytes >>= 10;
    if (bytes == 0)
        text_add(out, "0");
    else
        text_add(out, "%llu%c", (unsigned long long)bytes, "KMGT"[unit]);
}

static void nodes_print(const struct topo *t, struct text *out)
{
    for (uint32_t i = 0; i < t->node_count; i++) {
        text_add(out, "node %u memory ", t->node[i].id);
        size_print(t->node[i].memory_bytes, out);
        text_add(out, "\n");
    }
    for (uint32_t i = 0; i < t->node_count && t->node_count > 1; i++) {
        text_add(out, "distances %u ", t->node[i].id);
        for (uint32_t j = 0; j < t->node_count; j++)
            text_add(out, " %u", topo_distance(t, i, j));
        text_add(out, "\n");
    }
}

/* For each cpu, how many share its group. */
static uint32_t *sharers_count(const struct topo *t, enum topo_level level)
{
    uint32_t *count = calloc(t->group_count[level], sizeof(*count));
    uint32_t *sharers = calloc(t->cpu_count, sizeof(*sharers));

    if (count == NULL || sharers == NULL)
        say_fail("out of memory on the host");
    for (uint32_t i = 0; i < t->cpu_count; i++)
        count[t->cpu[i].group[level]]++;
    for (uint32_t i = 0; i < t->cpu_count; i++)
        sharers[i] = count[t->cpu[i].group[level]];
    free(count);
    return sharers;
}

/* Whether cpu i can stand in one line with cpu i - 1: neighbours that differ in nothing but being
 * cores, and clusters, of their own. */
static bool joins(const struct topo *t, const uint32_t *core, const uint32_t *cluster, uint32_t i)
{
    const struct topo_cpu *a = &t->cpu[i - 1], *b = &t->cpu[i];

    if (b->id != a->id + 1 || a->kind != b->kind)
        return false;
    for (unsigned int l = TOPO_PACKAGE; l <= TOPO_CACHE; l++)
        if (a->group[l] != b->group[l])
            return false;
    if (a->group[TOPO_CLUSTER] != b->group[TOPO_CLUSTER] &&
        (cluster[i - 1] > core[i - 1] || cluster[i] > core[i]))
        return false;
    return a->group[TOPO_CORE] == b->group[TOPO_CORE] || (core[i - 1] == 1 && core[i] == 1);
}

static void run_print(const struct topo *t, uint32_t first, uint32_t last, bool cluster, bool core,
                      struct text *out)
{
    const struct topo_cpu *c = &t->cpu[first];

    text_add(out, "cpus %u", c->id);
    if (last > first)
        text_add(out, "-%u", t->cpu[last].id);
    text_add(out, " package %u node %u cache %u", c->group[TOPO_PACKAGE],
             t->node[c->group[TOPO_NODE]].id, c->group[TOPO_CACHE]);
    if (cluster)
        text_add(out, " cluster %u", c->group[TOPO_CLUSTER]);
    if (core)
        text_add(out, " core %u", c->group[TOPO_CORE]);
    if (c->kind != 0)
        text_add(out, " kind %u", c->kind);
    text_add(out, "\n");
}

void topo_print(const struct topo *t, struct text *out)
{
    uint32_t *core = sharers_count(t, TOPO_CORE), *cluster = sharers_count(t, TOPO_CLUSTER);

    text_add(out, FORMAT "\n");
    if (t->name != NULL)
        text_add(out, "name %s\n", t->name);
    text_add(out, "# %u cpus, %u cores, %u clusters, %u caches, %u packages, %u nodes; from %s\n",
             t->cpu_count, t->group_count[TOPO_CORE], t->group_count[TOPO_CLUSTER],
             t->group_count[TOPO_CACHE], t->group_count[TOPO_PACKAGE], t->node_count,
             t->source != NULL ? t->source : "?");
    nodes_print(t, out);
    for (uint32_t i = 0, first = 0; i < t->cpu_count; i++) {
        if (i + 1 < t->cpu_count && joins(t, core, cluster, i + 1))
            continue;
        run_print(t, first, i, cluster[first] > core[first], core[first] > 1, out);
        first = i + 1;
    }
    free(core);
    free(cluster);
}
