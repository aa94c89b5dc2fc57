/* grow.c: the asking side of memory on demand: a pool that is empty gets a region from the spawner
 * (PARENT_CALL_MEMORY in rt/parent.h). Runs wherever memory is taken, in the fault entry too. */
#include "rt/parent.h"
#include "rt/rt.h"
#include "rt/slots.h"
#include "rt/syscall.h"
#include "runtime.h"

enum {
    CALL_S = 600, /* the answer comes at once, or the core has died */
    BUSY_TRIES = 1000
};

enum status runtime_grow(struct ram *r, enum ram_kind kind, uint64_t bytes)
{
    capref_t ref;
    uint64_t answer = E_BUSY;
    enum status s = slot_alloc(r->slots, &ref);

    if (s != OK)
        return s;
    for (unsigned i = 0; answer == E_BUSY && i < BUSY_TRIES; i++) {
        uint64_t word[4] = {kind, bytes, ref, PARENT_CALL_MEMORY};
        if (i)
            sys_yield();
        answer = arch_call(SLOT_PARENT_CALL, arch_user_ticks() + rt.page->tick_hz * CALL_S, word);
    }
    s = answer == OK ? ram_region_add(r, kind, ref, 0) : E_NO_MEMORY;
    if (s != OK)
        slot_delete(r->slots, ref);
    return s;
}
