/* GICv3 (Arm IHI 0069) without a second security state: everything in Group 1, taken as IRQ.
 *
 * Doorbells are SGI 0..11. The own redistributor is used by its core alone; the distributor only by
 * core 0, which alone can route shared interrupts (to itself). A device interrupt stays masked from
 * arch_irq_take until arch_irq_unmask. */
#include "layout.h"
#include "machine.h"

#define GICD_CTLR 0x0000u
#define GICD_TYPER 0x0004u
#define GICD_IGROUPR 0x0080u
#define GICD_ISENABLER 0x0100u
#define GICD_ICENABLER 0x0180u
#define GICD_ICPENDR 0x0280u
#define GICD_IPRIORITYR 0x0400u
#define GICD_ICFGR 0x0c00u
#define GICD_IROUTER 0x6000u
#define GICD_CTLR_ENABLE 0x12u /* affinity routing, Group 1 */
#define GICD_CTLR_BUSY (1u << 31)
#define GICR_CTLR 0x0000u
#define GICR_WAKER 0x0014u
#define GICR_WAKER_SLEEP 2u
#define GICR_WAKER_ASLEEP 4u
#define GICR_SGI 0x10000u /* second frame; same offsets as the distributor's */

#define DOORBELL_VECTORS 12u
#define INTID_STOP 15u
#define INTID_TIMER 27u
#define INTID_SHARED 32u
#define INTID_SPECIAL 1020u
#define PRIORITY_ALL 0xa0a0a0a0u
#define GIC_SPINS_MAX 1000000u

/* Device interrupts of this core: INTID of each index, 0 = free. */
static uint32_t device_intid[IRQ_DEVICES_MAX];

static volatile uint32_t *gicd(uint32_t offset)
{
    return (volatile uint32_t *)(KERNEL_GICD_VA + offset);
}

static volatile uint32_t *gicr(uint32_t offset)
{
    return (volatile uint32_t *)(KERNEL_GICR_VA + offset);
}

static void wait_clear(volatile uint32_t *reg, uint32_t bits)
{
    for (unsigned i = 0; i < GIC_SPINS_MAX && *reg & bits; i++)
        __asm__ volatile("yield");
}

static void redistributor_start(void)
{
    *gicr(GICR_WAKER) &= ~GICR_WAKER_SLEEP;
    wait_clear(gicr(GICR_WAKER), GICR_WAKER_ASLEEP);
    *gicr(GICR_SGI + GICD_ICENABLER) = UINT32_MAX;
    *gicr(GICR_SGI + GICD_IGROUPR) = UINT32_MAX;
    for (uint32_t i = 0; i < INTID_SHARED; i += 4)
        *gicr(GICR_SGI + GICD_IPRIORITYR + i) = PRIORITY_ALL;
    *gicr(GICR_SGI + GICD_ISENABLER) =
        ((1u << DOORBELL_VECTORS) - 1) | 1u << INTID_STOP | 1u << INTID_TIMER;
}

static void distributor_start(void)
{
    uint32_t lines = 32 * ((*gicd(GICD_TYPER) & 31) + 1);

    *gicd(GICD_CTLR) = 0;
    wait_clear(gicd(GICD_CTLR), GICD_CTLR_BUSY);
    for (uint32_t i = INTID_SHARED; i < lines; i += 32) {
        *gicd(GICD_ICENABLER + i / 8) = UINT32_MAX;
        *gicd(GICD_IGROUPR + i / 8) = UINT32_MAX;
    }
    for (uint32_t i = INTID_SHARED; i < lines; i += 4)
        *gicd(GICD_IPRIORITYR + i) = PRIORITY_ALL;
    *gicd(GICD_CTLR) = GICD_CTLR_ENABLE;
    wait_clear(gicd(GICD_CTLR), GICD_CTLR_BUSY);
}

void gic_start(void)
{
    if (machine.owns_devices)
        distributor_start();
    __asm__ volatile("msr icc_sre_el1, %0\n\tisb" : : "r"(7ull));
    redistributor_start();
    __asm__ volatile("msr icc_pmr_el1, %0\n\t"
                     "msr icc_bpr1_el1, xzr\n\t"
                     "msr icc_ctlr_el1, xzr\n\t"
                     "msr icc_igrpen1_el1, %1\n\tisb"
                     :
                     : "r"(0xffull), "r"(1ull));
}

