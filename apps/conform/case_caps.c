/* case_caps.c: retype, revoke, tags, deletion, CSpaces: what one capability operation does to
 * others. */
#include "conform.h"

/* ---- Retype ---- */

CASE(retype, many_at_once)
{
    capref_t ram = lab_ram(8 * PAGE_BYTES), to = lab_slots(8);

    EXPECT(OK, sys_cap_retype(ram, 0, CAP_FRAME, PAGE_BYTES, 8, to));
    for (uint32_t i = 0; i < 8; i++)
        EQUAL(lab_describe(ram).base + i * PAGE_BYTES, lab_describe(to + i).base);
}

CASE(retype, twice)
{
    capref_t ram = lab_ram(4 * PAGE_BYTES), a = lab_slot(), b = lab_slot();

    EXPECT(OK, sys_cap_retype(ram, PAGE_BYTES, CAP_FRAME, PAGE_BYTES, 1, a));
    EXPECT(E_RETYPED, sys_cap_retype(ram, PAGE_BYTES, CAP_FRAME, PAGE_BYTES, 1, b));
    EXPECT(E_RETYPED, sys_cap_retype(ram, 0, CAP_FRAME, 4 * PAGE_BYTES, 1, b));
    EXPECT(E_RETYPED, sys_cap_retype(ram, 0, CAP_RAM, 2 * PAGE_BYTES, 1, b));
    EXPECT(OK, sys_cap_retype(ram, 2 * PAGE_BYTES, CAP_FRAME, 2 * PAGE_BYTES, 1, b));
}

CASE(retype, through_a_copy)
{
    capref_t ram = lab_ram(4 * PAGE_BYTES), copy = lab_slot(), a = lab_slot();

    EXPECT(OK, sys_cap_copy(ram, copy));
    EXPECT(OK, sys_cap_retype(ram, 0, CAP_FRAME, PAGE_BYTES, 1, a));
    EXPECT(E_RETYPED, sys_cap_retype(copy, 0, CAP_FRAME, PAGE_BYTES, 1, lab_slot()));
}

CASE(retype, again_after_delete)
{
    capref_t ram = lab_ram(PAGE_BYTES * 2), a = lab_slot();

    EXPECT(OK, sys_cap_retype(ram, 0, CAP_FRAME, PAGE_BYTES, 1, a));
    EXPECT(OK, sys_cap_delete(a));
    EXPECT(OK, sys_cap_retype(ram, 0, CAP_FRAME, 2 * PAGE_BYTES, 1, a));
}

CASE(retype, whole_to_itself)
{
    capref_t ram = lab_ram(PAGE_BYTES);

    EXPECT(E_ARGUMENT, sys_cap_retype(ram, 0, CAP_RAM, PAGE_BYTES, 1, lab_slot()));
}

CASE(retype, a_later_slot_used)
{
    capref_t ram = lab_ram(4 * PAGE_BYTES), to = lab_slots(4);

    EXPECT(OK, sys_cap_copy(ram, to + 3));
    EXPECT(E_SLOT_USED, sys_cap_retype(ram, 0, CAP_FRAME, PAGE_BYTES, 4, to));
    EXPECT_TYPE(CAP_NULL, to);
}

CASE(retype, across_two_cnodes)
{
    capref_t ram = lab_ram(4 * PAGE_BYTES);

    EXPECT(E_NO_SLOT, sys_cap_retype(ram, 0, CAP_FRAME, PAGE_BYTES, 2, LAB_CAP(255)));
}

CASE(retype, cnode_of_odd_size)
{
    capref_t ram = lab_zone(4 * PAGE_BYTES), to = lab_slot();

    EXPECT(E_ARGUMENT, sys_cap_retype(ram, 0, CAP_CNODE_L1, 3 * LINE_BYTES, 1, to));
    EXPECT(E_ARGUMENT, sys_cap_retype(ram, 0, CAP_CNODE_L2, 2 * LINE_BYTES, 1, to));
    EXPECT(E_ARGUMENT, sys_cap_retype(ram, 0, CAP_DISPATCHER, PAGE_BYTES, 1, to));
    EXPECT(OK, sys_cap_retype(ram, 0, CAP_CNODE_L1, 4 * LINE_BYTES, 1, to));
}

CASE(retype, ram_into_ram)
{
    capref_t ram = lab_ram(4 * PAGE_BYTES), small = lab_slot(), frame = lab_slot();

    EXPECT(OK, sys_cap_retype(ram, PAGE_BYTES, CAP_RAM, PAGE_BYTES, 1, small));
    EXPECT(OK, sys_cap_retype(small, 0, CAP_FRAME, PAGE_BYTES, 1, frame));
    EXPECT(E_RETYPED, sys_cap_retype(ram, PAGE_BYTES, CAP_FRAME, PAGE_BYTES, 1, lab_slot()));
}

