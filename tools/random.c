/* random.c: the command `skerry random`: boots one core whose monitor starts the programs `random`
 * and `victim` (apps/random), under icount so that a run is its seed; makes the same calls in the
 * specification, compares the running hash of the answers every 1,000 calls and the whole database
 * at the end. */
#include "random.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event.h"
#include "files.h"
#include "guest.h"
#include "image.h"
#include "jobfile.h"
#include "machine.h"
#include "process.h"
#include "random_check.h"
#include "say.h"

enum { SILENCE_S = 240, SOCKET_PATH_BYTES = 108, SEED_HEX = 16, GO_CALLS = 1, GO_END = 2 };

struct session {
    const struct options *options;
    struct dump_source source;
    struct random_replay *replay;
    uint64_t go_pa, again, victim_rounds;
    bool ended, victim_changed;
    uint64_t diverged; /* number of calls at the first hash that differs; 0: none */
    unsigned int traced_wrong;
};

static void ready(struct session *s, const struct event *e)
{
    s->replay->start = (struct plan_start){.seed = event_number(e, "seed"),
                                           .zone = (capref_t)event_number(e, "zone"),
                                           .ram = (capref_t)event_number(e, "ram"),
                                           .spare = (capref_t)event_number(e, "spare"),
                                           .serve = event_number(e, "serve")};
}

static bool go(struct session *s, const struct event *e)
{
    s->go_pa = event_number(e, "at");
    s->replay->start.zone_base = event_number(e, "zone_base");
    s->replay->domain.hz = event_number(e, "hz");
    return dump_visit(&s->source, RANDOM_CORE, random_load, s->replay) &&
           s->replay->domain.cspace != 0 && guest_memory_poke(s->source.memory, s->go_pa, GO_CALLS);
}

static void hash_take(struct session *s, const char *line, const struct event *e)
{
    const char *value = event_text(e, "value", "");
    uint64_t calls = event_number(e, "calls");

    if (calls <= s->replay->made && calls != 0)
        return;
    random_replay_to(s->replay, calls);
    if (s->diverged == 0 && strtoull(value, NULL, 16) != s->replay->hash)
        s->diverged = calls;
    say_progress("%llu calls%s", (unsigned long long)calls,
                 s->diverged != 0 ? ": they do not agree" : "");
    (void)line;
}

/* One call of the 1,000 that --trace asks for: the guest's answer beside ours. */
static void trace_take(struct session *s, const char *line)
{
    unsigned long long i, operation, status, r1, r2;
    struct random_replay *r = s->replay;

    if (sscanf(line, "@random call %llu %llu %llu %llx %llx", &i, &operation, &status, &r1, &r2) !=
        5)
        return;
    random_replay_to(r, i + 1);
    const struct plan_call *c = &r->last[i % RANDOM_ANSWERS].call;
    uint64_t ours = r->last[i % RANDOM_ANSWERS].status, our_r1 = r->last[i % RANDOM_ANSWERS].r1;
    bool same = plan_hash(0, c, status, r1, r2) ==
                plan_hash(0, c, ours, our_r1, r->last[i % RANDOM_ANSWERS].r2);

    if (!same || s->options->verbose)
        printf("%s call %llu: operation %llu (%llx %llx %llx %llx %llx %llx): %s %llx %llx, the "
               "specification says %s %llx %llx\n",
               same ? "     " : "WRONG", i, operation, (unsigned long long)c->a[0],
               (unsigned long long)c->a[1], (unsigned long long)c->a[2],
               (unsigned long long)c->a[3], (unsigned long long)c->a[4],
               (unsigned long long)c->a[5], status_name((unsigned)status), r1, r2,
               status_name((unsigned)ours), (unsigned long long)our_r1,
               (unsigned long long)r->last[i % RANDOM_ANSWERS].r2);
    s->traced_wrong += !same;
}

