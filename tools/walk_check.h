#ifndef TOOLS_WALK_CHECK_H
#define TOOLS_WALK_CHECK_H

#include "guest_memory.h"
#include "tables.h"
#include "text.h"
#include "walk_text.h"

enum { WALK_CORES_MAX = 1024 };

/* What must not be. W(name, what is wrong) */
#define WALK_RULES(W)                                                                              \
    W(SHARED, "a RAM page is mapped writable by the kernels of two cores")                         \
    W(ALIEN, "a kernel can write a page of another core's zone")                                   \
    W(ZONE, "a user space can write a page of a zone that is not a dispatcher page of its core")   \
    W(WX, "a mapping is both writable and executable")                                             \
    W(TEXT, "what a kernel executes can be written through another mapping")                       \
    W(OPEN, "a page of the kernel half is open to user mode, or a user page to kernel execution")  \
    W(LEFTOVER, "the user half has a page of the kernel's (start-up identity map)")                \
    W(TRAMPOLINE, "low memory (start-up trampoline) is mapped by a kernel or executable")          \
    W(TABLE, "a page table lies outside the zone of its core")                                     \
    W(HALF, "an address space has another kernel half than its core")                              \
    W(DEVICE, "two cores map the same device page, and it is no banked one")                       \
    W(PLACE, "zone or image is not where it belongs: own RAM, own node")                           \
    W(COPY, "a page of a program lies twice in a node, or in another node than the core")          \
    W(CORE, "a core does not run a CPU driver of its own")                                         \
    W(CONTROL, "a protection of the processor is off")

enum walk_rule {
#define W(name, text) WALK_##name,
    WALK_RULES(W)
#undef W
        WALK_RULE_COUNT
};

const char *walk_rule_name(enum walk_rule rule);
const char *walk_rule_text(enum walk_rule rule);

/* What the registers of a core say, and what the walk finds out about it. */
struct walk_core {
    uint64_t kernel_root, user_root; /* x86: both CR3 */
    bool protected;                  /* write, execute and user protections are on */
    unsigned int node;               /* in which the emulator put it */
    uint64_t image_pa, image_bytes, zone_base, zone_bytes; /* 0: no boot record found */
    uint64_t kernel_mappings, user_mappings;
    unsigned int spaces;
};

struct walk_page; /* what is known of one RAM page */

/* A leaf to plant violations with. */
struct walk_sample {
    unsigned int core;
    struct leaf leaf; /* bytes 0: none was found */
};

struct walk {
    struct guest_memory *memory;
    enum table_format format;
    struct walk_core *core;
    unsigned int core_count;
    /* results */
    uint64_t tables, kernel_writable, kernel_pages, user_pages, dispatcher_pages, window_shared;
    uint64_t violations[WALK_RULE_COUNT];
    struct list notes; /* the first violations, in words */
    struct walk_sample kernel_data, other_data, kernel_text, user_data, program_text;
    struct walk_text text;
    struct walk_page *page;
    struct walk_device *device;
    size_t device_count;
};

/* Walks everything; w->memory, format, core[].{kernel_root,user_root,protected,node} are set. */
void walk_all(struct walk *w);
uint64_t walk_violations(const struct walk *w);
/* Forgets the results. */
void walk_reset(struct walk *w);

#endif
