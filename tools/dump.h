#ifndef TOOLS_DUMP_H
#define TOOLS_DUMP_H

#include "guest_memory.h"
#include "options.h"
#include "tables.h"
#include "text.h"

/* The canonical dump: what every core's CPU driver holds, read out of a machine that stands still.
 * Equal states give equal bytes. Format: tools/README.md. */
struct dump {
    struct text text;  /* "skerry-dump 1", then a line a thing, each beginning with core=N */
    struct list wrong; /* invariants that do not hold, "core=N ..."; the first of each kind */
    uint64_t wrong_count;
    uint64_t caps, objects, orphans, free_bytes; /* of all cores */
};

/* A running machine that can be dumped: started with a gdbstub on the socket `gdb` and its RAM in
 * `memory` (struct machine). */
struct dump_source {
    const struct options *options; /* arch, cores */
    const char *gdb;
    struct guest_memory *memory;
    bool mapped; /* the library's own */
};

/* Stops the machine, dumps it, and lets it go on. False (and a line on stderr): it cannot be read.
 * What is wrong in it is said in d->wrong. */
bool dump_take(struct dump_source *s, struct dump *d);

/* dump_take until two in a row are equal and nothing is wrong in them: a core may have been stopped
 * in the middle of an operation, the last messages of a job may be under way. Gives up after some
 * two seconds of the machine's time; then d is the last one, and the answer false. */
bool dump_settled(struct dump_source *s, struct dump *d);

/* Lines that are in one of the two only, up to a few, as "gone: LINE" and "new: LINE". How many
 * there are in all. */
size_t dump_compare(const struct dump *before, const struct dump *after, struct list *notes);

void dump_free(struct dump *d);

/* The command `skerry dump`. */
int dump_command(int argc, char **argv);

#endif
