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

/* The program had its say. */
static enum job_status end_judge(const struct job *j, char reason[JOB_REASON_BYTES])
{
    const char *why = j->domain.reason;

    switch ((enum linux_end)j->end) {
    case LINUX_END_EXIT:
        if (j->code) {
            rt_snprintf(reason, JOB_REASON_BYTES, "exit code %lu", (unsigned long)j->code);
            return JOB_STATUS_FAULT;
        }
        if (j->kept == OK)
            return JOB_STATUS_OK;
        rt_snprintf(reason, JOB_REASON_BYTES, "%.30s not kept: %s", j->name, status_name(j->kept));
        return JOB_STATUS_FAULT;
    case LINUX_END_FAULT:
        return reason_set(reason, JOB_STATUS_FAULT, why);
    case LINUX_END_MEMORY:
        return reason_set(reason, JOB_STATUS_MEMORY, why);
    case LINUX_END_UNSUPPORTED:
        return reason_set(reason, JOB_STATUS_UNSUPPORTED, why);
    }
    return reason_set(reason, JOB_STATUS_FAULT, "ended in an unknown way");
}

enum job_status job_judge(const struct job *j, enum status start, const struct domain_account *a,
                          char reason[JOB_REASON_BYTES])
{
    reason[0] = '\0';
    if (start != OK) {
        rt_snprintf(reason, JOB_REASON_BYTES, "cannot start: %s", status_name(start));
        return start == E_NO_MEMORY ? JOB_STATUS_MEMORY : JOB_STATUS_FAULT;
    }
    if (!j->over) {
        if (j->lied)
            return reason_set(reason, JOB_STATUS_FAULT, "broke the protocol of its files");
        if (j->late)
            return reason_set(reason, JOB_STATUS_TIME, "its time ran out");
        return reason_set(reason, JOB_STATUS_KILLED, "killed");
    }
    if (j->domain.state == DOMAIN_STOPPED) {
        rt_snprintf(reason, JOB_REASON_BYTES, "%.30s at 0x%lx", j->domain.reason,
                    (unsigned long)a->pc);
        return JOB_STATUS_FAULT;
    }
    if (j->used)
        return end_judge(j, reason);
    return reason_set(reason, JOB_STATUS_FAULT,
                      j->domain.reason[0] ? j->domain.reason : "ended without a word");
}
