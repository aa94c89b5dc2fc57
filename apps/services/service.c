/* Names and channels for a domain whose spawner is a monitor. One request of each kind at a time
 * a program; see monitor/service.h. Channels whose memory vanishes: vanish.c. */
#include <monitor/service.h>
#include <rt/event.h>
#include <rt/log.h>
#include <rt/memory.h>
#include <rt/parent.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>
#include <rt/thread.h>

#include "channels.h"

static struct {
    bool listening;
    uint32_t spare; /* channels' slots that are offered for binding */
    uint32_t next_request;
    /* the request that waits for its answer */
    uint32_t request, answer_kind;
    bool answered;
    bool gone; /* the other end of the channel that is the answer */
    struct msg_parent_note answer;
    struct thread_queue waiting;
    /* the one service of this program */
    const struct urpc_protocol *protocol;
    void (*accepted)(void *arg, struct service_channel *c);
    void *arg;
} service;

/* Map what lies in the three slots, and open the own end. */
static enum status frames_open(capref_t first, const struct urpc_protocol *protocol,
                               uint32_t peer_core, struct service_channel *c)
{
    struct cap_description own, peer;
    void *at;
    enum status s = sys_cap_identify(capref_in(0, first), &own);

    *c = (struct service_channel){.own_frame = first, .peer_frame = first + 1, .bell = first + 2};

    if (s == OK)
        s = sys_cap_identify(capref_in(0, first + 1), &peer);
    if (s == OK)
        s = frame_map(first, 0, own.bytes, MAP_READ | MAP_WRITE, &c->own);
    if (s != OK)
        return s;
    c->own_bytes = own.bytes;
    s = frame_map(first + 1, 0, peer.bytes, MAP_READ, &at);
    if (s != OK)
        return s;
    c->peer = at;
    c->peer_bytes = peer.bytes;
    c->own_pa = own.base;
    c->peer_pa = peer.base;
    c->peer_core = peer_core;
    struct channel_binding b = {.tx = c->own,
                                .rx = c->peer,
                                .bytes = URPC_FRAME_BYTES,
                                .protocol = protocol,
                                .home = &event_home,
                                .bell = c->bell};
    return channel_init(&c->channel, &b);
}

/* As far as it was opened; the monitor offers the slots again. */
static void channel_leave(struct service_channel *c)
{
    struct msg_parent_note n = {.kind = NOTE_LEAVE, .word = {c->own_frame}};

    if (c->channel.own)
        channel_close(&c->channel);
    channels_remove(c);
    enum status ignored = parent_note(&n);
    (void)ignored; /* without a parent nobody keeps anything for us */
}

static enum status channel_open(capref_t first, const struct urpc_protocol *protocol,
                                uint32_t peer_core, struct service_channel *c)
{
    enum status s = frames_open(first, protocol, peer_core, c);

    if (s == OK)
        channels_add(c);
    else
        channel_leave(c);
    return s;
}

static void accept_take(const struct msg_parent_note *n)
{
    struct service_channel *c = heap_alloc_zeroed(&rt.heap, sizeof(*c));

    struct service_channel none = {.own_frame = (capref_t)n->word[1]};

    if (!c || !service.accepted) {
        heap_free(&rt.heap, c);
        channel_leave(&none);
        return;
    }
    enum status s = channel_open((capref_t)n->word[1], service.protocol, (uint32_t)n->word[0], c);
    if (s != OK) {
        log_line("a client's channel cannot be opened: %s", status_name(s));
        heap_free(&rt.heap, c);
        return;
    }
    c->accepted = true;
    service.accepted(service.arg, c);
}

/* It may come before the thread that asked has looked at its answer. */
static void gone_take(capref_t first)
{
    if (service.answered && service.answer_kind == NOTE_BOUND && service.answer.word[1] == first)
        service.gone = true;
    channels_gone(first);
}

