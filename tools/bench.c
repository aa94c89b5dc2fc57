/* bench.c: the command `skerry bench`: boots machines in which one instruction takes one nanosecond
 * (-icount), so that the same run gives the same figures; reads the rows that the guest's bench
 * program prints, fills in those that the counting plugin measured, and counts what starting cores
 * costs. --wall adds the two figures that are real time. */
#include "bench.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench_rows.h"
#include "count_file.h"
#include "event.h"
#include "files.h"
#include "guest.h"
#include "image.h"
#include "machine.h"
#include "process.h"
#include "profile.h"
#include "say.h"

enum { SILENCE_S = 300, IDLE_SETTLE_S = 3, IDLE_S = 60, WAITING_MAX = 64, STARTS_MAX = 1024 };

/* One machine, from power-on to what it is started for. */
struct session {
    const struct options *options;
    const char *arch;
    struct bench_rows *rows;
    struct guest *guest;
    double started_s, boot_s; /* boot_s: from start to @boot, 0 before */
    double idle_from_s, idle_cpu_s, idle_share;
    bool idle; /* measure what the machine costs when it has nothing to do */
    uint64_t failed;
    /* rows whose value the plugin has: row, window, what of it, divided by */
    struct {
        size_t row;
        unsigned int window;
        char part[12];
        bool most; /* of the windows the largest, not the median */
        uint64_t each;
    } waiting[WAITING_MAX];
    size_t waiting_count;
};

static void row_take(struct session *s, const struct event *e)
{
    struct bench_row *r = bench_rows_add(s->rows, s->arch, event_text(e, "name", "?"),
                                         (unsigned int)event_number(e, "cores"));

    r->value = (double)event_number(e, "value");
    r->caps = event_number(e, "caps");
    r->unit = text_format("%s", event_text(e, "unit", "instructions"));
    r->how = text_format("%s", event_text(e, "how", "icount"));
    if (event_text(e, "window", "")[0] == 0 || s->waiting_count == WAITING_MAX)
        return;
    s->waiting[s->waiting_count].row = s->rows->count - 1;
    s->waiting[s->waiting_count].window = (unsigned int)event_number(e, "window");
    s->waiting[s->waiting_count].each = event_number(e, "each");
    snprintf(s->waiting[s->waiting_count].part, sizeof(s->waiting[0].part), "%s",
             event_text(e, "part", "all"));
    s->waiting[s->waiting_count].most = strcmp(event_text(e, "of", "median"), "most") == 0;
    s->waiting_count++;
}

static bool line_take(void *context, const char *line)
{
    struct session *s = context;
    struct event e;

    if (!event_read(&e, line))
        return false;
    if (strcmp(e.word, "@panic") == 0) {
        say_line("%s", line + 1);
        s->failed++;
    }
    if (event_is(&e, "@boot", "") && s->boot_s <= 0) {
        s->boot_s = process_seconds() - s->started_s;
        return !s->idle;
    }
    if (event_is(&e, "@bench", "end")) {
        s->failed += event_number(&e, "failed");
        return true;
    }
    if (event_is(&e, "@bench", ""))
        row_take(s, &e);
    return false;
}

/* Time on a CPU of all threads of a process. 128 idle cores take too little for the clock ticks of
 * /proc/PID/stat. */
