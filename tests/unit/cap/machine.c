/* The machine of the capability tests: see machine.h. The architecture's entry is pa | flags << 3 |
 * ENTRY_*, rights kept apart. */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct machine machine;

#define ALL RIGHTS_ALL
const struct cap_description machine_roots[ROOT_COUNT] = {
    [ROOT_ZONE_RAM] = {ZONE_RAM_BASE, ZONE_RAM_BYTES, 0, 0, 3, CAP_RAM, ALL},
    [ROOT_RAM] = {RAM_BASE, RAM_BYTES, 0, 0, 3, CAP_RAM, ALL},
    [ROOT_DEVICE] = {DEVICE_BASE, 0x10000, 0, 0, 3, CAP_DEVICE_FRAME, ALL},
    [ROOT_PORTS] = {0, 65536, 0, 0, 3, CAP_IO_PORTS, ALL},
    [ROOT_IRQ] = {0, 1024, 0, 0, 3, CAP_IRQ_CONTROL, ALL},
    [ROOT_CORE] = {0, 128, 0, 0, 3, CAP_CORE, ALL},
    [ROOT_MONITOR] = {3, 1, 0, 0, 3, CAP_MONITOR, ALL},
    [ROOT_FOREIGN] = {0x80000000, 0x10000, 0, 0, 7, CAP_FRAME, ALL},
};

/* ---- TLB: a flat list of what was once allowed ---- */

struct translation {
    uint64_t root, va, pa;
    unsigned flags;
};
#define TLB_MAX 65536u
static struct translation tlb[TLB_MAX];
static uint32_t tlb_count;

void arch_tlb_flush_page(uint64_t root_pa, uint64_t va)
{
    uint32_t kept = 0;

    machine.flushes++;
    for (uint32_t i = 0; i < tlb_count; i++) {
        if (tlb[i].root != root_pa || tlb[i].va != va)
            tlb[kept++] = tlb[i];
    }
    tlb_count = kept;
}

void arch_tlb_flush_all(void)
{
    machine.flushes++;
    tlb_count = 0;
}

static const uint64_t *entries_at(uint64_t table)
{
    return (const uint64_t *)(const void *)&machine.zone[(table - ZONE_BASE) / 64];
}

static void fill_table(uint64_t root, uint64_t table, unsigned level, uint64_t va)
{
    for (uint64_t i = 0; i < (level == 4 ? ROOT_LIMIT : 512); i++) {
        uint64_t e = entries_at(table)[i], at = va | i << (12 + 9 * (level - 1));
        if ((e & 3) == ENTRY_TABLE)
            fill_table(root, e & ~0xfffull, level - 1, at);
        else if ((e & 3) == ENTRY_PAGE && tlb_count < TLB_MAX)
            tlb[tlb_count++] = (struct translation){root, at, e & ~0xfffull, (unsigned)e >> 3 & 15};
    }
}

void tlb_fill(void)
{
    uint64_t last = 0;

    tlb_count = 0;
    for (uint32_t n = machine.db.first; n != 0; n = machine.zone[n].next) {
        const struct slot *s = &machine.zone[n];
        if (s->type == CAP_PAGE_TABLE_4 && s->base != last)
            fill_table(s->base, s->base, 4, 0);
        if (s->type == CAP_PAGE_TABLE_4)
            last = s->base;
    }
}

/* What (root, va) leads to now: an entry of a page, or 0. */
static uint64_t walk(uint64_t root, uint64_t va)
{
    uint64_t table = root;

    for (unsigned level = 4; level > 0; level--) {
        uint64_t e = entries_at(table)[va >> (12 + 9 * (level - 1)) & 511];
        if ((e & 3) != ENTRY_TABLE)
            return (e & 3) == ENTRY_PAGE ? e : 0;
        table = e & ~0xfffull;
    }
    return 0;
}

static bool is_root(uint64_t base)
{
    return cap_find_first(&machine.db, SPACE_MEMORY, base, 8192, CAP_PAGE_TABLE_4) != 0;
}

const char *tlb_check(void)
{
    for (uint32_t i = 0; i < tlb_count; i++) {
        uint64_t e = is_root(tlb[i].root) ? walk(tlb[i].root, tlb[i].va) : 0;
        if (e == 0)
            return "tlb: a translation outlived its entry";
        if ((e & ~0xfffull) != tlb[i].pa || (tlb[i].flags & ~(unsigned)(e >> 3)) != 0)
            return "tlb: a translation allows more than its entry";
    }
    return NULL;
}

/* ---- The architecture ---- */

uint64_t arch_entry_table(uint64_t pa)
{
    return pa | ENTRY_TABLE;
}

uint64_t arch_entry_page(uint64_t pa, unsigned level, unsigned flags, bool device)
{
    return pa | (uint64_t)flags << 3 | (uint64_t)device << 7 | (uint64_t)level << 8 | ENTRY_PAGE;
}

unsigned arch_table_user_limit(unsigned level)
{
    return level == 4 ? ROOT_LIMIT : 512;
}

void arch_table_init_root(uint64_t *entries)
{
    entries[511] = 0x5a5a5000 | ENTRY_TABLE;
}

/* ---- Hooks ---- */

void cap_hook_object_end(struct cap_db *db, uint32_t slot)
{
    machine.ended++;
    machine.ended_of_type[db->zone_slots[slot].type]++;
    if (db->zone_slots[slot].type == CAP_MAPPING)
        space_mapping_end(db, slot);
}

void cap_hook_zero(struct cap_db *db, uint64_t base, uint64_t bytes)
{
    if (bytes == 0 || bytes > PAGE_BYTES || base / PAGE_BYTES != (base + bytes - 1) / PAGE_BYTES)
        cap_hook_broken("zero: not inside a page");
    if (base >= ZONE_BASE && base < ZONE_BASE + ZONE_LINES * 64ull)
        memset((char *)db->zone_slots + (base - ZONE_BASE), 0, bytes);
    machine.zeroed_bytes += bytes;
}

bool cap_hook_preempt(struct cap_db *db)
{
    (void)db;
    if (machine.preempt_one_in == 0 || machine_below(machine.preempt_one_in) != 0)
        return false;
    machine.preempted++;
    return true;
}

void cap_hook_broken(const char *what)
{
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

/* ---- Start ---- */

/* xorshift64*: a test is its seed. */
uint64_t machine_random(void)
{
    machine.random ^= machine.random >> 12;
    machine.random ^= machine.random << 25;
    machine.random ^= machine.random >> 27;
    return machine.random * 0x2545f4914f6cdd1dull >> 16;
}

void machine_reset(uint64_t seed)
{
    memset(&machine, 0, sizeof(machine));
    machine.random = seed * 0x9e3779b97f4a7c15ull + 1;
    tlb_count = 0;
    cap_db_init(&machine.db, machine.zone, ZONE_BASE, ZONE_LINES, 3);
    /* Memory is never clean when it comes; slots are made of it only after zeroing. */
    memset(&machine.zone[(ZONE_RAM_BASE - ZONE_BASE) / 64], 0xa5, ZONE_RAM_BYTES);
}

void machine_enter_roots(void)
{
    for (uint32_t i = 0; i < ROOT_COUNT; i++) {
        if (cap_insert(&machine.db, BOOT_SLOT + i, &machine_roots[i]) != OK)
            cap_hook_broken("root refused");
    }
}
