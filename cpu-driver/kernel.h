/* The whole state of one core's CPU driver. One instance a core; on a machine it lies in the bss
 * of that core's own image copy, so every core finds its own at the same address.
 *
 * Who may touch it: this core's CPU driver, single-threaded, interrupts masked. No other core
 * ever. */
#ifndef KERNEL_H
#define KERNEL_H

#include <arch/kernel.h>
#include "boot/log.h"
#include "cap/cap_core.h"
#include "ipc/doorbell.h"
#include "sched/budget.h"
#include "sched/dispatcher.h"
#include "sched/queue.h"

/* One interrupt source that a dispatcher listens to. */
struct irq_binding {
    struct dispatcher *target; /* NULL: not bound */
    uint32_t index;            /* arch's index */
    uint32_t bit;              /* of the shared page's irq_bits */
    uint64_t line;
    uint64_t msi_address, msi_data;
    bool enabled;
};

struct kernel {
    struct cap_db db;
    struct boot_record *record;
    uint64_t first_l1_pa; /* the first program's CSpace root */
    uint64_t zone_free; /* physical: where boot-time allocations end and SLOT_ZONE_RAM begins */

    struct dispatcher *current; /* whose registers are in the core; NULL while idle */
    bool reschedule;            /* set when `current` may no longer be the one to run */
    struct dispatcher *all;     /* every dispatcher of this core that was ever configured, through `all_next` */
    struct run_queue ready;
    struct dispatcher *waiting; /* with a deadline, earliest first, through `next` */
    uint64_t slice_end_ticks;
    uint64_t priority_ticks[PRIORITY_COUNT]; /* how long each priority has had the core */
    uint64_t priority_since_ticks;           /* `current` is accounted for there until then */
    uint64_t timer_ticks; /* what the timer is armed for; UINT64_MAX: nothing */
    struct dispatcher *vector_owner; /* whose vector registers are in the unit */
    uint64_t space_pa;               /* root of the address space in use; 0: none */

    struct doorbell_table bells;
    struct log_ring *log;           /* this core's own */
    struct log_reader *log_readers; /* [core_count]; used on the console core */
    struct irq_binding irq[IRQ_DEVICES_MAX];
    uint64_t preempt_ticks; /* when the running system call should give way; 0: it did no long work yet */

    struct sched_context *paying; /* whose budget `current` uses; NULL: nobody's */
    uint64_t paid_since_ticks, budget_end_ticks; /* UINT64_MAX: no end */
    struct sched_context *budgeted; /* every context with a share and a giver, through `next` */

    uint64_t interrupt_count, doorbell_count;
};

/* The dispatcher object at a physical address of this core's zone, which lies mapped behind the
 * slots. */
static inline struct dispatcher *dispatcher_at(struct kernel *k, uint64_t pa)
{
    return (struct dispatcher *)((char *)k->db.zone_slots + (pa - k->db.zone_base));
}

/* This core's instance. Only boot code and the entries called by arch/ name it; everything else
 * takes it as an argument. */
extern struct kernel this_core;

#endif
