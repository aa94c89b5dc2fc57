/* What the capability core and the address spaces must do, in sets and linear searches, obviously
 * right and slow. Host only. The unit tests run it in lock-step with the code. Every operation is
 * atomic here; `linked` things (list, index, shadow) do not exist.
 *
 * A state is a set of capabilities, each in a slot that is named by its number. Everything else is
 * said about the set. */
#ifndef SPEC_CAP_SPEC_H
#define SPEC_CAP_SPEC_H

#include <skerry/cap.h>
#include <skerry/status.h>
#include <skerry/syscall.h>

#define SPEC_CAPS_MAX 8192u

struct spec_cap {
    uint32_t slot;
    uint64_t base, bytes, aux;
    uint32_t tag;
    uint16_t owner;
    uint8_t type, rights;
    uint8_t marked; /* MARKER: the type of what it marks */
    bool dying;     /* only inside an operation */
    /* MAPPING: which entries of which table (physical address of its object) */
    uint64_t table;
    uint32_t first, count;
    unsigned level, flags;
    bool device, is_table;
};

struct spec {
    uint64_t zone_base, zone_bytes;
    uint16_t core;
    uint32_t user_limit_root; /* entries of a root that users may set */
    uint32_t count;
    struct spec_cap caps[SPEC_CAPS_MAX];
};

struct spec_cap *spec_find(struct spec *s, uint32_t slot);
enum cap_space spec_space_of(const struct spec_cap *c);

enum status spec_copy(struct spec *s, uint32_t source, uint32_t destination);
enum status spec_mint(struct spec *s, uint32_t source, uint32_t destination, uint8_t rights,
                      uint32_t tag, uint64_t offset, uint64_t bytes);
enum status spec_move(struct spec *s, uint32_t source, uint32_t destination);
enum status spec_delete(struct spec *s, uint32_t slot);
enum status spec_revoke(struct spec *s, uint32_t slot, uint32_t tag);
enum status spec_retype(struct spec *s, uint32_t source, uint64_t offset, uint8_t type,
                        uint64_t bytes, uint32_t count, uint32_t destination);
enum status spec_insert(struct spec *s, uint32_t destination, const struct cap_description *d);
enum status spec_insert_marker(struct spec *s, uint32_t destination, uint32_t source,
                               uint64_t cookie);
enum status spec_give(struct spec *s, uint32_t slot, uint64_t cookie);
enum status spec_lookup(struct spec *s, uint32_t root, capref_t ref, uint32_t *slot);
enum status spec_attach(struct spec *s, uint32_t root, uint64_t index, uint32_t source);
enum status spec_detach(struct spec *s, uint32_t root, uint64_t index, uint32_t destination);
bool spec_has_copies(struct spec *s, uint32_t slot);
bool spec_has_descendants(struct spec *s, uint32_t slot);
void spec_count(struct spec *s, enum cap_space space, uint64_t base, uint64_t bytes, uint8_t type,
                uint32_t tag, uint32_t *copies, uint32_t *descendants);
/* Would a revoke through `slot` delete `slot` itself, with the CNode in which it lies? (What it
 * then leaves is not specified.) */
bool spec_revoke_is_own_end(const struct spec *s, uint32_t slot, uint32_t tag);

enum status spec_table_map(struct spec *s, uint32_t upper, uint32_t lower, uint32_t destination,
                           uint64_t index);
enum status spec_frame_map(struct spec *s, uint32_t table, uint32_t frame, uint32_t destination,
                           uint32_t index, uint32_t count, uint64_t offset, unsigned flags);
enum status spec_dispatcher_map(struct spec *s, uint32_t dispatcher, uint32_t table,
                                uint32_t destination, uint64_t index);
enum status spec_protect(struct spec *s, uint32_t mapping, unsigned flags);

#endif
