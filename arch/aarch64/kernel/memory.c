/* The kernel's own address space after start (zone, window, peers), users' page-table entries, and
 * this core's TLB. Invalidation is local always: no broadcast TLBI anywhere (DESIGN section 7).
 * Users run without ASIDs, so their translations go at each switch; the kernel's are global and
 * stay. */
#include "layout.h"
#include "machine.h"

#define PEERS_PER_TABLE 512u

struct machine machine;

uint64_t arch_zone_offset(void)
{
    return machine.zone_offset;
}

/* Break before make (Arm ARM D8.14.1). */
static void kernel_entry_set(uint64_t *entry, uint64_t va, uint64_t value)
{
    *(volatile uint64_t *)entry = 0;
    __asm__ volatile("dsb nshst\n\ttlbi vaae1, %0\n\tdsb nsh"
                     :
                     : "r"(va >> 12 & 0xfffffffffffull)
                     : "memory");
    *(volatile uint64_t *)entry = value;
    __asm__ volatile("dsb nshst\n\tisb" ::: "memory");
}

void *arch_window_map(uint64_t pa)
{
    kernel_entry_set(machine.window_entry, KERNEL_WINDOW_VA,
                     (pa & ENTRY_ADDRESS) | ENTRY_PAGE | KERNEL_RW);
    return (void *)KERNEL_WINDOW_VA;
}

void arch_window_unmap(void)
{
    kernel_entry_set(machine.window_entry, KERNEL_WINDOW_VA, 0);
}

const void *arch_peer_map(uint32_t peer, uint64_t line_pa)
{
    uint64_t va = KERNEL_PEER_VA + (uint64_t)peer * PAGE_BYTES;

    if (peer >= 2 * machine.record->core_count)
        kernel_panic("peer out of range", (uint64_t)__builtin_return_address(0), peer, 0);
    kernel_entry_set(&machine.peer_table[peer / PEERS_PER_TABLE][peer % PEERS_PER_TABLE], va,
                     (line_pa & ENTRY_ADDRESS) | ENTRY_PAGE | KERNEL_RO);
    return (const void *)(va + line_pa % PAGE_BYTES);
}

/* The kernel half has a table of its own (TTBR1). */
void arch_table_init_root(uint64_t *entries)
{
    (void)entries;
}

uint64_t arch_entry_table(uint64_t pa)
{
    return (pa & ENTRY_ADDRESS) | ENTRY_TABLE | ENTRY_PXN_TABLE;
}

uint64_t arch_entry_page(uint64_t pa, unsigned level, unsigned flags, bool device)
{
    uint64_t entry =
        (pa & ENTRY_ADDRESS) | ENTRY_USER | ENTRY_ACCESSED | ENTRY_NOT_GLOBAL | ENTRY_PXN;

    entry |= level == 1 ? ENTRY_PAGE : ENTRY_BLOCK;
    entry |= device ? ENTRY_DEVICE : ENTRY_INNER;
    if (!(flags & MAP_WRITE))
        entry |= ENTRY_READ_ONLY;
    if (!(flags & MAP_EXECUTE) || device)
        entry |= ENTRY_UXN;
    return entry;
}

unsigned arch_table_user_limit(unsigned level)
{
    (void)level;
    return 512;
}

void arch_tlb_flush_page(uint64_t root_pa, uint64_t va)
{
    (void)root_pa; /* nothing of another root is in the TLB */
    __asm__ volatile("dsb nshst\n\ttlbi vae1, %0\n\tdsb nsh\n\tisb"
                     :
                     : "r"(va >> 12 & 0xfffffffffull)
                     : "memory");
}

void arch_tlb_flush_all(void)
{
    __asm__ volatile("dsb nshst\n\ttlbi aside1, xzr\n\tdsb nsh\n\tisb" ::: "memory");
}

void arch_space_switch(uint64_t root_pa)
{
    __asm__ volatile("msr ttbr0_el1, %0\n\tisb"
                     :
                     : "r"(root_pa ? root_pa : machine.empty_root)
                     : "memory");
    arch_tlb_flush_all();
}
