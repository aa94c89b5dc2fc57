/* calls.c: ways into the kernel, from domain to domain on one core, and from thread to thread. */
#include "bench.h"
#include <rt/fault.h>
#include <rt/memory.h>
#include <rt/slots.h>

enum { CALL_BADGE = 42, RT_CALL_INSTRUCTIONS = 4 /* helper.c: look, branch, status, return */ };

/* Around nothing: the stub alone. */
static uint64_t stub_cost(enum syscall op)
{
    sample_clear(&sample);
    for (uint32_t i = 0; i < SAMPLES; i++)
        SAMPLE(WINDOW_NONE, &sample, (void)arch_syscall_skip(op, 1, 2, 3, 4, 5, 6));
    return sample_median(&sample);
}

static void null_measure(void)
{
    uint64_t stub = stub_cost(SYS_NULL);

    sample_clear(&sample);
    for (uint32_t i = 0; i < SAMPLES; i++)
        SAMPLE(WINDOW_NULL, &sample, (void)arch_syscall(SYS_NULL, 1, 2, 3, 4, 5, 6));
    row_print("null_syscall", WINDOW_NULL, 0, sample_median(&sample) - stub);
}

/* The stub puts endpoint, deadline and four words where CALL expects them. */
static enum status call_samples(capref_t endpoint)
{
    uint64_t deadline = arch_user_ticks() + 100 * rt.page->tick_hz;
    enum status s = OK;

    sample_clear(&sample);
    for (uint32_t i = 0; s == OK && i < SAMPLES; i++) {
        struct sysret r;
        SAMPLE(WINDOW_CALL, &sample, r = arch_syscall(SYS_CALL, endpoint, deadline, 3, 4, 5, 6));
        s = (enum status)r.status;
    }
    return s;
}

/* The words come back, and the server's status. */
static enum status call_try(capref_t endpoint)
{
    uint64_t word[4] = {11, 12, 13, 14};
    uint64_t s = arch_call(endpoint, arch_user_ticks() + rt.page->tick_hz, word);

    if (s == OK && (word[0] != 11 || word[1] != 12 || word[2] != 13 || word[3] != 14))
        return E_PROTOCOL;
    return (enum status)s;
}

/* A server that does not answer costs its caller no more than the deadline. */
static enum status call_hang(capref_t endpoint)
{
    uint64_t word[4] = {CALL_HANGS, 0, 0, 0};
    uint64_t deadline = arch_user_ticks() + rt.page->tick_hz / 1000;
    uint64_t s = arch_call(endpoint, deadline, word);

    if (s != E_TIMEOUT)
        return s == OK ? E_PROTOCOL : (enum status)s;
    if (arch_user_ticks() < deadline)
        return E_PROTOCOL;
    return arch_call(endpoint, UINT64_MAX, word) == E_BUSY ? OK : E_PROTOCOL;
}

static void call_measure(void)
{
    struct domain d;
    capref_t endpoint;
    uint64_t stub = stub_cost(SYS_CALL);
    enum status s = slot_alloc(&rt.slots, &endpoint);

    if (s == OK)
        s = helper_spawn(&d, "server", SPAWN_ARCHIVE);
    if (!row_ok("call_reply", s))
        return;
    helper_wait(&d);
    s = sys_endpoint_make(d.dispatcher, capref_in(0, endpoint), CALL_BADGE);
    if (s == OK)
        s = call_try(endpoint);
    if (s == OK)
        s = call_samples(endpoint);
    if (row_ok("call_reply", s)) {
        uint64_t all = sample_median(&sample) - stub;
        row_print("call_reply", WINDOW_CALL, 0, all);
        row_line("call_reply_kernel", WINDOW_CALL,
                 all - 1 - ARCH_CALL_STUB_INSTRUCTIONS - RT_CALL_INSTRUCTIONS,
                 "how=plugin part=kernel");
    }
    if (s == OK)
        (void)row_ok("a call's deadline", call_hang(endpoint));
    slot_delete(&rt.slots, endpoint);
    domain_end(&d);
}

