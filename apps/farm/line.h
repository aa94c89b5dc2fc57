/* line.h: the farm's lines for the host: `@job start ...`, `@job account ...`, `@job calls ...`,
 * `@job end ...` (tools/farm.h reads them). Pure text, so that it has host tests. */
#ifndef FARM_LINE_H
#define FARM_LINE_H

#include <farm/jobs.h>
#include <farm/worker.h>

/* What goes through every log on the way to the console in one piece. */
#define FARM_LINE_BYTES 199u

struct line_job {
    const char *name, *reason;
    uint32_t core, node, try;
    bool again; /* it will be tried again */
    const struct msg_worker_ended *end;
    const struct msg_worker_missing *missing;
    uint32_t missing_count;
};

void line_job_start(char to[FARM_LINE_BYTES], const struct line_job *j);

/* Reasons lose their blanks; missing calls that find no room are left out. */
void line_job_end(char to[FARM_LINE_BYTES], const struct line_job *j);

/* The accounts from *next on that find room; *next is moved behind them. False: there are no more.
 * value: [ACCOUNT_COUNT]. */
bool line_account(char to[FARM_LINE_BYTES], const char *name, const uint64_t *value,
                  uint32_t *next);

/* The same for calls: number << 32 | count each. */
bool line_calls(char to[FARM_LINE_BYTES], const char *name, const uint64_t *call, uint32_t count,
                uint32_t *next);

const char *job_status_word(uint32_t status);

#endif
