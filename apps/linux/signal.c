/* signal.c: signals and futexes, as far as one thread alone needs them. Handlers are noted and
 * never run: a signal that the program sends itself is ignored if it says so, and ends it otherwise
 * (abort, raise). */
#include "personality.h"

long call_rt_sigaction(struct linux_process *p, const long a[6])
{
    struct linux_sigaction new = {0};
    long n = a[0];

    if (n < 1 || n >= LINUX_SIGNAL_COUNT || a[3] != 8)
        return -LINUX_EINVAL;
    if (a[1] && (n == LINUX_SIGKILL || n == 19))
        return -LINUX_EINVAL;
    long result = a[1] ? user_copy_in(p, &new, (uint64_t)a[1], sizeof new) : 0;
    if (!result && a[2])
        result = user_copy_out(p, (uint64_t)a[2], &p->action[n], sizeof new);
    if (!result && a[1])
        p->action[n] = new;
    return result;
}

long call_rt_sigprocmask(struct linux_process *p, const long a[6])
{
    enum { BLOCK, UNBLOCK, SET };
    uint64_t set = 0, old = p->signal_mask;

    if (a[3] != 8)
        return -LINUX_EINVAL;
    if (a[1]) {
        long result = user_copy_in(p, &set, (uint64_t)a[1], sizeof set);
        if (result)
            return result;
        switch (a[0]) {
        case BLOCK:
            p->signal_mask |= set;
            break;
        case UNBLOCK:
            p->signal_mask &= ~set;
            break;
        case SET:
            p->signal_mask = set;
            break;
        default:
            return -LINUX_EINVAL;
        }
    }
    return a[2] ? user_copy_out(p, (uint64_t)a[2], &old, sizeof old) : 0;
}

long call_sigaltstack(struct linux_process *p, const long a[6])
{
    uint64_t new[3] = {0};
    long result = a[0] ? user_copy_in(p, new, (uint64_t)a[0], sizeof new) : 0;

    if (!p->alternate_stack[0])
        p->alternate_stack[1] = 2; /* SS_DISABLE */
    if (!result && a[1])
        result = user_copy_out(p, (uint64_t)a[1], p->alternate_stack, sizeof new);
    if (!result && a[0])
        memcpy(p->alternate_stack, new, sizeof new);
    return result;
}

static long signal_send(struct linux_process *p, long to, long n)
{
    /* Those that do nothing when not handled: CHLD, CONT, STOP and its kin (nobody is there to
     * continue it), URG, WINCH. */
    const uint64_t harmless = 1ull << 17 | 1ull << 18 | 0xfull << 19 | 1ull << 23 | 1ull << 28;
    char reason[40] = "sent itself signal ";

    if (to != LINUX_PROCESS_ID && to != 0 && to != -1)
        return -LINUX_ESRCH;
    if (n < 0 || n >= LINUX_SIGNAL_COUNT)
        return -LINUX_EINVAL;
    if (!n || p->action[n].handler == 1 ||
        (p->action[n].handler == 0 && n < 64 && harmless >> n & 1))
        return 0;
    text_decimal(reason + text_length(reason), (uint64_t)n);
    process_end(p, LINUX_END_FAULT, (int)n, reason);
}

long call_kill(struct linux_process *p, const long a[6])
{
    return signal_send(p, a[0], a[1]);
}

long call_tkill(struct linux_process *p, const long a[6])
{
    return signal_send(p, a[0], a[1]);
}

long call_tgkill(struct linux_process *p, const long a[6])
{
    return a[0] == LINUX_PROCESS_ID ? signal_send(p, a[1], a[2]) : -LINUX_ESRCH;
}

/* With one thread a wait can only time out: nobody else can wake it. */
static long futex_wait(struct linux_process *p, const long a[6], bool absolute)
{
    uint32_t value;
    struct linux_timespec t;
    long result = user_copy_in(p, &value, (uint64_t)a[0], sizeof value);

    if (result)
        return result;
    if (value != (uint32_t)a[2])
        return -LINUX_EAGAIN;
    if (!a[3])
        process_end(p, LINUX_END_UNSUPPORTED, 0, "waits for another thread: there is none");
    result = user_copy_in(p, &t, (uint64_t)a[3], sizeof t);
    if (result)
        return result;
    if (t.s < 0 || t.ns < 0 || t.ns >= 1000000000)
        return -LINUX_EINVAL;
    uint64_t until = (uint64_t)t.s * 1000000000u + (uint64_t)t.ns;
    if (!absolute)
        until += linux_host_clock_ns(p->host);
    else if (a[1] & 256) /* FUTEX_CLOCK_REALTIME */
        until = until > p->config.epoch_ns ? until - p->config.epoch_ns : 0;
    linux_host_sleep(p->host, until);
    return -LINUX_ETIMEDOUT;
}

long call_futex(struct linux_process *p, const long a[6])
{
    enum { WAIT, WAKE, WAIT_BITSET = 9, WAKE_BITSET };

    switch (a[1] & 127) {
    case WAIT:
        return futex_wait(p, a, false);
    case WAIT_BITSET:
        return futex_wait(p, a, true);
    case WAKE:
    case WAKE_BITSET:
        return 0;
    }
    return -LINUX_ENOSYS;
}

/* The C library asks for both at its start and does without. */
long call_set_robust_list(struct linux_process *p, const long a[6])
{
    (void)p;
    (void)a;
    return -LINUX_ENOSYS;
}

long call_rseq(struct linux_process *p, const long a[6])
{
    (void)p;
    (void)a;
    return -LINUX_ENOSYS;
}
