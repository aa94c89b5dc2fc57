/* map.c: mmap, munmap, mprotect, mremap, madvise, brk. Only the ranges change here; pages come in
 * by fault. */
#include "personality.h"

static bool range_valid(const struct linux_process *p, uint64_t start, uint64_t bytes)
{
    /* The program may place things anywhere that is not ours: below the window (programs that may
     * not be moved), or in its first half. */
    uint64_t end = start + bytes;
    bool low = end <= p->config.window && start >= 16 * PAGE && end <= 1ull << 46;
    bool own = start >= p->config.window && end <= window_at(p, WINDOW_FILES);

    return start % PAGE == 0 && bytes && end > start && (low || own);
}

/* A private mapping of what is not in the archive by the page: a copy, made now. */
static long map_bytes(struct linux_process *p, struct region *r, struct open_file *f,
                      uint64_t offset)
{
    unsigned prot = r->prot;
    uint64_t bytes = r->end - r->start, have = 0;
    size_t copied;

    if (f->kind == PLACE_NODE)
        have = p->node[f->node].bytes;
    else
        have = f->archive.bytes;
    have = offset < have ? have - offset : 0;
    if (have > bytes)
        have = bytes;
    r->kind = REGION_ANONYMOUS;
    r->prot = LINUX_READ | LINUX_WRITE;
    long result = vm_add(p, r);
    if (result)
        return result;
    if (vm_populate(p, r->start, r->start + have))
        return -LINUX_ENOMEM;
    if (f->kind == PLACE_NODE)
        memcpy((void *)r->start, node_data(p, f->node) + offset, have);
    else if (archive_read(&p->archive, &f->archive, offset, (void *)r->start, have, &copied) != OK)
        return -LINUX_EIO;
    return vm_protect(p, r->start, r->end, prot);
}

static long map_file(struct linux_process *p, struct region *r, const long a[6])
{
    struct open_file *f = descriptor_file(p, a[4]);
    uint64_t offset = (uint64_t)a[5], data;
    bool shared = (a[3] & LINUX_MAP_TYPE) != LINUX_MAP_PRIVATE;

    if (!f)
        return -LINUX_EBADF;
    if (f->kind == PLACE_SPECIAL && f->special == SPECIAL_ZERO)
        return vm_add(p, r);
    if (f->kind == PLACE_SPECIAL)
        return -LINUX_ENODEV;
    if (shared && r->prot & LINUX_WRITE)
        return f->kind == PLACE_NODE ? -LINUX_ENODEV : -LINUX_EACCES;
    if (f->kind == PLACE_NODE) {
        if (p->node[f->node].kind != NODE_FILE)
            return -LINUX_ENODEV;
        return map_bytes(p, r, f, offset);
    }
    enum status s = archive_data(&p->archive, &f->archive, &data);
    if (s != OK || data % PAGE)
        return (f->archive.mode & LINUX_S_IFMT) == LINUX_S_IFREG ? map_bytes(p, r, f, offset)
                                                                 : -LINUX_ENODEV;
    r->kind = r->prot & LINUX_WRITE ? REGION_COPY : REGION_ARCHIVE;
    r->offset = data + offset;
    r->limit = data + f->archive.bytes;
    return vm_add(p, r);
}

/* Where a mapping goes: at the address if that is asked for, else in the first gap. */
static long map_place(struct linux_process *p, uint64_t address, uint64_t bytes, long flags,
                      uint64_t *start)
{
    if (flags & (LINUX_MAP_FIXED | LINUX_MAP_FIXED_NOREPLACE)) {
        const struct region *r;
        if (!range_valid(p, address, bytes))
            return address % PAGE ? -LINUX_EINVAL : -LINUX_ENOMEM;
        r = region_after(&p->regions, address);
        *start = address;
        if (!r || r->start >= address + bytes)
            return 0;
        return flags & LINUX_MAP_FIXED_NOREPLACE ? -LINUX_EEXIST
                                                 : vm_drop(p, address, address + bytes);
    }
    *start = region_gap(&p->regions, window_at(p, WINDOW_STACK), window_at(p, WINDOW_FILES), bytes);
    return *start ? 0 : -LINUX_ENOMEM;
}

long call_mmap(struct linux_process *p, const long a[6])
{
    uint64_t bytes = round_up((uint64_t)a[1], PAGE), start = 0;
    long flags = a[3], type = flags & LINUX_MAP_TYPE;

    if (!a[1] || a[5] % PAGE || a[5] < 0 || !type || type > 3)
        return -LINUX_EINVAL;
    if (bytes < (uint64_t)a[1] || bytes > WINDOW_FILES)
        return -LINUX_ENOMEM;
    if (!(flags & LINUX_MAP_ANONYMOUS) && !descriptor_file(p, a[4]))
        return -LINUX_EBADF;
    long result = map_place(p, (uint64_t)a[0], bytes, flags, &start);
    if (result)
        return result;
    struct region r = {.start = start, .end = start + bytes, .prot = a[2] & 7};
    if (flags & LINUX_MAP_ANONYMOUS)
        result = vm_add(p, &r);
    else
        result = map_file(p, &r, a);
    return result ? result : (long)start;
}

