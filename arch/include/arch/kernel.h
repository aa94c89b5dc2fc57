/* The architecture's contract with the CPU driver. Down: what every arch/<name>/ implements. Up:
 * what it calls.
 *
 * All of it runs on one core, with interrupts masked. The kernel half of every address space
 * holds, and nothing else: the core's image copy (text r-x, rodata r--, bss and stack rw-), its
 * zone (rw-), its own device pages, one window page, and the doorbell lines of peers (r--). */
#ifndef ARCH_KERNEL_H
#define ARCH_KERNEL_H

#include <arch/context.h>
#include <skerry/base.h>
#include <skerry/boot.h>
#include <skerry/dispatcher.h>
#include <skerry/syscall.h>

struct kernel;

/* ---- Memory ---- */

/* The zone is mapped whole and linear: this is the difference between virtual and physical
 * addresses in it. Set at boot. */
uint64_t arch_zone_offset(void);
/* Map one RAM page in the window and return its address; the next call replaces it. pa: page
 * aligned, RAM, not in a zone of another core. */
void *arch_window_map(uint64_t pa);
/* Zero whole lines of LINE_BYTES: RAM that is mapped write-back. */
void arch_zero_lines(void *at, uint64_t bytes);
/* Nothing is mapped in the window any more: before another core may own the page that was (rule
 * 1 of DESIGN section 2). */
void arch_window_unmap(void);
/* Map the page that holds `line_pa` of another core's zone, read-only, at index `peer`. Indices
 * 0..core_count-1 are for doorbell lines, core_count..2*core_count-1 for log rings. Page tables
 * for all of them were made at boot. Returns the address of line_pa. */
const void *arch_peer_map(uint32_t peer, uint64_t line_pa);

/* ---- Page tables of users: 4 levels of 512 eight-byte entries on both architectures; level 4
 * is the root ---- */

/* Make a zeroed 4 KiB page a root: enter the kernel half where the architecture has one table
 * for both halves. */
void arch_table_init_root(uint64_t *entries);
/* Entry of a table of `level` (4..2) that points to the lower table at pa. */
uint64_t arch_entry_table(uint64_t pa);
/* Entry that maps pa in a table of `level` (1: 4 KiB, 2: 2 MiB). flags: enum map_flag; device:
 * device memory type. User accessible. */
uint64_t arch_entry_page(uint64_t pa, unsigned level, unsigned flags, bool device);
/* First index (exclusive limit) of a table of `level` that users may set: 256 of 512 in an x86
 * root, else 512. */
unsigned arch_table_user_limit(unsigned level);
/* arch_table_written(), in arch/context.h: new entries are seen by this core's table walks from the
 * next return to user mode on. */
/* After entries of the address space in use (or of any, if root_pa is not the current one) were
 * removed or weakened: no translation remains in this core's TLB. One page; or everything of
 * users. */
void arch_tlb_flush_page(uint64_t root_pa, uint64_t va);
void arch_tlb_flush_all(void);
/* Use this root for user addresses. root_pa 0: none (every user access faults). */
void arch_space_switch(uint64_t root_pa);

/* ---- Contexts ---- */

/* Make ctx enter user mode at pc with stack sp and two arguments; every other register is 0. */
void arch_context_enter(struct arch_context *ctx, uint64_t pc, uint64_t sp, uint64_t a0, uint64_t a1);
uint64_t arch_context_pc(const struct arch_context *ctx);
void arch_context_result(struct arch_context *ctx, uint64_t status, uint64_t r1, uint64_t r2);
/* arch_context_copy(to, from), in arch/context.h: a context goes where its user can read it; what it
 * does not carry reads as zero there. */
/* Filter a context that came from user memory. False: it cannot be restored (pc not canonical). */
bool arch_context_filter(struct arch_context *ctx);
/* Set what user mode finds its shared page by (x86 GS base, arm64 TPIDRRO_EL0), and the foreign
 * entry (0: none). Called at each dispatcher switch. page: kernel address of the shared page,
 * page_va: user address. */
void arch_user_page_set(struct dispatcher_page *page, uint64_t page_va, uint64_t foreign_entry);
/* During a system call: the registers of whoever ran before, as far as the kernel still has them on
 * its stack or where it saves them, become zero. */
void arch_residue_clear(void);
/* Foreign system calls that jumped to the entry on this core since this was last asked. */
uint64_t arch_foreign_take(void);

