/* Boots the architecture layer without the generic kernel: prints the record, runs a small user
 * program through every way in and out (own and foreign system calls, faults, resume, timer),
 * starts core 1 by PSCI and rings it. Build the target arch-selftest; README says how to run it.
 * The last line is `selftest ok` or says what failed. */
#include "../kernel/early.h"
#include "../kernel/layout.h"
#include <arch/kernel.h>

#define USER_CODE 0x600000000000ull
#define USER_PAGE 0x600000001000ull
#define USER_STACK 0x600000003000ull

extern const char user_begin[], user_end[], user_foreign[], user_fault[], user_null_loop[];

static struct boot_record *record;
static uint64_t next; /* bump allocator, physical */
static struct dispatcher_page *page;
static struct arch_context after_timer;
static unsigned nulls, timers, faults;
static uint64_t null_begin;

static void text_put(const char *s)
{
    while (*s)
        arch_console_put(*s++);
}

static void number_put(const char *name, uint64_t value)
{
    text_put(name);
    text_put(" ");
    for (int shift = 60; shift >= 0; shift -= 4)
        if (value >> shift || shift == 0)
            arch_console_put("0123456789abcdef"[value >> shift & 15]);
    text_put("\n");
}

static void check(bool ok, const char *what)
{
    if (ok)
        return;
    text_put("FAILED: ");
    text_put(what);
    text_put("\n");
    arch_machine_exit(1);
}

static void *virtual(uint64_t pa)
{
    return (void *)(pa + arch_zone_offset());
}

/* Zeroed page of the zone. */
static uint64_t page_new(void)
{
    uint64_t pa = next;
    next += PAGE_BYTES;
    for (unsigned i = 0; i < 512; i++)
        ((uint64_t *)virtual(pa))[i] = 0;
    return pa;
}

void kernel_panic(const char *what, uint64_t pc, uint64_t address, uint64_t code)
{
    text_put("panic: ");
    text_put(what);
    number_put("\n pc", pc);
    number_put(" address", address);
    number_put(" code", code);
    arch_machine_exit(2);
}

const struct arch_context *kernel_syscall(struct arch_context *ctx, uint64_t operation,
                                          uint64_t arg[6])
{
    if (operation == 0) { /* null */
        nulls++;
        arch_context_result(ctx, OK, 0, 0);
        return ctx;
    }
    if (operation == 1) { /* print */
        number_put("user", arg[0]);
        arch_context_result(ctx, OK, 0x11, 0x22);
        return ctx;
    }
    if (operation == 2) { /* timer, then go on here */
        arch_timer_arm(arch_ticks() + arch_tick_hz() / 100);
        arch_context_result(ctx, OK, 0, 0);
        return ctx;
    }
    if (operation == 20) { /* resume an area */
        *ctx = page->area[arg[0]];
        check(arch_context_filter(ctx), "filter");
        page->disabled = 0;
        return ctx;
    }
    if (operation == 5) {
        check(arg[0] == 0x5eed, "user checks");
        check(nulls >= 1000 && timers == 1 && faults == 3, "counts");
        text_put("selftest ok\n");
        arch_machine_exit(0);
    }
    if (operation == 6) {
        number_put("user check failed", arg[0]);
        check(false, "user");
    }
    if (operation == 7) {
        if (arg[0] == 0)
            null_begin = arch_ticks();
        else
            number_put("ticks of 1000 null system calls", arch_ticks() - null_begin);
        arch_context_result(ctx, OK, 0, 0);
        return ctx;
    }
    check(false, "operation");
    return ctx;
}

const struct arch_context *kernel_interrupt(struct arch_context *ctx)
{
    struct irq_event event = arch_irq_take();

    check(event.kind == IRQ_KIND_TIMER, "timer interrupt");
    timers++;
    after_timer = *ctx;
    after_timer.x[27] = 0x77;
    return &after_timer;
}

const struct arch_context *kernel_fault(struct arch_context *ctx, enum fault_kind kind,
                                        uint64_t address, uint64_t code)
{
    static const enum fault_kind expected[3] = {FAULT_WRITE, FAULT_VECTOR, FAULT_INSTRUCTION};

    number_put("fault", kind);
    number_put(" address", address);
    number_put(" code", code);
    check(faults < 3 && kind == expected[faults], "kind of fault");
    faults++;
    if (kind == FAULT_VECTOR) {
        static uint64_t state[VECTOR_BYTES_MAX / 8] ALIGNED(64);
        arch_vector_init(state);
        state[0] = 0x1234;
        arch_vector_restore(state);
        return ctx;
    }
    ctx->pc += 4;
    return ctx;
}

static void user_start(void)
{
    uint64_t root = page_new(), l3 = page_new(), l2 = page_new(), l1 = page_new(),
             stack = page_new();
    uint64_t code = page_new(), page_pa = page_new();
    static struct arch_context start;

    for (unsigned i = 0; i < (uint64_t)(user_end - user_begin); i++)
        ((char *)virtual(code))[i] = user_begin[i];
    arch_table_init_root(virtual(root));
    ((uint64_t *)virtual(root))[USER_CODE >> 39 & 511] = arch_entry_table(l3);
    ((uint64_t *)virtual(l3))[USER_CODE >> 30 & 511] = arch_entry_table(l2);
    ((uint64_t *)virtual(l2))[USER_CODE >> 21 & 511] = arch_entry_table(l1);
    ((uint64_t *)virtual(l1))[0] = arch_entry_page(code, 1, MAP_READ | MAP_EXECUTE, false);
    ((uint64_t *)virtual(l1))[1] = arch_entry_page(page_pa, 1, MAP_READ | MAP_WRITE, false);
    ((uint64_t *)virtual(l1))[2] = arch_entry_page(stack, 1, MAP_READ | MAP_WRITE, false);
    page = virtual(page_pa);
    page->self = USER_PAGE;
    arch_space_switch(root);
    arch_user_page_set(page, USER_PAGE, USER_CODE + (uint64_t)(user_foreign - user_begin));
    arch_context_enter(&start, USER_CODE, USER_STACK, USER_PAGE, 0x42);
    arch_return_to_user(&start);
}