CASE(retype, not_the_owner)
{
    capref_t frame = lab_foreign_frame(4);

    EQUAL(1, lab_describe(frame).owner);
    EXPECT(E_TYPE, sys_cap_retype(frame, 0, CAP_FRAME, PAGE_BYTES, 1, lab_slot()));
}

CASE(retype, frames_are_zero)
{
    capref_t ram = lab_ram(PAGE_BYTES), a = lab_slot();
    volatile uint64_t *page = lab_at(3);

    EXPECT(OK, sys_cap_retype(ram, 0, CAP_FRAME, PAGE_BYTES, 1, a));
    capref_t mapping = lab_map(a, 3, MAP_READ | MAP_WRITE);
    MET(mapping != 0);
    for (uint32_t i = 0; i < PAGE_BYTES / 8; i++)
        page[i] = 0x5ec7e75ec7e7ull;
    EXPECT(OK, sys_cap_delete(mapping));
    EXPECT(OK, sys_cap_delete(a));
    EXPECT(OK, sys_cap_retype(ram, 0, CAP_FRAME, PAGE_BYTES, 1, a));
    mapping = lab_map(a, 3, MAP_READ);
    MET(mapping != 0);
    for (uint32_t i = 0; i < PAGE_BYTES / 8; i++)
        EQUAL(0, page[i]);
}

CASE(retype, device_into_smaller)
{
    struct cap_description d = lab_describe(GRANT_DEVICE);
    capref_t whole = lab_slot(), to = lab_slot();

    EXPECT(OK, sys_cap_mint(GRANT_DEVICE, whole, RIGHTS_ALL, 0, d.bytes - 2 * PAGE_BYTES,
                            2 * PAGE_BYTES));
    EXPECT(E_TYPE, sys_cap_retype(whole, 0, CAP_FRAME, PAGE_BYTES, 1, to));
    EXPECT(E_TYPE, sys_cap_retype(whole, 0, CAP_RAM, PAGE_BYTES, 1, to));
    EXPECT(OK, sys_cap_retype(whole, 0, CAP_DEVICE_FRAME, PAGE_BYTES, 1, to));
    EXPECT(E_RETYPED, sys_cap_retype(whole, 0, CAP_DEVICE_FRAME, PAGE_BYTES, 1, lab_slot()));
}

/* ---- Revoke and delete ---- */

CASE(revoke, copies_go)
{
    capref_t frame = lab_make(CAP_FRAME), copy = lab_slot(), part = lab_slot();

    EXPECT(OK, sys_cap_copy(frame, copy));
    EXPECT(OK, sys_cap_mint(copy, part, RIGHT_READ, 0, 0, 0));
    EXPECT(OK, sys_cap_revoke(frame, 0));
    EXPECT_TYPE(CAP_FRAME, frame);
    EXPECT_TYPE(CAP_NULL, copy);
    EXPECT_TYPE(CAP_NULL, part);
}

CASE(revoke, descendants_go)
{
    capref_t ram = lab_ram(4 * PAGE_BYTES), small = lab_slot(), frame = lab_slot();

    EXPECT(OK, sys_cap_retype(ram, 0, CAP_RAM, 2 * PAGE_BYTES, 1, small));
    EXPECT(OK, sys_cap_retype(small, 0, CAP_FRAME, PAGE_BYTES, 1, frame));
    capref_t mapping = lab_map(frame, 3, MAP_READ);
    EXPECT(OK, sys_cap_revoke(ram, 0));
    EXPECT_TYPE(CAP_RAM, ram);
    EXPECT_TYPE(CAP_NULL, small);
    EXPECT_TYPE(CAP_NULL, frame);
    EXPECT_TYPE(CAP_NULL, mapping);
    EXPECT(OK, sys_cap_retype(ram, 0, CAP_FRAME, 4 * PAGE_BYTES, 1, frame));
}

CASE(revoke, ancestors_and_neighbours_stay)
{
    capref_t ram = lab_ram(4 * PAGE_BYTES), a = lab_slots(2);

    EXPECT(OK, sys_cap_retype(ram, 0, CAP_FRAME, PAGE_BYTES, 2, a));
    EXPECT(OK, sys_cap_revoke(a, 0));
    EXPECT_TYPE(CAP_RAM, ram);
    EXPECT_TYPE(CAP_FRAME, a);
    EXPECT_TYPE(CAP_FRAME, a + 1);
}

