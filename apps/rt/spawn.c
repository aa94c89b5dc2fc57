/* spawn.c: makes a domain. See rt/spawn.h.
 *
 * Order: image found and sized; memory parts; CSpace; page-table root; dispatcher; memory filled
 * and mapped; channel; grants; what the
 * child must know written into its argument page; page tables moved over; start. Until the start
 * nothing of it runs, so an
 * error at any step is undone by domain_end's way: revoke both parts, and whatever was made from
 * them is gone.              */
#include "rt/spawn.h"
#include "rt/event.h"
#include "rt/memory.h"
#include "rt/rt.h"
#include "rt/string.h"
#include "rt/syscall.h"
#include "space_table.h"
#include "spawn_build.h"

enum { CHILD_L1_SLOTS = 64, TAG_COUNTER_BITS = 20 };

static uint32_t tag_counter;

enum status part_make(struct part *part, enum cap_type type, uint64_t bytes, uint64_t place)
{
    if (bytes > part->bytes - part->used)
        return E_NO_MEMORY;
    enum status s = sys_cap_retype(capref_in(0, part->cap), part->used, type, bytes, 1, place);
    if (s == OK)
        part->used += round_up(bytes, PAGE_BYTES);
    return s;
}

/* An object of the child's zone in a slot of ours. *out is 0 unless OK. */
static enum status object_make(struct build *b, enum cap_type type, uint64_t bytes, capref_t *out)
{
    capref_t ref;
    enum status s = slot_alloc(&rt.slots, &ref);

    if (s != OK)
        return s;
    s = part_make(&b->zone, type, bytes, capref_in(0, ref));
    if (s != OK)
        slot_free(&rt.slots, ref);
    else
        *out = ref;
    return s;
}

static enum status table_make(void *arg, enum cap_type type, capref_t *out)
{
    return object_make(arg, type, 8192, out);
}

static uint64_t at_least(uint64_t bytes, uint64_t least)
{
    return round_up(bytes > least ? bytes : least, PAGE_BYTES);
}

static enum status parts_take(struct build *b)
{
    struct domain *d = b->domain;
    enum status s = ram_alloc_part(
        &rt.ram, RAM_ZONE, at_least(b->request->zone_bytes, SPAWN_ZONE_BYTES_MIN), &d->zone);

    if (s == OK)
        s = ram_alloc_part(&rt.ram, RAM_GENERAL,
                           at_least(b->request->ram_bytes, SPAWN_RAM_BYTES_MIN), &d->ram);
    if (s == OK && d->lend) {
        d->lend->granted_bytes[RAM_ZONE] = d->zone.bytes;
        d->lend->granted_bytes[RAM_GENERAL] = d->ram.bytes;
    }
    b->zone = (struct part){d->zone.cap, 0, d->zone.bytes};
    b->ram = (struct part){d->ram.cap, 0, d->ram.bytes};
    return s;
}

static enum status cspace_make(struct build *b)
{
    capref_t l2 = 0;
    enum status s = object_make(b, CAP_CNODE_L1, CHILD_L1_SLOTS * LINE_BYTES, &b->cspace);

    if (s == OK)
        s = object_make(b, CAP_CNODE_L2, CAP_L2_SLOTS * LINE_BYTES, &l2);
    if (s == OK)
        s = sys_cnode_attach(b->cspace, 0, capref_in(0, l2));
    if (s == OK)
        slot_free(&rt.slots, l2);
    else
        slot_delete(&rt.slots, l2);
    if (s == OK)
        s = object_make(b, CAP_PAGE_TABLE_4, 8192, &b->root);
    if (s != OK)
        return s;
    b->domain->cspace = b->cspace;
    space_init(&b->space, &rt.slots, NULL, NULL, b->root);
    b->space.records = false;
    b->space.child_cspace = b->cspace;
    b->space.next_slot = SLOT_SPAWN_FIRST;
    b->space.table_make = table_make;
    b->space.table_make_arg = b;
    return OK;
}

/* The shared page is the child's, so only a look at it through a mapping of our own lets us say
 * where its stack is. */
static enum status entry_stack_set(struct domain *d)
{
    uint64_t va;
    capref_t table, mapping;
    enum status s = address_take(PAGE_BYTES, &va);

    if (s != OK)
        return s;
    s = slot_alloc(&rt.slots, &mapping);
    if (s == OK) {
        s = space_table_get(&rt.space, va, &table);
        if (s == OK)
            s = sys_dispatcher_map(d->dispatcher, capref_in(0, table), capref_in(0, mapping),
                                   (uint32_t)(va / PAGE_BYTES) & 511);
        if (s == OK)
            ((struct dispatcher_page *)va)->entry_stack = LAYOUT_ENTRY_STACK_TOP;
        slot_delete(&rt.slots, mapping);
    }
    address_put(va, PAGE_BYTES);
    return s;
}

