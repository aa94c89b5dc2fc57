/* say.c: the little that every kind needs: words on the console, numbers at random, memory, native
 * system calls, and objects of the domain's own. */
#include "hostile.h"

/* Where our own CNodes go in the CSpace: the runtime takes low indices first. */
enum { STACK_TOUCH_BYTES = 64 << 10, CNODE_FIRST = 40, CNODE_LAST = 55, TEXT_BYTES = 160 };

/* The compiler asks for it, where it clears a structure. */
void *memset(void *to, int value, size_t bytes);

void *memset(void *to, int value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        ((volatile unsigned char *)to)[i] = (unsigned char)value;
    return to;
}

long linux_call(long number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3)
{
    const long a[6] = {(long)a0, (long)a1, (long)a2, (long)a3, 0, 0};

    return hostile_linux(number, a);
}

void say(const char *text)
{
    uint64_t bytes = 0;

    while (text[bytes])
        bytes++;
    linux_call(LINUX_write, 1, (uint64_t)text, bytes, 0);
}

void say_number(const char *before, uint64_t number, const char *after)
{
    char line[TEXT_BYTES], digits[24];
    unsigned n = 0, d = 0;

    for (; *before && n < sizeof line / 2; before++)
        line[n++] = *before;
    do
        digits[d++] = (char)('0' + number % 10);
    while (number /= 10);
    while (d)
        line[n++] = digits[--d];
    for (; *after && n < sizeof line - 2; after++)
        line[n++] = *after;
    line[n++] = '\n';
    line[n] = 0;
    say(line);
}

void leave(int code)
{
    for (;;)
        linux_call(LINUX_exit_group, (uint64_t)code, 0, 0, 0);
}

bool same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

uint64_t random_next(void)
{
    static uint64_t state = 0x5eed;
    uint64_t z = state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

unsigned char *pages_take(uint64_t bytes)
{
    const long a[6] = {0, (long)bytes, 3, 0x22, -1, 0}; /* read, write; private, anonymous */
    long at = hostile_linux(LINUX_mmap, a);

    return at < 0 && at > -4096 ? NULL : (unsigned char *)at;
}

static void pages_touch(uint64_t from, uint64_t to)
{
    for (uint64_t at = round_down(from, PAGE_BYTES); at < to; at += PAGE_BYTES)
        (void)*(volatile unsigned char *)at;
}

void faults_take(void)
{
    extern char program_begin[], program_end[];
    char here;

    pages_touch((uint64_t)program_begin, (uint64_t)program_end);
    pages_touch((uint64_t)&here - STACK_TOUCH_BYTES, (uint64_t)&here);
    native_do(SYS_DISPATCHER_ENTRY, SLOT_DISPATCHER, ENTRY_FAULT, (uint64_t)hostile_fault_entry, 0,
              0, 0);
}

void faults_drop(void)
{
    native_do(SYS_DISPATCHER_ENTRY, SLOT_DISPATCHER, ENTRY_FAULT, 0, 0, 0, 0);
}

struct sysret native(enum syscall op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                     uint64_t a4, uint64_t a5)
{
    struct sysret r;

    do
        r = arch_syscall((uint64_t)op, a0, a1, a2, a3, a4, a5);
    while (r.status == E_AGAIN);
    return r;
}

enum status native_do(enum syscall op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                      uint64_t a4, uint64_t a5)
{
    return (enum status)native(op, a0, a1, a2, a3, a4, a5).status;
}

static uint64_t zone_top, ram_top;
static capref_t next_slot;
static uint32_t next_cnode = CNODE_FIRST;

/* A CNode of our own; its slots are nobody else's. 0: no room. */
static capref_t cnode_make(void)
{
    const uint64_t bytes = CAP_L2_SLOTS * LINE_BYTES;

    for (capref_t slot = CAP_L2_SLOTS - 1; slot > CAP_L2_SLOTS / 2; slot--) {
        enum status s;
        do {
            if (zone_top < bytes || next_cnode > CNODE_LAST)
                return 0;
            zone_top -= bytes;
            s = native_do(SYS_CAP_RETYPE, SLOT_ZONE_RAM, zone_top, CAP_CNODE_L2, bytes, 1, slot);
        } while (s == E_RETYPED);
        if (s == OK)
            s = native_do(SYS_CNODE_ATTACH, SLOT_CSPACE, next_cnode, slot, 0, 0, 0);
        if (s == OK)
            return capref_make(next_cnode++, 0);
    }
    return 0;
}

capref_t slot_take(void)
{
    if (next_cnode == CNODE_FIRST) {
        zone_top = native(SYS_CAP_IDENTIFY, SLOT_ZONE_RAM, 0, 0, 0, 0, 0).r2;
        ram_top = native(SYS_CAP_IDENTIFY, SLOT_RAM, 0, 0, 0, 0, 0).r2;
    }
    if (next_slot % CAP_L2_SLOTS == 0)
        next_slot = cnode_make();
    return next_slot ? next_slot++ : 0;
}

static capref_t part_take(capref_t ram, uint64_t *top, enum cap_type type, uint64_t bytes)
{
    capref_t slot = slot_take();
    enum status s = E_RETYPED;

    while (slot && s == E_RETYPED && *top >= bytes) {
        *top = round_down(*top - bytes, PAGE_BYTES);
        s = native_do(SYS_CAP_RETYPE, ram, *top, type, bytes, 1, slot);
    }
    return s == OK ? slot : 0;
}

capref_t object_take(enum cap_type type, uint64_t bytes)
{
    return part_take(SLOT_ZONE_RAM, &zone_top, type, bytes);
}

capref_t frame_take(uint64_t bytes)
{
    return part_take(SLOT_RAM, &ram_top, CAP_FRAME, bytes);
}
