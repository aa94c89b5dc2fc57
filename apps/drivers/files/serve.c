/* serve.c: clients and their queue. See serve.h. What a request does is in request.c. */
#include "serve.h"
#include "request.h"
#include <rt/event.h>
#include <rt/log.h>
#include <rt/rt.h>

static void queue_add(struct client_queue *q, struct client *c)
{
    c->queue_next = NULL;
    if (q->last)
        q->last->queue_next = c;
    else
        q->first = c;
    q->last = c;
}

static struct client *queue_take(struct client_queue *q)
{
    struct client *c = q->first;

    if (!c)
        return NULL;
    q->first = c->queue_next;
    if (!q->first)
        q->last = NULL;
    return c;
}

/* One that is put aside comes back when a file is closed, or never needs to. */
static void client_enqueue(struct client *c)
{
    if (c->queued || c->aside)
        return;
    c->queued = true;
    queue_add(&c->serve->queue, c);
}

static void aside_wake(struct serve *v)
{
    struct client *c;

    while ((c = queue_take(&v->aside)) != NULL) {
        c->aside = false;
        client_enqueue(c);
    }
}

static void client_end(struct client *c, const char *why)
{
    log_line("client on core %u: %s", c->service->peer_core, why);
    channel_close(&c->service->channel);
}

static void client_event(void *arg, struct channel *channel)
{
    struct client *c = arg;
    struct urpc_message m;

    while (channel_receive(channel, &m) == OK) {
        if (c->busy) {
            client_end(c, "two requests at once");
            break;
        }
        c->request = m;
        c->busy = true;
        client_enqueue(c);
    }
    if (!channel_dead(channel))
        return;
    event_channel_remove(channel);
    c->dead = true;
    if (c->aside)
        aside_wake(c->serve);
    client_enqueue(c);
}

void serve_accepted(void *arg, struct service_channel *service)
{
    struct serve *v = arg;
    struct client *c = heap_alloc_zeroed(&rt.heap, sizeof *c);

    if (!c || event_channel_add(&service->channel, client_event, c) != OK) {
        log_line("no memory for one more client");
        heap_free(&rt.heap, c);
        service_leave(service);
        return;
    }
    c->serve = v;
    c->service = service;
    c->next = v->clients;
    v->clients = c;
}

static void client_forget(struct serve *v, struct client *c)
{
    struct client **at = &v->clients;

    request_abandon(c);
    while (*at && *at != c)
        at = &(*at)->next;
    if (*at)
        *at = c->next;
    service_leave(c->service);
    heap_free(&rt.heap, c);
}

static void answer(struct client *c, const struct msg_files_answer *a)
{
    enum status s;

    c->busy = false;
    if (c->dead)
        return;
    s = msg_files_answer_send(&c->service->channel, a);
    if (s != OK)
        client_end(c, "does not read its answers");
}

/* For tests: what a mistake in this program would do. */
static void crash(void)
{
    volatile uint32_t *volatile nowhere = NULL;

    *nowhere = 1;
}

/* The first file that is kept shows that this instance works. */
static void work_tell(struct serve *v, const struct client *c, const struct msg_files_answer *a)
{
    if (v->worked || c->request.type != MSG_FILES_CLOSE || a->status != OK)
        return;
    v->worked = true;
    service_worked();
}

bool serve_next(struct serve *v)
{
    struct client *c = queue_take(&v->queue);
    uint32_t open_before = v->open_count;
    struct msg_files_answer a;

    if (!c)
        return false;
    if (v->crash_after && ++v->request_count == v->crash_after)
        crash();
    c->queued = false;
    if (c->dead) {
        client_forget(v, c);
    } else {
        enum request_end end = request_do(c, &a);
        if (v->device && v->device->ninep.broken) {
            v->broken = true; /* not answered: the client asks the next instance */
            return false;
        }
        switch (end) {
        case REQUEST_DONE:
            work_tell(v, c, &a);
            answer(c, &a);
            break;
        case REQUEST_ASIDE:
            c->aside = true;
            queue_add(&v->aside, c);
            break;
        case REQUEST_LIE:
            client_end(c, "sent nonsense");
            break;
        }
    }
    if (v->open_count < open_before)
        aside_wake(v);
    return true;
}
