/* region_test.c: the list of ranges in lock-step with the plainest model, one entry a page, under
 * random operations. */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "region.h"
#include <stdlib.h>
#include <string.h>

enum { PAGES = 400, SIZE = 4096 };

struct model_page {
    unsigned char used, kind, prot;
    uint64_t offset;
};

static struct model_page model[PAGES];
static struct region_list list;

static void compare(void)
{
    uint64_t end = 0;

    for (unsigned i = 0; i < list.count; i++) {
        assert_true(list.region[i].start < list.region[i].end && list.region[i].start >= end);
        end = list.region[i].end;
    }
    for (unsigned i = 0; i < PAGES; i++) {
        const struct region *r = region_find(&list, i * SIZE);
        assert_int_equal(r != NULL, model[i].used);
        if (!r)
            continue;
        assert_int_equal(r->kind, model[i].kind);
        assert_int_equal(r->prot, model[i].prot);
        if (r->kind)
            assert_int_equal(r->offset + (i * SIZE - r->start), model[i].offset);
    }
}

static void insert(uint64_t at, uint64_t pages)
{
    struct region r = {.start = at * SIZE,
                       .end = (at + pages) * SIZE,
                       .kind = (uint8_t)(rand() % 3),
                       .prot = (uint8_t)(rand() % 4),
                       .limit = 1 << 30};
    /* Often such that it continues a neighbour. */
    r.offset = rand() % 2 ? r.start : (uint64_t)(rand() % 100) * SIZE;
    for (uint64_t i = at; i < at + pages; i++)
        if (model[i].used)
            return;
    assert_true(region_insert(&list, &r));
    for (uint64_t i = at; i < at + pages; i++)
        model[i] = (struct model_page){1, r.kind, r.prot, r.offset + (i - at) * SIZE};
}

static void protect(uint64_t at, uint64_t pages)
{
    bool covered = true;
    for (uint64_t i = at; i < at + pages; i++)
        covered &= model[i].used;
    assert_int_equal(region_covers(&list, at * SIZE, (at + pages) * SIZE), covered);
    if (!covered)
        return;
    unsigned char prot = (unsigned char)(rand() % 4);
    assert_true(region_cut(&list, at * SIZE, (at + pages) * SIZE));
    for (uint64_t i = at; i < at + pages; i++) {
        region_find(&list, i * SIZE)->prot = prot;
        model[i].prot = prot;
    }
    region_join(&list, at * SIZE, (at + pages) * SIZE);
}

static void gap(uint64_t pages)
{
    uint64_t want = 0, low = 3;
    for (uint64_t i = low; i + pages <= PAGES && !want; i++) {
        want = i;
        for (uint64_t k = i; k < i + pages; k++)
            if (model[k].used)
                want = 0;
    }
    assert_int_equal(region_gap(&list, low * SIZE, PAGES * SIZE, pages * SIZE), want * SIZE);
}

static void test_model(void **state)
{
    (void)state;
    srand(3);
    for (unsigned round = 0; round < 20000; round++) {
        uint64_t at = (uint64_t)rand() % (PAGES - 30), pages = 1 + (uint64_t)rand() % 30;
        switch (rand() % 4) {
        case 0:
            insert(at, pages);
            break;
        case 1:
            pages = 1 + pages / 3;
            assert_true(region_remove(&list, at * SIZE, (at + pages) * SIZE));
            memset(&model[at], 0, pages * sizeof model[0]);
            break;
        case 2:
            protect(at, 1 + pages / 4);
            break;
        case 3:
            gap(pages);
            break;
        }
        if (round % 10 == 0)
            compare();
    }
    compare();
}

static void test_full(void **state)
{
    struct region r;
    (void)state;

    list.count = 0;
    for (uint64_t i = 0; i < REGION_MAX; i++) {
        r = (struct region){.start = i * 4 * SIZE, .end = i * 4 * SIZE + 3 * SIZE};
        assert_true(region_insert(&list, &r));
    }
    r = (struct region){.start = 1ull << 40, .end = (1ull << 40) + SIZE};
    assert_false(region_insert(&list, &r));
    assert_false(region_remove(&list, SIZE, 2 * SIZE));
    assert_int_equal(list.count, REGION_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_model), cmocka_unit_test(test_full)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
