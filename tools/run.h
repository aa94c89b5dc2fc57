#ifndef TOOLS_RUN_H
#define TOOLS_RUN_H

#include "cargo.h"
#include "jobs.h"
#include "options.h"

/* The jobs that the options ask for; host files that must travel go to `cargo`. */
void run_jobs_make(const struct options *o, struct job_list *jobs, struct cargo *cargo);

/* The command `skerry run`. */
int run_command(int argc, char **argv);

#endif
