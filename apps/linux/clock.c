/* clock.c: time. Processor time is the time since the start: the program is alone in its domain and
 * seldom waits. */
#include "personality.h"

static const uint64_t S = 1000000000;

uint64_t clock_epoch_ns(const struct linux_process *p)
{
    return p->config.epoch_ns + linux_host_clock_ns(p->host);
}

static uint64_t elapsed_ns(const struct linux_process *p)
{
    return linux_host_clock_ns(p->host) - p->start_ns;
}

static long time_out(struct linux_process *p, uint64_t address, uint64_t ns)
{
    struct linux_timespec t = {(int64_t)(ns / S), (int64_t)(ns % S)};
    return user_copy_out(p, address, &t, sizeof t);
}

long call_clock_gettime(struct linux_process *p, const long a[6])
{
    enum { REALTIME, MONOTONIC, PROCESS, THREAD, RAW, REALTIME_COARSE, MONOTONIC_COARSE, BOOT };

    switch ((int)a[0]) {
    case REALTIME:
    case REALTIME_COARSE:
        return time_out(p, (uint64_t)a[1], clock_epoch_ns(p));
    case PROCESS:
    case THREAD:
        return time_out(p, (uint64_t)a[1], elapsed_ns(p));
    case MONOTONIC:
    case RAW:
    case MONOTONIC_COARSE:
    case BOOT:
        return time_out(p, (uint64_t)a[1], linux_host_clock_ns(p->host));
    }
    return -LINUX_EINVAL;
}

long call_clock_getres(struct linux_process *p, const long a[6])
{
    if (a[0] < 0 || a[0] > 7)
        return -LINUX_EINVAL;
    return a[1] ? time_out(p, (uint64_t)a[1], 1) : 0;
}

long call_gettimeofday(struct linux_process *p, const long a[6])
{
    uint64_t ns = clock_epoch_ns(p);
    struct linux_timespec t = {(int64_t)(ns / S),
                               (int64_t)(ns % S / 1000)}; /* a timeval has the same shape */
    return a[0] ? user_copy_out(p, (uint64_t)a[0], &t, sizeof t) : 0;
}

long call_time(struct linux_process *p, const long a[6])
{
    int64_t s = (int64_t)(clock_epoch_ns(p) / S);
    long result = a[0] ? user_copy_out(p, (uint64_t)a[0], &s, sizeof s) : 0;
    return result ? result : s;
}

static long sleep_until(struct linux_process *p, uint64_t address, uint64_t base)
{
    struct linux_timespec t;
    long result = user_copy_in(p, &t, address, sizeof t);

    if (result)
        return result;
    if (t.s < 0 || t.ns < 0 || t.ns >= (int64_t)S || t.s > 1 << 30)
        return -LINUX_EINVAL;
    linux_host_sleep(p->host, base + (uint64_t)t.s * S + (uint64_t)t.ns);
    return 0;
}

long call_nanosleep(struct linux_process *p, const long a[6])
{
    return sleep_until(p, (uint64_t)a[0], linux_host_clock_ns(p->host));
}

long call_clock_nanosleep(struct linux_process *p, const long a[6])
{
    struct linux_timespec t;
    long result = user_copy_in(p, &t, (uint64_t)a[2], sizeof t);

    if (result || !(a[1] & 1))
        return result ? result : sleep_until(p, (uint64_t)a[2], linux_host_clock_ns(p->host));
    if (t.s < 0 || t.ns < 0 || t.ns >= (int64_t)S)
        return -LINUX_EINVAL;
    uint64_t until = (uint64_t)t.s * S + (uint64_t)t.ns;
    if (a[0] == 0)
        until = until > p->config.epoch_ns ? until - p->config.epoch_ns : 0;
    linux_host_sleep(p->host, until);
    return 0;
}

long call_times(struct linux_process *p, const long a[6])
{
    enum { TICKS_PER_S = 100 };
    uint64_t ticks = elapsed_ns(p) / (S / TICKS_PER_S);
    uint64_t t[4] = {ticks};
    long result = a[0] ? user_copy_out(p, (uint64_t)a[0], t, sizeof t) : 0;
    return result ? result : (long)(linux_host_clock_ns(p->host) / (S / TICKS_PER_S));
}

long call_getrusage(struct linux_process *p, const long a[6])
{
    uint64_t usage[18] = {elapsed_ns(p) / S, elapsed_ns(p) % S / 1000, 0, 0,
                          p->usage.page_count_peak * 4};

    if (a[0] < -1 || a[0] > 1)
        return -LINUX_EINVAL;
    return user_copy_out(p, (uint64_t)a[1], usage, sizeof usage);
}
