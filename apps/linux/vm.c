/* vm.c: pages behind the ranges: bringing them in, taking them away, changing what may be done
 * with them; and the page fault, which is how most of them come in. The calls that programs make
 * (mmap and its kin) are in map.c.
 *
 * A page of a range is absent or present (presence.c). What a present page is follows from its
 * range's kind alone: zeros once, the archive's own page, or a private copy of one. */
#include "personality.h"

/* How much a fault brings in at once: of a file aligned, and wider for the archive, whose pages
 * cost no memory; of anonymous memory at most. */
enum { CLUSTER_ARCHIVE = 128 * PAGE, CLUSTER_COPY = 8 * PAGE, CLUSTER_PAGES = 16 };

/* Where presence has its leaves' ends, and the machine its tables'. */
static const uint64_t TABLE_BYTES = 2 << 20;

uint64_t window_at(const struct linux_process *p, uint64_t offset)
{
    return p->config.window + offset;
}

void vm_exhausted(struct linux_process *p)
{
    process_end(p, LINUX_END_MEMORY, LINUX_SIGKILL, "out of memory");
}

/* Cuts [*start, *end) to where the range has bytes of its file: pages wholly behind the file's end
 * cannot be touched. */
static bool file_limit(const struct region *r, uint64_t start, uint64_t *end)
{
    if (r->limit <= r->offset)
        return false;
    uint64_t last = r->start + round_up(r->limit - r->offset, PAGE);
    if (*end > last)
        *end = last;
    return start < *end;
}

static enum status copy_in(struct linux_process *p, const struct region *r, uint64_t start,
                           uint64_t end)
{
    enum status s = linux_host_map(p->host, start, end - start, LINUX_READ | LINUX_WRITE);
    if (s != OK)
        return s;
    uint64_t from = r->offset + (start - r->start);
    uint64_t bytes = end - start < r->limit - from ? end - start : r->limit - from;
    memcpy((void *)start, p->archive.base + from, bytes);
    if (r->prot != (LINUX_READ | LINUX_WRITE))
        s = linux_host_protect(p->host, start, end - start, r->prot);
    if (s != OK)
        linux_host_unmap(p->host, start, end - start);
    return s;
}

static inline void pages_count(struct linux_process *p, uint64_t more)
{
    p->page_count += more;
    if (p->page_count > p->usage.page_count_peak)
        p->usage.page_count_peak = p->page_count;
}

/* Brings in one run of absent pages of one range. */
static enum status run_bring(struct linux_process *p, const struct region *r, uint64_t start,
                             uint64_t end)
{
    enum status s = OK;

    if (!presence_reserve(p, start, end))
        return E_NO_MEMORY;
    switch ((enum region_kind)r->kind) {
    case REGION_ANONYMOUS:
        s = linux_host_map(p->host, start, end - start, r->prot);
        break;
    case REGION_ARCHIVE:
        if (!file_limit(r, start, &end))
            return OK;
        s = linux_host_map_archive(p->host, start, r->offset + (start - r->start), end - start,
                                   r->prot);
        break;
    case REGION_COPY:
        if (!file_limit(r, start, &end))
            return OK;
        s = copy_in(p, r, start, end);
        break;
    }
    if (s != OK)
        return s;
    presence_set(p, start, end, true);
    if (r->kind == REGION_ARCHIVE)
        p->archive_count += (end - start) / PAGE;
    else
        pages_count(p, (end - start) / PAGE);
    if (p->archive_count > p->usage.archive_count_peak)
        p->usage.archive_count_peak = p->archive_count;
    return OK;
}

/* Makes every page of [start, end) present that can be. -ENOMEM: some are not. */
long vm_populate(struct linux_process *p, uint64_t start, uint64_t end)
{
    start = round_down(start, PAGE);
    end = round_up(end, PAGE);
    while (start < end) {
        const struct region *r = region_after(&p->regions, start);
        if (!r || r->start >= end)
            return 0;
        uint64_t stop = r->end < end ? r->end : end, run_end;
        if (start < r->start)
            start = r->start;
        while (presence_run(p, &start, stop, false, &run_end)) {
            if (run_bring(p, r, start, run_end) != OK)
                return -LINUX_ENOMEM;
            start = run_end;
        }
        start = stop;
    }
    return 0;
}

long vm_add(struct linux_process *p, const struct region *r)
{
    return region_insert(&p->regions, r) ? 0 : -LINUX_ENOMEM;
}

/* Takes the pages of [start, end) away; the ranges stay, so the next touch begins anew. */
void vm_discard(struct linux_process *p, uint64_t start, uint64_t end)
{
    while (start < end) {
        const struct region *r = region_after(&p->regions, start);
        if (!r || r->start >= end)
            return;
        uint64_t stop = r->end < end ? r->end : end, run_end;
        if (start < r->start)
            start = r->start;
        while (presence_run(p, &start, stop, true, &run_end)) {
            linux_host_unmap(p->host, start, run_end - start);
            presence_set(p, start, run_end, false);
            if (r->kind == REGION_ARCHIVE)
                p->archive_count -= (run_end - start) / PAGE;
            else
                p->page_count -= (run_end - start) / PAGE;
            start = run_end;
        }
        start = stop;
    }
}

