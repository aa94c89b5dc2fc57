/* Same-core call (DESIGN 12.7). While a call is served its caller is CALLING, with what it goes
 * on with in `kept`; the chain of callers behind a server is at most 8 long.
 *
 * Who keeps a call's deadline: while the server has the core, the timer alone (armed no later
 * than that); otherwise the list of deadlines, where call_deadlines_enter put it. */
#ifndef IPC_CALL_H
#define IPC_CALL_H

#include <arch/context.h>

#define CALL_DEPTH_MAX 8u

struct dispatcher;
struct kernel;

/* The system calls CALL and REPLY_WAIT: ctx is the caller's, a its arguments (they lie in ctx);
 * what to go on with. */
const struct arch_context *call_begin(struct arch_context *ctx, struct kernel *k, const uint64_t *a);
const struct arch_context *call_reply_wait(struct arch_context *ctx, struct kernel *k, const uint64_t *a);
/* `server` is about to lose the core, or a deadline may have passed: those of its callers count
 * from now on. */
void call_deadlines_enter(struct kernel *k, struct dispatcher *server);

#endif
