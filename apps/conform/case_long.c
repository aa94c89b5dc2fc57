/* case_long.c: operations that take long give way (E_AGAIN) and go on when called again: while one
 * dispatcher does them again and again, a higher one runs in time, and nothing is lost in between.
 * "In time" is 1 ms; the kernel gives way after 200 us. */
#include "conform.h"
#include <rt/string.h>

enum { COPIES = 3000, BIG_BYTES = 16 << 20, PERIOD_MS = 1 };

/* How often the operation gave way; its last status. */
static enum status repeat(enum syscall op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                          uint64_t a4, uint64_t a5, uint64_t *again)
{
    struct sysret r;

    for (*again = 0;; (*again)++) {
        r = arch_syscall(op, a0, a1, a2, a3, a4, a5);
        if (r.status != E_AGAIN)
            return (enum status)r.status;
    }
}

CASE(again, revoke)
{
    capref_t frame = lab_make(CAP_FRAME);
    uint64_t again = 0, before = lab_cap_count();

    MET(lab_copies(frame, COPIES) == COPIES);
    EXPECT(OK, repeat(SYS_CAP_REVOKE, frame, 0, 0, 0, 0, 0, &again));
    TRUE(again >= 2);
    EQUAL(before + 1 + 12, lab_cap_count()); /* the CSpace of the copies: root and 12 CNodes */
}

CASE(again, delete_a_cspace)
{
    capref_t frame = lab_make(CAP_FRAME), root = LAB_CAP(lab.slots_used);
    uint64_t again = 0, before = lab_cap_count();

    MET(lab_copies(frame, COPIES) == COPIES);
    EXPECT_TYPE(CAP_CNODE_L1, root);
    enum status status = repeat(SYS_CAP_DELETE, root, 0, 0, 0, 0, 0, &again);
    TRUE(status == OK || status == E_NO_CAP); /* cap_core.h: another call may have finished it */
    TRUE(again >= 2);
    EXPECT_TYPE(CAP_NULL, root);
    EQUAL(before, lab_cap_count());
    EXPECT_TYPE(CAP_FRAME, frame);
}

CASE(again, zeroing)
{
    capref_t ram = lab_ram(BIG_BYTES), frame = lab_slot();
    uint64_t again = 0;

    EXPECT(OK, repeat(SYS_CAP_RETYPE, ram, 0, CAP_FRAME, BIG_BYTES, 1, frame, &again));
    TRUE(again >= 2);
    EXPECT_TYPE(CAP_FRAME, frame);
}

/* Each page of the big frame through one large page of ours. */
static bool big_is(capref_t frame, uint64_t fill, bool write)
{
    for (uint64_t at = 0; at < BIG_BYTES && !case_failed(); at += LARGE_PAGE_BYTES) {
        capref_t mapping = LAB_CAP(250);
        if (!expect_status(
                OK, sys_frame_map(lab.table_2, frame, mapping, 5, 1, at, MAP_READ | MAP_WRITE),
                "a window"))
            return false;
        volatile uint64_t *word = (volatile uint64_t *)(LAB_VA + 5 * (uint64_t)LARGE_PAGE_BYTES);
        for (uint64_t i = 0; i < LARGE_PAGE_BYTES / 8; i += PAGE_BYTES / 8) {
            if (write)
                word[i + 7] = fill;
            else if (word[i + 7] != fill)
                case_fail("0x%lx at 0x%lx", (unsigned long)word[i + 7],
                          (unsigned long)(at + i * 8));
        }
        if (!expect_status(OK, sys_cap_delete(mapping), "closing the window"))
            return false;
    }
    return !case_failed();
}

