/* What the program touch and the bench must both know: windows of the counting plugin, and how many
 * pages are touched in each. */
#ifndef BENCH_TOUCH_H
#define BENCH_TOUCH_H

#include <skerry/base.h>

enum { TOUCH_WINDOW_ROW = 40, TOUCH_WINDOW_APART, TOUCH_WINDOW_LONE, TOUCH_WINDOW_ONE };

enum {
    TOUCH_ROW_COUNT = 1000, /* one behind the other */
    TOUCH_ROW_PAGES = 1024,
    TOUCH_LONE_COUNT = 500, /* every other page: none is next to one that is there */
    TOUCH_LONE_PAGES = 1024,
    TOUCH_APART_COUNT = 60, /* each 256 KiB from the one before: no two come in together */
    TOUCH_APART_PAGES = 64,
    TOUCH_APART_BYTES = 256 << 10,
};

#endif