/* Two that only yield: from the one to the other, in at `run`, and on where it left. */
static void switch_measure(void)
{
    struct domain d;

    if (!row_ok("dispatcher_switch", helper_spawn(&d, "yield", SPAWN_ARCHIVE)))
        return;
    for (uint32_t i = 0; i < 100; i++)
        sys_yield();
    sample_clear(&sample);
    for (uint32_t i = 0; i < SAMPLES; i++)
        SAMPLE(WINDOW_SWITCH, &sample, sys_yield());
    row_print("dispatcher_switch", WINDOW_SWITCH, 0, sample_median(&sample) / 2);
    domain_end(&d);
}

/* A page that may not be touched, until its fault handler says that it may. */
static struct {
    capref_t table, frame, mapping;
    uint64_t va;
} page;

static bool page_fault(void *arg, const struct fault *f)
{
    (void)arg, (void)f;
    return sys_mapping_protect(page.mapping, MAP_READ | MAP_WRITE) == OK;
}

static enum status page_make(void)
{
    struct ram_object frame;
    enum status s = ram_alloc_frame(&rt.ram, PAGE_BYTES, &frame);

    if (s == OK)
        s = address_take(PAGE_BYTES, &page.va);
    if (s == OK)
        s = space_table_get(&rt.space, page.va, &page.table);
    if (s == OK)
        s = slot_alloc(&rt.slots, &page.mapping);
    if (s == OK)
        s = sys_frame_map(page.table, frame.cap, capref_in(0, page.mapping),
                          (uint32_t)(page.va / PAGE_BYTES) % 512, 1, 0, MAP_READ);
    if (s == OK)
        s = fault_handler_add(page.va, page.va + PAGE_BYTES, page_fault, NULL);
    return s;
}

/* Fault, entry, handlers, resume; what the handler itself does is taken off. */
static void upcall_measure(void)
{
    enum status s = page_make();

    sample_clear(&sample);
    for (uint32_t i = 0; s == OK && i < SAMPLES; i++) {
        s = sys_mapping_protect(page.mapping, 0);
        if (s == OK)
            SAMPLE(WINDOW_NONE, &sample,
                   s = sys_mapping_protect(page.mapping, MAP_READ | MAP_WRITE));
    }
    uint64_t protect = sample_median(&sample);
    sample_clear(&sample);
    for (uint32_t i = 0; s == OK && i < SAMPLES; i++) {
        s = sys_mapping_protect(page.mapping, 0);
        if (s == OK)
            SAMPLE(WINDOW_UPCALL, &sample, *(volatile uint64_t *)page.va = i);
    }
    if (row_ok("upcall", s))
        row_print("upcall", WINDOW_UPCALL, 0, sample_median(&sample) - protect);
}

static bool threads_stop;

static void thread_other(void *arg)
{
    (void)arg;
    while (!threads_stop)
        thread_yield();
}

static void threads_measure(void)
{
    if (!row_ok("thread_switch", thread_make("other", thread_other, NULL, 0)))
        return;
    sample_clear(&sample);
    for (uint32_t i = 0; i < SAMPLES; i++)
        SAMPLE(WINDOW_THREAD, &sample, thread_yield());
    row_print("thread_switch", WINDOW_THREAD, 0, sample_median(&sample) / 2);
    threads_stop = true;
    thread_yield();
}

static void foreign_ended(void *arg, struct domain *d)
{
    (void)d;
    *(bool *)arg = true;
}

static void foreign_log(void *arg, struct domain *d, const char *line)
{
    (void)arg, (void)d;
    log_line("%s", line);
}

static void foreign_measure(void)
{
    struct domain d;
    bool ended = false;

    if (!row_ok("foreign_syscall", helper_spawn(&d, "foreign", SPAWN_ARCHIVE | SPAWN_FOREIGN)))
        return;
    d.arg = &ended;
    d.ended = foreign_ended;
    d.log = foreign_log;
    while (!ended)
        events_pass(UINT64_MAX);
    domain_end(&d);
}

void calls_measure(void)
{
    null_measure();
    foreign_measure();
    call_measure();
    switch_measure();
    upcall_measure();
    threads_measure();
}
