/* The device-tree reader, on Debian's libfdt: cores under /cpus, memory nodes, numa-node-id, the
 * distance map, GICv3, PSCI, the PL011 that /chosen names, virtio-mmio windows and the PCI host
 * bridge. Entry: devtree_read. The blob comes from outside: fdt_check_full walks its structure
 * once, and every property's length is checked before it is read. Addresses are read with the
 * root's #address-cells and are not translated through `ranges`: QEMU's `virt` and servers' trees
 * have all these devices directly below the root, and a window elsewhere is left out. */
#include <libfdt.h>

#include "machine_build.h"

#define NODES_MAX 65536u /* bound of every walk; fdt_check_full has bounded the blob already */

struct tree {
    const void *blob;
    uint32_t address_cells, size_cells; /* of the root */
    struct machine *m;
};

struct property {
    const uint8_t *at;
    uint32_t bytes; /* 0: it is not there, or it is empty */
};

static struct property property_get(const struct tree *t, int node, const char *name)
{
    int bytes = 0;
    const void *at = fdt_getprop(t->blob, node, name, &bytes);
    return at == NULL || bytes < 0 ? (struct property){NULL, 0}
                                   : (struct property){at, (uint32_t)bytes};
}

/* Big-endian number of 1 or 2 cells. */
static uint64_t cells_get(const uint8_t *p, uint32_t cells)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < cells * 4; i++)
        value = value << 8 | p[i];
    return value;
}

/* The single cell of a property, or `otherwise` where there is none. */
static uint32_t cell_of(const struct tree *t, int node, const char *name, uint32_t otherwise)
{
    struct property p = property_get(t, node, name);
    return p.bytes == 4 ? (uint32_t)cells_get(p.at, 1) : otherwise;
}

static bool cells_ok(uint32_t cells)
{
    return cells == 1 || cells == 2;
}

/* Entry `index` of `reg`, root cells. E_NOT_FOUND: there are not so many. */
static enum status reg_get(const struct tree *t, int node, uint32_t index, struct machine_region *r)
{
    struct property p = property_get(t, node, "reg");
    uint32_t entry = (t->address_cells + t->size_cells) * 4;
    if (p.bytes % entry != 0)
        return E_FORMAT;
    if (index >= p.bytes / entry)
        return E_NOT_FOUND;
    const uint8_t *at = p.at + index * entry;
    struct machine_region got = {cells_get(at, t->address_cells),
                                 cells_get(at + t->address_cells * 4, t->size_cells)};
    if (got.bytes != 0 && got.base + got.bytes - 1 < got.base)
        return E_FORMAT;
    *r = got;
    return OK;
}

/* GIC interrupt number of the first specifier: binding arm,gic-v3, cells (0 = SPI, 1 = PPI),
 * number, flags. */
static enum status interrupt_get(const struct tree *t, int node, uint32_t *interrupt, bool *level)
{
    struct property p = property_get(t, node, "interrupts");
    if (p.bytes < 12)
        return E_FORMAT;
    uint64_t kind = cells_get(p.at, 1), number = cells_get(p.at + 4, 1),
             flags = cells_get(p.at + 8, 1);
    if (kind > 1 || number >= (kind == 0 ? 988u : 16u))
        return E_FORMAT;
    *interrupt = (uint32_t)number + (kind == 0 ? 32 : 16);
    *level = (flags & 0xc) != 0;
    return OK;
}

static bool is_type(const struct tree *t, int node, const char *type)
{
    struct property p = property_get(t, node, "device_type");
    uint32_t i = 0;
    while (i < p.bytes && type[i] != 0 && p.at[i] == (uint8_t)type[i])
        i++;
    return i < p.bytes && type[i] == 0 && p.at[i] == 0;
}

/* status absent, "okay" or "ok": Devicetree Specification 2.3.4. */
static bool is_enabled(const struct tree *t, int node)
{
    struct property p = property_get(t, node, "status");
    return p.bytes == 0 || (p.bytes >= 3 && p.at[0] == 'o' && p.at[1] == 'k');
}

