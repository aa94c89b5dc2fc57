/* The scheduler and the way out of the kernel. See schedule.h. */
#include "sched/schedule.h"

#include "ipc/call.h"
#include "syscall/syscalls.h"

#define SLICES_PER_SECOND 100u

void schedule_ready(struct kernel *k, struct dispatcher *d)
{
    queue_append(&k->ready, d);
    if (!k->current || d->priority >= k->current->priority)
        k->reschedule = true;
}

static void vector_take(struct kernel *k, struct dispatcher *d)
{
    if (k->vector_owner != d)
        return;
    arch_vector_save(dispatcher_vector(d));
    k->vector_owner = NULL;
}

static void vector_give(struct kernel *k, struct dispatcher *d)
{
    if (!(d->flags & DISPATCHER_VECTOR)) {
        arch_vector_disable();
        return;
    }
    arch_vector_restore(dispatcher_vector(d));
    k->vector_owner = d;
}

void schedule_account(struct kernel *k)
{
    struct dispatcher *d = k->current;
    uint64_t now = arch_ticks();

    d->cpu_ticks += now - d->ran_since_ticks;
    d->ran_since_ticks = now;
    k->priority_ticks[d->priority] += now - k->priority_since_ticks;
    k->priority_since_ticks = now;
    d->foreign_calls += arch_foreign_take();
}

/* `current` gives up the core: account for its time, keep its vector registers. */
static void leave_current(struct kernel *k)
{
    struct dispatcher *d = k->current;

    schedule_account(k);
    if (k->paying) {
        budget_charge(k);
        k->paying = NULL;
        k->budget_end_ticks = UINT64_MAX;
    }
    if (d->caller)
        call_deadlines_enter(k, d);
    vector_take(k, d);
    k->current = NULL;
}

void schedule_left(struct kernel *k, struct dispatcher *d)
{
    if (k->current != d)
        return;
    leave_current(k);
    k->reschedule = true;
}

void schedule_save(struct kernel *k, struct arch_context *ctx)
{
    struct dispatcher *d = k->current;
    struct dispatcher_page *page = dispatcher_page(d);

    if (dispatcher_disabled(d, arch_context_pc(ctx))) {
        arch_context_copy(&page->area[AREA_DISABLED], ctx);
        d->resume = RESUME_DISABLED_AREA;
    } else {
        arch_context_copy(&page->area[AREA_ENABLED], ctx);
        page->disabled = 1;
        d->resume = RESUME_RUN_UPCALL;
    }
}

void schedule_call_failed(struct kernel *k, struct dispatcher *caller, enum status status)
{
    wait_remove(k, caller);
    caller->server = NULL;
    arch_context_result(&caller->kept, status, 0, 0);
    caller->state = STATE_RUNNABLE;
    caller->resume = RESUME_KEPT;
    schedule_ready(k, caller);
}

void schedule_server_free(struct kernel *k, struct dispatcher *server)
{
    uint8_t priority = server->own_priority;

    server->caller = NULL;
    for (unsigned i = 0; server && i <= CALL_DEPTH_MAX; i++, server = server->server) {
        bool queued = server->queued;

        queue_remove(&k->ready, server);
        server->priority = priority;
        if (queued)
            queue_append(&k->ready, server);
    }
}

void schedule_call_unpaid(struct kernel *k, struct dispatcher *caller)
{
    if (caller->server)
        schedule_server_free(k, caller->server);
    schedule_call_failed(k, caller, E_TIMEOUT);
}

/* Make d current; nobody is. */
static void schedule_switch(struct kernel *k, struct dispatcher *d)
{
    struct dispatcher_page *page = dispatcher_page(d);

    k->current = d;
    d->ran_since_ticks = k->priority_since_ticks = arch_ticks();
    if (k->space_pa != d->hidden[HIDDEN_PAGE_TABLE].base) {
        k->space_pa = d->hidden[HIDDEN_PAGE_TABLE].base;
        arch_space_switch(k->space_pa);
    }
    arch_user_page_set(page, d->page_va, dispatcher_foreign_entry(d));
    vector_give(k, d);
    if (!budget_is_none(k, d))
        budget_begin(k);
}

void schedule_vector_pass(struct kernel *k, struct dispatcher *from, struct dispatcher *to)
{
    vector_take(k, from);
    vector_give(k, to);
}

/* The context with which `current`, just chosen, goes on; NULL: it cannot. */
static const struct arch_context *current_context(struct kernel *k)
{
    struct dispatcher *d = k->current;
    struct dispatcher_page *page = dispatcher_page(d);

    switch ((enum dispatcher_resume)d->resume) {
    case RESUME_RUN_UPCALL:
        d->upcalls++;
        page->disabled = 1;
        arch_context_enter(&d->kept, d->entry[ENTRY_RUN], page->entry_stack, d->page_va,
                           d->start_word);
        d->start_word = 0;
        return &d->kept;
    case RESUME_DISABLED_AREA:
        d->kept = page->area[AREA_DISABLED];
        return arch_context_filter(&d->kept) ? &d->kept : NULL;
    case RESUME_KEPT:
        return &d->kept;
    }
    return NULL;
}

