/* job.c: the commands that run: run, kill, jobs. A program of ours is /skerry/NAME; any other file
 * of the archive is run by the Linux personality. Its output comes as lines of the log; files that
 * it writes live in its own memory and go with it. */
#include <rt/string.h>

#include "shell.h"

#define PERSONALITY "/skerry/linux"
#define OURS "/skerry/"

enum { MIB = 1 << 20, LINUX_MIB = 16, OURS_MIB = 2, PATH_BYTES = 128, LOST_SCANS = 3 };

struct order {
    uint64_t core, memory_mib; /* 0: as much as is usual */
    bool foreign;
    char path[PATH_BYTES];
    char text[REMOTE_TEXT_BYTES];
    size_t bytes;
    uint32_t words;
};

static bool option_take(struct shell *s, const struct words *w, int *at, const char *name,
                        uint64_t limit, uint64_t *out, bool *bad)
{
    if (strcmp(w->word[*at], name) != 0)
        return false;
    if (++*at >= w->count || !number_read(w->word[*at], limit, out)) {
        shell_print(s, "run: %s wants a number from 0 to %lu\n", name, (unsigned long)limit);
        *bad = true;
    }
    return true;
}

static void word_add(struct order *o, const char *word)
{
    size_t n = strlen(word), room = sizeof o->text - o->bytes;

    if (n + 1 > room) {
        o->words = REMOTE_WORDS_MAX + 1;
        return;
    }
    if (o->words++ > 0)
        o->text[o->bytes++] = REMOTE_SEPARATOR;
    memcpy(o->text + o->bytes, word, n);
    o->bytes += n;
}

/* The file that a program's name means. False: there is none. */
static bool program_find(struct shell *s, const char *name, struct order *o)
{
    static const char *const folders[] = {OURS, "/usr/bin/", "/bin/"};
    uint32_t count = name[0] == '/' ? 1 : sizeof folders / sizeof folders[0];

    for (uint32_t i = 0; i < count; i++) {
        rt_snprintf(o->path, sizeof o->path, "%s%s", name[0] == '/' ? "" : folders[i], name);
        o->foreign = strncmp(o->path, OURS, strlen(OURS)) != 0;
        if (s->machine->file_is(s->machine->arg, o->path))
            return true;
    }
    return false;
}

static void line_begin(struct order *o)
{
    if (!o->foreign) {
        word_add(o, o->path);
        word_add(o, strrchr(o->path, '/') + 1);
        return;
    }
    word_add(o, PERSONALITY);
    word_add(o, "linux");
    word_add(o, "-C");
    word_add(o, "/job");
    word_add(o, o->path);
}

static bool order_make(struct shell *s, const struct words *w, struct order *o)
{
    bool bad = false, named = false, options = true;

    for (int i = 1; i < w->count && !bad; i++) {
        if (options && strcmp(w->word[i], "--") == 0) {
            options = false; /* the rest is the program's, whatever it looks like */
            continue;
        }
        if (options && (option_take(s, w, &i, "--core", s->core_count - 1, &o->core, &bad) ||
                        option_take(s, w, &i, "--memory", 1 << 16, &o->memory_mib, &bad)))
            continue;
        if (named) {
            word_add(o, w->word[i]);
            continue;
        }
        named = true;
        if (!program_find(s, w->word[i], o)) {
            shell_print(s, "run: there is no program %s in the archive\n", w->word[i]);
            return false;
        }
        line_begin(o);
    }
    if (!named && !bad)
        shell_print(s, "run: name a program; Tab behind `run ` lists ours\n");
    else if (o->words > REMOTE_WORDS_MAX)
        shell_print(s, "run: the command line is too long\n");
    return named && !bad && o->words <= REMOTE_WORDS_MAX;
}

static struct shell_job *job_free(struct shell *s)
{
    struct shell_job *ended = NULL;

    for (uint32_t i = 0; i < JOBS_MAX; i++) {
        if (!s->job[i].tag)
            return &s->job[i];
        if (s->job[i].ended && !ended)
            ended = &s->job[i];
    }
    return ended;
}

static struct shell_job *job_by_tag(struct shell *s, uint32_t tag)
{
    for (uint32_t i = 0; i < JOBS_MAX; i++)
        if (s->job[i].tag == tag)
            return &s->job[i];
    return NULL;
}

static void id_show(struct shell *s, uint32_t tag)
{
    shell_print(s, "%u.%-6u ", tag >> REMOTE_TAG_SHIFT, tag & ((1u << REMOTE_TAG_SHIFT) - 1));
}