/* Call `visit` for every child of `parent`. */
static enum status children_visit(struct tree *t, int parent,
                                  enum status (*visit)(struct tree *t, int node))
{
    uint32_t seen = 0;
    int node;
    for (node = fdt_first_subnode(t->blob, parent); node >= 0;
         node = fdt_next_subnode(t->blob, node)) {
        if (seen++ == NODES_MAX)
            return E_LIMIT;
        enum status s = visit(t, node);
        if (s != OK)
            return s;
    }
    return node == -FDT_ERR_NOTFOUND ? OK : E_FORMAT;
}

static enum status cpu_nodes_add(struct tree *t, int node)
{
    return is_type(t, node, "cpu") ? machine_node_add(t->m, cell_of(t, node, "numa-node-id", 0))
                                   : OK;
}

static enum status memory_nodes_add(struct tree *t, int node)
{
    return is_type(t, node, "memory") ? machine_node_add(t->m, cell_of(t, node, "numa-node-id", 0))
                                      : OK;
}

/* A core's `reg` has the /cpus node's own #address-cells and no size. */
static enum status cpu_add(struct tree *t, int node)
{
    if (!is_type(t, node, "cpu") || !is_enabled(t, node))
        return OK;
    struct property reg = property_get(t, node, "reg");
    if (reg.bytes != 4 && reg.bytes != 8)
        return E_FORMAT;
    uint64_t mpidr = cells_get(reg.at, reg.bytes / 4);
    enum status s = machine_core_add(t->m, mpidr, t->m->core_count);
    if (s != OK)
        return s == E_EXISTS ? E_FORMAT : s;
    return machine_core_place(t->m, mpidr, cell_of(t, node, "numa-node-id", 0));
}

static enum status memory_add(struct tree *t, int node)
{
    if (!is_type(t, node, "memory") || !is_enabled(t, node))
        return OK;
    for (uint32_t i = 0;; i++) {
        struct machine_region r;
        enum status s = reg_get(t, node, i, &r);
        if (s == E_NOT_FOUND)
            return OK;
        if (s == OK)
            s = machine_memory_add(t->m, r.base, r.bytes, cell_of(t, node, "numa-node-id", 0));
        if (s != OK)
            return s;
    }
}

static enum status slot_add(struct tree *t, int node)
{
    struct machine_region r;
    struct machine_slot slot;
    enum status s = reg_get(t, node, 0, &r);
    if (s == OK)
        s = interrupt_get(t, node, &slot.interrupt, &slot.level);
    if (s != OK)
        return s == E_NOT_FOUND ? E_FORMAT : s;
    slot.base = r.base;
    slot.bytes = r.bytes;
    return machine_slot_add(t->m, &slot);
}

/* Binding arm,gic-v3: `reg` is the distributor, then #redistributor-regions regions. */
static enum status gic_add(struct tree *t, int node)
{
    struct machine *m = t->m;
    uint32_t count = cell_of(t, node, "#redistributor-regions", 1);
    if (count == 0 || count > MACHINE_REDISTRIBUTORS_MAX)
        return E_LIMIT;
    enum status s = reg_get(t, node, 0, &m->distributor);
    for (uint32_t i = 0; s == OK && i < count; i++)
        s = reg_get(t, node, i + 1, &m->redistributor[i]);
    m->redistributor_count = count;
    return s == E_NOT_FOUND ? E_FORMAT : s;
}

static enum status psci_set(struct tree *t, int node)
{
    struct property p = property_get(t, node, "method");
    if (p.bytes != 4 || (p.at[0] != 'h' && p.at[0] != 's'))
        return E_FORMAT;
    t->m->psci = p.at[0] == 'h' ? PSCI_HVC : PSCI_SMC;
    return OK;
}

static enum status ecam_set(struct tree *t, int node)
{
    struct machine *m = t->m;
    struct property bus = property_get(t, node, "bus-range");
    enum status s = reg_get(t, node, 0, &m->ecam);
    if (s != OK)
        return E_FORMAT;
    uint64_t last = m->ecam.bytes >> 20;
    m->ecam_bus_first = bus.bytes == 8 ? (uint32_t)cells_get(bus.at, 1) : 0;
    m->ecam_bus_last = bus.bytes == 8 ? (uint32_t)cells_get(bus.at + 4, 1) : (uint32_t)last - 1;
    bool fits =
        m->ecam_bus_last >= m->ecam_bus_first && m->ecam_bus_last - m->ecam_bus_first < last;
    return fits && m->ecam_bus_last < 256 ? OK : E_FORMAT;
}

