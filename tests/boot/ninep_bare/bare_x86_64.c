/* The PC half of the bare test: COM1, isa-debug-exit, virtio-pci through ECAM. MSI-X is directed at
 * a word of memory instead of the local APIC: a message is a write, so the word shows whether one
 * came. */
#include "bare.h"

#define MESSAGE 0x5a17u

static volatile uint32_t message_word;

static void port_write(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

void bare_putc(char c)
{
    port_write(0x3f8, (uint8_t)c);
}

void bare_pause(void)
{
    __asm__ volatile("pause");
}

void bare_exit(uint32_t code)
{
    for (;;)
        port_write(0xf4, (uint8_t)code);
}

uint64_t bare_firmware_bytes(uint64_t firmware_table)
{
    (void)firmware_table;
    return 0;
}

static volatile uint8_t *identity_map(void *arg, uint64_t pa, uint64_t bytes)
{
    (void)arg;
    return pa + bytes > UINT32_MAX ? NULL : (volatile uint8_t *)(uintptr_t)pa;
}

enum status bare_device_open(const struct machine *m, struct virtio_device *d)
{
    struct virtio_mapper mapper = {identity_map, NULL};
    enum status s =
        virtio_pci_open(d, (volatile uint8_t *)(uintptr_t)m->ecam.base, 1, &mapper, VIRTIO_ID_9P);
    return s == OK ? virtio_pci_msix_set(d, (uintptr_t)&message_word, MESSAGE) : s;
}

enum status bare_interrupt_check(struct virtio_device *d)
{
    virtio_interrupt_ack(d);
    return message_word == MESSAGE ? OK : E_IO;
}
