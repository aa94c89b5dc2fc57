/* Reader of the flattened device tree, one pass, for early.c: it collects the properties of each
 * node that matter, and looks at them when the node's first child begins or the node ends (the
 * format puts properties first). */
#include "devicetree.h"

#define FDT_MAGIC 0xd00dfeedu
#define FDT_BYTES_MAX (16u << 20)
#define FDT_BEGIN_NODE 1u
#define FDT_END_NODE 2u
#define FDT_PROP 3u
#define FDT_NOP 4u
#define FDT_END 9u
#define DEPTH_MAX 8u

struct blob {
    const uint8_t *data;
    uint32_t bytes;
};

/* Properties of the node that is being read. */
struct node {
    struct blob compatible, reg, device_type, method, numa;
    struct blob initrd_start, initrd_end, bootargs, redistributors;
    bool looked_at;
};

struct reader {
    struct blob structs, strings;
    uint32_t depth; /* of the current node: the root is 1 */
    uint32_t address_cells[DEPTH_MAX + 1],
        size_cells[DEPTH_MAX + 1]; /* that a node gives its children */
    struct node node;
};

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A number of `cells` 32-bit words; 0 when it does not lie in the property. */
static uint64_t cells_read(struct blob b, uint32_t first, uint32_t cells)
{
    uint64_t value = 0;

    if (cells > 2 || (first + cells) * 4 > b.bytes)
        return 0;
    for (uint32_t i = 0; i < cells; i++)
        value = value << 32 | be32(b.data + (first + i) * 4);
    return value;
}

static bool text_equal(const uint8_t *a, uint32_t bytes, const char *text)
{
    uint32_t i = 0;

    while (i < bytes && text[i] && a[i] == (uint8_t)text[i])
        i++;
    return i < bytes && !text[i] && !a[i];
}

/* Is `text` one of the zero-terminated strings of the property? */
static bool list_has(struct blob b, const char *text)
{
    for (uint32_t i = 0; i < b.bytes; i++)
        if ((i == 0 || b.data[i - 1] == 0) && text_equal(b.data + i, b.bytes - i, text))
            return true;
    return false;
}

static struct memory_range reg_read(const struct reader *r, uint32_t index)
{
    uint32_t ac = r->address_cells[r->depth - 1], sc = r->size_cells[r->depth - 1];
    uint32_t first = index * (ac + sc);
    struct memory_range range = {0, 0, 0};

    if ((first + ac + sc) * 4 > r->node.reg.bytes)
        return range;
    range.base = cells_read(r->node.reg, first, ac);
    range.bytes = cells_read(r->node.reg, first + ac, sc);
    range.node = (uint32_t)cells_read(r->node.numa, 0, 1);
    return range;
}

static void memory_look(struct reader *r, struct devicetree *out)
{
    for (uint32_t i = 0; i < MEMORY_BANKS_MAX && out->bank_count < MEMORY_BANKS_MAX; i++) {
        struct memory_range range = reg_read(r, i);
        if (!range.bytes)
            return;
        out->bank[out->bank_count++] = range;
    }
}

static void chosen_look(const struct node *n, struct devicetree *out)
{
    if (n->initrd_start.bytes >= 4 && n->initrd_end.bytes >= 4) {
        out->initrd_begin = cells_read(n->initrd_start, 0, n->initrd_start.bytes / 4);
        out->initrd_end = cells_read(n->initrd_end, 0, n->initrd_end.bytes / 4);
    }
    if (n->bootargs.bytes && n->bootargs.data[n->bootargs.bytes - 1] == 0)
        out->command = (const char *)n->bootargs.data;
}

/* All properties of the current node have been seen. */
static void node_look(struct reader *r, struct devicetree *out)
{
    struct node *n = &r->node;

    if (n->looked_at || r->depth < 2)
        return;
    n->looked_at = true;
    if (n->initrd_start.bytes || n->bootargs.bytes)
        chosen_look(n, out);
    if (list_has(n->device_type, "memory"))
        memory_look(r, out);
    if (list_has(n->device_type, "cpu"))
        out->cpu_count++;
    if (list_has(n->compatible, "arm,psci-0.2") || list_has(n->compatible, "arm,psci-1.0"))
        out->psci_smc = list_has(n->method, "smc");
    if (list_has(n->compatible, "arm,pl011") && !out->uart.bytes)
        out->uart = reg_read(r, 0);
    if (list_has(n->compatible, "arm,gic-v3")) {
        uint64_t regions = n->redistributors.bytes ? cells_read(n->redistributors, 0, 1) : 1;
        out->gicd = reg_read(r, 0);
        for (uint32_t i = 0; i < GICR_REGIONS_MAX && i < regions; i++)
            out->gicr[i] = reg_read(r, 1 + i);
    }
}

