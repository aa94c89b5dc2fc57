/* From discovery to work. Monitor 0 orders the first core of each other node to be started, then
 * the cores of its own node; the first core of a node gets the orders for the rest of it. When
 * all are up, each begins with what the command line asks for:
 *
 *   mode=boot   nothing: say so, end the machine     mode=idle   nothing, and stay
 *   mode=farm   a worker on each core; on core 0 the output driver and the farm
 *   mode=shell  a shell, and all memory for `run`    mode=bench  the bench program on core 0
 *   mode=conform   the conformance suite on core 0 (conform.c)
 *   mode=random random system calls on core 0, and beside them a domain that must not notice */
#include <rt/log.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>

#include "monitor.h"

#define WORKER_KEEP_BYTES                                                                          \
    (1u                                                                                            \
     << 20) /* of general RAM stays with the monitor; on core 0 with its drivers and services too */
#define CORE_0_KEEP_BYTES (12u << 20)
#define BENCH_RAM_BYTES (24u << 20)
#define VICTIM_RAM_BYTES (2u << 20)
#define RANDOM_ZONE_BYTES (1u << 20)
#define RANDOM_RAM_BYTES (8u << 20)
#define WORKER_ZONE_KEEP_BYTES (1u << 20)
#define CORE_0_ZONE_KEEP_BYTES (3u << 20) /* two instances of the output driver, too */

static uint32_t node_core_count(const struct monitor *m, uint32_t node)
{
    uint32_t count = 0;

    for (uint32_t c = 0; c < m->core_count; c++)
        count += m->cores[c].node == node;
    return count;
}

/* The first core of `core`'s node. */
static uint32_t node_leader(const struct monitor *m, uint32_t core)
{
    uint32_t c = 0;

    while (m->cores[c].node != m->cores[core].node)
        c++;
    return c;
}

void mode_begin(struct monitor *m)
{
    uint32_t own_left = node_core_count(m, m->node);
    enum status s = OK;

    for (uint32_t c = 1; s == OK && c < m->core_count; c++)
        if (m->cores[c].node != m->node && node_leader(m, c) == c)
            s = cores_order(m, c, m->cores[c].hardware_id, 1);
    for (uint32_t c = 1; s == OK && c < m->core_count; c++)
        if (m->cores[c].node == m->node)
            s = cores_order(m, c, m->cores[c].hardware_id, own_left--);
    if (s != OK)
        log_line("not all cores can be ordered: %s", status_name(s));
    cores_start(m);
    if (m->core_count == 1)
        mode_core_up(m, 0);
}

/* A leader is up: it starts the rest of its node. */
static void order_rest(struct monitor *m, uint32_t leader)
{
    uint32_t left = node_core_count(m, m->cores[leader].node);

    for (uint32_t c = leader + 1; c < m->core_count; c++)
        if (m->cores[c].node == m->cores[leader].node)
            ROUTE(m, MON_START, mon_start, .to = (uint16_t)leader, .from = (uint16_t)m->core,
                  .hardware_id = m->cores[c].hardware_id, .core = c, .share = left--);
}

static void fail_rest(struct monitor *m, uint32_t leader)
{
    uint32_t lost = node_core_count(m, m->cores[leader].node) - 1;

    m->up_count += lost;
    m->failed_count += lost;
}

void mode_core_up(struct monitor *m, uint32_t core)
{
    if (core != 0 && m->cores[core].node != m->node && node_leader(m, core) == core) {
        if (m->cores[core].up)
            order_rest(m, core);
        else
            fail_rest(m, core);
    }
    if (m->up_count < m->core_count || m->going)
        return;
    m->going = true;
    arch_mark(MARK_POINT, MARK_ALL_LINKED); /* for `skerry bench` */
    log_line("%u of %u cores are up, all monitors are linked", m->core_count - m->failed_count,
             m->core_count);
    for (uint32_t c = 1; c < m->core_count; c++)
        if (m->cores[c].up)
            ROUTE(m, MON_GO, mon_go, .to = (uint16_t)c, .from = (uint16_t)m->core);
    mode_go(m);
}

/* `key=value` as the boot command line has it, for the farm; `key=` if it does not. */
static void word_copy(const struct monitor *m, const char *key, char to[24])
{
    const char *value = command_value(m, key);
    int bytes = rt_snprintf(to, 24, "%s=", key);

    while (value && *value && *value != ' ' && bytes < 23)
        to[bytes++] = *value++;
    to[bytes] = 0;
}

/* Spawn a program of ours that takes part of this core's memory. argument: further words of its
 * command line. */
