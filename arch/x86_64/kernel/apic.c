/* The core's own local APIC in its MMIO page (xAPIC): timer, interrupts taken and sent, start of
 * other cores. Interrupt entry code sets a bit in irq_pending and acknowledges; arch_irq_take
 * hands the bits out. Manual: Intel SDM volume 3, chapters 8.4 and 11. */
#include "x86.h"

#define LAPIC_ID 0x20u
#define LAPIC_TPR 0x80u
#define LAPIC_SPURIOUS 0xf0u
#define LAPIC_ESR 0x280u
#define LAPIC_ICR_LOW 0x300u
#define LAPIC_ICR_HIGH 0x310u
#define LAPIC_LVT_TIMER 0x320u
#define LAPIC_LVT_LINT0 0x350u
#define LAPIC_LVT_LINT1 0x360u
#define LAPIC_LVT_ERROR 0x370u
#define LAPIC_TIMER_START 0x380u
#define LAPIC_TIMER_COUNT 0x390u
#define LAPIC_TIMER_DIVIDE 0x3e0u

#define LVT_MASKED 0x10000u
#define DIVIDE_BY_1 0xbu
#define ICR_PENDING 0x1000u
#define ICR_ASSERT 0x4000u
#define ICR_INIT 0x500u
#define ICR_STARTUP 0x600u
#define ICR_WAIT_STEPS 1000000u
#define APIC_BASE_ENABLE 0x800u

#define IRQ_DEVICE_MASK 0xffffffffull

static uint64_t device_used, device_masked; /* one bit an index */
static uint64_t timer_deadline = 0;         /* 0: none armed */
static uint64_t timer_scale;                /* APIC counts per tick, 32 fractional bits */
static uint64_t own_id;

static void pic_mask(void)
{
    static const uint8_t words[][2] = {
        {0x20, 0x11}, {0xa0, 0x11}, {0x21, VECTOR_PIC}, {0xa1, VECTOR_PIC + 8}, {0x21, 4},
        {0xa1, 2},    {0x21, 1},    {0xa1, 1},          {0x21, 0xff},           {0xa1, 0xff}};

    for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        port_write8(words[i][0], words[i][1]);
}

void apic_init(bool console)
{
    msr_write(MSR_APIC_BASE, LAPIC_PA | APIC_BASE_ENABLE | (msr_read(MSR_APIC_BASE) & 0x100));
    if (console)
        pic_mask();
    lapic_write(LAPIC_SPURIOUS, 0x100u | VECTOR_SPURIOUS);
    lapic_write(LAPIC_TPR, 0);
    lapic_write(LAPIC_LVT_LINT0, LVT_MASKED);
    lapic_write(LAPIC_LVT_LINT1, LVT_MASKED);
    lapic_write(LAPIC_LVT_ERROR, LVT_MASKED);
    lapic_write(LAPIC_ESR, 0);
    lapic_write(LAPIC_TIMER_DIVIDE, DIVIDE_BY_1);
    lapic_write(LAPIC_LVT_TIMER, VECTOR_TIMER);
    lapic_write(LAPIC_TIMER_START, 0);
    own_id = lapic_read(LAPIC_ID) >> 24;
}

void apic_timer_run(void)
{
    lapic_write(LAPIC_LVT_TIMER, VECTOR_TIMER | LVT_MASKED);
    lapic_write(LAPIC_TIMER_START, UINT32_MAX);
}

uint32_t apic_timer_count(void)
{
    return lapic_read(LAPIC_TIMER_COUNT);
}

void apic_rate_set(uint64_t lapic_hz, uint64_t tick_hz)
{
    timer_scale = (lapic_hz << 32) / tick_hz;
    lapic_write(LAPIC_TIMER_START, 0);
    lapic_write(LAPIC_LVT_TIMER, VECTOR_TIMER);
}

uint64_t arch_ticks(void)
{
    return tsc_read();
}

