/* The core of the scheduler's tests: see machine.h. A kernel entry is a timer interrupt and no other:
 * what a dispatcher does is use time. */
#include "machine.h"

#include <string.h>

#include "ipc/call.h"
#include "syscall/syscalls.h"

struct kernel this_core;
struct kernel *const core = &this_core;
uint64_t machine_now, machine_timer, machine_timers_fired;

static struct {
    char bytes[2 * PAGE_BYTES];
} ALIGNED(4096) objects[MACHINE_DISPATCHERS];
static struct sched_context contexts[MACHINE_CONTEXTS];
static struct boot_record record;
static struct arch_context registers;

struct sched_context *context(unsigned n)
{
    return &contexts[n];
}

struct dispatcher *dispatcher(unsigned n)
{
    return (struct dispatcher *)(void *)&objects[n];
}

void machine_reset(void)
{
    memset(core, 0, sizeof(*core));
    memset(objects, 0, sizeof(objects));
    memset(contexts, 0, sizeof(contexts));
    core->record = &record;
    core->timer_ticks = core->budget_end_ticks = machine_timer = UINT64_MAX;
    machine_now = 1000;
    machine_timers_fired = 0;
    contexts[0] = (struct sched_context){
        .granted = true, .is_first = true, .priority = PRIORITY_COUNT - 1, .share = SHARE_ALL};
}

void start(unsigned n, unsigned c)
{
    struct dispatcher *d = dispatcher(n);

    d->hidden[HIDDEN_CSPACE].type = CAP_CNODE_L1;
    d->hidden[HIDDEN_PAGE_TABLE].type = CAP_PAGE_TABLE_4;
    d->hidden[HIDDEN_SCHED_CONTEXT].type = CAP_SCHED_CONTEXT;
    d->hidden[HIDDEN_SCHED_CONTEXT].base = (uint64_t)&contexts[c];
    d->page_va = PAGE_BYTES;
    d->entry[ENTRY_RUN] = 1;
    d->priority = contexts[c].priority;
    dispatcher_enlist(core, d);
    if (dispatcher_start(core, d, 0) != OK)
        kernel_panic("start", 0, 0, 0);
}

void lend(unsigned server)
{
    struct dispatcher *s = dispatcher(server), *c = core->current;

    c->state = STATE_CALLING;
    c->server = s;
    c->deadline_ticks = UINT64_MAX;
    s->caller = c;
    s->state = STATE_RUNNABLE;
    s->priority = c->priority;
    c->cpu_ticks += machine_now - c->ran_since_ticks;
    s->ran_since_ticks = machine_now;
    core->current = s;
}

void work_until(uint64_t ticks)
{
    for (;;) {
        (void)schedule_exit(core, &registers);
        if (machine_timer > ticks)
            break;
        if (machine_now < machine_timer)
            machine_now = machine_timer;
        interrupts_handle(core);
    }
    machine_now = ticks;
    if (core->current)
        schedule_account(core);
}

uint64_t worked(unsigned n)
{
    return dispatcher(n)->cpu_ticks;
}

/* ---- What the scheduler asks of the rest ---- */

void interrupts_handle(struct kernel *k)
{
    if (machine_timer > machine_now)
        return;
    machine_timer = UINT64_MAX;
    machine_timers_fired++;
    schedule_timer(k);
}

uint64_t arch_ticks(void)
{
    return machine_now;
}

uint64_t arch_tick_hz(void)
{
    return MACHINE_HZ;
}

void arch_timer_arm(uint64_t deadline_ticks)
{
    machine_timer = deadline_ticks;
}

void arch_idle(void)
{
    if (machine_timer == UINT64_MAX)
        kernel_panic("asleep for ever", 0, 0, 0);
    if (machine_now < machine_timer)
        machine_now = machine_timer;
}

uint64_t arch_zone_offset(void)
{
    return 0;
}

uint64_t arch_context_pc(const struct arch_context *ctx)
{
    return ctx->pc;
}

void arch_context_result(struct arch_context *ctx, uint64_t status, uint64_t r1, uint64_t r2)
{
    ctx->result[0] = status;
    ctx->result[1] = r1;
    ctx->result[2] = r2;
}

void arch_context_enter(struct arch_context *ctx, uint64_t pc, uint64_t sp, uint64_t a0,
                        uint64_t a1)
{
    *ctx = (struct arch_context){.pc = pc, .sp = sp, .word = {a0, a1}};
}

bool arch_context_filter(struct arch_context *ctx)
{
    (void)ctx;
    return true;
}

void arch_user_page_set(struct dispatcher_page *page, uint64_t page_va, uint64_t foreign_entry)
{
    (void)page, (void)page_va, (void)foreign_entry;
}

uint64_t arch_foreign_take(void)
{
    return 0;
}

void arch_zero_lines(void *at, uint64_t bytes)
{
    memset(at, 0, bytes);
}

void arch_residue_clear(void)
{
}

void arch_space_switch(uint64_t root_pa)
{
    (void)root_pa;
}

void arch_vector_init(void *state)
{
    (void)state;
}

void arch_vector_save(void *state)
{
    (void)state;
}

void arch_vector_restore(const void *state)
{
    (void)state;
}

void arch_vector_disable(void)
{
}

void doorbell_forget(struct kernel *k, struct dispatcher *d)
{
    (void)k, (void)d;
}

void call_deadlines_enter(struct kernel *k, struct dispatcher *server)
{
    (void)k, (void)server;
}

void kernel_panic(const char *what, uint64_t pc, uint64_t address, uint64_t code)
{
    (void)what, (void)pc, (void)address, (void)code;
    __builtin_trap();
}
