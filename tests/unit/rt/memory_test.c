/* memory_test.c: ranges, slots, ram, pages, heap and space over the model of the kernel: what
 * they hand out never overlaps, comes back whole, and what a walk of the page tables finds is
 * what was asked for. */
#include <rt/heap.h>
#include <rt/pages.h>
#include <rt/ram.h>
#include <rt/slots.h>
#include <rt/space.h>
#include <skerry/syscall.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "fake_kernel.h"

enum { ZONE_BASE = 0x100000, ZONE_BYTES = 1 << 20, RAM_BASE = 0x4000000, RAM_BYTES = 32 << 20 };
enum { FIRST_FREE = 16, RAM_SLOT = 6, HEAP_BYTES = 1 << 20 };

static struct slots slots;
static struct ram ram;
static struct space space;
static struct heap heap;
static struct pages pages;
static void *heap_memory;

static int setup(void **state)
{
    (void)state;
    fake_reset();
    fake_ram_put(SLOT_ZONE_RAM, ZONE_BASE, ZONE_BYTES);
    fake_ram_put(RAM_SLOT, RAM_BASE, RAM_BYTES);
    slots_init(&slots, &ram, 1, SLOTS_L2_MAX, FIRST_FREE);
    ram_init(&ram, &slots);
    assert_int_equal(ram_region_add(&ram, RAM_ZONE, SLOT_ZONE_RAM, 0), OK);
    assert_int_equal(ram_region_add(&ram, RAM_GENERAL, RAM_SLOT, 0), OK);
    space_init(&space, &slots, &ram, &heap, SLOT_PAGE_TABLE);
    heap_init(&heap, &ram, &space);
    heap_memory = aligned_alloc(16, HEAP_BYTES);
    heap_add(&heap, heap_memory, HEAP_BYTES);
    pages_init(&pages, &ram, &heap);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(heap_memory);
    return 0;
}

static void range_test(void **state)
{
    struct range room[8];
    struct range_set set;
    uint64_t at[64], begin;
    uint32_t owner;

    (void)state;
    range_init(&set, room, 8);
    range_put(&set, 0x1000, 0x10000, 1);
    range_put(&set, 0x11000, 0x10000, 2);
    assert_int_equal(set.count, 2); /* two owners: not joined */
    assert_int_equal(range_take(&set, 0x20000, 1, &begin, &owner), E_NO_MEMORY);
    for (int i = 0; i < 32; i++)
        assert_int_equal(range_take(&set, 0x1000, 0x1000, &at[i], &owner), OK);
    assert_int_equal(range_take(&set, 1, 1, &begin, &owner), E_NO_MEMORY);
    for (int i = 0; i < 32; i++) {
        int turn = (i * 13 + 5) % 32;
        range_put(&set, at[turn], 0x1000, at[turn] < 0x11000 ? 1 : 2);
    }
    assert_int_equal(set.free_bytes + set.lost_bytes, 0x20000);
    range_init(&set, room, 8);
    range_put(&set, 0x1000, 0x9000, 0);
    assert_int_equal(range_take(&set, 0x2000, 0x4000, &begin, NULL), OK);
    assert_int_equal(begin, 0x4000);
    assert_int_equal(set.count, 2);
    range_put(&set, begin, 0x2000, 0);
    assert_int_equal(set.count, 1);
    assert_int_equal(range_largest(&set), 0x9000);
}

static void slots_test(void **state)
{
    capref_t ref, run;
    static capref_t taken[1000];

    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(slot_alloc(&slots, &taken[i]), OK);
    for (int i = 0; i < 1000; i++)
        for (int k = i + 1; k < 1000; k++)
            assert_true(taken[i] != taken[k]);
    assert_true(slots.l2_count >= 4);
    assert_int_equal(slot_alloc_run(&slots, 200, &run), OK);
    assert_int_equal(run / CAP_L2_SLOTS, (run + 199) / CAP_L2_SLOTS);
    slot_free(&slots, taken[7]);
    assert_int_equal(slot_alloc(&slots, &ref), OK);
    assert_int_equal(ref, taken[7]);
    assert_int_equal(slot_alloc_run(&slots, 257, &run), E_ARGUMENT);
}

