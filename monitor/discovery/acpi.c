/* The ACPI reader: RSDP, then XSDT or RSDT, then MADT (cores, interrupt controllers), SRAT (nodes),
 * SLIT (distances) and MCFG (PCI configuration space). Entry: acpi_read. Tables are bytes from
 * outside: each is mapped by its header first, its length bounded, its checksum checked, and every
 * entry must lie inside its table. Each loop is bounded by a table's length, that by
 * TABLE_BYTES_MAX. */
#include "machine_build.h"

#define HEADER_BYTES 36u /* ACPI table 5.4, system description table header */
#define TABLE_BYTES_MAX (1u << 20)
#define TABLE_COUNT_MAX 256u

struct table {
    const uint8_t *at; /* NULL: the machine has none */
    uint32_t bytes;
};

struct acpi_tables {
    struct table madt, srat, slit, mcfg;
};

/* One entry of MADT or SRAT: type, length, then `length` bytes in all. */
struct entry {
    const uint8_t *at;
    uint32_t bytes;
    uint8_t type;
};

static uint32_t get16(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) | get16(p + 2) << 16;
}

static uint64_t get64(const uint8_t *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static bool bytes_equal(const uint8_t *p, const char *text, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (p[i] != (uint8_t)text[i])
            return false;
    return true;
}

static bool sum_is_zero(const uint8_t *p, uint32_t n)
{
    uint8_t sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum = (uint8_t)(sum + p[i]);
    return sum == 0;
}

/* Map a whole table at `pa`; its signature stays for the caller to look at. */
static enum status table_map(const struct machine_access *a, uint64_t pa, struct table *t)
{
    const uint8_t *header = pa == 0 ? NULL : a->map(a->arg, pa, HEADER_BYTES);
    if (header == NULL)
        return E_FORMAT;
    uint32_t bytes = get32(header + 4);
    if (bytes < HEADER_BYTES || bytes > TABLE_BYTES_MAX)
        return E_FORMAT;
    const uint8_t *at = a->map(a->arg, pa, bytes);
    if (at == NULL || !sum_is_zero(at, bytes))
        return E_FORMAT;
    *t = (struct table){at, bytes};
    return OK;
}

/* Step to the next entry behind *offset. E_EMPTY: the table is at its end. */
static enum status entry_next(const struct table *t, uint32_t *offset, struct entry *e)
{
    if (*offset == t->bytes)
        return E_EMPTY;
    if (t->bytes - *offset < 2)
        return E_FORMAT;
    const uint8_t *at = t->at + *offset;
    if (at[1] < 2 || at[1] > t->bytes - *offset)
        return E_FORMAT;
    *e = (struct entry){at, at[1], at[0]};
    *offset += at[1];
    return OK;
}

/* RSDP: ACPI 5.2.5.3. Revision 0 knows the RSDT alone. */
static enum status root_find(const struct machine_access *a, uint64_t pa, struct table *root,
                             uint32_t *pointer_bytes)
{
    const uint8_t *p = pa == 0 ? NULL : a->map(a->arg, pa, 20);
    if (p == NULL || !bytes_equal(p, "RSD PTR ", 8) || !sum_is_zero(p, 20))
        return E_FORMAT;
    uint64_t root_pa = get32(p + 16);
    const char *signature = "RSDT";
    *pointer_bytes = 4;
    if (p[15] >= 2) {
        p = a->map(a->arg, pa, 36);
        if (p == NULL || get32(p + 20) != 36 || !sum_is_zero(p, 36))
            return E_FORMAT;
        if (get64(p + 24) != 0) {
            root_pa = get64(p + 24);
            signature = "XSDT";
            *pointer_bytes = 8;
        }
    }
    enum status s = table_map(a, root_pa, root);
    if (s != OK)
        return s;
    return bytes_equal(root->at, signature, 4) ? OK : E_FORMAT;
}

static struct table *table_place(struct acpi_tables *tables, const uint8_t *signature)
{
    if (bytes_equal(signature, "APIC", 4))
        return &tables->madt;
    if (bytes_equal(signature, "SRAT", 4))
        return &tables->srat;
    if (bytes_equal(signature, "SLIT", 4))
        return &tables->slit;
    if (bytes_equal(signature, "MCFG", 4))
        return &tables->mcfg;
    return NULL;
}

static enum status tables_find(const struct machine_access *a, uint64_t rsdp_pa,
                               struct acpi_tables *tables)
{
    struct table root;
    uint32_t pointer_bytes;
    enum status s = root_find(a, rsdp_pa, &root, &pointer_bytes);
    if (s != OK)
        return s;
    uint32_t count = (root.bytes - HEADER_BYTES) / pointer_bytes;
    if ((root.bytes - HEADER_BYTES) % pointer_bytes != 0 || count > TABLE_COUNT_MAX)
        return E_FORMAT;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *p = root.at + HEADER_BYTES + i * pointer_bytes;
        uint64_t pa = pointer_bytes == 8 ? get64(p) : get32(p);
        const uint8_t *signature = pa == 0 ? NULL : a->map(a->arg, pa, HEADER_BYTES);
        if (signature == NULL)
            return E_FORMAT;
        struct table *place = table_place(tables, signature);
        /* Other tables are not ours to judge: firmware has been seen with bad checksums in some
         * that we never read. */
        if (place == NULL)
            continue;
        s = place->at != NULL ? E_FORMAT : table_map(a, pa, place);
        if (s != OK)
            return s;
    }
    return tables->madt.at == NULL ? E_NOT_FOUND : OK;
}

