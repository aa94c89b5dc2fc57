/* PSCI (Arm DEN 0022): starting cores and switching the machine off; semihosting (Arm's
 * specification, SYS_EXIT_EXTENDED) when the command line says that the emulator offers it. */
#include "machine.h"

#define PSCI_SYSTEM_OFF 0x84000008ull
#define PSCI_CPU_ON 0xc4000003ull
#define SEMIHOSTING_EXIT_EXTENDED 0x20u
#define SEMIHOSTING_APPLICATION_EXIT 0x20026ull

static uint64_t psci_call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
    register uint64_t x0 __asm__("x0") = function;
    register uint64_t x1 __asm__("x1") = a1;
    register uint64_t x2 __asm__("x2") = a2;
    register uint64_t x3 __asm__("x3") = a3;

    if (machine.flags & MACHINE_PSCI_SMC)
        __asm__ volatile("smc #0"
                         : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                         :
                         : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
                           "x15", "x16", "x17", "memory");
    else
        __asm__ volatile("hvc #0"
                         : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                         :
                         : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
                           "x15", "x16", "x17", "memory");
    return x0;
}

/* The new core reads its image and record with caches off: what was written through caches goes to
 * memory first. They lie in RAM that is not mapped here, so page by page through the window. */
static void memory_clean(uint64_t begin, uint64_t end)
{
    uint64_t ctr, line;

    __asm__("mrs %0, ctr_el0" : "=r"(ctr));
    line = 4ull << (ctr >> 16 & 15);
    for (uint64_t pa = begin; pa < end; pa += PAGE_BYTES) {
        char *page = arch_window_map(pa);
        for (uint64_t i = 0; i < PAGE_BYTES; i += line)
            __asm__ volatile("dc civac, %0" : : "r"(page + i) : "memory");
    }
    __asm__ volatile("dsb sy" ::: "memory");
}

enum status arch_core_start(uint64_t hardware_id, uint64_t start_pa, uint64_t record_pa,
                            uint64_t trampoline_pa)
{
    (void)trampoline_pa;
    memory_clean(round_down(start_pa, PAGE_BYTES), record_pa + BOOT_RECORD_BYTES);
    arch_window_unmap();
    return psci_call(PSCI_CPU_ON, hardware_id & MPIDR_AFFINITY_MASK, start_pa, record_pa) == 0
               ? OK
               : E_IO;
}

void arch_machine_exit(uint32_t code)
{
    uint64_t block[2] = {SEMIHOSTING_APPLICATION_EXIT, code};
    register uint64_t w0 __asm__("x0") = SEMIHOSTING_EXIT_EXTENDED;
    register uint64_t x1 __asm__("x1") = (uint64_t)block;

    if (machine.flags & MACHINE_SEMIHOSTING)
        __asm__ volatile("hlt #0xf000" : "+r"(w0) : "r"(x1) : "memory");
    psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
    arch_halt();
}