static void slots_end_test(void **state)
{
    enum status s;
    capref_t ref;
    uint32_t n = 0;

    (void)state;
    while ((s = slot_alloc(&slots, &ref)) == OK)
        n++;
    assert_int_equal(s, E_NO_SLOT); /* the zone has room for 64 CNodes: 63 more */
    assert_int_equal(n, SLOTS_L2_MAX * CAP_L2_SLOTS - FIRST_FREE);
}

static void ram_test(void **state)
{
    struct ram_object frame[40], part, large;
    uint32_t caps = fake_cap_count();
    uint64_t report = 0;

    (void)state;
    ram.peak_report[RAM_GENERAL] = &report;
    for (int i = 0; i < 40; i++)
        assert_int_equal(ram_alloc_frame(&ram, (uint64_t)(i + 1) * PAGE_BYTES, &frame[i]), OK);
    assert_int_equal(ram_alloc_frame(&ram, 4u << 20, &large), OK);
    assert_int_equal(large.base % LARGE_PAGE_BYTES, 0);
    assert_int_equal(ram_alloc_part(&ram, RAM_ZONE, 0x20000, &part), OK);
    assert_true(part.base >= ZONE_BASE && part.base < ZONE_BASE + ZONE_BYTES);
    assert_int_equal(ram_alloc_frame(&ram, RAM_BYTES, frame), E_NO_MEMORY);
    assert_int_equal(report, ram.pool[RAM_GENERAL].used_bytes);
    for (int i = 0; i < 40; i += 2)
        ram_free(&ram, &frame[i]);
    for (int i = 39; i > 0; i -= 2)
        ram_free(&ram, &frame[i]);
    ram_free(&ram, &large);
    ram_free(&ram, &part);
    assert_int_equal(ram.pool[RAM_GENERAL].used_bytes, 0);
    assert_int_equal(ram_free_bytes(&ram, RAM_GENERAL), RAM_BYTES);
    assert_int_equal(ram.pool[RAM_GENERAL].free.count, 1);
    assert_int_equal(fake_cap_count(), caps);
    ram_free(&ram, &part); /* twice: ignored */
}

static void pages_test(void **state)
{
    struct page_run run[200];
    uint32_t n = 0;

    (void)state;
    for (; n < 200; n++)
        assert_int_equal(pages_alloc(&pages, (n % 5 + 1) * PAGE_BYTES, &run[n]), OK);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = i + 1; k < n; k++)
            assert_false(run[i].frame == run[k].frame &&
                         run[i].offset < run[k].offset + run[k].bytes &&
                         run[k].offset < run[i].offset + run[i].bytes);
    pages_free(&pages, run[3].frame, run[3].offset, run[3].bytes);
    struct page_run again;
    assert_int_equal(pages_alloc(&pages, PAGE_BYTES, &again), OK);
    assert_true(again.dirty && again.frame == run[3].frame && again.offset == run[3].offset);
    run[3].bytes = PAGE_BYTES;
    for (uint32_t i = 0; i < n; i++)
        pages_free(&pages, run[i].frame, run[i].offset, run[i].bytes);
    assert_int_equal(pages.count, 0);
    assert_int_equal(ram.pool[RAM_GENERAL].used_bytes, 0);
}

