/* rt.h: one program's runtime: what every other header works on, in one place. Set up before main
 * is called.
 *
 * Context: one dispatcher, cooperative threads: nothing here is ever touched by two threads at
 * once. The fault entry may use it too, when
 * the fault happened outside of the runtime (its own memory is always mapped). */
#ifndef RT_RT_H
#define RT_RT_H

#include <rt/archive.h>
#include <rt/arguments.h>
#include <rt/heap.h>
#include <rt/layout.h>
#include <rt/pages.h>
#include <rt/ram.h>
#include <rt/slots.h>
#include <rt/space.h>
#include <skerry/dispatcher.h>
#include <urpc/channel.h>

#define RT_ADDRESSES_MAX 128u

struct runtime {
    struct dispatcher_page *page;
    struct argument_page *arguments; /* NULL: the first program of a core */
    const char *name;
    struct slots slots;
    struct ram ram;
    struct space space;
    struct heap heap;
    struct pages pages;
    struct range_set addresses; /* what frame_map may use */
    struct range address_room[RT_ADDRESSES_MAX];
    struct channel parent;
    bool has_parent;
    bool parent_quit; /* the parent asked to end */
    struct archive archive;
    bool archive_open;
};

extern struct runtime rt;

/* The boot archive, mapped at the first call. E_NOT_FOUND: this program was given none. */
NODISCARD enum status rt_archive(const struct archive **out);

/* Its frame (to give to children, or to map pieces of). 0: none. */
capref_t rt_archive_frame(void);

/* The level 2 page table that maps all of it at LAYOUT_ARCHIVE; 0: there is no such one. */
capref_t rt_archive_table(void);

/* Ends the program: tells the parent, and waits to be taken apart. status 0: success; reason: one
 * line for a person. The first program of
 * a core logs it. */
NORETURN void rt_exit(int status, const char *reason);

/* The program's own. */
int main(int argc, char **argv);

/* Where a program's image ends (program.ld). */
extern char program_begin[], program_end[];

#endif
