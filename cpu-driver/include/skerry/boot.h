/* The boot record: all that a CPU driver is told about its core, by who started it (firmware
 * glue for core 0, a monitor for the others). It lies at the first page boundary behind the
 * image's end, inside the zone; the monitor of the core gets it as a read-only frame
 * (SLOT_BOOT_RECORD).
 *
 * A zone, from its base:
 *   image copy (text, rodata, bss, stack; image_bytes) | struct boot_record (BOOT_RECORD_BYTES) | made by the kernel itself:
 *   page tables of the kernel half, doorbell lines, log ring, bell table, first CNodes | free: RAM capability SLOT_ZONE_RAM */
#ifndef SKERRY_BOOT_H
#define SKERRY_BOOT_H

#include <skerry/base.h>

#define BOOT_MAGIC 0x736b657272790001ull /* "skerry", version 1 */
#define BOOT_RECORD_BYTES 8192u
#define BOOT_REGIONS_MAX 96u
#define BOOT_SHARED_MAX 16u
#define BOOT_COMMAND_BYTES 1024u

enum boot_region_kind {
    REGION_RAM,    /* this core owns it: becomes a RAM capability */
    REGION_DEVICE, /* everything that is not RAM (core 0 only): DEVICE_FRAME, ACPI tables and the device tree among it */
};

struct boot_region {
    uint64_t base, bytes; /* physical, page multiples */
    uint32_t kind;        /* enum boot_region_kind */
    uint32_t node;        /* NUMA node if known, else 0 */
};

/* A frame granted by the starting core: entered as a capability owned by `owner`. */
struct boot_shared {
    uint64_t base, bytes;
    uint32_t rights; /* enum cap_right */
    uint32_t owner;  /* core_id */
};

struct boot_record {
    uint64_t magic;
    uint32_t core_id;
    uint32_t core_count;  /* cores that this system will have: sizes the bell table; 1..CORE_COUNT_MAX */
    uint64_t hardware_id; /* APIC id; MPIDR affinity */
    uint64_t node;
    uint64_t zone_base, zone_bytes; /* physical */
    uint64_t archive_base, archive_bytes;
    uint64_t archive_owner; /* core_id */
    uint64_t core_first, core_limit; /* core_ids that this core's monitor may start: CORE at SLOT_CORE_ROOT; equal: none; both 0: it is not the first of its node */
    uint64_t parent_core, parent_hardware_id, parent_lines; /* who started this core, and its doorbell lines; core 0: itself */
    uint64_t firmware_table; /* physical address of RSDP (x86) or device tree (arm64); 0 for cores other than 0 */
    uint64_t firmware_bytes; /* device tree: total size */
    uint64_t tick_hz;        /* x86: TSC rate; 0 = measure it (core 0) */
    uint64_t device[6];      /* the architecture's own: arm64 distributor, own redistributor, UART; x86 I/O base of UART */
    uint64_t doorbell_lines; /* written by the kernel: physical address of this core's own doorbell lines */
    uint64_t console_core;   /* which core drains log rings */
    uint64_t console_hardware_id;
    uint64_t epoch;          /* counts the starts of this core: doorbell lines and channels carry it */
    uint64_t cap_counts;     /* written by the kernel: regions entered | shared entered << 32 */
    uint64_t seed[4];        /* randomness for this core's monitor */
    uint32_t region_count, shared_count;
    struct boot_shared shared[BOOT_SHARED_MAX];
    struct boot_region region[BOOT_REGIONS_MAX];
    char command[BOOT_COMMAND_BYTES]; /* the launcher's words, zero-terminated */
};
_Static_assert(sizeof(struct boot_record) <= BOOT_RECORD_BYTES, "the record fits its place");

/* The head of the flat image file /skerry/kernel.bin, at `IMAGE_HEADER_OFFSET` from its start. */
#define IMAGE_MAGIC 0x6567616d69796b73ull
#define IMAGE_HEADER_OFFSET 64u
struct image_header {
    uint64_t magic;
    uint64_t file_bytes;   /* text + rodata: what is in the file */
    uint64_t image_bytes;  /* with bss and stack, page multiple: the boot record comes behind */
    uint64_t start_offset; /* entry for cores other than 0, from the image's start */
};

#endif
