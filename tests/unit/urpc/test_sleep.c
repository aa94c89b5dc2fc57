/* The sleep flag, interleaving by interleaving, and the wait set.
 *
 * Each side sees the other's memory through a copy, which only a fence (fence_hook, called where
 * the shipped sources have their SC fences) or the end of the round brings up to date: the harshest
 * store buffer there is. A round has one sender and one receiver that goes to sleep; the point says
 * where inside one of them the other runs from beginning to end. With both fences no message may
 * lie unread while its reader sleeps unrung. Without either fence, or both, some point must show
 * that loss: else this test would not see a fence that is missing in the sources. */
#include "pair.h"

#include <string.h>
#include <urpc/wait.h>

enum point {
    POINT_BEFORE_WAIT,
    POINT_RECEIVER_FENCE,
    POINT_RECEIVER_FENCED,
    POINT_SLEEP,
    POINT_SENDER_FENCE,
    POINT_SENDER_FENCED,
    POINT_SENT,
    POINT_COUNT
};
enum { SENDER, RECEIVER };
#define LINES 8u
#define BYTES ((LINES + 1) * LINE_BYTES)

static struct world {
    uint8_t ALIGNED(64) written[2][BYTES],
        seen[2][BYTES]; /* by writer: as it wrote, as its peer sees it */
    struct channel side[2];
    struct wait_entry room[1];
    struct wait_set set;
    bool fence_works[2];
    bool active;    /* a round is running */
    bool other_ran; /* the other side had its turn */
    int running;    /* whose code runs */
    enum point point;
    bool slept, rung;
    uint64_t number;
} w;

static void flush(int side)
{
    memcpy(w.seen[side], w.written[side], BYTES);
}

static void sender_run(void)
{
    int before = w.running;
    w.running = SENDER;
    word_send(&w.side[SENDER], 0, w.number, OK);
    w.running = before;
}

static void receiver_run(void)
{
    int before = w.running;
    struct wait_entry ready;
    w.running = RECEIVER;
    enum status s = wait_set_wait(&w.set, UINT64_MAX, &ready);
    assert_true(s == OK || s == E_EMPTY || s == E_TIMEOUT);
    w.running = before;
}

static void reach(enum point point)
{
    if (!w.active || w.other_ran || w.point != point)
        return;
    w.other_ran = true;
    if (point < POINT_SENDER_FENCE)
        sender_run();
    else
        receiver_run();
}

void fence_hook(int order)
{
    assert_int_equal(order, memory_order_seq_cst);
    int me = w.running;
    reach(me == SENDER ? POINT_SENDER_FENCE : POINT_RECEIVER_FENCE);
    if (w.fence_works[me])
        flush(me);
    reach(me == SENDER ? POINT_SENDER_FENCED : POINT_RECEIVER_FENCED);
}

static enum status home_sleep(void *arg, uint64_t deadline_ticks)
{
    (void)arg;
    (void)deadline_ticks;
    w.slept = !w.rung;
    reach(POINT_SLEEP);
    return w.rung ? OK : E_TIMEOUT; /* only ends the round: `slept` tells that it would sleep on */
}

static void home_ring(void *arg, struct channel *c)
{
    (void)arg;
    assert_ptr_equal(c, &w.side[SENDER]);
    w.rung = true;
}

static const struct urpc_home home = {home_sleep, home_ring, NULL};

static void world_init(void)
{
    memset(&w, 0, sizeof w);
    for (int i = 0; i < 2; i++) {
        struct channel_binding b = {
            .tx = w.written[i], .rx = w.seen[1 - i], .bytes = BYTES, .home = &home};
        assert_int_equal(channel_init(&w.side[i], &b), OK);
        flush(i);
    }
    wait_set_init(&w.set, w.room, 1, &home, 0);
    assert_int_equal(wait_set_add(&w.set, &w.side[RECEIVER], NULL), OK);
}

/* Returns whether the message was lost: it is there, its reader sleeps, nobody rang. */
static bool round_run(enum point point)
{
    w.point = point;
    w.active = true;
    w.other_ran = w.slept = w.rung = false;
    w.number++;
    if (point < POINT_SENDER_FENCE) {
        w.running = RECEIVER;
        reach(POINT_BEFORE_WAIT);
        receiver_run();
        if (!w.other_ran) /* it did not come to that point: it slept or found a message before */
            sender_run();
    } else {
        w.running = SENDER;
        sender_run();
        reach(POINT_SENT);
        if (!w.other_ran)
            receiver_run();
    }
    w.active = false;
    flush(SENDER);
    flush(RECEIVER);
    word_receive(&w.side[RECEIVER], 0, w.number);
    receive_nothing(&w.side[RECEIVER], E_EMPTY);
    flush(RECEIVER);
    receive_nothing(&w.side[SENDER], E_EMPTY); /* takes acknowledgements in */
    return w.slept && !w.rung;
}