/* Another core: answers a doorbell with the next one. */
static void second_start(void)
{
    for (;;) {
        arch_idle();
        struct irq_event event = arch_irq_take();
        if (event.kind == IRQ_KIND_DOORBELL)
            arch_doorbell_send(0, event.number + 1);
    }
}

/* Copies the image and makes a record in free RAM at `base`, as a monitor would. */
static void core_start(uint64_t base, uint64_t hardware_id)
{
    uint64_t image = (uint64_t)(image_end - image_begin);
    const struct image_header *header = (const void *)(image_begin + IMAGE_HEADER_OFFSET);
    struct boot_record *r;

    check(header->magic == IMAGE_MAGIC && header->image_bytes == image, "image header");
    for (uint64_t at = 0; at < image; at += PAGE_BYTES) {
        char *to = arch_window_map(base + at);
        for (unsigned i = 0; i < PAGE_BYTES; i++)
            to[i] = at < header->file_bytes ? image_begin[at + i] : 0x55;
    }
    r = arch_window_map(base + image);
    for (unsigned i = 0; i < 512; i++)
        ((uint64_t *)r)[i] = 0;
    r->magic = BOOT_MAGIC;
    r->core_id = 1;
    r->core_count = record->core_count;
    r->zone_base = base;
    r->zone_bytes = 1 << 20;
    for (unsigned i = 0; i < 5; i++)
        r->device[i] = record->device[i];
    check(arch_core_start(hardware_id, base + header->start_offset, base + image, 0) == OK, "psci");
    for (;;) {
        struct irq_event event = arch_irq_take();
        if (event.kind == IRQ_KIND_NONE) {
            arch_doorbell_send(hardware_id, 3);
            arch_timer_arm(arch_ticks() + arch_tick_hz() / 1000);
            arch_idle();
        } else if (event.kind == IRQ_KIND_DOORBELL) {
            check(event.number == 4, "doorbell number");
            number_put("core answers", hardware_id);
            break;
        }
    }
    arch_timer_arm(UINT64_MAX);
    do {
        arch_timer_arm(arch_ticks() +
                       arch_tick_hz() / 1000); /* a late answer may still be on its way */
        arch_idle();
    } while (arch_irq_take().kind == IRQ_KIND_DOORBELL);
}

/* The UART's transmit interrupt, which one character raises: INTID 33 of QEMU's virt. */
static void device_test(void)
{
    volatile uint32_t *uart = (volatile uint32_t *)KERNEL_UART_VA;
    struct irq_event event;
    uint64_t address, data;
    uint32_t index = 99;

    check(arch_irq_enable(33, &index, &address, &data) == OK, "irq enable");
    check(arch_irq_enable(33, &index, &address, &data) == E_EXISTS, "irq enable twice");
    uart[0x38 / 4] = 0x20;
    arch_console_put('\n');
    for (unsigned i = 0; i < 2; i++) {
        arch_idle();
        event = arch_irq_take();
        check(event.kind == IRQ_KIND_DEVICE && event.number == index, "device interrupt");
        check(arch_irq_take().kind == IRQ_KIND_NONE, "masked until unmasked");
        arch_irq_unmask(index); /* still asserted: comes again */
    }
    check(arch_irq_take().kind == IRQ_KIND_DEVICE, "device interrupt again");
    uart[0x38 / 4] = 0;
    arch_irq_disable(index);
    check(arch_irq_take().kind == IRQ_KIND_NONE, "irq disable");
}

static void record_print(void)
{
    number_put("zone", record->zone_base);
    number_put(" bytes", record->zone_bytes);
    number_put("free", next);
    number_put("cores", record->core_count);
    number_put("archive", record->archive_base);
    number_put(" bytes", record->archive_bytes);
    number_put("tree", record->firmware_table);
    number_put(" bytes", record->firmware_bytes);
    for (unsigned i = 0; i < 6; i++)
        number_put("device", record->device[i]);
    for (unsigned i = 0; i < record->region_count; i++) {
        number_put(record->region[i].kind == REGION_RAM ? "ram" : "devices",
                   record->region[i].base);
        number_put(" bytes", record->region[i].bytes);
    }
    text_put("command: ");
    text_put(record->command);
    text_put("\n");
}

void kernel_start(struct boot_record *r)
{
    uint64_t last;

    record = r;
    next = r->device[5];
    if (r->core_id)
        second_start();
    record_print();
    for (unsigned i = 0; i < 4; i++)
        number_put("seed", r->seed[i]);
    if (r->core_count > 1)
        core_start(round_up(r->zone_base + r->zone_bytes, LARGE_PAGE_BYTES) + 0x5000, 1);
    last = command_number(r->command, "last", 0);
    if (last)
        core_start(round_up(r->zone_base + r->zone_bytes, LARGE_PAGE_BYTES) + 0x205000, last);
    device_test();
    user_start();
    arch_halt();
}
