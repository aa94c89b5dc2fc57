/* dispatch.c: the way in (linux_syscall, through the table made from call.def) and the way out
 * (exit, faults, and what may go into a report). */
#include "personality.h"

#define CALL(name, x86, arm) [LINUX_NUMBER(x86, arm)] = call_##name,
#define CALL_OLD(name, x86) LINUX_OLD_CALL([x86] = call_##name, )
static long (*const call_rows[CALL_NUMBER_MAX])(struct linux_process *p, const long a[6]) = {
#include "call.def"
};

#define MISSING(name, x86, arm) [LINUX_NUMBER(x86, arm)] = #name,
#define MISSING_OLD(name, x86) LINUX_OLD_CALL([x86] = #name, )
static const char *const missing_names[CALL_NUMBER_MAX] = {
#include "missing.def"
};

long linux_syscall(struct linux_process *p, long number, const long argument[6])
{
    p->usage.call_count++;
    if (number >= 0 && number < CALL_NUMBER_MAX && call_rows[number])
        return call_rows[number](p, argument);
    p->missing[number >= 0 && number < CALL_NUMBER_MAX ? number : CALL_NUMBER_MAX]++;
    return -LINUX_ENOSYS;
}

void linux_missing(const struct linux_process *p,
                   void (*report)(void *context, unsigned number, const char *name, unsigned count),
                   void *context)
{
    for (unsigned i = 0; i <= CALL_NUMBER_MAX; i++)
        if (p->missing[i])
            report(context, i, i < CALL_NUMBER_MAX ? missing_names[i] : NULL, p->missing[i]);
}

void linux_usage_read(const struct linux_process *p, struct linux_usage *out)
{
    *out = p->usage;
}

void process_end(struct linux_process *p, enum linux_end end, int code, const char *reason)
{
    node_output(p);
    linux_host_end(p->host, end, code, reason);
}

long call_exit_group(struct linux_process *p, const long a[6])
{
    char reason[40] = "exit ";
    int code = (int)a[0] & 255;

    text_decimal(reason + text_length(reason), (uint64_t)code);
    process_end(p, LINUX_END_EXIT, code, reason);
}

long call_exit(struct linux_process *p, const long a[6])
{
    return call_exit_group(p, a);
}

void linux_trap(struct linux_process *p, int signal, uint64_t address)
{
    char reason[64] = "signal ";
    size_t n = text_length(reason);

    n += text_decimal(reason + n, (uint64_t)signal);
    memcpy(reason + n, " at 0x", 6);
    n += 6;
    for (int shift = 44; shift >= 0; shift -= 4)
        reason[n++] = "0123456789abcdef"[address >> shift & 15];
    reason[n] = 0;
    process_end(p, LINUX_END_FAULT, signal, reason);
}