static int losses(bool sender_fence, bool receiver_fence)
{
    int lost = 0;
    world_init();
    w.fence_works[SENDER] = sender_fence;
    w.fence_works[RECEIVER] = receiver_fence;
    for (int point = 0; point < POINT_COUNT; point++)
        lost += round_run((enum point)point);
    uint64_t random = 99;
    for (int i = 0; i < 1000; i++)
        lost += round_run((enum point)(random_next(&random) % POINT_COUNT));
    return lost;
}

static void fences_keep_every_wakeup(void **state)
{
    (void)state;
    assert_int_equal(losses(true, true), 0);
}

static void mutants_lose_wakeups(void **state)
{
    (void)state;
    assert_true(losses(false, true) > 0);
    assert_true(losses(true, false) > 0);
    assert_true(losses(false, false) > 0);
}

/* A reader that sleeps is rung once, however many messages come; the next sleep is rung again. */
static int ring_count;

static enum status count_sleep(void *arg, uint64_t deadline_ticks)
{
    struct channel *from = arg;
    (void)deadline_ticks;
    word_send(from, 0, 1, OK);
    word_send(from, 0, 2, OK);
    word_send(from, 0, 3, OK);
    return OK;
}

static void count_ring(void *arg, struct channel *c)
{
    (void)arg;
    (void)c;
    ring_count++;
}

static void one_ring_a_sleep(void **state)
{
    (void)state;
    static struct pair pair;
    static struct wait_entry room[1];
    struct wait_set set;
    const struct urpc_home sleeper = {count_sleep, count_ring, &pair.side[0]};
    const struct urpc_home *homes[2] = {&sleeper, &sleeper};
    struct wait_entry ready;
    pair_init(&pair, 32, NULL, homes, NULL);
    wait_set_init(&set, room, 1, &sleeper, 0);
    assert_int_equal(wait_set_add(&set, &pair.side[1], &pair), OK);
    set.sleep_number = UINT32_MAX - 2; /* the number wraps, and leaves 0 out */
    ring_count = 0;
    for (int sleep = 1; sleep <= 6; sleep++) {
        assert_int_equal(wait_set_wait(&set, UINT64_MAX, &ready), OK);
        assert_ptr_equal(ready.channel, &pair.side[1]);
        assert_ptr_equal(ready.cookie, &pair);
        assert_int_equal(ring_count, sleep);
        for (uint64_t i = 1; i <= 3; i++)
            word_receive(&pair.side[1], 0, i);
        word_send(&pair.side[0], 0, 4, OK); /* awake: no ring */
        word_receive(&pair.side[1], 0, 4);
        assert_int_equal(ring_count, sleep);
        receive_nothing(&pair.side[0], E_EMPTY);
    }
}

static enum status timeout_sleep(void *arg, uint64_t deadline_ticks)
{
    (void)arg;
    (void)deadline_ticks;
    return E_TIMEOUT;
}

static void set_of_many(void **state)
{
    (void)state;
    enum { N = 50 };
    static struct pair pair[N];
    struct wait_entry room[N], ready;
    struct wait_set set;
    const struct urpc_home never = {timeout_sleep, count_ring, NULL};
    wait_set_init(&set, room, N - 1, &never, 1000);
    assert_int_equal(wait_set_wait(&set, 0, &ready), E_TIMEOUT);
    for (uintptr_t i = 0; i < N - 1; i++) {
        pair_init(&pair[i], 8, NULL, NULL, NULL);
        assert_int_equal(wait_set_add(&set, &pair[i].side[1], (void *)i), OK);
        assert_int_equal(wait_set_add(&set, &pair[i].side[1], NULL), E_EXISTS);
    }
    pair_init(&pair[N - 1], 8, NULL, NULL, NULL);
    assert_int_equal(wait_set_add(&set, &pair[N - 1].side[1], NULL), E_LIMIT);
    assert_int_equal(wait_set_remove(&set, &pair[N - 1].side[1]), E_NOT_FOUND);
    assert_int_equal(wait_set_poll(&set, &ready), E_EMPTY);
    assert_int_equal(wait_set_wait(&set, UINT64_MAX, &ready), E_TIMEOUT);

    word_send(&pair[7].side[0], 0, 1, OK); /* two are always ready: each gets its turn */
    word_send(&pair[30].side[0], 0, 1, OK);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(wait_set_wait(&set, UINT64_MAX, &ready), OK);
        assert_ptr_equal(ready.cookie, (void *)(uintptr_t)(i % 2 == 0 ? 7 : 30));
    }
    word_receive(&pair[7].side[1], 0, 1);
    channel_kill(&pair[30].side[1], E_PEER); /* dead: ready until it is removed */
    assert_int_equal(wait_set_poll(&set, &ready), OK);
    assert_ptr_equal(ready.channel, &pair[30].side[1]);
    assert_int_equal(wait_set_remove(&set, &pair[30].side[1]), OK);
    assert_int_equal(wait_set_poll(&set, &ready), E_EMPTY);
    assert_int_equal(set.count, N - 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fences_keep_every_wakeup),
        cmocka_unit_test(mutants_lose_wakeups),
        cmocka_unit_test(one_ring_a_sleep),
        cmocka_unit_test(set_of_many),
    };
    return cmocka_run_group_tests_name("urpc sleep", tests, NULL, NULL);
}
