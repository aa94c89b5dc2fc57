/* What other cores hold of the regions that this core owns: for each region and tag the set of
 * cores (PROTOCOL: the marker's set) and the cores to which a transfer is open. The marker itself,
 * one slot of the kernel's database, is entered and deleted by the operations' host; a row here
 * and its marker live equally long.
 *
 * A tag is minting core:12 | counter:20. A copy is counted under (R, t), but on the core that
 * minted t under (R, 0) (rules 19, 20), so the key depends on the core that is asked about:
 * key_counted.
 *
 * All room is taken at the start: rows for `limit` keys, two sets of core_count bits for each.
 * Nothing here sends or waits. */
#ifndef OPS_HOLDERS_H
#define OPS_HOLDERS_H

#include <skerry/cap.h>
#include <skerry/status.h>

/* What a marker marks; base and bytes as in struct cap_description. */
struct region_key {
    uint64_t base, bytes;
    uint32_t tag;
    uint32_t type; /* enum cap_type */
};

static inline uint32_t tag_minting_core(uint32_t tag)
{
    return tag >> 20;
}

/* The key under which `core` is counted for a capability with this region and tag. */
struct region_key key_counted(const struct region_key *k, uint32_t core);

struct holder {
    struct region_key key;
    uint32_t next;                   /* in the chain, or among the free ones: index + 1, 0 ends */
    uint32_t held_count, open_count; /* bits set in its two sets */
    uint32_t rights;                 /* all that were granted of it: nobody may ask for more */
    bool used;
};

struct holders {
    struct holder *row;
    uint64_t *held, *open; /* set of row i: words [i * words, (i + 1) * words) */
    uint32_t *bucket;      /* chains by region: index + 1 */
    uint32_t limit, words, bucket_mask, free, used_count;
};

/* Bytes of memory that holders_init needs; it must be zeroed and aligned to 8. */
uint64_t holders_bytes(uint32_t limit, uint32_t core_count);
void holders_init(struct holders *h, void *memory, uint32_t limit, uint32_t core_count);

/* The row of exactly this key, or NULL. */
struct holder *holders_find(const struct holders *h, const struct region_key *k);
/* A row for a key that has none. E_NO_MARKER: no room. */
NODISCARD enum status holders_add(struct holders *h, const struct region_key *k,
                                  struct holder **out);
/* Its sets must be empty. */
void holders_drop(struct holders *h, struct holder *row);

bool holders_held(const struct holders *h, const struct holder *row, uint32_t core);
void holders_set_held(struct holders *h, struct holder *row, uint32_t core, bool held);
bool holders_open(const struct holders *h, const struct holder *row, uint32_t core);
void holders_set_open(struct holders *h, struct holder *row, uint32_t core, bool open);

/* Rule 2 counts open transfers over all tags of a region. */
bool holders_region_open(const struct holders *h, const struct region_key *k, uint32_t core);
/* Does any other core hold the region under any tag, or is a transfer of it open? */
bool holders_region_shared(const struct holders *h, const struct region_key *k);

#endif
