/* types.c: each operation on capabilities with each type: copied, minted, moved, deleted, revoked,
 * identified, marked, made from RAM, used as RAM. What a type can is written down here once more,
 * as DESIGN section 4 has it, and not taken from the kernel. */
#include "conform.h"
#include <rt/string.h>

enum {
    CAN_COPY = 1,    /* be copied and minted */
    CAN_PART = 2,    /* be minted in part */
    CAN_LEAVE = 4,   /* be held by other cores, so be marked */
    FROM_ZONE = 8,   /* be made from RAM inside the zone */
    FROM_RAM = 16,   /* be made from RAM outside */
    CAN_REVOKE = 32, /* comes with RIGHT_REVOKE */
};

static const struct able {
    const char *name;
    uint32_t able;
    uint64_t bytes; /* of the object that is made */
} types[CAP_TYPE_COUNT] = {
    [CAP_RAM] = {"RAM", CAN_COPY | CAN_LEAVE | CAN_REVOKE | FROM_ZONE | FROM_RAM, PAGE_BYTES},
    [CAP_FRAME] = {"FRAME", CAN_COPY | CAN_PART | CAN_LEAVE | CAN_REVOKE | FROM_RAM, PAGE_BYTES},
    [CAP_DEVICE_FRAME] = {"DEVICE_FRAME", CAN_COPY | CAN_PART | CAN_LEAVE | CAN_REVOKE, PAGE_BYTES},
    [CAP_PAGE_TABLE_4] = {"PAGE_TABLE_4", CAN_COPY | CAN_REVOKE | FROM_ZONE, 8192},
    [CAP_PAGE_TABLE_3] = {"PAGE_TABLE_3", CAN_COPY | CAN_REVOKE | FROM_ZONE, 8192},
    [CAP_PAGE_TABLE_2] = {"PAGE_TABLE_2", CAN_COPY | CAN_REVOKE | FROM_ZONE, 8192},
    [CAP_PAGE_TABLE_1] = {"PAGE_TABLE_1", CAN_COPY | CAN_REVOKE | FROM_ZONE, 8192},
    [CAP_CNODE_L1] = {"CNODE_L1", CAN_COPY | CAN_REVOKE | FROM_ZONE, 16 * LINE_BYTES},
    [CAP_CNODE_L2] = {"CNODE_L2", CAN_COPY | CAN_REVOKE | FROM_ZONE, 16384},
    [CAP_DISPATCHER] = {"DISPATCHER", CAN_COPY | CAN_REVOKE | FROM_ZONE, 8192},
    [CAP_SCHED_CONTEXT] = {"SCHED_CONTEXT", CAN_COPY | CAN_REVOKE | FROM_ZONE, 128},
    [CAP_ENDPOINT] = {"ENDPOINT", CAN_COPY | CAN_REVOKE, 8192},
    [CAP_MAPPING] = {"MAPPING", 0, PAGE_BYTES},
    [CAP_MARKER] = {"MARKER", 0, PAGE_BYTES},
    [CAP_IRQ_CONTROL] = {"IRQ_CONTROL", CAN_COPY | CAN_LEAVE | CAN_REVOKE, 1},
    [CAP_IRQ] = {"IRQ", CAN_COPY | CAN_LEAVE | CAN_REVOKE, 1},
    [CAP_IO_PORTS] = {"IO_PORTS", CAN_COPY | CAN_PART | CAN_LEAVE | CAN_REVOKE, 1},
    [CAP_IO_SPACE] = {"IO_SPACE", CAN_COPY | CAN_LEAVE | CAN_REVOKE, 1},
    [CAP_DOORBELL] = {"DOORBELL", CAN_COPY | CAN_LEAVE | CAN_REVOKE, 1},
    [CAP_CORE] = {"CORE", CAN_COPY | CAN_LEAVE | CAN_REVOKE, 1},
    [CAP_MONITOR] = {"MONITOR", CAN_COPY | CAN_REVOKE, 1},
};

