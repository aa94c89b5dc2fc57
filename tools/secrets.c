/* secrets.c: the command `skerry secrets`: on a machine of one core a job puts a secret into every
 * register, its stack, memory, a scratch file, message lines and its shared page, and ends, or is
 * ended in the middle of a loop. The next job looks at its own first state and at all the memory it
 * can get; then the machine is stopped and the whole of its memory is searched. While the first
 * job still lives the search must find the secret, or the search is worth nothing. */
#include "secrets.h"

#include <limits.h>
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
#include "options.h"
#include "process.h"
#include "say.h"

enum {
    PLANTS = 2,
    SECRET_BYTES = 6,
    SHOWN = 8,
    LOOP_MS = 3000,
    LOOK_MS = 120000,
    SILENCE_S = 240,
    SOCKET_PATH_BYTES = 108
};

/* Each planting job is followed by one that looks; the search comes at the barrier behind it. */
static const struct {
    const char *kind, *number;
    enum job_status status;
} plants[PLANTS] = {{"plant-loop", "271828", JOB_TIME}, {"plant-exit", "314159", JOB_OK}};

struct session {
    const struct options *options;
    const char *gdb;
    struct farm farm;
    struct guest_memory memory;
    bool mapped;
    unsigned int searches, wrong;
    uint64_t alive; /* found while the first job lived */
    bool planted[PLANTS], looked[PLANTS];
};

/* As apps/hostile/secret.c makes it: the low 16 bits of a word say where it was put. */
static uint64_t secret_of(const char *number)
{
    uint64_t z = strtoull(number, NULL, 10) * 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static uint64_t range_search(const struct guest_memory *m, const struct memory_range *r,
                             const uint8_t secret[SECRET_BYTES], bool show)
{
    const uint8_t *data = m->data[r->node] + r->offset, *at = data, *end = data + r->bytes;
    uint64_t found = 0;

    while ((at = memmem(at, (size_t)(end - at), secret, SECRET_BYTES)) != NULL) {
        if (show && found < SHOWN)
            printf("  at 0x%llx, put into %02x%02x\n",
                   (unsigned long long)(r->base + (uint64_t)(at - data)), at > data ? at[-1] : 0,
                   at > data + 1 ? at[-2] : 0);
        found++;
        at++;
    }
    return found;
}

static uint64_t memory_search(struct session *s, const char *number, bool show)
{
    uint64_t value = secret_of(number), found = 0;
    uint8_t secret[SECRET_BYTES];

    for (unsigned int i = 0; i < SECRET_BYTES; i++)
        secret[i] = (uint8_t)(value >> 8 * i);
    for (size_t i = 0; i < s->memory.range_count; i++)
        found += range_search(&s->memory, &s->memory.range[i], secret, show);
    return found;
}

/* Stops the machine, searches for both secrets, lets it go on. */
static void search(struct session *s, bool alive, const char *when)
{
    struct text mtree = {0};
    struct gdbstub g;
    bool good = gdbstub_open(&g, s->gdb);

    if (good && !s->mapped)
        s->mapped = gdbstub_monitor(&g, "info mtree -f", &mtree) &&
                    guest_memory_map(&s->memory, mtree.data);
    text_free(&mtree);
    if (!good || !s->mapped) {
        say_line("the machine's memory cannot be read");
        s->wrong++;
        return;
    }
    guest_memory_renew(&s->memory);
    for (int p = 0; p < PLANTS; p++) {
        uint64_t found = memory_search(s, plants[p].number, !alive);

        printf("%-28s secret of %-12s %llu\n", when, plants[p].kind, (unsigned long long)found);
        if (alive)
            s->alive += found;
        else
            s->wrong += found > 0;
    }
    s->searches++;
    if (!gdbstub_leave(&g))
        s->wrong++;
}

/* What a job that looks has said; a number other than 0 is wrong. */
static void left_take(struct session *s, const char *line)
{
    static const char *const words[] = {"registers left ", "stack left ", "memory left "};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *at = strstr(line, words[i]);

        if (at != NULL && strcmp(at + strlen(words[i]), "0") != 0) {
            printf("WRONG: %s\n", line);
            s->wrong++;
        }
    }
    for (int p = 0; p < PLANTS; p++) {
        char *look = text_format("look-%d: memory left 0", p + 1);

        s->looked[p] = s->looked[p] || strstr(line, look) != NULL;
        free(look);
    }
}