static double cpu_seconds(pid_t pid)
{
    struct timespec used = {0};
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        return 0;
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void tick(void *context)
{
    struct session *s = context;
    double now_s = process_seconds();

    say_progress("%s: %s, %zu rows", s->arch, s->idle ? "idle" : "counting", s->rows->count);
    if (!s->idle || s->boot_s <= 0 || now_s < s->started_s + s->boot_s + IDLE_SETTLE_S)
        return;
    if (s->idle_from_s <= 0) {
        s->idle_from_s = now_s;
        s->idle_cpu_s = cpu_seconds(s->guest->pid);
    } else if (now_s >= s->idle_from_s + IDLE_S) {
        s->idle_share =
            100 * (cpu_seconds(s->guest->pid) - s->idle_cpu_s) / (now_s - s->idle_from_s);
        s->guest->stop = true;
    }
}

static struct bench_row *row_made(struct session *s, const char *name, unsigned int cores,
                                  double value, const char *unit, const char *how)
{
    struct bench_row *r = bench_rows_add(s->rows, s->arch, name, cores);

    r->value = value;
    r->unit = text_format("%s", unit);
    r->how = text_format("%s", how);
    return r;
}

static uint64_t part_of(const struct count_window *w, const char *part)
{
    if (strcmp(part, "kernel") == 0)
        return w->kernel;
    if (strcmp(part, "runtime") == 0)
        return w->runtime;
    if (strcmp(part, "own") == 0)
        return w->kernel + w->runtime + w->program + w->zero;
    if (strcmp(part, "system") == 0)
        return w->all - w->program;
    if (strcmp(part, "outside") == 0)
        return w->all - w->program - w->zero;
    return w->all;
}

static void windows_fill(struct session *s, const struct count_file *f)
{
    for (size_t i = 0; i < s->waiting_count; i++) {
        struct bench_row *r = &s->rows->row[s->waiting[i].row];
        uint64_t each = s->waiting[i].each > 0 ? s->waiting[i].each : 1;
        struct count_window w;

        if (count_file_median(f, s->waiting[i].window, &w) == 0) {
            say_line("%s: no window %u was counted", r->name, s->waiting[i].window);
            s->failed++;
            continue;
        }
        if (s->waiting[i].most)
            w = *count_file_most(f, s->waiting[i].window);
        /* A row may have its value from the counter, and only its special ones from a window. */
        if (strcmp(r->how, "plugin") == 0)
            r->value = (double)part_of(&w, s->waiting[i].part) / (double)each;
        r->window = true;
        r->id = w.id;
        r->split[0] = w.kernel / each;
        r->split[1] = w.runtime / each;
        r->split[2] = w.program / each;
        r->split[3] = w.zero / each;
        for (int k = 0; k < 4; k++)
            r->special[k] = w.special[k] / each;
    }
}

static int number_compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* Points of plugin/README.md: all monitors are linked; the monitor of this core is linked. */
enum { POINT_ALL_LINKED = 1, POINT_LINKED = 2 };

/* What each core but the first has done until its monitor was linked: until its mark, or, where the
 * monitors make none, until the machine ended, which in mode=boot is when the last was linked. */
static size_t starts_gather(const struct count_file *f, uint64_t *own)
{
    size_t n = 0;

    for (size_t i = 0; i < f->point_count; i++)
        if (f->point[i].id == POINT_LINKED && f->point[i].vcpu != 0 && n < STARTS_MAX)
            own[n++] = f->point[i].kernel + f->point[i].runtime + f->point[i].zero;
    for (size_t i = 1; f->point_count == 0 && i < f->vcpu_count && n < STARTS_MAX; i++)
        own[n++] = f->vcpu[i].kernel + f->vcpu[i].runtime + f->vcpu[i].zero;
    return n;
}

static void starts_add(struct session *s, const struct count_file *f, unsigned int cores)
{
    uint64_t all = f->all, own[STARTS_MAX];

    for (size_t i = 0; i < f->point_count; i++)
        if (f->point[i].id == POINT_ALL_LINKED)
            all = f->point[i].all;
    size_t n = starts_gather(f, own);

    row_made(s, "all_up", cores, (double)all, "instructions", "plugin");
    if (n == 0)
        return;
    qsort(own, n, sizeof(own[0]), number_compare);
    row_made(s, "core_start", cores, (double)own[n / 2], "instructions", "plugin");
}

/* Without semihosting arm64 ends by PSCI, and runs on for a time that differs. */
static char *words_make(const char *arch, const char *words)
{
    return text_format("%s%s", words, arch[0] == 'a' ? " semihosting=1" : "");
}

static char *plugin_make(const struct session *s, const char *counts)
{
    char *plugin = count_plugin(counts, s->arch);

    if (s->options->profile == 0)
        return plugin;
    char *longer = text_format("%s,profile=%u", plugin, s->options->profile);
    free(plugin);
    return longer;
}

static bool machine_run(struct session *s, const char *mode, unsigned int cores, const char *words,
                        struct list *argv, const char *folder, const char *counts)
{
    struct options o = *s->options;
    struct job_list jobs = {0};
    struct cargo cargo = {0};
    struct image image = {0};
    char *plugin = counts != NULL ? plugin_make(s, counts) : NULL;
    char *all_words = words_make(s->arch, words);

    o.arch = s->arch;
    o.mode = mode;
    o.cores = cores;
    o.nodes = cores >= 128 ? 8 : 1;
    o.seed = "0000000000000001";
    image_make(&image, s->arch, &jobs, &cargo);
    struct machine m = {.options = &o,
                        .archive = image.archive,
                        .words = all_words,
                        .plugin = plugin,
                        .icount = counts != NULL};

    machine_settle(&m);
    machine_arguments(&m, argv);
    char *console = text_format("%s/console-%s-%s-%u.log", folder, s->arch, mode, cores);
    char *qemu = text_format("%s/qemu.log", folder);
    struct guest g = {.argv = argv,
                      .console_log = console,
                      .qemu_log = qemu,
                      .limit_s = o.limit_s,
                      .silence_s = SILENCE_S,
                      .verbose = o.verbose,
                      .context = s,
                      .on_line = line_take,
                      .on_tick = tick};

    s->guest = &g;
    s->boot_s = 0;
    s->started_s = process_seconds();
    enum guest_end end = guest_run(&g);

    if (end == GUEST_INTERRUPTED)
        exit(EXIT_INTERRUPTED);
    if (end != GUEST_DONE)
        say_line("%s: see %s and %s", guest_end_text(end), console, qemu);
    free(console);
    free(qemu);
    free(plugin);
    free(all_words);
    image_remove(&image);
    list_free(argv);
    return end == GUEST_DONE;
}

static void profile_show(const struct session *s, const struct count_file *f, const char *path)
{
    char *profile = text_format("%s.profile", path);
    struct count_window w;

    profile_print(profile, s->arch, count_file_median(f, s->options->profile, &w));
    free(profile);
}

static bool counted_run(struct session *s, const char *mode, unsigned int cores, const char *words,
                        const char *folder)
{
    char *path = text_format("%s/count-%s-%s-%u.txt", folder, s->arch, mode, cores);
    struct list argv = {0};
    struct count_file f = {0};

    unlink(path);
    bool good = machine_run(s, mode, cores, words, &argv, folder, path);

    if (good && !count_file_read(&f, path)) {
        say_line("the counting plugin left no counts in %s", path);
        good = false;
    }
    if (good)
        windows_fill(s, &f);
    if (good && strcmp(mode, "boot") == 0)
        starts_add(s, &f, cores);
    if (good && s->options->profile != 0 && strcmp(mode, "bench") == 0)
        profile_show(s, &f, path);
    s->waiting_count = 0;
    count_file_free(&f);
    free(path);
    return good;
}

static bool wall_run(struct session *s, const char *folder)
{
    struct list argv = {0};

    s->idle = true;
    bool good = machine_run(s, "boot", 128, "stay=1", &argv, folder, NULL) && s->idle_from_s > 0;

    s->idle = false;
    if (!good)
        return false;
    row_made(s, "boot_wall", 128, s->boot_s, "seconds", "wall");
    row_made(s, "idle_share", 128, s->idle_share, "percent of a host CPU", "wall");
    return true;
}

static bool arch_run(const struct options *o, const char *arch, const char *folder,
                     struct bench_rows *rows)
{
    static const unsigned int starts[] = {1, 16, 128};
    struct session s = {.options = o, .arch = arch, .rows = rows};
    char *words = text_format("zone=64M%s%s", o->rows != NULL ? " rows=" : "",
                              o->rows != NULL ? o->rows : "");
    bool only_boot = o->rows != NULL && strcmp(o->rows, "boot") == 0;
    bool good = only_boot || counted_run(&s, "bench", o->cores, words, folder);

    /* What must not depend on the number of cores. */
    for (int i = 0; i < 2 && (o->rows == NULL || strcmp(o->rows, "faults") == 0); i++)
        good = counted_run(&s, "bench", i == 0 ? 1 : 128, "rows=faults", folder) && good;
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        if (o->rows == NULL || only_boot)
            good = counted_run(&s, "boot", starts[i], "", folder) && good;
    free(words);
    return good && s.failed == 0;
}

static bool archs_run(const struct options *o, const char *folder, struct bench_rows *rows)
{
    static const char *const archs[] = {"x86_64", "aarch64"};
    bool good = true;

    for (int i = 0; i < 2; i++)
        if (strcmp(o->arch, "both") == 0 || strcmp(o->arch, archs[i]) == 0)
            good = arch_run(o, archs[i], folder, rows) && good;
    return good;
}

static bool walls_run(const struct options *o, const char *folder, struct bench_rows *rows)
{
    static const char *const archs[] = {"x86_64", "aarch64"};
    bool good = true;

    for (int i = 0; i < 2; i++) {
        struct session s = {.options = o, .arch = archs[i], .rows = rows};

        if (strcmp(o->arch, "both") == 0 || strcmp(o->arch, archs[i]) == 0)
            good = wall_run(&s, folder) && good;
    }
    return good;
}

static void result_show(const struct options *o, const struct bench_rows *rows)
{
    struct text t = {0};

    bench_rows_print(rows);
    if (o->rows == NULL && strcmp(o->arch, "aarch64") != 0)
        bench_rows_missing(rows, "x86_64");
    if (o->rows == NULL && strcmp(o->arch, "x86_64") != 0)
        bench_rows_missing(rows, "aarch64");
    if (o->json == NULL)
        return;
    bench_rows_json(rows, &t);
    files_write(o->json, &t);
    text_free(&t);
}

int bench_command(int argc, char **argv)
{
    struct bench_rows rows = {0}, again = {0};
    struct options o;

    options_read(&o, FOR_BENCH, "bench", argc, argv);
    char *folder = text_format("%s/build/bench", files_root());

    files_make_directory(folder);
    bool good = archs_run(&o, folder, &rows);

    if (o.twice) {
        good = archs_run(&o, folder, &again) && good;
        bool equal = bench_rows_equal(&rows, &again);

        printf("%s\n", equal ? "the second run printed the same figures" : "the runs differ");
        good = good && equal;
    }
    if (o.wall)
        good = walls_run(&o, folder, &rows) && good;
    result_show(&o, &rows);
    bench_rows_free(&rows);
    bench_rows_free(&again);
    free(folder);
    return good ? EXIT_OK : EXIT_FAILED;
}
