/* Vector state of user mode: a 528-byte save area, and CPACR_EL1 that lets user mode at the unit or
 * not. SVE and SME stay trapped always. The kernel itself uses no vector register. */
#include <arch/kernel.h>

#define VECTOR_BYTES 528u
#define CPACR_FP_KERNEL (1ull << 20) /* EL0 traps */
#define CPACR_FP_ALL (3ull << 20)

_Static_assert(VECTOR_BYTES <= VECTOR_BYTES_MAX, "the generic kernel's reserve suffices");

void fpsimd_save(void *state);
void fpsimd_restore(const void *state);

void arch_vector_init(void *state)
{
    uint64_t *word = state;

    for (unsigned i = 0; i < VECTOR_BYTES / 8; i++)
        word[i] = 0;
}

void arch_vector_save(void *state)
{
    fpsimd_save(state);
}

void arch_vector_restore(const void *state)
{
    fpsimd_restore(state);
    __asm__ volatile("msr cpacr_el1, %0" : : "r"(CPACR_FP_ALL));
}

void arch_vector_disable(void)
{
    __asm__ volatile("msr cpacr_el1, %0" : : "r"(CPACR_FP_KERNEL));
}
