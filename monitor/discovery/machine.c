/* struct machine: its storage, the checked additions that both firmware readers use, and the
 * questions that can be put to it. The readers call machine_node_add for every node first, then
 * machine_core_add and machine_memory_add, and end with machine_finish, which checks what no single
 * addition can see. */
#include "machine_build.h"

#define LIMIT_MAX 65536u

static bool limit_ok(uint32_t n)
{
    return n > 0 && n <= LIMIT_MAX;
}

uint64_t machine_bytes(const struct machine_limits *l)
{
    return (uint64_t)l->cores * sizeof(struct machine_core) +
           (uint64_t)l->nodes * sizeof(struct machine_node) +
           (uint64_t)l->memories * sizeof(struct machine_memory) +
           (uint64_t)l->slots * sizeof(struct machine_slot) + (uint64_t)l->nodes * l->nodes;
}

enum status machine_init(struct machine *m, const struct machine_limits *l, void *memory,
                         uint64_t bytes)
{
    if (!limit_ok(l->cores) || !limit_ok(l->nodes) || !limit_ok(l->memories) ||
        !limit_ok(l->slots) || (uintptr_t)memory % 8 != 0)
        return E_ARGUMENT;
    if (bytes < machine_bytes(l))
        return E_NO_MEMORY;
    *m = (struct machine){.limit = *l};
    m->cores = memory;
    m->nodes = (void *)(m->cores + l->cores);
    m->memories = (void *)(m->nodes + l->nodes);
    m->slots = (void *)(m->memories + l->memories);
    m->distances = (void *)(m->slots + l->slots);
    return OK;
}

enum status machine_node_add(struct machine *m, uint32_t firmware_id)
{
    uint32_t at = 0;
    while (at < m->node_count && m->nodes[at].firmware_id < firmware_id)
        at++;
    if (at < m->node_count && m->nodes[at].firmware_id == firmware_id)
        return OK;
    if (m->node_count == m->limit.nodes)
        return E_LIMIT;
    for (uint32_t i = m->node_count; i > at; i--)
        m->nodes[i] = m->nodes[i - 1];
    m->nodes[at] = (struct machine_node){.firmware_id = firmware_id};
    m->node_count++;
    return OK;
}

enum status machine_node_find(const struct machine *m, uint32_t firmware_id, uint32_t *node)
{
    for (uint32_t i = 0; i < m->node_count; i++) {
        if (m->nodes[i].firmware_id == firmware_id) {
            *node = i;
            return OK;
        }
    }
    return E_NOT_FOUND;
}

static struct machine_core *core_find(const struct machine *m, uint64_t hardware_id)
{
    for (uint32_t i = 0; i < m->core_count; i++)
        if (m->cores[i].hardware_id == hardware_id)
            return &m->cores[i];
    return NULL;
}

enum status machine_core_add(struct machine *m, uint64_t hardware_id, uint32_t firmware_id)
{
    if (core_find(m, hardware_id) != NULL)
        return E_EXISTS;
    if (m->core_count == m->limit.cores)
        return E_LIMIT;
    m->cores[m->core_count++] =
        (struct machine_core){.hardware_id = hardware_id, .firmware_id = firmware_id};
    return OK;
}

enum status machine_core_place(struct machine *m, uint64_t hardware_id, uint32_t node_firmware_id)
{
    struct machine_core *core = core_find(m, hardware_id);
    if (core == NULL)
        return E_NOT_FOUND;
    return machine_node_find(m, node_firmware_id, &core->node);
}

enum status machine_memory_add(struct machine *m, uint64_t base, uint64_t bytes,
                               uint32_t node_firmware_id)
{
    uint32_t node = 0;
    enum status s = machine_node_find(m, node_firmware_id, &node);
    if (s != OK)
        return s;
    if (bytes == 0)
        return OK;
    if (base + bytes < base) /* an end of 2^64 would be 0 to whoever adds */
        return E_FORMAT;
    if (m->memory_count == m->limit.memories)
        return E_LIMIT;
    uint32_t at = 0;
    while (at < m->memory_count && m->memories[at].base < base)
        at++;
    if (at > 0 && base - m->memories[at - 1].base < m->memories[at - 1].bytes)
        return E_FORMAT;
    if (at < m->memory_count && m->memories[at].base - base < bytes)
        return E_FORMAT;
    for (uint32_t i = m->memory_count; i > at; i--)
        m->memories[i] = m->memories[i - 1];
    m->memories[at] = (struct machine_memory){base, bytes, node};
    m->memory_count++;
    return OK;
}

enum status machine_slot_add(struct machine *m, const struct machine_slot *slot)
{
    if (m->slot_count == m->limit.slots)
        return E_LIMIT;
    uint32_t at = m->slot_count;
    for (; at > 0 && m->slots[at - 1].base > slot->base; at--)
        m->slots[at] = m->slots[at - 1];
    m->slots[at] = *slot;
    m->slot_count++;
    return OK;
}

void machine_distances_assume(struct machine *m)
{
    for (uint32_t a = 0; a < m->node_count; a++)
        for (uint32_t b = 0; b < m->node_count; b++)
            m->distances[(uint64_t)a * m->node_count + b] =
                a == b ? MACHINE_DISTANCE_LOCAL : MACHINE_DISTANCE_REMOTE;
}

enum status machine_distance_set(struct machine *m, uint32_t a, uint32_t b, uint32_t distance)
{
    bool local = distance == MACHINE_DISTANCE_LOCAL;
    if (distance < MACHINE_DISTANCE_LOCAL || distance > UINT8_MAX || (a == b && !local))
        return E_FORMAT;
    m->distances[(uint64_t)a * m->node_count + b] = (uint8_t)distance;
    return OK;
}

enum status machine_finish(struct machine *m)
{
    if (m->core_count == 0 || m->node_count == 0)
        return E_NOT_FOUND;
    for (uint32_t i = 0; i < m->core_count; i++)
        m->nodes[m->cores[i].node].core_count++;
    for (uint32_t i = 0; i < m->memory_count; i++)
        m->nodes[m->memories[i].node].memory_bytes += m->memories[i].bytes;
    return OK;
}

enum status machine_boot_core_set(struct machine *m, uint64_t hardware_id)
{
    struct machine_core *core = core_find(m, hardware_id);
    if (core == NULL)
        return E_NOT_FOUND;
    struct machine_core first = *core;
    for (; core > m->cores; core--)
        core[0] = core[-1];
    m->cores[0] = first;
    return OK;
}

uint32_t machine_distance(const struct machine *m, uint32_t a, uint32_t b)
{
    return m->distances[(uint64_t)a * m->node_count + b];
}

uint32_t machine_node_of(const struct machine *m, uint64_t pa)
{
    for (uint32_t i = 0; i < m->memory_count; i++)
        if (pa >= m->memories[i].base && pa - m->memories[i].base < m->memories[i].bytes)
            return m->memories[i].node;
    return 0;
}