static bool line_take(void *context, const char *line)
{
    struct session *s = context;
    struct event e;
    const char *rounds = strstr(line, "victim: whole rounds=");

    if (rounds != NULL)
        s->victim_rounds = strtoull(strchr(rounds, '=') + 1, NULL, 10);
    s->victim_changed = s->victim_changed || strstr(line, "victim: changed") != NULL ||
                        strstr(line, "victim ended") != NULL;
    if (strncmp(line, "@panic", 6) == 0) {
        say_line("%s", line);
        return true;
    }
    if (strncmp(line, "@random call ", 13) == 0)
        trace_take(s, line);
    if (!event_read(&e, line) || strcmp(e.word, "@random") != 0)
        return false;
    if (event_is(&e, "@random", "ready"))
        ready(s, &e);
    else if (event_is(&e, "@random", "go") && !go(s, &e))
        return true;
    else if (event_is(&e, "@random", "hash"))
        hash_take(s, line, &e);
    else if (event_is(&e, "@random", "end")) {
        s->again = event_number(&e, "again");
        s->ended = dump_visit(&s->source, RANDOM_CORE, random_compare, s->replay);
        return !guest_memory_poke(s->source.memory, s->go_pa, GO_END) || true;
    }
    return false;
}

static void tick(void *context)
{
    (void)context;
}

static int result(struct session *s, enum guest_end end, const char *console)
{
    const struct random_replay *r = s->replay;
    unsigned int seldom = random_count_print(&r->count, s->again);

    for (size_t i = 0; i < r->differences.count; i++)
        printf("WRONG %s\n", r->differences.item[i]);
    if (s->diverged != 0)
        printf("WRONG the answers differ among the last 1000 before call %llu: run again with "
               "--trace %llu\n",
               (unsigned long long)s->diverged,
               (unsigned long long)(s->diverged > 1000 ? s->diverged - 999 : 1));
    if (s->victim_changed)
        printf("WRONG the victim was changed, or ended: see %s\n", console);
    printf("%llu calls, seed %llu: %s; %llu differences in the database at the end; the victim "
           "looked at least %llu times\n",
           (unsigned long long)r->made, (unsigned long long)r->start.seed,
           s->diverged == 0 ? "every answer as specified" : "the answers DIFFER",
           (unsigned long long)r->difference_count, (unsigned long long)s->victim_rounds);
    if (end == GUEST_INTERRUPTED)
        return EXIT_INTERRUPTED;
    if (end != GUEST_DONE || !s->ended)
        say_line("%s: see %s", end == GUEST_DONE ? "it did not end" : guest_end_text(end), console);
    return end == GUEST_DONE && s->ended && s->diverged == 0 && r->difference_count == 0 &&
                   !s->victim_changed && s->victim_rounds > 0 && seldom == 0
               ? EXIT_OK
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
    int code = result(s, guest_run(&g), console);

    list_free(&argv);
    free(console);
    free(qemu);
    return code;
}

int random_command(int argc, char **argv)
{
    char folder[PATH_MAX];
    struct jobfile jobs = {0};
    struct image image = {0};
    struct guest_memory memory;
    struct options o;

    options_read(&o, FOR_RANDOM, "random", argc, argv);
    o.cores = o.nodes = 1;
    if (o.seed == NULL)
        o.seed = "0000000000000001";
    files_make_directory(o.out);
    if (realpath(o.out, folder) == NULL || strchr(folder, ',') != NULL)
        say_fail("--out %s: no commas in the path, please", o.out);
    image_make(&image, o.arch, &jobs.jobs, &jobs.cargo);
    char *gdb = text_format("%s/gdb", image.folder);
    char *words = text_format("calls=%u plan=%llu,%u", o.calls,
                              strtoull(o.seed + SEED_HEX / 2, NULL, 16), o.trace);

    if (strlen(gdb) >= SOCKET_PATH_BYTES)
        say_fail("%s is too long for a socket: move the tree to a shorter path", gdb);
    struct machine m = {.options = &o,
                        .archive = image.archive,
                        .gdb = gdb,
                        .memory = &memory,
                        .words = words,
                        .icount = true};
    struct session s = {.options = &o,
                        .source = {.options = &o, .gdb = gdb, .memory = &memory},
                        .replay = calloc(1, sizeof(struct random_replay))};

    if (s.replay == NULL)
        say_fail("out of memory on the host");
    machine_settle(&m);
    guest_memory_make(&memory, o.nodes, m.memory_bytes / o.nodes);
    int code = session_run(&s, &m, folder);

    list_free(&s.replay->differences);
    free(s.replay);
    guest_memory_close(&memory);
    unlink(gdb);
    free(gdb);
    free(words);
    if (!o.keep)
        image_remove(&image);
    return code;
}
