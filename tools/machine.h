#ifndef TOOLS_MACHINE_H
#define TOOLS_MACHINE_H

#include <stdbool.h>

#include "guest_memory.h"
#include "options.h"

/* Everything that decides how QEMU is started, besides the options. */
struct machine {
    const struct options *options;
    const char *archive; /* the boot archive */
    const char *share;   /* host folder the guest writes into (virtio-9p, tag "out"), or NULL */
    const char *gdb;     /* unix socket of the gdbstub, or NULL */
    const char *plugin;  /* -plugin argument, or NULL */
    const char *words;   /* further words of the kernel's command line, or NULL */
    bool icount;         /* deterministic: one instruction is one nanosecond of virtual time */
    const struct guest_memory *memory; /* RAM shared with this program, or NULL */
    char seed[17];
    uint64_t memory_bytes; /* settled by machine_settle */
};

/* Checks that QEMU, kernel, memory and disk are there (one clear line and exit 2 when not) and
 * settles memory size and seed. */
void machine_settle(struct machine *m);

/* The command line of QEMU: console on its stdin and stdout. */
void machine_arguments(const struct machine *m, struct list *argv);

#endif