static bool line_take(void *context, const char *line)
{
    struct session *s = context;
    bool done = farm_line(&s->farm, line);

    for (int p = 0; p < PLANTS; p++) {
        char *planted = text_format("%s: planted", plants[p].kind);

        if (line[0] != '@' && strstr(line, planted) != NULL) {
            s->planted[p] = true;
            usleep(300 * 1000); /* it loads its registers now */
            if (p == 0)
                search(s, true, "while it loops");
        }
        free(planted);
    }
    if (line[0] != '@' && strstr(line, "look-") != NULL)
        left_take(s, line);
    if (strcmp(line, "@quiet point=barrier3") == 0)
        search(s, false, "after the next job (1)");
    if (strcmp(line, "@quiet point=end") == 0)
        search(s, false, "after the next job (2)");
    return done;
}

static void tick(void *context)
{
    farm_tick(&((struct session *)context)->farm);
}

static void jobs_make(struct job_list *jobs)
{
    for (int p = 0; p < PLANTS; p++) {
        struct job *j = jobs_add(jobs, plants[p].kind);

        j->barrier = p > 0;
        j->wall_ms = LOOP_MS;
        struct list *words = &job_run(j, "/skerry/hostile")->words;

        list_add(words, "%s", plants[p].kind);
        list_add(words, "%s", plants[p].number);
        char *name = text_format("look-%d", p + 1);

        j = jobs_add(jobs, name);
        j->barrier = true;
        j->wall_ms = LOOK_MS;
        list_add(&job_run(j, "/skerry/hostile")->words, "look");
        free(name);
        name = text_format("retype-%d", p + 1);
        j = jobs_add(jobs, name);
        j->barrier = true;
        j->wall_ms = LOOK_MS;
        list_add(&job_run(j, "/skerry/hostile")->words, "retype-all");
        free(name);
    }
}

static int verdict(struct session *s, enum guest_end end)
{
    if (end == GUEST_INTERRUPTED)
        return EXIT_INTERRUPTED;
    for (int p = 0; p < PLANTS; p++) {
        const struct job *plant = &s->farm.jobs->job[3 * p], *look = plant + 1, *retype = plant + 2;

        if (plant->status != plants[p].status || look->status != JOB_MEMORY ||
            retype->status != JOB_OK || !s->planted[p] || !s->looked[p]) {
            printf("WRONG: %s ended as %s, %s as %s (%s)\n", plant->name,
                   job_status_name(plant->status), look->name, job_status_name(look->status),
                   look->reason != NULL ? look->reason : "");
            s->wrong++;
        }
    }
    if (s->alive == 0 || s->searches != 1 + PLANTS) {
        printf("WRONG: the secret of a living job was not found: the search is worth nothing\n");
        s->wrong++;
    }
    printf("%u searches, %u wrong, %llu objects leaked\n", s->searches, s->wrong,
           (unsigned long long)s->farm.leaked_objects);
    return end == GUEST_DONE && s->wrong == 0 && s->farm.leaked_objects == 0 ? EXIT_OK
                                                                             : EXIT_FAILED;
}

static int machine_run(struct session *s, const struct machine *m, const char *folder)
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

    if (end != GUEST_DONE)
        say_line("%s: see %s and %s", guest_end_text(end), console, qemu);
    list_free(&argv);
    free(console);
    free(qemu);
    return verdict(s, end);
}

int secrets_command(int argc, char **argv)
{
    struct job_list jobs = {0};
    struct cargo cargo = {0};
    struct image image = {0};
    struct options o;
    char folder[PATH_MAX];

    options_read(&o, FOR_SECRETS, "secrets", argc, argv);
    o.cores = o.nodes = 1;
    jobs_make(&jobs);
    files_make_directory(o.out);
    if (realpath(o.out, folder) == NULL || strchr(folder, ',') != NULL)
        say_fail("--out %s: no commas in the path, please", o.out);
    image_make(&image, o.arch, &jobs, &cargo);
    char *gdb = text_format("%s/gdb", image.folder);

    if (strlen(gdb) >= SOCKET_PATH_BYTES)
        say_fail("%s is too long for a socket: move the tree to a shorter path", gdb);
    struct session s = {.options = &o, .gdb = gdb};
    struct machine m = {.options = &o,
                        .archive = image.archive,
                        .share = folder,
                        .gdb = gdb,
                        .memory = &s.memory,
                        .words = "quiet_ms=2000"};

    machine_settle(&m);
    guest_memory_make(&s.memory, o.nodes, m.memory_bytes / o.nodes);
    s.farm = (struct farm){.options = &o, .jobs = &jobs};
    int code = machine_run(&s, &m, folder);

    guest_memory_close(&s.memory);
    unlink(gdb);
    free(gdb);
    if (!o.keep)
        image_remove(&image);
    return code;
}