/* The timer fires at the earliest deadline, when a budget ends, and at the end of the slice only if
 * another is ready to take over. */
static void arm_timer(struct kernel *k)
{
    uint64_t ticks = k->waiting ? k->waiting->deadline_ticks : UINT64_MAX;

    if (k->current && k->ready.head[k->current->priority] && k->slice_end_ticks < ticks)
        ticks = k->slice_end_ticks;
    if (k->current && k->budget_end_ticks < ticks)
        ticks = k->budget_end_ticks;
    if (ticks < k->timer_ticks) {
        k->timer_ticks = ticks;
        arch_timer_arm(ticks);
    }
}

/* What waited for a time has waited long enough. */
static void deadline_passed(struct kernel *k, struct dispatcher *d)
{
    wait_remove(k, d);
    if (d->state == STATE_CALLING) {
        schedule_call_unpaid(k, d);
    } else {
        if (d->state == STATE_WAITING) { /* else it waited for its next period */
            enum save_area area = d->resume == RESUME_DISABLED_AREA ? AREA_DISABLED : AREA_ENABLED;
            arch_context_result(&dispatcher_page(d)->area[area], E_TIMEOUT, 0, 0);
        }
        d->state = STATE_RUNNABLE;
        schedule_ready(k, d);
    }
}

/* Those whom `current` serves may have changed or have nothing left: who can pays from now on. */
static void pay_on(struct kernel *k)
{
    budget_charge(k);
    while (k->current->caller && k->paying && !k->paying->left) {
        struct dispatcher *first = k->current;

        while (first->caller)
            first = first->caller;
        schedule_call_unpaid(k, first);
        budget_begin(k);
    }
    budget_begin(k);
}

void schedule_timer(struct kernel *k)
{
    uint64_t now = arch_ticks();

    k->timer_ticks = UINT64_MAX;
    if (k->current && k->current->caller)
        call_deadlines_enter(k, k->current);
    while (k->waiting && k->waiting->deadline_ticks <= now)
        deadline_passed(k, k->waiting);
    if (k->current)
        pay_on(k);
    k->reschedule = true;
}

/* May `current` keep the core, although somebody became ready? */
static bool current_stays(struct kernel *k)
{
    struct dispatcher *first = queue_first(&k->ready);

    if (k->paying && budget_is_over(k, arch_ticks()))
        return false;
    if (!first || first->priority < k->current->priority)
        return true;
    return first->priority == k->current->priority && arch_ticks() < k->slice_end_ticks;
}

static struct dispatcher *next_or_sleep(struct kernel *k)
{
    struct dispatcher *d;

    while (!(d = queue_first(&k->ready))) {
        arm_timer(k);
        arch_idle();
        interrupts_handle(k);
    }
    return d;
}

/* It lost the core at `now` and could go on: what is left of its turn it has when those above it
 * are done. */
static void requeue(struct kernel *k, struct dispatcher *d, uint64_t now)
{
    if (now >= k->slice_end_ticks) {
        queue_append(&k->ready, d);
        return;
    }
    d->slice_left_ticks = k->slice_end_ticks - now;
    queue_prepend(&k->ready, d);
}

const struct arch_context *schedule_exit(struct kernel *k, struct arch_context *ctx)
{
    const struct arch_context *out = NULL;

    if (k->current && !k->reschedule)
        return ctx;
    if (k->current && current_stays(k)) {
        k->reschedule = false;
        arm_timer(k);
        return ctx;
    }
    if (k->current) {
        struct dispatcher *d = k->current;
        schedule_save(k, ctx);
        leave_current(k);
        requeue(k, d, d->ran_since_ticks); /* accounted for until now */
    }
    do {
        struct dispatcher *d = next_or_sleep(k);
        queue_remove(&k->ready, d);
        if (!dispatcher_complete(k, d)) { /* a revoke took what it ran with */
            dispatcher_stop(k, d, STOP_ENDED);
            continue;
        }
        if (!budget_is_none(k, d) && !budget_admit(k, d))
            continue;
        schedule_switch(k, d);
        k->slice_end_ticks =
            d->ran_since_ticks +
            (d->slice_left_ticks ? d->slice_left_ticks : arch_tick_hz() / SLICES_PER_SECOND);
        d->slice_left_ticks = 0;
        out = current_context(k);
        if (!out)
            dispatcher_stop(k, d, STOP_BAD_CONTEXT);
    } while (!out);
    k->reschedule = false;
    arm_timer(k);
    return out;
}
