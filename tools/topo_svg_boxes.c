/* topo_svg_boxes.c: the machine as boxes in boxes. Which level lies outside is decided by how many
 * groups it has; levels that group the cpus alike are one box with both names; a level whose groups
 * are single cpus is no box. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "topo_svg.h"

enum { CELL_WIDTH = 26, CELL_HEIGHT = 17, PAD = 5, LABEL = 13 };

struct layer {
    enum topo_level level[TOPO_LEVELS]; /* the same cpus by all of these names */
    unsigned int level_count;
};

struct boxes {
    const struct topo *t;
    const struct topo_paint *paint;
    struct text *out;
    struct layer layer[TOPO_LEVELS];
    unsigned int layer_count;
    uint32_t *order; /* cpus so that every box is a run of them */
};

/* What a box holds: cpus order[first..end), as a child at this depth. */
struct run {
    uint32_t first, end;
    unsigned int depth;
};

/* Cpu by cpu, because nodes without cpus count as groups, too. */
static bool levels_equal(const struct topo *t, enum topo_level a, enum topo_level b)
{
    for (uint32_t i = 1; i < t->cpu_count; i++)
        for (uint32_t j = 0; j < i; j++)
            if ((t->cpu[i].group[a] == t->cpu[j].group[a]) !=
                (t->cpu[i].group[b] == t->cpu[j].group[b]))
                return false;
    return true;
}

static void layers_make(struct boxes *b)
{
    enum topo_level order[TOPO_LEVELS] = {TOPO_PACKAGE, TOPO_NODE, TOPO_CACHE, TOPO_CLUSTER,
                                          TOPO_CORE};
    const uint32_t *count = b->t->group_count;

    for (unsigned int i = 1; i < TOPO_LEVELS; i++)
        for (unsigned int j = i; j > 0 && count[order[j]] < count[order[j - 1]]; j--) {
            enum topo_level swap = order[j];

            order[j] = order[j - 1];
            order[j - 1] = swap;
        }
    for (unsigned int i = 0; i < TOPO_LEVELS; i++) {
        struct layer *last = b->layer_count > 0 ? &b->layer[b->layer_count - 1] : NULL;

        if (last != NULL && levels_equal(b->t, last->level[0], order[i])) {
            last->level[last->level_count++] = order[i];
        } else if (count[order[i]] < b->t->cpu_count) {
            b->layer[b->layer_count].level[0] = order[i];
            b->layer[b->layer_count++].level_count = 1;
        }
    }
}

static int cpu_order(const void *a, const void *b, void *arg)
{
    const struct boxes *boxes = arg;
    const struct topo_cpu *x = &boxes->t->cpu[*(const uint32_t *)a];
    const struct topo_cpu *y = &boxes->t->cpu[*(const uint32_t *)b];

    for (unsigned int d = 0; d < boxes->layer_count; d++) {
        enum topo_level l = boxes->layer[d].level[0];

        if (x->group[l] != y->group[l])
            return x->group[l] < y->group[l] ? -1 : 1;
    }
    return x < y ? -1 : x > y;
}

/* The child of `parent` that begins at `first`. */
static struct run child_at(const struct boxes *b, const struct run *parent, uint32_t first)
{
    struct run r = {first, first + 1, parent->depth + 1};
    enum topo_level l = b->layer[parent->depth].level[0];

    while (r.end < parent->end &&
           b->t->cpu[b->order[r.end]].group[l] == b->t->cpu[b->order[first]].group[l])
        r.end++;
    return r;
}

static char *label_make(const struct boxes *b, const struct run *r)
{
    const struct layer *layer = &b->layer[r->depth - 1];
    const struct topo_cpu *c = &b->t->cpu[b->order[r->first]];
    struct text label = {0};

    for (unsigned int i = 0; i < layer->level_count; i++) {
        enum topo_level l = layer->level[i];
        uint32_t number = l == TOPO_NODE ? b->t->node[c->group[l]].id : c->group[l];

        if (l >= TOPO_CLUSTER)
            continue;
        text_add(&label, "%s%s %u", label.length > 0 ? ", " : "", topo_level_name(l), number);
        if (l == TOPO_NODE && b->t->node[c->group[l]].memory_bytes > 0)
            text_add(&label, " (%.4g GiB)",
                     (double)b->t->node[c->group[l]].memory_bytes / (1024.0 * 1024 * 1024));
    }
    return label.data;
}

/* How many children stand side by side so that the whole is about 3:2. */
static unsigned int columns_choose(unsigned int count, const struct topo_size *cell)
{
    unsigned int best = 1;
    double best_off = HUGE_VAL;

    for (unsigned int columns = 1; columns <= count; columns++) {
        unsigned int rows = (count + columns - 1) / columns;
        double off = fabs(log(columns * cell->width / (rows * cell->height) / 1.4)) +
                     0.3 * (columns * rows - count) / count;

        if (off < best_off) {
            best_off = off;
            best = columns;
        }
    }
    return best;
}

struct grid {
    unsigned int count, columns;
    struct topo_size cell;
    double label; /* height */
};

static struct topo_size run_size(const struct boxes *b, const struct run *r, struct grid *grid)
{
    struct topo_size size = {0, 0};

