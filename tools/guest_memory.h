#ifndef TOOLS_GUEST_MEMORY_H
#define TOOLS_GUEST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MEMORY_NODES_MAX = 8, MEMORY_RANGES_MAX = 64 };

/* RAM of a guest, one file without a name a NUMA node. QEMU maps the files shared (its path is
 * /proc/OUR PID/fd/N); we map them privately, so what is written here never reaches the machine. */
struct guest_memory {
    unsigned int node_count;
    uint64_t node_bytes;
    int fd[MEMORY_NODES_MAX];
    uint8_t *data[MEMORY_NODES_MAX]; /* mapped by guest_memory_map */
    struct memory_range {
        uint64_t base, bytes; /* physical */
        unsigned int node;
        uint64_t offset;   /* in the node's file */
        size_t first_page; /* number of its first page, counted over all ranges */
    } range[MEMORY_RANGES_MAX];
    size_t range_count, page_count;
};

/* Makes the files, before QEMU starts. */
void guest_memory_make(struct guest_memory *m, unsigned int node_count, uint64_t node_bytes);

/* Reads where RAM lies from what `info mtree -f` prints of the address space "memory" (memory
 * backends are named node0, node1, ...), and maps the files. The machine must stand still. False
 * when no RAM is named there. */
bool guest_memory_map(struct guest_memory *m, const char *mtree);

/* [pa, pa + bytes) if all of it is RAM of one range, else NULL. */
void *guest_memory_at(const struct guest_memory *m, uint64_t pa, uint64_t bytes);

/* Writes a word that the machine sees, also while it runs; false when pa is not RAM. */
bool guest_memory_poke(const struct guest_memory *m, uint64_t pa, uint64_t value);

/* The number of a RAM page, 0..page_count-1, or page_count when pa is not RAM. */
size_t guest_memory_page(const struct guest_memory *m, uint64_t pa);

/* The node in which pa lies, or node_count. */
unsigned int guest_memory_node(const struct guest_memory *m, uint64_t pa);

/* Drops our copy of what was changed: the next read sees the machine's memory again. */
void guest_memory_renew(struct guest_memory *m);

void guest_memory_close(struct guest_memory *m);

#endif