CASE(revoke, through_a_copy_takes_the_first)
{
    capref_t frame = lab_make(CAP_FRAME), copy = lab_slot();

    EXPECT(OK, sys_cap_copy(frame, copy));
    EXPECT(OK, sys_cap_revoke(copy, 0));
    EXPECT_TYPE(CAP_NULL, frame);
    EXPECT_TYPE(CAP_FRAME, copy);
}

/* The capability that is revoked through lies in a CNode that is made of what it names. */
CASE(revoke, itself_within)
{
    capref_t ram = lab_zone(64 << 10), cnode = lab_slot(), root = lab_make(CAP_CNODE_L1);
    uint64_t inside = capref_in(root, capref_make(1, 7));

    EXPECT(OK, sys_cap_retype(ram, 0, CAP_CNODE_L2, 0, 1, cnode));
    EXPECT(OK, sys_cnode_attach(root, 1, cnode));
    EXPECT(OK, sys_cap_copy(ram, inside));
    EXPECT(E_NO_CAP, sys_cap_revoke(inside, 0));
    EXPECT_TYPE(CAP_NULL, ram);
    EXPECT(E_NO_SLOT, sys_cap_delete(inside));
}

CASE(revoke, endpoints_of_a_dispatcher)
{
    capref_t d = lab_make(CAP_DISPATCHER), a = lab_slot(), b = lab_slot();

    EXPECT(OK, sys_endpoint_make(d, a, 1));
    EXPECT(OK, sys_bell_local(d, b));
    EXPECT(OK, sys_cap_revoke(d, 0));
    EXPECT_TYPE(CAP_NULL, a);
    EXPECT_TYPE(CAP_NULL, b);
    EXPECT_TYPE(CAP_DISPATCHER, d);
}

CASE(revoke, markers_stay)
{
    capref_t frame = lab_make(CAP_FRAME), copy = lab_slot(), marker = lab_slot();

    EXPECT(OK, sys_cap_copy(frame, copy));
    EXPECT(OK, sys_monitor_mark(GRANT_MONITOR, marker, frame, 9));
    EXPECT(OK, sys_cap_revoke(frame, 0));
    EXPECT_TYPE(CAP_NULL, copy);
    EXPECT_TYPE(CAP_MARKER, marker);
    EXPECT(OK, sys_cap_delete(marker));
}

CASE(marker, outlives_and_occupies)
{
    capref_t ram = lab_ram(PAGE_BYTES), frame = lab_slot(), marker = lab_slot();

    EXPECT(OK, sys_cap_retype(ram, 0, CAP_FRAME, PAGE_BYTES, 1, frame));
    EXPECT(OK, sys_monitor_mark(GRANT_MONITOR, marker, frame, 9));
    EXPECT(OK, sys_cap_delete(frame));
    EXPECT_TYPE(CAP_MARKER, marker);
    EXPECT(E_RETYPED, sys_cap_retype(ram, 0, CAP_FRAME, PAGE_BYTES, 1, frame));
    EXPECT(OK, sys_cap_delete(marker));
    EXPECT(OK, sys_cap_retype(ram, 0, CAP_FRAME, PAGE_BYTES, 1, frame));
}

CASE(delete, last_cnode_takes_its_contents)
{
    capref_t root = lab_make(CAP_CNODE_L1), frame = lab_make(CAP_FRAME);
    uint64_t before = lab_cap_count();

    EXPECT(OK, sys_cap_copy(frame, capref_in(root, 9)));
    EXPECT(OK, sys_cap_copy(frame, capref_in(root, 10)));
    EQUAL(before + 2, lab_cap_count());
    EXPECT(OK, sys_cap_delete(root));
    EQUAL(before - 2, lab_cap_count()); /* the root, its L2 CNode */
}

CASE(delete, one_of_two_cspace_roots)
{
    capref_t root = lab_make(CAP_CNODE_L1), copy = lab_slot(), frame = lab_make(CAP_FRAME);

    EXPECT(OK, sys_cap_copy(frame, capref_in(root, 9)));
    EXPECT(OK, sys_cap_copy(root, copy));
    EXPECT(OK, sys_cap_delete(root));
    EXPECT_TYPE(CAP_FRAME, capref_in(copy, 9));
}

CASE(delete, cnode_in_itself)
{
    capref_t root = lab_make(CAP_CNODE_L1);
    uint64_t before = lab_cap_count();

    EXPECT(OK, sys_cap_move(root, capref_in(root, 9)));
    EQUAL(before, lab_cap_count());
    /* Nobody can name it any more; the revoke of the lab's memory reaches it all the same. */
}

