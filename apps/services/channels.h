/* The channels of this program whose other end is another domain (vanish.c). Private. */
#ifndef SERVICES_CHANNELS_H
#define SERVICES_CHANNELS_H

#include <monitor/service.h>

/* From now on its memory may vanish, and its other end may be reported gone. */
void channels_add(struct service_channel *c);

/* Out of the list; both frames are unmapped, as far as they are mapped. */
void channels_remove(struct service_channel *c);

/* The other end of the channel in these slots is over. */
void channels_gone(capref_t first);

#endif
