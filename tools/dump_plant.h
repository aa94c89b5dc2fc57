#ifndef TOOLS_DUMP_PLANT_H
#define TOOLS_DUMP_PLANT_H

#include "dump_core.h"

/* What can be broken in our copy of a core's memory; each must then be found wrong. */
#define DUMP_PLANTS(P)                                                                             \
    P(link, "a slot that does not point back")                                                     \
    P(order, "two neighbours of the list in the wrong order")                                      \
    P(index, "a height in the index that is not true")                                             \
    P(count, "a database that counts one capability too many")                                     \
    P(outside, "an object of memory that this core does not have")                                 \
    P(entry, "a page-table entry that its MAPPING does not know")                                  \
    P(shadow, "a page-table entry whose owner is forgotten")

enum dump_plant {
#define P(name, text) DUMP_PLANT_##name,
    DUMP_PLANTS(P)
#undef P
        DUMP_PLANT_COUNT
};

const char *dump_plant_name(enum dump_plant plant);

/* Breaks it in the core that was just read; false: there is nothing there to break so. */
bool dump_plant(struct dump_core *c, enum dump_plant plant);

#endif
