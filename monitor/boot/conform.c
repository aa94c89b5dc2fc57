/* mode=conform: the conformance suite runs on core 0 as a domain with everything that the monitor
 * can give: the monitor's own rights over the core, interrupts, ports, other cores, a device page,
 * the time of the core.
 * `filter=GLOB` and `list=1` of the command line go to it. */
#include <rt/log.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>

#include "monitor.h"

#define CONFORM_RAM_BYTES (32u << 20)
#define CONFORM_ZONE_BYTES (2u << 20)
#define CONFORM_PRIORITY 40u
#define WORD_BYTES 80

static void word_copy(const struct monitor *m, const char *key, char to[WORD_BYTES])
{
    const char *value = command_value(m, key);
    int bytes = rt_snprintf(to, WORD_BYTES, "%s=", key);

    while (value && *value && *value != ' ' && bytes < WORD_BYTES - 1)
        to[bytes++] = *value++;
    to[bytes] = 0;
}

/* The smallest device region that has some pages. */
static capref_t device_find(void)
{
    struct cap_description d;
    uint64_t least = UINT64_MAX;
    capref_t found = 0;

    for (capref_t ref = SLOT_REGION_FIRST; ref < SLOT_MONITOR_FREE; ref++)
        if (sys_cap_identify(ref, &d) == OK && d.type == CAP_DEVICE_FRAME && d.bytes < least &&
            d.bytes >= 16 * PAGE_BYTES) {
            found = ref;
            least = d.bytes;
        }
    return found;
}

void conform_spawn(struct monitor *m)
{
    char filter[WORD_BYTES], list[WORD_BYTES];
    const char *argv[] = {"conform", filter, list};
    struct spawn_grant grant[] = {
        {.from = SLOT_MONITOR, .to = SLOT_GRANT_FIRST},
        {.from = SLOT_IRQ_CONTROL, .to = SLOT_GRANT_FIRST + 1},
        {.from = SLOT_IO_PORTS, .to = SLOT_GRANT_FIRST + 2},
        {.from = SLOT_CORE_ROOT, .to = SLOT_GRANT_FIRST + 3},
        {.from = device_find(), .to = SLOT_GRANT_FIRST + 4},
        {.from = SLOT_SCHED_CONTEXT, .to = SLOT_GRANT_FIRST + 5}, /* all time of the core */
    };
    struct spawn_request r = {.image = "/skerry/conform",
                              .name = "conform",
                              .argc = 3,
                              .argv = argv,
                              .zone_bytes = CONFORM_ZONE_BYTES,
                              .ram_bytes = CONFORM_RAM_BYTES,
                              .priority = CONFORM_PRIORITY,
                              .flags = SPAWN_ARCHIVE | SPAWN_FOREIGN,
                              .grant = grant,
                              .grant_count = sizeof grant / sizeof grant[0]};
    struct child *c = NULL;

    word_copy(m, "filter", filter);
    word_copy(m, "list", list);
    enum status s = child_spawn(m, &r, &c);
    if (s != OK) {
        log_line("@done cases=0 failed=1 the suite does not start: %s", status_name(s));
        mode_end(m, 1);
    }
    c->may_end_machine = true;
}
