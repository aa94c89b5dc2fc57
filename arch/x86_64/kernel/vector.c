/* Vector state: x87, SSE, AVX, and what else fits VECTOR_BYTES_MAX, by XSAVE in standard format
 * (Intel SDM volume 1, chapter 13); FXSAVE where there is no XSAVE. A dispatcher without vector
 * state runs with CR0.TS set: its first use is FAULT_VECTOR. */
#include "x86.h"

#define CR4_OSXSAVE 0x40000ull
#define XCR0_LEGACY 0x3ull
#define XCR0_AVX 0x4ull
#define XCR0_AVX512 0xe0ull
#define FCW_RESET 0x37fu
#define MXCSR_RESET 0x1f80u
#define FXSAVE_MXCSR 24u

static uint64_t features; /* XCR0; 0: FXSAVE only */
bool vector_trapping;     /* CR0.TS as last written */
bool zero_wide;           /* zero.S may use ymm0 */

static uint32_t xcr0_try(uint64_t value)
{
    __asm__ volatile("xsetbv" ::"a"((uint32_t)value), "d"((uint32_t)(value >> 32)), "c"(0));
    return cpuid_read(0xd, 0).b; /* bytes for what is enabled now */
}

void vector_init(void)
{
    struct cpuid offered;

    if (cpuid_read(1, 0).c >> 26 & 1) {
        cr4_write(cr4_read() | CR4_OSXSAVE);
        offered = cpuid_read(0xd, 0);
        features = XCR0_LEGACY | (offered.a & XCR0_AVX);
        if ((offered.a & XCR0_AVX512) == XCR0_AVX512 && (features & XCR0_AVX))
            features |= XCR0_AVX512;
        if (xcr0_try(features) > VECTOR_BYTES_MAX) {
            features = XCR0_LEGACY;
            (void)xcr0_try(features);
        }
    }
    zero_wide = (features & XCR0_AVX) != 0 && (features & XCR0_AVX512) == 0;
    cr0_write(cr0_read() | CR0_TS);
    vector_trapping = true;
}

static void vector_enable(void)
{
    if (vector_trapping)
        __asm__ volatile("clts" ::: "memory");
    vector_trapping = false;
}

void arch_vector_init(void *state)
{
    uint64_t *words = state;

    for (uint32_t i = 0; i < VECTOR_BYTES_MAX / sizeof(uint64_t); i++)
        words[i] = 0;
    words[0] = FCW_RESET;
    words[FXSAVE_MXCSR / sizeof(uint64_t)] = MXCSR_RESET;
}

void arch_vector_save(void *state)
{
    vector_enable();
    if (features)
        __asm__ volatile("xsave64 (%0)" ::"r"(state), "a"((uint32_t)features), "d"(0) : "memory");
    else
        __asm__ volatile("fxsave64 (%0)" ::"r"(state) : "memory");
}

void arch_vector_restore(const void *state)
{
    vector_enable();
    if (features)
        __asm__ volatile("xrstor64 (%0)" ::"r"(state), "a"((uint32_t)features), "d"(0) : "memory");
    else
        __asm__ volatile("fxrstor64 (%0)" ::"r"(state) : "memory");
}

void arch_vector_disable(void)
{
    if (!vector_trapping)
        cr0_write(cr0_read() | CR0_TS);
    vector_trapping = true;
}
