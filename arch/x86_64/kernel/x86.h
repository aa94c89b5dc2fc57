/* The processor's registers as C functions, and what the files of this folder tell each other. */
#ifndef X86_H
#define X86_H

#include "layout.h"
#include <arch/kernel.h>

/* Page-table entry bits (Intel SDM volume 3, table 4-15 and following). */
#define PTE_PRESENT 0x1ull
#define PTE_WRITE 0x2ull
#define PTE_USER 0x4ull
#define PTE_UNCACHED 0x18ull /* PWT | PCD */
#define PTE_ACCESSED 0x20ull
#define PTE_DIRTY 0x40ull
#define PTE_LARGE 0x80ull
#define PTE_GLOBAL 0x100ull
#define PTE_NX (1ull << 63)
#define PTE_ADDRESS 0x000ffffffffff000ull

#define LAPIC_PA 0xfee00000ull

/* struct boot_record.device[] on x86_64. */
enum boot_device_index {
    DEVICE_UART = 0,     /* I/O base of the console UART */
    DEVICE_LAPIC_HZ = 1, /* local APIC timer rate, divider 1; 0: measure */
    DEVICE_ZONE_NEXT = 5 /* physical address of the first byte of the zone that nothing uses yet */
};

#define MSR_EFER 0xc0000080u
#define MSR_STAR 0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_SFMASK 0xc0000084u
#define MSR_APIC_BASE 0x1bu

#define CR0_TS 0x8ull

struct cpuid {
    uint32_t a, b, c, d;
};

static inline struct cpuid cpuid_read(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid r;
    __asm__ volatile("cpuid"
                     : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
                     : "a"(leaf), "c"(subleaf));
    return r;
}

static inline uint64_t msr_read(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void msr_write(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"a"((uint32_t)value), "d"((uint32_t)(value >> 32)), "c"(msr)
                     : "memory");
}

static inline uint64_t cr0_read(void)
{
    uint64_t value;
    __asm__ volatile("movq %%cr0, %0" : "=r"(value));
    return value;
}

static inline void cr0_write(uint64_t value)
{
    __asm__ volatile("movq %0, %%cr0" ::"r"(value) : "memory");
}

static inline uint64_t cr2_read(void)
{
    uint64_t value;
    __asm__ volatile("movq %%cr2, %0" : "=r"(value));
    return value;
}

static inline void cr3_write(uint64_t value)
{
    __asm__ volatile("movq %0, %%cr3" ::"r"(value) : "memory");
}

static inline uint64_t cr4_read(void)
{
    uint64_t value;
    __asm__ volatile("movq %%cr4, %0" : "=r"(value));
    return value;
}

static inline void cr4_write(uint64_t value)
{
    __asm__ volatile("movq %0, %%cr4" ::"r"(value) : "memory");
}

static inline void page_invalidate(uint64_t va)
{
    __asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
}

static inline uint64_t tsc_read(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

static inline void cpu_pause(void)
{
    __asm__ volatile("pause" ::: "memory");
}

static inline void port_write8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

static inline uint8_t port_read8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint32_t lapic_read(uint32_t reg)
{
    return *(volatile uint32_t *)(LAPIC_VA + reg);
}

static inline void lapic_write(uint32_t reg, uint32_t value)
{
    *(volatile uint32_t *)(LAPIC_VA + reg) = value;
}

/* memory.c: the tables that boot_tables.c made are at root_pa; drops the identity map. */
void memory_init(uint64_t zone_base, uint64_t root_pa);
/* descriptors.c: GDT, TSS, IDT. */
void descriptors_init(void);
/* cpu.c: control registers, system-call MSRs. */
void cpu_init(void);
/* vector.c: XCR0 and the size of the state. */
void vector_init(void);
extern bool vector_trapping, zero_wide; /* zero.S reads them, too */
/* apic.c: own local APIC. console: this core also masks the 8259s. */
void apic_init(bool console);
/* Rate of its timer; needed before arch_timer_arm. */
void apic_rate_set(uint64_t lapic_hz, uint64_t tick_hz);
/* Let the timer run down from the top, silently, and read it: for measuring its rate. */
void apic_timer_run(void);
uint32_t apic_timer_count(void);
/* Interrupt bit arrived and was accepted, not yet told (entry.S writes it, interrupts off). */
extern volatile uint64_t irq_pending;
/* clock.c: fills tick_hz and device[DEVICE_LAPIC_HZ] of the record where they are 0. */
void clock_init(struct boot_record *record);
void clock_delay_us(uint32_t microseconds);
/* machine.c */
void uart_init(uint16_t base);

/* entry.S */
extern const char trap_stubs[], irq_device_stubs[], irq_doorbell_stubs[];
extern const char irq_timer_stub[], irq_stop_stub[], irq_spurious_stub[], syscall_entry[];
extern struct arch_context user_context;
extern uint64_t foreign_entry, foreign_calls;
extern struct dispatcher_page *foreign_page;
extern char kernel_stack_bottom[], kernel_stack_top[], fault_stack_tops[];
#define STUB_BYTES 16u

/* trampoline.S: copied to low memory; the words to fill in are in struct trampoline_words at its
 * end. */
extern const char trampoline_begin[], trampoline_words[], trampoline_end[];

/* start.S calls these. The first two run at physical addresses before the final tables
 * (position-independent files). */
struct boot_record *boot_record_make(uint64_t image_pa, uint64_t start_info_pa);
uint64_t boot_tables_make(struct boot_record *record, uint64_t image_pa);
void arch_start(uint64_t record_pa, uint64_t root_pa) NORETURN;

#endif
