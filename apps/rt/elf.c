/* elf.c: the ELF64 reader behind rt/elf.h.
 *
 * elf_read checks the file header, then takes the program headers one by one; segment_add keeps the
 * promises of the header file. Fields are fetched byte by byte, so the file may lie at any
 * address. */
#include "rt/elf.h"

enum {
    HEADER_BYTES = 64,
    ENTRY_BYTES = 56,
    TYPE_EXEC = 2,
    TYPE_DYN = 3,
    PT_LOAD = 1,
    PT_INTERP = 3,
    PT_PHDR = 6,
    PT_TLS = 7,
    PT_GNU_STACK = 0x6474e551,
};

static uint64_t get(const unsigned char *p, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = bytes; i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

static bool inside(uint64_t offset, uint64_t bytes, uint64_t limit)
{
    return offset <= limit && bytes <= limit - offset;
}

/* The address space that a program may ask for: anything below 2^47, so sums never wrap. */
static const uint64_t ADDRESS_END = 1ull << 47;

static enum status segment_add(const struct elf_segment *s, uint64_t file_bytes,
                               struct elf_image *e)
{
    const uint64_t page = ELF_PAGE_BYTES - 1;

    if (!s->memory_bytes)
        return OK;
    if (s->file_bytes > s->memory_bytes || !inside(s->offset, s->file_bytes, file_bytes))
        return E_FORMAT;
    if (!inside(s->address, s->memory_bytes, ADDRESS_END - ELF_PAGE_BYTES))
        return E_FORMAT;
    if ((s->address ^ s->offset) & page)
        return E_FORMAT;
    uint64_t low = s->address & ~page;
    if (e->segment_count && low < e->high)
        return E_FORMAT;
    if (e->segment_count == ELF_SEGMENTS_MAX)
        return E_UNSUPPORTED;
    if (!e->segment_count)
        e->low = low;
    e->high = (s->address + s->memory_bytes + page) & ~page;
    e->segment[e->segment_count++] = *s;
    return OK;
}

static enum status entry_take(const unsigned char *p, const unsigned char *file, uint64_t bytes,
                              struct elf_image *e)
{
    struct elf_segment s = {
        .flags = (uint32_t)get(p + 4, 4),
        .offset = get(p + 8, 8),
        .address = get(p + 16, 8),
        .file_bytes = get(p + 32, 8),
        .memory_bytes = get(p + 40, 8),
    };

    switch (get(p, 4)) {
    case PT_LOAD:
        return segment_add(&s, bytes, e);
    case PT_INTERP:
        if (s.file_bytes < 2 || !inside(s.offset, s.file_bytes, bytes) ||
            file[s.offset + s.file_bytes - 1])
            return E_FORMAT;
        e->interpreter_offset = s.offset;
        e->interpreter_bytes = s.file_bytes - 1;
        return OK;
    case PT_TLS:
        if (s.file_bytes > s.memory_bytes || !inside(s.offset, s.file_bytes, bytes))
            return E_FORMAT;
        e->tls = s;
        return OK;
    case PT_GNU_STACK:
        e->stack_execute = s.flags & ELF_EXECUTE;
        return OK;
    }
    return OK;
}

/* Where the program headers lie in memory: in the segment that holds their bytes of the file. */
static uint64_t header_address(const struct elf_image *e, uint64_t offset, uint64_t bytes)
{
    for (unsigned i = 0; i < e->segment_count; i++) {
        const struct elf_segment *s = &e->segment[i];
        if (offset >= s->offset && inside(offset - s->offset, bytes, s->file_bytes))
            return s->address + (offset - s->offset);
    }
    return 0;
}

enum status elf_read(const void *file, size_t bytes, unsigned machine, struct elf_image *out)
{
    const unsigned char *p = file;
    struct elf_image e = {0};

    if (bytes < HEADER_BYTES || get(p, 4) != 0x464c457f || p[4] != 2 || p[5] != 1 || p[6] != 1)
        return E_FORMAT;
    if (get(p + 18, 2) != machine)
        return E_TYPE;
    unsigned type = (unsigned)get(p + 16, 2);
    if (type != TYPE_EXEC && type != TYPE_DYN)
        return E_UNSUPPORTED;
    uint64_t table = get(p + 32, 8);
    e.movable = type == TYPE_DYN;
    e.entry = get(p + 24, 8);
    e.header_bytes = (uint16_t)get(p + 54, 2);
    e.header_count = (uint16_t)get(p + 56, 2);
    uint64_t table_bytes = (uint64_t)e.header_count * ENTRY_BYTES;
    if (e.header_bytes != ENTRY_BYTES || !e.header_count || !inside(table, table_bytes, bytes))
        return E_FORMAT;
    for (unsigned i = 0; i < e.header_count; i++) {
        enum status s = entry_take(p + table + i * ENTRY_BYTES, p, bytes, &e);
        if (s != OK)
            return s;
    }
    if (!e.segment_count || e.entry < e.low || e.entry >= e.high)
        return E_FORMAT;
    e.header_address = header_address(&e, table, table_bytes);
    *out = e;
    return OK;
}