static void heap_test(void **state)
{
    unsigned char *block[300] = {0};
    uint32_t seed = 1;

    (void)state;
    for (int turn = 0; turn < 20000; turn++) {
        seed = seed * 1664525 + 1013904223;
        uint32_t i = seed >> 8 & 255, bytes = seed >> 16 & 2047;
        if (block[i]) {
            for (uint32_t k = 0; k < 8; k++)
                assert_int_equal(block[i][k], i);
            heap_free(&heap, block[i]);
            block[i] = NULL;
        } else {
            block[i] = heap_alloc(&heap, bytes + 8);
            assert_non_null(block[i]);
            assert_int_equal((uintptr_t)block[i] % 16, 0);
            memset(block[i], (int)i, bytes + 8);
        }
    }
    for (int i = 0; i < 300; i++)
        heap_free(&heap, block[i]);
    void *all = heap_alloc(&heap, HEAP_BYTES - 64);
    assert_non_null(all); /* everything joined again */
    heap_free(&heap, all);
}

/* The model: 2,000 pages across four tables, each with what was asked for. */
enum { MODEL_PAGES = 2000, FRAME_PAGES = 512 };
static const uint64_t MODEL_BASE = 0x5000001ff000;
static struct {
    uint64_t pa;
    uint32_t flags;
    bool booked;
} model[MODEL_PAGES];

static void model_check(void)
{
    for (uint64_t i = 0; i < MODEL_PAGES; i++) {
        uint64_t pa = 0;
        uint32_t flags = 0;
        bool found = fake_walk(MODEL_BASE + i * PAGE_BYTES, &pa, &flags);
        assert_int_equal(found, model[i].booked && model[i].flags != 0);
        if (found) {
            assert_int_equal(pa, model[i].pa);
            assert_int_equal(flags, model[i].flags);
        }
    }
}

static void model_step(const struct ram_object *frame)
{
    static const uint32_t flag_choice[] = {0, MAP_READ, MAP_READ | MAP_WRITE};
    uint64_t first = (uint64_t)rand() % MODEL_PAGES, count = (uint64_t)rand() % 90 + 1;
    uint32_t flags = flag_choice[rand() % 3];
    uint64_t va = MODEL_BASE + first * PAGE_BYTES, offset = (uint64_t)rand() % (FRAME_PAGES - 90);
    bool busy = false;

    if (first + count > MODEL_PAGES)
        count = MODEL_PAGES - first;
    for (uint64_t i = first; i < first + count; i++)
        busy = busy || model[i].booked;
    switch (rand() % 3) {
    case 0:
        assert_int_equal(
            space_map(&space, va, frame->cap, offset * PAGE_BYTES, count * PAGE_BYTES, flags),
            busy ? E_MAPPED : OK);
        for (uint64_t i = first; !busy && i < first + count; i++) {
            model[i].booked = true;
            model[i].flags = flags;
            model[i].pa = frame->base + (offset + i - first) * PAGE_BYTES;
        }
        break;
    case 1:
        assert_int_equal(space_unmap(&space, va, count * PAGE_BYTES, NULL, NULL), OK);
        for (uint64_t i = first; i < first + count; i++)
            model[i].booked = false;
        break;
    default:
        assert_int_equal(space_protect(&space, va, count * PAGE_BYTES, flags), OK);
        for (uint64_t i = first; i < first + count; i++)
            model[i].flags = flags;
    }
}

static void space_random_test(void **state)
{
    struct ram_object frame;

    (void)state;
    srand(3);
    memset(model, 0, sizeof model);
    assert_int_equal(ram_alloc_frame(&ram, FRAME_PAGES * PAGE_BYTES, &frame), OK);
    for (int turn = 0; turn < 3000; turn++) {
        model_step(&frame);
        if (turn % 300 == 0)
            model_check();
    }
    model_check();
    uint32_t caps = fake_cap_count();
    assert_int_equal(space_unmap(&space, MODEL_BASE, MODEL_PAGES * PAGE_BYTES, NULL, NULL), OK);
    memset(model, 0, sizeof model);
    model_check();
    assert_true(fake_cap_count() < caps);
    space_forget(&space);
}

