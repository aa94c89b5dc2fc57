/* A stand-in for the generic kernel: prints the boot record, runs user.S, takes its faults and a
 * timer interrupt, starts core 1 from a copy of the image, and hears its doorbell. Ends the
 * machine with code 0 if all came as expected. */
#include "../kernel/x86.h"

extern const char user_begin[], user_end[], user_foreign[];

#define USER_VA 0x600000000000ull
#define CORE1_ZONE 0x4000000ull
#define TRAMPOLINE 0x10000ull

static struct boot_record *record;
static struct dispatcher_page shared ALIGNED(4096);
static char vector_state[VECTOR_BYTES_MAX] ALIGNED(64);
static struct arch_context first;

static void put_text(const char *s)
{
    for (; *s; s++)
        arch_console_put(*s);
}

static void put_hex(const char *label, uint64_t v)
{
    put_text(label);
    for (int i = 60; i >= 0; i -= 4) {
        if (v >> i || i == 0)
            arch_console_put("0123456789abcdef"[v >> i & 15]);
    }
}

static void record_print(void)
{
    put_hex("core ", record->core_id);
    put_hex(" of ", record->core_count);
    put_hex(" apic ", record->hardware_id);
    put_hex(" zone ", record->zone_base);
    put_hex("+", record->zone_bytes);
    put_hex(" archive ", record->archive_base);
    put_hex("+", record->archive_bytes);
    put_hex(" rsdp ", record->firmware_table);
    put_hex("\ntick_hz ", record->tick_hz);
    put_hex(" lapic_hz ", record->device[1]);
    put_hex(" next ", record->device[5] - record->zone_base);
    put_hex(" seed ", record->seed[3]);
    put_text(" command ");
    put_text(record->command);
    put_text("\n");
    for (uint32_t i = 0; i < record->region_count; i++) {
        put_hex(record->region[i].kind == REGION_RAM ? "  ram    " : "  device ",
                record->region[i].base);
        put_hex(" .. ", record->region[i].base + record->region[i].bytes);
        put_text("\n");
    }
}

static uint64_t page_take(void)
{
    uint64_t pa = record->device[DEVICE_ZONE_NEXT];
    record->device[DEVICE_ZONE_NEXT] += PAGE_BYTES;
    __builtin_memset((void *)(pa + arch_zone_offset()), 0, PAGE_BYTES);
    return pa;
}

static uint64_t *at(uint64_t pa)
{
    return (uint64_t *)(pa + arch_zone_offset());
}

static void user_make(void)
{
    uint64_t root = page_take(), upper = page_take(), directory = page_take(), table = page_take();
    uint64_t code = page_take(), stack = page_take();
    uint64_t page = (uint64_t)&shared - IMAGE_VA + record->zone_base;

    arch_table_init_root(at(root));
    at(root)[USER_VA >> 39 & 511] = arch_entry_table(upper);
    at(upper)[0] = arch_entry_table(directory);
    at(directory)[0] = arch_entry_table(table);
    at(table)[0] = arch_entry_page(code, 1, MAP_READ | MAP_EXECUTE, false);
    at(table)[1] = arch_entry_page(stack, 1, MAP_READ | MAP_WRITE, false);
    at(table)[2] = arch_entry_page(page, 1, MAP_READ | MAP_WRITE, false);
    __builtin_memcpy(at(code), user_begin, (uint64_t)(user_end - user_begin));
    shared.self = USER_VA + 0x2000;
    arch_space_switch(root);
    arch_user_page_set(&shared, shared.self, USER_VA + (uint64_t)(user_foreign - user_begin));
    arch_context_enter(&first, USER_VA, USER_VA + 0x2000, 0, 0);
}

static void core_1_start(void)
{
    uint64_t bytes = (uint64_t)(image_end - image_begin);
    uint64_t file = (uint64_t)(image_rodata_end - image_begin);
    const struct image_header *head = (const void *)(IMAGE_VA + IMAGE_HEADER_OFFSET);
    struct boot_record *r;

    if (head->magic != IMAGE_MAGIC || head->file_bytes != file || head->image_bytes != bytes)
        kernel_panic("image header", 0, 0, 0);
    for (uint64_t i = 0; i < file; i += PAGE_BYTES)
        __builtin_memcpy(arch_window_map(CORE1_ZONE + i), image_begin + i, PAGE_BYTES);
    __builtin_memset(arch_window_map(CORE1_ZONE + bytes + PAGE_BYTES), 0, PAGE_BYTES);
    r = arch_window_map(CORE1_ZONE + bytes);
    __builtin_memset(r, 0, PAGE_BYTES);
    *r = (struct boot_record){.magic = BOOT_MAGIC,
                              .core_id = 1,
                              .core_count = 2,
                              .hardware_id = 1,
                              .zone_base = CORE1_ZONE,
                              .zone_bytes = 0x201000,
                              .tick_hz = record->tick_hz};
    r->device[0] = record->device[0];
    r->device[1] = record->device[1];
    if (arch_core_start(1, CORE1_ZONE + head->start_offset, CORE1_ZONE + bytes, TRAMPOLINE) != OK)
        kernel_panic("core start", 0, 0, 0);
}

