/* calls.c: kinds that make system calls at full speed with arguments at random. */
#include "hostile.h"

enum { NATIVE_CALLS = 60000, LINUX_CALLS = 30000, PARENT_CALLS = 20000 };

/* Half the time a number that could be right. */
static uint64_t argument(void)
{
    uint64_t r = random_next();

    switch (r >> 60) {
    case 0:
    case 1:
    case 2:
    case 3:
        return r & 63; /* a slot, a small number */
    case 4:
    case 5:
        return r & 0xff;
    case 6:
        return (uint64_t)(r & 15) << 32 | (r >> 8 & 0x3f);
    case 7:
        return (r & 0xff) * PAGE_BYTES;
    case 8:
        return LAYOUT_BASE + (r & 0x1fffff);
    case 9:
        return HOSTILE_KERNEL_TEXT + (r & 0xffffff);
    case 10:
        return HOSTILE_BEYOND_USER - (r & 0xff);
    case 11:
        return 1ull << (r & 63);
    case 12:
        return 0;
    case 13:
        return UINT64_MAX - (r & 7);
    }
    return r;
}

/* Those that would end or stop this dispatcher, or its run, at once: other kinds are about them. */
static bool call_ends(enum syscall op, uint64_t a0)
{
    switch (op) {
    case SYS_RESUME:
    case SYS_DISPATCHER_STOP:
    case SYS_DISPATCHER_ENTRY:
    case SYS_DISPATCHER_SUPERVISE:
    case SYS_CALL:
    case SYS_REPLY_WAIT:
        return true;
    case SYS_WAIT:
        return a0 > arch_user_ticks();
    case SYS_CAP_DELETE:
    case SYS_CAP_REVOKE:
    case SYS_CAP_MOVE:
    case SYS_CNODE_DETACH:
    case SYS_MAPPING_PROTECT:
        return (uint32_t)a0 < CAP_L2_SLOTS;
    default:
        return false;
    }
}

static void calls_native(void)
{
    uint64_t good = 0;

    for (unsigned i = 0; i < NATIVE_CALLS; i++) {
        enum syscall op = (enum syscall)(random_next() % (SYS_COUNT + 4));
        uint64_t a[6];

        for (unsigned k = 0; k < 6; k++)
            a[k] = argument();
        if (!call_ends(op, a[0]))
            good += arch_syscall((uint64_t)op, a[0], a[1], a[2], a[3], a[4], a[5]).status == OK;
    }
    say_number("native calls ", NATIVE_CALLS, "");
    leave(good == 0); /* some did succeed */
}

static bool linux_ends(long n)
{
    switch (n) {
    case LINUX_exit:
    case LINUX_exit_group:
    case LINUX_kill:
    case LINUX_tkill:
    case LINUX_tgkill:
    case LINUX_nanosleep:
    case LINUX_clock_nanosleep:
    case LINUX_futex:
        return true;
    default:
        return false;
    }
}

static void calls_linux(void)
{
    for (unsigned i = 0; i < LINUX_CALLS; i++) {
        long n = (long)(random_next() % LINUX_CALL_LIMIT), a[6];

        for (unsigned k = 0; k < 6; k++)
            a[k] = (long)argument();
        if (n == LINUX_munmap || n == LINUX_mprotect || n == LINUX_mmap)
            a[0] |= 0x10000000000; /* away from this program */
        if (!linux_ends(n))
            hostile_linux(n, a);
    }
    say_number("Linux calls ", LINUX_CALLS, "");
}

/* The worker lends memory by a same-core call: asked for the impossible, into slots that are taken,
 * by operations that it does not know, as fast as it answers. */
static void calls_parent(void)
{
    enum { DEADLINES_A_SECOND = 10 };
    const struct dispatcher_page *page = (const struct dispatcher_page *)LAYOUT_SHARED_PAGE;

    for (unsigned i = 0; i < PARENT_CALLS; i++) {
        uint64_t word[4] = {random_next() & 3, argument(), argument(), random_next() & 3};
        if (i % 4 == 0)
            word[3] = argument();
        arch_call(SLOT_PARENT_CALL, arch_user_ticks() + page->tick_hz / DEADLINES_A_SECOND, word);
    }
    say_number("parent calls ", PARENT_CALLS, "");
}

const struct kind call_kinds[] = {
    {"calls-native", calls_native},
    {"calls-linux", calls_linux},
    {"calls-parent", calls_parent},
    {NULL, NULL},
};
