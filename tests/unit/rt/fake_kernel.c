/* fake_kernel.c: see fake_kernel.h. Every rule that the real kernel would refuse by is refused. */
#include "fake_kernel.h"
#include <arch/user.h>
#include <assert.h>
#include <string.h>

enum { CAPS = 1 << 14, ROOT_TABLE_BASE = 0x1000 };

struct fake_cap {
    enum cap_type type;
    uint64_t base, bytes;
    capref_t table; /* MAPPING: where it is entered */
    uint32_t first, count, flags;
    capref_t entry[512]; /* page tables: the MAPPING of each entry */
};

static struct fake_cap cap[CAPS];
static uint32_t slot_limit;

void fake_reset(void)
{
    memset(cap, 0, sizeof cap);
    slot_limit = CAP_L2_SLOTS;
    cap[SLOT_CSPACE].type = CAP_CNODE_L1;
    cap[SLOT_PAGE_TABLE] =
        (struct fake_cap){.type = CAP_PAGE_TABLE_4, .base = ROOT_TABLE_BASE, .bytes = 8192};
}

void fake_ram_put(capref_t slot, uint64_t base, uint64_t bytes)
{
    cap[slot] = (struct fake_cap){.type = CAP_RAM, .base = base, .bytes = bytes};
}

uint32_t fake_cap_count(void)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < CAPS; i++)
        n += cap[i].type != CAP_NULL;
    return n;
}

static struct fake_cap *named(uint64_t place)
{
    assert(place >> 32 == 0 && place < slot_limit);
    return cap[place].type ? &cap[place] : NULL;
}

static void end(struct fake_cap *c)
{
    if (c->type == CAP_MAPPING)
        for (uint32_t i = 0; i < c->count; i++)
            cap[c->table].entry[c->first + i] = 0;
    memset(c, 0, sizeof *c);
}

static bool overlaps(const struct fake_cap *c, uint64_t base, uint64_t bytes)
{
    return c->type && base < c->base + c->bytes && c->base < base + bytes;
}

static enum status retype(const uint64_t a[6])
{
    struct fake_cap *from = named(a[0]);
    uint64_t bytes = a[3], base = from ? from->base + a[1] : 0;

    if (!from)
        return E_NO_CAP;
    if (from->type != CAP_RAM)
        return E_TYPE;
    if (named(a[5]))
        return E_SLOT_USED;
    if (a[1] + bytes > from->bytes || !bytes)
        return E_RANGE;
    if (a[2] != CAP_SCHED_CONTEXT && base % PAGE_BYTES)
        return E_ALIGN;
    for (uint32_t i = 0; i < CAPS; i++)
        if (&cap[i] != from && overlaps(&cap[i], base, bytes))
            return E_RETYPED;
    cap[a[5]] = (struct fake_cap){.type = (enum cap_type)a[2], .base = base, .bytes = bytes};
    return OK;
}

static enum status revoke(struct fake_cap *c)
{
    if (!c)
        return E_NO_CAP;
    for (uint32_t i = 0; i < CAPS; i++)
        if (&cap[i] != c && overlaps(&cap[i], c->base, c->bytes) && cap[i].bytes <= c->bytes)
            end(&cap[i]);
    return OK;
}

static enum status map(const uint64_t a[6], bool is_table)
{
    struct fake_cap *table = named(a[0]), *what = named(a[1]);
    uint32_t first = (uint32_t)a[3], count = is_table ? 1 : (uint32_t)(a[3] >> 32);
    uint64_t unit = table && table->type == CAP_PAGE_TABLE_2 ? LARGE_PAGE_BYTES : PAGE_BYTES;
    uint64_t offset = is_table ? 0 : a[4], bytes = is_table ? 8192 : count * unit;

    if (!table || !what)
        return E_NO_CAP;
    if (named(a[2]))
        return E_SLOT_USED;
    if (is_table ? what->type != table->type + 1 : what->type != CAP_FRAME)
        return E_TYPE;
    if (!count || first + count > 512)
        return E_ARGUMENT;
    if (offset + bytes > what->bytes)
        return E_RANGE;
    if (!is_table && (what->base + offset) % unit)
        return E_ALIGN;
    for (uint32_t i = 0; i < count; i++)
        if (table->entry[first + i])
            return E_MAPPED;
    cap[a[2]] = (struct fake_cap){.type = CAP_MAPPING,
                                  .base = what->base + offset,
                                  .bytes = bytes,
                                  .table = (capref_t)a[0],
                                  .first = first,
                                  .count = count,
                                  .flags = (uint32_t)a[5]};
    for (uint32_t i = 0; i < count; i++)
        table->entry[first + i] = (capref_t)a[2];
    return OK;
}

bool fake_walk(uint64_t va, uint64_t *pa, uint32_t *flags)
{
    capref_t table = SLOT_PAGE_TABLE;

    for (unsigned shift = 39; shift >= 12; shift -= 9) {
        uint32_t index = (uint32_t)(va >> shift) & 511;
        const struct fake_cap *m = &cap[cap[table].entry[index]];
        if (m->type != CAP_MAPPING)
            return false;
        capref_t lower = 0;
        for (uint32_t i = 1; i < CAPS && !lower; i++)
            if (cap[i].base == m->base && cap[i].type == cap[table].type + 1 && m->bytes == 8192)
                lower = i;
        if (!lower) {
            *pa =
                m->base + (((uint64_t)(index - m->first) << shift) | (va & ((1ull << shift) - 1)));
            *flags = m->flags;
            return *flags != 0;
        }
        table = lower;
    }
    return false;
}

static enum status identify(const uint64_t a[6], struct sysret *r)
{
    const struct fake_cap *c = named(a[0]);

    if (!c)
        return E_NO_CAP;
    r->r1 = a[1] == 0 ? c->base : (uint64_t)c->type | RIGHTS_ALL << 8;
    r->r2 = a[1] == 0 ? c->bytes : 0;
    return OK;
}

static enum status attach(const uint64_t a[6])
{
    struct fake_cap *c = named(a[2]);

    if (!c || c->type != CAP_CNODE_L2 || a[1] * CAP_L2_SLOTS != slot_limit)
        return E_ARGUMENT;
    /* It stays somewhere, so that its memory stays taken. */
    cap[CAPS - 1 - a[1]] = *c;
    memset(c, 0, sizeof *c);
    slot_limit += CAP_L2_SLOTS;
    return OK;
}

struct sysret arch_syscall(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                           uint64_t a4, uint64_t a5)
{
    const uint64_t a[6] = {a0, a1, a2, a3, a4, a5};
    struct sysret r = {0};
    struct fake_cap *c;

    if (op == SYS_CAP_RETYPE) {
        r.status = retype(a);
    } else if (op == SYS_CAP_REVOKE) {
        r.status = revoke(named(a0));
    } else if (op == SYS_CAP_DELETE) {
        c = named(a0);
        r.status = c ? OK : E_NO_CAP;
        if (c)
            end(c);
    } else if (op == SYS_CAP_IDENTIFY) {
        r.status = identify(a, &r);
    } else if (op == SYS_CNODE_ATTACH) {
        r.status = attach(a);
    } else if (op == SYS_TABLE_MAP || op == SYS_FRAME_MAP) {
        r.status = map(a, op == SYS_TABLE_MAP);
    } else if (op == SYS_MAPPING_PROTECT) {
        c = named(a0);
        r.status = c && c->type == CAP_MAPPING ? OK : E_NO_CAP;
        if (c)
            c->flags = (uint32_t)a1;
    } else {
        r.status = E_SYSCALL;
    }
    return r;
}
