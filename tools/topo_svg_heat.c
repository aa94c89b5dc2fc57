/* topo_svg_heat.c: latencies as a heat map, one path for each colour so that 192 x 192 cells stay a
 * small file; above 512 cpus neighbours share a cell (their mean). Logarithmic: the levels of real
 * machines are a factor apart. And the firmware's distances between nodes as a table of numbers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "say.h"
#include "topo_svg.h"

enum { COLOURS = 24, CELLS_MAX = 512, MAP_PIXELS = 768, NUMBERS_MAX = 16, DISTANCE_NODES_MAX = 32 };

/* From pale to dark by way of green and blue: readable without colour, too. */
static void colour_make(unsigned int i, char text[8])
{
    static const int anchor[4][3] = {
        {255, 250, 205}, {120, 198, 150}, {44, 110, 165}, {38, 12, 62}};
    double at = 3.0 * i / (COLOURS - 1);
    int k = at >= 3 ? 2 : (int)at;
    int c[3];

    for (int j = 0; j < 3; j++)
        c[j] = (int)lround(anchor[k][j] + (anchor[k + 1][j] - anchor[k][j]) * (at - k));
    snprintf(text, 8, "#%02x%02x%02x", c[0] & 255, c[1] & 255, c[2] & 255);
}

struct heat {
    const struct topo *t;
    uint32_t cells, step; /* step: cpus in a cell, each way */
    double cell_pixels, least, most;
};

/* The mean over a cell's pairs; 0: the diagonal. */
static double cell_ns(const struct heat *h, uint32_t row, uint32_t column)
{
    double sum = 0;
    unsigned int n = 0;

    for (uint32_t a = row * h->step; a < (row + 1) * h->step && a < h->t->cpu_count; a++)
        for (uint32_t b = column * h->step; b < (column + 1) * h->step && b < h->t->cpu_count; b++)
            if (a != b) {
                sum += topo_latency(h->t, a, b);
                n++;
            }
    return n > 0 ? sum / n : 0;
}

static unsigned int colour_of(const struct heat *h, double ns)
{
    double range = log(h->most / h->least);
    double at = range > 0 ? log(ns / h->least) / range : 0;
    int c = (int)(at * (COLOURS - 1) + 0.5);

    return c < 0 ? 0 : c >= COLOURS ? COLOURS - 1 : (unsigned int)c;
}

static void cells_draw(const struct heat *h, double x, double y, struct text *out)
{
    struct text path[COLOURS] = {{0}};

    for (uint32_t row = 0; row < h->cells; row++) {
        for (uint32_t column = 0, first = 0; column < h->cells; first = ++column) {
            double ns = cell_ns(h, row, column);

            if (ns <= 0)
                continue;
            unsigned int c = colour_of(h, ns);

            while (column + 1 < h->cells && cell_ns(h, row, column + 1) > 0 &&
                   colour_of(h, cell_ns(h, row, column + 1)) == c)
                column++;
            text_add(&path[c], "M%u %uh%uv1h-%uz", first, row, column + 1 - first,
                     column + 1 - first);
        }
    }
    text_add(out,
             "<g transform=\"translate(%.1f %.1f) scale(%.4f)\" shape-rendering=\"crispEdges\">\n",
             x, y, h->cell_pixels);
    for (unsigned int c = 0; c < COLOURS; c++) {
        char colour[8];

        colour_make(c, colour);
        if (path[c].length > 0)
            text_add(out, "<path fill=\"%s\" d=\"%s\"/>\n", colour, path[c].data);
        text_free(&path[c]);
    }
    text_add(out, "</g>\n");
}

/* Numbers in the cells of small machines. */
static void numbers_draw(const struct heat *h, double x, double y, struct text *out)
{
    for (uint32_t a = 0; a < h->cells; a++) {
        for (uint32_t b = 0; b < h->cells; b++) {
            char number[32];

            if (a == b)
                continue;
            snprintf(number, sizeof(number), "%.0f", cell_ns(h, a, b));
            text_add(out, "<g fill=\"%s\">",
                     colour_of(h, cell_ns(h, a, b)) > COLOURS / 2 ? "#ffffff" : "#000000");
            topo_svg_text(out, x + (b + 0.5) * h->cell_pixels, y + (a + 0.5) * h->cell_pixels + 4,
                          11, "middle", number);
            text_add(out, "</g>\n");
        }
    }
}

/* Every cpu's number where there is room, else the first of each cell of 16 pixels; lines where
 * neighbours are of different nodes. */
