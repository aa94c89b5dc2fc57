/* lend.c: the lending side of memory on demand (rt/lend.h, PARENT_CALL_MEMORY in rt/parent.h).
 *
 * The lender serves requests on its entry stack, with upcalls disabled, while its thread lies in
 * WAIT inside the event loop: so nothing of rt is half done then. What it touches was touched before
 * (a fault here would stop it). A deadline of that WAIT is forgotten by the kernel over a call; the
 * lender wakes itself, and its loop waits anew. */
#include "rt/lend.h"
#include "rt/memory.h"
#include "rt/rt.h"
#include "rt/slots.h"
#include "rt/syscall.h"
#include "runtime.h"
#include "spawn_build.h"

enum {
    GENERAL_STEP = 256 << 10, /* what the page slab takes at once */
    ZONE_STEP = 32 << 10
};

static capref_t own_bell;

static uint64_t free_piece(const struct lend *l, enum ram_kind kind)
{
    uint64_t bytes = range_largest(&rt.ram.pool[kind].free);
    return bytes > l->keep_bytes[kind] ? bytes - l->keep_bytes[kind] : 0;
}

static enum status refuse(struct lend *l, uint64_t wanted, bool by_limit)
{
    l->refused_bytes = wanted ? wanted : 1;
    l->refused_by_limit = by_limit;
    return E_NO_MEMORY;
}

/* The part is tagged like all that the domain was given, so that its revokes reach no higher. */
static enum status memory_give(struct domain *d, uint64_t word[4])
{
    struct lend *l = d->lend;
    uint64_t wanted = word[1];

    if (word[0] >= RAM_KIND_COUNT || wanted > UINT64_MAX / 2 || word[2] > UINT32_MAX)
        return E_ARGUMENT;
    enum ram_kind kind = (enum ram_kind)word[0];
    uint64_t granted = l->granted_bytes[RAM_ZONE] + l->granted_bytes[RAM_GENERAL];
    uint64_t bytes = lend_step(granted, l->limit_bytes, round_up(wanted, PAGE_BYTES),
                               kind == RAM_ZONE ? ZONE_STEP : GENERAL_STEP, free_piece(l, kind));
    if (!bytes || l->part_count == LEND_PARTS_MAX)
        return refuse(l, wanted, granted > l->limit_bytes || wanted > l->limit_bytes - granted);
    struct ram_object *part = &l->part[l->part_count];
    enum status s = ram_alloc_part(&rt.ram, kind, bytes, part);
    if (s != OK)
        return refuse(l, wanted, false);
    s = spawn_mint(part->cap, capref_in(d->cspace, (capref_t)word[2]), RIGHTS_ALL, d->tag);
    if (s != OK) {
        ram_free(&rt.ram, part);
        return s;
    }
    l->part_count++;
    l->granted_bytes[kind] += bytes;
    word[0] = bytes;
    return OK;
}

/* badge: the domain's tag. Nothing that the caller sends is believed. */
__attribute__((weak)) uint64_t rt_call(uint64_t badge, uint64_t word[4])
{
    uint64_t begin = arch_user_ticks();
    struct domain *d = domain_find((uint32_t)badge);
    enum status s = E_STOPPED;

    if (d && d->lend)
        s = word[3] == PARENT_CALL_MEMORY ? memory_give(d, word) : E_SYSCALL;
    if (s != OK)
        word[0] = 0;
    word[1] = word[2] = word[3] = 0;
    if (event_deadline_open()) {
        enum status ignored = sys_doorbell_ring(own_bell);
        (void)ignored;
    }
    if (d && d->lend)
        d->lend->served_ticks += arch_user_ticks() - begin;
    return s;
}

enum status lend_serve(void)
{
    enum status s = slot_alloc(&rt.slots, &own_bell);

    if (s == OK)
        s = sys_bell_local(SLOT_DISPATCHER, capref_in(0, own_bell));
    if (s == OK)
        s = sys_dispatcher_entry(SLOT_DISPATCHER, ENTRY_CALL, (uint64_t)rt_entry_call, 0);
    if (s == OK)
        event_calls_set();
    return s;
}
