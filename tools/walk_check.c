/* walk_check.c: the page-table walk of DESIGN section 2, rule 1: reads all mappings of all cores
 * out of a machine that stands still and says what must not be. First all kernel halves, which say
 * whose each RAM page is, then the user halves of every address space against that. */
#include "walk_check.h"

#include <skerry/boot.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "walk_zone.h"

#define LOW_MEMORY_END 0x100000ull
#define X86_LOCAL_APIC 0xfee00000ull /* the one banked page: the same address on each core */
#define PAGE_EXECUTED 1u
#define PAGE_DISPATCHER 2u

enum { NOTES_EACH = 4 };

struct walk_page {
    uint16_t kernel_writer, zone; /* core + 1; 0: none */
    uint8_t flags;
};

struct walk_device {
    uint64_t pa, bytes;
    unsigned int core;
};

/* One half of one address space. */
struct half {
    struct walk *walk;
    unsigned int core;
    bool current_met; /* the space that the core is in was among those walked */
};

static const char *const names[] = {
#define W(name, text) #name,
    WALK_RULES(W)
#undef W
};
static const char *const texts[] = {
#define W(name, text) text,
    WALK_RULES(W)
#undef W
};

const char *walk_rule_name(enum walk_rule rule)
{
    return names[rule];
}

const char *walk_rule_text(enum walk_rule rule)
{
    return texts[rule];
}

/* other: the other core, + 1, or 0. */
static void violation(struct walk *w, enum walk_rule rule, unsigned int core, const struct leaf *l,
                      uint64_t pa, unsigned int other)
{
    char *more = other != 0 ? text_format(", core %u", other - 1) : text_format("%s", "");

    if (w->violations[rule]++ < NOTES_EACH)
        list_add(&w->notes, "%s: core %u, page %#llx at %#llx%s", names[rule], core,
                 (unsigned long long)pa, (unsigned long long)(l != NULL ? l->va : 0), more);
    free(more);
}

static struct walk_page *page_of(struct walk *w, uint64_t pa)
{
    size_t i = guest_memory_page(w->memory, pa);

    return i < w->memory->page_count ? &w->page[i] : NULL;
}

/* Neighbouring mappings of one core become one row. */
static void device_note(struct walk *w, unsigned int core, uint64_t pa, uint64_t bytes)
{
    struct walk_device *last = w->device_count > 0 ? &w->device[w->device_count - 1] : NULL;

    if (last != NULL && last->core == core && last->pa + last->bytes == pa) {
        last->bytes += bytes;
        return;
    }
    w->device = realloc(w->device, (w->device_count + 1) * sizeof(w->device[0]));
    if (w->device == NULL)
        say_fail("out of memory on the host");
    w->device[w->device_count++] = (struct walk_device){pa, bytes, core};
}

static void sample_take(struct walk_sample *s, unsigned int core, const struct leaf *l)
{
    if (l->bytes == PAGE_BYTES)
        *s = (struct walk_sample){core, *l};
}

static void kernel_page(struct walk *w, unsigned int core, const struct leaf *l, uint64_t pa)
{
    struct walk_page *p = page_of(w, pa);

    if (p == NULL)
        return;
    w->kernel_pages++;
    if (l->kernel_execute)
        p->flags |= PAGE_EXECUTED;
    if (w->format == TABLES_X86_64 && pa < LOW_MEMORY_END)
        violation(w, WALK_TRAMPOLINE, core, l, pa, 0);
    if (!l->write)
        return;
    if (p->kernel_writer != 0 && p->kernel_writer != core + 1)
        violation(w, WALK_SHARED, core, l, pa, p->kernel_writer);
    else if (p->zone != 0 && p->zone != core + 1)
        violation(w, WALK_ALIEN, core, l, pa, p->zone);
    w->kernel_writable += p->kernel_writer == 0;
    p->kernel_writer = (uint16_t)(core + 1);
}

static void kernel_leaf(void *context, const struct leaf *l)
{
    const struct half *h = context;
    struct walk *w = h->walk;
    const struct walk_page *first = page_of(w, l->pa);
    bool ram = first != NULL, own = ram && first->zone == h->core + 1;

    w->core[h->core].kernel_mappings++;
    if (l->write && l->kernel_execute)
        violation(w, WALK_WX, h->core, l, l->pa, 0);
    if (l->user || l->user_execute)
        violation(w, WALK_OPEN, h->core, l, l->pa, 0);
    if (!ram && l->write)
        device_note(w, h->core, l->pa, l->bytes);
    for (uint64_t at = 0; ram && at < l->bytes; at += PAGE_BYTES)
        kernel_page(w, h->core, l, l->pa + at);
    if (own && l->write && h->core == 0)
        sample_take(&w->kernel_data, h->core, l);
    if (own && l->write && h->core == 1)
        sample_take(&w->other_data, h->core, l);
    if (own && l->kernel_execute && h->core == 0)
        sample_take(&w->kernel_text, h->core, l);
}

