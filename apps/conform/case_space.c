/* case_space.c: mapping rights, addresses that are nobody's, large pages, and what a TLB may still
 * know after entries were taken away. The accesses are probes of this program's own thread. */
#include "conform.h"
#include <rt/string.h>

static uint64_t at(uint32_t page)
{
    return (uint64_t)lab_at(page);
}

/* A frame with code in it, which returns 0 when it is called. */
static capref_t code_frame(void)
{
    capref_t frame = lab_make(CAP_FRAME), mapping = lab_map(frame, 9, MAP_READ | MAP_WRITE);

    if (case_failed())
        return 0;
    memcpy(lab_at(9), (const void *)(uint64_t)probe_code,
           (uint64_t)probe_code_end - (uint64_t)probe_code);
    return expect_status(OK, sys_cap_delete(mapping), "unmapping the code") ? frame : 0;
}

/* ---- What each set of flags lets one do ---- */

CASE(map, read)
{
    lab_map(lab_make(CAP_FRAME), 3, MAP_READ);
    EXPECT_FAULT(FAULT_NONE, try_load(at(3)));
    EXPECT_FAULT(FAULT_WRITE, try_store(at(3)));
    EXPECT_FAULT(FAULT_EXECUTE, try_jump(at(3)));
}

CASE(map, read_write)
{
    lab_map(lab_make(CAP_FRAME), 3, MAP_READ | MAP_WRITE);
    EXPECT_FAULT(FAULT_NONE, try_load(at(3)));
    EXPECT_FAULT(FAULT_NONE, try_store(at(3)));
    EXPECT_FAULT(FAULT_EXECUTE, try_jump(at(3)));
}

CASE(map, read_execute)
{
    lab_map(code_frame(), 3, MAP_READ | MAP_EXECUTE);
    EXPECT_FAULT(FAULT_NONE, try_load(at(3)));
    EXPECT_FAULT(FAULT_WRITE, try_store(at(3)));
    EXPECT_FAULT(FAULT_NONE, try_jump(at(3)));
}

CASE(map, nothing)
{
    capref_t mapping = lab_map(lab_make(CAP_FRAME), 3, 0);
    EXPECT_FAULT(FAULT_READ, try_load(at(3)));
    EXPECT_FAULT(FAULT_WRITE, try_store(at(3)));
    EXPECT_FAULT(FAULT_EXECUTE, try_jump(at(3)));
    EXPECT_TYPE(CAP_MAPPING, mapping);
}

CASE(map, fault_says_where)
{
    EXPECT_FAULT(FAULT_READ, try_load(at(3) + 8));
    EQUAL(at(3) + 8, probe_seen.address);
    EXPECT_FAULT(FAULT_WRITE, try_store(at(4) + 16));
    EQUAL(at(4) + 16, probe_seen.address);
    EXPECT_FAULT(FAULT_EXECUTE, try_jump(at(5)));
    EQUAL(at(5), probe_seen.address);
}

/* The most that entries may ever have is what the frame had when it was mapped. */
CASE(map, frame_without_write)
{
    capref_t weak = lab_weaker(lab_make(CAP_FRAME), RIGHT_READ), to = lab_slot();

    EXPECT(E_RIGHTS, sys_frame_map(lab.table_1, weak, to, 3, 1, 0, MAP_READ | MAP_WRITE));
    EXPECT(E_RIGHTS, sys_frame_map(lab.table_1, weak, to, 3, 1, 0, MAP_READ | MAP_EXECUTE));
    EXPECT(OK, sys_frame_map(lab.table_1, weak, to, 3, 1, 0, MAP_READ));
    EXPECT(E_RIGHTS, sys_mapping_protect(to, MAP_READ | MAP_WRITE));
    EXPECT(E_RIGHTS, sys_mapping_protect(to, MAP_READ | MAP_EXECUTE));
    EXPECT(OK, sys_mapping_protect(to, 0));
    EXPECT(OK, sys_mapping_protect(to, MAP_READ));
}

CASE(map, frame_without_anything)
{
    capref_t weak = lab_weaker(lab_make(CAP_FRAME), 0), to = lab_slot();

    EXPECT(E_RIGHTS, sys_frame_map(lab.table_1, weak, to, 3, 1, 0, MAP_READ));
    EXPECT(OK, sys_frame_map(lab.table_1, weak, to, 3, 1, 0, 0));
    EXPECT_FAULT(FAULT_READ, try_load(at(3)));
}

