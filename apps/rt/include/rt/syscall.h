/* Typed system calls: one inline function a row of skerry/syscall.def, named sys_<row>. A place is
 * capref_in(root, capref).
 *
 * Context: any thread, enabled or disabled; none of them needs the runtime. Each returns the
 * kernel's status, and writes
 * its out-parameters only when that is OK. Long work that the kernel cut short (E_AGAIN) is taken
 * up again here, so callers never
 * see E_AGAIN. CALL and REPLY_WAIT are not here: their words come back in registers of their own
 * (DESIGN 12.7). */
#ifndef RT_SYSCALL_H
#define RT_SYSCALL_H

#include <arch/user.h>

static inline struct sysret sys_raw(enum syscall op, uint64_t a0, uint64_t a1, uint64_t a2,
                                    uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct sysret r;
    do
        r = arch_syscall((uint64_t)op, a0, a1, a2, a3, a4, a5);
    while (r.status == E_AGAIN);
    return r;
}

static inline enum status sys_do(enum syscall op, uint64_t a0, uint64_t a1, uint64_t a2,
                                 uint64_t a3, uint64_t a4, uint64_t a5)
{
    return (enum status)sys_raw(op, a0, a1, a2, a3, a4, a5).status;
}

/* Shared by the calls that answer with two words. */
static inline enum status sys_ask(enum syscall op, uint64_t a0, uint64_t a1, uint64_t a2,
                                  uint64_t *r1, uint64_t *r2)
{
    struct sysret r = sys_raw(op, a0, a1, a2, 0, 0, 0);
    if (r.status != OK)
        return (enum status)r.status;
    if (r1)
        *r1 = r.r1;
    if (r2)
        *r2 = r.r2;
    return OK;
}

static inline void sys_null(void)
{
    (void)arch_syscall(SYS_NULL, 0, 0, 0, 0, 0, 0);
}

NODISCARD static inline enum status sys_cap_copy(uint64_t from, uint64_t to)
{
    return sys_do(SYS_CAP_COPY, from, to, 0, 0, 0, 0);
}

/* rights: enum cap_right to keep; tag 0: inherit; offset, bytes: a part of a frame (bytes 0: all
 * of it). */
NODISCARD static inline enum status sys_cap_mint(uint64_t from, uint64_t to, uint32_t rights,
                                                 uint32_t tag, uint64_t offset, uint64_t bytes)
{
    return sys_do(SYS_CAP_MINT, from, to, rights, tag, offset, bytes);
}

NODISCARD static inline enum status sys_cap_move(uint64_t from, uint64_t to)
{
    return sys_do(SYS_CAP_MOVE, from, to, 0, 0, 0, 0);
}

NODISCARD static inline enum status sys_cap_delete(uint64_t place)
{
    return sys_do(SYS_CAP_DELETE, place, 0, 0, 0, 0, 0);
}

NODISCARD static inline enum status sys_cap_revoke(uint64_t place, uint32_t tag)
{
    return sys_do(SYS_CAP_REVOKE, place, tag, 0, 0, 0, 0);
}

NODISCARD static inline enum status sys_cap_retype(uint64_t from, uint64_t offset,
                                                   enum cap_type type, uint64_t bytes,
                                                   uint64_t count, uint64_t to)
{
    return sys_do(SYS_CAP_RETYPE, from, offset, type, bytes, count, to);
}

NODISCARD static inline enum status sys_cap_identify(uint64_t place, struct cap_description *out)
{
    struct cap_description d = {0};
    uint64_t kind = 0;
    enum status s = sys_ask(SYS_CAP_IDENTIFY, place, 0, 0, &d.base, &d.bytes);
    if (s == OK)
        s = sys_ask(SYS_CAP_IDENTIFY, place, 1, 0, &kind, &d.aux);
    if (s != OK)
        return s;
    d.type = (uint8_t)kind;
    d.rights = (uint8_t)(kind >> 8);
    d.owner = (uint16_t)(kind >> 16);
    d.tag = (uint32_t)(kind >> 32);
    *out = d;
    return OK;
}

/* Copies and descendants of that capability on this core, itself not counted. */
NODISCARD static inline enum status sys_cap_count(uint64_t place, uint64_t *count)
{
    return sys_ask(SYS_CAP_IDENTIFY, place, 2, 0, count, NULL);
}

NODISCARD static inline enum status sys_cnode_attach(capref_t cspace, uint32_t l1_index,
                                                     uint64_t cnode)
{
    return sys_do(SYS_CNODE_ATTACH, cspace, l1_index, cnode, 0, 0, 0);
}

