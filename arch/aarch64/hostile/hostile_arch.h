/* hostile_arch.h, aarch64: what apps/hostile needs of the processor. Same file, same names in
 * every architecture. */
#ifndef HOSTILE_ARCH_H
#define HOSTILE_ARCH_H

#include <arch/context.h>
#include <stdint.h>

enum {
    LINUX_openat = 56,
    LINUX_write = 64,
    LINUX_exit = 93,
    LINUX_exit_group = 94,
    LINUX_futex = 98,
    LINUX_nanosleep = 101,
    LINUX_clock_nanosleep = 115,
    LINUX_kill = 129,
    LINUX_tkill = 130,
    LINUX_tgkill = 131,
    LINUX_munmap = 215,
    LINUX_mmap = 222,
    LINUX_mprotect = 226,
    LINUX_CALL_LIMIT = 460
};

/* Addresses of the kernel: its text, and its data (arch/aarch64/kernel/layout.h). */
#define HOSTILE_KERNEL_TEXT 0xffffff8000000000ull
#define HOSTILE_KERNEL_ZONE 0xffffff8040000000ull
#define HOSTILE_BEYOND_USER 0x0001000000000000ull /* the first address that is nobody's */

/* An entry of a root that no user may fill: the kernel's half has a root of its own, so the first
 * that is not there. */
#define HOSTILE_ROOT_ENTRY 512

static inline long hostile_linux(long n, const long a[6])
{
    register long x8 __asm__("x8") = n;
    register long x0 __asm__("x0") = a[0];
    register long x1 __asm__("x1") = a[1];
    register long x2 __asm__("x2") = a[2];
    register long x3 __asm__("x3") = a[3];
    register long x4 __asm__("x4") = a[4];
    register long x5 __asm__("x5") = a[5];

    __asm__ volatile("svc #0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory", "cc");
    return x0;
}

/* A context that goes on at pc, with a PSTATE of EL1 on its own stack, everything masked. */
static inline void hostile_context_make(struct arch_context *c, uint64_t pc, uint64_t sp)
{
    *c = (struct arch_context){
        .pc = pc, .sp = sp, .pstate = 0x6000003c5ull | ~0ull << 40, .partial = 2};
}

static inline void hostile_context_return(struct arch_context *c, uint64_t pc, uint64_t sp)
{
    *c = (struct arch_context){.pc = pc, .sp = sp};
}

/* Flags of the processor that a system call or a fault may carry into the kernel. */
enum { HOSTILE_FLAG_SETS = 1 };
static inline void hostile_flags_set(unsigned which)
{
    (void)which;
    __asm__ volatile("msr nzcv, %0" : : "r"(0xf0000000ull) : "cc");
}

static inline void hostile_flags_clear(void)
{
    __asm__ volatile("msr nzcv, xzr" : : : "cc");
}

/* The control registers of the vector unit: rounding towards zero, flush, every exception a trap
 * where the processor has that. */
static inline void hostile_vector_control_spoil(void)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(0x03c09f00ull));
}

/* A division by zero: no trap on a processor that has none. */
static inline void hostile_vector_divide(void)
{
    __asm__ volatile("movi d0, #0\n\tfmov d1, #1.0\n\tfdiv d1, d1, d0" : : :);
}

/* Instructions that return 42, for code that is written as data. */
static const unsigned char hostile_code_42[] = {0x40, 0x05, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6};

static inline void hostile_code_sync(void *code, uint64_t bytes)
{
    for (uint64_t at = (uint64_t)code; at < (uint64_t)code + bytes; at += 16)
        __asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0" : : "r"(at) : "memory");
    __asm__ volatile("dsb ish\n\tisb" : : : "memory");
}

#endif
