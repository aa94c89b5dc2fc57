/* memory.c: pages: into an address space and out of it, and where they come from. */
#include "bench.h"
#include <rt/memory.h>
#include <rt/slots.h>

struct place {
    capref_t table, frame, mapping;
    uint32_t index;
};

static enum status place_make(struct place *p)
{
    struct ram_object frame;
    uint64_t va;
    enum status s = ram_alloc_frame(&rt.ram, PAGE_BYTES, &frame);

    if (s == OK)
        s = address_take(PAGE_BYTES, &va);
    if (s == OK)
        s = space_table_get(&rt.space, va, &p->table);
    if (s == OK)
        s = slot_alloc(&rt.slots, &p->mapping);
    if (s != OK)
        return s;
    p->frame = frame.cap;
    p->index = (uint32_t)(va / PAGE_BYTES) % 512;
    return OK;
}

static enum status page_in(const struct place *p)
{
    return sys_frame_map(p->table, p->frame, capref_in(0, p->mapping), p->index, 1, 0,
                         MAP_READ | MAP_WRITE);
}

/* What page_in costs without the kernel. */
static uint64_t stub_cost(const struct place *p)
{
    sample_clear(&sample);
    for (uint32_t i = 0; i < SAMPLES; i++)
        SAMPLE(WINDOW_NONE, &sample,
               (void)arch_syscall_skip(SYS_FRAME_MAP, p->table, p->frame, p->mapping,
                                       p->index | 1ull << 32, 0, MAP_READ | MAP_WRITE));
    return sample_median(&sample);
}

static void map_measure(const struct place *p)
{
    uint64_t stub = stub_cost(p);
    enum status s = OK;

    sample_clear(&sample);
    for (uint32_t i = 0; s == OK && i < SAMPLES; i++) {
        SAMPLE(WINDOW_MAP, &sample, s = page_in(p));
        if (s == OK)
            s = sys_cap_delete(capref_in(0, p->mapping));
    }
    if (row_ok("map_page", s))
        row_print("map_page", WINDOW_MAP, 0, sample_median(&sample) - stub);
    sample_clear(&sample);
    for (uint32_t i = 0; s == OK && i < SAMPLES; i++) {
        s = page_in(p);
        if (s == OK)
            SAMPLE(WINDOW_UNMAP, &sample, s = sys_cap_delete(capref_in(0, p->mapping)));
    }
    if (row_ok("unmap_page", s))
        row_print("unmap_page", WINDOW_UNMAP, 0, sample_median(&sample));
}

/* What the kernel spends to clear 4 KiB: the same retype to a frame and to RAM. */
static enum status zeroing_cost(uint64_t *cost)
{
    struct ram_object whole;
    capref_t part;
    uint64_t value[2] = {0, 0};
    enum status s = ram_alloc_part(&rt.ram, RAM_GENERAL, 2 * PAGE_BYTES, &whole);

    if (s == OK)
        s = slot_alloc(&rt.slots, &part);
    for (unsigned type = 0; s == OK && type < 2; type++) {
        sample_clear(&sample);
        for (uint32_t i = 0; s == OK && i < SAMPLES; i++) {
            SAMPLE(WINDOW_NONE, &sample,
                   s = sys_cap_retype(whole.cap, 0, type ? CAP_FRAME : CAP_RAM, PAGE_BYTES, 1,
                                      capref_in(0, part)));
            if (s == OK)
                s = sys_cap_delete(capref_in(0, part));
        }
        value[type] = sample_median(&sample);
    }
    if (s != OK)
        return s;
    slot_free(&rt.slots, part);
    ram_free(&rt.ram, &whole);
    *cost = value[1] - value[0];
    return OK;
}

/* Amortised: a hundred frames, then all given back; new CNodes of slots are among it. */
static void alloc_measure(void)
{
    static struct ram_object frame[100];
    uint64_t sum = 0, rounds = 10, zeroing = 0;
    enum status s = zeroing_cost(&zeroing);

    for (uint32_t round = 0; s == OK && round < rounds; round++) {
        uint64_t begin = arch_user_cycles();
        arch_mark(MARK_BEGIN, WINDOW_FRAME);
        for (uint32_t i = 0; s == OK && i < 100; i++)
            s = ram_alloc_frame(&rt.ram, PAGE_BYTES, &frame[i]);
        arch_mark(MARK_END, WINDOW_FRAME);
        sum += arch_user_cycles() - begin;
        for (uint32_t i = 0; s == OK && i < 100; i++)
            ram_free(&rt.ram, &frame[i]);
    }
    if (!row_ok("frame_alloc", s))
        return;
    row_line("frame_alloc", WINDOW_FRAME, sum / (rounds * 100) - zeroing, "how=icount each=100");
    row_line("frame_zero", WINDOW_FRAME, zeroing, "how=icount each=100");
}

void memory_measure(void)
{
    struct place p;

    if (row_ok("map_page", place_make(&p)))
        map_measure(&p);
    alloc_measure();
}
