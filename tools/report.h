#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

#include "farm.h"

/* The closing table, on stdout. */
void report_table(const struct farm *f, const char *folder);

/* The report "skerry-report 1": machine, boot, each job with its files' checksums. Jobs that never
 * ended have the status killed and a reason. */
void report_json(const struct farm *f, const char *folder, struct text *t);

#endif
