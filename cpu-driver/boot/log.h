/* The console (DESIGN 12.12). Each CPU driver appends to a ring in its own zone; the console
 * core maps the others' rings read-only and prints whole lines, so lines never interleave. The
 * ring lies right behind the doorbell lines, so that one physical address names both. Pairs:  A
 * log_text stores `written`, release  <->  log_drain loads it, acquire */
#ifndef BOOT_LOG_H
#define BOOT_LOG_H

#include <skerry/base.h>
#include <stdatomic.h>

struct kernel;

#define LOG_RING_BYTES 4096u
#define LOG_TEXT_BYTES (LOG_RING_BYTES - 64u)

/* Written by the owning core alone. A reader that fell behind skips to the oldest byte that is
 * still there. */
struct log_ring {
    _Atomic uint64_t written; /* bytes ever written */
    uint8_t spare[56];
    char text[LOG_TEXT_BYTES];
};
_Static_assert(sizeof(struct log_ring) == LOG_RING_BYTES, "one page");

struct log_reader;

/* Bytes of the table of readers for that many cores; zeroed memory of that size goes to
 * log_start. */
size_t log_reader_bytes(uint32_t core_count);
void log_start(struct kernel *k, void *readers);
/* Append text and, if it ends a line, have it printed. */
void log_text(struct kernel *k, const char *text, size_t bytes);
/* printf with %s %c %d %u %x %lu %lx and widths like %02x; at most 200 characters. Prefix "cpu
 * N: ". */
void log_line(struct kernel *k, const char *format, ...) PRINTF_LIKE(2, 3);
/* Console core: print every whole line of every ring that is known. Others: nothing. */
void log_drain(struct kernel *k);
/* Console core: the ring of `core` can be read from now on. */
void log_peer_add(struct kernel *k, uint32_t core, uint64_t lines_pa);
/* In a panic: print without trusting any state but the ring of this core. */
void log_panic(struct kernel *k, const char *text);

#endif
