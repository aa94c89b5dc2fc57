/* topo_svg.c: draws a machine: boxes for packages, nodes, caches, clusters and cores on the left, the
 * heat map of latencies on the right, the firmware's distances below it. Plain SVG 1.1, no script. */
#include "topo_svg.h"

#include <stdlib.h>

void topo_svg_text(struct text *out, double x, double y, double size, const char *anchor,
                   const char *what)
{
    text_add(out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%g\" text-anchor=\"%s\">", x, y, size,
             anchor);
    for (; *what != 0; what++) {
        if (*what == '<')
            text_add(out, "&lt;");
        else if (*what == '>')
            text_add(out, "&gt;");
        else if (*what == '&')
            text_add(out, "&amp;");
        else if ((unsigned char)*what >= ' ')
            text_add(out, "%c", *what);
    }
    text_add(out, "</text>\n");
}

static void title_draw(const struct topo *t, struct text *out)
{
    char *facts = text_format("%u cpus, %u cores, %u caches, %u packages, %u nodes", t->cpu_count,
                              t->group_count[TOPO_CORE], t->group_count[TOPO_CACHE],
                              t->group_count[TOPO_PACKAGE], t->node_count);

    topo_svg_text(out, 16, 28, 18, "start", t->name != NULL ? t->name : "machine");
    topo_svg_text(out, 16, 46, 11, "start", facts);
    free(facts);
}

void topo_svg(const struct topo *t, const struct topo_paint *paint, struct text *out)
{
    struct text body = {0};

    title_draw(t, &body);
    struct topo_size boxes = topo_svg_boxes(t, paint, 16, 60, &body);
    double right = boxes.width + 48;
    struct topo_size heat = topo_svg_heat(t, right, 60, &body);
    struct topo_size far = topo_svg_distances(t, right, 60 + heat.height + 24, &body);
    double wide = heat.width > far.width ? heat.width : far.width;
    double high = heat.height + far.height + 24;

    high = 60 + (boxes.height > high ? boxes.height : high) + 16;
    text_add(out,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
             "viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\">\n"
             "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n%s</svg>\n",
             right + wide + 16, high, right + wide + 16, high, body.data);
    text_free(&body);
}