static void event_wait(enum irq_kind kind, uint32_t number)
{
    for (;;) {
        struct irq_event e = arch_irq_take();
        if (e.kind == IRQ_KIND_NONE)
            arch_idle();
        else if (e.kind == kind && e.number == number)
            return;
    }
}

void kernel_start(struct boot_record *r)
{
    uint64_t index = 0, address = 0, data = 0;
    uint32_t line;

    record = r;
    record_print();
    put_hex("cr0 ", cr0_read());
    put_hex(" cr4 ", cr4_read());
    put_hex(" efer ", msr_read(MSR_EFER));
    put_hex(" vector bytes ", cpuid_read(0xd, 0).b);
    put_text("\n");
    if (r->core_id == 1) {
        arch_timer_arm(arch_ticks() + arch_tick_hz() / 100);
        event_wait(IRQ_KIND_TIMER, 0);
        put_text("core 1: timer\n");
        arch_doorbell_send(0, 15);
        event_wait(IRQ_KIND_DOORBELL, 3);
        put_text("core 1: heard bell 3\n");
        arch_doorbell_send(0, 7);
        arch_halt();
    }
    if (arch_irq_enable(IRQ_LINE_MSI, &line, &address, &data) != OK)
        kernel_panic("msi", 0, 0, 0);
    index = line;
    put_hex("msi index ", index);
    put_hex(" address ", address);
    put_hex(" data ", data);
    put_text("\n");
    arch_vector_init(vector_state);
    user_make();
    arch_return_to_user(&first);
}

static __attribute__((noinline)) const struct arch_context *
syscall_other(struct arch_context *ctx, uint64_t op, uint64_t arg[6])
{
    switch (op) {
    case 1:
        put_hex("user says ", arg[0]);
        put_hex(" ", arg[1]);
        put_text("\n");
        break;
    case 2:
        core_1_start();
        event_wait(IRQ_KIND_DOORBELL, 15);
        put_text("core 0: heard bell 15\n");
        arch_doorbell_send(1, 3);
        event_wait(IRQ_KIND_DOORBELL, 7);
        put_text("core 0: heard bell 7\n");
        break;
    case 3:
        arch_timer_arm(arch_ticks() + arch_tick_hz() / 50);
        break;
    default:
        put_text("self-test done\n");
        arch_machine_exit(0);
    }
    arch_context_result(ctx, OK, 0, 0);
    return ctx;
}

const struct arch_context *kernel_syscall(struct arch_context *ctx, uint64_t op, uint64_t arg[6])
{
    if (__builtin_expect(op == 0, 1)) {
        arch_context_result(ctx, OK, 0, 0);
        return ctx;
    }
    return syscall_other(ctx, op, arg);
}

const struct arch_context *kernel_interrupt(struct arch_context *ctx)
{
    struct irq_event e = arch_irq_take();

    put_hex("interrupt kind ", e.kind);
    put_hex(" pc ", arch_context_pc(ctx));
    put_text("\n");
    if (e.kind == IRQ_KIND_TIMER)
        ctx->r15 = 1;
    return ctx;
}

const struct arch_context *kernel_fault(struct arch_context *ctx, enum fault_kind kind,
                                        uint64_t address, uint64_t code)
{
    put_hex("fault kind ", kind);
    put_hex(" address ", address);
    put_hex(" code ", code);
    put_hex(" pc ", ctx->rip);
    put_text("\n");
    if (kind == FAULT_VECTOR)
        arch_vector_restore(vector_state);
    else
        ctx->rip = ctx->r13;
    return ctx;
}

void kernel_panic(const char *what, uint64_t pc, uint64_t address, uint64_t code)
{
    put_text("panic: ");
    put_text(what);
    put_hex(" pc ", pc);
    put_hex(" address ", address);
    put_hex(" code ", code);
    put_text("\n");
    arch_machine_exit(1);
}
