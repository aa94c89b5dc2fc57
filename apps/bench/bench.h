/* What the files of the bench program share: samples, rows, helper domains.
 *
 * A row is one line `@bench name=N cores=N [caps=N] value=N unit=U how=H`. The counter is the core's
 * cycle counter: under QEMU's -icount shift=0 it counts one an instruction, over all cores together. */
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

/* One operation, between two looks at the counter. Everything that is not the operation is `empty`,
 * measured with the same code around nothing. */
#define SAMPLE(s, ...)                                                                             \
    do {                                                                                           \
        uint64_t sample_begin = arch_user_cycles();                                                \
        __VA_ARGS__;                                                                               \
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

/* caps 0: the row does not depend on it. */
void row_print(const char *name, uint32_t caps, uint64_t value, const char *unit);
/* False, and a line that says so, if the status is not OK. */
bool row_ok(const char *name, enum status s);

/* Handles events, at the latest until then. */
void events_pass(uint64_t deadline_ticks);

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

#endif
