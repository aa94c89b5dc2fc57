/* Starting the cores of this monitor's part of the tree, one after the other: RAM of the core's
 * own node is taken, image and boot record are written into its head, the CPU driver starts the
 * core with it, and its monitor says hello over the new link.
 *
 *   order -> take RAM -> copy image, write record -> CORE_START -> (hello) -> up: tell monitor 0, next order
 *
 * The hello cannot ring us, because only it says where the core's doorbell lines are: main looks
 * for it every millisecond. */
#include <rt/log.h>
#include <rt/memory.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>

#include "monitor.h"

#define ZONE_BYTES (8u << 20)
#define TRAMPOLINE_BYTES 0x4000u
#define CORE_BYTES_MIN (20u << 20) /* zone and general RAM of one core */

/* What one start holds until the core runs. */
struct start {
    const struct start_order *order;
    struct piece zone, ram;
    capref_t zone_cap, ram_cap;
    struct ram_object tx, rx; /* link frames */
    void *tx_at, *rx_at;
    bool leader; /* gets all memory of its node, and starts the others there */
};

static enum status ram_retype(const struct piece *p, capref_t *out)
{
    enum status s = slot_alloc(&rt.slots, out);

    if (s != OK)
        return s;
    return sys_cap_retype(capref_in(0, p->cap), p->base - p->cap_base, CAP_RAM, p->bytes, 1,
                          capref_in(0, *out));
}

static enum status memory_take(struct monitor *m, struct start *t)
{
    uint32_t node = m->cores[t->order->core].node;
    uint64_t bytes = plan_node_bytes(m, node) / t->order->share;
    enum status s;

    bytes = round_down(bytes, LARGE_PAGE_BYTES);
    if (bytes > LARGE_PAGE_BYTES)
        bytes -= LARGE_PAGE_BYTES; /* alignment may cost as much */
    if (bytes < CORE_BYTES_MIN)
        return E_NO_MEMORY;
    s = plan_take(m, node, ZONE_BYTES, LARGE_PAGE_BYTES, &t->zone);
    if (s == OK)
        s = plan_take_most(m, node, bytes - ZONE_BYTES, CORE_BYTES_MIN - ZONE_BYTES, &t->ram);
    if (s == OK)
        s = ram_retype(&t->zone, &t->zone_cap);
    return s == OK ? ram_retype(&t->ram, &t->ram_cap) : s;
}

/* A frame that another core will map: marked, so that it stays ours and is known to be elsewhere
 * (PROTOCOL rule 2). */
static enum status shared_make(struct monitor *m, uint32_t core, uint64_t bytes,
                               struct ram_object *frame, void **at)
{
    capref_t marker;
    enum status s = frame_make(bytes, frame, at);

    (void)m;
    if (s == OK)
        s = slot_alloc(&rt.slots, &marker);
    if (s == OK)
        s = sys_monitor_mark(SLOT_MONITOR, capref_in(0, marker), capref_in(0, frame->cap), core);
    return s;
}

static enum status link_frames(struct monitor *m, struct start *t)
{
    enum status s = shared_make(m, t->order->core, URPC_FRAME_BYTES, &t->tx, &t->tx_at);

    return s == OK ? shared_make(m, t->order->core, URPC_FRAME_BYTES, &t->rx, &t->rx_at) : s;
}

static void region_add(struct boot_record *r, uint64_t base, uint64_t bytes, uint64_t node)
{
    r->region[r->region_count++] = (struct boot_region){base, bytes, REGION_RAM, (uint32_t)node};
}

static void shared_add(struct boot_record *r, const struct ram_object *frame, uint32_t rights,
                       uint32_t owner)
{
    r->shared[r->shared_count++] = (struct boot_shared){frame->base, frame->bytes, rights, owner};
}

/* Cut a block of real-mode memory for a leader; ours afterwards only as a marker. Nothing to do
 * where there is none (arm64). */
static enum status trampoline_give(struct monitor *m, struct boot_record *r, uint32_t core)
{
    struct cap_description d;
    capref_t block, marker;
    enum status s;

