/* walk.c: the command `skerry walk`: boots a machine whose RAM is shared with this program, stops
 * it when it is up, walks all page tables (walk_check.c), then plants violations in a private copy
 * of that RAM and walks again: a violation that is not found fails the command, too. */
#include "walk.h"

#include <limits.h>
#include <skerry/base.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "farm.h"
#include "files.h"
#include "gdbstub.h"
#include "guest.h"
#include "image.h"
#include "machine.h"
#include "process.h"
#include "run.h"
#include "say.h"
#include "walk_check.h"

enum { SILENCE_S = 240, PLANTS = 6, SOCKET_PATH_BYTES = 108 /* unix(7) */ };

static const struct {
    const char *name;
    enum walk_rule rule;
} plants[PLANTS] = {{"shared", WALK_SHARED},     {"wx", WALK_WX},
                    {"text", WALK_TEXT},         {"zone", WALK_ZONE},
                    {"leftover", WALK_LEFTOVER}, {"copy", WALK_COPY}};

enum plant_result { PLANT_NOT_TRIED, PLANT_FOUND, PLANT_MISSED };

struct session {
    const struct options *options;
    const char *gdb, *at;
    struct farm farm;
    struct guest_memory memory;
    struct walk walk;
    struct walk_core *cores;
    bool walked;
    double took_s;
    enum plant_result planted[PLANTS];
};

static bool bits_on(struct gdbstub *g, unsigned int cpu, const char *name, uint64_t on,
                    uint64_t off)
{
    uint64_t value;

    if (!gdbstub_register(g, cpu, name, &value))
        say_fail("QEMU does not tell register %s of core %u", name, cpu);
    return (value & on) == on && (value & off) == 0;
}

static void root_read(struct gdbstub *g, unsigned int cpu, const char *name, uint64_t *root)
{
    if (!gdbstub_register(g, cpu, name, root))
        say_fail("QEMU does not tell register %s of core %u", name, cpu);
    *root &= 0x0000fffffffff000ull;
}

/* CR0.WP, CR4.SMEP, CR4.SMAP, EFER.NXE; SCTLR_EL1.M and WXN on, SPAN off (PAN at each exception).
 */
static void core_read(struct gdbstub *g, enum table_format format, unsigned int cpu,
                      struct walk_core *c)
{
    switch (format) {
    case TABLES_X86_64:
        root_read(g, cpu, "cr3", &c->kernel_root);
        c->user_root = c->kernel_root;
        c->protected = bits_on(g, cpu, "cr0", 1u << 16, 0) && bits_on(g, cpu, "cr4", 3u << 20, 0) &&
                       bits_on(g, cpu, "efer", 1u << 11, 0);
        break;
    case TABLES_AARCH64:
        root_read(g, cpu, "TTBR1_EL1", &c->kernel_root);
        root_read(g, cpu, "TTBR0_EL1", &c->user_root);
        c->protected = bits_on(g, cpu, "SCTLR", 1u | 1u << 19, 1u << 23);
        break;
    }
}

static bool machine_read(struct session *s)
{
    const struct options *o = s->options;
    struct text mtree = {0};
    struct gdbstub g;
    bool good = gdbstub_open(&g, s->gdb);

    if (!good)
        say_line("QEMU's gdbstub does not answer");
    if (good && (!gdbstub_monitor(&g, "info mtree -f", &mtree) ||
                 !guest_memory_map(&s->memory, mtree.data))) {
        say_line("QEMU does not tell where the machine's memory lies");
        good = false;
    }
    for (unsigned int c = 0; good && c < o->cores; c++) {
        core_read(&g, s->walk.format, c, &s->cores[c]);
        for (unsigned int n = 0; n < o->nodes; n++)
            if (c >= o->cores * n / o->nodes && c < o->cores * (n + 1) / o->nodes)
                s->cores[c].node = n;
    }
    text_free(&mtree);
    if (good)
        walk_all(&s->walk);
    s->walked = good;
    /* QEMU must not write on while copies are compared: it is ended only now. */
    gdbstub_kill(&g);
    return good;
}

/* A second copy of a page of a program, in the same node, over some page of a user. */
static uint64_t copy_make(const struct walk *w)
{
    uint64_t pa = w->program_text.leaf.pa, place = w->user_data.leaf.pa;
    const void *from = guest_memory_at(w->memory, pa, PAGE_BYTES);
    void *to = guest_memory_at(w->memory, place, PAGE_BYTES);

    if (w->program_text.leaf.bytes == 0 || w->user_data.leaf.bytes == 0 || from == NULL ||
        to == NULL)
        return 0;
    memcpy(to, from, PAGE_BYTES);
    return place;
}

/* Changes one entry in our copy of the RAM; false when this machine has no mapping to do it with.
 */
