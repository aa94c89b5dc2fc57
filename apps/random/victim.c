/* victim.c: the program `victim`: a domain of the least priority on the core of `random`. It keeps
 * more values alive than the processor has registers, general and vector, and 64 KiB of memory with
 * a known pattern, and looks all the time whether they are what they should be. Says
 * `whole rounds=N` whenever N has doubled, and `changed` if anything is not as it was. */
#include <arch/user.h>
#include <rt/log.h>
#include <rt/rt.h>

#define POINTER 0x5a5aa5a51234ull /* the thread register holds it; nobody follows it */

enum { WORDS = 8192, STEPS = 512, LIVE = 24, VECTORS = 12 };

typedef uint64_t vector __attribute__((vector_size(16)));

static uint64_t memory[WORDS];

static uint64_t word_at(uint64_t i)
{
    return (i + 1) * 0x9e3779b97f4a7c15ull ^ i >> 3;
}

/* The same sum on any processor, if nobody touches what it is made of. */
static uint64_t general_round(uint64_t seed)
{
    uint64_t live[LIVE];

    for (unsigned k = 0; k < LIVE; k++)
        live[k] = seed + k * 0x100000001b3ull;
    for (unsigned i = 0; i < STEPS; i++)
#pragma GCC unroll 24
        for (unsigned k = 0; k < LIVE; k++)
            live[k] = live[k] * 3 + (live[(k + 1) % LIVE] >> 7) + i;
    for (unsigned k = 1; k < LIVE; k++)
        live[0] ^= live[k];
    return live[0];
}

static uint64_t vector_round(uint64_t seed)
{
    vector live[VECTORS];

    for (unsigned k = 0; k < VECTORS; k++)
        live[k] = (vector){seed + k, seed ^ k};
    for (unsigned i = 0; i < STEPS; i++)
#pragma GCC unroll 12
        for (unsigned k = 0; k < VECTORS; k++)
            live[k] = (live[k] << 1) + (live[(k + 1) % VECTORS] ^ (vector){i, k});
    for (unsigned k = 1; k < VECTORS; k++)
        live[0] ^= live[k];
    return live[0][0] ^ live[0][1];
}

static bool memory_whole(void)
{
    for (uint64_t i = 0; i < WORDS; i++)
        if (((volatile uint64_t *)memory)[i] != word_at(i))
            return false;
    return true;
}

int main(int argc, char **argv)
{
    uint64_t general, vectors, told = 1;

    (void)argc, (void)argv;
    for (uint64_t i = 0; i < WORDS; i++)
        memory[i] = word_at(i);
    general = general_round(1);
    vectors = vector_round(1);
    arch_thread_pointer_set(POINTER);
    for (uint64_t rounds = 1;; rounds++) {
        volatile uint64_t seed = 1;

        if (general_round(seed) != general || vector_round(seed) != vectors || !memory_whole() ||
            arch_thread_pointer() != POINTER) {
            log_line("changed at round %lu", rounds);
            return 1;
        }
        if (rounds == told) {
            log_line("whole rounds=%lu", rounds);
            told *= 2;
        }
    }
}
