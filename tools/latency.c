/* latency.c: a core-to-core latency matrix as public measuring tools write it: comma-separated, one
 * way, nanoseconds; full, or one triangle; empty cells or nan where nothing was measured; perhaps a
 * heading row and column of cpu numbers. Joined to a machine, printed, held against its levels. */
#include "latency.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

enum { NS_MAX = 10000000 };

struct sheet {
    struct list rows;   /* as text, comments left out, empty lines kept */
    unsigned int *line; /* where each was */
    size_t first_row, first_column;
};

static bool blank(const char *s)
{
    return s[strspn(s, " \t\r")] == 0;
}

static void sheet_split(struct sheet *s, const char *text)
{
    size_t room = 64;
    unsigned int line = 0;

    s->line = malloc(room * sizeof(*s->line));
    while (*text != 0 && s->line != NULL) {
        size_t n = strcspn(text, "\n");

        line++;
        if (text[0] != '#') {
            if (s->rows.count == room)
                s->line = realloc(s->line, (room *= 2) * sizeof(*s->line));
            if (s->line == NULL)
                break;
            s->line[s->rows.count] = line;
            list_add(&s->rows, "%.*s", (int)(n < TOPO_LINE_MAX ? n : TOPO_LINE_MAX), text);
        }
        text += n + (text[n] != 0);
    }
    if (s->line == NULL)
        say_fail("out of memory on the host");
    while (s->rows.count > 0 && blank(s->rows.item[s->rows.count - 1]))
        free(s->rows.item[--s->rows.count]);
}

/* The cell's number; NAN: empty, or not measured. False: it is no number. */
static bool cell_read(const char *cell, double *value)
{
    char *end;

    if (blank(cell)) {
        *value = NAN;
        return true;
    }
    errno = 0;
    *value = strtod(cell, &end);
    return end != cell && blank(end) && !isinf(*value) && strpbrk(cell, "xX") == NULL;
}

/* A heading row begins with an empty cell or a word and goes on with the cpus' numbers or words; with
 * it goes a heading column. */
static void headings_find(struct sheet *s, const struct topo *t)
{
    if (s->rows.count != (size_t)t->cpu_count + 1)
        return;
    char *copy = text_format("%s", s->rows.item[0]), *next = copy;
    const char *first = strsep(&next, ",");
    double value;
    bool heading = !cell_read(first, &value);

    for (const char *cell; !heading && (cell = strsep(&next, ",")) != NULL;)
        if (!cell_read(cell, &value) || (blank(first) && !blank(cell)))
            heading = true;
    free(copy);
    if (!heading)
        return;
    s->first_row = 1;
    /* A heading of exactly n cells stands over n columns without a heading of their own. */
    size_t commas = 0;

    for (const char *c = s->rows.item[0]; *c != 0; c++)
        commas += *c == ',';
    s->first_column = commas + 1 > t->cpu_count ? 1 : 0;
}

static bool row_read(struct topo *t, const char *path, const struct sheet *s, size_t row,
                     uint32_t cpu, double *ns)
{
    char *copy = text_format("%s", s->rows.item[row]), *next = copy, *cell;
    size_t n = t->cpu_count;
    bool good = true;

    for (size_t column = 0; good && (cell = strsep(&next, ",")) != NULL; column++) {
        double value;

        if (column < s->first_column)
            continue;
        size_t to = column - s->first_column;

        if (!cell_read(cell, &value))
            good = topo_fail(t, "%s:%u: column %zu is \"%.20s\": give nanoseconds, or nothing",
                             path, s->line[row], column + 1, cell);
        else if (to >= n && !isnan(value))
            good = topo_fail(t, "%s:%u: column %zu: the machine has only %zu cpus", path,
                             s->line[row], column + 1, n);
        else if (to < n && to != cpu && (value <= 0 || value > NS_MAX))
            good = topo_fail(t, "%s:%u: column %zu is %g: give nanoseconds above 0, up to %d", path,
                             s->line[row], column + 1, value, NS_MAX);
        else if (to < n && to != cpu)
            ns[cpu * n + to] = value;
    }
    free(copy);
    return good;
}

