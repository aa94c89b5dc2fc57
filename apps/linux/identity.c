/* identity.c: who and where the program is: one process, one thread, one processor, an ordinary
 * user. */
#include "personality.h"

long call_getpid(struct linux_process *p, const long a[6])
{
    (void)p;
    (void)a;
    return LINUX_PROCESS_ID;
}

long call_gettid(struct linux_process *p, const long a[6])
{
    return call_getpid(p, a);
}

long call_getpgrp(struct linux_process *p, const long a[6])
{
    return call_getpid(p, a);
}

long call_set_tid_address(struct linux_process *p, const long a[6])
{
    return call_getpid(p, a);
}

long call_getppid(struct linux_process *p, const long a[6])
{
    (void)p;
    (void)a;
    return 0;
}

long call_getuid(struct linux_process *p, const long a[6])
{
    (void)p;
    (void)a;
    return LINUX_USER;
}

long call_geteuid(struct linux_process *p, const long a[6])
{
    return call_getuid(p, a);
}

long call_getgid(struct linux_process *p, const long a[6])
{
    return call_getuid(p, a);
}

long call_getegid(struct linux_process *p, const long a[6])
{
    return call_getuid(p, a);
}

long call_uname(struct linux_process *p, const long a[6])
{
    const struct linux_utsname name = {
        {"Linux", "skerry", "6.1.0", "#1 Skerry", LINUX_MACHINE_NAME, "(none)"}};
    return user_copy_out(p, (uint64_t)a[0], &name, sizeof name);
}

long call_sysinfo(struct linux_process *p, const long a[6])
{
    uint64_t used = p->page_count * PAGE, total = p->config.memory_bytes;
    struct linux_sysinfo i = {
        .uptime_s = (int64_t)(linux_host_clock_ns(p->host) / 1000000000),
        .total = total,
        .free = total > used ? total - used : 0,
        .processes = 1,
        .unit = 1,
    };
    return user_copy_out(p, (uint64_t)a[0], &i, sizeof i);
}

static void limit_fill(const struct linux_process *p, long resource, uint64_t limit[2])
{
    enum { STACK = 3, CORE = 4, PROCESSES = 6, FILES = 7, SPACE = 9 };

    limit[0] = limit[1] = ~0ull;
    switch (resource) {
    case STACK:
        limit[0] = STACK_BYTES;
        break;
    case CORE:
        limit[0] = limit[1] = 0;
        break;
    case PROCESSES:
        limit[0] = limit[1] = 1;
        break;
    case FILES:
        limit[0] = limit[1] = DESCRIPTOR_MAX;
        break;
    case SPACE:
        if (p->config.memory_bytes)
            limit[0] = limit[1] = ~0ull;
        break;
    }
}

long call_prlimit64(struct linux_process *p, const long a[6])
{
    uint64_t limit[2];

    if (a[0] && a[0] != LINUX_PROCESS_ID)
        return -LINUX_ESRCH;
    if (a[1] < 0 || a[1] > 15)
        return -LINUX_EINVAL;
    limit_fill(p, a[1], limit);
    /* New limits are accepted and not kept: the domain's are what counts. */
    return a[3] ? user_copy_out(p, (uint64_t)a[3], limit, sizeof limit) : 0;
}

long call_getrlimit(struct linux_process *p, const long a[6])
{
    return call_prlimit64(p, (const long[6]){0, a[0], 0, a[1]});
}

long call_sched_getaffinity(struct linux_process *p, const long a[6])
{
    const uint64_t set = 1;

    if (a[0] && a[0] != LINUX_PROCESS_ID)
        return -LINUX_ESRCH;
    if ((uint64_t)a[1] < sizeof set)
        return -LINUX_EINVAL;
    long result = user_copy_out(p, (uint64_t)a[2], &set, sizeof set);
    return result ? result : (long)sizeof set;
}

long call_sched_yield(struct linux_process *p, const long a[6])
{
    (void)p;
    (void)a;
    return 0;
}

long call_getrandom(struct linux_process *p, const long a[6])
{
    enum { MOST = 1 << 20 };
    uint64_t bytes = (uint64_t)a[1] > MOST ? MOST : (uint64_t)a[1];
    long result = user_ready(p, (uint64_t)a[0], bytes, LINUX_WRITE);

    if (result || !bytes)
        return result;
    linux_host_random(p->host, (void *)a[0], bytes);
    return (long)bytes;
}

long call_arch_prctl(struct linux_process *p, const long a[6])
{
    enum { SET_FS = 0x1002, GET_FS = 0x1003 };
    uint64_t value = (uint64_t)a[1];

    switch (a[0]) {
    case SET_FS:
        if (value >> 47)
            return -LINUX_EPERM;
        linux_host_thread_pointer_set(p->host, value);
        return 0;
    case GET_FS:
        value = linux_host_thread_pointer(p->host);
        return user_copy_out(p, (uint64_t)a[1], &value, sizeof value);
    }
    return -LINUX_EINVAL;
}
