/* Device registers: volatile, because each access is an effect. Widths are those of the virtio and
 * PCI register tables. */
#ifndef DRIVERS_MMIO_H
#define DRIVERS_MMIO_H

#include <skerry/base.h>

static inline uint8_t mmio_read8(const volatile uint8_t *p)
{
    return *p;
}

static inline uint16_t mmio_read16(const volatile uint8_t *p)
{
    return *(const volatile uint16_t *)p;
}

static inline uint32_t mmio_read32(const volatile uint8_t *p)
{
    return *(const volatile uint32_t *)p;
}

static inline void mmio_write8(volatile uint8_t *p, uint8_t value)
{
    *p = value;
}

static inline void mmio_write16(volatile uint8_t *p, uint16_t value)
{
    *(volatile uint16_t *)p = value;
}

static inline void mmio_write32(volatile uint8_t *p, uint32_t value)
{
    *(volatile uint32_t *)p = value;
}

/* As two 32-bit accesses, low half first: virtio 1.1, 4.1.3.1 and 4.2.2.2. */
static inline void mmio_write64(volatile uint8_t *p, uint64_t value)
{
    mmio_write32(p, (uint32_t)value);
    mmio_write32(p + 4, (uint32_t)(value >> 32));
}

#endif
