/* Private to spawn*.c: a domain under construction. */
#ifndef RT_SPAWN_BUILD_H
#define RT_SPAWN_BUILD_H

#include <rt/elf.h>
#include <rt/space.h>
#include <rt/spawn.h>

/* Memory from which objects are taken one behind the other, and never given back singly. */
struct part {
    capref_t cap;
    uint64_t used, bytes;
};

struct build {
    const struct spawn_request *request;
    struct domain *domain;
    struct part zone, ram;
    capref_t cspace, root, sched, frame; /* in the own CSpace, while building */
    struct space space;                  /* the child's */
    struct elf_image elf;
    uint64_t image_offset; /* of the file in the archive */
    const unsigned char *image;
    uint64_t image_end;  /* of its segments in memory */
    uint64_t data_bytes; /* of writable segments, whole pages */
    uint64_t stack_bytes;
    unsigned char
        *private; /* the private frame, mapped here: arguments | writable segments | main stack |
        *entry stack */
    uint64_t private_bytes;
};

/* A copy at a place of another domain. */
NODISCARD enum status spawn_mint(capref_t from, uint64_t place, uint32_t rights, uint32_t tag);

/* A copy in the child's slot, with the domain's tag: what it revokes through it is its own. */
NODISCARD enum status spawn_give(struct build *b, capref_t from, capref_t to, uint32_t rights,
                                 uint32_t tag);

/* Makes one object of the part at a place. */
NODISCARD enum status part_make(struct part *part, enum cap_type type, uint64_t bytes,
                                uint64_t place);

/* Finds the program in the archive and sizes it. */
NODISCARD enum status spawn_image_open(struct build *b);

/* Maps everything of the fixed layout into the child, and fills its private memory. */
NODISCARD enum status spawn_image_load(struct build *b);

/* Both directions of the parent's channel: frames, mappings on both sides, bells, the own end. */
NODISCARD enum status spawn_channel_make(struct build *b);

/* Watches it: messages, and the wake-up when it stops. */
NODISCARD enum status domain_watch(struct domain *d);
void domain_unwatch(struct domain *d);

/* The one of that tag that runs; NULL: none. */
struct domain *domain_find(uint32_t tag);

#endif
