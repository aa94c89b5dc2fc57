/* case_machine.c: ports, interrupts, doorbells between cores, what a monitor alone may do. */
#include "conform.h"

/* ---- Ports ---- */

CASE(port, read_and_write)
{
    uint64_t value = 77;
    enum status want = PROBE_HAS_PORTS ? OK : E_UNSUPPORTED;

    for (uint32_t bytes = 1; bytes <= 4; bytes *= 2) {
        EXPECT(want, sys_port_write(GRANT_IO_PORTS, 0x80, bytes, 0));
        EXPECT(want, sys_port_read(GRANT_IO_PORTS, 0x80, bytes, &value));
    }
}

CASE(port, edges_of_a_range)
{
    capref_t some = lab_slot();
    enum status want = PROBE_HAS_PORTS ? OK : E_UNSUPPORTED;
    uint64_t value;

    EXPECT(OK, sys_cap_mint(GRANT_IO_PORTS, some, RIGHTS_ALL, 0, 0x80, 4));
    EXPECT(want, sys_port_read(some, 0x80, 4, &value));
    EXPECT(want, sys_port_read(some, 0x83, 1, &value));
    EXPECT(E_RANGE, sys_port_read(some, 0x83, 2, &value));
    EXPECT(E_RANGE, sys_port_read(some, 0x84, 1, &value));
    EXPECT(E_RANGE, sys_port_read(some, 0x7f, 1, &value));
    EXPECT(E_RANGE, sys_port_write(some, 0x81, 4, 0));
    EXPECT(E_RANGE, sys_port_read(GRANT_IO_PORTS, 0xffff, 2, &value));
}

CASE(port, rights)
{
    capref_t readable = lab_weaker(GRANT_IO_PORTS, RIGHT_READ);
    capref_t writable = lab_weaker(GRANT_IO_PORTS, RIGHT_WRITE);
    uint64_t value;

    EXPECT(E_RIGHTS, sys_port_write(readable, 0x80, 1, 0));
    EXPECT(E_RIGHTS, sys_port_read(writable, 0x80, 1, &value));
}

/* ---- Interrupts ---- */

CASE(irq, the_same_line_twice)
{
    capref_t a = lab_slot(), b = lab_slot();
    uint64_t line = PROBE_IRQ_LINE(0);

    EXPECT(OK, sys_irq_make(GRANT_IRQ_CONTROL, line, a));
    EXPECT(line == IRQ_LINE_MSI ? OK : E_EXISTS, sys_irq_make(GRANT_IRQ_CONTROL, line, b));
    EXPECT(OK, sys_cap_delete(a));
    if (line != IRQ_LINE_MSI)
        EXPECT(OK, sys_irq_make(GRANT_IRQ_CONTROL, line, a));
}

CASE(irq, lines_that_there_are_not)
{
    EXPECT(E_UNSUPPORTED, sys_irq_make(GRANT_IRQ_CONTROL, 5, lab_slot()));
    EXPECT(E_UNSUPPORTED, sys_irq_make(GRANT_IRQ_CONTROL, 1020, lab_slot()));
    EXPECT(E_UNSUPPORTED, sys_irq_make(GRANT_IRQ_CONTROL, 1ull << 32 | 34, lab_slot()));
}

/* All are given away, deleted, and there again. */
CASE(irq, as_many_as_there_are)
{
    uint32_t made = 0;

    for (uint32_t round = 0; round < 2; round++) {
        capref_t first = lab_slots(40);
        uint32_t n = 0;
        while (n < 40 && sys_irq_make(GRANT_IRQ_CONTROL,
                                      PROBE_IRQ_LINE(0) == IRQ_LINE_MSI ? IRQ_LINE_MSI : 100u + n,
                                      first + n) == OK)
            n++;
        TRUE(n >= 16 && n < 40);
        EXPECT(E_NO_SLOT,
               sys_irq_make(GRANT_IRQ_CONTROL,
                            PROBE_IRQ_LINE(0) == IRQ_LINE_MSI ? IRQ_LINE_MSI : 200, first + n));
        EXPECT_TYPE(CAP_NULL, first + n);
        for (uint32_t i = 0; i < n; i++)
            EXPECT(OK, sys_cap_delete(first + i));
        if (round)
            EQUAL(made, n);
        made = n;
    }
}

