#ifndef TOOLS_RUN_H
#define TOOLS_RUN_H

#include "jobs.h"
#include "options.h"

/* The jobs that the options ask for; host files that must travel go to `extra`. */
void run_jobs_make(const struct options *o, struct job_list *jobs, struct list *extra);

/* The command `skerry run`. */
int run_command(int argc, char **argv);

#endif
