#ifndef TOOLS_GDBSTUB_H
#define TOOLS_GDBSTUB_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

/* A connection to QEMU's gdbstub (GDB's remote serial protocol, "Debugging with GDB", appendix E).
 * While it is open the machine is stopped. */
struct gdbstub {
    int fd;           /* -1: closed */
    struct list name; /* registers by number; "" where a number has no name */
    unsigned char received[4096];
    size_t taken, filled;
};

/* Connects to the unix socket and stops the machine; false when nobody answers. */
bool gdbstub_open(struct gdbstub *g, const char *path);

/* One register of one vCPU (numbered from 0); false when QEMU does not know it. */
bool gdbstub_register(struct gdbstub *g, unsigned int cpu, const char *name, uint64_t *value);

/* Sets a register of `bytes` bytes. */
bool gdbstub_register_write(struct gdbstub *g, unsigned int cpu, const char *name, uint64_t value,
                            unsigned int bytes);

/* What a command of QEMU's monitor prints. */
bool gdbstub_monitor(struct gdbstub *g, const char *command, struct text *answer);

/* Writes memory as this vCPU sees it, through its own translation, whatever its page tables allow. */
bool gdbstub_memory_write(struct gdbstub *g, unsigned int cpu, uint64_t address, const void *data,
                          size_t bytes);

/* Lets the machine go on and closes. */
bool gdbstub_leave(struct gdbstub *g);

/* Ends QEMU and closes. */
void gdbstub_kill(struct gdbstub *g);

#endif