/* The counter has 32 bits: a later deadline is reached in several runs, which arch_irq_take
 * starts. */
static void timer_start(uint64_t now)
{
    uint64_t ticks = timer_deadline > now ? timer_deadline - now : 0;
    unsigned __int128 scaled = (unsigned __int128)ticks * timer_scale;
    uint64_t count = (uint64_t)(scaled >> 32) + 1;

    lapic_write(LAPIC_TIMER_START,
                (scaled >> 64) != 0 || count > UINT32_MAX ? UINT32_MAX : (uint32_t)count);
}

void arch_timer_arm(uint64_t deadline_ticks)
{
    irq_pending &= ~(1ull << IRQ_BIT_TIMER);
    if (deadline_ticks == UINT64_MAX) {
        timer_deadline = 0;
        lapic_write(LAPIC_TIMER_START, 0);
        return;
    }
    timer_deadline = deadline_ticks | (deadline_ticks == 0);
    timer_start(tsc_read());
}

/* True if the timer's interrupt is one to tell: armed, and not too early. */
static bool timer_due(void)
{
    uint64_t now = tsc_read();

    if (timer_deadline == 0)
        return false;
    if (now < timer_deadline) {
        timer_start(now);
        return false;
    }
    timer_deadline = 0;
    return true;
}

static uint64_t irq_ready(void)
{
    return irq_pending & ~(device_masked << IRQ_BIT_DEVICE);
}

static struct irq_event irq_event_of(uint32_t bit)
{
    if (bit >= IRQ_BIT_DEVICE) {
        device_masked |= 1ull << (bit - IRQ_BIT_DEVICE);
        return (struct irq_event){IRQ_KIND_DEVICE, bit - IRQ_BIT_DEVICE};
    }
    if (bit >= IRQ_BIT_DOORBELL)
        return (struct irq_event){IRQ_KIND_DOORBELL, bit - IRQ_BIT_DOORBELL};
    if (bit == IRQ_BIT_TIMER)
        return (struct irq_event){timer_due() ? IRQ_KIND_TIMER : IRQ_KIND_SPURIOUS, 0};
    return (struct irq_event){IRQ_KIND_STOP, 0};
}

struct irq_event arch_irq_take(void)
{
    uint32_t bit;

    if (irq_ready() == 0)
        __asm__ volatile("sti; nop; cli" ::: "memory"); /* let what the APIC holds come in */
    if (irq_ready() == 0)
        return (struct irq_event){IRQ_KIND_NONE, 0};
    bit = (uint32_t)__builtin_ctzll(irq_ready());
    irq_pending &= ~(1ull << bit);
    return irq_event_of(bit);
}

/* `sti` lets nothing in before the next instruction is done, so an interrupt cannot come between
 * test and sleep. */
void arch_idle(void)
{
    if (irq_ready() == 0)
        __asm__ volatile("sti; hlt; cli" ::: "memory");
}

uint32_t arch_doorbell_vectors(void)
{
    return DOORBELL_VECTORS;
}

static void icr_send(uint64_t hardware_id, uint32_t command)
{
    for (uint32_t i = 0; i < ICR_WAIT_STEPS && (lapic_read(LAPIC_ICR_LOW) & ICR_PENDING); i++)
        cpu_pause();
    lapic_write(LAPIC_ICR_HIGH, (uint32_t)hardware_id << 24);
    lapic_write(LAPIC_ICR_LOW, command);
}

void arch_doorbell_send(uint64_t hardware_id, uint32_t v)
{
    icr_send(hardware_id, ICR_ASSERT | (VECTOR_DOORBELL + v));
}