static enum status uart_set(struct tree *t, int node)
{
    struct machine_region r;
    bool level;
    enum status s = reg_get(t, node, 0, &r);
    if (s == OK)
        s = interrupt_get(t, node, &t->m->uart_interrupt, &level);
    if (s != OK)
        return E_FORMAT;
    t->m->uart = UART_PL011;
    t->m->uart_base = r.base;
    return OK;
}

/* The port that /chosen/stdout-path names if it is a PL011, otherwise the first PL011. */
static bool is_console(const struct tree *t, int node)
{
    if (fdt_node_check_compatible(t->blob, node, "arm,pl011") != 0)
        return false;
    int chosen = fdt_path_offset(t->blob, "/chosen");
    struct property p =
        chosen < 0 ? (struct property){NULL, 0} : property_get(t, chosen, "stdout-path");
    if (p.bytes == 0 || p.at[p.bytes - 1] != 0)
        return true;
    int console = fdt_path_offset(t->blob, (const char *)p.at);
    return console < 0 || console == node ||
           fdt_node_check_compatible(t->blob, console, "arm,pl011") != 0;
}

static const struct {
    const char *compatible;
    enum status (*visit)(struct tree *t, int node);
} devices[] = {
    {"virtio,mmio", slot_add},
    {"arm,gic-v3", gic_add},
    {"arm,psci-0.2", psci_set},
    {"pci-host-ecam-generic", ecam_set},
};

static enum status device_add(struct tree *t, int node)
{
    if (!is_enabled(t, node))
        return OK;
    if (t->m->uart == UART_NONE && is_console(t, node))
        return uart_set(t, node);
    for (uint32_t i = 0; i < sizeof devices / sizeof devices[0]; i++)
        if (fdt_node_check_compatible(t->blob, node, devices[i].compatible) == 0)
            return devices[i].visit(t, node);
    return OK;
}

/* Binding numa.txt: triples (from, to, distance). The way back is the same unless it is listed too:
 * listed pairs win because they are written in a second pass. */
static enum status distances_read(struct tree *t)
{
    machine_distances_assume(t->m);
    int node = fdt_path_offset(t->blob, "/distance-map");
    if (node < 0)
        return OK;
    struct property p = property_get(t, node, "distance-matrix");
    if (p.bytes % 12 != 0)
        return E_FORMAT;
    for (uint32_t pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < p.bytes; i += 12) {
            uint32_t a, b;
            enum status s = machine_node_find(t->m, (uint32_t)cells_get(p.at + i, 1), &a);
            if (s == OK)
                s = machine_node_find(t->m, (uint32_t)cells_get(p.at + i + 4, 1), &b);
            if (s != OK)
                return E_FORMAT;
            uint32_t distance = (uint32_t)cells_get(p.at + i + 8, 1);
            s = pass == 0 ? machine_distance_set(t->m, b, a, distance)
                          : machine_distance_set(t->m, a, b, distance);
            if (s != OK)
                return s;
        }
    }
    return OK;
}

enum status devtree_read(struct machine *m, const void *blob, uint64_t bytes)
{
    struct tree t = {.blob = blob, .m = m};
    if (bytes < sizeof(struct fdt_header) || fdt_check_full(blob, bytes) != 0)
        return E_FORMAT;
    t.address_cells = cell_of(&t, 0, "#address-cells", 2);
    t.size_cells = cell_of(&t, 0, "#size-cells", 1);
    int cpus = fdt_path_offset(blob, "/cpus");
    if (!cells_ok(t.address_cells) || !cells_ok(t.size_cells) || cpus < 0)
        return E_FORMAT;
    enum status s = children_visit(&t, cpus, cpu_nodes_add);
    if (s == OK)
        s = children_visit(&t, 0, memory_nodes_add);
    if (s == OK)
        s = children_visit(&t, cpus, cpu_add);
    if (s == OK)
        s = children_visit(&t, 0, memory_add);
    if (s == OK)
        s = distances_read(&t);
    if (s == OK)
        s = children_visit(&t, 0, device_add);
    return s == OK ? machine_finish(m) : s;
}
