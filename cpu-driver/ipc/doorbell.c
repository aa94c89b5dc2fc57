/* Doorbells between cores: see doorbell.h for who writes what. */
#include "ipc/doorbell.h"

#include "kernel.h"

enum status doorbell_peer_add(struct kernel *k, uint32_t core, uint64_t hardware_id,
                              uint64_t lines_pa)
{
    struct doorbell_peer *peer;
    uint64_t line_pa = lines_pa + (uint64_t)k->record->core_id * LINE_BYTES;

    if (core >= k->bells.core_count || core == k->record->core_id)
        return E_ARGUMENT;
    if (lines_pa % LINE_BYTES)
        return E_ALIGN;
    peer = &k->bells.peer[core];
    peer->hardware_id = hardware_id;
    peer->line = arch_peer_map(core, line_pa);
    peer->epoch = atomic_load_explicit(&peer->line->epoch, memory_order_acquire);
    for (unsigned b = 0; b < BELLS_PER_LINE; b++)
        peer->seen[b] = atomic_load_explicit(&peer->line->counter[b], memory_order_acquire);
    log_peer_add(k, core, lines_pa);
    return OK;
}

enum status doorbell_bind(struct kernel *k, uint32_t core, uint32_t bell, struct dispatcher *d)
{
    struct doorbell_peer *peer;

    if (core >= k->bells.core_count || bell >= BELLS_PER_LINE)
        return E_ARGUMENT;
    peer = &k->bells.peer[core];
    if (d && peer->bound[bell])
        return E_EXISTS;
    if (peer->bound[bell])
        peer->bound[bell]->bell_count--;
    if (d)
        d->bell_count++;
    peer->bound[bell] = d;
    return OK;
}

void doorbell_forget(struct kernel *k, struct dispatcher *d)
{
    for (uint32_t c = 0; c < k->bells.core_count && d->bell_count; c++)
        for (unsigned b = 0; b < BELLS_PER_LINE; b++)
            if (k->bells.peer[c].bound[b] == d) {
                k->bells.peer[c].bound[b] = NULL;
                d->bell_count--;
            }
}

enum status doorbell_ring(struct kernel *k, uint32_t core, uint32_t bell)
{
    struct doorbell_line *line = &k->bells.own[core];

    if (!k->bells.peer[core].line)
        return E_PEER;
    atomic_fetch_add_explicit(&line->counter[bell], 1, memory_order_release);
    arch_doorbell_send(k->bells.peer[core].hardware_id,
                       (uint32_t)(k->record->core_id % k->bells.vectors));
    return OK;
}

/* Compare one source's counters with what was last seen. */
static void hear_source(struct kernel *k, struct doorbell_peer *peer)
{
    uint32_t epoch = atomic_load_explicit(&peer->line->epoch, memory_order_acquire);

    if (epoch != peer->epoch) {
        peer->epoch = epoch;
        for (unsigned b = 0; b < BELLS_PER_LINE; b++)
            peer->seen[b] = 0;
    }
    for (unsigned b = 0; b < BELLS_PER_LINE; b++) {
        uint32_t now = atomic_load_explicit(&peer->line->counter[b], memory_order_acquire);
        if (now == peer->seen[b])
            continue;
        peer->seen[b] = now;
        k->doorbell_count++;
        if (peer->bound[b])
            dispatcher_wake(k, peer->bound[b]);
    }
}

void doorbell_hear(struct kernel *k, uint32_t vector)
{
    for (uint32_t c = vector; c < k->bells.core_count; c += k->bells.vectors)
        if (k->bells.peer[c].line)
            hear_source(k, &k->bells.peer[c]);
    log_drain(k);
}
