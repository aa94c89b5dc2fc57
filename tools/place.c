/* place.c: the command `skerry place`: a manifest onto a machine; prints the plan, explains and draws
 * it, or says what cannot fit and what would. */
#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "latency.h"
#include "options.h"
#include "say.h"

static void plan_draw(const struct place *p, const char *path)
{
    int *colour = calloc(p->t->cpu_count, sizeof(*colour));
    struct text out = {0};

    if (colour == NULL)
        say_fail("out of memory on the host");
    memset(colour, 0xff, p->t->cpu_count * sizeof(*colour));
    for (uint32_t i = 0; i < p->partition_count; i++)
        for (uint32_t k = 0; k < p->partition[i].cores; k++)
            colour[p->partition[i].cpu[k]] = (int)i;
    topo_svg(p->t, &(struct topo_paint){.colour = colour}, &out);
    files_write(path, &out);
    text_free(&out);
    free(colour);
}

static void results_write(const struct place *p, const struct options *o)
{
    struct text out = {0};

    place_print(p, &out);
    if (o->explain)
        place_explain(p, &out);
    fputs(out.data, stdout);
    text_free(&out);
    if (o->json != NULL) {
        place_json(p, &out);
        files_write(o->json, &out);
        text_free(&out);
    }
    if (o->svg != NULL)
        plan_draw(p, o->svg);
}

static void machine_take(struct topo *t, const struct options *o, uint64_t seed)
{
    if (!topo_read_any(t, o->on != NULL ? o->on : "here", seed))
        say_fail("%s", t->problem);
    if (o->latency == NULL)
        return;
    char *text = files_regular(o->latency) ? files_text(o->latency) : NULL;

    if (text == NULL)
        say_fail("%s: there is no such file, or it is no text", o->latency);
    if (!latency_join(t, o->latency, text))
        say_fail("%s", t->problem);
    free(text);
}

int place_command(int argc, char **argv)
{
    struct place *p = calloc(1, sizeof(*p));
    struct topo t = {0};
    struct settings s;
    struct options o;

    options_read(&o, FOR_PLACE, "place", argc, argv);
    if (o.words.count != 1 || p == NULL)
        say_fail("name one manifest: see skerry place --help");
    p->seed = o.seed != NULL ? strtoull(o.seed, NULL, 16) : 1;
    machine_take(&t, &o, p->seed);
    p->t = &t;
    bool good = settings_open(&s, o.words.item[0], PLACE_FORMAT) && place_read(p, &s) &&
                place_partitions(p, &s);

    settings_print(&s);
    if (good) {
        place_domains(p);
        results_write(p, &o);
    }
    place_free(p);
    settings_close(&s);
    topo_free(&t);
    free(p);
    return good ? EXIT_OK : EXIT_USAGE;
}
