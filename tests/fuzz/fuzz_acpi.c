/* The ACPI reader: the input is a piece of physical memory at MEMORY_BASE, with the RSDP at its
 * start. Checksums are put right before each run (unless the RSDP's reserved revision says not to),
 * so that the fuzzer gets behind them; every read is of an exact copy. */
#include "fuzz.h"

#include "machine_check.h"

#define MEMORY_BASE 0x7ffe0000u

enum { COPIES_MAX = 4096, TABLES_MAX = 32, RSDP_BYTES = 36, HEADER_BYTES = 36, KEEP_SUMS = 0xee };

struct memory {
    uint8_t *bytes;
    size_t size;
    void *copy[COPIES_MAX];
    unsigned copy_count;
};

static const void *memory_map(void *arg, uint64_t pa, uint64_t bytes)
{
    struct memory *m = arg;

    if (pa < MEMORY_BASE || pa - MEMORY_BASE > m->size || bytes > m->size - (pa - MEMORY_BASE) ||
        m->copy_count == COPIES_MAX)
        return NULL;
    return m->copy[m->copy_count++] = fuzz_copy(m->bytes + (pa - MEMORY_BASE), bytes);
}

static uint64_t word(const struct memory *m, size_t at, unsigned bytes)
{
    struct fuzz_input in = {m->bytes + at, at < m->size ? m->size - at : 0};

    return fuzz_take(&in, bytes);
}

/* The sum over [at, at + bytes) becomes zero by the byte at `sum`. */
static void sum_fix(struct memory *m, size_t at, size_t bytes, size_t sum)
{
    uint8_t total = 0;

    if (at > m->size || bytes > m->size - at || at + sum >= m->size || sum >= bytes)
        return;
    for (size_t i = 0; i < bytes; i++)
        total = (uint8_t)(total + m->bytes[at + i]);
    m->bytes[at + sum] = (uint8_t)(m->bytes[at + sum] - total);
}

static void table_fix(struct memory *m, uint64_t pa)
{
    if (pa >= MEMORY_BASE && pa - MEMORY_BASE < m->size)
        sum_fix(m, pa - MEMORY_BASE, word(m, pa - MEMORY_BASE + 4, 4), 9);
}

static void sums_fix(struct memory *m)
{
    unsigned entry = m->bytes[15] == 0 ? 4 : 8;
    uint64_t root = entry == 4 ? word(m, 16, 4) : word(m, 24, 8);

    if (m->bytes[15] == KEEP_SUMS)
        return;
    if (root >= MEMORY_BASE && root - MEMORY_BASE < m->size)
        for (unsigned i = 0; i < TABLES_MAX; i++)
            table_fix(m, word(m, root - MEMORY_BASE + HEADER_BYTES + i * entry, entry));
    table_fix(m, root);
    sum_fix(m, 0, 20, 8);
    sum_fix(m, 0, RSDP_BYTES, 32);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct machine_limits limits = {256, 64, 64, 32};
    uint64_t storage_bytes = machine_bytes(&limits);
    struct memory memory = {.bytes = fuzz_copy(data, bytes), .size = bytes};
    struct machine_access access = {memory_map, &memory};
    void *storage = malloc(storage_bytes);
    struct machine m;

    if (bytes >= RSDP_BYTES)
        sums_fix(&memory);
    FUZZ_CHECK(storage != NULL && machine_init(&m, &limits, storage, storage_bytes) == OK);
    if (acpi_read(&m, &access, MEMORY_BASE) == OK)
        machine_check(&m);
    for (unsigned i = 0; i < memory.copy_count; i++)
        free(memory.copy[i]);
    free(memory.bytes);
    free(storage);
    return 0;
}
