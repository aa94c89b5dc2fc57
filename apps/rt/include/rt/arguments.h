/* arguments.h: what a spawner tells a new program, in two pages at LAYOUT_ARGUMENTS
 * (SLOT_ARGUMENTS is their frame).
 *
 * Who writes what: the spawner writes everything once, before the program starts, but `report`;
 * the program writes `report`, its spawner
 * reads it at any time and trusts it no further than the memory it gave. */
#ifndef RT_ARGUMENTS_H
#define RT_ARGUMENTS_H

#include <rt/layout.h>
#include <skerry/cap.h>

#define ARGUMENTS_FORMAT 0x736b617267730001ull /* "skargs", version 1 */
#define ARGUMENT_TABLES_MAX 8u
#define DOMAIN_NAME_BYTES 32u

/* A child's slots from 12 on. */
enum spawn_slot {
    SLOT_ARCHIVE_COPY =
        SLOT_FIRST_FREE, /* FRAME, r-x: the boot archive, if arguments.archive_bytes is not 0 */
    SLOT_PARENT_CALL,   /* ENDPOINT of the spawner, if it lends more memory on demand; else empty */
    SLOT_ARCHIVE_TABLE, /* PAGE_TABLE_2 without a right: maps the archive at LAYOUT_ARCHIVE, for all
                           domains of the core; empty unless arguments.archive_mapped */
    SLOT_GRANT_FIRST = 16, /* spawn_request.grant */
    SLOT_GRANT_LIMIT = 48,
    SLOT_SPAWN_FIRST = 48, /* page tables and mappings that the spawner made */
};

struct argument_table {
    uint64_t va; /* first address that it covers */
    uint32_t cap;
    uint32_t level;
};

struct argument_report {
    uint64_t zone_peak_bytes, ram_peak_bytes;
};

struct argument_page {
    uint64_t format;
    char name[DOMAIN_NAME_BYTES];
    uint32_t core, node;
    uint32_t flags; /* enum spawn_flag */
    uint32_t poll;  /* 1: polling before sleeping pays */
    uint64_t seed[2];
    uint64_t zone_bytes, zone_used; /* of SLOT_ZONE_RAM; used: from its start, by the spawner */
    uint64_t ram_bytes, ram_used;   /* of SLOT_RAM */
    uint64_t archive_bytes;
    uint64_t memory_limit_bytes; /* not 0: SLOT_PARENT_CALL lends more, up to that in all */
    uint32_t cspace_l2_limit;    /* slots of the L1 CNode */
    uint32_t first_free;         /* caprefs below are taken; one L2 CNode is there */
    uint64_t stack_bytes;        /* of the main thread, below LAYOUT_STACK_TOP */
    uint32_t table_count;
    uint32_t argc;
    struct argument_table
        table[ARGUMENT_TABLES_MAX]; /* page tables, the root (SLOT_PAGE_TABLE) not among them */
    struct argument_report report;
    uint32_t text_bytes;
    uint32_t archive_mapped; /* 1: the archive is at LAYOUT_ARCHIVE already */
    char text[];             /* argc strings, each with its zero */
};

#define ARGUMENT_TEXT_BYTES (LAYOUT_ARGUMENTS_BYTES - (uint32_t)sizeof(struct argument_page))

#endif
