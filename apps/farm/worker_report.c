/* worker_report.c: one status and one line of reason from all that is known of a job's end. */
#include "worker.h"
#include <linux/host.h>
#include <rt/string.h>

static enum job_status reason_set(char reason[JOB_REASON_BYTES], enum job_status status,
                                  const char *text)
{
    text_set(reason, JOB_REASON_BYTES, text);
    return status;
}

/* What it had and what it asked for; `why` where it was never refused anything. */
static enum job_status memory_judge(const struct job *j, const char *why,
                                    char reason[JOB_REASON_BYTES])
{
    const struct lend *l = &j->lend;
    unsigned long had = l->granted_bytes[RAM_ZONE] + l->granted_bytes[RAM_GENERAL];

    if (!l->refused_bytes)
        return reason_set(reason, JOB_STATUS_MEMORY, why);
    rt_snprintf(reason, JOB_REASON_BYTES, "%s: had %lu KiB of %lu, asked for %lu",
                l->refused_by_limit ? "limit" : "core full", had >> 10,
                (unsigned long)l->limit_bytes >> 10, (unsigned long)l->refused_bytes >> 10);
    return JOB_STATUS_MEMORY;
}

static enum job_status limits_judge(enum limits_verdict verdict, char reason[JOB_REASON_BYTES])
{
    switch (verdict) {
    case LIMITS_WALL:
        return reason_set(reason, JOB_STATUS_TIME, "wall time limit");
    case LIMITS_CPU:
        return reason_set(reason, JOB_STATUS_TIME, "CPU time limit");
    case LIMITS_KEPT:
    case LIMITS_KILL:
        break;
    }
    return reason_set(reason, JOB_STATUS_KILLED, "killed");
}

/* The first output that is not there, copied; false: all are. */
static bool output_missing(const struct job *j, char name[32])
{
    struct job_text lines = j->spec.lines;
    struct job_item item;
    uint32_t at = 0;

    while (job_item_next(&lines, &item)) {
        if (item.key != JOB_OUTPUT)
            continue;
        if (!(j->kept_set >> at++ & 1)) {
            char whole[FILES_NAME_BYTES];
            text_set(name, 32, job_word_copy(&item.words, whole, sizeof whole) ? whole : "?");
            return true;
        }
    }
    return false;
}

static enum job_status exit_judge(const struct job *j, char reason[JOB_REASON_BYTES])
{
    char name[32];

    if (j->code) {
        rt_snprintf(reason, JOB_REASON_BYTES, "exit code %lu", (unsigned long)j->code);
        return JOB_STATUS_FAULT;
    }
    if (j->kept != OK) {
        rt_snprintf(reason, JOB_REASON_BYTES, "%.30s not kept: %s", j->name, status_name(j->kept));
        return JOB_STATUS_FAULT;
    }
    if (output_missing(j, name)) {
        rt_snprintf(reason, JOB_REASON_BYTES, "output %s is missing", name);
        return JOB_STATUS_FAULT;
    }
    return JOB_STATUS_OK;
}

/* The program had its say. */
static enum job_status end_judge(const struct job *j, char reason[JOB_REASON_BYTES])
{
    const char *why = j->domain.reason;

    switch ((enum linux_end)j->end) {
    case LINUX_END_EXIT:
        return exit_judge(j, reason);
    case LINUX_END_FAULT:
        return reason_set(reason, JOB_STATUS_FAULT, why);
    case LINUX_END_MEMORY:
        return memory_judge(j, why, reason);
    case LINUX_END_UNSUPPORTED:
        return reason_set(reason, JOB_STATUS_UNSUPPORTED, why);
    }
    return reason_set(reason, JOB_STATUS_FAULT, "ended in an unknown way");
}

/* Which command it was, where there are several. */
static void command_add(const struct job *j, enum job_status status, char reason[JOB_REASON_BYTES])
{
    char whole[JOB_REASON_BYTES];

    if (status == JOB_STATUS_OK || j->spec.run_count < 2)
        return;
    rt_snprintf(whole, sizeof whole, "command %u: %s", j->command + 1, reason);
    text_set(reason, JOB_REASON_BYTES, whole);
}

enum job_status job_judge(const struct job *j, enum status start, const struct domain_account *a,
                          char reason[JOB_REASON_BYTES])
{
    reason[0] = '\0';
    if (start == E_NO_MEMORY)
        return memory_judge(j, "cannot start", reason);
    if (start != OK) {
        rt_snprintf(reason, JOB_REASON_BYTES, "cannot start: %s", status_name(start));
        return JOB_STATUS_FAULT;
    }
    if (!j->over) {
        if (j->lied)
            return reason_set(reason, JOB_STATUS_FAULT, "broke the protocol of its files");
        if (j->flooded)
            return reason_set(reason, JOB_STATUS_FAULT, "too much output to the log");
        return limits_judge(j->verdict, reason);
    }
    if (j->domain.state == DOMAIN_STOPPED) {
        rt_snprintf(reason, JOB_REASON_BYTES, "%.30s at 0x%lx", j->domain.reason,
                    (unsigned long)a->pc);
        return JOB_STATUS_FAULT;
    }
    if (j->used) {
        enum job_status status = end_judge(j, reason);
        command_add(j, status, reason);
        return status;
    }
    return reason_set(reason, JOB_STATUS_FAULT,
                      j->domain.reason[0] ? j->domain.reason : "ended without a word");
}