static bool plant(struct session *s, enum walk_rule rule)
{
    const struct walk *w = &s->walk;
    struct walk_sample target = w->kernel_data;
    enum table_change change = CHANGE_ADDRESS;
    uint64_t pa = 0;

    if (rule == WALK_SHARED)
        pa = w->other_data.leaf.pa;
    else if (rule == WALK_TEXT)
        pa = w->kernel_text.leaf.pa;
    else if (rule == WALK_WX)
        change = CHANGE_EXECUTABLE;
    else if (rule == WALK_COPY)
        target = w->program_text;
    else
        target = w->user_data;
    if (rule == WALK_COPY)
        pa = copy_make(w);
    if (rule == WALK_ZONE)
        pa = w->kernel_data.leaf.pa;
    if (rule == WALK_LEFTOVER)
        change = CHANGE_NOT_USER;
    uint64_t *entry = guest_memory_at(w->memory, target.leaf.entry_pa, 8);

    if (target.leaf.bytes == 0 || entry == NULL || (change == CHANGE_ADDRESS && pa == 0))
        return false;
    *entry = tables_change(w->format, *entry, change, pa);
    return true;
}

/* Each walk leaves its own samples and counts, so the honest walk is done once more at the end. */
static void plants_try(struct session *s)
{
    for (int i = 0; i < PLANTS; i++) {
        uint64_t before = s->walk.violations[plants[i].rule];

        if (!plant(s, plants[i].rule))
            continue;
        walk_all(&s->walk);
        bool found = s->walk.violations[plants[i].rule] > before;

        s->planted[i] = found ? PLANT_FOUND : PLANT_MISSED;
        guest_memory_renew(&s->memory);
        walk_all(&s->walk);
    }
}

static void plant_named(struct session *s)
{
    for (int i = 0; i < PLANTS; i++)
        if (strcmp(plants[i].name, s->options->plant) == 0 && !plant(s, plants[i].rule))
            say_fail("--plant %s: no mapping to do it with on this machine (more cores?)",
                     s->options->plant);
    walk_all(&s->walk);
}

static bool line_take(void *context, const char *line)
{
    struct session *s = context;

    farm_line(&s->farm, line);
    if (strncmp(line, s->at, strlen(s->at)) != 0)
        return false;
    double started_s = process_seconds();

    if (machine_read(s)) {
        if (s->options->plant != NULL)
            plant_named(s);
        else
            plants_try(s);
    }
    s->took_s = process_seconds() - started_s;
    return true;
}

static void tick(void *context)
{
    farm_tick(&((struct session *)context)->farm);
}

static void result_print(const struct session *s)
{
    const struct walk *w = &s->walk;
    unsigned int spaces = 0;

    for (unsigned int c = 0; c < w->core_count; c++)
        spaces += w->core[c].spaces;
    printf("%u cores: %llu pages in kernel halves, %llu of them writable, each by one core; "
           "%u address spaces with %llu user pages; %llu page tables\n",
           w->core_count, (unsigned long long)w->kernel_pages,
           (unsigned long long)w->kernel_writable, spaces, (unsigned long long)w->user_pages,
           (unsigned long long)w->tables);
    if (w->text.count > 0)
        printf("%zu pages of Linux programs' text are mapped %zu times\n", w->text.count,
               w->text.mappings);
    for (size_t i = 0; i < w->notes.count; i++)
        printf("  %s\n", w->notes.item[i]);
    for (int i = 0; i < WALK_RULE_COUNT; i++)
        if (w->violations[i] > 0)
            printf("VIOLATION %s, %llu times: %s\n", walk_rule_name((enum walk_rule)i),
                   (unsigned long long)w->violations[i], walk_rule_text((enum walk_rule)i));
    for (int i = 0; i < PLANTS && s->options->plant == NULL; i++)
        printf("planted %-9s %s\n", plants[i].name,
               s->planted[i] == PLANT_FOUND    ? "found"
               : s->planted[i] == PLANT_MISSED ? "NOT FOUND"
                                               : "not possible on this machine");
    printf("%llu violations; the walk took %.2f s\n", (unsigned long long)walk_violations(w),
           s->took_s);
}

