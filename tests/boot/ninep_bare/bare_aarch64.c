/* The arm64 half of the bare test: PL011, PSCI SYSTEM_OFF, virtio-mmio. The interrupt is seen as
 * pending in the GIC distributor (GICD_ISPENDR), since nothing takes interrupts here. */
#include "bare.h"

static volatile uint32_t *const uart = (volatile uint32_t *)0x9000000;
static const struct machine *machine;
static uint32_t interrupt;

void bare_putc(char c)
{
    *uart = (uint8_t)c;
}

void bare_pause(void)
{
    __asm__ volatile("yield");
}

void bare_exit(uint32_t code)
{
    (void)code; /* the host looks for PASSED */
    register uint64_t x0 __asm__("x0") = 0x84000008;
    for (;;)
        __asm__ volatile("hvc #0" : "+r"(x0)::"memory");
}

uint64_t bare_firmware_bytes(uint64_t firmware_table)
{
    const uint8_t *p = (const uint8_t *)firmware_table;
    return (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 | (uint64_t)p[6] << 8 | p[7];
}

enum status bare_device_open(const struct machine *m, struct virtio_device *d)
{
    machine = m;
    for (uint32_t i = 0; i < m->slot_count; i++) {
        const struct machine_slot *slot = &m->slots[i];
        enum status s =
            virtio_mmio_open(d, (volatile uint8_t *)slot->base, slot->bytes, VIRTIO_ID_9P);
        interrupt = slot->interrupt;
        if (s != E_NOT_FOUND)
            return s;
    }
    return E_NOT_FOUND;
}

/* Nothing enables the interrupt, so it stays pending as long as the device holds its line: until it
 * is acknowledged. */
enum status bare_interrupt_check(struct virtio_device *d)
{
    volatile uint32_t *pending =
        (volatile uint32_t *)(machine->distributor.base + 0x200) + interrupt / 32;
    bool before = (*pending >> (interrupt % 32) & 1) != 0;
    virtio_interrupt_ack(d);
    bool after = (*pending >> (interrupt % 32) & 1) != 0;
    return before && !after ? OK : E_IO;
}
