/* dump.c: the canonical dump of a machine (dump.h), and the command `skerry dump`, which boots one,
 * stops it at a console line, writes the dump, checks what must hold, and then breaks things in a
 * private copy of the memory: what is not found fails the command. */
#include "dump.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dump_core.h"
#include "dump_plant.h"
#include "farm.h"
#include "files.h"
#include "gdbstub.h"
#include "guest.h"
#include "image.h"
#include "machine.h"
#include "process.h"
#include "run.h"
#include "say.h"

enum { TRIES = 20, PAUSE_US = 100 * 1000, NOTES = 12, SILENCE_S = 240, SOCKET_PATH_BYTES = 108 };

static enum table_format format_of(const struct options *o)
{
    return o->arch[0] == 'x' ? TABLES_X86_64 : TABLES_AARCH64;
}

static bool machine_read(struct dump_source *s, struct gdbstub *g, uint64_t *root)
{
    const char *name = format_of(s->options) == TABLES_X86_64 ? "cr3" : "TTBR1_EL1";
    struct text mtree = {0};
    bool good = gdbstub_open(g, s->gdb);

    if (good && !s->mapped) {
        good =
            gdbstub_monitor(g, "info mtree -f", &mtree) && guest_memory_map(s->memory, mtree.data);
        s->mapped = good;
    }
    guest_memory_renew(s->memory);
    for (unsigned int i = 0; good && i < s->options->cores; i++) {
        good = gdbstub_register(g, i, name, &root[i]);
        root[i] &= 0x0000fffffffff000ull;
    }
    text_free(&mtree);
    if (!good)
        say_line("the machine cannot be read for a dump");
    return good;
}

static void core_dump(struct dump_source *s, unsigned int number, uint64_t root, struct dump *d,
                      enum dump_plant plant)
{
    struct dump_core c = {.dump = d,
                          .memory = s->memory,
                          .format = format_of(s->options),
                          .number = number,
                          .place = {.kernel_root = root}};

    if (dump_read(&c)) {
        if (plant != DUMP_PLANT_COUNT) {
            d->wrong_count = dump_plant(&c, plant);
        } else {
            dump_check(&c);
            dump_print(&c);
        }
    }
    free(c.cap);
    free(c.holder);
}

static void memory_dump(struct dump_source *s, const uint64_t *root, struct dump *d)
{
    *d = (struct dump){0};
    text_add(&d->text, "skerry-dump 1\n");
    for (unsigned int i = 0; i < s->options->cores; i++)
        core_dump(s, i, root[i], d, DUMP_PLANT_COUNT);
}

bool dump_take(struct dump_source *s, struct dump *d)
{
    uint64_t root[WALK_CORES_MAX];
    struct gdbstub g;

    *d = (struct dump){0};
    if (!machine_read(s, &g, root)) {
        gdbstub_leave(&g);
        return false;
    }
    memory_dump(s, root, d);
    return gdbstub_leave(&g);
}

bool dump_visit(struct dump_source *s, unsigned int number,
                void (*visit)(void *context, struct dump_core *c), void *context)
{
    uint64_t root[WALK_CORES_MAX];
    struct gdbstub g;
    struct dump d = {0};
    bool good = machine_read(s, &g, root);
    struct dump_core c = {.dump = &d,
                          .memory = s->memory,
                          .format = format_of(s->options),
                          .number = number,
                          .place = {.kernel_root = good ? root[number] : 0}};

    good = good && dump_read(&c);
    if (good)
        visit(context, &c);
    free(c.cap);
    free(c.holder);
    dump_free(&d);
    return gdbstub_leave(&g) && good;
}

bool dump_settled(struct dump_source *s, struct dump *d)
{
    bool same = false;

    if (!dump_take(s, d))
        return false;
    for (int i = 1; i < TRIES && !same; i++) {
        struct dump next;

        usleep(PAUSE_US);
        if (!dump_take(s, &next)) {
            dump_free(&next);
            break;
        }
        same = next.wrong_count == 0 && d->wrong_count == 0 &&
               strcmp(next.text.data, d->text.data) == 0;
        dump_free(d);
        *d = next;
    }
    return same;
}

void dump_free(struct dump *d)
{
    text_free(&d->text);
    list_free(&d->wrong);
    *d = (struct dump){0};
}

static void lines_sorted(const struct dump *d, struct list *lines)
{
    if (d->text.data != NULL)
        list_add_split(lines, d->text.data, '\n');
    list_sort(lines);
}

size_t dump_compare(const struct dump *before, const struct dump *after, struct list *notes)
{
    struct list a = {0}, b = {0};
    size_t i = 0, k = 0, count = 0;

    lines_sorted(before, &a);
    lines_sorted(after, &b);
    while (i < a.count || k < b.count) {
        int order = i == a.count ? 1 : k == b.count ? -1 : strcmp(a.item[i], b.item[k]);

        if (order != 0 && count++ < NOTES)
            list_add(notes, "%s: %s", order < 0 ? "gone" : "new",
                     order < 0 ? a.item[i] : b.item[k]);
        i += order <= 0;
        k += order >= 0;
    }
    list_free(&a);
    list_free(&b);
    return count;
}

/* ---- The command ---- */

struct session {
    struct dump_source source;
    const char *at;
    struct farm farm;
    struct dump dump;
    bool taken, settled;
    unsigned int planted, found;
    struct list missed;
};

