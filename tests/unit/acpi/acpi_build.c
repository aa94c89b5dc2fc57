/* Builder of ACPI tables for the tests: see acpi_build.h. */
#include "acpi_build.h"

#include <stdlib.h>
#include <string.h>

void firmware_start(struct firmware *f)
{
    memset(f, 0, sizeof *f);
}

void put(struct firmware *f, uint64_t value, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        f->bytes[f->used++] = (uint8_t)(value >> (8 * i));
}

static void put_text(struct firmware *f, const char *text)
{
    for (; *text != 0; text++)
        put(f, (uint8_t)*text, 1);
}

/* ACPI 5.2.6: signature, length, revision, checksum, OEM id, OEM table id, OEM revision, creator
 * id, creator revision. */
void table_start(struct firmware *f, const char *signature)
{
    f->used += 4; /* tables need no alignment: keep the reader honest */
    f->table = f->used;
    put_text(f, signature);
    put(f, 0, 4);
    put(f, 1, 1);
    put(f, 0, 1);
    put_text(f, "SKERRYTABLETST");
    put(f, 1, 4);
    put(f, 1, 4);
    put(f, 1, 4);
}

void checksum_fix(uint8_t *p, uint32_t bytes, uint32_t at)
{
    uint8_t sum = 0;
    p[at] = 0;
    for (uint32_t i = 0; i < bytes; i++)
        sum = (uint8_t)(sum + p[i]);
    p[at] = (uint8_t)(0 - sum);
}

static void table_close(struct firmware *f)
{
    uint32_t bytes = f->used - f->table;
    memcpy(f->bytes + f->table + 4, &bytes, 4);
    checksum_fix(f->bytes + f->table, bytes, 9);
}

void table_end(struct firmware *f)
{
    table_close(f);
    f->listed[f->listed_count++] = FIRMWARE_BASE + f->table;
}

void madt_start(struct firmware *f)
{
    table_start(f, "APIC");
    put(f, 0xfee00000u, 4);
    put(f, 1, 4);
}

void madt_core(struct firmware *f, uint32_t apic_id, uint32_t uid, bool enabled)
{
    put(f, 0, 1);
    put(f, 8, 1);
    put(f, uid, 1);
    put(f, apic_id, 1);
    put(f, enabled, 4);
}

void madt_core_x2(struct firmware *f, uint32_t apic_id, uint32_t uid, bool enabled)
{
    put(f, 9, 1);
    put(f, 16, 1);
    put(f, 0, 2);
    put(f, apic_id, 4);
    put(f, enabled, 4);
    put(f, uid, 4);
}

void srat_start(struct firmware *f)
{
    table_start(f, "SRAT");
    put(f, 1, 4);
    put(f, 0, 8);
}

void srat_core(struct firmware *f, uint32_t apic_id, uint32_t domain)
{
    put(f, 0, 1);
    put(f, 16, 1);
    put(f, domain, 1);
    put(f, apic_id, 1);
    put(f, 1, 4);
    put(f, 0, 1);
    put(f, domain >> 8, 3);
    put(f, 0, 4);
}

void srat_core_x2(struct firmware *f, uint32_t apic_id, uint32_t domain)
{
    put(f, 2, 1);
    put(f, 24, 1);
    put(f, 0, 2);
    put(f, domain, 4);
    put(f, apic_id, 4);
    put(f, 1, 4);
    put(f, 0, 8);
}

void srat_memory(struct firmware *f, uint64_t base, uint64_t bytes, uint32_t domain, uint32_t flags)
{
    put(f, 1, 1);
    put(f, 40, 1);
    put(f, domain, 4);
    put(f, 0, 2);
    put(f, base, 8);
    put(f, bytes, 8);
    put(f, 0, 4);
    put(f, flags, 4);
    put(f, 0, 8);
}

void slit_add(struct firmware *f, uint32_t count, const uint8_t *matrix)
{
    table_start(f, "SLIT");
    put(f, count, 8);
    for (uint32_t i = 0; i < count * count; i++)
        put(f, matrix[i], 1);
    table_end(f);
}

void mcfg_add(struct firmware *f, uint64_t base, uint32_t first_bus, uint32_t last_bus)
{
    table_start(f, "MCFG");
    put(f, 0, 8);
    put(f, base, 8);
    put(f, 0, 2);
    put(f, first_bus, 1);
    put(f, last_bus, 1);
    put(f, 0, 4);
    table_end(f);
}

uint64_t firmware_end(struct firmware *f, uint32_t revision)
{
    table_start(f, revision >= 2 ? "XSDT" : "RSDT");
    for (uint32_t i = 0; i < f->listed_count; i++)
        put(f, f->listed[i], revision >= 2 ? 8 : 4);
    table_close(f);
    uint64_t root = FIRMWARE_BASE + f->table;
    uint32_t at = f->used;
    put_text(f, "RSD PTR ");
    put(f, 0, 1);
    put_text(f, "SKERRY");
    put(f, revision, 1);
    put(f, revision >= 2 ? 0 : root, 4);
    put(f, 36, 4);
    put(f, root, 8);
    put(f, 0, 4);
    checksum_fix(f->bytes + at, 20, 8);
    checksum_fix(f->bytes + at, 36, 32);
    return FIRMWARE_BASE + at;
}

const void *firmware_map(void *arg, uint64_t pa, uint64_t bytes)
{
    struct firmware *f = arg;
    if (pa < FIRMWARE_BASE || pa - FIRMWARE_BASE > f->used ||
        bytes > f->used - (pa - FIRMWARE_BASE) || f->copy_count == FIRMWARE_COPIES_MAX)
        return NULL;
    void *copy = malloc(bytes);
    memcpy(copy, f->bytes + (pa - FIRMWARE_BASE), bytes);
    f->copies[f->copy_count++] = copy;
    return copy;
}

void firmware_unmap(struct firmware *f)
{
    while (f->copy_count > 0)
        free(f->copies[--f->copy_count]);
}
