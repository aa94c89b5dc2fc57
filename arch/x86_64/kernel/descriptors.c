/* GDT, TSS and IDT of this core, filled at run time (the image has no .data). Manual: Intel SDM
 * volume 3, chapters 3, 6, 7. Debug exception, NMI, double fault and machine check have stacks of
 * their own: they can come while rsp is the user's. */
#include "x86.h"

struct gate {
    uint16_t offset_low, selector;
    uint8_t stack, type;
    uint16_t offset_middle;
    uint32_t offset_high, reserved;
};
_Static_assert(sizeof(struct gate) == 16, "SDM figure 6-8");

struct task_state {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t stack[7];
    uint64_t reserved2;
    uint16_t reserved3, port_map;
} __attribute__((packed));
_Static_assert(sizeof(struct task_state) == 104, "SDM figure 8-11");

struct table_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

#define GATE_KERNEL 0x8eu /* interrupt gate, interrupts off */
#define GATE_USER 0xeeu   /* the same, and `int n` may use it */
#define VECTOR_DEBUG 1u
#define VECTOR_NMI 2u
#define VECTOR_BREAKPOINT 3u
#define VECTOR_DOUBLE_FAULT 8u
#define VECTOR_MACHINE_CHECK 18u

static struct gate idt[256] ALIGNED(16);
static uint64_t gdt[7];
static struct task_state task;

static void gate_set(uint32_t vector, const char *entry, uint8_t type, uint8_t stack)
{
    uint64_t at = (uint64_t)entry;

    idt[vector] = (struct gate){.offset_low = (uint16_t)at,
                                .selector = KERNEL_CS,
                                .stack = stack,
                                .type = type,
                                .offset_middle = (uint16_t)(at >> 16),
                                .offset_high = (uint32_t)(at >> 32)};
}

static void gates_set(void)
{
    for (uint32_t v = 0; v < 32; v++)
        gate_set(v, trap_stubs + v * STUB_BYTES, GATE_KERNEL, 0);
    gate_set(VECTOR_DEBUG, trap_stubs + VECTOR_DEBUG * STUB_BYTES, GATE_KERNEL, 1);
    gate_set(VECTOR_NMI, trap_stubs + VECTOR_NMI * STUB_BYTES, GATE_KERNEL, 2);
    gate_set(VECTOR_BREAKPOINT, trap_stubs + VECTOR_BREAKPOINT * STUB_BYTES, GATE_USER, 0);
    gate_set(VECTOR_DOUBLE_FAULT, trap_stubs + VECTOR_DOUBLE_FAULT * STUB_BYTES, GATE_KERNEL, 3);
    gate_set(VECTOR_MACHINE_CHECK, trap_stubs + VECTOR_MACHINE_CHECK * STUB_BYTES, GATE_KERNEL, 4);
    /* The masked 8259s can still send their spurious interrupt. */
    for (uint32_t v = VECTOR_PIC; v < VECTOR_PIC + 16; v++)
        gate_set(v, irq_spurious_stub, GATE_KERNEL, 0);
    for (uint32_t i = 0; i < IRQ_DEVICES_MAX; i++)
        gate_set(VECTOR_DEVICE + i, irq_device_stubs + i * STUB_BYTES, GATE_KERNEL, 0);
    for (uint32_t i = 0; i < DOORBELL_VECTORS; i++)
        gate_set(VECTOR_DOORBELL + i, irq_doorbell_stubs + i * STUB_BYTES, GATE_KERNEL, 0);
    gate_set(VECTOR_TIMER, irq_timer_stub, GATE_KERNEL, 0);
    gate_set(VECTOR_STOP, irq_stop_stub, GATE_KERNEL, 0);
    gate_set(VECTOR_SPURIOUS, irq_spurious_stub, GATE_KERNEL, 0);
}

static void segments_load(void)
{
    struct table_pointer gdt_pointer = {sizeof(gdt) - 1, (uint64_t)gdt};
    struct table_pointer idt_pointer = {sizeof(idt) - 1, (uint64_t)idt};

    __asm__ volatile("lgdt %0\n\t"
                     "pushq %q2\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1:\n\t"
                     "lidt %1\n\t"
                     "ltr %w3\n\t"
                     "lldt %w4\n\t"
                     "movw %w5, %%ss"
                     :
                     : "m"(gdt_pointer), "m"(idt_pointer), "r"((uint64_t)KERNEL_CS),
                       "r"(TSS_SELECTOR), "r"(0), "r"(KERNEL_SS)
                     : "rax", "memory");
}

void descriptors_init(void)
{
    uint64_t base = (uint64_t)&task;

    task.rsp[0] = (uint64_t)kernel_stack_top;
    for (uint32_t i = 0; i < 4; i++)
        task.stack[i] = (uint64_t)(fault_stack_tops + i * FAULT_STACK_BYTES);
    task.port_map = sizeof(task);
    gdt[KERNEL_CS / 8] = 0x00af9b000000ffff;
    gdt[KERNEL_SS / 8] = 0x00cf93000000ffff;
    gdt[USER_SS / 8] = 0x00cff3000000ffff;
    gdt[USER_CS / 8] = 0x00affb000000ffff;
    gdt[TSS_SELECTOR / 8] =
        (sizeof(task) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
    gdt[TSS_SELECTOR / 8 + 1] = base >> 32;
    gates_set();
    segments_load();
}