static void device_mask(uint32_t intid)
{
    *gicd(GICD_ICENABLER + intid / 32 * 4) = 1u << intid % 32;
    wait_clear(gicd(GICD_CTLR), GICD_CTLR_BUSY);
}

/* Index of a device interrupt, IRQ_DEVICES_MAX when it is not ours. */
static uint32_t device_find(uint32_t intid)
{
    uint32_t index = 0;

    while (index < IRQ_DEVICES_MAX && device_intid[index] != intid)
        index++;
    return index;
}

static struct irq_event event_of(uint32_t intid)
{
    struct irq_event event = {IRQ_KIND_SPURIOUS, intid};

    if (intid < DOORBELL_VECTORS)
        event.kind = IRQ_KIND_DOORBELL;
    if (intid == INTID_STOP)
        event.kind = IRQ_KIND_STOP;
    if (intid == INTID_TIMER) {
        event.kind = IRQ_KIND_TIMER;
        arch_timer_arm(UINT64_MAX); /* level triggered: quiet it before the end of interrupt */
    }
    if (intid >= INTID_SHARED && machine.owns_devices) {
        device_mask(intid);
        event.number = device_find(intid);
        if (event.number < IRQ_DEVICES_MAX)
            event.kind = IRQ_KIND_DEVICE;
    }
    return event;
}

struct irq_event arch_irq_take(void)
{
    struct irq_event event = {IRQ_KIND_NONE, 0};
    uint64_t intid;

    __asm__ volatile("mrs %0, icc_iar1_el1\n\tdsb sy" : "=r"(intid) : : "memory");
    intid &= 0xffffff;
    if (intid >= INTID_SPECIAL)
        return event;
    event = event_of((uint32_t)intid);
    __asm__ volatile("msr icc_eoir1_el1, %0\n\tisb" : : "r"(intid) : "memory");
    return event;
}

uint32_t arch_doorbell_vectors(void)
{
    return DOORBELL_VECTORS;
}

/* ICC_SGI1R_EL1: Aff3 55:48, range of 16 in Aff0 47:44, Aff2 39:32, INTID 27:24, Aff1 23:16, target
 * list 15:0. */
void arch_doorbell_send(uint64_t hardware_id, uint32_t v)
{
    uint64_t aff0 = hardware_id & 0xff;
    uint64_t value = (hardware_id >> 32 & 0xff) << 48 | (aff0 >> 4) << 44 |
                     (hardware_id >> 16 & 0xff) << 32 | (uint64_t)(v & 15) << 24 |
                     (hardware_id >> 8 & 0xff) << 16 | 1ull << (aff0 & 15);

    __asm__ volatile("dsb ishst\n\tmsr icc_sgi1r_el1, %0\n\tisb" : : "r"(value) : "memory");
}

enum status arch_irq_enable(uint64_t line, uint32_t *index, uint64_t *msi_address,
                            uint64_t *msi_data)
{
    uint32_t intid = (uint32_t)line, slot;

    if (!machine.owns_devices || line < INTID_SHARED || line >= INTID_SPECIAL)
        return E_UNSUPPORTED;
    if (line >= 32 * ((*gicd(GICD_TYPER) & 31) + 1))
        return E_UNSUPPORTED;
    if (device_find(intid) < IRQ_DEVICES_MAX)
        return E_EXISTS;
    slot = device_find(0);
    if (slot == IRQ_DEVICES_MAX)
        return E_NO_SLOT;
    device_intid[slot] = intid;
    *gicd(GICD_ICFGR + intid / 16 * 4) &=
        ~(3u << intid % 16 * 2); /* level: the mask between take and unmask loses nothing */
    *(volatile uint64_t *)gicd(GICD_IROUTER + intid * 8) = machine.hardware_id;
    *gicd(GICD_ICPENDR + intid / 32 * 4) = 1u << intid % 32;
    *index = slot;
    *msi_address = *msi_data = 0;
    arch_irq_unmask(slot);
    return OK;
}

void arch_irq_disable(uint32_t index)
{
    if (index >= IRQ_DEVICES_MAX || !device_intid[index])
        return;
    device_mask(device_intid[index]);
    device_intid[index] = 0;
}

void arch_irq_unmask(uint32_t index)
{
    if (index < IRQ_DEVICES_MAX && device_intid[index])
        *gicd(GICD_ISENABLER + device_intid[index] / 32 * 4) = 1u << device_intid[index] % 32;
}