/* A count of cells; more than 2 are never read, so a larger one only has to stay small enough to
 * add up. */
static uint32_t cells_limit(struct blob b)
{
    uint64_t cells = cells_read(b, 0, 1);
    return cells < 4 ? (uint32_t)cells : 4;
}

static void property_store(struct reader *r, const uint8_t *name, uint32_t name_bytes,
                           struct blob value)
{
    struct node *n = &r->node;

    if (text_equal(name, name_bytes, "#address-cells"))
        r->address_cells[r->depth] = cells_limit(value);
    if (text_equal(name, name_bytes, "#size-cells"))
        r->size_cells[r->depth] = cells_limit(value);
    if (text_equal(name, name_bytes, "compatible"))
        n->compatible = value;
    if (text_equal(name, name_bytes, "reg"))
        n->reg = value;
    if (text_equal(name, name_bytes, "device_type"))
        n->device_type = value;
    if (text_equal(name, name_bytes, "method"))
        n->method = value;
    if (text_equal(name, name_bytes, "numa-node-id"))
        n->numa = value;
    if (text_equal(name, name_bytes, "#redistributor-regions"))
        n->redistributors = value;
    if (text_equal(name, name_bytes, "linux,initrd-start"))
        n->initrd_start = value;
    if (text_equal(name, name_bytes, "linux,initrd-end"))
        n->initrd_end = value;
    if (text_equal(name, name_bytes, "bootargs"))
        n->bootargs = value;
}

/* One token at `at`; returns where the next one is, 0 when the tree is damaged. */
static uint32_t token_read(struct reader *r, uint32_t at, uint32_t token, struct devicetree *out)
{
    uint32_t end = r->structs.bytes;

    if (token == FDT_BEGIN_NODE) {
        node_look(r, out);
        while (at < end && r->structs.data[at])
            at++;
        if (at == end || r->depth == DEPTH_MAX)
            return 0;
        r->depth++;
        r->address_cells[r->depth] = 2;
        r->size_cells[r->depth] = 1;
        r->node = (struct node){.looked_at = false};
        return (at + 4) & ~3u;
    }
    if (token == FDT_END_NODE) {
        node_look(r, out);
        r->node.looked_at = true;
        return r->depth-- ? at : 0;
    }
    if (token == FDT_PROP && at + 8 <= end) {
        struct blob value = {r->structs.data + at + 8, be32(r->structs.data + at)};
        uint32_t name = be32(r->structs.data + at + 4);
        if (value.bytes > end - at - 8 || name >= r->strings.bytes || r->depth == 0)
            return 0;
        property_store(r, r->strings.data + name, r->strings.bytes - name, value);
        return (at + 8 + value.bytes + 3) & ~3u;
    }
    return token == FDT_NOP ? at : 0;
}

static bool block_find(const uint8_t *tree, uint32_t bytes, uint32_t offset, uint32_t size,
                       struct blob *out)
{
    if (offset > bytes || size > bytes - offset)
        return false;
    *out = (struct blob){tree + offset, size};
    return true;
}

bool devicetree_read(uint64_t address, struct devicetree *out)
{
    const uint8_t *tree = (const uint8_t *)address;
    struct reader r = {.depth = 0};
    uint32_t bytes, at = 0;

    *out = (struct devicetree){.command = ""};
    if (!address || address & 7 || be32(tree) != FDT_MAGIC)
        return false;
    bytes = be32(tree + 4);
    if (bytes < 40 || bytes > FDT_BYTES_MAX)
        return false;
    out->bytes = bytes;
    if (!block_find(tree, bytes, be32(tree + 8), be32(tree + 36), &r.structs) ||
        !block_find(tree, bytes, be32(tree + 12), be32(tree + 32), &r.strings))
        return false;
    while (at <= r.structs.bytes && r.structs.bytes - at >= 4) {
        uint32_t token = be32(r.structs.data + at);
        if (token == FDT_END)
            return r.depth == 0;
        at = token_read(&r, at + 4, token, out);
        if (!at)
            return false;
    }
    return false;
}
