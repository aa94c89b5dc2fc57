/* touch.c: a Linux program that touches pages of its own which nobody has touched before, between
 * marks for the counting plugin: what one costs is a row of `skerry bench`. It has no C library and
 * makes one system call, the one that ends it; its memory is its bss. */
#include "touch.h"
#include <arch/user.h>

static volatile unsigned char row[TOUCH_ROW_PAGES * PAGE_BYTES] ALIGNED(LARGE_PAGE_BYTES);
static volatile unsigned char lone[TOUCH_LONE_PAGES * PAGE_BYTES] ALIGNED(LARGE_PAGE_BYTES);
static volatile unsigned char apart[TOUCH_APART_PAGES * TOUCH_APART_BYTES];

void touch_start(void);

static inline void one_touch(volatile unsigned char *at)
{
    arch_mark(MARK_BEGIN, TOUCH_WINDOW_ONE);
    *at = 1;
    arch_mark(MARK_END, TOUCH_WINDOW_ONE);
}

void touch_start(void)
{
    /* The tables are there and the first pages too: what is counted is pages. */
    row[0] = 1;
    lone[0] = 1;
    apart[0] = 1;
    arch_mark(MARK_BEGIN, TOUCH_WINDOW_ROW);
    for (unsigned i = 1; i <= TOUCH_ROW_COUNT; i++)
        row[i * PAGE_BYTES] = 1;
    arch_mark(MARK_END, TOUCH_WINDOW_ROW);
    arch_mark(MARK_BEGIN, TOUCH_WINDOW_LONE);
    for (unsigned i = 1; i <= TOUCH_LONE_COUNT; i++)
        one_touch(&lone[2 * i * PAGE_BYTES]);
    arch_mark(MARK_END, TOUCH_WINDOW_LONE);
    arch_mark(MARK_BEGIN, TOUCH_WINDOW_APART);
    for (unsigned i = 1; i <= TOUCH_APART_COUNT; i++)
        one_touch(&apart[i * TOUCH_APART_BYTES]);
    arch_mark(MARK_END, TOUCH_WINDOW_APART);
    for (;;)
        (void)arch_foreign_call(TOUCH_EXIT);
}