CASE(irq, bound_and_acknowledged)
{
    capref_t irq = lab_make(CAP_IRQ), d = lab_make(CAP_DISPATCHER);
    uint64_t address = 0, data = 0;

    EXPECT(OK, sys_irq_bind(irq, d, 7, &address, &data));
    EQUAL(PROBE_IRQ_LINE(0) == IRQ_LINE_MSI, address != 0);
    EXPECT(OK, sys_irq_ack(irq));
    EXPECT(OK, sys_cap_delete(d)); /* the binding goes with it */
    EXPECT(OK, sys_irq_ack(irq));
    EXPECT(OK, sys_irq_bind(irq, lab_make(CAP_DISPATCHER), 63, &address, &data));
}

/* ---- Doorbells between cores ---- */

CASE(bell, bound_once)
{
    capref_t a = lab_make(CAP_DISPATCHER), b = lab_make(CAP_DISPATCHER);

    EXPECT(OK, sys_monitor_bell_bind(GRANT_MONITOR, 1, 14, a));
    EXPECT(E_EXISTS, sys_monitor_bell_bind(GRANT_MONITOR, 1, 14, b));
    EXPECT(OK, sys_monitor_bell_bind(GRANT_MONITOR, 1, 14, 0));
    EXPECT(OK, sys_monitor_bell_bind(GRANT_MONITOR, 1, 14, b));
}

CASE(bell, binding_goes_with_its_dispatcher)
{
    capref_t a = lab_make(CAP_DISPATCHER), b = lab_make(CAP_DISPATCHER);

    EXPECT(OK, sys_monitor_bell_bind(GRANT_MONITOR, 1, 14, a));
    EXPECT(OK, sys_cap_delete(a));
    EXPECT(OK, sys_monitor_bell_bind(GRANT_MONITOR, 1, 14, b));
}

CASE(bell, rung)
{
    capref_t bell = lab_make(CAP_DOORBELL);

    EQUAL(1, lab_describe(bell).owner);
    EQUAL(14, lab_describe(bell).aux);
    for (unsigned i = 0; i < 3; i++)
        EXPECT(OK, sys_doorbell_ring(bell));
}

CASE(bell, of_a_core_that_is_not_known)
{
    capref_t bell = lab_slot();

    EXPECT(OK, sys_monitor_bell_make(GRANT_MONITOR, 0, 3, bell)); /* ourselves */
    EXPECT(E_PEER, sys_doorbell_ring(bell));
    EXPECT(E_ARGUMENT, sys_monitor_bell_make(GRANT_MONITOR, 2, 3, lab_slot()));
}

CASE(bell, peer_that_is_oneself)
{
    EXPECT(E_ARGUMENT, sys_monitor_peer(GRANT_MONITOR, 0, 0, 0));
    EXPECT(E_ARGUMENT, sys_monitor_peer(GRANT_MONITOR, 2, 0, 0));
    EXPECT(E_ALIGN, sys_monitor_peer(GRANT_MONITOR, 1, 0, 3));
}

/* ---- Capabilities of other cores ---- */

static enum status accept(uint64_t base, uint64_t bytes, uint32_t rights, capref_t to)
{
    struct cap_description d = {
        .base = base, .bytes = bytes, .owner = 1, .type = CAP_FRAME, .rights = (uint8_t)rights};
    return sys_monitor_accept(GRANT_MONITOR, to, &d);
}

