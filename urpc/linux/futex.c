/* Sleeping and ringing by futex: the home of URPC on Linux. The word counts rings; sleep returns as
 * soon as the count differs from what it was when sleep last returned, so a ring between the last
 * look and the system call is not lost. The count orders nothing on purpose: ordering is the
 * channel's, as with a real doorbell. */
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <urpc/futex.h>

static enum status futex_sleep(void *arg, uint64_t deadline_ticks)
{
    struct futex_home *h = arg;
    struct timespec at = {.tv_sec = (time_t)(deadline_ticks / 1000000000u),
                          .tv_nsec = (long)(deadline_ticks % 1000000000u)};
    uint32_t now = atomic_load_explicit(h->word, memory_order_relaxed);
    long answer = 0;
    if (now == h->seen) {
        h->sleep_count++;
        answer = syscall(SYS_futex, h->word, FUTEX_WAIT_BITSET, h->seen,
                         deadline_ticks == UINT64_MAX ? NULL : &at, NULL, FUTEX_BITSET_MATCH_ANY);
        now = atomic_load_explicit(h->word, memory_order_relaxed);
    }
    bool rung = now != h->seen;
    h->seen = now;
    bool late =
        answer != 0 && deadline_ticks != UINT64_MAX; /* EINTR counts as woken: ask the clock */
    if (late && !rung) {
        struct timespec clock;
        clock_gettime(CLOCK_MONOTONIC, &clock);
        late = (uint64_t)clock.tv_sec * 1000000000u + (uint64_t)clock.tv_nsec >= deadline_ticks;
    }
    return late && !rung ? E_TIMEOUT : OK;
}

static void futex_ring(void *arg, struct channel *c)
{
    (void)arg;
    _Atomic uint32_t *word = (_Atomic uint32_t *)(uintptr_t)c->bell;
    atomic_fetch_add_explicit(word, 1, memory_order_relaxed);
    syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void futex_home_init(struct futex_home *h, _Atomic uint32_t *word)
{
    *h = (struct futex_home){
        .home = {.sleep = futex_sleep, .ring = futex_ring, .arg = h},
        .word = word,
        .seen = atomic_load_explicit(word, memory_order_relaxed),
    };
}
