#ifndef TOOLS_SYMBOLS_H
#define TOOLS_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An ELF64 file of our own build: its functions, and the bytes at their addresses. */
struct symbols {
    unsigned char *file;
    size_t bytes;
    struct symbol {
        uint64_t address, bytes;
        const char *name;
    } * symbol; /* ascending */
    size_t count;
};

/* False: no such file, or it is none of ours. */
bool symbols_read(struct symbols *s, const char *path);
void symbols_free(struct symbols *s);

/* The function that holds an address, or NULL. */
const struct symbol *symbols_at(const struct symbols *s, uint64_t address);
/* Whether the file has these bytes (the first of them in the lowest byte) at an address; at most
 * eight, zero bytes at the end are not looked at. */
bool symbols_match(const struct symbols *s, uint64_t address, uint64_t bytes);

#endif
