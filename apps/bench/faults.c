/* faults.c: the first touch of an anonymous page, by a Linux program in the personality. */
#include "bench.h"
#include "touch/touch.h"
#include <rt/string.h>

static void touch_ended(void *arg, struct domain *d)
{
    (void)d;
    *(bool *)arg = true;
}

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
    char more[48];
    struct domain d;
    enum status s = spawn_domain(&r, &d);

    if (!row_ok("anon_fault", s))
        return;
    while (!ended)
        events_pass(UINT64_MAX);
    domain_end(&d);
    (void)rt_snprintf(more, sizeof more, "how=plugin part=system each=%u", TOUCH_ROW_COUNT);
    row_line("anon_fault", (enum window)TOUCH_WINDOW_ROW, 0, more);
    (void)rt_snprintf(more, sizeof more, "how=plugin part=system each=%u", TOUCH_APART_COUNT);
    row_line("anon_fault_apart", (enum window)TOUCH_WINDOW_APART, 0, more);
}
