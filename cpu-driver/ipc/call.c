/* Same-core call and reply (DESIGN 12.7): CALL and REPLY_WAIT, which the entry hands here before
 * anything else. The core goes from one dispatcher to the other without the scheduler, and the four
 * words stay where the system call's entry saved them: the context is turned into the other side's
 * in place. Everything seldom lies in functions of its own, called last, so that the common path
 * saves no registers. */
#include "ipc/call.h"

#include "sched/schedule.h"
#include "syscall/syscalls.h"
#include <arch/call.h>

#define SELDOM __attribute__((noinline, cold))

static SELDOM const struct arch_context *call_refuse(struct arch_context *ctx, enum status s)
{
    arch_context_result(ctx, s, 0, 0);
    return ctx;
}

/* Why this server cannot take a call: it must be at rest, enabled, in WAIT or behind REPLY_WAIT. */
static enum status server_busy(const struct dispatcher *server)
{
    return server->state == STATE_STOPPED || !server->entry[ENTRY_CALL] ? E_STOPPED : E_BUSY;
}

static inline bool server_rests(const struct dispatcher *server)
{
    return server->state == STATE_WAITING && !server->caller &&
           server->resume != RESUME_DISABLED_AREA && server->entry[ENTRY_CALL];
}

/* Callers behind d. */
static unsigned call_depth(const struct dispatcher *d)
{
    unsigned depth = 0;

    for (; d->caller && depth < CALL_DEPTH_MAX; d = d->caller)
        depth++;
    return depth;
}

void call_deadlines_enter(struct kernel *k, struct dispatcher *server)
{
    for (struct dispatcher *c = server->caller; c; c = c->caller)
        if (c->deadline_ticks != UINT64_MAX && !c->has_deadline)
            wait_insert(k, c, c->deadline_ticks);
}

/* The foreign entry, the vector unit, or a page address that is none, go with the core. */
static SELDOM const struct arch_context *core_pass_rest(struct arch_context *ctx, struct kernel *k,
                                                        struct dispatcher *from,
                                                        struct dispatcher *to)
{
    from->foreign_calls += arch_foreign_take();
    arch_user_page_set(dispatcher_page(to), to->page_va, dispatcher_foreign_entry(to));
    schedule_vector_pass(k, from, to);
    return ctx;
}

/* A revoke took the page table of the one that should go on: it stops, and its caller is told. */
static SELDOM const struct arch_context *core_pass_nowhere(struct arch_context *ctx,
                                                           struct kernel *k,
                                                           struct dispatcher *from,
                                                           struct dispatcher *to)
{
    from->foreign_calls += arch_foreign_take();
    schedule_vector_pass(k, from, to);
    dispatcher_stop(k, to, STOP_ENDED);
    return schedule_exit(k, ctx);
}

/* The core goes from one to the other at once. */
static inline const struct arch_context *core_pass(struct arch_context *ctx, struct kernel *k,
                                                   struct dispatcher *from, struct dispatcher *to,
                                                   uint64_t now_ticks)
{
    uint64_t root_pa = to->hidden[HIDDEN_PAGE_TABLE].base;

    from->cpu_ticks += now_ticks - from->ran_since_ticks;
    to->ran_since_ticks = now_ticks;
    k->current = to;
    if (k->space_pa != root_pa) {
        if (!root_pa)
            return core_pass_nowhere(ctx, k, from, to);
        k->space_pa = root_pa;
        arch_call_space(root_pa);
    }
    if ((from->flags | to->flags) != 0 || !arch_call_page(dispatcher_page(to), to->page_va))
        return core_pass_rest(ctx, k, from, to);
    return ctx;
}

/* Everything was checked. */
static inline const struct arch_context *call_commit(struct arch_context *ctx, struct kernel *k,
                                                     struct dispatcher *server, uint64_t badge,
                                                     uint64_t deadline_ticks, uint64_t now_ticks)
{
    struct dispatcher *caller = k->current;
    struct dispatcher_page *page = dispatcher_page(server);

    arch_context_call_save(&caller->kept, ctx);
    caller->state = STATE_CALLING;
    caller->server = server;
    caller->deadline_ticks = deadline_ticks;
    server->caller = caller;
    server->state = STATE_RUNNABLE;
    server->priority = caller->priority;
    page->disabled = 1;
    arch_context_call_enter(ctx, server->entry[ENTRY_CALL], page->entry_stack, badge);
    return core_pass(ctx, k, caller, server, now_ticks);
}