enum status arch_irq_enable(uint64_t line, uint32_t *index, uint64_t *msi_address,
                            uint64_t *msi_data)
{
    uint32_t free;

    if (line != IRQ_LINE_MSI)
        return E_UNSUPPORTED;
    if ((device_used & IRQ_DEVICE_MASK) == IRQ_DEVICE_MASK)
        return E_NO_SLOT;
    free = (uint32_t)__builtin_ctzll(~device_used);
    device_used |= 1ull << free;
    device_masked &= ~(1ull << free);
    irq_pending &= ~(1ull << (IRQ_BIT_DEVICE + free));
    *index = free;
    *msi_address = LAPIC_PA | own_id << 12;
    *msi_data = VECTOR_DEVICE + free;
    return OK;
}

/* A late message of the device still sets the bit: it stays masked and untold. */
void arch_irq_disable(uint32_t index)
{
    device_used &= ~(1ull << index);
    device_masked |= 1ull << index;
}

/* A message that came while masked is sent again to this core itself, so that it is heard even if
 * nobody asks. */
void arch_irq_unmask(uint32_t index)
{
    uint64_t bit = 1ull << (IRQ_BIT_DEVICE + index);

    device_masked &= ~(1ull << index);
    if (irq_pending & bit) {
        irq_pending &= ~bit;
        icr_send(own_id, ICR_ASSERT | (VECTOR_DEVICE + index));
    }
}

/* The words at the end of trampoline.S. */
struct trampoline_words {
    uint64_t start, record;
    uint32_t root, far_offset;
    uint16_t far_selector, gdt_limit;
    uint32_t gdt_base;
} __attribute__((packed));

static void trampoline_fill(uint64_t pa, uint64_t start_pa, uint64_t record_pa)
{
    uint8_t *code = arch_window_map(pa);
    uint64_t bytes = (uint64_t)(trampoline_end - trampoline_begin);
    struct trampoline_words *words;
    uint64_t *table;

    for (uint64_t i = 0; i < bytes; i++)
        code[i] = (uint8_t)trampoline_begin[i];
    words = (struct trampoline_words *)(code + (trampoline_words - trampoline_begin));
    words->start = start_pa;
    words->record = record_pa;
    words->root += (uint32_t)pa;
    words->far_offset += (uint32_t)pa;
    words->gdt_base += (uint32_t)pa;
    table = arch_window_map(pa + PAGE_BYTES);
    for (uint32_t i = 0; i < 512; i++)
        table[i] = 0;
    table[0] = (pa + 2 * PAGE_BYTES) | PTE_PRESENT | PTE_WRITE;
    table = arch_window_map(pa + 2 * PAGE_BYTES);
    for (uint64_t i = 0; i < 512; i++)
        table[i] = i << 30 | PTE_PRESENT | PTE_WRITE | PTE_LARGE;
}

/* The copied bytes are the trampoline's; nothing of its block stays mapped here. */
enum status arch_core_start(uint64_t hardware_id, uint64_t start_pa, uint64_t record_pa,
                            uint64_t trampoline_pa)
{
    if (!(cpuid_read(0x80000001, 0).d >> 26 & 1))
        return E_UNSUPPORTED; /* 1 GiB pages: the identity map has no room for smaller ones */
    if (hardware_id > 254 || hardware_id == own_id)
        return E_UNSUPPORTED; /* xAPIC only */
    if (trampoline_pa % PAGE_BYTES != 0 || trampoline_pa == 0 || trampoline_pa > 0x9c000)
        return E_ARGUMENT;
    if ((start_pa | record_pa) >> 39 != 0)
        return E_RANGE; /* beyond the identity map */
    trampoline_fill(trampoline_pa, start_pa, record_pa);
    arch_window_unmap();
    icr_send(hardware_id, ICR_ASSERT | ICR_INIT);
    clock_delay_us(10);
    icr_send(hardware_id, ICR_ASSERT | ICR_STARTUP | (uint32_t)(trampoline_pa >> 12));
    clock_delay_us(10);
    icr_send(hardware_id, ICR_ASSERT | ICR_STARTUP | (uint32_t)(trampoline_pa >> 12));
    return OK;
}