CASE(map, entry_in_use)
{
    capref_t frame = lab_make(CAP_FRAME), mapping = lab_map(frame, 3, MAP_READ), to = lab_slot();

    EXPECT(E_MAPPED, sys_frame_map(lab.table_1, frame, to, 3, 1, 0, MAP_READ));
    EXPECT(OK, sys_cap_delete(mapping));
    EXPECT(OK, sys_frame_map(lab.table_1, frame, to, 3, 1, 0, MAP_READ));
}

/* Without any right there is no entry, but it is booked all the same. */
CASE(map, entry_booked)
{
    capref_t frame = lab_make(CAP_FRAME), mapping = lab_map(frame, 3, 0);

    EXPECT(E_MAPPED, sys_frame_map(lab.table_1, frame, lab_slot(), 3, 1, 0, MAP_READ));
    EXPECT(OK, sys_cap_delete(mapping));
}

CASE(map, run_over_one_that_is_used)
{
    capref_t frame = lab_frame(4 * PAGE_BYTES), to = lab_slot();

    lab_map(lab_make(CAP_FRAME), 5, MAP_READ);
    EXPECT(E_MAPPED, sys_frame_map(lab.table_1, frame, to, 3, 4, 0, MAP_READ));
    EXPECT_FAULT(FAULT_READ, try_load(at(3)));
}

CASE(map, run_beyond_the_table)
{
    capref_t frame = lab_frame(4 * PAGE_BYTES);

    EXPECT(E_ARGUMENT, sys_frame_map(lab.table_1, frame, lab_slot(), 510, 4, 0, MAP_READ));
}

CASE(map, run_in_order)
{
    capref_t frame = lab_frame(4 * PAGE_BYTES), to = lab_slot();

    EXPECT(OK, sys_frame_map(lab.table_1, frame, to, 3, 4, 0, MAP_READ | MAP_WRITE));
    for (uint32_t i = 0; i < 4; i++)
        *(volatile uint64_t *)at(3 + i) = 100 + i;
    for (uint32_t i = 0; i < 4; i++)
        EXPECT(OK, sys_frame_map(lab.table_1, frame, lab_slot(), 20 + i, 1,
                                 (3 - i) * (uint64_t)PAGE_BYTES, MAP_READ));
    for (uint32_t i = 0; i < 4; i++)
        EQUAL(103 - i, *(volatile uint64_t *)at(20 + i));
}

CASE(map, levels_that_do_not_fit)
{
    capref_t t3 = lab_make(CAP_PAGE_TABLE_3), t1 = lab_make(CAP_PAGE_TABLE_1), to = lab_slot();
    capref_t frame = lab_make(CAP_FRAME);

    EXPECT(E_TYPE, sys_table_map(t3, t1, to, 1));
    EXPECT(E_TYPE, sys_table_map(t1, t1, to, 1));
    EXPECT(E_TYPE, sys_table_map(SLOT_PAGE_TABLE, t1, to, 120));
    EXPECT(E_TYPE, sys_table_map(t3, frame, to, 1));
    EXPECT(E_TYPE, sys_frame_map(t3, frame, to, 1, 1, 0, MAP_READ));
    EXPECT(E_TYPE, sys_frame_map(SLOT_PAGE_TABLE, frame, to, 120, 1, 0, MAP_READ));
}

CASE(map, kernel_half_of_a_root)
{
    capref_t root = lab_make(CAP_PAGE_TABLE_4), t3 = lab_make(CAP_PAGE_TABLE_3);

    EXPECT(OK, sys_table_map(root, t3, lab_slot(), PROBE_ROOT_LIMIT - 1));
    EXPECT(E_ARGUMENT, sys_table_map(root, t3, lab_slot(), PROBE_ROOT_LIMIT));
}

CASE(map, protect_a_table)
{
    capref_t mapping;

    MET(lab_table(7, &mapping) != 0);
    EXPECT(E_TYPE, sys_mapping_protect(mapping, MAP_READ));
}

CASE(map, moved_mapping_still_owns)
{
    capref_t mapping = lab_map(lab_make(CAP_FRAME), 3, MAP_READ), to = lab_slot();

    EXPECT(OK, sys_cap_move(mapping, to));
    EXPECT_FAULT(FAULT_NONE, try_load(at(3)));
    EXPECT(OK, sys_cap_delete(to));
    EXPECT_FAULT(FAULT_READ, try_load(at(3)));
}

