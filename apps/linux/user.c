/* user.c: the only way to the program's memory. The program may hand over any number as a pointer:
 * user_ready asks the ranges whether the program itself could do the access, then brings the pages
 * in, so that the copy cannot fault. Bytes for the program to write are copied once and then
 * checked. */
#include "personality.h"

long user_ready(struct linux_process *p, uint64_t address, uint64_t bytes, unsigned access)
{
    uint64_t end = address + bytes;

    if (!bytes)
        return 0;
    if (end < address)
        return -LINUX_EFAULT;
    for (uint64_t at = address; at < end;) {
        const struct region *r = region_find(&p->regions, at);
        if (!r || !(r->prot & access))
            return -LINUX_EFAULT;
        if (r->kind != REGION_ANONYMOUS && at - r->start + r->offset >= round_up(r->limit, PAGE))
            return -LINUX_EFAULT;
        at = r->end;
    }
    if (vm_populate(p, address, end))
        vm_exhausted(p);
    return 0;
}

long user_copy_in(struct linux_process *p, void *to, uint64_t address, size_t bytes)
{
    long result = user_ready(p, address, bytes, LINUX_READ);
    if (!result)
        memcpy(to, (const void *)address, bytes);
    return result;
}

long user_copy_out(struct linux_process *p, uint64_t address, const void *from, size_t bytes)
{
    long result = user_ready(p, address, bytes, LINUX_WRITE);
    if (!result)
        memcpy((void *)address, from, bytes);
    return result;
}

/* A NUL-terminated text; -ENAMETOOLONG if it does not fit. */
long user_text(struct linux_process *p, uint64_t address, char *to, size_t size)
{
    for (size_t i = 0, stop; i < size; i = stop) {
        long result = user_ready(p, address + i, 1, LINUX_READ);
        if (result)
            return result;
        /* Up to the end of this page nothing can be missing. */
        stop = i + (size_t)(PAGE - (address + i) % PAGE);
        stop = stop < size ? stop : size;
        const char *from = (const char *)address;
        for (; i < stop; i++)
            if (!(to[i] = from[i]))
                return (long)i;
    }
    return -LINUX_ENAMETOOLONG;
}