    *grid = (struct grid){0, 1, {CELL_WIDTH, CELL_HEIGHT}, 0};
    if (r->depth == b->layer_count) {
        grid->count = r->end - r->first;
    } else {
        for (struct run c = {r->first, r->first, 0}; c.end < r->end; grid->count++) {
            struct grid inner;

            c = child_at(b, r, c.end);
            size = run_size(b, &c, &inner);
            grid->cell.width = fmax(grid->cell.width, size.width + PAD);
            grid->cell.height = fmax(grid->cell.height, size.height + PAD);
        }
    }
    grid->columns = columns_choose(grid->count, &grid->cell);
    size.width = grid->columns * grid->cell.width + PAD;
    size.height = (grid->count + grid->columns - 1) / grid->columns * grid->cell.height + PAD;
    char *label = r->depth > 0 ? label_make(b, r) : NULL;

    if (label != NULL) {
        grid->label = LABEL;
        size.height += LABEL;
        size.width = fmax(size.width, 5.6 * (double)strlen(label) + 2 * PAD);
    }
    free(label);
    return size;
}

static void cpu_draw(const struct boxes *b, uint32_t cpu, double x, double y)
{
    static const char *const kinds[] = {"#e8eef7", "#b9cbe6", "#8aa8d6"};
    static const char *const tenants[] = {"#f6c26b", "#7fc8a9", "#e58fa2", "#9fb3f0", "#d6d66b",
                                          "#c49be0", "#7fd0e0", "#e0a070", "#a8d070", "#d0a0b8"};
    const struct topo_cpu *c = &b->t->cpu[cpu];
    const char *fill = kinds[c->kind < 3 ? c->kind : 2];
    char name[16];

    if (b->paint != NULL && b->paint->colour[cpu] >= 0)
        fill = tenants[b->paint->colour[cpu] % 10];
    text_add(b->out,
             "<rect x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%d\" rx=\"2\" fill=\"%s\" "
             "stroke=\"#5a6f91\" stroke-width=\"0.6\"/>\n",
             x, y, CELL_WIDTH - 3, CELL_HEIGHT - 3, fill);
    snprintf(name, sizeof(name), "%u", c->id);
    topo_svg_text(b->out, x + (CELL_WIDTH - 3) / 2.0, y + 10.5, c->id > 9999 ? 7 : 9, "middle",
                  name);
}

static void run_draw(const struct boxes *b, const struct run *r, double x, double y)
{
    static const char *const fills[] = {"#ffffff", "#f4f5f7", "#e9ecef",
                                        "#fdf6e3", "#eef7ee", "#ffffff"};
    struct grid grid;
    struct topo_size size = run_size(b, r, &grid);

    if (r->depth > 0) {
        char *label = label_make(b, r);

        text_add(b->out,
                 "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"4\" "
                 "fill=\"%s\" stroke=\"#888888\"/>\n",
                 x, y, size.width, size.height, fills[r->depth]);
        if (label != NULL)
            topo_svg_text(b->out, x + PAD, y + 11, 10, "start", label);
        free(label);
    }
    uint32_t next = r->first;

    for (unsigned int i = 0; i < grid.count; i++) {
        double cx = x + PAD + i % grid.columns * grid.cell.width;
        double cy = y + PAD + grid.label + i / grid.columns * grid.cell.height;

        if (r->depth == b->layer_count) {
            cpu_draw(b, b->order[next++], cx, cy);
        } else {
            struct run c = child_at(b, r, next);

            run_draw(b, &c, cx, cy);
            next = c.end;
        }
    }
}

/* Nodes that are memory only, and what colours mean. */
static double notes_draw(const struct boxes *b, double x, double y)
{
    const struct topo *t = b->t;
    double from = y;

    for (uint32_t n = 0; n < t->node_count; n++) {
        bool used = false;

        for (uint32_t i = 0; i < t->cpu_count && !used; i++)
            used = t->cpu[i].group[TOPO_NODE] == n;
        if (used)
            continue;
        char *line = text_format("node %u (%.4g GiB): no cpus", t->node[n].id,
                                 (double)t->node[n].memory_bytes / (1024.0 * 1024 * 1024));

        topo_svg_text(b->out, x, y += 14, 10, "start", line);
        free(line);
    }
    return y - from;
}

struct topo_size topo_svg_boxes(const struct topo *t, const struct topo_paint *paint, double x,
                                double y, struct text *out)
{
    struct boxes b = {.t = t, .paint = paint, .out = out};
    struct run all = {0, t->cpu_count, 0};
    struct grid grid;

    layers_make(&b);
    b.order = calloc(t->cpu_count, sizeof(*b.order));
    if (b.order == NULL)
        say_fail("out of memory on the host");
    for (uint32_t i = 0; i < t->cpu_count; i++)
        b.order[i] = i;
    qsort_r(b.order, t->cpu_count, sizeof(*b.order), cpu_order, &b);
    struct topo_size size = run_size(&b, &all, &grid);

    run_draw(&b, &all, x, y);
    size.height += notes_draw(&b, x, y + size.height);
    free(b.order);
    return size;
}
