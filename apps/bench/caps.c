/* caps.c: capability operations with few and with many capabilities in the core's database. The
 * many lie in a CSpace of their own: small pieces of RAM, each a region of its own. */
#include "bench.h"
#include <rt/slots.h>

enum {
    PIECE_BYTES = 64,
    FILL_L1_SLOTS = 512,
    REVOKE_COPIES = 1000,
    REVOKE_SAMPLES = 20, /* each of a thousand copies */
};

/* The CSpace with the filling, and how much is in it. */
static struct {
    struct ram_object cspace;
    uint32_t count; /* capabilities, whole CNodes of them */
} fill;

/* One more CNode, and 256 pieces in it. */
static enum status fill_more(void)
{
    struct ram_object cnode, ram;
    capref_t cnode_ref;
    uint32_t l1 = fill.count / CAP_L2_SLOTS;
    enum status s = slot_alloc(&rt.slots, &cnode_ref);

    if (s == OK)
        s = ram_alloc_at(&rt.ram, CAP_CNODE_L2, 0, capref_in(0, cnode_ref), &cnode);
    if (s == OK)
        s = sys_cnode_attach(fill.cspace.cap, l1, capref_in(0, cnode_ref));
    if (s == OK)
        s = ram_alloc_part(&rt.ram, RAM_ZONE, CAP_L2_SLOTS * PIECE_BYTES, &ram);
    slot_free(&rt.slots, cnode_ref);
    /* Capref 0 of the CSpace is null, so its first CNode gets one less. */
    uint32_t skip = l1 == 0;
    if (s == OK)
        s = sys_cap_retype(ram.cap, 0, CAP_RAM, PIECE_BYTES, CAP_L2_SLOTS - skip,
                           capref_in(fill.cspace.cap, capref_make(l1, skip)));
    if (s == OK)
        fill.count += CAP_L2_SLOTS;
    return s;
}

static enum status fill_to(uint32_t count)
{
    enum status s = OK;

    if (!fill.cspace.cap)
        s = ram_alloc_object(&rt.ram, CAP_CNODE_L1, FILL_L1_SLOTS * LINE_BYTES, &fill.cspace);
    while (s == OK && fill.count < count)
        s = fill_more();
    return s;
}

static void print(const char *name, enum window window, enum status s, uint32_t caps)
{
    if (row_ok(name, s))
        row_print(name, window, caps, sample_median(&sample));
}

static void copy_measure(capref_t source, capref_t to, uint32_t caps)
{
    enum status s = OK;

    sample_clear(&sample);
    for (uint32_t i = 0; s == OK && i < SAMPLES; i++) {
        SAMPLE(WINDOW_COPY, &sample, s = sys_cap_copy(source, to));
        if (s == OK)
            s = sys_cap_delete(to);
    }
    print("cap_copy", WINDOW_COPY, s, caps);
    sample_clear(&sample);
    for (uint32_t i = 0; s == OK && i < SAMPLES; i++) {
        s = sys_cap_copy(source, to);
        if (s == OK)
            SAMPLE(WINDOW_DELETE, &sample, s = sys_cap_delete(to));
    }
    print("cap_delete", WINDOW_DELETE, s, caps);
}

static void retype_measure(capref_t source, capref_t to, uint32_t caps)
{
    enum status s = OK;

    sample_clear(&sample);
    for (uint32_t i = 0; s == OK && i < SAMPLES; i++) {
        SAMPLE(WINDOW_RETYPE, &sample, s = sys_cap_retype(source, 0, CAP_RAM, PAGE_BYTES, 1, to));
        if (s == OK)
            s = sys_cap_delete(to);
    }
    print("cap_retype", WINDOW_RETYPE, s, caps);
}

static void revoke_measure(capref_t source, capref_t to, uint32_t caps)
{
    enum status s = OK;

    sample_clear(&sample);
    for (uint32_t i = 0; s == OK && i < SAMPLES; i++) {
        s = sys_cap_copy(source, to);
        if (s == OK)
            SAMPLE(WINDOW_REVOKE_1, &sample, s = sys_cap_revoke(source, 0));
    }
    print("cap_revoke_1", WINDOW_REVOKE_1, s, caps);
}

static void revoke_many_measure(capref_t source, const capref_t *to, uint32_t caps)
{
    enum status s = OK;

    sample_clear(&sample);
    for (uint32_t i = 0; s == OK && i < REVOKE_SAMPLES; i++) {
        for (uint32_t c = 0; s == OK && c < REVOKE_COPIES; c++)
            s = sys_cap_copy(source, to[c]);
        if (s == OK)
            SAMPLE(WINDOW_REVOKE_1000, &sample, s = sys_cap_revoke(source, 0));
    }
    print("cap_revoke_1000", WINDOW_REVOKE_1000, s, caps);
}

static void all_measure(capref_t source, const capref_t *to, uint32_t caps)
{
    enum status s = fill_to(caps);

    if (!row_ok("cap_copy", s))
        return;
    copy_measure(source, to[0], caps);
    retype_measure(source, to[0], caps);
    revoke_measure(source, to[0], caps);
    revoke_many_measure(source, to, caps);
}

void caps_measure(void)
{
    static capref_t to[REVOKE_COPIES];
    struct ram_object ram;
    enum status s = ram_alloc_part(&rt.ram, RAM_GENERAL, 4 * PAGE_BYTES, &ram);

    for (uint32_t i = 0; s == OK && i < REVOKE_COPIES; i++)
        s = slot_alloc(&rt.slots, &to[i]);
    if (!row_ok("cap_copy", s))
        return;
    all_measure(ram.cap, to, 1000);
    if (ram_free_bytes(&rt.ram, RAM_ZONE) < (14u << 20)) {
        log_line("the zone has no room for 100,000 capabilities: boot with zone=64M");
        return;
    }
    all_measure(ram.cap, to, 100000);
}
