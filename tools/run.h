#ifndef TOOLS_RUN_H
#define TOOLS_RUN_H

#include "jobfile.h"
#include "options.h"

/* The jobs that the options ask for. What a jobs file says of the machine holds where the command
 * line is silent, so the options may change. */
void run_jobs_make(struct options *o, struct jobfile *f);

/* The command `skerry run`. */
int run_command(int argc, char **argv);

#endif
