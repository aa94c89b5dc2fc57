/* Where things lie in the kernel half of x86_64, for C, assembler and the linker script. All of it
 * hangs in entry 511 of the root, so a user's root needs one entry of ours.
 *
 *   ZONE_VA    the zone, linear from ZONE_VA + base % 1 GiB on, rw- (text and rodata in it: r--)
 *   IMAGE_VA   this core's image copy: text r-x, rodata r--, bss and stack rw-
 *   DEVICE_VA  local APIC page (uncached), window page
 *   PEER_VA    r--: one page a peer for its doorbell lines, then one a peer for its log ring */
#ifndef X86_LAYOUT_H
#define X86_LAYOUT_H

#define ZONE_VA 0xffffff8000000000
#define IMAGE_VA 0xffffffff80000000
#define DEVICE_VA 0xffffffffc0000000
#define LAPIC_VA 0xffffffffc0000000
#define WINDOW_VA 0xffffffffc0001000
#define PEER_VA 0xffffffffc0200000

/* Where the PVH loader puts core 0's image. */
#define IMAGE_LOAD_PA 0x200000

/* Pages behind the boot record, in this order. */
#define TABLE_ROOT 0
#define TABLE_UPPER 1      /* level 3 of root entry 511 */
#define TABLE_DEVICE_DIR 2 /* level 2 at DEVICE_VA */
#define TABLE_DEVICE 3     /* level 1: LAPIC, window */
#define TABLE_PEER_FIRST 4 /* level 1, one for 512 pages of peers; then the others */

/* Scratch tables of the PVH entry lie this far behind the image, inside the zone: free again once
 * kernel_start runs. */
#define PVH_TABLES_OFFSET 0x100000

#define KERNEL_CS 0x08
#define KERNEL_SS 0x10
#define USER_SS 0x1b
#define USER_CS 0x23
#define TSS_SELECTOR 0x28

#define KERNEL_STACK_BYTES 16384
#define FAULT_STACK_BYTES 4096

/* Interrupt vectors. `irq_pending` has one bit for each of them, by which the entry stubs tell
 * arch_irq_take. */
#define VECTOR_PIC 0x20
#define VECTOR_DEVICE 0x40
#define VECTOR_DOORBELL 0x60
#define VECTOR_TIMER 0x80
#define VECTOR_STOP 0x90
#define VECTOR_SPURIOUS 0xff
#define IRQ_BIT_STOP 0
#define IRQ_BIT_TIMER 1
#define IRQ_BIT_DOORBELL 2
#define IRQ_BIT_DEVICE 18
#define DOORBELL_VECTORS 16

/* Registers of the local APIC (Intel SDM volume 3, table 11-1). */
#define LAPIC_EOI 0xb0

/* struct dispatcher_page, asserted in context.c. */
#define PAGE_DISABLED 8

/* struct arch_context, asserted in arch/context.h. */
#define CONTEXT_RDI 0
#define CONTEXT_RSI 8
#define CONTEXT_RDX 16
#define CONTEXT_R10 24
#define CONTEXT_R8 32
#define CONTEXT_R9 40
#define CONTEXT_RAX 48
#define CONTEXT_RIP 56
#define CONTEXT_RSP 64
#define CONTEXT_RFLAGS 72
#define CONTEXT_FS 80
#define CONTEXT_RBP 88
#define CONTEXT_PARTIAL 96
#define CONTEXT_RBX 104
#define CONTEXT_R12 112
#define CONTEXT_R13 120
#define CONTEXT_R14 128
#define CONTEXT_R15 136
#define CONTEXT_RCX 144
#define CONTEXT_R11 152

#endif
