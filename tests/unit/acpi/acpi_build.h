/* ACPI tables made by hand, byte for byte from the specification's layouts, in a piece of pretended
 * physical memory. Reads go through firmware_map, which hands out exact copies, so that the
 * sanitizer sees a read of one byte too many. */
#ifndef ACPI_BUILD_H
#define ACPI_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIRMWARE_BASE 0x7ffe0000u
#define FIRMWARE_BYTES (512u << 10)
#define FIRMWARE_COPIES_MAX 4096u

struct firmware {
    uint8_t bytes[FIRMWARE_BYTES];
    uint32_t used;
    uint32_t table; /* offset of the table under construction */
    uint64_t listed[16];
    uint32_t listed_count;
    void *copies[FIRMWARE_COPIES_MAX];
    uint32_t copy_count;
};

void firmware_start(struct firmware *f);
void put(struct firmware *f, uint64_t value, uint32_t bytes);
void table_start(struct firmware *f, const char *signature);
void table_end(struct firmware *f); /* length and checksum; listed in the root table */
void checksum_fix(uint8_t *p, uint32_t bytes, uint32_t at);

void madt_core(struct firmware *f, uint32_t apic_id, uint32_t uid, bool enabled);
void madt_core_x2(struct firmware *f, uint32_t apic_id, uint32_t uid, bool enabled);
void srat_core(struct firmware *f, uint32_t apic_id, uint32_t domain);
void srat_core_x2(struct firmware *f, uint32_t apic_id, uint32_t domain);
void srat_memory(struct firmware *f, uint64_t base, uint64_t bytes, uint32_t domain,
                 uint32_t flags);
void madt_start(struct firmware *f);
void srat_start(struct firmware *f);
void slit_add(struct firmware *f, uint32_t count, const uint8_t *matrix);
void mcfg_add(struct firmware *f, uint64_t base, uint32_t first_bus, uint32_t last_bus);

/* Root table (XSDT, or RSDT for revision 0) and RSDP; the answer is the RSDP's address. */
uint64_t firmware_end(struct firmware *f, uint32_t revision);

const void *firmware_map(void *arg, uint64_t pa, uint64_t bytes);
void firmware_unmap(struct firmware *f);

#endif
