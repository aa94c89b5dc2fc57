/* region.h: which addresses a program has, and what lies behind them: a sorted array of ranges that
 * never overlap.
 *
 * Pure bookkeeping: no page is mapped here. Ranges are whole pages. Operations that may split a
 * range need up to two free entries; they check for them first and change nothing without. */
#ifndef LINUX_REGION_H
#define LINUX_REGION_H

#include <skerry/base.h>

enum { REGION_MAX = 1024 };

enum region_kind {
    REGION_ANONYMOUS, /* zeros */
    REGION_ARCHIVE, /* pages of the archive in place; it was never writable, so all are the archive's */
    REGION_COPY, /* private copies of archive pages, made at first touch */
};

struct region {
    uint64_t start, end;
    uint64_t offset; /* ARCHIVE, COPY: what lies at start, from the archive's first byte */
    uint64_t limit;  /* ARCHIVE, COPY: offset behind the file's last byte */
    uint8_t kind;    /* enum region_kind */
    uint8_t prot;    /* LINUX_READ ... */
};

struct region_list {
    unsigned count;
    struct region region[REGION_MAX];
};

/* The first range that ends behind address, or null. It may begin behind it too. */
struct region *region_after(struct region_list *l, uint64_t address);

/* The range that holds address, or null. */
struct region *region_find(struct region_list *l, uint64_t address);

/* Puts a range where none is; joins it with neighbours that are alike. False: the array is full. */
bool region_insert(struct region_list *l, const struct region *r);

/* Cuts [start, end) out of all ranges. False: the array is full. */
bool region_remove(struct region_list *l, uint64_t start, uint64_t end);

/* Makes start and end boundaries, so that [start, end) is covered by whole ranges only. False:
 * full. */
bool region_cut(struct region_list *l, uint64_t start, uint64_t end);

/* Joins what is alike among the ranges that touch [start, end]. */
void region_join(struct region_list *l, uint64_t start, uint64_t end);

/* True if every address of [start, end) is in some range. */
bool region_covers(struct region_list *l, uint64_t start, uint64_t end);

/* The lowest free range of bytes inside [low, high), or 0. */
uint64_t region_gap(struct region_list *l, uint64_t low, uint64_t high, uint64_t bytes);

#endif
