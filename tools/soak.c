/* soak.c: the command `skerry soak`: many short jobs in one boot, some of them ended by force at
 * random instants, and the output driver too. Before and after, with no job left, the machine is
 * stopped and dumped: both dumps must be equal. Every file that a job left must have the bytes of
 * the same job on this host, and nothing may be left half written. */
#include "soak.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dump.h"
#include "farm.h"
#include "files.h"
#include "guest.h"
#include "image.h"
#include "machine.h"
#include "process.h"
#include "reference.h"
#include "say.h"

enum {
    SILENCE_S = 240,
    SOCKET_PATH_BYTES = 108,
    QUIET_MS = 4000,
    LOOKS = 8,          /* at the free memory while jobs run */
    KILL_PERCENT = 105, /* a few jobs are over before their instant comes */
    PICTURE_EVERY = 16, /* one job in so many renders, the others sort a text */
    MS_A_JOB = 8,       /* for the pace of the driver's ends */
};

struct session {
    struct dump_source source;
    struct farm farm;
    struct dump before, after;
    bool before_settled, after_settled;
    size_t ends;
    unsigned int driver_ends;
    uint64_t free_low, free_high; /* of the looks between */
};

static void job_make(struct job_list *jobs, const char *kind, const char *name)
{
    struct job *j = jobs_add(jobs, name);

    if (kind[0] == 's') {
        list_add(&j->outputs, "%s.txt", name);
        list_add_split(&job_run(j, "/bin/busybox sort -r sample.txt -o")->words, j->outputs.item[0],
                       ' ');
    } else {
        list_add(&j->outputs, "%s.tga", name);
        list_add_split(&job_run(j,
                                "/usr/bin/tachyon /usr/share/doc/tachyon/examples/scenes/balls.dat "
                                "-numthreads 1 -res 32 24 -format TARGA -o")
                            ->words,
                       j->outputs.item[0], ' ');
    }
}

static const char *kind_of(size_t index)
{
    return index % PICTURE_EVERY == 0 ? "picture" : "sort";
}

static void jobs_make(struct job_list *jobs, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        char *name = text_format("%s-%u", kind_of(i), i);

        job_make(jobs, kind_of(i), name);
        free(name);
    }
}

/* How much is free while jobs run: a look in between, at any instant. */
static void memory_look(struct session *s)
{
    struct dump d;

    if (!dump_take(&s->source, &d))
        return;
    printf("after %zu jobs: %llu KiB free\n", s->ends, (unsigned long long)(d.free_bytes >> 10));
    if (s->free_low == 0 || d.free_bytes < s->free_low)
        s->free_low = d.free_bytes;
    if (d.free_bytes > s->free_high)
        s->free_high = d.free_bytes;
    dump_free(&d);
}

static bool line_take(void *context, const char *line)
{
    struct session *s = context;
    bool done = farm_line(&s->farm, line);

    if (strncmp(line, "@quiet point=begin", 18) == 0)
        s->before_settled = dump_settled(&s->source, &s->before);
    else if (strncmp(line, "@quiet point=end", 16) == 0)
        s->after_settled = dump_settled(&s->source, &s->after);
    else if (strncmp(line, "@job end", 8) == 0 &&
             ++s->ends % (s->farm.jobs->count / LOOKS + 1) == 0)
        memory_look(s);
    else if (strstr(line, "the output driver is killed") != NULL)
        s->driver_ends++;
    return done;
}

static void tick(void *context)
{
    farm_tick(&((struct session *)context)->farm);
}

static enum guest_end guest_follow(struct session *s, const struct machine *m, const char *folder)
{
    const struct options *o = s->source.options;
    struct list argv = {0};
    char *console = text_format("%s/console.log", folder);
    char *qemu = text_format("%s/qemu.log", folder);
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
    list_free(&argv);
    free(console);
    free(qemu);
    return end;
}

/* What jobs left behind: files that are not what they should be, or not there though the job ended
 * well. */