static enum status dispatcher_make(struct build *b)
{
    struct domain *d = b->domain;
    uint32_t flags = (b->request->flags & SPAWN_VECTOR ? DISPATCHER_VECTOR : 0u) |
                     (b->request->flags & SPAWN_FOREIGN ? DISPATCHER_FOREIGN : 0u);
    capref_t table;
    uint64_t mapping;
    capref_t mapping_ref;
    enum status s = object_make(b, CAP_DISPATCHER, 8192, &d->dispatcher);

    if (s == OK)
        s = object_make(b, CAP_SCHED_CONTEXT, 128, &b->sched);
    if (s == OK)
        s = sys_sched_configure(SLOT_SCHED_CONTEXT, capref_in(0, b->sched), b->request->priority, 0,
                                0);
    if (s == OK)
        s = sys_dispatcher_configure(d->dispatcher, capref_in(0, b->cspace), capref_in(0, b->root),
                                     capref_in(0, b->sched), LAYOUT_SHARED_PAGE, flags);
    if (s == OK)
        s = sys_dispatcher_entry(d->dispatcher, ENTRY_RUN, b->elf.entry, 0);
    if (s == OK)
        s = space_table_get(&b->space, LAYOUT_SHARED_PAGE, &table);
    if (s == OK)
        s = space_place_take(&b->space, &mapping, &mapping_ref);
    if (s == OK)
        s = sys_dispatcher_map(d->dispatcher, capref_in(0, table), mapping,
                               (uint32_t)(LAYOUT_SHARED_PAGE / PAGE_BYTES) & 511);
    if (s == OK)
        s = entry_stack_set(d);
    if (s == OK)
        s = sys_dispatcher_supervise(d->dispatcher, SLOT_DISPATCHER);
    return s;
}

enum status spawn_mint(capref_t from, uint64_t place, uint32_t rights, uint32_t tag)
{
    enum status s = sys_cap_mint(capref_in(0, from), place, rights, tag, 0, 0);

    /* Tagged already: the copy inherits that tag, so a revoke by the child would reach our own. */
    if (s == E_TAGGED || s == E_RIGHTS)
        s = sys_cap_mint(capref_in(0, from), place, rights & ~(uint32_t)RIGHT_REVOKE, 0, 0, 0);
    return s;
}

enum status spawn_give(struct build *b, capref_t from, capref_t to, uint32_t rights, uint32_t tag)
{
    return spawn_mint(from, capref_in(b->cspace, to), rights, tag);
}

/* The archive appears in the child by the page table that the spawner has for it: nothing is
 * entered page by page, and all domains of a core share that table. It gives no right to change it.
 * A larger archive than one table covers is mapped by the child itself. */
static enum status archive_give(struct build *b)
{
    capref_t archive = rt_archive_frame(), table = rt_archive_table(), mapping;
    struct space_table *upper;
    uint64_t place;
    enum status s =
        spawn_give(b, archive, SLOT_ARCHIVE_COPY, RIGHT_READ | RIGHT_EXECUTE, b->domain->tag);

    if (s != OK || !table)
        return s;
    s = spawn_give(b, table, SLOT_ARCHIVE_TABLE, RIGHT_READ, b->domain->tag);
    if (s == OK)
        s = space_table_make(&b->space, 3, LAYOUT_ARCHIVE, &upper);
    if (s == OK)
        s = space_place_take(&b->space, &place, &mapping);
    if (s == OK)
        s = sys_table_map(upper->cap, capref_in(0, table), place,
                          (uint32_t)(LAYOUT_ARCHIVE >> 30) & 511);
    if (s == OK)
        b->domain->arguments->archive_mapped = 1;
    return s;
}

/* What makes up the child itself: it may use that, but a revoke by it would take our copies too. */
static enum status own_give(struct build *b, capref_t from, capref_t to)
{
    return sys_cap_mint(capref_in(0, from), capref_in(b->cspace, to),
                        RIGHTS_ALL & ~(uint32_t)RIGHT_REVOKE, 0, 0, 0);
}

/* Without RIGHT_REVOKE, too: it would reach the mapping of our own shared page. */
static enum status parent_call_give(struct build *b)
{
    capref_t endpoint;
    enum status s = slot_alloc(&rt.slots, &endpoint);

    if (s != OK)
        return s;
    s = sys_endpoint_make(SLOT_DISPATCHER, capref_in(0, endpoint), b->domain->tag);
    if (s == OK)
        s = own_give(b, endpoint, SLOT_PARENT_CALL);
    slot_delete(&rt.slots, endpoint);
    return s;
}

