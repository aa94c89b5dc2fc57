/* slots.c: free caprefs as a bitmap, and CNodes on demand. See rt/slots.h.
 *
 * A new CNode is made in a slot of an old one and then attached, which empties that slot again: so
 * growth begins while some
 * slots are left, and uses one of them for a moment only. */
#include "rt/slots.h"
#include "rt/ram.h"
#include "rt/syscall.h"

enum { WORDS_AN_L2 = CAP_L2_SLOTS / 64, SPARE = 4 };

void slots_init(struct slots *s, struct ram *ram, uint32_t l2_count, uint32_t l2_limit,
                capref_t first_free)
{
    *s = (struct slots){.ram = ram, .l2_count = l2_count, .l2_limit = l2_limit};
    if (s->l2_limit > SLOTS_L2_MAX)
        s->l2_limit = SLOTS_L2_MAX;
    s->free_count = l2_count * CAP_L2_SLOTS - first_free;
    for (uint32_t i = 0; i < first_free; i++)
        s->used[i / 64] |= 1ull << (i % 64);
}

static void slots_grow(struct slots *s)
{
    struct ram_object cnode;
    capref_t ref;

    if (s->growing || !s->ram || s->l2_count == s->l2_limit)
        return;
    s->growing = true;
    if (slot_alloc(s, &ref) == OK) {
        if (ram_alloc_at(s->ram, CAP_CNODE_L2, 0, capref_in(0, ref), &cnode) == OK) {
            if (sys_cnode_attach(SLOT_CSPACE, s->l2_count, capref_in(0, ref)) == OK) {
                s->l2_count++;
                s->free_count += CAP_L2_SLOTS;
            } else {
                cnode.cap = ref;
                ram_give_back(s->ram, &cnode);
            }
        }
        slot_free(s, ref);
    }
    s->growing = false;
}

enum status slot_alloc(struct slots *s, capref_t *out)
{
    if (s->free_count <= SPARE)
        slots_grow(s);
    uint32_t words = s->l2_count * WORDS_AN_L2;
    for (uint32_t n = 0, w = s->hint; n < words && s->free_count; n++, w++) {
        w = w < words ? w : 0;
        if (s->used[w] == UINT64_MAX)
            continue;
        unsigned bit = (unsigned)__builtin_ctzll(~s->used[w]);
        s->used[w] |= 1ull << bit;
        s->hint = w;
        s->free_count--;
        *out = w * 64 + bit;
        return OK;
    }
    return E_NO_SLOT;
}

static bool slot_taken(const struct slots *s, uint32_t ref)
{
    return s->used[ref / 64] >> (ref % 64) & 1;
}

/* The first of `count` free slots in CNode l2; CAP_L2_SLOTS: there are none. */
static uint32_t run_find(const struct slots *s, uint32_t l2, uint32_t count)
{
    uint32_t length = 0;

    for (uint32_t i = 0; i < CAP_L2_SLOTS; i++) {
        length = slot_taken(s, l2 * CAP_L2_SLOTS + i) ? 0 : length + 1;
        if (length == count)
            return i + 1 - count;
    }
    return CAP_L2_SLOTS;
}

enum status slot_alloc_run(struct slots *s, uint32_t count, capref_t *first)
{
    if (count == 0 || count > CAP_L2_SLOTS)
        return E_ARGUMENT;
    if (s->free_count <= SPARE + count)
        slots_grow(s);
    for (unsigned turn = 0; turn < 2; turn++) {
        for (uint32_t l2 = 0; l2 < s->l2_count; l2++) {
            uint32_t at = run_find(s, l2, count);
            if (at == CAP_L2_SLOTS)
                continue;
            capref_t ref = capref_make(l2, at);
            for (uint32_t i = ref; i < ref + count; i++)
                s->used[i / 64] |= 1ull << (i % 64);
            s->free_count -= count;
            *first = ref;
            return OK;
        }
        slots_grow(s);
    }
    return E_NO_SLOT;
}

void slot_free(struct slots *s, capref_t ref)
{
    if (!ref || !slot_taken(s, ref))
        return;
    s->used[ref / 64] &= ~(1ull << (ref % 64));
    s->free_count++;
    s->hint = ref / 64;
}

void slot_delete(struct slots *s, capref_t ref)
{
    if (!ref)
        return;
    /* E_NO_CAP is as good: somebody revoked it before. */
    enum status ignored = sys_cap_delete(capref_in(0, ref));
    (void)ignored;
    slot_free(s, ref);
}