/* Zeroing that is cut in two, with a retype in between: every page is zero in the end. */
CASE(again, zeroing_is_whole)
{
    capref_t ram = lab_ram(BIG_BYTES), frame = lab_slot(), other = lab_ram(PAGE_BYTES);

    EXPECT(OK, sys_cap_retype(ram, 0, CAP_FRAME, BIG_BYTES, 1, frame));
    MET(big_is(frame, 0x5ec7e7, true));
    EXPECT(OK, sys_cap_delete(frame));
    EXPECT(E_AGAIN, arch_syscall(SYS_CAP_RETYPE, ram, 0, CAP_FRAME, BIG_BYTES, 1, frame).status);
    EXPECT_TYPE(CAP_NULL, frame);
    EXPECT(OK, sys_cap_retype(other, 0, CAP_FRAME, PAGE_BYTES, 1, lab_slot()));
    EXPECT(OK, sys_cap_retype(ram, 0, CAP_FRAME, BIG_BYTES, 1, frame));
    MET(big_is(frame, 0, false));
}

/* Memory that was written between two parts of the zeroing is zeroed again. */
CASE(again, zeroing_does_not_trust_what_it_zeroed)
{
    capref_t ram = lab_ram(BIG_BYTES), frame = lab_slot(), small = lab_slot();

    EXPECT(E_AGAIN, arch_syscall(SYS_CAP_RETYPE, ram, 0, CAP_FRAME, BIG_BYTES, 1, frame).status);
    EXPECT(OK, sys_cap_retype(ram, 0, CAP_FRAME, PAGE_BYTES, 1, small));
    capref_t mapping = lab_map(small, 3, MAP_READ | MAP_WRITE);
    MET(mapping != 0);
    ((volatile uint64_t *)lab_at(3))[7] = 0x5ec7e7;
    EXPECT(OK, sys_cap_delete(mapping));
    EXPECT(OK, sys_cap_delete(small));
    EXPECT(OK, sys_cap_retype(ram, 0, CAP_FRAME, BIG_BYTES, 1, frame));
    MET(big_is(frame, 0, false));
}

/* While a revoke is under way nothing new can be made of what it covers. */
CASE(again, revoke_lets_nothing_new_in)
{
    capref_t ram = lab_ram(4 * PAGE_BYTES), frame = lab_slot(), to = lab_slot();

    EXPECT(OK, sys_cap_retype(ram, 0, CAP_FRAME, PAGE_BYTES, 1, frame));
    MET(lab_mark(frame));
    EXPECT(E_MARKED, sys_cap_copy(frame, to));
    EXPECT(E_MARKED, sys_cap_mint(frame, to, RIGHTS_ALL, 0, 0, 0));
    EXPECT(E_MARKED, sys_cap_move(frame, to));
    EXPECT(E_MARKED, sys_frame_map(lab.table_1, frame, to, 3, 1, 0, MAP_READ));
    EXPECT(E_MARKED, sys_monitor_mark(GRANT_MONITOR, to, frame, 1));
    EXPECT_TYPE(CAP_FRAME, frame);
    EXPECT(OK, sys_cap_revoke(frame, 0));
    EXPECT(OK, sys_cap_copy(frame, to));
}

CASE(again, revoke_given_up)
{
    capref_t frame = lab_make(CAP_FRAME);

    MET(lab_mark(frame));
    EXPECT(OK, sys_cap_delete(frame));
    EXPECT_TYPE(CAP_NULL, frame);
}

/* ---- A higher one meanwhile ---- */

static volatile bool working;

static void metronome(struct subject *s)
{
    uint64_t ms = rt.page->tick_hz / 1000;

    while (!s->stop) {
        uint64_t due = lab_now() + ms * PERIOD_MS;
        enum status ignored = sys_wait(due);
        (void)ignored;
        uint64_t late = lab_now() - due;
        if (working) {
            s->steps++;
            if (late > s->value[0])
                s->value[0] = late;
        }
    }
}

/* Runs `work` in a subject below a metronome: it must tick through, and never be late. */
static void in_time(void (*work)(struct subject *s), capref_t a, capref_t b)
{
    struct subject *high = subject_make(PRIORITY_HIGH, metronome);
    struct subject *low = subject_make(PRIORITY_LOW, work);

    MET(high && low);
    low->value[0] = a;
    low->value[1] = b;
    MET(subject_start(high) && subject_start(low) && subject_join(low));
    high->stop = true;
    MET(subject_join(high));
    TRUE(low->done);
    EQUAL(OK, low->value[2]);
    TRUE(high->steps >= 1);
    TRUE(high->value[0] < rt.page->tick_hz / 1000);
}

