/* dispatch.c: the way in (linux_syscall, through the table made from call.def) and the way out
 * (exit, faults, and what may go into a report). */
#include "personality.h"

#define CALL(name, x86, arm) [LINUX_NUMBER(x86, arm)] = call_##name,
#define CALL_OLD(name, x86) LINUX_OLD_CALL([x86] = call_##name, )
static long (*const call_rows[CALL_NUMBER_MAX])(struct linux_process *p, const long a[6]) = {
#include "call.def"
};

long linux_syscall(struct linux_process *p, long number, const long argument[6])
{
    bool known = number >= 0 && number < CALL_NUMBER_MAX;

    p->usage.call_count++;
    p->calls[known ? number : CALL_NUMBER_MAX]++;
    return known && call_rows[number] ? call_rows[number](p, argument) : -LINUX_ENOSYS;
}

void linux_missing(const struct linux_process *p,
                   void (*report)(void *context, unsigned number, const char *name, unsigned count),
                   void *context)
{
    for (unsigned i = 0; i <= CALL_NUMBER_MAX; i++)
        if (p->calls[i] && (i == CALL_NUMBER_MAX || !call_rows[i]))
            report(context, i, linux_call_name(i), p->calls[i]);
}

void linux_calls(const struct linux_process *p,
                 void (*report)(void *context, unsigned number, unsigned count), void *context)
{
    for (unsigned i = 0; i <= CALL_NUMBER_MAX; i++)
        if (p->calls[i])
            report(context, i, p->calls[i]);
}

void linux_usage_read(const struct linux_process *p, struct linux_usage *out)
{
    *out = p->usage;
}

void process_end(struct linux_process *p, enum linux_end end, int code, const char *reason)
{
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

static const char *trap_words(int signal)
{
    return signal == LINUX_SIGILL ? "illegal instruction" : "exception";
}

/* What a bad address most likely means. */
static const char *fault_words(const struct linux_process *p, int signal, uint64_t address)
{
    const uint64_t null_end = 64 << 10, near = 64 << 20, kernel = 1ull << 47;
    uint64_t stack = window_at(p, WINDOW_STACK);

    if (signal != LINUX_SIGSEGV)
        return "bus error";
    if (address < null_end)
        return "null pointer";
    if (address >= kernel)
        return "kernel address";
    return address < stack && stack - address <= near ? "stack overflow" : "bad address";
}

static NORETURN void signal_end(struct linux_process *p, const char *words, int signal,
                                uint64_t address)
{
    char reason[64];
    size_t n = text_length(words);

    memcpy(reason, words, n);
    memcpy(reason + n, ": signal ", 9);
    n += 9;
    n += text_decimal(reason + n, (uint64_t)signal);
    memcpy(reason + n, " at 0x", 6);
    n += 6;
    for (int shift = address >> 48 ? 60 : 44; shift >= 0; shift -= 4)
        reason[n++] = "0123456789abcdef"[address >> shift & 15];
    reason[n] = 0;
    process_end(p, LINUX_END_FAULT, signal, reason);
}

void linux_trap(struct linux_process *p, int signal, uint64_t address)
{
    signal_end(p, trap_words(signal), signal, address);
}

void linux_fault_end(struct linux_process *p, int signal, uint64_t address)
{
    signal_end(p, fault_words(p, signal, address), signal, address);
}
