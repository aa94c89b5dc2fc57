/* The ELF reader: any bytes as a program file, for both machines. What it accepts must hold what
 * rt/elf.h promises the spawner and the personality, who check nothing again. */
#include "fuzz.h"

#include <rt/elf.h>

static uint64_t pages_up(uint64_t bytes)
{
    return (bytes + ELF_PAGE_BYTES - 1) / ELF_PAGE_BYTES * ELF_PAGE_BYTES;
}

static void promises_check(const struct elf_image *e, size_t bytes)
{
    uint64_t end = 0;

    FUZZ_CHECK(e->segment_count >= 1 && e->segment_count <= ELF_SEGMENTS_MAX);
    for (unsigned i = 0; i < e->segment_count; i++) {
        const struct elf_segment *s = &e->segment[i];
        FUZZ_CHECK(s->offset <= bytes && s->file_bytes <= bytes - s->offset);
        FUZZ_CHECK(s->file_bytes <= s->memory_bytes);
        FUZZ_CHECK(s->address + s->memory_bytes > s->address);
        FUZZ_CHECK(s->address % ELF_PAGE_BYTES == s->offset % ELF_PAGE_BYTES);
        FUZZ_CHECK(i == 0 || s->address / ELF_PAGE_BYTES * ELF_PAGE_BYTES >= end);
        end = pages_up(s->address + s->memory_bytes);
        FUZZ_CHECK(s->address >= e->low && end <= e->high);
    }
    FUZZ_CHECK(e->entry >= e->low && e->entry < e->high);
    FUZZ_CHECK(e->interpreter_offset <= bytes &&
               e->interpreter_bytes <= bytes - e->interpreter_offset);
    FUZZ_CHECK(e->tls.file_bytes <= e->tls.memory_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const unsigned machines[] = {ELF_MACHINE_X86_64, ELF_MACHINE_AARCH64};
    void *file = fuzz_copy(data, bytes);

    for (unsigned i = 0; i < 2; i++) {
        struct elf_image e;
        if (elf_read(file, bytes, machines[i], &e) == OK)
            promises_check(&e, bytes);
    }
    free(file);
    return 0;
}
