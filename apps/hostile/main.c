/* main.c: the program `hostile KIND [ARGUMENT]`: misbehaves in one named way. It is a job like any
 * other; `skerry hostile` runs each kind beside honest jobs and looks what became of them. */
#include "hostile.h"

static const struct kind *const tables[] = {memory_kinds,  processor_kinds, page_kinds,
                                            channel_kinds, call_kinds,      cap_kinds,
                                            spawn_kinds,   secret_kinds};

uint64_t hostile_argument;

void hostile_start(const uint64_t *stack);

static uint64_t number_read(const char *text)
{
    uint64_t n = 0;

    for (; *text >= '0' && *text <= '9'; text++)
        n = n * 10 + (uint64_t)(*text - '0');
    return n;
}

void hostile_start(const uint64_t *stack)
{
    const char *name = stack[0] > 1 ? (const char *)stack[2] : "";

    hostile_argument = stack[0] > 2 ? number_read((const char *)stack[3]) : 0;
    for (unsigned t = 0; t < sizeof tables / sizeof tables[0]; t++)
        for (const struct kind *k = tables[t]; k->name; k++)
            if (same(k->name, name)) {
                k->run();
                leave(0);
            }
    say("there is no such kind\n");
    leave(2);
}
