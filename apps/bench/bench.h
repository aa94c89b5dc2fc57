/* What the files of the bench program share: samples, rows, helper domains.
 *
 * A row is one line `@bench name=N cores=N value=N unit=U window=W how=H [caps=N]`. The counter is
 * the core's cycle counter: under QEMU's -icount shift=0 it counts one an instruction, over all
 * cores together. */
#ifndef BENCH_H
#define BENCH_H

#include <arch/user.h>
#include <rt/log.h>
#include <rt/rt.h>
#include <rt/spawn.h>
#include <rt/syscall.h>
#include <rt/thread.h>

#define SAMPLES 1000u

/* Counts of one operation, made one after the other. */
struct sample {
    uint32_t count;
    uint64_t value[SAMPLES];
};

/* Windows of the counting plugin, one a row: they tell how many special instructions it has. */
enum window {
    WINDOW_NONE = MARK_BENCH,
    WINDOW_NULL,
    WINDOW_FOREIGN,
    WINDOW_CALL,
    WINDOW_SWITCH,
    WINDOW_UPCALL,
    WINDOW_THREAD,
    WINDOW_MAP,
    WINDOW_UNMAP,
    WINDOW_FRAME,
    WINDOW_SEND,
    WINDOW_RECEIVE,
    WINDOW_COPY,
    WINDOW_DELETE,
    WINDOW_RETYPE,
    WINDOW_REVOKE_1,
    WINDOW_REVOKE_1000,
    WINDOW_DOMAIN,
    WINDOW_JOB,
    WINDOW_ROUND_TRIP,
    WINDOW_WAKE,
};

/* One operation, between two looks at the counter, in a window. What is around the operation costs
 * the same around nothing, and is taken off. */
#define SAMPLE(window, s, ...)                                                                     \
    do {                                                                                           \
        uint64_t sample_begin = arch_user_cycles();                                                \
        arch_mark(MARK_BEGIN, window);                                                             \
        __VA_ARGS__;                                                                               \
        arch_mark(MARK_END, window);                                                               \
        sample_add((s), arch_user_cycles() - sample_begin);                                        \
    } while (0)

void sample_clear(struct sample *s);
void sample_add(struct sample *s, uint64_t value);
/* The middle one, less what two looks at the counter cost. Sorts. */
uint64_t sample_median(struct sample *s);

/* The one sample that is being filled: it is too large for a stack. */
extern struct sample sample;

struct bench {
    uint32_t cores, core;
    uint32_t failed;
};
extern struct bench bench;

/* A row in instructions. caps 0: it does not depend on that. */
void row_print(const char *name, enum window window, uint32_t caps, uint64_t value);
/* The same with further words: `how`, `part`, `each` as tools/plugin/README.md has them. */
void row_line(const char *name, enum window window, uint64_t value, const char *more);
/* False, and a line that says so, if the status is not OK. */
bool row_ok(const char *name, enum status s);

/* Handles events, at the latest until then. */
void events_pass(uint64_t deadline_ticks);

/* Word 0 of a call that the server helper never answers. */
#define CALL_HANGS 0xdeadu

/* A helper: this program again, in a domain of its own on this core; role: its first argument. */
NODISCARD enum status helper_spawn(struct domain *d, const char *role, uint32_t flags);
/* Until it waits in the kernel. */
void helper_wait(const struct domain *d);
/* The helpers' own main, by role; -1: there is no such role. */
int helper_main(const char *role);

void calls_measure(void);
void caps_measure(void);
void memory_measure(void);
void messages_measure(void);
void jobs_measure(void);
void faults_measure(void);
/* Between two cores. The other core's part of it never ends. */
void pair_measure(void);
void pair_serve(void);

#endif