#define TYPE(arg) ((enum cap_type)((const struct able *)(arg)-types))
#define ABLE(arg, what) ((((const struct able *)(arg))->able & (what)) != 0)

static void copy(const void *arg)
{
    capref_t from = lab_make(TYPE(arg)), to = lab_slot();

    EXPECT(ABLE(arg, CAN_COPY) ? OK : E_TYPE, sys_cap_copy(from, to));
    if (!ABLE(arg, CAN_COPY))
        return;
    struct cap_description a = lab_describe(from), b = lab_describe(to);
    TRUE(memcmp(&a, &b, sizeof a) == 0);
    EXPECT(OK, sys_cap_delete(from));
    EXPECT_TYPE(TYPE(arg), to); /* the object lives on in its copy */
}

static void mint(const void *arg)
{
    capref_t from = lab_make(TYPE(arg)), to = lab_slot();
    uint32_t had = lab_describe(from).rights;

    EXPECT(ABLE(arg, CAN_COPY) ? OK : E_TYPE, sys_cap_mint(from, to, RIGHT_READ, 0, 0, 0));
    if (!ABLE(arg, CAN_COPY))
        return;
    EQUAL(had & RIGHT_READ, lab_describe(to).rights);
    EQUAL(had, lab_describe(from).rights);
    EQUAL(lab_describe(from).tag, lab_describe(to).tag);
}

/* Rights never grow: a copy of a weak copy is as weak. */
static void rights(const void *arg)
{
    capref_t from = lab_make(TYPE(arg)), weak = lab_slot(), to = lab_slot();

    if (!ABLE(arg, CAN_COPY))
        return;
    EXPECT(OK, sys_cap_mint(from, weak, 0, 0, 0, 0));
    EXPECT(OK, sys_cap_mint(weak, to, RIGHTS_ALL, 0, 0, 0));
    EQUAL(0, lab_describe(to).rights);
    EXPECT(E_RIGHTS, sys_cap_revoke(weak, 0));
}

static void part(const void *arg)
{
    capref_t from = lab_make(TYPE(arg)), to = lab_slot();
    enum status want = ABLE(arg, CAN_PART) ? OK : E_TYPE;
    uint64_t bytes = ((const struct able *)arg)->bytes;

    EXPECT(want, sys_cap_mint(from, to, RIGHTS_ALL, 0, 0, bytes));
    if (want != OK)
        return;
    EQUAL(bytes, lab_describe(to).bytes);
    EQUAL(lab_describe(from).base, lab_describe(to).base);
}

static void move(const void *arg)
{
    capref_t from = lab_make(TYPE(arg)), to = lab_slot();
    struct cap_description before = lab_describe(from);

    EXPECT(OK, sys_cap_move(from, to));
    struct cap_description after = lab_describe(to);
    TRUE(memcmp(&before, &after, sizeof before) == 0);
    EXPECT_TYPE(CAP_NULL, from);
    EXPECT(E_NO_CAP, sys_cap_move(from, lab_slot()));
}

static void delete (const void *arg)
{
    capref_t from = lab_make(TYPE(arg));

    EXPECT(OK, sys_cap_delete(from));
    EXPECT_TYPE(CAP_NULL, from);
    EXPECT(E_NO_CAP, sys_cap_delete(from));
}

static void revoke(const void *arg)
{
    capref_t from = lab_make(TYPE(arg)), own = lab_slot(), to = lab_slot();
    bool tagged = lab_describe(from).tag != 0;

    if (!ABLE(arg, CAN_REVOKE)) {
        EXPECT(E_RIGHTS, sys_cap_revoke(from, 0));
        return;
    }
    EXPECT(OK, sys_cap_mint(from, own, RIGHTS_ALL, tagged ? 0 : LAB_TAG, 0, 0));
    EXPECT(OK, sys_cap_copy(own, to));
    EXPECT(OK, sys_cap_revoke(own, 0));
    EXPECT_TYPE(TYPE(arg), own);
    EXPECT_TYPE(CAP_NULL, to);
    EXPECT_TYPE(tagged ? CAP_NULL : TYPE(arg), from);
}