long vm_drop(struct linux_process *p, uint64_t start, uint64_t end)
{
    if (!region_cut(&p->regions, start, end))
        return -LINUX_ENOMEM;
    vm_discard(p, start, end);
    return region_remove(&p->regions, start, end) ? 0 : -LINUX_ENOMEM;
}

static long region_protect(struct linux_process *p, struct region *r, unsigned prot)
{
    uint64_t start = r->start, run_end;

    if (r->prot == prot)
        return 0;
    if (r->kind == REGION_ARCHIVE && prot & LINUX_WRITE) {
        /* The archive's own pages go; copies come at the next touch. */
        vm_discard(p, r->start, r->end);
        r->kind = REGION_COPY;
    }
    r->prot = (uint8_t)prot;
    while (presence_run(p, &start, r->end, true, &run_end)) {
        if (linux_host_protect(p->host, start, run_end - start, prot) != OK)
            return -LINUX_ENOMEM;
        start = run_end;
    }
    return 0;
}

long vm_protect(struct linux_process *p, uint64_t start, uint64_t end, unsigned prot)
{
    if (!region_covers(&p->regions, start, end) || !region_cut(&p->regions, start, end))
        return -LINUX_ENOMEM;
    for (uint64_t at = start; at < end;) {
        struct region *r = region_find(&p->regions, at);
        long result = region_protect(p, r, prot);
        if (result)
            return result;
        at = r->end;
    }
    region_join(&p->regions, start, end);
    return 0;
}

static bool access_allowed(const struct region *r, unsigned access)
{
    /* What may be written or executed may be read: no machine of ours can tell them apart. */
    return access == LINUX_READ ? r->prot != 0 : (r->prot & access) == access;
}

/* The pages that come in with the absent one at `page`. Of a file: those around it. Of anonymous
 * memory: itself; and where a program goes on upwards or downwards, as many as it has touched
 * without a gap, so that one page alone stays cheap and many in a row become so. */
static void cluster_find(const struct region *r, uint64_t page, const struct presence_look *look,
                         uint64_t *start, uint64_t *end)
{
    *start = page;
    *end = page + PAGE;
    if (r->kind == REGION_ANONYMOUS) {
        if (!look->below && !look->above)
            return;
        uint64_t table = round_down(page, TABLE_BYTES);
        uint64_t low = r->start > table ? r->start : table;
        uint64_t high = r->end < table + TABLE_BYTES ? r->end : table + TABLE_BYTES;
        unsigned below = look->below, above = look->above;
        if (below && page > low)
            *end = page + (below < CLUSTER_PAGES ? below : CLUSTER_PAGES) * PAGE;
        else if (above && page + PAGE < high)
            *start = page + PAGE - (above < CLUSTER_PAGES ? above : CLUSTER_PAGES) * PAGE;
        *start = *start < low ? low : *start;
        *end = *end > high ? high : *end;
        return;
    }
    uint64_t bytes = r->kind == REGION_ARCHIVE ? CLUSTER_ARCHIVE : CLUSTER_COPY;
    *start = round_down(page, bytes);
    *end = *start + bytes;
    *start = *start < r->start ? r->start : *start;
    *end = *end > r->end ? r->end : *end;
}

/* 0, or the signal that the access deserves; SIGKILL: memory ran out. */
int linux_fault_serve(struct linux_process *p, uint64_t address, unsigned access)
{
    const struct region *r = region_find(&p->regions, address);

    if (!r || !access_allowed(r, access))
        return LINUX_SIGSEGV;
    struct presence_look look = presence_look(p, address);
    if (look.present)
        return 0; /* came in since; a stale translation */
    uint64_t start, end;
    cluster_find(r, round_down(address, PAGE), &look, &start, &end);
    if (r->kind == REGION_ANONYMOUS && end - start == PAGE && look.word) {
        if (linux_host_map(p->host, start, PAGE, r->prot) != OK)
            return LINUX_SIGKILL;
        *look.word |= look.bit;
        pages_count(p, 1);
    } else {
        if (vm_populate(p, start, end) && vm_populate(p, address, address + 1))
            return LINUX_SIGKILL;
        if (!presence_has(p, address))
            return LINUX_SIGBUS;
    }
    p->usage.fault_count++;
    return 0;
}

void linux_fault(struct linux_process *p, uint64_t address, unsigned access)
{
    int signal = linux_fault_serve(p, address, access);

    if (signal == LINUX_SIGKILL)
        vm_exhausted(p);
    if (signal)
        linux_fault_end(p, signal, address);
}
