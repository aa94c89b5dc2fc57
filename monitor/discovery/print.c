/* The two printed forms of a machine: machine_print is the exported text (format `skerry-topology
 * 1`, one fact a line, keywords and numbers, addresses in hexadecimal), machine_table the short
 * table of the boot log. */
#include <monitor/machine.h>

#include "text.h"

struct printer {
    void (*line)(void *arg, const char *text);
    void *arg;
    struct text text;
};

static void emit(struct printer *p)
{
    p->line(p->arg, p->text.line);
}

static void field(struct printer *p, const char *name, uint64_t value, uint32_t base)
{
    text_add(&p->text, name);
    text_number(&p->text, value, base);
}

static void region_print(struct printer *p, const char *name, const struct machine_region *r)
{
    if (r->bytes == 0)
        return;
    text_start(&p->text, name);
    field(p, " ", r->base, 16);
    field(p, " bytes ", r->bytes, 16);
    emit(p);
}

static void cores_print(struct printer *p, const struct machine *m)
{
    text_start(&p->text, "");
    field(p, "cores ", m->core_count, 10);
    emit(p);
    for (uint32_t i = 0; i < m->core_count; i++) {
        text_start(&p->text, "");
        field(p, "core ", i, 10);
        field(p, " node ", m->cores[i].node, 10);
        field(p, " hardware ", m->cores[i].hardware_id, 16);
        emit(p);
    }
}

static void distances_add(struct printer *p, const struct machine *m, uint32_t node)
{
    for (uint32_t to = 0; to < m->node_count; to++)
        field(p, " ", machine_distance(m, node, to), 10);
}

static void nodes_print(struct printer *p, const struct machine *m)
{
    text_start(&p->text, "");
    field(p, "nodes ", m->node_count, 10);
    emit(p);
    for (uint32_t i = 0; i < m->node_count; i++) {
        text_start(&p->text, "");
        field(p, "node ", i, 10);
        field(p, " firmware ", m->nodes[i].firmware_id, 10);
        emit(p);
    }
    for (uint32_t i = 0; i < m->node_count; i++) {
        text_start(&p->text, "");
        field(p, "distances ", i, 10);
        distances_add(p, m, i);
        emit(p);
    }
    for (uint32_t i = 0; i < m->memory_count; i++) {
        text_start(&p->text, "");
        field(p, "memory ", m->memories[i].base, 16);
        field(p, " bytes ", m->memories[i].bytes, 16);
        field(p, " node ", m->memories[i].node, 10);
        emit(p);
    }
}

static void uart_print(struct printer *p, const struct machine *m)
{
    switch (m->uart) {
    case UART_NONE:
        return;
    case UART_NS16550_PORT:
        text_start(&p->text, "uart ns16550 port ");
        break;
    case UART_PL011:
        text_start(&p->text, "uart pl011 ");
        break;
    }
    text_number(&p->text, m->uart_base, 16);
    field(p, " interrupt ", m->uart_interrupt, 10);
    emit(p);
}

static void psci_print(struct printer *p, const struct machine *m)
{
    switch (m->psci) {
    case PSCI_NONE:
        return;
    case PSCI_HVC:
        text_start(&p->text, "psci hvc");
        break;
    case PSCI_SMC:
        text_start(&p->text, "psci smc");
        break;
    }
    emit(p);
}

static void devices_print(struct printer *p, const struct machine *m)
{
    region_print(p, "local-apic", &m->local_apic);
    region_print(p, "io-apic", &m->io_apic);
    region_print(p, "gic-distributor", &m->distributor);
    for (uint32_t i = 0; i < m->redistributor_count; i++)
        region_print(p, "gic-redistributor", &m->redistributor[i]);
    psci_print(p, m);
    uart_print(p, m);
    region_print(p, "ecam", &m->ecam);
    for (uint32_t i = 0; i < m->slot_count; i++) {
        text_start(&p->text, "virtio-mmio");
        field(p, " ", m->slots[i].base, 16);
        field(p, " bytes ", m->slots[i].bytes, 16);
        field(p, " interrupt ", m->slots[i].interrupt, 10);
        text_add(&p->text, m->slots[i].level ? " level" : " edge");
        emit(p);
    }
}

void machine_print(const struct machine *m, void (*line)(void *arg, const char *text), void *arg)
{
    struct printer p = {.line = line, .arg = arg};
    text_start(&p.text, "skerry-topology 1");
    emit(&p);
    cores_print(&p, m);
    nodes_print(&p, m);
    devices_print(&p, m);
}

/* Cores of a node as runs, "0-3,8": first core, last core of each. */
static void runs_add(struct printer *p, const struct machine *m, uint32_t node)
{
    bool first = true;
    for (uint32_t i = 0; i < m->core_count; i++) {
        if (m->cores[i].node != node)
            continue;
        uint32_t end = i;
        while (end + 1 < m->core_count && m->cores[end + 1].node == node)
            end++;
        field(p, first ? "" : ",", i, 10);
        if (end > i)
            field(p, "-", end, 10);
        first = false;
        i = end;
    }
    if (first)
        text_add(&p->text, "none");
}

void machine_table(const struct machine *m, void (*line)(void *arg, const char *text), void *arg)
{
    struct printer p = {.line = line, .arg = arg};
    text_start(&p.text, "node  cores           memory       distances");
    emit(&p);
    for (uint32_t i = 0; i < m->node_count; i++) {
        text_start(&p.text, "");
        field(&p, "", i, 10);
        text_pad(&p.text, 6);
        runs_add(&p, m, i);
        text_pad(&p.text, 22);
        field(&p, "", m->nodes[i].memory_bytes >> 20, 10);
        text_add(&p.text, " MiB");
        text_pad(&p.text, 34);
        distances_add(&p, m, i);
        emit(&p);
    }
}
