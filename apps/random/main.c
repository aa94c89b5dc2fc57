/* main.c: the program `random`: an unprivileged domain that makes the calls of the plan, one after
 * the other. `random calls=N plan=SEED,TRACE cores=N ...` from a monitor.
 *
 *   @random ready zone= ram= ...    what the plan begins with; waits until the host has looked: the
 *                                   word of the line `go` (physical address) becomes 1
 *   @random hash calls=N value=H    every 1,000 calls: the hash of all answers so far
 *   @random call N op status r1 r2  from call TRACE on, 1,000 of them
 *   @random end calls=N again=K     waits until `go` is 2, and ends the machine */
#include "plan.h"

#include <arch/user.h>
#include <monitor/service.h>
#include <rt/log.h>
#include <rt/memory.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>

enum {
    ARENA_ZONE_BYTES = 0x90000,
    ARENA_RAM_BYTES = 5 << 20,
    HASH_EVERY = 1000,
    AGAIN_MAX = 100000,
    FAR_SECONDS = 100,
    NEAR_PER_SECOND = 50000,
    SETTLE_YIELDS = 4,
};

static struct plan plan;
static uint64_t again_count;

static const char *argument(int argc, char **argv, const char *key)
{
    size_t length = strlen(key);

    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], key, length) == 0 && argv[i][length] == '=')
            return argv[i] + length + 1;
    return "";
}

static uint64_t number(const char *text, const char **end)
{
    uint64_t value = 0;

    for (; *text >= '0' && *text <= '9'; text++)
        value = value * 10 + (uint64_t)(*text - '0');
    *end = *text == ',' ? text + 1 : text;
    return value;
}

static uint64_t deadline_of(uint64_t a)
{
    if (a == PLAN_FAR)
        return arch_user_ticks() + FAR_SECONDS * rt.page->tick_hz;
    return a == PLAN_NEAR ? arch_user_ticks() + rt.page->tick_hz / NEAR_PER_SECOND : a;
}

/* A WAIT makes the dispatcher disabled, so that it goes on right there (rt/event.c does it so). */
static struct sysret wait_call(uint64_t deadline)
{
    __atomic_store_n(&rt.page->disabled, 1, __ATOMIC_RELAXED);
    struct sysret r = arch_syscall(SYS_WAIT, deadline, 0, 0, 0, 0, 0);
    __atomic_store_n(&rt.page->disabled, 0, __ATOMIC_RELEASE);
    return r;
}

static struct sysret call_server(const uint64_t *a)
{
    uint64_t word[4] = {a[2], a[3], a[4], a[5]};
    uint64_t status = arch_call(a[0], deadline_of(a[1]), word);
    bool same = word[0] == a[2] && word[1] == a[3] && word[2] == a[4] && word[3] == a[5];

    /* What a server answers is its badge (PLAN_BADGE or more), and the words as they came. */
    return (struct sysret){status, status >= PLAN_BADGE && same, 0};
}

/* Servers run rt_call_wait alone, which answers a call with its badge. */
uint64_t rt_call(uint64_t badge, uint64_t word[4])
{
    (void)word;
    return badge;
}

static struct sysret make(const struct plan_call *c)
{
    const uint64_t *a = c->a;
    struct sysret r;

    if (c->operation == SYS_WAIT)
        return wait_call(deadline_of(a[0]));
    if (c->operation == SYS_CALL)
        return call_server(a);
    for (uint32_t i = 0; i < AGAIN_MAX; i++) {
        r = arch_syscall(c->operation, a[0], a[1], a[2], a[3], a[4], a[5]);
        if (r.status != E_AGAIN)
            break;
        again_count++;
    }
    return r;
}

static void host_wait(volatile const uint64_t *go, uint64_t value)
{
    while (*go != value)
        (void)wait_call(arch_user_ticks() + rt.page->tick_hz / 1000);
}

static void calls_make(uint64_t calls, uint64_t trace)
{
    uint64_t hash = 0;

    for (uint64_t i = 0; i < calls; i++) {
        struct plan_call c;

        plan_next(&plan, &c);
        struct sysret r = make(&c);
        for (int k = 0; plan_settles(&c, r.status) && k < SETTLE_YIELDS; k++)
            sys_yield();
        plan_answer(&plan, &c, r.status, r.r1);
        hash = plan_hash(hash, &c, r.status, r.r1, r.r2);
        if (trace && i + 1 >= trace && i + 1 < trace + HASH_EVERY)
            log_line("@random call %lu %lu %lu %lx %lx", i, c.operation, r.status, r.r1, r.r2);
        if ((i + 1) % HASH_EVERY == 0 || i + 1 == calls)
            log_line("@random hash calls=%lu value=%lx", i + 1, hash);
    }
}

int main(int argc, char **argv)
{
    const char *rest;
    uint64_t calls = number(argument(argc, argv, "calls"), &rest);
    struct plan_start start = {.seed = number(argument(argc, argv, "plan"), &rest)};
    uint64_t trace = number(rest, &rest), *go;
    struct ram_object zone, ram, frame;
    enum status s = ram_alloc_part(&rt.ram, RAM_ZONE, ARENA_ZONE_BYTES, &zone);

    if (s == OK)
        s = ram_alloc_part(&rt.ram, RAM_GENERAL, ARENA_RAM_BYTES, &ram);
    if (s == OK)
        s = slot_alloc_run(&rt.slots, ARENA_CNODES, &start.spare);
    if (s == OK)
        s = frame_make(PAGE_BYTES, &frame, (void **)&go);
    if (s != OK) {
        log_line("@random failed: %s", status_name(s));
        return 1;
    }
    start = (struct plan_start){start.seed, zone.cap, ram.cap,   start.spare,           zone.base,
                                zone.bytes, ram.base, ram.bytes, (uint64_t)rt_call_wait};
    plan_begin(&plan, &start);
    log_line("@random ready seed=%lu zone=%u ram=%u spare=%u serve=%lu", start.seed, start.zone,
             start.ram, start.spare, start.serve);
    log_line("@random go at=%lu zone_base=%lu hz=%lu", frame.base, zone.base, rt.page->tick_hz);
    host_wait(go, 1);
    calls_make(calls, trace);
    log_line("@random end calls=%lu again=%lu", calls, again_count);
    host_wait(go, 2);
    service_end_machine(0);
    return 0;
}