static void parent_message(void *arg, const struct urpc_message *m)
{
    struct msg_parent_note n;

    (void)arg;
    if (m->type != MSG_PARENT_NOTE || msg_parent_note_get(m, &n) != OK)
        return;
    if (n.kind == NOTE_ACCEPTED) {
        accept_take(&n);
    } else if (n.kind == NOTE_GONE) {
        gone_take((capref_t)n.word[0]);
    } else if (n.kind == service.answer_kind && n.number == service.request) {
        service.answer = n;
        service.answered = true;
        thread_wake_all(&service.waiting);
    }
}

static enum status listen(void)
{
    if (service.listening)
        return OK;
    service.listening = true;
    return parent_listen(parent_message, NULL);
}

/* Empty slots for channels to come. */
static enum status slots_offer(uint32_t channels)
{
    uint32_t left = channels;
    enum status s = OK;

    while (s == OK && left) {
        uint32_t now = left < 64 ? left : 64;
        struct msg_parent_note n = {.kind = NOTE_OFFER, .word = {0, (uint64_t)now * CHANNEL_SLOTS}};
        capref_t first;
        s = slot_alloc_run(&rt.slots, now * CHANNEL_SLOTS, &first);
        n.word[0] = first;
        if (s == OK)
            s = parent_note(&n);
        left -= now;
    }
    return s;
}

/* Ask the monitor and wait for its answer; word 0 of it is the status. */
static enum status ask(uint32_t kind, uint32_t answer_kind, uint32_t number_high, const char *name)
{
    struct msg_parent_text t = {.kind = kind};
    enum status s;

    service.request = ++service.next_request & 0xff;
    service.answer_kind = answer_kind;
    service.answered = service.gone = false;
    t.number = service.request | number_high << 8;
    if (!text_set(t.text, sizeof(t.text), name))
        return E_ARGUMENT;
    s = parent_text(&t);
    while (s == OK && !service.answered)
        thread_wait(&service.waiting);
    return s == OK ? (enum status)service.answer.word[0] : s;
}

enum status service_register(const char *name, uint32_t channel_limit,
                             const struct urpc_protocol *protocol,
                             void (*accepted)(void *arg, struct service_channel *c), void *arg)
{
    enum status s = listen();

    if (s == OK)
        s = slots_offer(channel_limit);
    if (s != OK)
        return s;
    service.protocol = protocol;
    service.accepted = accepted;
    service.arg = arg;
    return ask(NOTE_REGISTER, NOTE_REGISTERED, 0, name);
}

enum status service_bind(const char *name, uint64_t bulk_bytes,
                         const struct urpc_protocol *protocol, struct service_channel *out)
{
    enum status s = listen();

    if (bulk_bytes % PAGE_BYTES || bulk_bytes > (4u << 20))
        return E_ARGUMENT;
    if (s == OK && !service.spare) {
        s = slots_offer(1);
        service.spare += s == OK; /* an attempt that fails leaves them for the next */
    }
    if (s == OK)
        s = ask(NOTE_BIND, NOTE_BOUND, (uint32_t)(bulk_bytes / PAGE_BYTES), name);
    if (s != OK)
        return s;
    s = channel_open((capref_t)service.answer.word[1], protocol, 0, out);
    service.spare -= s == OK;
    if (s == OK && service.gone)
        channel_kill(&out->channel, E_PEER);
    return s;
}

void service_leave(struct service_channel *c)
{
    channel_leave(c);
    if (c->accepted)
        heap_free(&rt.heap, c);
    else
        service.spare++;
}

enum status service_quiet(void)
{
    enum status s = listen();

    service.request = ++service.next_request & 0xff;
    service.answer_kind = NOTE_QUIET_TAKEN;
    service.answered = false;
    struct msg_parent_note n = {.kind = NOTE_QUIET, .number = service.request};
    if (s == OK)
        s = parent_note(&n);
    while (s == OK && !service.answered)
        thread_wait(&service.waiting);
    return s == OK ? (enum status)service.answer.word[0] : s;
}

void service_worked(void)
{
    struct msg_parent_note n = {.kind = NOTE_WORKED};
    enum status ignored = parent_note(&n);

    (void)ignored;
}

void service_end_machine(uint32_t code)
{
    struct msg_parent_note n = {.kind = NOTE_END_MACHINE, .word = {code}};
    enum status s = parent_note(&n);

    (void)s; /* without a parent there is nobody to ask */
}
