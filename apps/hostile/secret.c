/* secret.c: kinds for `skerry secrets`: some put a secret wherever a program can and end, or do not
 * end; some look for anything that another job left.
 *
 * The secret is 6 bytes that are made of the number on the command line, so they stand in no file;
 * the low 2 bytes of each word say where it was put. */
#include "hostile.h"
#include <rt/parent.h>
#include <rt/ram.h>

enum {
    PLACE_REGISTER = 0x1000,
    PLACE_STACK = 0x2000,
    PLACE_MEMORY = 0x3000,
    PLACE_FILE = 0x4000,
    PLACE_MESSAGE = 0x5000,
    PLACE_PAGE = 0x6000,
    PLACE_THREAD = 0x7000,
    PLACE_OBJECT = 0x8000,
    MEMORY_BYTES = 1 << 20,
    FILE_BYTES = 64 << 10,
    STACK_WORDS = 4096,
    ENTRY_WORDS = 128,
    STEP_BYTES = 256 << 10
};

/* arch/<name>/hostile/secret.S */
void hostile_plant(uint64_t secret, uint64_t call);
uint64_t hostile_entry_state[ENTRY_WORDS];
void _start(void);

static uint64_t secret(uint64_t place)
{
    uint64_t z = hostile_argument * 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (z ^ z >> 31) << 16 | place;
}

static void words_fill(uint64_t *word, unsigned count, uint64_t place)
{
    for (unsigned i = 0; i < count; i++)
        word[i] = secret(place);
}

static void memory_plant(void)
{
    uint64_t stack[STACK_WORDS];
    unsigned char *memory = pages_take(MEMORY_BYTES);
    long file = linux_call(LINUX_openat, (uint64_t)-100, (uint64_t) "secret", 0102, 0644);

    words_fill(stack, STACK_WORDS, PLACE_STACK);
    __asm__ volatile("" : : "r"(stack) : "memory");
    if (!memory)
        leave(3);
    words_fill((uint64_t *)(void *)memory, MEMORY_BYTES / 8, PLACE_FILE);
    if (linux_call(LINUX_write, (uint64_t)file, (uint64_t)memory, FILE_BYTES, 0) != FILE_BYTES)
        leave(3);
    words_fill((uint64_t *)(void *)memory, MEMORY_BYTES / 8, PLACE_MEMORY);
}

/* Behind the messages that are on their way: lines that nobody reads, because their header says
 * that they are old. And the shared page, where the kernel and the runtime have nothing. */
static void lines_plant(void)
{
    volatile uint64_t *ring = (volatile uint64_t *)LAYOUT_PARENT_TX;
    volatile uint64_t *page = (volatile uint64_t *)LAYOUT_SHARED_PAGE;
    capref_t object = object_take(CAP_CNODE_L2, CAP_L2_SLOTS * LINE_BYTES);

    for (unsigned i = 8; i < LAYOUT_PARENT_BYTES / 8; i++)
        if (i % 8 != 7)
            ring[i] = secret(PLACE_MESSAGE);
    for (unsigned i = sizeof(struct dispatcher_page) / 8; i < PAGE_BYTES / 8; i++)
        page[i] = secret(PLACE_PAGE);
    (void)object;
}

/* What the kernel keeps of other dispatchers: their registers, while they do not run. */
static void plant(uint64_t call)
{
    memory_plant();
    lines_plant();
    say("planted\n");
    hostile_plant(secret(PLACE_REGISTER), call);
}

static void plant_exit(void)
{
    plant(LINUX_exit_group);
}

static void plant_loop(void)
{
    plant(UINT64_MAX);
}

static uint64_t words_count(const uint64_t *word, uint64_t bytes)
{
    uint64_t found = 0;

    for (uint64_t i = 0; i < bytes / 8; i++)
        found += word[i] != 0;
    return found;
}

/* Asks the lender for that much more RAM. 0: there is no more. */
static capref_t ram_borrow(enum ram_kind kind, uint64_t bytes)
{
    const struct dispatcher_page *page = (const struct dispatcher_page *)LAYOUT_SHARED_PAGE;
    capref_t slot = slot_take();
    uint64_t word[4] = {kind, bytes, slot, PARENT_CALL_MEMORY};

    return slot && arch_call(SLOT_PARENT_CALL, arch_user_ticks() + page->tick_hz, word) == OK ? slot
                                                                                              : 0;
}

/* Makes objects of all of it, one after the other: what that cannot zero stays. */
static uint64_t ram_retype(capref_t ram, enum cap_type type, uint64_t bytes)
{
    uint64_t end = native(SYS_CAP_IDENTIFY, ram, 0, 0, 0, 0, 0).r2, count = 0;
    capref_t slot = slot_take();

    for (uint64_t at = 0; at + bytes <= end; at += bytes)
        if (native_do(SYS_CAP_RETYPE, ram, at, type, bytes, 1, slot) == OK) {
            native_do(SYS_CAP_DELETE, slot, 0, 0, 0, 0, 0);
            count++;
        }
    return count;
}

/* All the RAM of the core that a job can get, its own parts first, becomes objects. */
static void retype_all(void)
{
    enum { LARGEST_SHIFT = 30, TABLE_BYTES = 8192 };
    uint64_t tables = ram_retype(SLOT_ZONE_RAM, CAP_PAGE_TABLE_1, TABLE_BYTES);
    uint64_t frames = ram_retype(SLOT_RAM, CAP_FRAME, PAGE_BYTES);

    for (unsigned shift = LARGEST_SHIFT; shift >= 13; shift--) {
        for (capref_t ram; (ram = ram_borrow(RAM_GENERAL, 1ull << shift)) != 0;)
            frames += ram_retype(ram, CAP_FRAME, PAGE_BYTES);
        for (capref_t ram; (ram = ram_borrow(RAM_ZONE, 1ull << shift)) != 0;)
            tables += ram_retype(ram, CAP_PAGE_TABLE_1, TABLE_BYTES);
    }
    say_number("KiB of frames ", frames * (PAGE_BYTES >> 10), "");
    say_number("KiB of tables ", tables * (TABLE_BYTES >> 10), "");
}

/* Linux says nothing of what a program finds in its registers; here they are zero but for one that
 * may hold the address it begins at. And all the memory that it can get, until there is no more
 * (status memory). */
static void look(void)
{
    const uint64_t stack_bytes = 64 << 10;
    char here;
    uint64_t bottom = round_down((uint64_t)&here - stack_bytes, PAGE_BYTES);
    uint64_t found = 0, taken = 0;

    for (unsigned i = 0; i < ENTRY_WORDS; i++)
        if (hostile_entry_state[i] == (uint64_t)_start)
            hostile_entry_state[i] = 0;
    say_number("registers left ", words_count(hostile_entry_state, sizeof hostile_entry_state), "");
    say_number("stack left ", words_count((const uint64_t *)bottom, stack_bytes - PAGE_BYTES), "");
    for (unsigned char *at; (at = pages_take(STEP_BYTES)) != NULL;) {
        found += words_count((const uint64_t *)(void *)at, STEP_BYTES);
        taken += STEP_BYTES;
        if (found || taken % (4 << 20) == 0)
            say_number("memory left ", found, "");
    }
}

const struct kind secret_kinds[] = {{"plant-exit", plant_exit},
                                    {"plant-loop", plant_loop},
                                    {"retype-all", retype_all},
                                    {"look", look},
                                    {NULL, NULL}};
