/* hostile_arch.h, x86-64: what apps/hostile needs of the processor. Same file, same names in every
 * architecture. */
#ifndef HOSTILE_ARCH_H
#define HOSTILE_ARCH_H

#include <arch/context.h>
#include <stdint.h>

enum {
    LINUX_write = 1,
    LINUX_mmap = 9,
    LINUX_mprotect = 10,
    LINUX_munmap = 11,
    LINUX_nanosleep = 35,
    LINUX_exit = 60,
    LINUX_kill = 62,
    LINUX_tkill = 200,
    LINUX_futex = 202,
    LINUX_clock_nanosleep = 230,
    LINUX_exit_group = 231,
    LINUX_tgkill = 234,
    LINUX_openat = 257,
    LINUX_CALL_LIMIT = 460
};

/* Addresses of the kernel: its text, and its data (arch/x86_64/kernel/layout.h). */
#define HOSTILE_KERNEL_TEXT 0xffffffff80000000ull
#define HOSTILE_KERNEL_ZONE 0xffffff8000000000ull
#define HOSTILE_BEYOND_USER 0x0000800000000000ull /* the first address that is nobody's */

/* An entry of a root that no user may fill: the kernel's half. */
#define HOSTILE_ROOT_ENTRY 511

static inline long hostile_linux(long n, const long a[6])
{
    register long r10 __asm__("r10") = a[3];
    register long r8 __asm__("r8") = a[4];
    register long r9 __asm__("r9") = a[5];

    __asm__ volatile("syscall"
                     : "+a"(n)
                     : "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory", "cc");
    return n;
}

/* A context that goes on at pc, with every flag that there is. */
static inline void hostile_context_make(struct arch_context *c, uint64_t pc, uint64_t sp)
{
    *c = (struct arch_context){.rip = pc, .rsp = sp, .rflags = 0xffffffffffbffaffull, .partial = 2};
}

static inline void hostile_context_return(struct arch_context *c, uint64_t pc, uint64_t sp)
{
    *c = (struct arch_context){.rip = pc, .rsp = sp, .rflags = 0x202};
}

/* Flags of the processor that a system call or a fault may carry into the kernel. */
enum { HOSTILE_FLAG_SETS = 5 };
static inline void hostile_flags_set(unsigned which)
{
    /* AC; NT; DF; TF; all of them */
    static const uint64_t sets[HOSTILE_FLAG_SETS] = {1u << 18, 1u << 14, 1u << 10, 1u << 8,
                                                     1u << 18 | 1u << 14 | 1u << 10};

    __asm__ volatile("pushfq\n\torq %0, (%%rsp)\n\tpopfq" : : "r"(sets[which]) : "memory", "cc");
}

static inline void hostile_flags_clear(void)
{
    __asm__ volatile("pushq $0x202\n\tpopfq" : : : "memory", "cc");
}

/* The control registers of the vector unit: rounding towards zero, every exception a trap. */
static inline void hostile_vector_control_spoil(void)
{
    uint32_t mxcsr = 0x6000;
    uint16_t x87 = 0x0c00;

    __asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(mxcsr), "m"(x87));
}

/* A division that the vector unit refuses. */
static inline void hostile_vector_divide(void)
{
    __asm__ volatile("xorps %%xmm0, %%xmm0\n\txorps %%xmm1, %%xmm1\n\tdivss %%xmm0, %%xmm1" : : :);
}

/* Instructions that return 42, for code that is written as data. */
static const unsigned char hostile_code_42[] = {0xb8, 42, 0, 0, 0, 0xc3};

static inline void hostile_code_sync(void *code, uint64_t bytes)
{
    (void)code;
    (void)bytes;
}

#endif
