/* conform.c: the command `skerry conform`: boots a machine with two cores in which the conformance
 * suite runs (apps/conform), and prints its cases, one a line. Time in the machine is instructions
 * (-icount), so a case with a deadline comes out the same however busy the host is. */
#include "conform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "files.h"
#include "guest.h"
#include "image.h"
#include "machine.h"
#include "process.h"
#include "say.h"

enum { SILENCE_S = 60, NAME_BYTES = 96 };

struct session {
    bool list, done;
    unsigned long ok, failed; /* as counted here */
    unsigned long said_cases, said_failed;
    char last[NAME_BYTES]; /* the case before the one that hangs */
};

/* `line` begins with "@case ". */
static void case_take(struct session *s, const char *line)
{
    const char *name = line + strlen("@case ");
    size_t length = strcspn(name, " ");
    const char *outcome = name[length] != 0 ? name + length + 1 : "";

    snprintf(s->last, sizeof(s->last), "%.*s", (int)length, name);
    if (strcmp(outcome, "ok") == 0 || s->list)
        s->ok++;
    else
        s->failed++;
    printf("%s\n", s->list ? s->last : line);
    fflush(stdout);
}

static bool line_take(void *context, const char *line)
{
    struct session *s = context;
    struct event e;

    if (strncmp(line, "@case ", strlen("@case ")) == 0) {
        case_take(s, line);
    } else if (strncmp(line, "@panic", strlen("@panic")) == 0) {
        printf("%s (behind %s)\n", line, s->last);
        s->failed++;
        return true;
    } else if (event_read(&e, line) && strcmp(e.word, "@done") == 0) {
        s->said_cases = event_number(&e, "cases");
        s->said_failed = event_number(&e, "failed");
        s->done = true;
        if (s->said_cases == 0)
            printf("%s\n", line);
        return true;
    }
    return false;
}

static void tick(void *context)
{
    const struct session *s = context;

    say_progress("%lu cases, %lu failed: %s", s->ok + s->failed, s->failed, s->last);
}

static bool machine_run(struct session *s, const struct options *given, struct image *image)
{
    struct options o = *given;
    struct list argv = {0};
    char *words = text_format("filter=%s list=%d%s", o.filter != NULL ? o.filter : "*", o.list,
                              o.arch[0] == 'a' ? " semihosting=1" : "");

    o.mode = "conform";
    o.cores = 2;
    o.nodes = 1;
    struct machine m = {.options = &o, .archive = image->archive, .words = words, .icount = true};

    machine_settle(&m);
    machine_arguments(&m, &argv);
    files_make_directory(o.out);
    char *console = text_format("%s/console.log", o.out);
    char *qemu = text_format("%s/qemu.log", o.out);
    struct guest g = {.argv = &argv,
                      .console_log = console,
                      .qemu_log = qemu,
                      .limit_s = o.limit_s,
                      .silence_s = SILENCE_S,
                      .verbose = o.verbose,
                      .context = s,
                      .on_line = line_take,
                      .on_tick = tick};
    enum guest_end end = guest_run(&g);

    if (end == GUEST_INTERRUPTED)
        exit(EXIT_INTERRUPTED);
    if (end != GUEST_DONE)
        say_line("%s, behind the case %s: see %s and %s", guest_end_text(end), s->last, console,
                 qemu);
    free(console);
    free(qemu);
    free(words);
    list_free(&argv);
    return end == GUEST_DONE;
}

int conform_command(int argc, char **argv)
{
    struct job_list jobs = {0};
    struct cargo cargo = {0};
    struct image image = {0};
    struct options o;

    options_read(&o, FOR_CONFORM, "conform", argc, argv);
    struct session s = {.list = o.list};

    if (o.filter != NULL && (strlen(o.filter) > 64 || strchr(o.filter, ' ') != NULL))
        say_fail("--filter %s: give a pattern of at most 64 characters, without spaces", o.filter);
    image_make(&image, o.arch, &jobs, &cargo);
    bool good = machine_run(&s, &o, &image) && s.done;

    image_remove(&image);
    if (good && (s.ok + s.failed != s.said_cases || s.failed != s.said_failed)) {
        say_line("%lu lines came of %lu cases", s.ok + s.failed, s.said_cases);
        good = false;
    }
    if (s.ok + s.failed == 0)
        say_line("no case: see skerry conform --list");
    if (!o.list)
        printf("@done cases=%lu failed=%lu\n", s.ok + s.failed, s.failed);
    return good && s.failed == 0 && s.ok > 0 ? EXIT_OK : EXIT_FAILED;
}