/* ---- Addresses that are nobody's ---- */

CASE(address, null)
{
    EXPECT_FAULT(FAULT_READ, try_load(0));
    EXPECT_FAULT(FAULT_WRITE, try_store(0));
    EXPECT_FAULT(FAULT_EXECUTE, try_jump(0));
    EQUAL(0, probe_seen.address);
}

CASE(address, kernel_image)
{
    EXPECT_FAULT(FAULT_READ, try_load(PROBE_KERNEL_IMAGE));
    EXPECT_FAULT(FAULT_WRITE, try_store(PROBE_KERNEL_IMAGE));
    EXPECT_FAULT(FAULT_EXECUTE, try_jump(PROBE_KERNEL_IMAGE));
    EQUAL(PROBE_KERNEL_IMAGE, probe_seen.address);
}

CASE(address, kernel_zone)
{
    EXPECT_FAULT(FAULT_READ, try_load(PROBE_KERNEL_ZONE + PAGE_BYTES));
    EXPECT_FAULT(FAULT_WRITE, try_store(PROBE_KERNEL_ZONE + PAGE_BYTES));
}

CASE(address, not_canonical)
{
    TRUE(try_load(PROBE_NOT_CANONICAL) != FAULT_NONE);
    TRUE(try_store(PROBE_NOT_CANONICAL) != FAULT_NONE);
    TRUE(try_jump(PROBE_NOT_CANONICAL) != FAULT_NONE);
    EXPECT_FAULT(PROBE_NOT_CANONICAL_KIND, try_load(PROBE_NOT_CANONICAL));
}

CASE(address, last_of_the_users)
{
    EXPECT_FAULT(FAULT_READ, try_load((1ull << 47) - 8));
    EXPECT_FAULT(FAULT_EXECUTE, try_jump((1ull << 47) - 64));
}

CASE(address, own_program_text)
{
    EXPECT_FAULT(FAULT_NONE, try_load((uint64_t)probe_code));
    EXPECT_FAULT(FAULT_WRITE, try_store((uint64_t)probe_code));
    EXPECT_FAULT(FAULT_EXECUTE, try_jump((uint64_t)rt.page));
}

/* ---- Large pages ---- */

static uint64_t large(uint32_t entry)
{
    return LAB_VA + (uint64_t)entry * LARGE_PAGE_BYTES;
}

CASE(large, mapped)
{
    capref_t frame = lab_frame(2 * LARGE_PAGE_BYTES), to = lab_slot();

    EXPECT(OK, sys_frame_map(lab.table_2, frame, to, 4, 2, 0, MAP_READ | MAP_WRITE));
    EXPECT_FAULT(FAULT_NONE, try_store(large(4)));
    EXPECT_FAULT(FAULT_NONE, try_store(large(6) - 8));
    EXPECT_FAULT(FAULT_EXECUTE, try_jump(large(5)));
    EXPECT_FAULT(FAULT_READ, try_load(large(6)));
    EXPECT(OK, sys_mapping_protect(to, MAP_READ));
    EXPECT_FAULT(FAULT_WRITE, try_store(large(5) + 4096));
    EXPECT_FAULT(FAULT_NONE, try_load(large(6) - 8));
    EXPECT(OK, sys_cap_delete(to));
    EXPECT_FAULT(FAULT_READ, try_load(large(4)));
    EXPECT_FAULT(FAULT_READ, try_load(large(6) - 8));
}

CASE(large, same_memory_as_small)
{
    capref_t frame = lab_frame(LARGE_PAGE_BYTES);

    EXPECT(OK, sys_frame_map(lab.table_2, frame, lab_slot(), 4, 1, 0, MAP_READ | MAP_WRITE));
    EXPECT(OK, sys_frame_map(lab.table_1, frame, lab_slot(), 3, 1, 5 * PAGE_BYTES, MAP_READ));
    *(volatile uint64_t *)(large(4) + 5 * PAGE_BYTES) = 4711;
    EQUAL(4711, *(volatile uint64_t *)at(3));
}

