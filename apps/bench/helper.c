/* helper.c: the other domains that measurements need, all of them this program again.
 *
 *   server   answers same-core calls, and nothing else       yield   gives up the core for ever
 *   foreign  makes foreign system calls and says what one costs        nothing  ends at once */
#include "bench.h"
#include <rt/event.h>
#include <rt/string.h>

enum { HELPER_ZONE_BYTES = 0x40000, HELPER_RAM_BYTES = 0x100000, FOREIGN_STACK_BYTES = 4096 };

void events_pass(uint64_t deadline_ticks)
{
    enum status s = event_wait(deadline_ticks);
    (void)s; /* whoever calls looks for himself what happened */
}

enum status helper_spawn(struct domain *d, const char *role, uint32_t flags)
{
    char text[24];
    const char *argv[] = {"bench", text};
    struct spawn_request r = {.image = "/skerry/bench",
                              .name = role,
                              .argc = 2,
                              .argv = argv,
                              .zone_bytes = HELPER_ZONE_BYTES,
                              .ram_bytes = HELPER_RAM_BYTES,
                              .priority = 20,
                              .flags = flags};

    (void)rt_snprintf(text, sizeof text, "role=%s", role);
    return spawn_domain(&r, d);
}

void helper_wait(const struct domain *d)
{
    uint64_t state = STATE_RUNNABLE, reason;

    while (state == STATE_RUNNABLE &&
           sys_dispatcher_inspect(d->dispatcher, 0, &state, &reason) == OK)
        events_pass(arch_user_ticks() + rt.page->tick_hz / 1000);
}

uint64_t rt_call(uint64_t badge, uint64_t word[4])
{
    (void)badge;
    while (word[0] == CALL_HANGS)
        arch_pause();
    return OK;
}

static int serve(void)
{
    enum status s = sys_dispatcher_entry(SLOT_DISPATCHER, ENTRY_RUN, (uint64_t)rt_call_wait, 0);

    if (s == OK)
        s = sys_dispatcher_entry(SLOT_DISPATCHER, ENTRY_CALL, (uint64_t)rt_entry_call, 0);
    if (s == OK)
        rt_call_wait();
    return (int)s;
}

long rt_foreign(long number, long arg[6])
{
    (void)arg;
    return number;
}

static int foreign(void)
{
    static uint64_t stack[FOREIGN_STACK_BYTES / 8] ALIGNED(16);
    long sum = 0;

    rt.page->foreign_stack = (uint64_t)(stack + FOREIGN_STACK_BYTES / 8);
    sample_clear(&sample);
    for (uint32_t i = 0; i < SAMPLES; i++)
        SAMPLE(WINDOW_FOREIGN, &sample, sum += arch_foreign_call(7));
    bench.cores = 1;
    if (sum == 7 * (long)SAMPLES)
        row_print("foreign_syscall", WINDOW_FOREIGN, 0, sample_median(&sample));
    return sum == 7 * (long)SAMPLES ? 0 : 1;
}

static NORETURN void yield(void)
{
    for (;;)
        sys_yield();
}

int helper_main(const char *role)
{
    if (strcmp(role, "server") == 0)
        return serve();
    if (strcmp(role, "foreign") == 0)
        return foreign();
    if (strcmp(role, "yield") == 0)
        yield();
    return strcmp(role, "nothing") == 0 ? 0 : -1;
}