NODISCARD static inline enum status sys_cnode_detach(capref_t cspace, uint32_t l1_index,
                                                     uint64_t to)
{
    return sys_do(SYS_CNODE_DETACH, cspace, l1_index, to, 0, 0, 0);
}

NODISCARD static inline enum status sys_table_map(capref_t table, uint64_t lower, uint64_t mapping,
                                                  uint32_t index)
{
    return sys_do(SYS_TABLE_MAP, table, lower, mapping, index, 0, 0);
}

/* first, count: entries; offset: bytes in the frame; flags: enum map_flag. */
NODISCARD static inline enum status sys_frame_map(capref_t table, uint64_t frame, uint64_t mapping,
                                                  uint32_t first, uint32_t count, uint64_t offset,
                                                  uint32_t flags)
{
    return sys_do(SYS_FRAME_MAP, table, frame, mapping, first | (uint64_t)count << 32, offset,
                  flags);
}

NODISCARD static inline enum status sys_mapping_protect(capref_t mapping, uint32_t flags)
{
    return sys_do(SYS_MAPPING_PROTECT, mapping, flags, 0, 0, 0, 0);
}

/* Places 0 and page_va 0: keep what is there. flags: enum dispatcher_flag. */
NODISCARD static inline enum status sys_dispatcher_configure(capref_t dispatcher, uint64_t cspace,
                                                             uint64_t root, uint64_t sched,
                                                             uint64_t page_va, uint32_t flags)
{
    return sys_do(SYS_DISPATCHER_CONFIGURE, dispatcher, cspace, root, sched, page_va, flags);
}

NODISCARD static inline enum status sys_dispatcher_map(capref_t dispatcher, uint64_t table,
                                                       uint64_t mapping, uint32_t index)
{
    return sys_do(SYS_DISPATCHER_MAP, dispatcher, table, mapping, index, 0, 0);
}

/* begin, end: the entry's address and 0, or the critical range. */
NODISCARD static inline enum status
sys_dispatcher_entry(capref_t dispatcher, enum dispatcher_entry entry, uint64_t begin, uint64_t end)
{
    return sys_do(SYS_DISPATCHER_ENTRY, dispatcher, entry, begin, end, 0, 0);
}

NODISCARD static inline enum status sys_dispatcher_start(capref_t dispatcher, uint64_t word)
{
    return sys_do(SYS_DISPATCHER_START, dispatcher, word, 0, 0, 0, 0);
}

NODISCARD static inline enum status sys_dispatcher_stop(capref_t dispatcher)
{
    return sys_do(SYS_DISPATCHER_STOP, dispatcher, 0, 0, 0, 0, 0);
}

NODISCARD static inline enum status sys_dispatcher_inspect(capref_t dispatcher, uint32_t word,
                                                           uint64_t *r1, uint64_t *r2)
{
    return sys_ask(SYS_DISPATCHER_INSPECT, dispatcher, word, 0, r1, r2);
}

NODISCARD static inline enum status sys_dispatcher_supervise(capref_t dispatcher,
                                                             capref_t supervisor)
{
    return sys_do(SYS_DISPATCHER_SUPERVISE, dispatcher, supervisor, 0, 0, 0, 0);
}

/* Comes back only if the area cannot be restored. */
NODISCARD static inline enum status sys_resume(enum save_area area)
{
    return sys_do(SYS_RESUME, area, 0, 0, 0, 0, 0);
}

/* OK: woken. E_TIMEOUT: the deadline (absolute ticks; 0: at once; UINT64_MAX: none) passed. */
NODISCARD static inline enum status sys_wait(uint64_t deadline_ticks)
{
    return sys_do(SYS_WAIT, deadline_ticks, 0, 0, 0, 0, 0);
}

static inline void sys_yield(void)
{
    (void)sys_do(SYS_YIELD, 0, 0, 0, 0, 0, 0);
}

NODISCARD static inline enum status sys_endpoint_make(capref_t dispatcher, uint64_t to,
                                                      uint64_t badge)
{
    return sys_do(SYS_ENDPOINT_MAKE, dispatcher, to, badge, 0, 0, 0);
}

NODISCARD static inline enum status sys_sched_configure(capref_t granter, uint64_t context,
                                                        uint32_t priority, uint64_t period_ticks,
                                                        uint64_t budget_ticks)
{
    return sys_do(SYS_SCHED_CONFIGURE, granter, context, priority, period_ticks, budget_ticks, 0);
}

NODISCARD static inline enum status sys_irq_make(capref_t control, uint64_t line, uint64_t to)
{
    return sys_do(SYS_IRQ_MAKE, control, line, to, 0, 0, 0);
}

