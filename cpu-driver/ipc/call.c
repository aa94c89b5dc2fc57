/* Same-core call and reply (DESIGN 12.7): CALL and REPLY_WAIT, which the entry hands here before
 * anything else. The core goes from one dispatcher to the other without the scheduler, and the four
 * words stay where the system call's entry saved them: the context is turned into the other side's
 * in place. */
#include "ipc/call.h"

#include "sched/schedule.h"
#include "syscall/syscalls.h"

#define CALL_DEPTH_MAX 8u

/* How many callers stand behind d. */
static unsigned call_depth(const struct dispatcher *d)
{
    unsigned depth = 0;

    for (; d->caller && depth < CALL_DEPTH_MAX; d = d->caller)
        depth++;
    return depth;
}

/* Can this server take a call now? It must be at rest, enabled, in WAIT or behind REPLY_WAIT. */
static inline enum status check_server(const struct dispatcher *caller,
                                       const struct dispatcher *server)
{
    if (server->state == STATE_STOPPED || !server->entry[ENTRY_CALL])
        return E_STOPPED;
    if (server->state != STATE_WAITING || server->caller ||
        server->resume == RESUME_DISABLED_AREA)
        return E_BUSY;
    return !caller->caller || call_depth(caller) < CALL_DEPTH_MAX ? OK : E_LIMIT;
}

/* The core goes from one to the other at once. */
static inline void core_pass(struct kernel *k, struct dispatcher *from, struct dispatcher *to,
                             uint64_t now_ticks)
{
    from->cpu_ticks += now_ticks - from->ran_since_ticks;
    to->ran_since_ticks = now_ticks;
    k->current = to;
    if (k->space_pa != to->hidden[HIDDEN_PAGE_TABLE].base) {
        k->space_pa = to->hidden[HIDDEN_PAGE_TABLE].base;
        arch_space_switch(k->space_pa);
    }
    arch_user_page_set(dispatcher_page(to), to->page_va,
                       to->flags & DISPATCHER_FOREIGN ? to->entry[ENTRY_FOREIGN] : 0);
    if ((from->flags | to->flags) & DISPATCHER_VECTOR)
        schedule_vector_pass(k, from, to);
}

static enum status call_check(struct kernel *k, const uint64_t *a, uint64_t now_ticks,
                              struct dispatcher **server, uint64_t *badge)
{
    struct dispatcher *caller = k->current;
    const struct slot *endpoint;
    uint32_t n;
    enum status s =
        cap_lookup_in(&k->db, &caller->hidden[HIDDEN_CSPACE], (capref_t)a[0], &n);

    if (s != OK)
        return s;
    endpoint = &k->db.zone_slots[n];
    s = cap_usable(endpoint, CAP_ENDPOINT, RIGHT_WRITE);
    if (s != OK)
        return s;
    *server = dispatcher_at(k, endpoint->base);
    *badge = endpoint->aux;
    s = check_server(caller, *server);
    return s == OK && a[1] <= now_ticks ? E_TIMEOUT : s;
}

/* The deadline of a call: nothing is entered anywhere as long as the server keeps the core, but the
 * timer must be armed for it. Whoever takes the core away from the server enters it
 * (call_deadlines_enter). */
static inline void deadline_set(struct kernel *k, struct dispatcher *caller, uint64_t ticks)
{
    caller->deadline_ticks = ticks;
    if (ticks < k->timer_ticks) {
        k->timer_ticks = ticks;
        arch_timer_arm(ticks);
    }
}

void call_deadlines_enter(struct kernel *k, struct dispatcher *server)
{
    for (struct dispatcher *c = server->caller; c; c = c->caller)
        if (c->deadline_ticks != UINT64_MAX && !c->has_deadline)
            wait_insert(k, c, c->deadline_ticks);
}

const struct arch_context *call_begin(struct kernel *k, struct arch_context *ctx, const uint64_t *a)
{
    struct dispatcher *caller = k->current, *server = NULL;
    struct dispatcher_page *page;
    uint64_t now_ticks = arch_ticks(), badge = 0;
    enum status s = call_check(k, a, now_ticks, &server, &badge);

    if (s != OK) {
        arch_context_result(ctx, s, 0, 0);
        return ctx;
    }
    arch_context_call_save(&caller->kept, ctx);
    caller->state = STATE_CALLING;
    caller->server = server;
    deadline_set(k, caller, a[1]);
    if (server->has_deadline)
        wait_remove(k, server);
    server->caller = caller;
    server->state = STATE_RUNNABLE;
    server->priority = caller->priority;
    page = dispatcher_page(server);
    page->disabled = 1;
    arch_context_call_enter(ctx, server->entry[ENTRY_CALL], page->entry_stack, badge);
    core_pass(k, caller, server, now_ticks);
    return ctx;
}

/* The server has nothing more to do for anybody: it waits for the next call, or goes on at `run` if
 * it was woken meanwhile. */
static inline void server_rest(struct kernel *k, struct dispatcher *server)
{
    server->state = STATE_WAITING;
    server->resume = RESUME_RUN_UPCALL;
    server->priority = server->own_priority;
    if (server->wake_pending) {
        server->wake_pending = false;
        server->state = STATE_RUNNABLE;
        schedule_ready(k, server);
    }
}

const struct arch_context *call_reply_wait(struct kernel *k, struct arch_context *ctx,
                                           const uint64_t *a)
{
    struct dispatcher *server = k->current, *caller = server->caller;

    if (!caller) {
        schedule_left(k, server);
        server_rest(k, server);
        return schedule_exit(k, ctx);
    }
    server->caller = NULL;
    caller->server = NULL;
    if (caller->has_deadline)
        wait_remove(k, caller);
    caller->state = STATE_RUNNABLE;
    arch_context_call_return(ctx, &caller->kept, a[0]);
    core_pass(k, server, caller, arch_ticks());
    server_rest(k, server);
    return k->reschedule ? schedule_exit(k, ctx) : ctx;
}
