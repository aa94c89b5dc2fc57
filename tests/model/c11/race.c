/* Races: plain memory by the byte, each with the stamps of its last write and last reads (a stamp is
 * the number of the thread's model events before the access). What runs in one order here is
 * unordered in the model unless the clocks say otherwise, so a race is found in whichever order its
 * accesses run. Atomic accesses leave stamps, too: a plain access to the same byte must be ordered. */
#include <stdio.h>
#include <string.h>

#include "graph.h"

enum { CELLS = 1 << 15, PROBES = 64, NOBODY = 0xff };

struct cell {
    uintptr_t address;
    uint32_t generation; /* of the execution that wrote it */
    uint8_t writer;
    bool write_atomic;
    uint16_t write_stamp;
    uint16_t read_stamp[C11_THREADS_MAX];   /* plain reads: stamp + 1; 0: none */
    uint16_t atomic_stamp[C11_THREADS_MAX]; /* atomic accesses, the same */
};

static struct cell cells[CELLS];
static uint32_t generation;

void race_reset(void)
{
    generation++;
}

static struct cell *cell_find(uintptr_t address)
{
    uintptr_t at = address * 0x9e3779b97f4a7c15u >> 40;
    for (unsigned i = 0; i < PROBES; i++) {
        struct cell *c = &cells[(at + i) % CELLS];
        if (c->generation == generation && c->address == address)
            return c;
        if (c->generation == generation)
            continue;
        memset(c, 0, sizeof(*c));
        c->generation = generation;
        c->address = address;
        c->writer = NOBODY;
        return c;
    }
    graph.full = true;
    return NULL;
}

static bool ordered(unsigned t, unsigned other, unsigned stamp)
{
    return t == other || graph.thread[t].clock.at[other] > stamp;
}

static bool say(char *what, size_t max, uintptr_t address, const char *a, unsigned ta,
                const char *b, unsigned tb)
{
    char room[80];
    snprintf(what, max, "%s of %s by thread %u and %s by thread %u", a,
             name_of(address, room, sizeof(room)), ta, b, tb);
    return false;
}

bool race_plain(unsigned t, uintptr_t address, size_t bytes, bool write, char *what, size_t max)
{
    const char *mine = write ? "plain write" : "plain read";
    uint16_t stamp = graph.thread[t].clock.at[t];
    for (uintptr_t at = address; at < address + bytes; at++) {
        struct cell *c = cell_find(at);
        if (c == NULL)
            return true;
        if (c->writer != NOBODY && !ordered(t, c->writer, c->write_stamp))
            return say(what, max, at, mine, t, "plain write", c->writer);
        for (unsigned i = 0; i < C11_THREADS_MAX; i++) {
            if (write && c->read_stamp[i] != 0 && !ordered(t, i, c->read_stamp[i] - 1u))
                return say(what, max, at, mine, t, "plain read", i);
            if (c->atomic_stamp[i] != 0 && !ordered(t, i, c->atomic_stamp[i] - 1u))
                return say(what, max, at, mine, t, "atomic access", i);
        }
        if (!write) {
            c->read_stamp[t] = (uint16_t)(stamp + 1);
            continue;
        }
        c->writer = (uint8_t)t;
        c->write_stamp = stamp;
    }
    return true;
}

bool race_atomic(unsigned t, const struct c11_op *op, char *what, size_t max)
{
    for (uintptr_t at = op->address; at < op->address + op->size; at++) {
        struct cell *c = cell_find(at);
        if (c == NULL)
            return true;
        if (c->writer != NOBODY && !ordered(t, c->writer, c->write_stamp))
            return say(what, max, at, "atomic access", t, "plain write", c->writer);
        for (unsigned i = 0; i < C11_THREADS_MAX && op->kind != C11_LOAD; i++)
            if (c->read_stamp[i] != 0 && !ordered(t, i, c->read_stamp[i] - 1u))
                return say(what, max, at, "atomic access", t, "plain read", i);
        c->atomic_stamp[t] = (uint16_t)(graph.thread[t].clock.at[t] + 1);
    }
    return true;
}
