/* Ports, the console UART (16550, polled), the emulator's exit device, and the end of a core. */
#include "x86.h"

#define UART_DATA 0u
#define UART_INTERRUPTS 1u
#define UART_FIFO 2u
#define UART_LINE 3u
#define UART_MODEM 4u
#define UART_STATUS 5u
#define UART_STATUS_ROOM 0x20u
#define UART_WAIT_STEPS 1000000u

#define EXIT_PORT 0xf4u /* -device isa-debug-exit,iobase=0xf4: QEMU ends with code << 1 | 1 */

static uint16_t uart_base;

void uart_init(uint16_t base)
{
    uart_base = base;
    port_write8((uint16_t)(base + UART_INTERRUPTS), 0);
    port_write8((uint16_t)(base + UART_LINE), 0x80);
    port_write8((uint16_t)(base + UART_DATA), 1); /* divisor 1: 115200 baud */
    port_write8((uint16_t)(base + UART_INTERRUPTS), 0);
    port_write8((uint16_t)(base + UART_LINE), 3); /* 8 bits, no parity, one stop bit */
    port_write8((uint16_t)(base + UART_FIFO), 7);
    port_write8((uint16_t)(base + UART_MODEM), 3);
}

void arch_console_put(char c)
{
    uint16_t base = uart_base ? uart_base : 0x3f8;

    for (uint32_t i = 0; i < UART_WAIT_STEPS; i++) {
        if (port_read8((uint16_t)(base + UART_STATUS)) & UART_STATUS_ROOM)
            break;
        cpu_pause();
    }
    port_write8((uint16_t)(base + UART_DATA), (uint8_t)c);
}

static bool port_valid(uint32_t port, uint32_t bytes)
{
    return (bytes == 1 || bytes == 2 || bytes == 4) && port <= 0x10000 - bytes;
}

enum status arch_port_read(uint32_t port, uint32_t bytes, uint32_t *value)
{
    uint32_t v;

    if (!port_valid(port, bytes))
        return E_ARGUMENT;
    if (bytes == 1) {
        v = port_read8((uint16_t)port);
    } else if (bytes == 2) {
        __asm__ volatile("xorl %0, %0; inw %1, %w0" : "=&a"(v) : "d"((uint16_t)port) : "memory");
    } else {
        __asm__ volatile("inl %1, %0" : "=a"(v) : "d"((uint16_t)port) : "memory");
    }
    *value = v;
    return OK;
}

enum status arch_port_write(uint32_t port, uint32_t bytes, uint32_t value)
{
    if (!port_valid(port, bytes))
        return E_ARGUMENT;
    if (bytes == 1)
        port_write8((uint16_t)port, (uint8_t)value);
    else if (bytes == 2)
        __asm__ volatile("outw %w0, %1" ::"a"(value), "d"((uint16_t)port) : "memory");
    else
        __asm__ volatile("outl %0, %1" ::"a"(value), "d"((uint16_t)port) : "memory");
    return OK;
}

void arch_machine_exit(uint32_t code)
{
    __asm__ volatile("outl %0, %1" ::"a"(code), "d"((uint16_t)EXIT_PORT) : "memory");
    arch_halt();
}

void arch_halt(void)
{
    for (;;)
        __asm__ volatile("cli; hlt" ::: "memory");
}
