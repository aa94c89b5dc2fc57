/* uart.c: see uart.h. */
#include "uart.h"

#include <rt/memory.h>
#include <rt/string.h>
#include <rt/syscall.h>

enum { WAIT_STEPS_MAX = 1000000 };

enum port { PORT_DATA = 0, PORT_STATUS = 5, STATUS_BYTE = 0x01, STATUS_ROOM = 0x20 };

enum pl011 {
    PL011_DATA = 0x00 / 4,
    PL011_FLAGS = 0x18 / 4,
    PL011_LINE = 0x2c / 4,
    PL011_CONTROL = 0x30 / 4,
    FLAG_EMPTY = 1 << 4,
    FLAG_FULL = 1 << 5,
    LINE_8_BITS_FIFO = 0x70,
    CONTROL_ON = 0x301, /* the UART, transmitter and receiver */
};

static uint64_t port_get(const struct uart *u, uint32_t offset)
{
    uint64_t value = 0;

    return sys_port_read(u->ports, u->port + offset, 1, &value) == OK ? value : 0;
}

static bool port_ready(const struct uart *u)
{
    return port_get(u, PORT_STATUS) & STATUS_ROOM;
}

static void port_write(const struct uart *u, char c)
{
    enum status ignored = sys_port_write(u->ports, u->port + PORT_DATA, 1, (uint8_t)c);

    (void)ignored; /* uart_open has tried the ports */
}

static int port_read(const struct uart *u)
{
    return port_get(u, PORT_STATUS) & STATUS_BYTE ? (int)port_get(u, PORT_DATA) : -1;
}

static enum status port_open(struct uart *u, uint64_t port)
{
    uint64_t value = 0;

    u->port = (uint32_t)port;
    u->ready = port_ready;
    u->write = port_write;
    u->read = port_read;
    return sys_port_read(u->ports, u->port + PORT_STATUS, 1, &value);
}

static bool pl011_ready(const struct uart *u)
{
    return !(u->page[PL011_FLAGS] & FLAG_FULL);
}

static void pl011_write(const struct uart *u, char c)
{
    u->page[PL011_DATA] = (uint8_t)c;
}

static int pl011_read(const struct uart *u)
{
    return u->page[PL011_FLAGS] & FLAG_EMPTY ? -1 : (int)(u->page[PL011_DATA] & 0xff);
}

/* The CPU driver only ever writes, so it leaves the receiver and its FIFO as they were. */
static enum status pl011_open(struct uart *u, uint64_t address, capref_t grant)
{
    void *at;
    enum status s = frame_map(grant, 0, PAGE_BYTES, MAP_READ | MAP_WRITE, &at);

    if (s != OK)
        return s;
    u->page = (volatile uint32_t *)((char *)at + address % PAGE_BYTES);
    u->page[PL011_LINE] = LINE_8_BITS_FIFO;
    u->page[PL011_CONTROL] = CONTROL_ON;
    u->ready = pl011_ready;
    u->write = pl011_write;
    u->read = pl011_read;
    return OK;
}

static bool hex_after(const char *text, const char *prefix, uint64_t *out)
{
    size_t bytes = strlen(prefix);
    uint64_t value = 0;

    if (strncmp(text, prefix, bytes) != 0 || !text[bytes])
        return false;
    for (text += bytes; *text; text++) {
        const char *digits = "0123456789abcdef", *at = strchr(digits, *text);
        if (!at)
            return false;
        value = value << 4 | (uint64_t)(at - digits);
    }
    *out = value;
    return true;
}

enum status uart_open(struct uart *u, const char *what, capref_t grant)
{
    uint64_t number;

    u->ports = grant;
    if (hex_after(what, "port:", &number))
        return port_open(u, number);
    if (hex_after(what, "pl011:", &number))
        return pl011_open(u, number, grant);
    return E_ARGUMENT;
}

static void byte_put(const struct uart *u, char c)
{
    for (uint32_t i = 0; i < WAIT_STEPS_MAX && !u->ready(u); i++)
        arch_pause();
    u->write(u, c);
}

void uart_put(const struct uart *u, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == '\n')
            byte_put(u, '\r');
        byte_put(u, text[i]);
    }
}

int uart_get(const struct uart *u)
{
    return u->read(u);
}