NODISCARD static inline enum status sys_irq_bind(capref_t irq, uint64_t dispatcher, uint32_t bit,
                                                 uint64_t *msi_address, uint64_t *msi_data)
{
    return sys_ask(SYS_IRQ_BIND, irq, dispatcher, bit, msi_address, msi_data);
}

NODISCARD static inline enum status sys_irq_ack(capref_t irq)
{
    return sys_do(SYS_IRQ_ACK, irq, 0, 0, 0, 0, 0);
}

NODISCARD static inline enum status sys_port_read(capref_t ports, uint32_t port, uint32_t bytes,
                                                  uint64_t *value)
{
    return sys_ask(SYS_PORT_READ, ports, port, bytes, value, NULL);
}

NODISCARD static inline enum status sys_port_write(capref_t ports, uint32_t port, uint32_t bytes,
                                                   uint64_t value)
{
    return sys_do(SYS_PORT_WRITE, ports, port, bytes, value, 0, 0);
}

NODISCARD static inline enum status sys_doorbell_ring(capref_t bell)
{
    return sys_do(SYS_DOORBELL_RING, bell, 0, 0, 0, 0, 0);
}

NODISCARD static inline enum status sys_bell_local(capref_t dispatcher, uint64_t to)
{
    return sys_do(SYS_BELL_LOCAL, dispatcher, to, 0, 0, 0, 0);
}

NODISCARD static inline enum status sys_monitor_bell_bind(capref_t monitor, uint32_t core,
                                                          uint32_t bell, uint64_t dispatcher)
{
    return sys_do(SYS_MONITOR_BELL_BIND, monitor, core, bell, dispatcher, 0, 0);
}

NODISCARD static inline enum status sys_monitor_bell_make(capref_t monitor, uint32_t core,
                                                          uint32_t bell, uint64_t to)
{
    return sys_do(SYS_MONITOR_BELL_MAKE, monitor, core, bell, to, 0, 0);
}

NODISCARD static inline enum status sys_monitor_peer(capref_t monitor, uint32_t core,
                                                     uint64_t hardware_id, uint64_t lines_pa)
{
    return sys_do(SYS_MONITOR_PEER, monitor, core, hardware_id, lines_pa, 0, 0);
}

NODISCARD static inline enum status sys_monitor_accept(capref_t monitor, uint64_t to,
                                                       const struct cap_description *d)
{
    uint64_t kind =
        d->type | (uint64_t)d->rights << 8 | (uint64_t)d->owner << 16 | (uint64_t)d->tag << 32;
    return sys_do(SYS_MONITOR_ACCEPT, monitor, to, d->base, d->bytes, kind, d->aux);
}

NODISCARD static inline enum status sys_monitor_mark(capref_t monitor, uint64_t to, uint64_t marked,
                                                     uint64_t cookie)
{
    return sys_do(SYS_MONITOR_MARK, monitor, to, marked, cookie, 0, 0);
}

NODISCARD static inline enum status sys_monitor_count(capref_t monitor, uint64_t base,
                                                      uint64_t bytes, enum cap_type type,
                                                      uint32_t tag, uint64_t *copies,
                                                      uint64_t *descendants)
{
    struct sysret r = sys_raw(SYS_MONITOR_COUNT, monitor, base, bytes,
                              (uint64_t)type | (uint64_t)tag << 32, 0, 0);
    if (r.status != OK)
        return (enum status)r.status;
    *copies = r.r1;
    *descendants = r.r2;
    return OK;
}

/* zone, ram, trampoline: places (0 where there is none). */
NODISCARD static inline enum status sys_core_start(capref_t core, uint64_t zone, uint64_t ram,
                                                   uint64_t trampoline, uint64_t hardware_id)
{
    return sys_do(SYS_CORE_START, core, zone, ram, trampoline, hardware_id, 0);
}

/* bytes: 1..32, the text lies in word[0..3], first byte lowest. */
NODISCARD static inline enum status sys_log_write(capref_t monitor, uint32_t bytes,
                                                  const uint64_t word[4])
{
    return sys_do(SYS_LOG_WRITE, monitor, bytes, word[0], word[1], word[2], word[3]);
}

NODISCARD static inline enum status sys_machine_exit(capref_t core, uint32_t code)
{
    return sys_do(SYS_MACHINE_EXIT, core, code, 0, 0, 0, 0);
}

NODISCARD static inline enum status sys_statistics(capref_t monitor, uint32_t word, uint64_t *r1,
                                                   uint64_t *r2)
{
    return sys_ask(SYS_STATISTICS, monitor, word, 0, r1, r2);
}

#endif
