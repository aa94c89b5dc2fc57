/* The entries into the kernel, called by arch/ with the user's registers saved: dispatch, then
 * the scheduler's way out. */
#include "boot/format.h"
#include "ipc/call.h"
#include "sched/schedule.h"
#include "syscall/syscalls.h"

/* A system call gives way after about this long (it goes on when called again). */
#define PREEMPT_PER_SECOND 5000u
/* It has not been asked yet whether it should: most calls are over before. */
#define PREEMPT_UNSET 0u

static const syscall_handler handlers[SYS_COUNT] = {
#define Y(name, ...) [SYS_##name] = syscall_##name,
#include <skerry/syscall.def>
#undef Y
};

/* These two are ipc/call.c's, and RESUME is below: they never come here by the table. */
struct sysret syscall_CALL(struct kernel *k, struct arch_context *ctx, const uint64_t *a)
{
    (void)k, (void)ctx, (void)a;
    return (struct sysret){E_SYSCALL, 0, 0};
}

struct sysret syscall_REPLY_WAIT(struct kernel *k, struct arch_context *ctx, const uint64_t *a)
{
    return syscall_CALL(k, ctx, a);
}

struct sysret syscall_RESUME(struct kernel *k, struct arch_context *ctx, const uint64_t *a)
{
    return syscall_CALL(k, ctx, a);
}

/* The way back from every upcall. */
static const struct arch_context *resume(struct kernel *k, struct arch_context *ctx, uint64_t area)
{
    struct dispatcher *d = k->current;
    struct dispatcher_page *page = dispatcher_page(d);

    if (area >= AREA_COUNT) {
        arch_context_result(ctx, E_ARGUMENT, 0, 0);
        return ctx;
    }
    d->kept = page->area[area];
    if (!arch_context_filter(&d->kept)) {
        d->stop_pc = arch_context_pc(ctx);
        dispatcher_stop(k, d, STOP_BAD_CONTEXT);
        return schedule_exit(k, ctx);
    }
    page->disabled = 0;
    return k->reschedule ? schedule_exit(k, &d->kept) : &d->kept;
}

/* All but the null call and the two of a same-core call, so that their paths have nothing to
 * save. */
static __attribute__((noinline)) const struct arch_context *
dispatch(struct kernel *k, struct arch_context *ctx, uint64_t operation, uint64_t arg[6])
{
    struct sysret r = {E_SYSCALL, 0, 0};

    if (operation < SYS_COUNT) {
        if (operation - SYS_RESUME <= SYS_WAIT - SYS_RESUME) { /* one comparison for the two */
            if (operation == SYS_RESUME)
                return resume(k, ctx, arg[0]);
            /* WAIT has set the result, or there is none yet. */
            handlers[operation](k, ctx, arg);
            return schedule_exit(k, ctx);
        }
        k->preempt_ticks = PREEMPT_UNSET;
        r = handlers[operation](k, ctx, arg);
    }
    if (!k->current)
        return schedule_exit(k, ctx);
    arch_context_result(ctx, r.status, r.r1, r.r2);
    return k->reschedule ? schedule_exit(k, ctx) : ctx;
}

const struct arch_context *kernel_syscall(struct arch_context *ctx, uint64_t operation,
                                          uint64_t arg[6])
{
    struct kernel *k = &this_core;

    if (operation == SYS_CALL) {
        k->current->calls++;
        return call_begin(ctx, k, arg);
    }
    if (operation == SYS_REPLY_WAIT)
        return call_reply_wait(ctx, k, arg);
    k->current->syscalls++;
    if (operation != SYS_NULL)
        return dispatch(k, ctx, operation, arg);
    arch_context_result(ctx, OK, 0, 0);
    return ctx;
}

static void device_interrupt(struct kernel *k, uint32_t index)
{
    struct irq_binding *b = &k->irq[index];

    if (!b->target)
        return;
    dispatcher_page(b->target)->irq_bits |= 1ull << b->bit;
    dispatcher_wake(k, b->target);
}

void interrupts_handle(struct kernel *k)
{
    for (;;) {
        struct irq_event event = arch_irq_take();
        switch (event.kind) {
        case IRQ_KIND_NONE:
            return;
        case IRQ_KIND_TIMER:
            schedule_timer(k);
            break;
        case IRQ_KIND_DOORBELL:
            doorbell_hear(k, event.number);
            break;
        case IRQ_KIND_STOP:
            arch_halt();
        case IRQ_KIND_DEVICE:
            device_interrupt(k, event.number);
            break;
        case IRQ_KIND_SPURIOUS:
            break;
        }
        k->interrupt_count++;
    }
}

const struct arch_context *kernel_interrupt(struct arch_context *ctx)
{
    interrupts_handle(&this_core);
    return schedule_exit(&this_core, ctx);
}

/* The dispatcher cannot take this fault: it stops, and INSPECT tells why. */
static void stop_faulted(struct kernel *k, struct arch_context *ctx, enum stop_reason reason,
                         uint64_t address)
{
    struct dispatcher *d = k->current;

    arch_context_copy(&dispatcher_page(d)->area[AREA_TRAP], ctx);
    d->stop_pc = arch_context_pc(ctx);
    d->stop_address = address;
    dispatcher_stop(k, d, reason);
}

const struct arch_context *kernel_fault(struct arch_context *ctx, enum fault_kind kind,
                                        uint64_t address, uint64_t code)
{
    struct kernel *k = &this_core;
    struct dispatcher *d = k->current;
    struct dispatcher_page *page = dispatcher_page(d);

    d->faults++;
    page->fault_kind = (uint64_t)kind;
    page->fault_address = address;
    page->fault_code = code;
    if (!d->entry[ENTRY_FAULT]) {
        stop_faulted(k, ctx, STOP_NO_ENTRY, address);
    } else if (dispatcher_disabled(d, arch_context_pc(ctx))) {
        stop_faulted(k, ctx, STOP_FAULT_DISABLED, address);
    } else {
        page->area[AREA_TRAP] = *ctx;
        page->disabled = 1;
        arch_context_enter(ctx, d->entry[ENTRY_FAULT], page->entry_stack, d->page_va, 0);
    }
    return schedule_exit(k, ctx);
}

void kernel_panic(const char *what, uint64_t pc, uint64_t address, uint64_t code)
{
    struct kernel *k = &this_core;
    static bool again;
    char line[200];

    if (again) /* what should tell of the first panic is broken too */
        arch_halt();
    again = true;
    size_t bytes =
        format_text(line, sizeof(line) - 1, "@panic core=%u %s pc=%lx address=%lx code=%lx\n",
                    k->record ? k->record->core_id : 0, what, pc, address, code);

    line[bytes] = 0;
    log_panic(k, line);
    arch_halt();
}

bool cap_hook_preempt(struct cap_db *db)
{
    struct kernel *k = &this_core;
    uint64_t now_ticks = arch_ticks();

    (void)db;
    if (k->preempt_ticks == PREEMPT_UNSET)
        k->preempt_ticks = now_ticks + arch_tick_hz() / PREEMPT_PER_SECOND;
    return now_ticks >= k->preempt_ticks;
}
