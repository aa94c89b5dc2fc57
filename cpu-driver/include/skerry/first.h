/* The first program of a core (the monitor): how the CPU driver maps it. Its ELF file is part of
 * the kernel image, linked at FIRST_BASE; text and rodata are mapped in place from the core's
 * image copy, the rest from the end of its first RAM region. One level 1 table holds all of it.
 * Page tables are at SLOT_PAGE_TABLE (level 4), FIRST_SLOT_TABLE_3, _2, _1. Its `run` entry is
 * called with argument 1 = FIRST_WORD. */
#ifndef SKERRY_FIRST_H
#define SKERRY_FIRST_H

#include <skerry/base.h>

#define FIRST_BASE 0x600000000000ull
#define FIRST_TABLE_END (FIRST_BASE + LARGE_PAGE_BYTES)
#define FIRST_SHARED_PAGE (FIRST_TABLE_END - 0x1000u)
#define FIRST_ENTRY_STACK_TOP (FIRST_TABLE_END - 0x6000u)
#define FIRST_ENTRY_STACK_BYTES 0x8000u
#define FIRST_STACK_TOP (FIRST_TABLE_END - 0x10000u)
#define FIRST_STACK_BYTES 0x10000u
#define FIRST_WORD 1u
#define FIRST_SLOT_TABLE_3 12u
#define FIRST_SLOT_TABLE_2 13u
#define FIRST_SLOT_TABLE_1 14u
#define FIRST_SLOT_MAPPINGS 15u /* three */

#endif
