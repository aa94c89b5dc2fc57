/* pair.c: between two cores. The bench of core 1 offers a service under a name and answers what the
 * bench of core 0 sends: awake, or each time from its sleep. Under icount the counter counts both
 * cores together, and while one polls it hands the other its turn at each pause. */
#include "bench.h"
#include "bench_messages.h"
#include <monitor/service.h>
#include <rt/event.h>

enum { BIND_STEPS_MAX = 20000, POLLS_MAX = 1000000 };

static const char NAME[] = "bench.pair";

static struct service_channel service;
static struct channel *peer; /* the serving side's */

static void accepted(void *arg, struct service_channel *c)
{
    (void)arg;
    peer = &c->channel;
}

static enum status receive_awake(struct channel *c, struct urpc_message *m)
{
    enum status s = channel_receive(c, m);

    for (uint32_t i = 0; s == E_EMPTY && i < POLLS_MAX; i++) {
        arch_pause();
        s = channel_receive(c, m);
    }
    return s;
}

/* Answers until it is asked to sleep (a = 0). */
static enum status serve_awake(void)
{
    struct msg_bench_ask ask = {.a = 1};
    struct urpc_message m;
    enum status s = OK;

    while (s == OK && ask.a) {
        s = receive_awake(peer, &m);
        if (s == OK)
            s = msg_bench_ask_get(&m, &ask);
        struct msg_bench_answer answer = {ask.a, ask.b, ask.c, ask.d};
        if (s == OK)
            s = msg_bench_answer_send(peer, &answer);
    }
    return s;
}

/* Asleep until the bell: the answer says when the message was taken. */
static void woken(void *arg, struct channel *c)
{
    struct msg_bench_answer answer = {.a = arch_user_ticks()};
    struct urpc_message m;
    enum status s;

    arch_mark(MARK_END, WINDOW_WAKE);
    s = channel_receive(c, &m);

    if (s == OK)
        s = msg_bench_answer_send(c, &answer);
    if (channel_dead(c))
        *(bool *)arg = true;
    (void)s; /* E_EMPTY: only an acknowledgement */
}

void pair_serve(void)
{
    bool dead = false;
    enum status s = service_register(NAME, 1, bench_protocol(), accepted, NULL);

    while (s == OK && !peer)
        events_pass(UINT64_MAX);
    if (s == OK)
        s = serve_awake();
    if (s == OK)
        s = event_channel_add(peer, woken, &dead);
    event_poll_set(0);
    while (s == OK && !dead)
        events_pass(UINT64_MAX);
    if (peer)
        event_channel_remove(peer);
}

static inline enum status round_trip(struct channel *c, const struct msg_bench_ask *ask)
{
    struct msg_bench_answer answer;
    struct urpc_message m;
    enum status s = msg_bench_ask_send(c, ask);

    if (s == OK)
        s = receive_awake(c, &m);
    return s == OK ? msg_bench_answer_get(&m, &answer) : s;
}

static enum status trips_measure(struct channel *c)
{
    struct msg_bench_ask ask = {1, 2, 3, 4};
    enum status s = OK;

    sample_clear(&sample);
    for (uint32_t i = 0; s == OK && i < SAMPLES; i++)
        SAMPLE(WINDOW_ROUND_TRIP, &sample, s = round_trip(c, &ask));
    if (row_ok("urpc_round_trip", s))
        row_print("urpc_round_trip", WINDOW_ROUND_TRIP, 0, sample_median(&sample));
    ask.a = 0;
    return s == OK ? round_trip(c, &ask) : s;
}

/* From before the send to the handler's first look, on both cores. The clock that both read is too
 * coarse on arm64 (16 a tick), so the plugin has the figure; ours is printed beside it. */
static enum status wakes_measure(struct channel *c)
{
    struct msg_bench_ask ask = {1, 2, 3, 4};
    struct msg_bench_answer answer = {.a = 0};
    struct urpc_message m;
    uint64_t per_tick = (1000000000 + rt.page->tick_hz / 2) / rt.page->tick_hz;
    enum status s = OK;

    sample_clear(&sample);
    for (uint32_t i = 0; s == OK && i < SAMPLES; i++) {
        events_pass(arch_user_ticks() + rt.page->tick_hz / 10000); /* it falls asleep meanwhile */
        uint64_t begin = arch_user_ticks();
        arch_mark(MARK_BEGIN, WINDOW_WAKE);
        s = msg_bench_ask_send(c, &ask);
        if (s == OK)
            s = receive_awake(c, &m);
        if (s == OK)
            s = msg_bench_answer_get(&m, &answer);
        if (s == OK)
            sample_add(&sample, answer.a - begin);
    }
    if (row_ok("doorbell_wake", s))
        row_line("doorbell_wake", WINDOW_WAKE, sample_median(&sample) * per_tick,
                 "how=plugin part=all");
    return s;
}

void pair_measure(void)
{
    enum status s = E_NOT_FOUND;

    if (bench.cores < 2)
        return;
    for (uint32_t i = 0; s == E_NOT_FOUND && i < BIND_STEPS_MAX; i++) {
        events_pass(arch_user_ticks() + rt.page->tick_hz / 1000);
        s = service_bind(NAME, 0, bench_protocol(), &service);
    }
    if (s == OK)
        s = trips_measure(&service.channel);
    if (s == OK)
        s = wakes_measure(&service.channel);
    (void)row_ok("urpc_round_trip", s);
}