static unsigned int files_check(const struct session *s, const char *folder, const char *models)
{
    struct list torn = {0};
    unsigned int wrong = 0;

    for (size_t i = 0; i < s->farm.jobs->count; i++) {
        const struct job *j = &s->farm.jobs->job[i];
        const char *suffix = strrchr(j->outputs.item[0], '.');
        char *ours = text_format("%s/%s", folder, j->outputs.item[0]);
        char *model = text_format("%s/%s%s", models, kind_of(i), suffix);
        bool there = files_exist(ours);

        if ((!there && j->status == JOB_OK) || (there && !files_equal(ours, model))) {
            if (wrong++ < LOOKS)
                printf("%s: %s\n", ours, there ? "has other bytes" : "is missing");
        } else if (there) {
            unlink(ours);
        }
        free(ours);
        free(model);
    }
    files_list(folder, ".part", &torn);
    for (size_t i = 0; i < torn.count; i++)
        printf("%s/%s is left\n", folder, torn.item[i]);
    wrong += (unsigned int)torn.count;
    list_free(&torn);
    return wrong;
}

static void dump_write(const struct dump *d, const char *folder, const char *name)
{
    char *path = text_format("%s/%s", folder, name);

    if (d->text.data != NULL)
        files_write(path, &d->text);
    free(path);
}

/* The value of ` key=` in a line, as far as the next space; NULL: it has none. */
static char *word_of(const char *line, const char *key)
{
    const char *at = strstr(line, key);

    return at != NULL ? text_format("%.*s", (int)strcspn(at + 1, " ") + 1, at)
                      : text_format("%s", "");
}

/* An instance of the driver that was started later lies elsewhere, and so do the channels to it. So
 * what must be the same is how many capabilities of each kind every core has: type, size, rights,
 * whether tagged; of mappings how many pages, because a run is cut where a table ends. */
static void kinds_only(struct dump *d)
{
    struct list lines = {0}, kinds = {0};

    list_add_split(&lines, d->text.data, '\n');
    for (size_t i = 0; i < lines.count; i++) {
        const char *line = lines.item[i];
        bool mapping = strstr(line, " type=MAPPING ") != NULL;
        char *type = word_of(line, " type="), *rights = word_of(line, " rights=");
        char *bytes = word_of(line, mapping ? " flags=" : " bytes="),
             *count = word_of(line, " count=");
        unsigned long times = mapping && count[0] != 0 ? strtoul(count + 7, NULL, 10) : 1;

        for (; strstr(line, " cap ") != NULL && times > 0; times--)
            list_add(&kinds, "%.*s%s%s%s tagged=%d", (int)strcspn(line, " "), line, type, bytes,
                     rights, strstr(line, " tag=0 ") == NULL);
        free(type);
        free(rights);
        free(bytes);
        free(count);
    }
    text_free(&d->text);
    for (size_t i = 0; i < kinds.count; i++)
        text_add(&d->text, "%s\n", kinds.item[i]);
    list_free(&lines);
    list_free(&kinds);
}

/* True if both were taken and nothing differs. */
static bool dumps_compare(struct session *s, const char *folder)
{
    struct list notes = {0};

    dump_write(&s->before, folder, "before.txt");
    dump_write(&s->after, folder, "after.txt");
    if (!s->before_settled || !s->after_settled) {
        printf("the machine was not at rest %s\n", s->before_settled ? "after" : "before");
        return false;
    }
    if (s->source.options->kill_driver > 0) {
        kinds_only(&s->before);
        kinds_only(&s->after);
    }
    size_t count = dump_compare(&s->before, &s->after, &notes);

    for (size_t i = 0; i < notes.count; i++)
        printf("%s\n", notes.item[i]);
    printf("dumps: %llu capabilities of %llu objects, %zu lines differ; free before %llu KiB, "
           "after %llu KiB, at %u looks between %llu..%llu KiB\n",
           (unsigned long long)s->before.caps, (unsigned long long)s->before.objects, count,
           (unsigned long long)(s->before.free_bytes >> 10),
           (unsigned long long)(s->after.free_bytes >> 10), (unsigned int)LOOKS,
           (unsigned long long)(s->free_low >> 10), (unsigned long long)(s->free_high >> 10));
    list_free(&notes);
    return count == 0 && s->before.free_bytes == s->after.free_bytes;
}