CASE(accept, twice_is_a_copy)
{
    capref_t a = lab_foreign_frame(2), b = lab_slot();
    struct cap_description d = lab_describe(a);

    EXPECT(OK, accept(d.base, d.bytes, RIGHT_READ, b));
    EQUAL(RIGHT_READ, lab_describe(b).rights);
    EXPECT(OK, sys_cap_revoke(a, 0));
    EXPECT_TYPE(CAP_NULL, b);
}

CASE(accept, partly_over_another)
{
    capref_t a = lab_foreign_frame(4);
    struct cap_description d = lab_describe(a);

    EXPECT(E_RANGE, accept(d.base + 2 * PAGE_BYTES, d.bytes, RIGHT_READ, lab_slot()));
    EXPECT(E_RANGE, accept(d.base - 2 * PAGE_BYTES, d.bytes, RIGHT_READ, lab_slot()));
    EXPECT(OK, accept(d.base + PAGE_BYTES, PAGE_BYTES, RIGHT_READ, lab_slot()));
}

/* Nobody but the kernel writes its zone. */
CASE(accept, writable_in_the_zone)
{
    capref_t ram = lab_zone(4 * PAGE_BYTES);
    struct cap_description d = lab_describe(ram);

    EXPECT(E_RIGHTS, accept(d.base, PAGE_BYTES, RIGHT_READ | RIGHT_WRITE, lab_slot()));
    EXPECT(E_RANGE, sys_cap_retype(ram, 0, CAP_FRAME, PAGE_BYTES, 1, lab_slot()));
}

/* ---- Other cores ---- */

static enum status start(uint64_t zone, uint64_t ram)
{
    return sys_core_start(GRANT_CORE, zone, ram, 0, 1);
}

CASE(core_start, memory_that_is_in_use)
{
    capref_t zone = lab_ram(64 << 10), copy = lab_slot(), part = lab_slot();

    EXPECT(OK, sys_cap_copy(zone, copy));
    EXPECT(E_RETYPED, start(zone, 0));
    EXPECT(OK, sys_cap_delete(copy));
    EXPECT(OK, sys_cap_retype(zone, 0, CAP_RAM, PAGE_BYTES, 1, part));
    EXPECT(E_RETYPED, start(zone, 0));
    EXPECT(OK, sys_cap_delete(part));
    EXPECT(E_FORMAT, start(zone, 0));
}

CASE(core_start, memory_twice)
{
    capref_t zone = lab_ram(64 << 10);

    EXPECT(E_ARGUMENT, start(zone, zone));
}

CASE(core_start, too_small)
{
    EXPECT(E_FORMAT, start(lab_ram(PAGE_BYTES), 0));
}

/* ---- Questions ---- */

CASE(statistics, each_word)
{
    uint64_t a = 0, b = 0;

    EXPECT(OK, sys_statistics(GRANT_MONITOR, 0, &a, &b));
    TRUE(a > 0 && b > 0 && b <= a);
    EXPECT(OK, sys_statistics(GRANT_MONITOR, 1, &a, &b));
    TRUE(a > b);
    EXPECT(OK, sys_statistics(GRANT_MONITOR, 2, &a, &b));
    TRUE(a > 0);
}

CASE(log, full_piece)
{
    static const uint64_t text[4] = {0x2020202020202020, 0x2020202020202020, 0x2020202020202020,
                                     0x0a20202020202020};

    EXPECT(OK, sys_log_write(GRANT_MONITOR, 32, text));
}

CASE(monitor, count_of_a_region)
{
    capref_t ram = lab_ram(4 * PAGE_BYTES), frame = lab_slots(2);
    struct cap_description d = lab_describe(ram);
    uint64_t copies = 0, below = 0;

    EXPECT(OK, sys_cap_retype(ram, 0, CAP_FRAME, PAGE_BYTES, 2, frame));
    EXPECT(OK, sys_monitor_count(GRANT_MONITOR, d.base, d.bytes, CAP_RAM, d.tag, &copies, &below));
    EQUAL(1, copies);
    EQUAL(2, below);
}
