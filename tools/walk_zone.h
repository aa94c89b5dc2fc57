#ifndef TOOLS_WALK_ZONE_H
#define TOOLS_WALK_ZONE_H

#include "walk_check.h"

/* An object of the capability database that the walk needs. */
struct zone_object {
    uint64_t base;
    bool dispatcher; /* else: root of an address space */
};

/* Finds image and zone of a core: the kernel half maps the image at its linked address, the boot
 * record lies behind it. False when there is no boot record, or one that contradicts itself. */
bool zone_find(const struct walk *w, struct walk_core *c);

/* Calls on_object for each dispatcher and each address space of the core, once. Slots are found by
 * their place in the list: the neighbours of a slot point back at it. */
void zone_objects(const struct walk *w, const struct walk_core *c, void *context,
                  void (*on_object)(void *context, const struct zone_object *o));

#endif