CASE(large, frame_too_small)
{
    capref_t frame = lab_frame(LARGE_PAGE_BYTES);

    EXPECT(E_RANGE, sys_frame_map(lab.table_2, frame, lab_slot(), 4, 2, 0, MAP_READ));
    EXPECT(E_RANGE, sys_frame_map(lab.table_2, frame, lab_slot(), 4, 1, PAGE_BYTES, MAP_READ));
}

CASE(large, not_aligned)
{
    capref_t frame = lab_frame(2 * LARGE_PAGE_BYTES), part = lab_slot();

    EXPECT(E_ALIGN, sys_frame_map(lab.table_2, frame, lab_slot(), 4, 1, PAGE_BYTES, MAP_READ));
    EXPECT(OK, sys_cap_mint(frame, part, RIGHTS_ALL, 0, PAGE_BYTES, LARGE_PAGE_BYTES));
    EXPECT(E_ALIGN, sys_frame_map(lab.table_2, part, lab_slot(), 4, 1, 0, MAP_READ));
}

CASE(large, entry_in_use)
{
    capref_t frame = lab_frame(LARGE_PAGE_BYTES);

    MET(lab_table(4, NULL) != 0);
    EXPECT(E_MAPPED, sys_frame_map(lab.table_2, frame, lab_slot(), 4, 1, 0, MAP_READ));
    EXPECT(OK, sys_frame_map(lab.table_2, frame, lab_slot(), 5, 1, 0, MAP_READ));
    EXPECT(E_MAPPED, sys_table_map(lab.table_2, lab_make(CAP_PAGE_TABLE_1), lab_slot(), 5));
}

/* ---- The TLB: each page is touched, so that it is known, before it is taken away ---- */

CASE(tlb, unmap)
{
    capref_t mapping = lab_map(lab_make(CAP_FRAME), 3, MAP_READ | MAP_WRITE);

    EXPECT_FAULT(FAULT_NONE, try_store(at(3)));
    EXPECT(OK, sys_cap_delete(mapping));
    EXPECT_FAULT(FAULT_READ, try_load(at(3)));
    EXPECT_FAULT(FAULT_WRITE, try_store(at(3)));
}

CASE(tlb, unmap_a_run)
{
    capref_t frame = lab_frame(8 * PAGE_BYTES), to = lab_slot();

    EXPECT(OK, sys_frame_map(lab.table_1, frame, to, 3, 8, 0, MAP_READ | MAP_WRITE));
    for (uint32_t i = 0; i < 8; i++)
        EXPECT_FAULT(FAULT_NONE, try_store(at(3 + i)));
    EXPECT(OK, sys_cap_delete(to));
    for (uint32_t i = 0; i < 8; i++)
        EXPECT_FAULT(FAULT_WRITE, try_store(at(3 + i)));
}

CASE(tlb, protect)
{
    capref_t mapping = lab_map(lab_make(CAP_FRAME), 3, MAP_READ | MAP_WRITE);

    EXPECT_FAULT(FAULT_NONE, try_store(at(3)));
    EXPECT(OK, sys_mapping_protect(mapping, MAP_READ));
    EXPECT_FAULT(FAULT_WRITE, try_store(at(3)));
    EXPECT_FAULT(FAULT_NONE, try_load(at(3)));
    EXPECT(OK, sys_mapping_protect(mapping, 0));
    EXPECT_FAULT(FAULT_READ, try_load(at(3)));
    EXPECT(OK, sys_mapping_protect(mapping, MAP_READ | MAP_WRITE));
    EXPECT_FAULT(FAULT_NONE, try_store(at(3)));
}

CASE(tlb, protect_execute)
{
    capref_t mapping = lab_map(code_frame(), 3, MAP_READ | MAP_EXECUTE);

    EXPECT_FAULT(FAULT_NONE, try_jump(at(3)));
    EXPECT(OK, sys_mapping_protect(mapping, MAP_READ));
    EXPECT_FAULT(FAULT_EXECUTE, try_jump(at(3)));
}

/* The frame's end alone does not unmap: its mappings go with a revoke, or by their own names. */
CASE(tlb, revoke_the_frame)
{
    capref_t frame = lab_make(CAP_FRAME);

    lab_map(frame, 3, MAP_READ | MAP_WRITE);
    EXPECT_FAULT(FAULT_NONE, try_store(at(3)));
    EXPECT(OK, sys_cap_revoke(frame, 0));
    EXPECT_FAULT(FAULT_WRITE, try_store(at(3)));
    EXPECT_TYPE(CAP_FRAME, frame);
}