    if (!m->trampoline || sys_cap_identify(capref_in(0, m->trampoline), &d) != OK)
        return OK;
    if (m->trampoline_used + 2 * TRAMPOLINE_BYTES > d.bytes)
        return E_NO_MEMORY;
    s = slot_alloc(&rt.slots, &block);
    if (s == OK)
        s = slot_alloc(&rt.slots, &marker);
    m->trampoline_used += TRAMPOLINE_BYTES;
    if (s == OK)
        s = sys_cap_retype(capref_in(0, m->trampoline), m->trampoline_used, CAP_RAM,
                           TRAMPOLINE_BYTES, 1, capref_in(0, block));
    if (s == OK)
        s = sys_monitor_mark(SLOT_MONITOR, capref_in(0, marker), capref_in(0, block), core);
    if (s != OK)
        return s;
    region_add(r, d.base + m->trampoline_used, TRAMPOLINE_BYTES, 0);
    slot_delete(&rt.slots, block);
    return OK;
}

static enum status record_fill(struct monitor *m, const struct start *t, struct boot_record *r)
{
    const struct boot_record *own = m->record;
    uint32_t core = t->order->core;

    *r = *own;
    r->core_id = core;
    r->hardware_id = t->order->hardware_id;
    r->node = m->cores[core].node;
    r->zone_base = t->zone.base;
    r->zone_bytes = t->zone.bytes;
    r->archive_base = m->archive_base;
    r->archive_bytes = m->archive_bytes;
    r->archive_owner = m->archive_owner;
    r->firmware_table = r->firmware_bytes = 0;
    r->parent_core = m->core;
    r->parent_hardware_id = own->hardware_id;
    r->parent_lines = own->doorbell_lines;
    r->core_first = r->core_limit = 0;
    r->epoch = 1;
    r->region_count = r->shared_count = 0;
    for (unsigned i = 0; i < 4; i++)
        r->seed[i] = own->seed[i] ^ (core * 0x9e3779b97f4a7c15ull + i);
    shared_add(r, &t->tx, RIGHT_READ, m->core);
    shared_add(r, &t->rx, RIGHT_READ | RIGHT_WRITE, m->core);
    region_add(r, t->ram.base, t->ram.bytes, r->node);
    if (!t->leader)
        return OK;
    r->core_first = r->core_limit = core + 1;
    for (uint32_t c = core + 1; c < m->core_count; c++)
        if (m->cores[c].node == r->node)
            r->core_limit = c + 1;
    return trampoline_give(m, r, core);
}

/* Image and record go into a frame over the head of the zone; when the frame is gone the zone is
 * plain RAM again. */
static enum status image_write(struct monitor *m, const struct start *t)
{
    const struct image_header *h = (const void *)(m->image + IMAGE_HEADER_OFFSET);
    uint64_t bytes;
    capref_t frame;
    void *at;
    enum status s;

    if (m->image_bytes < IMAGE_HEADER_OFFSET + sizeof(*h) || h->magic != IMAGE_MAGIC ||
        h->file_bytes > m->image_bytes || h->image_bytes < h->file_bytes)
        return E_FORMAT;
    bytes = h->image_bytes + BOOT_RECORD_BYTES;
    s = slot_alloc(&rt.slots, &frame);
    if (s == OK)
        s = sys_cap_retype(capref_in(0, t->zone_cap), 0, CAP_FRAME, bytes, 1, capref_in(0, frame));
    if (s == OK)
        s = frame_map(frame, 0, bytes, MAP_READ | MAP_WRITE, &at);
    if (s != OK)
        return s;
    memcpy(at, m->image, h->file_bytes);
    s = record_fill(m, t, (struct boot_record *)((char *)at + h->image_bytes));
    frame_unmap(at, bytes);
    slot_delete(&rt.slots, frame);
    return s;
}

/* The kernel's flat image, and the archive that new cores get. */
static enum status images_open(struct monitor *m)
{
    const struct archive *a;
    struct archive_node node;
    struct cap_description d;
    uint64_t offset;
    enum status s = m->image ? OK : rt_archive(&a);

    if (m->image || s != OK)
        return s;
    s = archive_path(a, "/skerry/kernel.bin", true, &node);
    if (s == OK)
        s = archive_data(a, &node, &offset);
    if (s == OK)
        s = sys_cap_identify(capref_in(0, SLOT_ARCHIVE), &d);
    if (s != OK)
        return s;
    m->image = a->base + offset;
    m->image_bytes = node.bytes;
    m->archive_base = d.base;
    m->archive_bytes = d.bytes;
    m->archive_owner = d.owner;
    return OK;
}

/* A frame for it in this node, where large pages can map it. */
static enum status archive_place(struct monitor *m, uint64_t bytes, capref_t *out)
{
    struct piece p;
    enum status s = slot_alloc(&rt.slots, out);