/* ---- Tags ---- */

CASE(tag, minted_and_inherited)
{
    capref_t frame = lab_foreign_frame(2), tagged = lab_slot(), copy = lab_slot(),
             part = lab_slot();

    EQUAL(0, lab_describe(frame).tag);
    EXPECT(OK, sys_cap_mint(frame, tagged, RIGHTS_ALL, 5, 0, 0));
    EXPECT(OK, sys_cap_copy(tagged, copy));
    EXPECT(OK, sys_cap_mint(tagged, part, RIGHTS_ALL, 0, PAGE_BYTES, PAGE_BYTES));
    EQUAL(5, lab_describe(tagged).tag);
    EQUAL(5, lab_describe(copy).tag);
    EQUAL(5, lab_describe(part).tag);
}

CASE(tag, never_changes)
{
    capref_t frame = lab_foreign_frame(1), tagged = lab_slot(), to = lab_slot();

    EXPECT(OK, sys_cap_mint(frame, tagged, RIGHTS_ALL, 5, 0, 0));
    EXPECT(E_TAGGED, sys_cap_mint(tagged, to, RIGHTS_ALL, 6, 0, 0));
    EXPECT(OK, sys_cap_mint(tagged, to, RIGHTS_ALL, 5, 0, 0));
}

CASE(tag, needs_the_right_to_revoke)
{
    capref_t frame = lab_foreign_frame(1), weak = lab_weaker(frame, RIGHTS_ALL - RIGHT_REVOKE);

    EXPECT(E_RIGHTS, sys_cap_mint(weak, lab_slot(), RIGHTS_ALL, 5, 0, 0));
}

CASE(tag, mapping_has_its_frames)
{
    capref_t frame = lab_foreign_frame(1), tagged = lab_slot();

    EXPECT(OK, sys_cap_mint(frame, tagged, RIGHTS_ALL, 5, 0, 0));
    capref_t mapping = lab_map(tagged, 3, 0);
    EQUAL(5, lab_describe(mapping).tag);
}

CASE(tag, revoked_by_name)
{
    capref_t frame = lab_foreign_frame(1), a = lab_slot(), b = lab_slot(), plain = lab_slot();

    EXPECT(OK, sys_cap_mint(frame, a, RIGHTS_ALL, 5, 0, 0));
    EXPECT(OK, sys_cap_mint(frame, b, RIGHTS_ALL, 6, 0, 0));
    EXPECT(OK, sys_cap_copy(frame, plain));
    capref_t map_a = lab_map(a, 3, 0), map_b = lab_map(b, 4, 0);
    EXPECT(OK, sys_cap_revoke(frame, 5));
    EXPECT_TYPE(CAP_NULL, a);
    EXPECT_TYPE(CAP_NULL, map_a);
    EXPECT_TYPE(CAP_FRAME, b);
    EXPECT_TYPE(CAP_MAPPING, map_b);
    EXPECT_TYPE(CAP_FRAME, plain);
}

CASE(tag, revoked_through_one_of_them)
{
    capref_t frame = lab_foreign_frame(1), a = lab_slot(), again = lab_slot(), b = lab_slot();

    EXPECT(OK, sys_cap_mint(frame, a, RIGHTS_ALL, 5, 0, 0));
    EXPECT(OK, sys_cap_copy(a, again));
    EXPECT(OK, sys_cap_mint(frame, b, RIGHTS_ALL, 6, 0, 0));
    EXPECT(OK, sys_cap_revoke(a, 0));
    EXPECT_TYPE(CAP_FRAME, frame);
    EXPECT_TYPE(CAP_FRAME, a);
    EXPECT_TYPE(CAP_NULL, again);
    EXPECT_TYPE(CAP_FRAME, b);
}

CASE(tag, revoked_with_everything)
{
    capref_t frame = lab_foreign_frame(1), a = lab_slot(), b = lab_slot();

    EXPECT(OK, sys_cap_mint(frame, a, RIGHTS_ALL, 5, 0, 0));
    EXPECT(OK, sys_cap_mint(frame, b, RIGHTS_ALL, 6, 0, 0));
    EXPECT(OK, sys_cap_revoke(frame, 0));
    EXPECT_TYPE(CAP_NULL, a);
    EXPECT_TYPE(CAP_NULL, b);
}