static void identify(const void *arg)
{
    capref_t ref = lab_make(TYPE(arg));
    struct cap_description d = lab_describe(ref);
    struct sysret r = arch_syscall(SYS_CAP_IDENTIFY, ref, 2, 0, 0, 0, 0);

    EQUAL(TYPE(arg), d.type);
    TRUE(d.bytes != 0);
    EXPECT(OK, r.status);
    TRUE(r.r1 <= 1 && r.r2 <= 1);
}

static void mark(const void *arg)
{
    capref_t ref = lab_make(TYPE(arg)), to = lab_slot();
    enum status want = ABLE(arg, CAN_LEAVE) ? OK : E_TYPE;

    EXPECT(want, sys_monitor_mark(GRANT_MONITOR, to, ref, 77));
    if (want != OK)
        return;
    EXPECT_TYPE(CAP_MARKER, to);
    EQUAL(77, lab_describe(to).aux);
    EXPECT(E_EXISTS, sys_monitor_mark(GRANT_MONITOR, lab_slot(), ref, 78));
}

/* Made from RAM inside the zone, and outside. */
static void made(const void *arg)
{
    uint64_t bytes = ((const struct able *)arg)->bytes;
    capref_t in = lab_zone(64 << 10), out = lab_ram(64 << 10), a = lab_slot(), b = lab_slot();
    bool can = ABLE(arg, FROM_ZONE | FROM_RAM);

    EXPECT(!can                   ? E_TYPE
           : ABLE(arg, FROM_ZONE) ? OK
                                  : E_RANGE,
           sys_cap_retype(in, 0, TYPE(arg), bytes, 1, a));
    EXPECT(!can                  ? E_TYPE
           : ABLE(arg, FROM_RAM) ? OK
                                 : E_RANGE,
           sys_cap_retype(out, 0, TYPE(arg), bytes, 1, b));
    if (ABLE(arg, FROM_ZONE)) {
        EXPECT_TYPE(TYPE(arg), a);
        EQUAL(bytes, lab_describe(a).bytes);
        EQUAL(lab_describe(in).base, lab_describe(a).base);
        EQUAL(lab_describe(in).tag, lab_describe(a).tag);
    }
}

/* Used as if it were RAM. */
static void as_ram(const void *arg)
{
    capref_t from = lab_make(TYPE(arg)), to = lab_slot();

    EXPECT(TYPE(arg) == CAP_RAM ? OK : E_TYPE,
           sys_cap_retype(from, 0, CAP_FRAME, PAGE_BYTES, 1, to));
}

void types_run(void)
{
    static const struct {
        const char *name;
        void (*fn)(const void *arg);
    } ways[] = {
        {"copy", copy}, {"mint", mint},     {"rights", rights}, {"part", part},
        {"move", move}, {"delete", delete}, {"revoke", revoke}, {"identify", identify},
        {"mark", mark}, {"made", made},     {"as_ram", as_ram},
    };
    char name[64];

    for (unsigned type = 1; type < CAP_TYPE_COUNT; type++)
        for (unsigned i = 0; i < sizeof ways / sizeof ways[0]; i++) {
            if (!lab_can((enum cap_type)type) && ways[i].fn != made)
                continue;
            if (ways[i].fn == revoke && lab_shares((enum cap_type)type))
                continue;
            if (ways[i].fn == rights && !(types[type].able & CAN_COPY))
                continue;
            rt_snprintf(name, sizeof name, "type.%s.%s", types[type].name, ways[i].name);
            case_run(name, ways[i].fn, &types[type]);
        }
}
