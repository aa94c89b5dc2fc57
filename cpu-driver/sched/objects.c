/* What the capability core asks of the kernel: the last capability of an object is about to go,
 * a page of a new object must be zeroed. */
#include "kernel.h"
#include "space/space.h"

static struct kernel *kernel_of(struct cap_db *db)
{
    (void)db;
    return &this_core;
}

static void irq_end(struct kernel *k, struct irq_binding *b)
{
    if (!b->enabled)
        return;
    arch_irq_disable(b->index);
    *b = (struct irq_binding){0};
    (void)k;
}

void cap_hook_object_end(struct cap_db *db, uint32_t slot)
{
    struct kernel *k = kernel_of(db);
    const struct slot *cap = &db->zone_slots[slot];

    switch ((enum cap_type)cap->type) {
    case CAP_DISPATCHER:
        dispatcher_end(k, dispatcher_at(k, cap->base));
        break;
    case CAP_CNODE_L1:
        dispatcher_forget(k, cap->type, cap->base);
        break;
    case CAP_SCHED_CONTEXT:
        dispatcher_forget(k, cap->type, cap->base);
        budget_end(k, sched_context_at(k, cap->base));
        break;
    case CAP_PAGE_TABLE_4:
        dispatcher_forget(k, cap->type, cap->base);
        if (k->space_pa == cap->base) {
            k->space_pa = 0;
            arch_space_switch(0);
        }
        break;
    case CAP_MAPPING:
        space_mapping_end(db, slot);
        break;
    case CAP_IRQ:
        irq_end(k, &k->irq[cap->base]);
        break;
    case CAP_NULL:
    case CAP_RAM:
    case CAP_FRAME:
    case CAP_DEVICE_FRAME:
    case CAP_PAGE_TABLE_3:
    case CAP_PAGE_TABLE_2:
    case CAP_PAGE_TABLE_1:
    case CAP_CNODE_L2:
    case CAP_ENDPOINT:
    case CAP_MARKER:
    case CAP_IRQ_CONTROL:
    case CAP_IO_PORTS:
    case CAP_IO_SPACE:
    case CAP_DOORBELL:
    case CAP_CORE:
    case CAP_MONITOR:
    case CAP_TYPE_COUNT:
        break;
    }
}

void cap_hook_zero(struct cap_db *db, uint64_t base, uint64_t bytes)
{
    struct kernel *k = kernel_of(db);
    uint64_t zone_end = k->record->zone_base + k->record->zone_bytes;

    if (base >= k->record->zone_base && base < zone_end)
        arch_zero_lines((void *)(base + arch_zone_offset()), bytes);
    else
        arch_zero_lines((char *)arch_window_map(round_down(base, PAGE_BYTES)) + base % PAGE_BYTES,
                        bytes);
}

void cap_hook_broken(const char *what)
{
    kernel_panic(what, (uint64_t)__builtin_return_address(0), 0, 0);
}
