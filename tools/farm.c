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

static void job_started(struct farm *f, const struct event *e)
{
    struct job *j = jobs_find(f->jobs, event_text(e, "name", ""));

    if (j == NULL || j->status != JOB_WAITING)
        return;
    j->status = JOB_RUNNING;
    j->order = f->jobs_started++;
    j->core = (unsigned int)event_number(e, "core");
    j->node = (unsigned int)event_number(e, "node");
}

static void job_ended(struct farm *f, const struct event *e)
{
    struct job *j = jobs_find(f->jobs, event_text(e, "name", ""));
    const char *reason = event_text(e, "reason", "");
    const char *missing = event_text(e, "syscalls_missing", "");

    if (j == NULL || (j->status != JOB_WAITING && j->status != JOB_RUNNING))
        return;
    j->status = job_status_of(event_text(e, "status", ""));
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
    } else if (event_is(&e, "@job", "end")) {
        job_ended(f, &e);
    } else if (strcmp(e.word, "@panic") == 0) {
        list_add(&f->panics, "%s", line + 1);
        say_line("%s", line + 1);
    } else if (event_is(&e, "@done", "")) {
        f->leaked_objects = event_number(&e, "leaked_objects");
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

    for (size_t i = 0; i < f->jobs->count; i++) {
        struct job *j = &f->jobs->job[i];
        size_t before = 0;

        if (j->status == JOB_WAITING || j->status == JOB_RUNNING)
            continue;
        for (size_t k = 0; k < f->jobs->count; k++) {
            const struct job *other = &f->jobs->job[k];

            before +=
                other->status != JOB_WAITING && other->core == j->core && other->order < j->order;
        }
        const struct count_window *w = count_file_window(counts, JOB_WINDOW, j->core, before);

        j->counted = w != NULL;
        j->instructions = w != NULL ? w->program : 0;
        taken += j->counted;
    }
    return taken;
}
