/* Life of a dispatcher: found, started, woken, stopped, ended. Who runs next is schedule.c. */
#include "kernel.h"
#include "sched/schedule.h"

uint64_t dispatcher_pa(struct kernel *k, const struct dispatcher *d)
{
    (void)k;
    return (uint64_t)d - arch_zone_offset();
}

uint32_t dispatcher_slot(struct kernel *k, const struct dispatcher *d, enum dispatcher_slot which)
{
    return (uint32_t)((dispatcher_pa(k, d) - k->record->zone_base) / LINE_BYTES) + (uint32_t)which;
}

bool dispatcher_disabled(struct dispatcher *d, uint64_t pc)
{
    return dispatcher_page(d)->disabled != 0 || (pc >= d->critical_begin && pc < d->critical_end);
}

void dispatcher_enlist(struct kernel *k, struct dispatcher *d)
{
    if (d->listed)
        return;
    d->listed = true;
    d->reason = STOP_ASKED;
    d->all_next = k->all;
    d->all_previous = NULL;
    if (k->all)
        k->all->all_previous = d;
    k->all = d;
}

bool dispatcher_complete(struct kernel *k, const struct dispatcher *d)
{
    return d->hidden[HIDDEN_CSPACE].type == CAP_CNODE_L1 &&
           d->hidden[HIDDEN_PAGE_TABLE].type == CAP_PAGE_TABLE_4 &&
           d->hidden[HIDDEN_SCHED_CONTEXT].type == CAP_SCHED_CONTEXT && d->page_va &&
           d->entry[ENTRY_RUN] &&
           sched_context_at(k, d->hidden[HIDDEN_SCHED_CONTEXT].base)->granted;
}

enum status dispatcher_start(struct kernel *k, struct dispatcher *d, uint64_t word)
{
    struct dispatcher_page *page = dispatcher_page(d);

    if (d->state != STATE_STOPPED)
        return E_BUSY;
    if (!d->listed || !dispatcher_complete(k, d))
        return E_STOPPED;
    page->self = d->page_va;
    page->core_id = k->record->core_id;
    page->tick_hz = arch_tick_hz();
    page->disabled = 1;
    d->start_word = word;
    d->own_priority = d->priority;
    d->reason = STOP_NONE;
    d->resume = RESUME_RUN_UPCALL;
    d->state = STATE_RUNNABLE;
    d->wake_pending = false;
    if (d->flags & DISPATCHER_VECTOR)
        arch_vector_init(dispatcher_vector(d));
    schedule_ready(k, d);
    return OK;
}

/* Nobody waits for this dispatcher's answer, and it waits for nobody's. */
static void end_calls(struct kernel *k, struct dispatcher *d)
{
    if (d->caller) {
        struct dispatcher *caller = d->caller;
        d->caller = NULL;
        schedule_call_failed(k, caller, E_PEER);
    }
    if (d->server) {
        schedule_server_free(k, d->server);
        d->server = NULL;
    }
}

void dispatcher_stop(struct kernel *k, struct dispatcher *d, enum stop_reason reason)
{
    if (d->state == STATE_STOPPED)
        return;
    end_calls(k, d);
    queue_remove(&k->ready, d);
    wait_remove(k, d);
    d->state = STATE_STOPPED;
    d->reason = (uint8_t)reason;
    schedule_left(k, d);
    if (d->hidden[HIDDEN_SUPERVISOR].type == CAP_DISPATCHER) {
        struct dispatcher *supervisor = dispatcher_at(k, d->hidden[HIDDEN_SUPERVISOR].base);
        if (supervisor != d)
            dispatcher_wake(k, supervisor);
    }
}

/* Its zone may stay as it is for long: what is left of its registers goes now. */
static void registers_clear(struct dispatcher *d)
{
    d->kept = (struct arch_context){0};
    arch_zero_lines(dispatcher_vector(d), PAGE_BYTES - DISPATCHER_VECTOR_OFFSET);
    arch_zero_lines(dispatcher_page(d), PAGE_BYTES);
    arch_residue_clear();
}

void dispatcher_end(struct kernel *k, struct dispatcher *d)
{
    if (!d->listed)
        return;
    dispatcher_stop(k, d, STOP_ENDED);
    if (k->vector_owner == d)
        k->vector_owner = NULL;
    if (d->bell_count)
        doorbell_forget(k, d);
    for (uint32_t i = 0; i < IRQ_DEVICES_MAX; i++)
        if (k->irq[i].target == d)
            k->irq[i].target = NULL;
    if (d->all_previous)
        d->all_previous->all_next = d->all_next;
    else
        k->all = d->all_next;
    if (d->all_next)
        d->all_next->all_previous = d->all_previous;
    d->listed = false;
    registers_clear(d);
}

void dispatcher_wake(struct kernel *k, struct dispatcher *d)
{
    dispatcher_page(d)->wakeups++;
    if (d->state == STATE_WAITING) {
        wait_remove(k, d);
        d->state = STATE_RUNNABLE;
        schedule_ready(k, d);
    } else {
        d->wake_pending = true;
    }
}

void dispatcher_forget(struct kernel *k, uint8_t type, uint64_t base)
{
    for (struct dispatcher *d = k->all; d; d = d->all_next)
        for (unsigned i = 0; i < HIDDEN_SUPERVISOR; i++)
            if (d->hidden[i].type == type && d->hidden[i].base == base)
                dispatcher_stop(k, d, STOP_ENDED);
}