static enum status capabilities_give(struct build *b)
{
    struct domain *d = b->domain;
    const struct spawn_request *r = b->request;
    enum status s = spawn_give(b, d->zone.cap, SLOT_ZONE_RAM, RIGHTS_ALL, d->tag);

    if (s == OK)
        s = spawn_give(b, d->ram.cap, SLOT_RAM, RIGHTS_ALL, d->tag);
    if (s == OK)
        s = own_give(b, b->cspace, SLOT_CSPACE);
    if (s == OK)
        s = own_give(b, d->dispatcher, SLOT_DISPATCHER);
    if (s == OK)
        s = own_give(b, b->root, SLOT_PAGE_TABLE);
    if (s == OK)
        s = own_give(b, b->sched, SLOT_SCHED_CONTEXT);
    if (s == OK && r->lend)
        s = parent_call_give(b);
    if (s == OK && r->flags & SPAWN_ARCHIVE)
        s = archive_give(b);
    for (uint32_t i = 0; s == OK && i < r->grant_count; i++) {
        const struct spawn_grant *g = &r->grant[i];
        if (g->to < SLOT_GRANT_FIRST || g->to >= SLOT_GRANT_LIMIT)
            return E_ARGUMENT;
        s = spawn_give(b, g->from, g->to, g->rights ? g->rights : RIGHTS_ALL,
                       g->tag ? g->tag : d->tag);
    }
    return s;
}

/* The child goes on with the tables made for it; the argument page says where they are. */
static enum status tables_hand_over(struct build *b)
{
    struct argument_page *a = b->domain->arguments;
    enum status s = OK;

    for (uint32_t i = 0; s == OK && i < b->space.count; i++) {
        struct space_table *t = &b->space.table[i];
        if (t->level == 4)
            continue;
        if (a->table_count == ARGUMENT_TABLES_MAX)
            return E_LIMIT;
        capref_t to = b->space.next_slot++;
        s = sys_cap_move(capref_in(0, t->cap), capref_in(b->cspace, to));
        if (s != OK)
            break;
        slot_free(&rt.slots, t->cap);
        t->cap = 0;
        a->table[a->table_count++] = (struct argument_table){t->va, to, t->level};
    }
    a->memory_limit_bytes = b->request->lend ? b->request->lend->limit_bytes : 0;
    a->zone_bytes = b->zone.bytes;
    a->zone_used = b->zone.used;
    a->ram_bytes = b->ram.bytes;
    a->ram_used = b->ram.used;
    a->cspace_l2_limit = CHILD_L1_SLOTS;
    a->first_free = b->space.next_slot;
    return s;
}

/* The child has copies; ours were for building only. After an error the revoke has emptied these
 * slots already. */
static void build_slots_free(struct build *b)
{
    for (uint32_t i = 0; i < b->space.count; i++)
        if (b->space.table[i].level != 4)
            slot_delete(&rt.slots, b->space.table[i].cap);
    slot_delete(&rt.slots, b->root);
    slot_delete(&rt.slots, b->sched);
    slot_delete(&rt.slots, b->frame);
}

static void domain_fill(struct domain *d, const struct spawn_request *r)
{
    *d = (struct domain){
        .message = r->message, .log = r->log, .ended = r->ended, .arg = r->arg, .lend = r->lend};
    text_set(d->name, sizeof d->name, r->name);
    tag_counter = (tag_counter + 1) & ((1u << TAG_COUNTER_BITS) - 1);
    if (!tag_counter)
        tag_counter = 1;
    d->tag = rt.page->core_id << TAG_COUNTER_BITS | tag_counter;
}

enum status spawn_domain(const struct spawn_request *request, struct domain *out)
{
    static enum status (*const step[])(struct build *) = {
        spawn_image_open, parts_take,         cspace_make,       dispatcher_make,
        spawn_image_load, spawn_channel_make, capabilities_give, tables_hand_over,
    };
    struct build *b = heap_alloc_zeroed(&rt.heap, sizeof *b);
    enum status s = OK;

    if (!b)
        return E_NO_MEMORY;
    domain_fill(out, request);
    b->request = request;
    b->domain = out;
    for (uint32_t i = 0; s == OK && i < sizeof step / sizeof step[0]; i++)
        s = step[i](b);
    if (s == OK)
        s = domain_watch(out);
    if (s == OK) {
        out->state = DOMAIN_RUNNING;
        s = sys_dispatcher_start(out->dispatcher, START_CHILD);
    }
    if (s != OK)
        domain_end(out);
    build_slots_free(b);
    heap_free(&rt.heap, b);
    return s;
}