CASE(tlb, revoke_the_memory)
{
    capref_t ram = lab_ram(PAGE_BYTES * 4), frame = lab_slot();

    EXPECT(OK, sys_cap_retype(ram, 0, CAP_FRAME, PAGE_BYTES, 1, frame));
    lab_map(frame, 3, MAP_READ | MAP_WRITE);
    EXPECT_FAULT(FAULT_NONE, try_store(at(3)));
    EXPECT(OK, sys_cap_revoke(ram, 0));
    EXPECT_FAULT(FAULT_READ, try_load(at(3)));
}

CASE(tlb, table_unmapped)
{
    capref_t mapping, table = lab_table(7, &mapping);

    EXPECT(OK, sys_frame_map(table, lab_make(CAP_FRAME), lab_slot(), 0, 1, 0, MAP_READ));
    EXPECT_FAULT(FAULT_NONE, try_load(large(7)));
    EXPECT(OK, sys_cap_delete(mapping));
    EXPECT_FAULT(FAULT_READ, try_load(large(7)));
    EXPECT(OK, sys_table_map(lab.table_2, table, mapping, 8));
    EXPECT_FAULT(FAULT_NONE, try_load(large(8)));
}

CASE(tlb, table_deleted)
{
    capref_t mapping, table = lab_table(7, &mapping), page = lab_slot();

    EXPECT(OK, sys_frame_map(table, lab_make(CAP_FRAME), page, 0, 1, 0, MAP_READ));
    EXPECT_FAULT(FAULT_NONE, try_load(large(7)));
    EXPECT(OK, sys_cap_delete(table));
    EXPECT_FAULT(FAULT_READ, try_load(large(7)));
    EXPECT_TYPE(CAP_NULL, page);
    EXPECT_TYPE(CAP_NULL, mapping);
}

/* One table entered twice: an unmap reaches both addresses. */
CASE(tlb, table_entered_twice)
{
    capref_t table = lab_table(7, NULL), page = lab_slot();

    EXPECT(OK, sys_table_map(lab.table_2, table, lab_slot(), 9));
    EXPECT(OK, sys_frame_map(table, lab_make(CAP_FRAME), page, 0, 1, 0, MAP_READ));
    EXPECT_FAULT(FAULT_NONE, try_load(large(7)));
    EXPECT_FAULT(FAULT_NONE, try_load(large(9)));
    EXPECT(OK, sys_cap_delete(page));
    EXPECT_FAULT(FAULT_READ, try_load(large(7)));
    EXPECT_FAULT(FAULT_READ, try_load(large(9)));
}

CASE(tlb, moved_elsewhere)
{
    capref_t a = lab_make(CAP_FRAME), b = lab_make(CAP_FRAME);
    capref_t mapping = lab_map(a, 3, MAP_READ | MAP_WRITE);

    *(volatile uint64_t *)at(3) = 1;
    EXPECT(OK, sys_cap_delete(mapping));
    lab_map(b, 3, MAP_READ | MAP_WRITE);
    EQUAL(0, *(volatile uint64_t *)at(3));
    *(volatile uint64_t *)at(3) = 2;
    lab_map(a, 4, MAP_READ);
    EQUAL(1, *(volatile uint64_t *)at(4));
}

/* A dispatcher's own page goes with the dispatcher. */
CASE(tlb, dispatcher_page)
{
    capref_t d = lab_make(CAP_DISPATCHER);

    EXPECT(OK, sys_dispatcher_map(d, lab.table_1, lab_slot(), 3));
    EXPECT_FAULT(FAULT_NONE, try_store(at(3) + 2048));
    EXPECT(OK, sys_cap_delete(d));
    EXPECT_FAULT(FAULT_WRITE, try_store(at(3) + 2048));
}

CASE(device, mapped_and_not)
{
    capref_t device = lab_make(CAP_DEVICE_FRAME), to = lab_slot();

    EXPECT(OK, sys_frame_map(lab.table_1, device, to, 3, 1, 0, MAP_READ | MAP_UNCACHED));
    EXPECT(OK, sys_mapping_protect(to, MAP_READ | MAP_WRITE | MAP_UNCACHED));
    EXPECT(OK, sys_cap_delete(to));
    EXPECT_FAULT(FAULT_READ, try_load(at(3)));
}
