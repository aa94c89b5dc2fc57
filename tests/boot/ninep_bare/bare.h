/* What the bare test needs of each architecture; bare_x86_64.c and bare_aarch64.c have it. */
#ifndef NINEP_BARE_H
#define NINEP_BARE_H

#include <drivers/virtio.h>
#include <monitor/machine.h>

void bare_main(uint64_t firmware_table);
void bare_putc(char c);
void bare_pause(void);
void bare_exit(uint32_t code) NORETURN;
uint64_t bare_firmware_bytes(uint64_t firmware_table);

/* Open the 9p device with interrupts directed to where bare_interrupt_check can see that one came.
 */
enum status bare_device_open(const struct machine *m, struct virtio_device *d);
enum status bare_interrupt_check(struct virtio_device *d);

#endif
