/* The log rings and the console: see log.h. Output is polled; only the console core touches the
 * UART. */
#include "boot/log.h"

#include "boot/format.h"
#include "kernel.h"

#define LOG_LINE_BYTES 200u

/* What the console core has printed of each core's ring. In the zone, one entry a core (see
 * start_tables in start.c). */
struct log_reader {
    const struct log_ring *ring;
    uint64_t printed;
};

static bool is_console(const struct kernel *k)
{
    return k->record->console_core == k->record->core_id;
}

size_t log_reader_bytes(uint32_t core_count)
{
    return sizeof(struct log_reader) * core_count;
}

void log_start(struct kernel *k, void *readers)
{
    k->log_readers = readers;
    if (is_console(k))
        k->log_readers[k->record->core_id].ring = k->log;
}

void log_peer_add(struct kernel *k, uint32_t core, uint64_t lines_pa)
{
    uint64_t ring_pa = lines_pa + round_up(k->record->core_count * LINE_BYTES, PAGE_BYTES);

    if (!is_console(k))
        return;
    k->log_readers[core].ring = arch_peer_map(k->record->core_count + core, ring_pa);
    log_drain(k);
}

static void append(struct log_ring *ring, const char *text, size_t bytes)
{
    uint64_t at = atomic_load_explicit(&ring->written, memory_order_relaxed);

    for (size_t i = 0; i < bytes; i++)
        ring->text[(at + i) % LOG_TEXT_BYTES] = text[i];
    atomic_store_explicit(&ring->written, at + bytes, memory_order_release); /* A */
}

/* Where the last whole line in [from, to) of the ring ends; from if there is none. */
static uint64_t whole_lines_end(const struct log_ring *ring, uint64_t from, uint64_t to)
{
    while (to > from && ring->text[(to - 1) % LOG_TEXT_BYTES] != '\n')
        to--;
    return to;
}

static void print_reader(struct log_reader *r)
{
    uint64_t written = atomic_load_explicit(&r->ring->written, memory_order_acquire); /* A */

    if (written - r->printed > LOG_TEXT_BYTES) {
        r->printed = written - LOG_TEXT_BYTES;
        while (r->printed < written && r->ring->text[r->printed++ % LOG_TEXT_BYTES] != '\n')
            ; /* the rest of a line whose beginning is lost is no line */
    }
    written = whole_lines_end(r->ring, r->printed, written);
    for (; r->printed < written; r->printed++)
        arch_console_put(r->ring->text[r->printed % LOG_TEXT_BYTES]);
}

void log_drain(struct kernel *k)
{
    if (!is_console(k))
        return;
    for (uint32_t c = 0; c < k->record->core_count; c++)
        if (k->log_readers[c].ring)
            print_reader(&k->log_readers[c]);
}

/* Whole lines are there: print them, or call the core that does. */
static void publish(struct kernel *k)
{
    if (is_console(k))
        log_drain(k);
    else
        arch_doorbell_send(k->record->console_hardware_id,
                           (uint32_t)(k->record->core_id % arch_doorbell_vectors()));
}

void log_text(struct kernel *k, const char *text, size_t bytes)
{
    bool line_ends = false;

    append(k->log, text, bytes);
    for (size_t i = 0; i < bytes; i++)
        line_ends |= text[i] == '\n';
    if (line_ends)
        publish(k);
}

void log_line(struct kernel *k, const char *format, ...)
{
    char line[LOG_LINE_BYTES];
    size_t bytes = format_text(line, sizeof(line), "cpu %u: ", k->record->core_id);
    va_list arguments;

    va_start(arguments, format);
    bytes += format_list(line + bytes, sizeof(line) - bytes - 1, format, arguments);
    va_end(arguments);
    line[bytes++] = '\n';
    log_text(k, line, bytes);
}

/* A line of its own: what was written before it, here or on the console, may have no end. */
void log_panic(struct kernel *k, const char *text)
{
    size_t bytes = 0;

    while (text[bytes])
        bytes++;
    if (!k->log) {
        for (size_t i = 0; i < bytes; i++)
            arch_console_put(text[i]);
        return;
    }
    append(k->log, "\n", 1);
    append(k->log, text, bytes);
    publish(k);
}
