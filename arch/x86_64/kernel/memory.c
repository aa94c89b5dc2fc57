/* Page tables once the kernel runs: entries of users' tables, the window, peers' doorbell lines,
 * TLB, address-space switch. The kernel half hangs in entry 511 of every root, so all roots share
 * the tables that boot_tables.c made. */
#include "x86.h"

/* This core's own; the image copy is per core, so file scope is per core. */
static uint64_t zone_offset;
static uint64_t kernel_root_pa;
uint64_t current_root_pa; /* arch/call.h writes it, too */
static uint64_t *kernel_root;

static uint64_t *kernel_table(uint64_t index)
{
    return kernel_root + index * (PAGE_BYTES / sizeof(uint64_t));
}

void memory_init(uint64_t zone_base, uint64_t root_pa)
{
    zone_offset = ZONE_VA + (zone_base & ((1ull << 30) - 1)) - zone_base;
    kernel_root_pa = root_pa;
    current_root_pa = root_pa;
    kernel_root = (uint64_t *)(root_pa + zone_offset);
    kernel_root[0] = 0;
    cr3_write(root_pa);
}

uint64_t arch_zone_offset(void)
{
    return zone_offset;
}

void *arch_window_map(uint64_t pa)
{
    uint64_t *entry = kernel_table(TABLE_DEVICE) + ((WINDOW_VA - DEVICE_VA) / PAGE_BYTES);

    *entry = pa | PTE_PRESENT | PTE_WRITE | PTE_NX | PTE_ACCESSED | PTE_DIRTY;
    page_invalidate(WINDOW_VA);
    return (void *)WINDOW_VA;
}

void arch_window_unmap(void)
{
    kernel_table(TABLE_DEVICE)[(WINDOW_VA - DEVICE_VA) / PAGE_BYTES] = 0;
    page_invalidate(WINDOW_VA);
}

const void *arch_peer_map(uint32_t peer, uint64_t line_pa)
{
    uint64_t va = PEER_VA + (uint64_t)peer * PAGE_BYTES;

    kernel_table(TABLE_PEER_FIRST)[peer] =
        (line_pa & PTE_ADDRESS) | PTE_PRESENT | PTE_NX | PTE_GLOBAL | PTE_ACCESSED;
    page_invalidate(va);
    return (const void *)(va + line_pa % PAGE_BYTES);
}

void arch_table_init_root(uint64_t *entries)
{
    entries[511] = kernel_root[511];
}

uint64_t arch_entry_table(uint64_t pa)
{
    return pa | PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED;
}

/* Without any right the entry is not present but not zero either. Accessed and dirty are set so
 * that the processor never writes to tables. */
uint64_t arch_entry_page(uint64_t pa, unsigned level, unsigned flags, bool device)
{
    uint64_t entry = pa | PTE_USER | PTE_ACCESSED | PTE_DIRTY | (flags & MAP_WRITE);

    _Static_assert(MAP_WRITE == PTE_WRITE, "one bit");
    entry |= (flags & (MAP_READ | MAP_WRITE | MAP_EXECUTE)) != 0 ? PTE_PRESENT : 0;
    entry |= flags & MAP_EXECUTE ? 0 : PTE_NX;
    if (device || (flags & MAP_UNCACHED))
        entry |= PTE_UNCACHED;
    if (level == 2)
        entry |= PTE_LARGE;
    return entry;
}

unsigned arch_table_user_limit(unsigned level)
{
    return level == 4 ? 256 : 512;
}

/* No process-context identifiers: a space that is not in use has nothing in the TLB. */
void arch_tlb_flush_page(uint64_t root_pa, uint64_t va)
{
    if (root_pa == current_root_pa)
        page_invalidate(va);
}

/* Kernel pages are global and never change, so they may stay. */
void arch_tlb_flush_all(void)
{
    cr3_write(current_root_pa);
}

void arch_space_switch(uint64_t root_pa)
{
    uint64_t root = root_pa == 0 ? kernel_root_pa : root_pa;

    if (root == current_root_pa)
        return;
    current_root_pa = root;
    cr3_write(root);
}
