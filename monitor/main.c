/* The monitor: the trusted first program of a core. Finds out what the machine is (core 0),
 * starts the cores below it in the start tree, links up with them, and then serves its core's
 * domains: names, channels, spawning. See monitor.h. */
#include <rt/event.h>
#include <rt/log.h>
#include <rt/memory.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>

#include "monitor.h"

const char *command_value(const struct monitor *m, const char *key)
{
    const char *at = m->record->command;
    size_t bytes = strlen(key);

    while (*at) {
        while (*at == ' ')
            at++;
        if (strncmp(at, key, bytes) == 0 && at[bytes] == '=')
            return at + bytes + 1;
        while (*at && *at != ' ')
            at++;
    }
    return NULL;
}

bool command_is(const struct monitor *m, const char *key, const char *value)
{
    const char *at = command_value(m, key);
    size_t bytes = strlen(value);

    return at && strncmp(at, value, bytes) == 0 && (at[bytes] == 0 || at[bytes] == ' ');
}

/* The boot record, mapped read-only, and room for what is known of every core. */
static enum status record_open(struct monitor *m)
{
    void *at;
    enum status s = frame_map(SLOT_BOOT_RECORD, 0, BOOT_RECORD_BYTES, MAP_READ, &at);

    if (s != OK)
        return s;
    m->record = at;
    m->core = m->record->core_id;
    m->core_count = m->record->core_count;
    m->node = (uint32_t)m->record->node;
    m->cores = heap_alloc_zeroed(&rt.heap, sizeof(struct core_entry) * m->core_count);
    if (!m->cores)
        return E_NO_MEMORY;
    for (uint32_t c = 0; c < m->core_count; c++)
        m->cores[c].via = (uint16_t)m->record->parent_core;
    m->cores[m->core].hardware_id = m->record->hardware_id;
    m->cores[m->core].lines = m->record->doorbell_lines;
    m->cores[m->core].up = true;
    m->cores[m->core].node = m->node;
    return OK;
}

/* Every core but the first: the link to who started us lies in the first two shared frames. */
static enum status parent_open(struct monitor *m)
{
    const struct boot_record *r = m->record;
    const void *rx;
    void *tx;
    enum status s = frame_map(SLOT_SHARED_FIRST, 0, URPC_FRAME_BYTES, MAP_READ, (void **)&rx);

    if (s == OK)
        s = frame_map(SLOT_SHARED_FIRST + 1, 0, URPC_FRAME_BYTES, MAP_READ | MAP_WRITE, &tx);
    if (s != OK)
        return s;
    link_peer(m, (uint32_t)r->parent_core, r->parent_hardware_id, r->parent_lines);
    m->parent = heap_alloc_zeroed(&rt.heap, sizeof(*m->parent));
    if (!m->parent)
        return E_NO_MEMORY;
    s = link_open(m, m->parent, (uint32_t)r->parent_core, tx, rx);
    if (s != OK)
        return s;
    struct msg_mon_hello hello = {.core = m->core,
                                  .version = MONITOR_VERSION,
                                  .hardware_id = r->hardware_id,
                                  .lines = r->doorbell_lines};
    m->parent->up = true;
    s = msg_mon_hello_send(&m->parent->channel, &hello);
    arch_mark(MARK_POINT, MARK_LINKED); /* for `skerry bench`: what the start of a core costs it */
    return s;
}

/* The loader puts the archive where it likes: PVH at the end of low memory, which may be another
 * node's. */
static bool archive_is_remote(const struct monitor *m)
{
    return m->record->archive_bytes != 0 &&
           machine_node_of(m->machine, m->record->archive_base) != m->node;
}

static enum status first_core(struct monitor *m)
{
    enum status s;

    m->names = heap_alloc_zeroed(&rt.heap, sizeof(struct name) * MONITOR_NAMES_MAX);
    if (!m->names)
        return E_NO_MEMORY;
    m->up_count = 1;
    s = machine_find(m);
    if (s == OK)
        s = plan_collect(m);
    if (s == OK && archive_is_remote(m))
        s = archive_localise(m);
    if (s == OK)
        mode_begin(m);
    return s;
}

static enum status monitor_start(struct monitor *m)
{
    enum status s = record_open(m);

    if (s == OK)
        s = grants_start(m);
    if (s == OK)
        s = ends_start(m);
    if (s == OK && m->core == 0)
        return first_core(m);
    if (s == OK)
        s = plan_collect(m);
    if (s == OK && m->record->core_limit != 0) /* the first core of its node */
        s = archive_localise(m);
    if (s == OK)
        s = parent_open(m);
    return s;
}

/* A core that was just started cannot ring yet: look for its hello every millisecond. */
static void wait_once(struct monitor *m)
{
    uint64_t deadline_ticks =
        m->starting ? arch_user_ticks() + rt.page->tick_hz / 1000 : drivers_due(m);
    enum status s = event_wait(deadline_ticks);

    children_flush(m);
    drivers_tick(m);
    (void)s; /* E_TIMEOUT is as good as OK: the loop goes on */
}

int main(int argc, char **argv)
{
    struct monitor *m = heap_alloc_zeroed(&rt.heap, sizeof(*m));
    enum status s;

    (void)argc, (void)argv;
    s = m ? monitor_start(m) : E_NO_MEMORY;
    if (s != OK) {
        log_line("monitor: cannot start: %s: %s", status_name(s), status_text(s));
        return 1;
    }
    for (;;)
        wait_once(m);
}
