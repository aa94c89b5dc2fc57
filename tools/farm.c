/* farm.c: follows a farm through the lines on the guest's console and keeps the progress line. */
#include "farm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "process.h"
#include "say.h"

static size_t jobs_ended(const struct farm *f)
{
    return f->jobs->count - jobs_count(f->jobs, JOB_WAITING) - jobs_count(f->jobs, JOB_RUNNING);
}

/* What the last try said of itself is over. */
static void job_clear(struct job *j)
{
    job_figures_free(&j->account);
    job_figures_free(&j->calls);
    free(j->reason);
    free(j->calls_missing);
    j->reason = NULL;
    j->calls_missing = NULL;
}

static void job_started(struct farm *f, const struct event *e)
{
    struct job *j = jobs_find(f->jobs, event_text(e, "name", ""));

    if (j == NULL || j->status != JOB_WAITING)
        return;
    job_clear(j);
    j->status = JOB_RUNNING;
    j->tried++;
    j->core = (unsigned int)event_number(e, "core");
    j->node = (unsigned int)event_number(e, "node");
    f->start = realloc(f->start, (f->start_count + 1) * sizeof(f->start[0]));
    if (f->start == NULL)
        say_fail("out of memory on the host");
    f->start[f->start_count++] =
        (struct farm_start){.core = j->core, .job = (size_t)(j - f->jobs->job)};
}

static void job_accounted(struct farm *f, const struct event *e)
{
    struct job *j = jobs_find(f->jobs, event_text(e, "name", ""));

    for (unsigned int i = 0; j != NULL && i < e->pairs; i++)
        if (strcmp(e->key[i], "name") != 0 && e->value[i][0] >= '0' && e->value[i][0] <= '9')
            job_figure(&j->account, e->key[i], event_number(e, e->key[i]));
}

/* The list is the line's last word and holds no '=', so it is not among the event's pairs. */
static void job_calls(struct farm *f, const struct event *e, const char *line)
{
    struct job *j = jobs_find(f->jobs, event_text(e, "name", ""));
    const char *last = strrchr(line, ' ');
    struct list pairs = {0};

    if (j == NULL || last == NULL || strchr(last, '=') != NULL)
        return;
    list_add_split(&pairs, last + 1, ',');
    for (size_t i = 0; i < pairs.count; i++) {
        char *colon = strrchr(pairs.item[i], ':');

        if (colon == NULL)
            continue;
        *colon = 0;
        job_figure(&j->calls, pairs.item[i], strtoull(colon + 1, NULL, 10));
    }
    list_free(&pairs);
}

static void job_end(struct farm *f, const struct event *e)
{
    struct job *j = jobs_find(f->jobs, event_text(e, "name", ""));
    const char *reason = event_text(e, "reason", "");
    const char *missing = event_text(e, "syscalls_missing", "");

    if (j == NULL || job_ended(j))
        return;
    j->core = (unsigned int)event_number(e, "core");
    j->node = (unsigned int)event_number(e, "node");
    j->wall_us = event_number(e, "wall_us");
    j->cpu_us = event_number(e, "cpu_us");
    j->peak_bytes = event_number(e, "peak_bytes");
    if (reason[0] != 0)
        j->reason = text_format("%s", reason);
    for (char *c = j->reason; c != NULL && *c != 0; c++)
        if (*c == '_')
            *c = ' ';
    if (missing[0] != 0)
        j->calls_missing = text_format("%s", missing);
    if (event_number(e, "again") != 0) {
        j->status = JOB_WAITING;
        f->retries++;
        return;
    }
    j->status = job_status_of(event_text(e, "status", ""));
    if (f->on_end != NULL)
        f->on_end(f, j);
}

bool farm_line(void *context, const char *line)
{
    struct farm *f = context;
    struct event e;

    if (!event_read(&e, line))
        return false;
    if (event_is(&e, "@boot", "") && f->boot_wall_s <= 0) {
        f->boot_wall_s = process_seconds() - f->started_s;
        f->cores_up = (unsigned int)event_number(&e, "cores");
        f->nodes = (unsigned int)event_number(&e, "nodes");
        f->done = strcmp(f->options->mode, "boot") == 0;
    } else if (event_is(&e, "@job", "start")) {
        job_started(f, &e);
    } else if (event_is(&e, "@job", "account")) {
        job_accounted(f, &e);
    } else if (event_is(&e, "@job", "calls")) {
        job_calls(f, &e, line);
    } else if (event_is(&e, "@job", "end")) {
        job_end(f, &e);
    } else if (strcmp(e.word, "@panic") == 0) {
        list_add(&f->panics, "%s", line + 1);
        say_line("%s", line + 1);
    } else if (event_is(&e, "@done", "")) {
        f->leaked_objects = event_number(&e, "leaked_objects");
        f->cores_lost = (unsigned int)event_number(&e, "cores_lost");
        f->ended_s = process_seconds();
        f->done = true;
    }
    return f->done;
}

void farm_tick(void *context)
{
    const struct farm *f = context;
    size_t ended = jobs_ended(f), running = jobs_count(f->jobs, JOB_RUNNING);
    double worked_s = process_seconds() - f->started_s - f->boot_wall_s;
    char left[48] = "";

    if (f->boot_wall_s <= 0) {
        say_progress("booting %u cores: %.0f s", f->options->cores,
                     process_seconds() - f->started_s);
        return;
    }
    if (ended > 0)
        snprintf(left, sizeof(left), ", about %.0f s left",
                 worked_s / (double)ended * (double)(f->jobs->count - ended));
    say_progress("%zu of %zu jobs done, %zu of %u cores busy%s", ended, f->jobs->count, running,
                 f->cores_up, left);
}

/* The mark that a worker makes around each job (plugin/README.md). */
#define JOB_WINDOW 0u

unsigned int farm_counts_take(struct farm *f, const struct count_file *counts)
{
    unsigned int taken = 0;

    for (size_t i = 0; i < f->start_count; i++) {
        const struct farm_start *s = &f->start[i];
        struct job *j = &f->jobs->job[s->job];
        size_t before = 0;

        for (size_t k = 0; k < i; k++)
            before += f->start[k].core == s->core;
        const struct count_window *w = count_file_window(counts, JOB_WINDOW, s->core, before);

        j->counted = w != NULL && job_ended(j);
        j->instructions = w != NULL ? w->program : 0;
    }
    for (size_t i = 0; i < f->jobs->count; i++)
        taken += f->jobs->job[i].counted;
    return taken;
}
