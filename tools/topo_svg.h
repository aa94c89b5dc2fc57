#ifndef TOOLS_TOPO_SVG_H
#define TOOLS_TOPO_SVG_H

#include "topo.h"

/* The parts of the drawing; sizes in SVG's pixels. Each draws at (x, y) and says how much room it took. */
struct topo_size {
    double width, height;
};

struct topo_size topo_svg_boxes(const struct topo *t, const struct topo_paint *paint, double x,
                                double y, struct text *out);
struct topo_size topo_svg_heat(const struct topo *t, double x, double y, struct text *out);
struct topo_size topo_svg_distances(const struct topo *t, double x, double y, struct text *out);
/* A text element; `size` is the letters' height. */
void topo_svg_text(struct text *out, double x, double y, double size, const char *anchor,
                   const char *what);

#endif