/* The machine stands still for this: the copies differ from its memory. */
static void plants_try(struct session *s)
{
    uint64_t root[WALK_CORES_MAX];
    struct gdbstub g;
    bool open = machine_read(&s->source, &g, root);

    for (int p = 0; open && p < DUMP_PLANT_COUNT; p++) {
        struct dump d = {0};

        core_dump(&s->source, 0, root[0], &d, (enum dump_plant)p);
        bool possible = d.wrong_count > 0;

        dump_free(&d);
        if (!possible)
            continue;
        memory_dump(&s->source, root, &d);
        s->planted++;
        s->found += d.wrong_count > s->dump.wrong_count;
        if (d.wrong_count <= s->dump.wrong_count)
            list_add(&s->missed, "%s", dump_plant_name((enum dump_plant)p));
        dump_free(&d);
        guest_memory_renew(s->source.memory);
    }
    gdbstub_kill(&g);
}

static bool line_take(void *context, const char *line)
{
    struct session *s = context;

    farm_line(&s->farm, line);
    if (strncmp(line, s->at, strlen(s->at)) != 0)
        return false;
    s->settled = dump_settled(&s->source, &s->dump);
    s->taken = s->dump.text.data != NULL;
    if (s->taken)
        plants_try(s);
    return true;
}

static void tick(void *context)
{
    farm_tick(&((struct session *)context)->farm);
}

static void result_print(const struct session *s, const char *file)
{
    const struct dump *d = &s->dump;

    for (size_t i = 0; i < d->wrong.count; i++)
        printf("WRONG %s\n", d->wrong.item[i]);
    for (size_t i = 0; i < s->missed.count; i++)
        printf("planted %s: NOT FOUND\n", s->missed.item[i]);
    printf("%u cores: %llu capabilities of %llu objects, %llu KiB of RAM free; %llu mappings "
           "without a frame; %llu things wrong; %u of %u planted found\n%s\n",
           s->source.options->cores, (unsigned long long)d->caps, (unsigned long long)d->objects,
           (unsigned long long)(d->free_bytes >> 10), (unsigned long long)d->orphans,
           (unsigned long long)d->wrong_count, s->found, s->planted, file);
    if (!s->settled)
        printf("the machine did not settle: two dumps in a row were never equal and whole\n");
}

static int session_run(struct session *s, const struct machine *m, const char *folder)
{
    const struct options *o = s->source.options;
    struct list argv = {0};
    char *console = text_format("%s/console.log", folder);
    char *qemu = text_format("%s/qemu.log", folder);
    char *file = text_format("%s/dump.txt", folder);
    struct guest g = {.argv = &argv,
                      .console_log = console,
                      .qemu_log = qemu,
                      .limit_s = o->limit_s,
                      .silence_s = SILENCE_S,
                      .verbose = o->verbose,
                      .context = s,
                      .on_line = line_take,
                      .on_tick = tick};

    machine_arguments(m, &argv);
    s->farm.started_s = process_seconds();
    enum guest_end end = guest_run(&g);

    if (end != GUEST_DONE && end != GUEST_INTERRUPTED)
        say_line("%s: see %s and %s", guest_end_text(end), console, qemu);
    if (s->taken) {
        files_write(file, &s->dump.text);
        result_print(s, file);
    }
    list_free(&argv);
    free(console);
    free(qemu);
    free(file);
    if (end == GUEST_INTERRUPTED)
        return EXIT_INTERRUPTED;
    return s->taken && s->settled && s->found > 0 && s->found == s->planted ? EXIT_OK : EXIT_FAILED;
}

int dump_command(int argc, char **argv)
{
    char folder[PATH_MAX];
    struct jobfile jobs;
    struct image image = {0};
    struct guest_memory memory;
    struct options o;

    options_read(&o, FOR_DUMP, "dump", argc, argv);
    run_jobs_make(&o, &jobs);
    files_make_directory(o.out);
    if (realpath(o.out, folder) == NULL || strchr(folder, ',') != NULL)
        say_fail("--out %s: no commas in the path, please", o.out);
    image_make(&image, o.arch, &jobs.jobs, &jobs.cargo);
    char *gdb = text_format("%s/gdb", image.folder);

    if (strlen(gdb) >= SOCKET_PATH_BYTES)
        say_fail("%s is too long for a socket: move the tree to a shorter path", gdb);
    struct machine m = {.options = &o,
                        .archive = image.archive,
                        .share = folder,
                        .gdb = gdb,
                        .memory = &memory,
                        .words = "stay=1 quiet_ms=3000"};

    machine_settle(&m);
    guest_memory_make(&memory, o.nodes, m.memory_bytes / o.nodes);
    struct session s = {
        .source = {.options = &o, .gdb = gdb, .memory = &memory},
        .at = o.at != NULL       ? o.at
              : o.mode[0] == 'f' ? "@quiet point=end"
                                 : "@boot",
        .farm = {.options = &o, .jobs = &jobs.jobs, .memory_bytes = m.memory_bytes}};
    int code = session_run(&s, &m, folder);

    dump_free(&s.dump);
    list_free(&s.missed);
    guest_memory_close(&memory);
    unlink(gdb);
    free(gdb);
    if (!o.keep)
        image_remove(&image);
    return code;
}