static void space_large_test(void **state)
{
    struct ram_object frame;
    uint64_t va = 0x500000000000, pa, offset;
    uint32_t flags;
    capref_t found;

    (void)state;
    assert_int_equal(ram_alloc_frame(&ram, 6u << 20, &frame), OK);
    uint32_t caps = fake_cap_count();
    assert_int_equal(space_map(&space, va, frame.cap, 0, (4u << 20) + 0x5000, MAP_READ), OK);
    /* tables of level 3, 2, 1 with a mapping each; one large run, one small */
    assert_int_equal(fake_cap_count(), caps + 3 + 3 + 2);
    assert_true(fake_walk(va + (3u << 20) + 5, &pa, &flags));
    assert_int_equal(pa, frame.base + (3u << 20) + 5);
    assert_true(fake_walk(va + (4u << 20) + 0x4000, &pa, &flags));
    assert_int_equal(pa, frame.base + (4u << 20) + 0x4000);
    assert_int_equal(space_find(&space, va + (3u << 20), &found, &offset, &flags), OK);
    assert_int_equal(offset, 3u << 20);
    assert_int_equal(space_unmap(&space, va, 0x1000, NULL, NULL), E_ALIGN);
    assert_int_equal(space_unmap(&space, va + 0x1000, 4u << 20, NULL, NULL), E_ALIGN);
    assert_int_equal(space_unmap(&space, va + (2u << 20), 2u << 20, NULL, NULL), OK);
    assert_false(fake_walk(va + (3u << 20), &pa, &flags));
    assert_true(fake_walk(va + (1u << 20), &pa, &flags));
    assert_int_equal(space_find(&space, va + (3u << 20), &found, &offset, &flags), E_NOT_MAPPED);
    /* Large pages and the small rest of them go at once. */
    assert_int_equal(space_unmap(&space, va, (4u << 20) + 0x5000, NULL, NULL), OK);
    assert_false(fake_walk(va + (1u << 20), &pa, &flags));
    assert_false(fake_walk(va + (4u << 20) + 0x4000, &pa, &flags));
    assert_int_equal(fake_cap_count(), caps + 3 + 3);
    space_forget(&space);
}

static void space_refused_test(void **state)
{
    struct ram_object frame;
    uint64_t va = 0x5000001fe000, pa;
    uint32_t flags;

    (void)state;
    assert_int_equal(ram_alloc_frame(&ram, 0x10000, &frame), OK);
    assert_int_equal(space_map(&space, va + 1, frame.cap, 0, 0x1000, MAP_READ), E_ALIGN);
    assert_int_equal(space_map(&space, va + 0x3000, frame.cap, 0, 0x1000, MAP_READ), OK);
    /* the second table refuses: the piece in the first is undone */
    assert_int_equal(space_map(&space, va, frame.cap, 0, 0x4000, MAP_READ), E_MAPPED);
    assert_false(fake_walk(va, &pa, &flags));
    assert_int_equal(space_map(&space, va, frame.cap, 0xf000, 0x2000, MAP_READ), E_RANGE);
    assert_int_equal(space_unmap(&space, va + 0x3000, 0x1000, NULL, NULL), OK);
    space_forget(&space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(range_test, setup, teardown),
        cmocka_unit_test_setup_teardown(slots_test, setup, teardown),
        cmocka_unit_test_setup_teardown(slots_end_test, setup, teardown),
        cmocka_unit_test_setup_teardown(ram_test, setup, teardown),
        cmocka_unit_test_setup_teardown(pages_test, setup, teardown),
        cmocka_unit_test_setup_teardown(heap_test, setup, teardown),
        cmocka_unit_test_setup_teardown(space_random_test, setup, teardown),
        cmocka_unit_test_setup_teardown(space_large_test, setup, teardown),
        cmocka_unit_test_setup_teardown(space_refused_test, setup, teardown),
    };
    return cmocka_run_group_tests_name("rt_memory", tests, NULL, NULL);
}