/* A core that is listed both ways (ids below 255 may be) counts once: ACPI 5.2.12.12. */
static enum status core_enter(struct machine *m, uint32_t flags, uint64_t apic_id, uint32_t uid)
{
    if ((flags & 1) == 0)
        return OK;
    enum status s = machine_core_add(m, apic_id, uid);
    return s == E_EXISTS ? OK : s;
}

/* MADT, ACPI tables 5.19 to 5.37. */
static enum status madt_entry(struct machine *m, const struct entry *e)
{
    const uint8_t *p = e->at;
    switch (e->type) {
    case 0: /* processor local APIC */
        return e->bytes < 8 ? E_FORMAT : core_enter(m, get32(p + 4), p[3], p[2]);
    case 9: /* processor local x2APIC */
        return e->bytes < 16 ? E_FORMAT : core_enter(m, get32(p + 8), get32(p + 4), get32(p + 12));
    case 1: /* I/O APIC; the one with the first interrupts is the one that the UART needs */
        if (e->bytes < 12)
            return E_FORMAT;
        if (m->io_apic.bytes == 0 || get32(p + 8) < m->io_apic_first_interrupt) {
            m->io_apic = (struct machine_region){get32(p + 4), PAGE_BYTES};
            m->io_apic_first_interrupt = get32(p + 8);
        }
        return OK;
    case 5: /* local APIC address override */
        if (e->bytes < 12)
            return E_FORMAT;
        m->local_apic.base = get64(p + 4);
        return OK;
    }
    return OK;
}

static enum status madt_read(struct machine *m, const struct table *t)
{
    if (t->bytes < HEADER_BYTES + 8)
        return E_FORMAT;
    m->local_apic = (struct machine_region){get32(t->at + HEADER_BYTES), PAGE_BYTES};
    uint32_t offset = HEADER_BYTES + 8;
    struct entry e;
    enum status s;
    while ((s = entry_next(t, &offset, &e)) == OK) {
        s = madt_entry(m, &e);
        if (s != OK)
            return s;
    }
    return s == E_EMPTY ? OK : s;
}

/* What one SRAT entry says, in either of its forms (ACPI tables 5.60 to 5.62). */
struct affinity {
    enum { AFFINITY_NONE, AFFINITY_CORE, AFFINITY_MEMORY } kind;
    uint32_t domain;
    uint64_t base, bytes; /* memory, or base = APIC id */
};

static enum status affinity_parse(const struct entry *e, struct affinity *f)
{
    const uint8_t *p = e->at;
    *f = (struct affinity){.kind = AFFINITY_NONE};
    switch (e->type) {
    case 0:
        if (e->bytes < 16)
            return E_FORMAT;
        if ((get32(p + 4) & 1) != 0)
            *f = (struct affinity){AFFINITY_CORE, p[2] | get16(p + 9) << 8 | (uint32_t)p[11] << 24,
                                   p[3], 0};
        return OK;
    case 1:
        if (e->bytes < 40)
            return E_FORMAT;
        if ((get32(p + 28) & 1) != 0 && get64(p + 16) != 0)
            *f = (struct affinity){AFFINITY_MEMORY, get32(p + 2), get64(p + 8), get64(p + 16)};
        return OK;
    case 2:
        if (e->bytes < 24)
            return E_FORMAT;
        if ((get32(p + 12) & 1) != 0)
            *f = (struct affinity){AFFINITY_CORE, get32(p + 4), get32(p + 8), 0};
        return OK;
    }
    return OK;
}

