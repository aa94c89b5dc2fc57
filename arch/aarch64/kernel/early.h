/* Start with the MMU off: the steps of early.c, and what they share. Everything here runs at
 * physical addresses, so pointers kept for later are made by hand, and no table of pointers is
 * used. */
#ifndef ARCH_EARLY_H
#define ARCH_EARLY_H

#include "machine.h"

/* Make core 0's boot record from the device tree. Halts with a line on the UART if this machine
 * cannot run the system. */
void record_make(struct boot_record *record, uint64_t devicetree, uint64_t image_base,
                 uint64_t image_bytes);

/* Physical UART known so far (0: none): text goes there, then the core halts. */
void early_die(uint64_t uart, const char *text) NORETURN;

/* Value of "name=NUMBER[K|M|G]" among the words of the command line (decimal, or 0x hexadecimal);
 * `otherwise` if absent. */
uint64_t command_number(const char *command, const char *name, uint64_t otherwise);

/* Entered by entry.S. */
void early_start(struct early_registers *out, uint64_t argument, uint64_t second);
void late_start(void) NORETURN;

#endif
