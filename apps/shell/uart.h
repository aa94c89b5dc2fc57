/* uart.h: the serial line of core 0, polled: a 16550 behind I/O ports (National Semiconductor
 * PC16550D, table II) or a PL011 behind a page of registers (Arm DDI 0183, section 3.2).
 *
 * The CPU driver of this core prints the log on the same line and owns its settings. It writes with
 * interrupts off and whole lines only, and so never tears a byte of ours; it never reads. Reading
 * and the receive FIFO are ours alone. */
#ifndef SHELL_UART_H
#define SHELL_UART_H

#include <skerry/cap.h>
#include <skerry/status.h>

struct uart {
    bool (*ready)(const struct uart *u); /* there is room for one more byte */
    void (*write)(const struct uart *u, char c);
    int (*read)(const struct uart *u); /* -1: nothing has come */
    capref_t ports;
    uint32_t port;
    volatile uint32_t *page;
};

/* what: `port:3f8` (grant is IO_PORTS) or `pl011:9000000` (grant is its page, a DEVICE_FRAME).
 * E_ARGUMENT: neither. */
NODISCARD enum status uart_open(struct uart *u, const char *what, capref_t grant);

/* Waits for room; a line feed is sent as CR LF. */
void uart_put(const struct uart *u, const char *text, size_t bytes);

int uart_get(const struct uart *u);

#endif