long call_munmap(struct linux_process *p, const long a[6])
{
    uint64_t start = (uint64_t)a[0], bytes = round_up((uint64_t)a[1], PAGE);

    if (!range_valid(p, start, bytes))
        return -LINUX_EINVAL;
    return vm_drop(p, start, start + bytes);
}

long call_mprotect(struct linux_process *p, const long a[6])
{
    uint64_t start = (uint64_t)a[0], bytes = round_up((uint64_t)a[1], PAGE);

    if (start % PAGE || a[2] & ~7l)
        return -LINUX_EINVAL;
    if (!bytes)
        return 0;
    if (start + bytes < start)
        return -LINUX_ENOMEM;
    return vm_protect(p, start, start + bytes, (unsigned)a[2]);
}

long call_madvise(struct linux_process *p, const long a[6])
{
    uint64_t start = (uint64_t)a[0], bytes = round_up((uint64_t)a[1], PAGE);

    if (start % PAGE || start + bytes < start)
        return -LINUX_EINVAL;
    if (!region_covers(&p->regions, start, start + bytes))
        return -LINUX_ENOMEM;
    if (a[2] == LINUX_MADV_DONTNEED)
        vm_discard(p, start, start + bytes);
    return 0;
}

/* Moves what is present, a piece at a time, so that at no time much is there twice. */
static long range_move(struct linux_process *p, uint64_t from, uint64_t bytes, uint64_t to)
{
    const uint64_t piece = 64 * PAGE;
    uint64_t at = from, run_end;

    while (presence_run(p, &at, from + bytes, true, &run_end)) {
        uint64_t end = run_end - at > piece ? at + piece : run_end;
        uint64_t there = to + (at - from);
        if (vm_populate(p, there, there + (end - at)))
            vm_exhausted(p);
        memcpy((void *)there, (const void *)at, end - at);
        vm_discard(p, at, end);
        at = end;
    }
    return 0;
}

static long remap_grow(struct linux_process *p, const struct region *old, uint64_t start,
                       uint64_t old_bytes, uint64_t bytes, long flags)
{
    uint64_t end = start + old_bytes, to;
    const struct region *next = region_after(&p->regions, end);
    struct region r = {
        .start = end, .end = start + bytes, .kind = REGION_ANONYMOUS, .prot = old->prot};

    if (old->kind != REGION_ANONYMOUS || old->end < end)
        return -LINUX_EFAULT;
    if ((!next || next->start >= r.end) && range_valid(p, start, bytes)) {
        long result = vm_add(p, &r);
        return result ? result : (long)start;
    }
    if (!(flags & LINUX_MREMAP_MAYMOVE))
        return -LINUX_ENOMEM;
    to = region_gap(&p->regions, window_at(p, WINDOW_STACK), window_at(p, WINDOW_FILES), bytes);
    if (!to)
        return -LINUX_ENOMEM;
    unsigned prot = old->prot;
    r = (struct region){.start = to, .end = to + bytes, .prot = LINUX_READ | LINUX_WRITE};
    long result = vm_add(p, &r);
    if (!result && !(prot & LINUX_READ))
        result = vm_protect(p, start, end, LINUX_READ);
    if (!result)
        result = range_move(p, start, old_bytes, to);
    if (!result)
        result = vm_protect(p, to, to + bytes, prot);
    if (!result)
        result = vm_drop(p, start, end);
    return result ? result : (long)to;
}

long call_mremap(struct linux_process *p, const long a[6])
{
    uint64_t start = (uint64_t)a[0];
    uint64_t old_bytes = round_up((uint64_t)a[1], PAGE), bytes = round_up((uint64_t)a[2], PAGE);
    const struct region *r = region_find(&p->regions, start);

    if (start % PAGE || !bytes || !old_bytes || a[3] & ~(long)LINUX_MREMAP_MAYMOVE)
        return -LINUX_EINVAL;
    if (!r || start + old_bytes < start || bytes > WINDOW_FILES)
        return -LINUX_EFAULT;
    if (bytes > old_bytes)
        return remap_grow(p, r, start, old_bytes, bytes, a[3]);
    if (bytes < old_bytes) {
        long result = vm_drop(p, start + bytes, start + old_bytes);
        if (result)
            return result;
    }
    return (long)start;
}

long call_brk(struct linux_process *p, const long a[6])
{
    uint64_t wanted = (uint64_t)a[0];
    uint64_t end = round_up(p->heap_end, PAGE), target = round_up(wanted, PAGE);

    if (!p->heap_start || wanted < p->heap_start || wanted - p->heap_start > 32ull << 30)
        return (long)p->heap_end;
    if (target > end) {
        const struct region *next = region_after(&p->regions, end);
        struct region r = {.start = end, .end = target, .prot = LINUX_READ | LINUX_WRITE};
        if ((next && next->start < target) || vm_add(p, &r))
            return (long)p->heap_end;
    } else if (target < end && vm_drop(p, target, end)) {
        return (long)p->heap_end;
    }
    p->heap_end = wanted;
    return (long)wanted;
}
