/* memory.c: kinds that touch what is not theirs, or take all there is. */
#include "hostile.h"

enum { STEP_BYTES = 1 << 20, CODE_BYTES = 4096, PROT_RW = 3, PROT_RX = 5, PROT_RWX = 7 };

static void null_write(void)
{
    volatile uint64_t *nowhere = NULL;

    __asm__ volatile("" : "+r"(nowhere)); /* or the compiler makes a trap of it */
    *nowhere = 0;
}

static void null_read(void)
{
    const volatile uint64_t *nowhere = NULL;

    __asm__ volatile("" : "+r"(nowhere));
    (void)*nowhere;
}

static void kernel_read(void)
{
    (void)*(const volatile uint64_t *)HOSTILE_KERNEL_TEXT;
}

static void kernel_write(void)
{
    *(volatile uint64_t *)HOSTILE_KERNEL_ZONE = 0;
}

static void address_jump(uint64_t address)
{
    hostile_code *code = (hostile_code *)address;

    __asm__ volatile("" : "+r"(code));
    code();
}

static void kernel_jump(void)
{
    address_jump(HOSTILE_KERNEL_TEXT);
}

static void beyond_jump(void)
{
    address_jump(HOSTILE_BEYOND_USER);
}

static void stack_overflow(void)
{
    hostile_stack_eat();
}

/* Linux gives no error before the memory is touched: the end comes at a store. */
static void allocate(void)
{
    for (;;) {
        unsigned char *at = pages_take(STEP_BYTES);
        if (!at)
            continue;
        for (unsigned i = 0; i < STEP_BYTES; i += PAGE_BYTES)
            at[i] = 1;
    }
}

/* The same through files, until a write says that there is no room. */
static void files_fill(void)
{
    static unsigned char block[64 << 10];
    char name[] = "fill-a";
    long written = 1;

    for (; name[5] <= 'z' && written > 0; name[5]++) {
        long file = linux_call(LINUX_openat, (uint64_t)-100, (uint64_t)name, 0101, 0644);
        do
            written = linux_call(LINUX_write, (uint64_t)file, (uint64_t)block, sizeof block, 0);
        while (written > 0);
    }
    say_number("no room, error ", (uint64_t)-written, "");
    allocate();
}

/* The personality's own data: everything that can be written in the fixed part of the runtime's
 * addresses but the channel (which is another kind's), then what it needs for the next call. */
static volatile uint64_t *victim;

static void word_spoil(void)
{
    for (unsigned i = 0; i < PAGE_BYTES / 8; i++)
        victim[i] = random_next();
}

static void personality(void)
{
    uint64_t spoiled = 0;

    faults_take();
    for (uint64_t at = LAYOUT_BASE; at < LAYOUT_FIXED_BOTTOM; at += PAGE_BYTES) {
        victim = (volatile uint64_t *)at;
        spoiled += !hostile_try(word_spoil);
    }
    say_number("spoiled ", spoiled, " pages of the personality");
    leave(0);
}

/* Code that is written, then run: what a program may do, by way of pages that are first one and
 * then the other. What is both at once must be refused. */
static void self_modify(void)
{
    unsigned char *code = pages_take(CODE_BYTES);
    unsigned right = 0, refused = 0;

    for (unsigned round = 0; code && round < 3; round++) {
        for (unsigned i = 0; i < sizeof hostile_code_42; i++)
            code[i] = hostile_code_42[i];
        hostile_code_sync(code, CODE_BYTES);
        if (linux_call(LINUX_mprotect, (uint64_t)code, CODE_BYTES, PROT_RX, 0) == 0)
            right += ((int (*)(void))(uint64_t)code)() == 42;
        linux_call(LINUX_mprotect, (uint64_t)code, CODE_BYTES, PROT_RW, 0);
    }
    refused += linux_call(LINUX_mprotect, (uint64_t)code, CODE_BYTES, PROT_RWX, 0) != 0;
    say_number("right ", right, " of 3");
    say_number("refused ", refused, " of 1");
}

const struct kind memory_kinds[] = {
    {"null-write", null_write},
    {"null-read", null_read},
    {"kernel-read", kernel_read},
    {"kernel-write", kernel_write},
    {"kernel-jump", kernel_jump},
    {"beyond-jump", beyond_jump},
    {"stack", stack_overflow},
    {"alloc", allocate},
    {"alloc-core", allocate},
    {"fill", files_fill},
    {"personality", personality},
    {"self-modify", self_modify},
    {NULL, NULL},
};