static void work_revoke(struct subject *s)
{
    working = true;
    for (unsigned i = 0; i < 4 && s->value[2] == OK; i++) {
        s->value[2] = sys_cap_revoke((capref_t)s->value[0], 0);
        for (uint32_t n = 1; n < 3000 && s->value[2] == OK; n++)
            s->value[2] = sys_cap_copy(
                (capref_t)s->value[0],
                capref_in((capref_t)s->value[1], capref_make(n / CAP_L2_SLOTS, n % CAP_L2_SLOTS)));
    }
    s->value[2] = s->value[2] == OK ? sys_cap_revoke((capref_t)s->value[0], 0) : s->value[2];
    working = false;
}

CASE(in_time, revoke)
{
    capref_t frame = lab_make(CAP_FRAME), root = LAB_CAP(lab.slots_used);

    MET(lab_copies(frame, COPIES) == COPIES);
    EXPECT_TYPE(CAP_CNODE_L1, root);
    in_time(work_revoke, frame, root);
}

static void work_zero(struct subject *s)
{
    capref_t to = LAB_CAP(249);

    working = true;
    for (unsigned i = 0; i < 2 && s->value[2] == OK; i++) {
        s->value[2] = sys_cap_retype((capref_t)s->value[0], 0, CAP_FRAME, BIG_BYTES, 1, to);
        if (s->value[2] == OK)
            s->value[2] = sys_cap_delete(to);
    }
    working = false;
}

CASE(in_time, zeroing)
{
    in_time(work_zero, lab_ram(BIG_BYTES), 0);
}

static void work_delete(struct subject *s)
{
    working = true;
    s->value[2] = sys_cap_delete((capref_t)s->value[0]);
    /* Where the last part of it was done inside a call of somebody else, the slot is empty. */
    if (s->value[2] == E_NO_CAP)
        s->value[2] = OK;
    working = false;
}

CASE(in_time, delete_a_cspace)
{
    capref_t frame = lab_make(CAP_FRAME), root = LAB_CAP(lab.slots_used);

    MET(lab_copies(frame, 3 * COPIES) == 3 * COPIES);
    in_time(work_delete, root, 0);
    EXPECT_TYPE(CAP_NULL, root);
}

/* Page tables full of entries with a MAPPING each. */
enum { TABLES = 4 };
static capref_t tables[TABLES];

static void work_tables(struct subject *s)
{
    working = true;
    for (unsigned i = 0; i < TABLES && s->value[2] == OK; i++)
        s->value[2] = sys_cap_delete(tables[i]);
    working = false;
}

/* Fills entries [256 * half, 256 * half + 256) of the table; the MAPPINGs lie in a CNode of root. */
static bool table_fill(capref_t table, unsigned half, capref_t frame, capref_t root, uint32_t l1)
{
    capref_t ram = lab_zone(16384), cnode = lab_slot();
    enum status s = sys_cap_retype(ram, 0, CAP_CNODE_L2, 0, 1, cnode);

    if (s == OK)
        s = sys_cnode_attach(root, l1, cnode);
    for (uint32_t i = 0; s == OK && i < CAP_L2_SLOTS; i++)
        s = sys_frame_map(table, frame, capref_in(root, capref_make(l1, i)), half * 256 + i, 1, 0,
                          MAP_READ);
    return expect_status(OK, s, "filling a page table");
}

CASE(in_time, delete_page_tables)
{
    capref_t frame = lab_make(CAP_FRAME), root = lab_make(CAP_CNODE_L1);
    uint64_t last = LAB_VA + (7 + TABLES) * (uint64_t)LARGE_PAGE_BYTES - PAGE_BYTES;

    for (uint32_t i = 0; i < TABLES; i++) {
        tables[i] = lab_table(7 + i, NULL);
        for (uint32_t half = 0; half < 2; half++)
            MET(table_fill(tables[i], half, frame, root, 1 + 2 * i + half));
    }
    EXPECT_FAULT(FAULT_NONE, try_load(last));
    in_time(work_tables, 0, 0);
    EXPECT_FAULT(FAULT_READ, try_load(last));
}
