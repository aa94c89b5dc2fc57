/* topo.c: the command `skerry topo`: reads a machine from wherever it is described, joins or measures
 * latencies, prints it as the plain table, draws it. */
#include "topo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "latency.h"
#include "options.h"
#include "say.h"

static bool file_read(struct topo *t, const char *path, char **text)
{
    *text = files_regular(path) ? files_text(path) : NULL;
    return *text != NULL ||
           topo_fail(t, "%s: there is no such file, or it is no text of at most 16 MiB", path);
}

static bool text_read(struct topo *t, const char *path,
                      bool (*read)(struct topo *t, const char *path, const char *text))
{
    char *text;
    bool good = file_read(t, path, &text) && read(t, path, text);

    free(text);
    return good;
}

static bool xml_read(struct topo *t, const char *path)
{
    if (!files_regular(path))
        return topo_fail(t, "%s: there is no such file", path);
    return topo_read_xml(t, path);
}

bool topo_read_any(struct topo *t, const char *what, uint64_t seed)
{
    char *text;
    bool good;

    if (strcmp(what, "here") == 0)
        return topo_read_here(t);
    if (strchr(what, '/') == NULL && !files_regular(what))
        return topo_read_machine(t, what, seed);
    if (!file_read(t, what, &text))
        return false;
    if (text[strspn(text, " \t\r\n")] == '<')
        good = topo_read_xml(t, what);
    else if (strncmp(text, "skerry-machine ", 15) == 0)
        good = topo_read_table(t, what, text);
    else
        good = topo_read_boot(t, what, text);
    free(text);
    return good;
}

static bool machine_read_from(struct topo *t, const struct options *o, uint64_t seed)
{
    if (o->xml != NULL)
        return xml_read(t, o->xml);
    if (o->synthetic != NULL)
        return topo_read_synthetic(t, o->synthetic);
    if (o->table != NULL)
        return text_read(t, o->table, topo_read_table);
    if (o->boot != NULL)
        return text_read(t, o->boot, topo_read_boot);
    if (o->machine != NULL)
        return topo_read_machine(t, o->machine, seed);
    return topo_read_here(t);
}

static void remarks_print(struct text *remarks)
{
    if (remarks->length > 0)
        fprintf(stderr, "%s", remarks->data);
    text_free(remarks);
}

static bool latencies_read(struct topo *t, const struct options *o)
{
    struct text remarks = {0};
    bool good = true;

    if (o->measure)
        good = latency_measure(t, &remarks);
    if (o->latency != NULL) {
        good = text_read(t, o->latency, latency_join);
        if (good)
            latency_contradictions(t, &remarks);
    }
    remarks_print(&remarks);
    return good;
}

/* A line a level: how far its pairs are. */
static void levels_print(const struct topo *t, struct text *out)
{
    if (t->latency_ns == NULL)
        return;
    text_add(out, "# latencies: %s\n", t->latency_source);
    for (int l = TOPO_LEVELS; l >= 0; l--) {
        double least = 0, most = 0, sum = 0;
        unsigned int n = 0;

        for (uint32_t a = 0; a < t->cpu_count; a++) {
            for (uint32_t b = 0; b < t->cpu_count; b++) {
                double ns = topo_latency(t, a, b);

                if (a == b || topo_shared(t, a, b) != (enum topo_level)l)
                    continue;
                least = n == 0 || ns < least ? ns : least;
                most = ns > most ? ns : most;
                sum += ns;
                n++;
            }
        }
        if (n > 0)
            text_add(out, "# within one %-8s %6.1f ns (%.1f .. %.1f)\n",
                     topo_level_name((enum topo_level)l), sum / n, least, most);
    }
}

static void results_write(const struct topo *t, const struct options *o)
{
    struct text out = {0};

    topo_print(t, &out);
    levels_print(t, &out);
    fputs(out.data, stdout);
    text_free(&out);
    if (o->svg != NULL) {
        topo_svg(t, NULL, &out);
        files_write(o->svg, &out);
        text_free(&out);
    }
    if (o->json != NULL) {
        topo_json(t, &out);
        files_write(o->json, &out);
        text_free(&out);
    }
    if (o->csv != NULL) {
        latency_print(t, &out);
        files_write(o->csv, &out);
        text_free(&out);
    }
}

static void options_judge(const struct options *o)
{
    int sources = (o->xml != NULL) + (o->synthetic != NULL) + (o->table != NULL) +
                  (o->boot != NULL) + (o->machine != NULL);

    if (sources > 1)
        say_fail("give one of --xml, --synthetic, --table, --boot, --machine");
    if (o->measure && sources > 0)
        say_fail("--measure measures this machine: leave the other machine away");
    if (o->measure && o->latency != NULL)
        say_fail("give one of --measure and --latency");
    if (o->words.count > 0)
        say_fail("skerry topo takes no argument \"%s\": see skerry topo --help", o->words.item[0]);
}

int topo_command(int argc, char **argv)
{
    struct topo t = {0};
    struct options o;

    options_read(&o, FOR_TOPO, "topo", argc, argv);
    options_judge(&o);
    if (o.list) {
        struct text out = {0};

        topo_machines_print(&out);
        fputs(out.data, stdout);
        text_free(&out);
        return EXIT_OK;
    }
    if (!machine_read_from(&t, &o, o.seed != NULL ? strtoull(o.seed, NULL, 16) : 1) ||
        !latencies_read(&t, &o))
        say_fail("%s", t.problem);
    results_write(&t, &o);
    topo_free(&t);
    return EXIT_OK;
}