    if (s == OK)
        s = plan_take(m, m->node, bytes, LARGE_PAGE_BYTES, &p);
    if (s == OK)
        s = sys_cap_retype(capref_in(0, p.cap), p.base - p.cap_base, CAP_FRAME, bytes, 1,
                           capref_in(0, *out));
    return s;
}

/* The first core of a node copies the archive into its own node's memory, for itself and for all
 * cores that it starts; core 0 only if the loader put it into another node. */
enum status archive_localise(struct monitor *m)
{
    struct cap_description d;
    capref_t copy = 0;
    void *from, *to;
    enum status s = sys_cap_identify(capref_in(0, SLOT_ARCHIVE), &d);

    if (s == OK)
        s = frame_map(SLOT_ARCHIVE, 0, d.bytes, MAP_READ, &from);
    if (s != OK)
        return s;
    s = archive_place(m, d.bytes, &copy);
    if (s == OK)
        s = frame_map(copy, 0, d.bytes, MAP_READ | MAP_WRITE, &to);
    if (s == OK) {
        memcpy(to, from, d.bytes);
        frame_unmap(to, d.bytes);
    }
    frame_unmap(from, d.bytes);
    if (s == OK)
        s = sys_cap_delete(capref_in(0, SLOT_ARCHIVE));
    if (s == OK)
        s = sys_cap_mint(capref_in(0, copy), capref_in(0, SLOT_ARCHIVE),
                         RIGHT_READ | RIGHT_EXECUTE | RIGHT_GRANT | RIGHT_REVOKE, 0, 0, 0);
    return s;
}

/* Real-mode memory for the start-up code of x86; 0 where there is none. */
static uint64_t trampoline_place(const struct monitor *m)
{
    return m->trampoline ? capref_in(0, m->trampoline) : 0;
}

static enum status core_begin(struct monitor *m, const struct start_order *order)
{
    struct start t = {.order = order};
    struct link *l = heap_alloc_zeroed(&rt.heap, sizeof(*l));
    enum status s = l ? images_open(m) : E_NO_MEMORY;

    t.leader = m->cores[order->core].node != m->node;
    if (s == OK)
        s = memory_take(m, &t);
    if (s == OK)
        s = link_frames(m, &t);
    if (s == OK)
        s = image_write(m, &t);
    if (s == OK)
        s = link_open(m, l, order->core, t.tx_at, t.rx_at);
    if (s == OK)
        s = sys_core_start(SLOT_CORE_ROOT, capref_in(0, t.zone_cap), capref_in(0, t.ram_cap),
                           trampoline_place(m), order->hardware_id);
    if (s == OK)
        m->starting = l;
    return s;
}

static void core_is_up(struct monitor *m, uint32_t core, enum status status)
{
    ROUTE(m, MON_UP, mon_up, .to = 0, .from = (uint16_t)m->core, .core = core,
          .status = (uint32_t)status, .hardware_id = m->cores[core].hardware_id,
          .lines = m->cores[core].lines);
}

void cores_start(struct monitor *m)
{
    while (!m->starting && m->order_next < m->order_count) {
        const struct start_order *order = &m->order[m->order_next++];
        enum status s = core_begin(m, order);
        if (s == OK)
            return;
        log_line("core %u does not start: %s: %s", order->core, status_name(s), status_text(s));
        core_is_up(m, order->core, s);
    }
}

void cores_hello(struct monitor *m, struct link *l, const struct msg_mon_hello *hello)
{
    struct core_entry *e = &m->cores[l->core];

    if (l != m->starting || hello->core != l->core || hello->version != MONITOR_VERSION) {
        log_line("a hello that was not expected, on the link to core %u", l->core);
        return;
    }
    m->starting = NULL;
    l->up = true;
    e->up = true;
    e->lines = hello->lines;
    link_peer(m, l->core, hello->hardware_id, hello->lines);
    core_is_up(m, l->core, OK);
    cores_start(m);
}

enum status cores_order(struct monitor *m, uint32_t core, uint64_t hardware_id, uint32_t share)
{
    if (!m->order) {
        m->order = heap_alloc_zeroed(&rt.heap, sizeof(*m->order) * m->core_count);
        if (!m->order)
            return E_NO_MEMORY;
    }
    if (m->order_count == m->core_count)
        return E_LIMIT;
    m->cores[core].hardware_id = hardware_id;
    m->order[m->order_count++] = (struct start_order){hardware_id, core, share ? share : 1};
    return OK;
}
