/* What discovery found: cores, nodes, memory, distances and the few devices that our drivers serve.
 *
 * Use: fill a struct machine_limits, give machine_init zeroed or unzeroed memory of
 * machine_bytes(limits), then call machine_read. All arrays lie in that memory; a machine larger
 * than the limits is E_LIMIT, never cut short in silence. Sources: ACPI 6.4 (RSDP 5.2.5,
 * MADT 5.2.12, SRAT 5.2.16, SLIT 5.2.17), PCI Firmware 3.2 (MCFG 4.1.2); Devicetree Specification
 * 0.3 and Linux's bindings numa.txt, arm,gic-v3, psci, virtio,mmio, pci-host-ecam-generic. */
#ifndef MONITOR_MACHINE_H
#define MONITOR_MACHINE_H

#include <skerry/base.h>
#include <skerry/status.h>

#define MACHINE_DISTANCE_LOCAL 10u  /* a node to itself: SLIT and distance-map agree on it */
#define MACHINE_DISTANCE_REMOTE 20u /* what is assumed where the firmware says nothing */

struct machine_core {
    uint64_t hardware_id; /* x86: APIC id; arm64: MPIDR affinity fields, as in `reg` of the device
                             tree's cpu */
    uint32_t node;        /* index into nodes[] */
    uint32_t firmware_id; /* ACPI processor uid; device tree: position in /cpus */
};

struct machine_node {
    uint32_t firmware_id; /* proximity domain, numa-node-id */
    uint32_t core_count;
    uint64_t memory_bytes;
};

/* Memory as the firmware's affinity tables give it. On x86 this says only which node an address
 * belongs to: what of it is usable RAM is in the boot record. */
struct machine_memory {
    uint64_t base, bytes;
    uint32_t node;
};

struct machine_region {
    uint64_t base, bytes; /* physical; bytes 0: there is none */
};

/* One virtio-mmio register window; `interrupt` is a GIC interrupt number (32 + SPI). */
struct machine_slot {
    uint64_t base, bytes;
    uint32_t interrupt;
    bool level; /* level-triggered; otherwise edge */
};

enum machine_uart { UART_NONE, UART_NS16550_PORT, UART_PL011 };
enum machine_psci { PSCI_NONE, PSCI_HVC, PSCI_SMC };

#define MACHINE_REDISTRIBUTORS_MAX 8u

struct machine_limits {
    uint32_t cores, nodes, memories, slots;
};

/* Enough for QEMU's largest machine; room for it is about 36 KiB. */
#define MACHINE_LIMITS_DEFAULT ((struct machine_limits){CORE_COUNT_MAX, 64, 256, 64})

struct machine {
    struct machine_limits limit;
    struct machine_core *cores;      /* in the firmware's order until machine_boot_core_set */
    struct machine_node *nodes;      /* ascending firmware_id */
    struct machine_memory *memories; /* ascending base, disjoint */
    struct machine_slot *slots;      /* ascending base */
    uint8_t *distances;              /* row-major, node_count x node_count: use machine_distance */
    uint32_t core_count, node_count, memory_count, slot_count;

    struct machine_region ecam; /* PCI configuration space, segment 0, from bus ecam_bus_first on */
    uint32_t ecam_bus_first, ecam_bus_last;

    enum machine_uart uart;
    uint64_t uart_base;      /* I/O port or physical address */
    uint32_t uart_interrupt; /* x86: ISA interrupt; arm64: GIC interrupt number */

    struct machine_region local_apic, io_apic;
    uint32_t io_apic_first_interrupt;

    struct machine_region distributor;
    struct machine_region redistributor[MACHINE_REDISTRIBUTORS_MAX];
    uint32_t redistributor_count;
    enum machine_psci psci;
};

/* Memory that machine_init needs for these limits. */
uint64_t machine_bytes(const struct machine_limits *limits);

/* Empty machine in `memory` (8-byte aligned, machine_bytes(limits) long, kept by the machine).
 * E_ARGUMENT: a limit is 0 or above 65,536; E_NO_MEMORY: `bytes` is too small. */
NODISCARD enum status machine_init(struct machine *m, const struct machine_limits *limits,
                                   void *memory, uint64_t bytes);

/* Gives a pointer to `bytes` of physical memory at `pa`, of any alignment, valid until the machine
 * has been read; NULL: it is not to be had. */
struct machine_access {
    const void *(*map)(void *arg, uint64_t pa, uint64_t bytes);
    void *arg;
};

/* Read the firmware's description at physical address `firmware_table` (boot record: an ACPI RSDP,
 * or a device tree of firmware_bytes; told apart by their magic). E_FORMAT: malformed, out of
 * range, checksum; E_LIMIT: larger than the limits; E_NOT_FOUND: a table that we cannot do without
 * is missing; E_UNSUPPORTED: device tree on a port without it. After an error the machine's
 * contents mean nothing. */
NODISCARD enum status machine_read(struct machine *m, const struct machine_access *access,
                                   uint64_t firmware_table, uint64_t firmware_bytes);

/* The two readers behind machine_read. `blob` is the whole device tree. */
NODISCARD enum status acpi_read(struct machine *m, const struct machine_access *access,
                                uint64_t rsdp_pa);
NODISCARD enum status devtree_read(struct machine *m, const void *blob, uint64_t bytes);

/* Make the core with this hardware id cores[0], so that index and core_id agree; the others keep
 * their order. E_NOT_FOUND: no such core. */
NODISCARD enum status machine_boot_core_set(struct machine *m, uint64_t hardware_id);

/* SLIT distance from node a to node b, 10 = local; indices below node_count. */
uint32_t machine_distance(const struct machine *m, uint32_t a, uint32_t b);

/* Node of a physical address; 0 where the firmware says nothing. */
uint32_t machine_node_of(const struct machine *m, uint64_t pa);

/* The exported text form, one call of `line` a line, without newline; first line `skerry-topology
 * 1`. */
void machine_print(const struct machine *m, void (*line)(void *arg, const char *text), void *arg);

/* The short table of the boot log: a line a node. */
void machine_table(const struct machine *m, void (*line)(void *arg, const char *text), void *arg);

#endif