static int verdict(struct session *s, enum guest_end end, const char *folder, const char *models)
{
    const struct options *o = s->source.options;
    const struct farm *f = &s->farm;
    size_t ok = jobs_count(f->jobs, JOB_OK), killed = jobs_count(f->jobs, JOB_KILLED);
    bool good = end == GUEST_DONE && f->leaked_objects == 0 && f->panics.count == 0 &&
                f->cores_lost == 0 && f->cores_up == o->cores;

    if (end == GUEST_INTERRUPTED)
        return EXIT_INTERRUPTED;
    unsigned int wrong = files_check(s, folder, models);

    good &= dumps_compare(s, folder) && wrong == 0;
    good &= ok + killed == f->jobs->count && (o->kill == 0) == (killed == 0) && ok > 0;
    good &= s->driver_ends == o->kill_driver;
    printf("%s, %u cores: %zu jobs ok, %zu killed, %zu otherwise; output driver killed %u times; "
           "%llu objects leaked; %u files wrong; %.1f s: %s\n",
           o->arch, f->cores_up, ok, killed, f->jobs->count - ok - killed, s->driver_ends,
           (unsigned long long)f->leaked_objects, wrong, f->ended_s - f->started_s,
           good ? "nothing is left behind" : "FAILED");
    return good ? EXIT_OK : EXIT_FAILED;
}

static char *words_make(const struct options *o)
{
    unsigned int percent = o->kill * KILL_PERCENT / o->jobs;
    struct text t = {0};

    text_add(&t, "quiet_ms=%u", (unsigned int)QUIET_MS);
    if (o->kill > 0)
        text_add(&t, " soak_kill=%u soak_seed=%u",
                 percent == 0    ? 1
                 : percent > 100 ? 100
                                 : percent,
                 o->jobs + o->kill);
    if (o->kill_driver > 0)
        text_add(&t, " kill_files_count=%u kill_files_ms=%u kill_files_seed=%u", o->kill_driver,
                 o->jobs * MS_A_JOB / o->kill_driver + 1, o->jobs + o->kill_driver);
    return t.data;
}

/* The jobs of each kind, done here. */
static char *models_make(const struct image *image, const char *arch)
{
    char *folder = text_format("%s/reference", image->folder);
    struct job_list models = {0};

    job_make(&models, "picture", "picture");
    job_make(&models, "sort", "sort");
    if (reference_render(image, arch, &models, folder, 2, false) != 0)
        say_fail("the jobs cannot be done on this host");
    jobs_free(&models);
    return folder;
}

static int soak(const struct options *o, const char *folder)
{
    struct job_list jobs = {0};
    struct cargo cargo = {0};
    struct image image = {0};
    struct guest_memory memory;

    jobs_make(&jobs, o->jobs);
    image_make(&image, o->arch, &jobs, &cargo);
    char *models = models_make(&image, o->arch);
    char *gdb = text_format("%s/gdb", image.folder), *words = words_make(o);
    struct machine m = {.options = o,
                        .archive = image.archive,
                        .share = folder,
                        .gdb = gdb,
                        .memory = &memory,
                        .words = words};

    if (strlen(gdb) >= SOCKET_PATH_BYTES)
        say_fail("%s is too long for a socket: move the tree to a shorter path", gdb);
    machine_settle(&m);
    guest_memory_make(&memory, o->nodes, m.memory_bytes / o->nodes);
    struct session s = {
        .source = {.options = o, .gdb = gdb, .memory = &memory},
        .farm = {.options = o, .jobs = &jobs, .folder = folder, .memory_bytes = m.memory_bytes}};
    enum guest_end end = guest_follow(&s, &m, folder);
    int code = verdict(&s, end, folder, models);

    dump_free(&s.before);
    dump_free(&s.after);
    guest_memory_close(&memory);
    unlink(gdb);
    if (!o->keep)
        image_remove(&image);
    jobs_free(&jobs);
    free(models);
    free(words);
    free(gdb);
    return code;
}

int soak_command(int argc, char **argv)
{
    char folder[PATH_MAX];
    struct options o;

    options_read(&o, FOR_SOAK, "soak", argc, argv);
    if (o.words.count > 0)
        say_fail("soak takes options only, not \"%s\"", o.words.item[0]);
    if (o.jobs == 0)
        o.jobs = 2000;
    files_make_directory(o.out);
    if (realpath(o.out, folder) == NULL || strchr(folder, ',') != NULL)
        say_fail("--out %s: no commas in the path, please", o.out);
    return soak(&o, folder);
}