static struct child *program_spawn(struct monitor *m, const char *name, uint64_t zone_bytes,
                                   uint64_t ram_bytes, uint32_t priority)
{
    static const char *const farm_words[] = {"probe_s",  "lost_s",    "limit_ms",
                                             "quiet_ms", "soak_kill", "soak_seed"};
    static const char *const bench_words[] = {"rows"}, *const random_words[] = {"calls", "plan"};
    enum { WORDS = 5, FARM_WORDS = sizeof farm_words / sizeof farm_words[0] };
    char path[48], cores[24], nodes[24], core[24], node[24], more[FARM_WORDS][24];
    const char *argv[WORDS + FARM_WORDS] = {name, cores, nodes, core, node};
    bool farm = strcmp(name, "farm") == 0, bench = strcmp(name, "bench") == 0;
    bool random = strcmp(name, "random") == 0, victim = strcmp(name, "victim") == 0;
    const char *const *words = farm ? farm_words : random ? random_words : bench_words;
    unsigned count = farm ? (unsigned)FARM_WORDS : random ? 2 : bench ? 1 : 0;
    struct spawn_request r = {.image = path,
                              .name = name,
                              .argc = WORDS + (int)count,
                              .argv = argv,
                              .zone_bytes = zone_bytes,
                              .ram_bytes = ram_bytes,
                              .priority = priority,
                              .flags = SPAWN_ARCHIVE | SPAWN_VECTOR * victim};
    struct child *c;

    (void)rt_snprintf(path, sizeof(path), "/skerry/%s", name);
    (void)rt_snprintf(cores, sizeof(cores), "cores=%u", m->core_count);
    (void)rt_snprintf(nodes, sizeof(nodes), "nodes=%u", m->machine ? m->machine->node_count : 1);
    (void)rt_snprintf(core, sizeof(core), "core=%u", m->core);
    (void)rt_snprintf(node, sizeof(node), "node=%u", m->node);
    for (unsigned i = 0; i < count; i++) {
        word_copy(m, words[i], more[i]);
        argv[WORDS + i] = more[i];
    }
    for (unsigned i = 0; i < 2; i++)
        r.seed[i] = m->record->seed[i] ^ (m->next_generation++ * 0x9e3779b97f4a7c15ull);
    return child_spawn(m, &r, &c) == OK ? c : NULL;
}

static uint64_t less(uint64_t bytes, uint64_t keep)
{
    return bytes > 2 * keep ? round_down(bytes - keep, LARGE_PAGE_BYTES) : bytes / 2;
}

/* The worker gets all memory of the core but a little. */
static void worker_spawn(struct monitor *m)
{
    uint64_t keep = m->core == 0 ? CORE_0_KEEP_BYTES : WORKER_KEEP_BYTES;
    uint64_t largest = range_largest(&rt.ram.pool[RAM_GENERAL].free);
    uint64_t zone = range_largest(&rt.ram.pool[RAM_ZONE].free);

    uint64_t zone_keep = m->core == 0 ? CORE_0_ZONE_KEEP_BYTES : WORKER_ZONE_KEEP_BYTES;

    (void)program_spawn(m, "worker", round_down(zone - zone_keep, PAGE_BYTES), less(largest, keep),
                        20);
}

static void first_core_go(struct monitor *m)
{
    struct child *c = NULL;

    drivers_start(m);
    if (command_is(m, "mode", "farm"))
        c = program_spawn(m, "farm", 0x60000, 2u << 20, 30);
    else if (command_is(m, "mode", "shell"))
        c = shell_spawn(m);
    if (c)
        c->may_end_machine = true;
}

/* The bench of core 0 measures; that of core 1 answers it. */
static void bench_spawn(struct monitor *m)
{
    uint64_t zone = range_largest(&rt.ram.pool[RAM_ZONE].free);
    struct child *c =
        program_spawn(m, "bench", round_down(zone / 2, PAGE_BYTES), BENCH_RAM_BYTES, 20);

    if (c && m->core == 0)
        c->may_end_machine = true;
}

/* Random system calls, and the domain beside them that must not notice. */
static void random_spawn(struct monitor *m)
{
    struct child *c = program_spawn(m, "victim", 0, VICTIM_RAM_BYTES, 0);

    if (c)
        c = program_spawn(m, "random", RANDOM_ZONE_BYTES, RANDOM_RAM_BYTES, 20);
    if (c)
        c->may_end_machine = true;
}

/* Once each core has enough of its memory for itself. */
void mode_go(struct monitor *m)
{
    plan_keep(m);
    if (command_is(m, "mode", "boot") && m->core == 0)
        log_line("@boot cores=%u nodes=%u ticks_hz=%lu", m->core_count - m->failed_count,
                 m->machine->node_count, rt.page->tick_hz);
    if (command_is(m, "mode", "boot") && m->core == 0 && !command_is(m, "stay", "1"))
        mode_end(m, m->failed_count ? 1 : 0);
    if (command_is(m, "mode", "bench") && m->core <= 1)
        bench_spawn(m);
    if (command_is(m, "mode", "conform") && m->core == 0)
        conform_spawn(m);
    if (command_is(m, "mode", "random") && m->core == 0)
        random_spawn(m);
    if (!command_is(m, "mode", "farm") && !command_is(m, "mode", "shell"))
        return;
    if (m->core == 0)
        first_core_go(m);
    if (command_is(m, "mode", "farm"))
        worker_spawn(m);
    if (m->core == 0)
        drivers_reserve(m);
}

/* Nobody is left who could end the machine. */
void mode_child_ended(struct monitor *m, const struct child *c)
{
    if (c->may_end_machine)
        mode_end(m, c->domain.exit_status ? 1 : 0);
}

void mode_end(struct monitor *m, uint32_t code)
{
    (void)m;
    enum status s = sys_machine_exit(SLOT_CORE_ROOT, code);

    log_line("the machine does not end: %s", status_name(s));
    rt_exit(1, "the machine does not end");
}