CASE(tag, another_than_ones_own)
{
    capref_t frame = lab_foreign_frame(1), a = lab_slot();

    EXPECT(OK, sys_cap_mint(frame, a, RIGHTS_ALL, 5, 0, 0));
    EXPECT(E_TAGGED, sys_cap_revoke(a, 6));
    EXPECT(OK, sys_cap_revoke(a, 5));
    EXPECT_TYPE(CAP_FRAME, frame);
}

CASE(tag, objects_have_their_memorys)
{
    uint32_t tag = lab_describe(lab.zone.cap).tag;
    capref_t d = lab_make(CAP_DISPATCHER), endpoint = lab_slot();

    TRUE(tag != 0);
    EQUAL(tag, lab_describe(d).tag);
    EXPECT(OK, sys_endpoint_make(d, endpoint, 1));
    EQUAL(tag, lab_describe(endpoint).tag);
}

CASE(tag, counted_apart)
{
    capref_t frame = lab_foreign_frame(1), a = lab_slot(), b = lab_slot();
    struct cap_description d = lab_describe(frame);
    uint64_t copies = 0, below = 0;

    EXPECT(OK, sys_cap_mint(frame, a, RIGHTS_ALL, 5, 0, 0));
    EXPECT(OK, sys_cap_copy(a, b));
    EXPECT(OK, sys_monitor_count(GRANT_MONITOR, d.base, d.bytes, CAP_FRAME, 5, &copies, &below));
    EQUAL(2, copies);
    EXPECT(OK, sys_monitor_count(GRANT_MONITOR, d.base, d.bytes, CAP_FRAME, 0, &copies, &below));
    EQUAL(1, copies);
    EXPECT(OK, sys_monitor_count(GRANT_MONITOR, d.base, d.bytes, CAP_FRAME, 6, &copies, &below));
    EQUAL(0, copies);
}

/* ---- CSpaces ---- */

CASE(cspace, attached_and_detached)
{
    capref_t root = lab_make(CAP_CNODE_L1), cnode = lab_make(CAP_CNODE_L2), to = lab_slot();
    capref_t frame = lab_make(CAP_FRAME);

    EXPECT(E_NO_SLOT, sys_cap_copy(frame, capref_in(root, capref_make(3, 0))));
    EXPECT(OK, sys_cnode_attach(root, 3, cnode));
    EXPECT_TYPE(CAP_NULL, cnode);
    EXPECT(OK, sys_cap_copy(frame, capref_in(root, capref_make(3, 0))));
    EXPECT(OK, sys_cnode_detach(root, 3, to));
    EXPECT(E_NO_SLOT, sys_cap_copy(frame, capref_in(root, capref_make(3, 1))));
    EXPECT(OK, sys_cnode_attach(root, 4, to));
    EXPECT(OK, sys_cap_delete(capref_in(root, capref_make(4, 0))));
}

CASE(cspace, null_slot_of_a_root)
{
    capref_t root = lab_make(CAP_CNODE_L1), frame = lab_make(CAP_FRAME);

    EXPECT(E_NO_SLOT, sys_cap_copy(frame, capref_in(root, 0)));
    EXPECT(OK, sys_cap_copy(frame, capref_in(root, 1)));
    EXPECT(OK, sys_cap_copy(frame, capref_in(root, 255)));
}

CASE(cspace, identify_says_copies_and_descendants)
{
    capref_t ram = lab_ram(2 * PAGE_BYTES), copy = lab_slot(), frame = lab_slot();
    struct sysret r = arch_syscall(SYS_CAP_IDENTIFY, ram, 2, 0, 0, 0, 0);

    EQUAL(0, r.r1 | r.r2);
    EXPECT(OK, sys_cap_copy(ram, copy));
    EXPECT(OK, sys_cap_retype(ram, 0, CAP_FRAME, PAGE_BYTES, 1, frame));
    r = arch_syscall(SYS_CAP_IDENTIFY, ram, 2, 0, 0, 0, 0);
    EQUAL(1, r.r1);
    EQUAL(1, r.r2);
    r = arch_syscall(SYS_CAP_IDENTIFY, frame, 2, 0, 0, 0, 0);
    EQUAL(0, r.r1 | r.r2);
}

CASE(cspace, into_a_childs_and_out)
{
    capref_t root = lab_make(CAP_CNODE_L1), frame = lab_make(CAP_FRAME);

    EXPECT(OK, sys_cap_move(frame, capref_in(root, 20)));
    EXPECT_TYPE(CAP_NULL, frame);
    EXPECT(OK, sys_cap_move(capref_in(root, 20), frame));
    EXPECT_TYPE(CAP_FRAME, frame);
}