static enum status affinity_enter(struct machine *m, const struct affinity *f)
{
    switch (f->kind) {
    case AFFINITY_NONE:
        return OK;
    case AFFINITY_CORE: {
        /* SRAT also lists processors that MADT says are not there. */
        enum status s = machine_core_place(m, f->base, f->domain);
        return s == E_NOT_FOUND ? OK : s;
    }
    case AFFINITY_MEMORY:
        return machine_memory_add(m, f->base, f->bytes, f->domain);
    }
    return E_FORMAT;
}

/* Nodes first, because an index into them means something only when all are known. */
static enum status srat_pass(struct machine *m, const struct table *t, bool nodes_only)
{
    uint32_t offset = HEADER_BYTES + 12;
    struct entry e;
    enum status s;
    while ((s = entry_next(t, &offset, &e)) == OK) {
        struct affinity f;
        s = affinity_parse(&e, &f);
        if (s == OK && f.kind != AFFINITY_NONE)
            s = nodes_only ? machine_node_add(m, f.domain) : affinity_enter(m, &f);
        if (s != OK)
            return s;
    }
    return s == E_EMPTY ? OK : s;
}

static enum status srat_read(struct machine *m, const struct table *t)
{
    if (t->at != NULL) {
        if (t->bytes < HEADER_BYTES + 12)
            return E_FORMAT;
        enum status s = srat_pass(m, t, true);
        if (s == OK)
            s = srat_pass(m, t, false);
        if (s != OK)
            return s;
    }
    return m->node_count > 0 ? OK : machine_node_add(m, 0);
}

/* SLIT, ACPI table 5.65: a square of bytes, indexed by proximity domain. */
static enum status slit_read(struct machine *m, const struct table *t)
{
    machine_distances_assume(m);
    if (t->at == NULL)
        return OK;
    if (t->bytes < HEADER_BYTES + 8)
        return E_FORMAT;
    uint64_t count = get64(t->at + HEADER_BYTES);
    uint64_t room = t->bytes - HEADER_BYTES - 8;
    if (count == 0 || count > room || count * count > room)
        return E_FORMAT;
    const uint8_t *matrix = t->at + HEADER_BYTES + 8;
    for (uint32_t a = 0; a < m->node_count; a++) {
        for (uint32_t b = 0; b < m->node_count; b++) {
            uint32_t from = m->nodes[a].firmware_id, to = m->nodes[b].firmware_id;
            if (from >= count || to >= count)
                return E_FORMAT;
            enum status s = machine_distance_set(m, a, b, matrix[from * count + to]);
            if (s != OK)
                return s;
        }
    }
    return OK;
}

/* MCFG, PCI Firmware 3.2 table 4-3: segment 0 is all that our drivers look at. */
static enum status mcfg_read(struct machine *m, const struct table *t)
{
    if (t->at == NULL)
        return OK;
    if (t->bytes < HEADER_BYTES + 8)
        return E_FORMAT;
    for (uint32_t offset = HEADER_BYTES + 8; t->bytes - offset >= 16; offset += 16) {
        const uint8_t *p = t->at + offset;
        if (get16(p + 8) != 0)
            continue;
        if (p[11] < p[10] || get64(p) % (1u << 20) != 0)
            return E_FORMAT;
        m->ecam_bus_first = p[10];
        m->ecam_bus_last = p[11];
        /* The table's address is that of bus 0, present or not; ours is that of the first bus. */
        m->ecam = (struct machine_region){get64(p) + ((uint64_t)p[10] << 20),
                                          (uint64_t)(p[11] - p[10] + 1) << 20};
        return OK;
    }
    return OK;
}

enum status acpi_read(struct machine *m, const struct machine_access *access, uint64_t rsdp_pa)
{
    struct acpi_tables tables = {0};
    enum status s = tables_find(access, rsdp_pa, &tables);
    if (s == OK)
        s = madt_read(m, &tables.madt);
    if (s == OK)
        s = srat_read(m, &tables.srat);
    if (s == OK)
        s = slit_read(m, &tables.slit);
    if (s == OK)
        s = mcfg_read(m, &tables.mcfg);
    if (s != OK)
        return s;
    /* No table that we read names the serial port; on PCs COM1 has had this place since the first.
     */
    m->uart = UART_NS16550_PORT;
    m->uart_base = 0x3f8;
    m->uart_interrupt = 4;
    return machine_finish(m);
}