static void end_show(struct shell *s, const struct shell_job *j)
{
    uint64_t us = j->cpu_ticks / (s->tick_hz / 1000000 ? s->tick_hz / 1000000 : 1);

    switch (j->end) {
    case END_EXIT:
        if (j->exit_status == 0)
            shell_print(s, "done");
        else
            shell_print(s, "ended with %u", j->exit_status);
        break;
    case END_FAULT:
        shell_print(s, "fault");
        break;
    case END_STOPPED:
        shell_print(s, "stopped");
        break;
    case END_KILLED:
        shell_print(s, "killed");
        break;
    }
    shell_print(s, "%s%s, %lu.%03lu s of cpu\n", j->reason[0] ? ": " : "", j->reason,
                (unsigned long)(us / 1000000), (unsigned long)(us / 1000 % 1000));
}

void shell_ended(struct shell *s, uint32_t request, const uint64_t word[6])
{
    for (uint32_t i = 0; i < JOBS_MAX; i++) {
        struct shell_job *j = &s->job[i];
        if (!j->tag || j->ended || j->request != request)
            continue;
        j->ended = true;
        j->exit_status = (uint32_t)word[0];
        j->end = word[0] >> 32 <= END_KILLED ? (enum remote_end)(word[0] >> 32) : END_STOPPED;
        j->cpu_ticks = word[1];
        memcpy(j->reason, &word[2], sizeof j->reason);
        j->reason[sizeof j->reason - 1] = 0;
    }
}

static enum status kill_ask(struct shell *s, uint32_t tag)
{
    struct told t;

    return s->machine->ask(s->machine->arg, tag >> REMOTE_TAG_SHIFT, ASK_KILL, tag, 0, &t);
}

/* In the foreground: until it has ended; Ctrl-C kills it, a second one does not wait for that. */
static void job_wait(struct shell *s, struct shell_job *j)
{
    bool asked = false;

    while (!j->ended) {
        if (s->machine->wait(s->machine->arg))
            continue;
        if (asked) {
            shell_print(s, "run: it has not ended yet: see jobs\n");
            return;
        }
        asked = true;
        if (!shell_ok(s, "run: cannot end it", kill_ask(s, j->tag)))
            return;
    }
    id_show(s, j->tag);
    end_show(s, j);
    j->tag = 0;
}

static void text_of(const struct words *w, char *to, size_t room)
{
    size_t n = 0;

    to[0] = 0;
    for (int i = 1; i < w->count && n < room; i++)
        n += (size_t)rt_snprintf(to + n, room - n, "%s%s", i > 1 ? " " : "", w->word[i]);
}

void command_run(struct shell *s, const struct words *w)
{
    struct order o = {0};
    struct shell_job *j = job_free(s);
    struct told t;

    if (!j) {
        shell_print(s, "run: %d jobs run already\n", JOBS_MAX);
        return;
    }
    if (!order_make(s, w, &o))
        return;
    uint64_t mib = o.memory_mib ? o.memory_mib : o.foreign ? LINUX_MIB : OURS_MIB;
    enum status status = s->machine->text(s->machine->arg, (uint32_t)o.core, o.text, o.bytes);
    /* Its end may be told while we wait for the answer: the entry must be there before. */
    *j = (struct shell_job){.tag = UINT32_MAX, .request = (s->request + 1) & 0xffff};
    text_of(w, j->text, sizeof j->text);
    if (status == OK)
        status = s->machine->ask(s->machine->arg, (uint32_t)o.core, ASK_RUN,
                                 o.foreign ? RUN_FOREIGN : 0, mib * MIB, &t);
    j->tag = status == OK ? (uint32_t)t.word[0] : 0;
    if (!shell_domain_ok(s, "run", status))
        return;
    if (!w->background) {
        job_wait(s, j);
        return;
    }
    id_show(s, j->tag);
    shell_print(s, "runs on core %u\n", j->tag >> REMOTE_TAG_SHIFT);
}

void command_kill(struct shell *s, const struct words *w)
{
    uint32_t tag;

    if (w->count < 2 || !domain_read(w->word[1], &tag)) {
        shell_print(s, "kill: name a domain as `domains` and `jobs` do, such as 0.1\n");
        return;
    }
    struct shell_job *j = job_by_tag(s, tag);
    if (!shell_domain_ok(s, w->word[1], kill_ask(s, tag)) || !j)
        return;
    for (uint32_t i = 0; i < LOST_SCANS && !j->ended; i++)
        (void)s->machine->wait(s->machine->arg);
}

/* What has ended is shown once. */
void command_jobs(struct shell *s, const struct words *w)
{
    uint32_t shown = 0;

    (void)w;
    for (uint32_t i = 0; i < JOBS_MAX; i++) {
        struct shell_job *j = &s->job[i];
        if (!j->tag)
            continue;
        shown++;
        id_show(s, j->tag);
        shell_print(s, "%-40s ", j->text);
        if (j->ended)
            end_show(s, j);
        else
            shell_print(s, "runs\n");
        if (j->ended)
            j->tag = 0;
    }
    if (!shown)
        shell_print(s, "no jobs\n");
}