/* One direction measured holds for both. */
static bool matrix_complete(struct topo *t, const char *path, double *ns)
{
    size_t n = t->cpu_count;

    for (size_t a = 0; a < n; a++) {
        ns[a * n + a] = 0;
        for (size_t b = 0; b < a; b++) {
            double *lower = &ns[a * n + b], *upper = &ns[b * n + a];

            if (isnan(*lower) && isnan(*upper))
                return topo_fail(t, "%s: nothing between cpus %u and %u: measure that pair, too",
                                 path, t->cpu[a].id, t->cpu[b].id);
            if (isnan(*lower))
                *lower = *upper;
            if (isnan(*upper))
                *upper = *lower;
        }
    }
    return true;
}

static bool sheet_read(struct topo *t, const char *path, const struct sheet *s, double *ns)
{
    size_t n = t->cpu_count, rows = s->rows.count - s->first_row;
    /* Without a line for the first cpu: its row of the triangle is empty. */
    size_t skip = rows + 1 == n ? 1 : 0;

    if (rows + skip != n)
        return topo_fail(t, "%s: %zu rows for a machine of %zu cpus: give a row for each", path,
                         rows, n);
    for (size_t i = 0; i < n * n; i++)
        ns[i] = NAN;
    for (size_t i = skip; i < n; i++)
        if (!row_read(t, path, s, i - skip + s->first_row, (uint32_t)i, ns))
            return false;
    return matrix_complete(t, path, ns);
}

bool latency_join(struct topo *t, const char *path, const char *text)
{
    struct sheet s = {0};
    double *ns = calloc((size_t)t->cpu_count * t->cpu_count, sizeof(*ns));

    if (ns == NULL)
        say_fail("out of memory on the host");
    sheet_split(&s, text);
    headings_find(&s, t);
    bool good = sheet_read(t, path, &s, ns);

    if (good) {
        free(t->latency_ns);
        free(t->latency_source);
        t->latency_ns = ns;
        t->latency_source = text_format("%s", path);
    } else {
        free(ns);
    }
    list_free(&s.rows);
    free(s.line);
    return good;
}

void latency_print(const struct topo *t, struct text *out)
{
    for (uint32_t a = 0; a < t->cpu_count; a++) {
        for (uint32_t b = 0; b < t->cpu_count; b++)
            if (a == b)
                text_add(out, "%s", b > 0 ? "," : "");
            else
                text_add(out, "%s%.1f", b > 0 ? "," : "", topo_latency(t, a, b));
        text_add(out, "\n");
    }
}

static int double_order(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The median of the pairs whose innermost common thing is of that level; 0: there are none. */
static double level_median(const struct topo *t, enum topo_level level, double *room)
{
    size_t n = 0;

    for (uint32_t a = 0; a < t->cpu_count; a++)
        for (uint32_t b = 0; b < t->cpu_count; b++)
            if (a != b && topo_shared(t, a, b) == level)
                room[n++] = topo_latency(t, a, b);
    qsort(room, n, sizeof(*room), double_order);
    return n > 0 ? room[n / 2] : 0;
}

/* Nearer in the topology must not be slower in the matrix; a thread beside another on one core cannot
 * be as far as another socket, whatever else there is. */
unsigned int latency_contradictions(const struct topo *t, struct text *say)
{
    static const enum topo_level outward[] = {TOPO_CORE, TOPO_CLUSTER, TOPO_CACHE,
                                              TOPO_NODE, TOPO_PACKAGE, TOPO_LEVELS};
    static const double limit_ns[] = {40, 110, 220};
    double *room = calloc((size_t)t->cpu_count * t->cpu_count, sizeof(*room));
    enum topo_level inner = TOPO_LEVELS;
    double inner_ns = 0;
    unsigned int count = 0;

    if (room == NULL)
        say_fail("out of memory on the host");
    for (size_t i = 0; i < sizeof(outward) / sizeof(outward[0]) && t->latency_ns != NULL; i++) {
        double ns = level_median(t, outward[i], room);

        if (ns <= 0)
            continue;
        if (i < 3 && ns > limit_ns[i]) {
            text_add(say,
                     "one %s takes %.0f ns, more than the %.0f ns of any real one: do not "
                     "trust the topology here\n",
                     topo_level_name(outward[i]), ns, limit_ns[i]);
            count++;
        }
        if (inner_ns > 1.15 * ns) {
            text_add(say,
                     "within one %s it takes %.0f ns, farther (one %s) only %.0f ns: the "
                     "topology is wrong about one of them\n",
                     topo_level_name(inner), inner_ns, topo_level_name(outward[i]), ns);
            count++;
        }
        inner = outward[i];
        inner_ns = ns;
    }
    free(room);
    return count;
}