/* ---- Vector state: at most VECTOR_BYTES_MAX bytes, 64-byte aligned ---- */
#define VECTOR_BYTES_MAX 3072u
void arch_vector_init(void *state);    /* a fresh state, all registers zero */
void arch_vector_save(void *state);
void arch_vector_restore(const void *state); /* and let user mode use the unit */
void arch_vector_disable(void);        /* user mode traps at first use (FAULT_VECTOR) */

/* ---- Time, interrupts, other cores ---- */

uint64_t arch_ticks(void);   /* free-running, same rate on every core, does not stop in idle */
uint64_t arch_tick_hz(void);
void arch_timer_arm(uint64_t deadline_ticks); /* one interrupt at or after that time; UINT64_MAX: none */

enum irq_kind { IRQ_KIND_NONE, IRQ_KIND_TIMER, IRQ_KIND_DOORBELL, IRQ_KIND_STOP, IRQ_KIND_DEVICE, IRQ_KIND_SPURIOUS };
struct irq_event {
    enum irq_kind kind;
    uint32_t number; /* DOORBELL: vector 0..arch_doorbell_vectors()-1. DEVICE: index given by arch_irq_enable. */
};
/* Take the next pending interrupt and acknowledge it to the interrupt controller (a DEVICE stays
 * masked until arch_irq_unmask). NONE: nothing is pending. */
struct irq_event arch_irq_take(void);
/* Sleep until an interrupt is pending. Masked on entry and on return. */
void arch_idle(void);

uint32_t arch_doorbell_vectors(void); /* x86 16, arm64 12 */
/* Interrupt another core with doorbell vector v. A store before it is visible to the target when
 * it takes the interrupt. */
void arch_doorbell_send(uint64_t hardware_id, uint32_t v);

/* Route a device interrupt here. line: arm64 INTID; x86 IRQ_LINE_MSI. Out: index (<
 * IRQ_DEVICES_MAX) by which arch_irq_take names it, and for an MSI the address and data that the
 * device must write. E_UNSUPPORTED, E_EXISTS, E_NO_SLOT. */
#define IRQ_DEVICES_MAX 32u
NODISCARD enum status arch_irq_enable(uint64_t line, uint32_t *index, uint64_t *msi_address, uint64_t *msi_data);
void arch_irq_disable(uint32_t index);
void arch_irq_unmask(uint32_t index);

/* Start a core at `start_pa` (image base + image_header.start_offset) with the physical address
 * of its boot record as argument, address translation off or identity-mapped as
 * arch/<name>/README says. trampoline_pa: 16 KiB below 1 MiB (x86), else unused. E_IO: the
 * firmware refused. */
NODISCARD enum status arch_core_start(uint64_t hardware_id, uint64_t start_pa, uint64_t record_pa, uint64_t trampoline_pa);

/* ---- Ports, console, end ---- */

NODISCARD enum status arch_port_read(uint32_t port, uint32_t bytes, uint32_t *value);
NODISCARD enum status arch_port_write(uint32_t port, uint32_t bytes, uint32_t value);
/* Polled output of one byte on the UART. Only the console core (and a panic on it) calls this. */
void arch_console_put(char c);
void arch_machine_exit(uint32_t code) NORETURN;
/* Stop this core for good, interrupts off. */
void arch_halt(void) NORETURN;

/* Leave the kernel: restore ctx and return to user mode. Used once at boot; afterwards the
 * up-calls below return the context to restore. */
void arch_return_to_user(const struct arch_context *ctx) NORETURN;

/* ---- Up: called by arch/, implemented in cpu-driver/ ---- */

/* First C code in the final address space, on the kernel stack, once per core; never returns. */
void kernel_start(struct boot_record *record) NORETURN;
/* ctx: the user's registers, saved in memory of this core. Each returns the context to go on
 * with (ctx itself or another one), never NULL. */
const struct arch_context *kernel_syscall(struct arch_context *ctx, uint64_t operation, uint64_t arg[6]);
const struct arch_context *kernel_interrupt(struct arch_context *ctx);
const struct arch_context *kernel_fault(struct arch_context *ctx, enum fault_kind kind, uint64_t address, uint64_t code);
/* A fault in kernel mode, or an unexpected exception: our own bug. */
void kernel_panic(const char *what, uint64_t pc, uint64_t address, uint64_t code) NORETURN;

/* Where the image is (symbols of the linker script), for boot code and for the kernel's own
 * account. */
extern const char image_begin[], image_text_end[], image_rodata_end[], image_end[];

#endif
