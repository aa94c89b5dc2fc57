/* The PL011 UART of core 0, polled; and the two ends: of a core and of the machine. */
#include "layout.h"
#include "machine.h"

#define UART_DATA 0x00u
#define UART_FLAGS 0x18u
#define UART_FLAG_FULL (1u << 5)
#define UART_SPINS_MAX 1000000u

void arch_console_put(char c)
{
    volatile uint32_t *uart = (volatile uint32_t *)KERNEL_UART_VA;

    if (!machine.owns_devices || !machine.record->device[DEVICE_UART])
        return;
    for (unsigned i = 0; i < UART_SPINS_MAX && uart[UART_FLAGS / 4] & UART_FLAG_FULL; i++)
        __asm__ volatile("yield");
    uart[UART_DATA / 4] = (uint8_t)c;
}

void arch_halt(void)
{
    __asm__ volatile("msr daifset, #15");
    for (;;)
        __asm__ volatile("wfi");
}

void arch_idle(void)
{
    __asm__ volatile("dsb sy\n\twfi" ::: "memory");
}

enum status arch_port_read(uint32_t port, uint32_t bytes, uint32_t *value)
{
    (void)port, (void)bytes, (void)value;
    return E_UNSUPPORTED;
}

enum status arch_port_write(uint32_t port, uint32_t bytes, uint32_t value)
{
    (void)port, (void)bytes, (void)value;
    return E_UNSUPPORTED;
}
