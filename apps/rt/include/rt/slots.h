/* slots.h: which slots of the own CSpace are free. L2 CNodes are made from zone RAM when the last
 * slots are taken.
 *
 * Context: any thread; not the fault entry while the interrupted thread is inside rt. A slot is
 * the caller's from slot_alloc
 * to slot_free; slot_free does not look whether the slot is empty, slot_delete empties it first. */
#ifndef RT_SLOTS_H
#define RT_SLOTS_H

#include <skerry/cap.h>
#include <skerry/status.h>

#define SLOTS_L2_MAX 64u /* CNodes of 256 slots: 16,384 capabilities */

struct ram;

struct slots {
    struct ram *ram; /* whose zone pool gives new CNodes; NULL: never grows */
    uint32_t l2_count;
    uint32_t l2_limit; /* what the L1 CNode has room for, at most SLOTS_L2_MAX */
    uint32_t free_count;
    uint32_t hint; /* word where the last free slot was seen */
    bool growing;
    uint64_t used[SLOTS_L2_MAX * 4]; /* one bit a slot, 256 an L2 CNode */
};

/* l2_count CNodes are attached from L1 index 0 on; caprefs below first_free are taken. */
void slots_init(struct slots *s, struct ram *ram, uint32_t l2_count, uint32_t l2_limit,
                capref_t first_free);

/* E_NO_SLOT: the L1 CNode is full, or zone RAM has no room for one more CNode. */
NODISCARD enum status slot_alloc(struct slots *s, capref_t *out);

/* count (1..256) consecutive slots of one CNode, for retypes of many objects. */
NODISCARD enum status slot_alloc_run(struct slots *s, uint32_t count, capref_t *first);

void slot_free(struct slots *s, capref_t ref);

/* Deletes what lies in the slot, if anything is left there, and frees the slot. 0 is ignored. */
void slot_delete(struct slots *s, capref_t ref);

#endif
