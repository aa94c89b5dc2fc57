/* machine_check.h: what monitor/machine.h promises of a machine that was read without an error. */
#ifndef TESTS_FUZZ_MACHINE_CHECK_H
#define TESTS_FUZZ_MACHINE_CHECK_H

#include "fuzz.h"

#include <monitor/machine.h>

static void machine_line(void *arg, const char *text)
{
    size_t *total = arg;

    *total += strlen(text);
}

static inline void machine_check(const struct machine *m)
{
    size_t total = 0;

    FUZZ_CHECK(m->core_count >= 1 && m->core_count <= m->limit.cores);
    FUZZ_CHECK(m->node_count >= 1 && m->node_count <= m->limit.nodes);
    FUZZ_CHECK(m->memory_count <= m->limit.memories && m->slot_count <= m->limit.slots);
    for (uint32_t i = 0; i < m->core_count; i++)
        FUZZ_CHECK(m->cores[i].node < m->node_count);
    for (uint32_t i = 0; i < m->memory_count; i++) {
        const struct machine_memory *r = &m->memories[i];
        FUZZ_CHECK(r->node < m->node_count && r->base + r->bytes > r->base);
        FUZZ_CHECK(i == 0 || r->base >= r[-1].base + r[-1].bytes);
    }
    for (uint32_t a = 0; a < m->node_count; a++)
        for (uint32_t b = 0; b < m->node_count; b++)
            FUZZ_CHECK(machine_distance(m, a, b) >= MACHINE_DISTANCE_LOCAL);
    FUZZ_CHECK(machine_node_of(m, 0x1234567000u) < m->node_count);
    machine_print(m, machine_line, &total);
    machine_table(m, machine_line, &total);
    FUZZ_CHECK(total > 0);
}

#endif