/* The caller serves somebody itself; the server waits with a deadline; the timer is armed for later
 * than this call's deadline, or for nothing. */
static SELDOM const struct arch_context *call_seldom(struct arch_context *ctx, struct kernel *k,
                                                     struct dispatcher *server, uint64_t badge,
                                                     uint64_t deadline_ticks)
{
    if (call_depth(k->current) == CALL_DEPTH_MAX)
        return call_refuse(ctx, E_LIMIT);
    wait_remove(k, server);
    if (deadline_ticks < k->timer_ticks) {
        k->timer_ticks = deadline_ticks;
        arch_timer_arm(deadline_ticks);
    }
    return call_commit(ctx, k, server, badge, deadline_ticks, arch_ticks());
}

const struct arch_context *call_begin(struct arch_context *ctx, struct kernel *k, const uint64_t *a)
{
    struct dispatcher *caller = k->current, *server;
    uint64_t deadline_ticks = a[1], now_ticks = arch_call_ticks();
    const struct slot *endpoint;
    enum status s =
        cap_lookup_in(&k->db, &caller->hidden[HIDDEN_CSPACE], (capref_t)a[0], &endpoint);

    if (s == OK)
        s = cap_usable(endpoint, CAP_ENDPOINT, RIGHT_WRITE);
    if (s != OK)
        return call_refuse(ctx, s);
    server = dispatcher_at(k, endpoint->base);
    if (!server_rests(server))
        return call_refuse(ctx, server_busy(server));
    if (deadline_ticks <= now_ticks)
        return call_refuse(ctx, E_TIMEOUT);
    if (caller->caller || server->has_deadline || deadline_ticks < k->timer_ticks)
        return call_seldom(ctx, k, server, endpoint->aux, deadline_ticks);
    return call_commit(ctx, k, server, endpoint->aux, deadline_ticks, now_ticks);
}

/* The server has nothing more to do for anybody: it waits for the next call. */
static inline void server_rest(struct dispatcher *server)
{
    server->state = STATE_WAITING;
    server->resume = RESUME_RUN_UPCALL;
    server->priority = server->own_priority;
}

/* It was woken while it served: it goes on at `run`. */
static void server_woken(struct kernel *k, struct dispatcher *server)
{
    if (!server->wake_pending)
        return;
    server->wake_pending = false;
    server->state = STATE_RUNNABLE;
    schedule_ready(k, server);
}

/* A reply to nobody, or with more to do than to answer. */
static SELDOM const struct arch_context *reply_seldom(struct arch_context *ctx, struct kernel *k,
                                                      const uint64_t *a, struct dispatcher *server)
{
    struct dispatcher *caller = server->caller;

    if (!caller) {
        schedule_left(k, server);
        server_rest(server);
        server_woken(k, server);
        return schedule_exit(k, ctx);
    }
    bool woken = server->wake_pending;
    wait_remove(k, caller);
    server->wake_pending = false;
    ctx = (struct arch_context *)call_reply_wait(ctx, k, a);
    server->wake_pending = woken;
    server_woken(k, server);
    return schedule_exit(k, ctx);
}

const struct arch_context *call_reply_wait(struct arch_context *ctx, struct kernel *k,
                                           const uint64_t *a)
{
    struct dispatcher *server = k->current, *caller = server->caller;

    if (!caller || caller->has_deadline || server->wake_pending)
        return reply_seldom(ctx, k, a, server);
    server->caller = NULL;
    caller->server = NULL;
    caller->state = STATE_RUNNABLE;
    server_rest(server);
    arch_context_call_return(ctx, &caller->kept, a[0]);
    return core_pass(ctx, k, server, caller, arch_call_ticks());
}
