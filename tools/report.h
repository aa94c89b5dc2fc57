#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

#include "farm.h"

/* The closing table, on stdout. */
void report_table(const struct farm *f);

/* What each job's accounting says, on stdout. */
void report_accounting(const struct farm *f);

/* Sums of what an ended job left in `folder`. */
void report_sums(struct job *j, const char *folder);

/* The report "skerry-report 2": machine, boot, each job with its accounting and its files'
 * checksums. Jobs that never ended have the status killed and a reason. */
void report_json(const struct farm *f, struct text *t);

/* Writes folder/report.json in one step: whoever reads it, and whenever this program dies, it is
 * whole. */
void report_save(const struct farm *f, const char *folder);

#endif
