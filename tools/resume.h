#ifndef TOOLS_RESUME_H
#define TOOLS_RESUME_H

#include "jobfile.h"

/* Marks the jobs of an earlier run that are done: `folder`/report.json says ok, and every output is
 * there with the sum it names. They keep their part of the report. How many. */
size_t resume_apply(struct jobfile *f, const char *folder);

#endif
