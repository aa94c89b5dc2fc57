/* Start of one core in its final address space, and the control registers and MSRs that are set
 * once. FSGSBASE and NX are needed; SMEP, SMAP, UMIP and machine check are used where CPUID names
 * them. */
#include "x86.h"

#define CR4_MCE 0x40ull
#define CR4_PGE 0x80ull
#define CR4_OSFXSR 0x200ull
#define CR4_OSXMMEXCPT 0x400ull
#define CR4_UMIP 0x800ull
#define CR4_FSGSBASE 0x10000ull
#define CR4_SMEP 0x100000ull
#define CR4_SMAP 0x200000ull

/* Flags cleared on entry: TF IF DF IOPL NT AC and the arithmetic ones. */
#define SYSCALL_FLAG_MASK 0x257fd5ull

static bool bit_of(uint32_t word, unsigned bit)
{
    return (word >> bit & 1) != 0;
}

void cpu_init(void)
{
    struct cpuid base = cpuid_read(1, 0);
    struct cpuid extended = cpuid_read(7, 0);
    uint64_t cr4 = cr4_read() | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT;

    if (!bit_of(extended.b, 0))
        kernel_panic("this processor lacks FSGSBASE", 0, 0, 0);
    cr4 |= CR4_FSGSBASE;
    if (bit_of(base.d, 7))
        cr4 |= CR4_MCE;
    if (bit_of(extended.b, 7))
        cr4 |= CR4_SMEP;
    if (bit_of(extended.b, 20))
        cr4 |= CR4_SMAP;
    if (bit_of(extended.c, 2))
        cr4 |= CR4_UMIP;
    cr4_write(cr4);
    msr_write(MSR_STAR, (uint64_t)KERNEL_CS << 32 | (uint64_t)(USER_SS - 8 - 3) << 48);
    msr_write(MSR_LSTAR, (uint64_t)syscall_entry);
    msr_write(MSR_SFMASK, SYSCALL_FLAG_MASK);
}

/* start.S jumps here: final tables, bss clear, interrupts off, the identity map still in root
 * entry 0. */
void arch_start(uint64_t record_pa, uint64_t root_pa)
{
    uint64_t image_pa = record_pa - (uint64_t)(image_end - image_begin);
    struct boot_record *record;

    memory_init(image_pa, root_pa);
    record = (struct boot_record *)(record_pa + arch_zone_offset());
    descriptors_init();
    cpu_init();
    vector_init();
    apic_init(record->core_id == record->console_core);
    if (record->core_id == record->console_core)
        uart_init((uint16_t)record->device[DEVICE_UART]);
    clock_init(record);
    kernel_start(record);
}
