/* strike.c: breaks the kernel of one core of a running machine.
 *
 *   strike SOCKET CORE BYTES ADDRESS...
 *
 * Stops the machine through QEMU's gdbstub, writes BYTES (hex: an instruction that does not exist)
 * at each ADDRESS (hex) as vCPU CORE sees it, lets the machine go on. Every core runs its own copy
 * of the kernel image: no other core meets these bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gdbstub.h"

static size_t bytes_read(const char *hex, unsigned char *to, size_t room)
{
    size_t n = 0;
    unsigned int value;

    while (n < room && sscanf(hex + 2 * n, "%2x", &value) == 1)
        to[n++] = (unsigned char)value;
    return hex[2 * n] == 0 ? n : 0;
}

/* On arm64 the stub's view of memory is that of the present exception level: show it EL1's while we
 * write (PSTATE: EL1h, all masked), and put back what was there. */
static bool core_strike(struct gdbstub *g, unsigned int core, char *const *address, int count,
                        const unsigned char *bytes, size_t byte_count)
{
    uint64_t state = 0;
    bool good = true, arm = gdbstub_register(g, core, "cpsr", &state);

    if (arm)
        good = gdbstub_register_write(g, core, "cpsr", (state & ~0xfull) | 5, 4);
    for (int i = 0; good && i < count; i++)
        good = gdbstub_memory_write(g, core, strtoull(address[i], NULL, 16), bytes, byte_count);
    return (!arm || gdbstub_register_write(g, core, "cpsr", state, 4)) && good;
}

int main(int argc, char **argv)
{
    unsigned char bytes[16];
    struct gdbstub g;

    if (argc < 5)
        return 2;
    unsigned int core = (unsigned int)strtoul(argv[2], NULL, 10);
    size_t count = bytes_read(argv[3], bytes, sizeof(bytes));
    bool good = count > 0 && gdbstub_open(&g, argv[1]);

    good = good && core_strike(&g, core, argv + 4, argc - 4, bytes, count) && gdbstub_leave(&g);
    if (!good)
        fprintf(stderr, "strike: core %u cannot be struck at %s\n", core, argv[1]);
    return good ? 0 : 1;
}
