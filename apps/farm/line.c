/* line.c: see line.h. Every value is one word: what a job or a name may hold besides becomes an
 * underscore. */
#include "line.h"
#include <linux/process.h>
#include <rt/string.h>

const char *job_status_word(uint32_t status)
{
    static const char *const words[] = {
        [JOB_STATUS_OK] = "ok",
        [JOB_STATUS_FAULT] = "fault",
        [JOB_STATUS_MEMORY] = "memory",
        [JOB_STATUS_TIME] = "time",
        [JOB_STATUS_UNSUPPORTED] = "unsupported",
        [JOB_STATUS_KILLED] = "killed",
    };
    return status < JOB_STATUS_COUNT ? words[status] : "fault";
}

static void words_join(char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text > '~' || *text == '=')
            *text = '_';
}

void line_job_start(char to[FARM_LINE_BYTES], const struct line_job *j)
{
    rt_snprintf(to, FARM_LINE_BYTES, "@job start name=%s core=%u node=%u try=%u", j->name, j->core,
                j->node, j->try);
}

/* The list as far as it fits behind `used` bytes. */
static void missing_add(char *to, size_t used, const struct line_job *j)
{
    const char *before = " syscalls_missing=";

    for (uint32_t i = 0; i < j->missing_count; i++) {
        char entry[64];
        const char *name = j->missing[i].name;
        if (name[0] && name[0] != '?')
            rt_snprintf(entry, sizeof entry, "%s:%u", name, j->missing[i].count);
        else
            rt_snprintf(entry, sizeof entry, "%u:%u", j->missing[i].number, j->missing[i].count);
        words_join(entry);
        size_t bytes = strlen(before) + strlen(entry);
        if (used + bytes >= FARM_LINE_BYTES)
            return;
        rt_snprintf(to + used, FARM_LINE_BYTES - used, "%s%s", before, entry);
        used += bytes;
        before = ",";
    }
}

void line_job_end(char to[FARM_LINE_BYTES], const struct line_job *j)
{
    const struct msg_worker_ended *e = j->end;
    char reason[56];

    rt_snprintf(reason, sizeof reason, "%s", j->reason);
    words_join(reason);
    int n = rt_snprintf(to, FARM_LINE_BYTES,
                        "@job end name=%s status=%s%s%s core=%u node=%u wall_us=%lu cpu_us=%lu "
                        "peak_bytes=%lu try=%u again=%u",
                        j->name, job_status_word(e->status), reason[0] ? " reason=" : "", reason,
                        j->core, j->node, (unsigned long)e->wall_us, (unsigned long)e->cpu_us,
                        (unsigned long)e->peak_bytes, j->try, j->again);
    if (n > 0 && (size_t)n < FARM_LINE_BYTES)
        missing_add(to, (size_t)n, j);
}

/* Puts the entry behind what is there. False: no room. */
static bool entry_add(char *to, size_t *used, const char *before, const char *entry)
{
    size_t bytes = strlen(before) + strlen(entry);

    if (*used + bytes >= FARM_LINE_BYTES)
        return false;
    rt_snprintf(to + *used, FARM_LINE_BYTES - *used, "%s%s", before, entry);
    *used += bytes;
    return true;
}

bool line_account(char to[FARM_LINE_BYTES], const char *name, const uint64_t *value, uint32_t *next)
{
    static const char *const words[ACCOUNT_COUNT] = {
#define K(key, word) [ACCOUNT_##key] = #word,
        ACCOUNT_KEYS(K)
#undef K
    };
    char entry[64];
    size_t used = (size_t)rt_snprintf(to, FARM_LINE_BYTES, "@job account name=%s", name);

    if (*next == ACCOUNT_NONE)
        ++*next;
    if (*next >= ACCOUNT_COUNT)
        return false;
    for (; *next < ACCOUNT_COUNT; ++*next) {
        rt_snprintf(entry, sizeof entry, "%s=%lu", words[*next], (unsigned long)value[*next]);
        if (!entry_add(to, &used, " ", entry))
            break;
    }
    return true;
}

bool line_calls(char to[FARM_LINE_BYTES], const char *name, const uint64_t *call, uint32_t count,
                uint32_t *next)
{
    char entry[64];
    size_t used = (size_t)rt_snprintf(to, FARM_LINE_BYTES, "@job calls name=%s", name);
    const char *before = " ";

    if (*next >= count)
        return false;
    for (; *next < count; ++*next, before = ",") {
        const char *word = linux_call_name((unsigned)(call[*next] >> 32));
        unsigned times = (unsigned)call[*next];
        if (word)
            rt_snprintf(entry, sizeof entry, "%s:%u", word, times);
        else
            rt_snprintf(entry, sizeof entry, "%u:%u", (unsigned)(call[*next] >> 32), times);
        if (!entry_add(to, &used, before, entry))
            break;
    }
    return true;
}
