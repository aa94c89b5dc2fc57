/* The fixed layout of every program of ours: what the spawner (or, for the first program of a
 * core, the CPU driver: skerry/first.h) maps where.
 *
 *   BASE             image (program.ld): text r-x, constants r--, data and bss rw-; then heap
 *   FIXED_BOTTOM     from here on only what is listed here
 *   STACK_TOP        top of the main thread's stack; guard pages above and below
 *   ENTRY_STACK_TOP  top of the stack for the run and fault entries; guard pages likewise
 *   PARENT_RX, PARENT_TX, ARGUMENTS, SHARED_PAGE
 *   TABLE_END        BASE + 2 MiB: one level 1 table holds all that is above in this list
 *   HEAP             more heap
 *   DYNAMIC          whatever is mapped at run time where the runtime likes (rt/memory.h)
 *   ARCHIVE          the boot archive, read-only, once somebody asks for it
 *   WIDE             dynamic mappings for which DYNAMIC is too small                      */
#ifndef RT_LAYOUT_H
#define RT_LAYOUT_H

#include <skerry/base.h>

#define LAYOUT_BASE 0x600000000000ull
#define LAYOUT_TABLE_END (LAYOUT_BASE + LARGE_PAGE_BYTES)
#define LAYOUT_SHARED_PAGE (LAYOUT_TABLE_END - 0x1000u)
#define LAYOUT_ARGUMENTS (LAYOUT_TABLE_END - 0x3000u)
#define LAYOUT_ARGUMENTS_BYTES 0x2000u
#define LAYOUT_PARENT_TX (LAYOUT_TABLE_END - 0x4000u)
#define LAYOUT_PARENT_RX (LAYOUT_TABLE_END - 0x5000u)
#define LAYOUT_PARENT_BYTES 0x1000u /* of each direction */
#define LAYOUT_ENTRY_STACK_TOP (LAYOUT_TABLE_END - 0x6000u)
#define LAYOUT_ENTRY_STACK_BYTES 0x8000u
#define LAYOUT_STACK_TOP (LAYOUT_TABLE_END - 0x10000u)
#define LAYOUT_STACK_BYTES 0x10000u /* unless the spawner asks for another size */
#define LAYOUT_STACK_BYTES_MAX 0x6e000u
#define LAYOUT_FIXED_BOTTOM (LAYOUT_TABLE_END - 0x80000u)

#define LAYOUT_HEAP LAYOUT_TABLE_END
#define LAYOUT_HEAP_END (LAYOUT_BASE + (256ull << 20))
#define LAYOUT_DYNAMIC LAYOUT_HEAP_END
#define LAYOUT_DYNAMIC_END (LAYOUT_BASE + (1ull << 30))
#define LAYOUT_ARCHIVE LAYOUT_DYNAMIC_END
#define LAYOUT_ARCHIVE_END (LAYOUT_BASE + (8ull << 30))
#define LAYOUT_WIDE LAYOUT_ARCHIVE_END
#define LAYOUT_WIDE_END (LAYOUT_BASE + (256ull << 30))

/* What the first entry is told (word of DISPATCHER_START). */
enum start_word {
    START_FIRST = 1, /* the first program of a core: no argument page, slots as skerry/cap.h says */
    START_CHILD = 2, /* spawned: the argument page is mapped at LAYOUT_ARGUMENTS */
};

_Static_assert(LAYOUT_STACK_TOP + PAGE_BYTES <= LAYOUT_ENTRY_STACK_TOP - LAYOUT_ENTRY_STACK_BYTES,
               "a guard page");
_Static_assert(LAYOUT_STACK_TOP - LAYOUT_STACK_BYTES_MAX > LAYOUT_FIXED_BOTTOM, "a guard page");

#endif