static void user_page(struct walk *w, unsigned int core, const struct leaf *l, uint64_t pa)
{
    struct walk_page *p = page_of(w, pa);

    if (p == NULL)
        return;
    w->user_pages++;
    if (walk_text_is(l) && guest_memory_node(w->memory, pa) != w->core[core].node)
        violation(w, WALK_COPY, core, l, pa, 0);
    if (walk_text_is(l) && walk_text_note(w, pa))
        sample_take(&w->program_text, core, l);
    if (w->format == TABLES_X86_64 && pa < LOW_MEMORY_END && l->user_execute)
        violation(w, WALK_TRAMPOLINE, core, l, pa, 0);
    if (!l->user_write)
        return;
    if ((p->flags & PAGE_EXECUTED) != 0)
        violation(w, WALK_TEXT, core, l, pa, 0);
    if (p->zone == core + 1 && (p->flags & PAGE_DISPATCHER) != 0)
        w->dispatcher_pages++;
    else if (p->zone != 0)
        violation(w, WALK_ZONE, core, l, pa, p->zone);
    else if (p->kernel_writer != 0)
        w->window_shared++;
}

static void user_leaf(void *context, const struct leaf *l)
{
    const struct half *h = context;
    struct walk *w = h->walk;
    bool ram = page_of(w, l->pa) != NULL;

    w->core[h->core].user_mappings++;
    if (!l->user)
        violation(w, WALK_LEFTOVER, h->core, l, l->pa, 0);
    if (l->user && l->kernel_execute)
        violation(w, WALK_OPEN, h->core, l, l->pa, 0);
    if (l->user_write && l->user_execute)
        violation(w, WALK_WX, h->core, l, l->pa, 0);
    if (!ram && l->user_write)
        device_note(w, h->core, l->pa, l->bytes);
    for (uint64_t at = 0; ram && at < l->bytes; at += PAGE_BYTES)
        user_page(w, h->core, l, l->pa + at);
    if (ram && l->user_write)
        sample_take(&w->user_data, h->core, l);
}

static void table_seen(void *context, uint64_t pa, bool in_ram)
{
    const struct half *h = context;
    struct walk_page *p = in_ram ? page_of(h->walk, pa) : NULL;

    h->walk->tables++;
    if (p == NULL || p->zone != h->core + 1)
        violation(h->walk, WALK_TABLE, h->core, NULL, pa, p != NULL ? p->zone : 0);
}

/* x86 has one root for both halves, arm64 two. */
static void half_walk(struct walk *w, unsigned int core, uint64_t root, bool kernel)
{
    struct half h = {.walk = w, .core = core};
    struct table_walk t = {.memory = w->memory,
                           .format = w->format,
                           .context = &h,
                           .on_leaf = kernel ? kernel_leaf : user_leaf,
                           .on_table = table_seen};
    bool split = w->format == TABLES_X86_64;

    tables_walk(&t, root, split && kernel ? 256 : 0, split && !kernel ? 256 : 512,
                kernel ? 0xffff000000000000ull : 0);
}

static void zone_note(struct walk *w, unsigned int core)
{
    struct walk_core *c = &w->core[core];

    if (!c->protected)
        violation(w, WALK_CONTROL, core, NULL, 0, 0);
    if (!zone_find(w, c)) {
        violation(w, WALK_CORE, core, NULL, 0, 0);
        c->zone_bytes = 0;
        return;
    }
    if (guest_memory_node(w->memory, c->zone_base) != c->node)
        violation(w, WALK_PLACE, core, NULL, c->zone_base, 0);
    for (uint64_t at = 0; at < c->zone_bytes; at += PAGE_BYTES) {
        struct walk_page *p = page_of(w, c->zone_base + at);

        if (p->zone != 0) {
            violation(w, WALK_PLACE, core, NULL, c->zone_base + at, p->zone);
            break;
        }
        p->zone = (uint16_t)(core + 1);
    }
}

