/* Two threads, a channel, futexes: a million messages each way of working, polling off or short,
 * every word checked. A wake-up that is lost shows as a wait that runs into its deadline. Built
 * under ASan + UBSan and under TSan. */
#include "pair.h"

#include <arch/user.h>
#include <pthread.h>
#include <stdlib.h>
#include <urpc/futex.h>
#include <urpc/wait.h>

#define WAIT_NS 30000000000ull

static struct pair pair;
static _Atomic uint32_t bell[2];

struct end {
    int me;
    uint64_t poll_ticks, send_count, receive_count, seed;
    bool in_turns; /* one message there, one back */
    uint64_t sent, received;
    struct futex_home home;
    struct wait_set set;
    struct wait_entry room[1];
};

/* cmocka's asserts are not for other threads. */
static void must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static bool end_sends(struct end *e, uint64_t *random)
{
    struct channel *c = &pair.side[e->me];
    uint64_t burst = e->in_turns ? 1 : random_next(random) % 40;
    uint64_t before = e->sent;
    bool quiet = burst % 2 == 0;
    if (e->in_turns && (e->me == 0 ? e->sent != e->received : e->sent == e->received))
        return false;
    while (burst-- > 0 && e->sent < e->send_count && channel_can_send(c)) {
        uint32_t type = (uint32_t)(e->sent % 7);
        uint64_t word[3] = {e->sent, ~e->sent, e->sent * 0x9e3779b97f4a7c15ull};
        enum status s =
            quiet ? channel_send_quiet(c, type, word, 3) : channel_send(c, type, word, 3);
        must(s == OK, "send failed");
        e->sent++;
    }
    if (quiet && e->sent != before)
        channel_notify(c);
    return e->sent != before;
}

static bool end_receives(struct end *e)
{
    struct urpc_message m;
    enum status s = channel_receive(&pair.side[e->me], &m);
    must(s == OK || s == E_EMPTY, "the peer is honest");
    if (s == E_EMPTY)
        return false;
    uint64_t n = e->received++;
    must(m.type == n % 7 && m.word[0] == n && m.word[1] == ~n &&
             m.word[2] == n * 0x9e3779b97f4a7c15ull,
         "lost, doubled or torn");
    return true;
}

static void *end_run(void *arg)
{
    struct end *e = arg;
    struct channel *c = &pair.side[e->me];
    uint64_t random = e->seed;
    wait_set_init(&e->set, e->room, 1, &e->home.home, e->poll_ticks);
    must(wait_set_add(&e->set, c, NULL) == OK, "wait_set_add");
    while (e->sent < e->send_count || e->received < e->receive_count) {
        bool busy = end_sends(e, &random);
        for (int i = 0; i < 20 && end_receives(e); i++)
            busy = true;
        if (busy || (e->sent < e->send_count && channel_can_send(c) && !e->in_turns))
            continue;
        struct wait_entry ready;
        enum status s = wait_set_wait(&e->set, arch_user_ticks() + WAIT_NS, &ready);
        must(s != E_TIMEOUT, "a wake-up was lost");
    }
    return NULL;
}

static void run(uint32_t lines, const uint64_t count[2], uint64_t poll_ticks, bool in_turns)
{
    static struct end end[2];
    const struct urpc_home *homes[2];
    const uint64_t bells[2] = {(uintptr_t)&bell[1], (uintptr_t)&bell[0]};
    pthread_t thread[2];
    for (int i = 0; i < 2; i++) {
        end[i] = (struct end){.me = i,
                              .poll_ticks = poll_ticks,
                              .send_count = count[i],
                              .receive_count = count[1 - i],
                              .seed = 17u + (unsigned)i,
                              .in_turns = in_turns};
        futex_home_init(&end[i].home, &bell[i]);
        homes[i] = &end[i].home.home;
    }
    pair_init(&pair, lines, NULL, homes, bells);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, end_run, &end[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(end[0].received, count[1]);
    assert_int_equal(end[1].received, count[0]);
    print_message("  %u lines, poll %u ns: %llu + %llu messages, %llu + %llu sleeps\n", lines,
                  (unsigned)poll_ticks, (unsigned long long)count[0], (unsigned long long)count[1],
                  (unsigned long long)end[0].home.sleep_count,
                  (unsigned long long)end[1].home.sleep_count);
}

static void stream_one_way(void **state)
{
    (void)state;
    run(32, (const uint64_t[]){1000000, 0}, 0, false);
    run(1024, (const uint64_t[]){0, 200000}, 2000, false);
}

static void both_ways(void **state)
{
    (void)state;
    run(8, (const uint64_t[]){100000, 150000}, 0, false);
    run(32, (const uint64_t[]){150000, 100000}, 5000, false);
}

static void in_turns(void **state)
{
    (void)state;
    run(8, (const uint64_t[]){30000, 30000}, 0, true);
    run(8, (const uint64_t[]){30000, 30000}, 3000, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_one_way),
        cmocka_unit_test(both_ways),
        cmocka_unit_test(in_turns),
    };
    return cmocka_run_group_tests_name("urpc threads", tests, NULL, NULL);
}