static void result_json(const struct session *s, struct text *t)
{
    static const char *const states[] = {"not_tried", "found", "missed"};
    const struct walk *w = &s->walk;
    const char *separator = "";

    text_add(t, "{\"format\":\"skerry-walk 1\",\n\"machine\":{\"arch\":\"%s\",\"cores\":%u,",
             s->options->arch, w->core_count);
    text_add(t, "\"nodes\":%u},\n\"kernel_pages\":%llu,\"kernel_writable_pages\":%llu,",
             s->options->nodes, (unsigned long long)w->kernel_pages,
             (unsigned long long)w->kernel_writable);
    text_add(t, "\"user_pages\":%llu,\"dispatcher_pages\":%llu,\"window_shared_pages\":%llu,",
             (unsigned long long)w->user_pages, (unsigned long long)w->dispatcher_pages,
             (unsigned long long)w->window_shared);
    text_add(t, "\"program_text_pages\":%zu,\"program_text_mappings\":%zu,", w->text.count,
             w->text.mappings);
    text_add(t, "\"tables\":%llu,\n\"violations\":[", (unsigned long long)w->tables);
    for (int i = 0; i < WALK_RULE_COUNT; i++) {
        if (w->violations[i] == 0)
            continue;
        text_add(t, "%s{\"rule\":\"%s\",\"count\":%llu,\"text\":\"%s\"}", separator,
                 walk_rule_name((enum walk_rule)i), (unsigned long long)w->violations[i],
                 walk_rule_text((enum walk_rule)i));
        separator = ",";
    }
    text_add(t, "],\n\"planted\":[");
    for (int i = 0; i < PLANTS; i++)
        text_add(t, "%s{\"rule\":\"%s\",\"result\":\"%s\"}", i > 0 ? "," : "", plants[i].name,
                 states[s->planted[i]]);
    text_add(t, "]}\n");
}

static int verdict(const struct session *s, enum guest_end end)
{
    unsigned int found = 0, missed = 0;

    if (end == GUEST_INTERRUPTED)
        return EXIT_INTERRUPTED;
    for (int i = 0; i < PLANTS; i++) {
        found += s->planted[i] == PLANT_FOUND;
        missed += s->planted[i] == PLANT_MISSED;
    }
    return s->walked && walk_violations(&s->walk) == 0 && missed == 0 && found > 0 ? EXIT_OK
                                                                                   : EXIT_FAILED;
}

static int session_run(struct session *s, const struct machine *m, const char *folder)
{
    struct list argv = {0};
    char *console = text_format("%s/console.log", folder);
    char *qemu = text_format("%s/qemu.log", folder);
    struct guest g = {.argv = &argv,
                      .console_log = console,
                      .qemu_log = qemu,
                      .limit_s = s->options->limit_s,
                      .silence_s = SILENCE_S,
                      .verbose = s->options->verbose,
                      .context = s,
                      .on_line = line_take,
                      .on_tick = tick};

    machine_arguments(m, &argv);
    s->farm.started_s = process_seconds();
    enum guest_end end = guest_run(&g);

    if (end != GUEST_DONE && end != GUEST_INTERRUPTED)
        say_line("%s: see %s and %s", guest_end_text(end), console, qemu);
    if (s->walked) {
        result_print(s);
        if (s->options->json != NULL) {
            struct text t = {0};

            result_json(s, &t);
            files_write(s->options->json, &t);
            text_free(&t);
        }
    }
    list_free(&argv);
    free(console);
    free(qemu);
    return verdict(s, end);
}

static void options_settle(const struct options *o)
{
    bool known = o->plant == NULL;

    for (int i = 0; i < PLANTS; i++)
        known = known || strcmp(plants[i].name, o->plant) == 0;
    if (!known)
        say_fail("--plant %s: give shared, wx, text, zone, leftover or copy", o->plant);
}

int walk_command(int argc, char **argv)
{
    char folder[PATH_MAX];
    struct jobfile jobs;
    struct image image = {0};
    struct options o;

    options_read(&o, FOR_WALK, "walk", argc, argv);
    options_settle(&o);
    run_jobs_make(&o, &jobs);
    files_make_directory(o.out);
    if (realpath(o.out, folder) == NULL || strchr(folder, ',') != NULL)
        say_fail("--out %s: no commas in the path, please", o.out);
    image_make(&image, o.arch, &jobs.jobs, &jobs.cargo);
    char *gdb = text_format("%s/gdb", image.folder);

    if (strlen(gdb) >= SOCKET_PATH_BYTES)
        say_fail("%s is too long for a socket: move the tree to a shorter path", gdb);
    struct walk_core *cores = calloc(o.cores, sizeof(*cores));
    struct session s = {.options = &o, .gdb = gdb, .cores = cores};
    struct machine m = {.options = &o,
                        .archive = image.archive,
                        .share = folder,
                        .gdb = gdb,
                        .memory = &s.memory,
                        .words = "stay=1"};

    machine_settle(&m);
    guest_memory_make(&s.memory, o.nodes, m.memory_bytes / o.nodes);
    s.at = o.at != NULL ? o.at : o.mode[0] == 'f' ? "@job end" : "@boot";
    s.farm = (struct farm){.options = &o, .jobs = &jobs.jobs, .memory_bytes = m.memory_bytes};
    s.walk = (struct walk){.memory = &s.memory,
                           .format = o.arch[0] == 'x' ? TABLES_X86_64 : TABLES_AARCH64,
                           .core = cores,
                           .core_count = o.cores};
    int code = session_run(&s, &m, folder);

    walk_reset(&s.walk);
    guest_memory_close(&s.memory);
    unlink(gdb);
    free(gdb);
    free(cores);
    if (!o.keep)
        image_remove(&image);
    return code;
}