static void axes_draw(const struct heat *h, double x, double y, struct text *out)
{
    double side = h->cells * h->cell_pixels;
    uint32_t every = (uint32_t)ceil(22 / h->cell_pixels);

    for (uint32_t i = 0; i < h->cells; i++) {
        char number[16];
        double at = i * h->cell_pixels;

        if (i % every == 0) {
            snprintf(number, sizeof(number), "%u", h->t->cpu[i * h->step].id);
            topo_svg_text(out, x - 4, y + at + h->cell_pixels / 2 + 3, 9, "end", number);
            topo_svg_text(out, x + at + h->cell_pixels / 2, y - 4, 9, "middle", number);
        }
        if (i > 0 &&
            h->t->cpu[i * h->step].group[TOPO_NODE] != h->t->cpu[i * h->step - 1].group[TOPO_NODE])
            text_add(out,
                     "<path d=\"M%.1f %.1fv%.1fM%.1f %.1fh%.1f\" stroke=\"#ffffff\" "
                     "stroke-width=\"1\"/>\n",
                     x + at, y, side, x, y + at, side);
    }
    text_add(out,
             "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"none\" "
             "stroke=\"#444444\"/>\n",
             x, y, side, side);
}

static void scale_draw(const struct heat *h, double x, double y, struct text *out)
{
    char number[48];

    for (unsigned int c = 0; c < COLOURS; c++) {
        char colour[8];

        colour_make(c, colour);
        text_add(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"11\" height=\"10\" fill=\"%s\"/>\n",
                 x + c * 11.0, y, colour);
    }
    snprintf(number, sizeof(number), "%.0f ns", h->least);
    topo_svg_text(out, x, y + 21, 10, "start", number);
    snprintf(number, sizeof(number), "%.0f ns", sqrt(h->least * h->most));
    topo_svg_text(out, x + COLOURS * 5.5, y + 21, 10, "middle", number);
    snprintf(number, sizeof(number), "%.0f ns", h->most);
    topo_svg_text(out, x + COLOURS * 11, y + 21, 10, "end", number);
}

struct topo_size topo_svg_heat(const struct topo *t, double x, double y, struct text *out)
{
    struct heat h = {.t = t, .step = (t->cpu_count + CELLS_MAX - 1) / CELLS_MAX};
    double left = x + 30, top = y + 40;

    h.cells = (t->cpu_count + h.step - 1) / h.step;
    h.cell_pixels = fmin(36, floor(4.0 * MAP_PIXELS / h.cells) / 4);
    for (uint32_t a = 0; a < t->cpu_count; a++) {
        for (uint32_t b = 0; b < t->cpu_count; b++) {
            double ns = topo_latency(t, a, b);

            if (a == b)
                continue;
            h.least = h.least <= 0 || ns < h.least ? ns : h.least;
            h.most = ns > h.most ? ns : h.most;
        }
    }
    char *title =
        text_format("latency from cpu to cpu, one way: %s",
                    t->latency_source != NULL ? t->latency_source : "estimated from the levels");

    topo_svg_text(out, x, y + 12, 12, "start", title);
    free(title);
    if (t->cpu_count < 2)
        return (struct topo_size){300, 40};
    cells_draw(&h, left, top, out);
    axes_draw(&h, left, top, out);
    if (h.cells <= NUMBERS_MAX && h.step == 1)
        numbers_draw(&h, left, top, out);
    double side = h.cells * h.cell_pixels;

    scale_draw(&h, left, top + side + 12, out);
    return (struct topo_size){fmax(side + 34, 420), side + 80};
}

struct topo_size topo_svg_distances(const struct topo *t, double x, double y, struct text *out)
{
    double cell = 24;

    if (t->node_count < 2 || t->node_count > DISTANCE_NODES_MAX)
        return (struct topo_size){0, 0};
    topo_svg_text(out, x, y + 12, 12, "start",
                  "distance from node (row) to node, as the firmware says, 10: local");
    for (uint32_t a = 0; a < t->node_count; a++) {
        char number[16];

        snprintf(number, sizeof(number), "%u", t->node[a].id);
        text_add(out, "<g font-weight=\"bold\">");
        topo_svg_text(out, x + 20, y + 44 + a * 15.0, 10, "end", number);
        topo_svg_text(out, x + 30 + (a + 0.5) * cell, y + 29, 10, "middle", number);
        text_add(out, "</g>\n");
        for (uint32_t b = 0; b < t->node_count; b++) {
            snprintf(number, sizeof(number), "%u", topo_distance(t, a, b));
            topo_svg_text(out, x + 30 + (b + 0.5) * cell, y + 44 + a * 15.0, 10, "middle", number);
        }
    }
    return (struct topo_size){30 + cell * t->node_count, 40 + 15.0 * t->node_count};
}
