/* faults.c: the first touch of an anonymous page, by a Linux program in the personality. */
#include "bench.h"
#include "touch/touch.h"
#include <rt/string.h>

static void touch_ended(void *arg, struct domain *d)
{
    (void)d;
    *(bool *)arg = true;
}

/* count 0: the one that cost most. */
static const struct {
    const char *name;
    unsigned window, count;
} rows[] = {
    {"anon_fault", TOUCH_WINDOW_ROW, TOUCH_ROW_COUNT},
    {"anon_fault_lone", TOUCH_WINDOW_LONE, TOUCH_LONE_COUNT},
    {"anon_fault_apart", TOUCH_WINDOW_APART, TOUCH_APART_COUNT},
    {"anon_fault_worst", TOUCH_WINDOW_ONE, 0},
};

/* The windows are in the program; here it is run, and the rows are named. */
void faults_measure(void)
{
    const char *argv[] = {"linux", "/skerry/touch"};
    bool ended = false;
    struct spawn_request r = {.image = "/skerry/linux",
                              .name = "touch",
                              .argc = 2,
                              .argv = argv,
                              .zone_bytes = 1u << 20,
                              .ram_bytes = 16u << 20,
                              .priority = 20,
                              .flags = SPAWN_VECTOR | SPAWN_FOREIGN | SPAWN_ARCHIVE,
                              .ended = touch_ended,
                              .arg = &ended};
    char more[64];
    struct domain d;
    enum status s = spawn_domain(&r, &d);

    if (!row_ok("anon_fault", s))
        return;
    while (!ended)
        events_pass(UINT64_MAX);
    domain_end(&d);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)rt_snprintf(more, sizeof more, "how=plugin part=system %s=%u",
                          rows[i].count ? "each" : "of=most each",
                          rows[i].count ? rows[i].count : 1);
        row_line(rows[i].name, (enum window)rows[i].window, 0, more);
    }
}