static void space_walk(struct walk *w, unsigned int core, uint64_t root)
{
    const uint64_t *entries = guest_memory_at(w->memory, root & ~0xfffull, PAGE_BYTES);
    const uint64_t *own =
        guest_memory_at(w->memory, w->core[core].kernel_root & ~0xfffull, PAGE_BYTES);

    w->core[core].spaces++;
    if (w->format == TABLES_X86_64 &&
        (entries == NULL || own == NULL || memcmp(entries + 256, own + 256, 2048) != 0))
        violation(w, WALK_HALF, core, NULL, root, 0);
    half_walk(w, core, root, false);
}

static void dispatcher_mark(void *context, const struct zone_object *o)
{
    const struct half *h = context;
    struct walk_page *p = page_of(h->walk, o->base + PAGE_BYTES);

    if (o->dispatcher && p != NULL)
        p->flags |= PAGE_DISPATCHER;
}

static void object_walk(void *context, const struct zone_object *o)
{
    struct half *h = context;

    if (o->dispatcher)
        return;
    space_walk(h->walk, h->core, o->base);
    h->current_met = h->current_met || h->walk->core[h->core].user_root == o->base;
}

/* The kernel's own root, behind the boot record (both architectures), runs while a core idles. */
static void spaces_walk(struct walk *w, unsigned int core)
{
    struct walk_core *c = &w->core[core];
    uint64_t kernel_root = c->zone_base + c->image_bytes + BOOT_RECORD_BYTES;
    struct half h = {.walk = w, .core = core};

    if (c->zone_bytes == 0)
        return;
    zone_objects(w, c, &h, dispatcher_mark);
    zone_objects(w, c, &h, object_walk);
    if (w->format == TABLES_X86_64)
        space_walk(w, core, kernel_root);
    if (!h.current_met && c->user_root != kernel_root)
        space_walk(w, core, c->user_root);
}

static void devices_check(struct walk *w)
{
    for (size_t i = 0; i < w->device_count; i++) {
        for (size_t k = 0; k < i; k++) {
            const struct walk_device *a = &w->device[i], *b = &w->device[k];
            bool banked = w->format == TABLES_X86_64 && a->pa == X86_LOCAL_APIC &&
                          a->bytes == PAGE_BYTES && b->pa == a->pa && b->bytes == a->bytes;

            if (a->core != b->core && a->pa < b->pa + b->bytes && b->pa < a->pa + a->bytes &&
                !banked)
                violation(w, WALK_DEVICE, a->core, NULL, a->pa > b->pa ? a->pa : b->pa,
                          b->core + 1);
        }
    }
}

static void text_check(struct walk *w)
{
    for (size_t i = 0; i < w->memory->range_count; i++) {
        const struct memory_range *r = &w->memory->range[i];

        for (uint64_t at = 0; at < r->bytes; at += PAGE_BYTES) {
            const struct walk_page *p = &w->page[r->first_page + at / PAGE_BYTES];

            if ((p->flags & PAGE_EXECUTED) != 0 && p->kernel_writer != 0)
                violation(w, WALK_TEXT, p->kernel_writer - 1u, NULL, r->base + at, 0);
        }
    }
}

static void text_twice(struct walk *w, uint64_t pa, uint64_t other)
{
    struct leaf l = {.va = other};

    violation(w, WALK_COPY, 0, &l, pa, 0);
}

void walk_all(struct walk *w)
{
    walk_reset(w);
    w->page = calloc(w->memory->page_count, sizeof(w->page[0]));
    if (w->page == NULL)
        say_fail("out of memory on the host");
    for (unsigned int c = 0; c < w->core_count; c++)
        zone_note(w, c);
    for (unsigned int c = 0; c < w->core_count; c++)
        half_walk(w, c, w->core[c].kernel_root, true);
    for (unsigned int c = 0; c < w->core_count; c++)
        spaces_walk(w, c);
    text_check(w);
    walk_text_check(w, text_twice);
    devices_check(w);
}

uint64_t walk_violations(const struct walk *w)
{
    uint64_t sum = 0;

    for (int i = 0; i < WALK_RULE_COUNT; i++)
        sum += w->violations[i];
    return sum;
}

void walk_reset(struct walk *w)
{
    struct walk clean = {
        .memory = w->memory, .format = w->format, .core = w->core, .core_count = w->core_count};

    for (unsigned int c = 0; c < w->core_count; c++)
        w->core[c] = (struct walk_core){.kernel_root = w->core[c].kernel_root,
                                        .user_root = w->core[c].user_root,
                                        .protected = w->core[c].protected,
                                        .node = w->core[c].node};
    free(w->page);
    walk_text_free(&w->text);
    free(w->device);
    list_free(&w->notes);
    *w = clean;
}
